package rds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// alarming are the calls that must notify somebody: they delete a database, open it, or share a copy of it.
var alarming = []string{"DeleteDBInstance", "ModifyDBInstance", "ModifyDBSnapshotAttribute"}

// checkAlarm checks that every alarming call notifies somebody: by a rule of EventBridge or by an alarm on a metric
// filter of the trail's log group.
func checkAlarm(ctx context.Context, s *subject) result {
	found := &alarms{heard: map[string]bool{}}
	if err := s.eventRules(ctx, found); err != nil {
		found.unreadable = err
	}
	if !found.complete() {
		if err := s.metricFilters(ctx, found); err != nil {
			found.unreadable = err
		}
	}
	var missing []string
	for _, name := range alarming {
		if !found.heard[name] {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) == 0:
		return pass(strings.Join(found.by, ", "))
	case found.unreadable != nil:
		return unread(found.unreadable)
	case len(found.faults) > 0:
		return fail("nobody is told of " + strings.Join(missing, ", ") + ": " + strings.Join(found.faults, ", "))
	}
	return fail("neither a metric filter with an alarm nor an EventBridge rule tells of " + strings.Join(missing, ", "))
}

// alarms collects who is notified of which calls.
type alarms struct {
	heard      map[string]bool
	by, faults []string
	unreadable error
}

func (a *alarms) complete() bool {
	return !slices.ContainsFunc(alarming, func(n string) bool { return !a.heard[n] })
}

func (a *alarms) add(by string, names []string) {
	a.by = append(a.by, by)
	for _, n := range names {
		a.heard[n] = true
	}
}

type eventRule struct{ Name, EventPattern, State string }

func (s *subject) eventRules(ctx context.Context, found *alarms) error {
	in := map[string]string{}
	for {
		var page struct {
			Rules     []eventRule
			NextToken string
		}
		if err := s.c.call.JSON(ctx, "events", "AWSEvents.ListRules", in, &page); err != nil {
			return err
		}
		for _, r := range page.Rules {
			s.eventRule(ctx, r, found)
		}
		if page.NextToken == "" {
			return nil
		}
		in["NextToken"] = page.NextToken
	}
}

func (s *subject) eventRule(ctx context.Context, r eventRule, found *alarms) {
	names := slices.DeleteFunc(slices.Clone(alarming), func(n string) bool { return !matchesEvent(r.EventPattern, s.event(n)) })
	switch {
	case len(names) == 0:
		return
	case !strings.HasPrefix(r.State, "ENABLED"): // also ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
		found.faults = append(found.faults, "rule "+r.Name+" is "+strings.ToLower(orDash(r.State)))
		return
	}
	var answer struct{ Targets []struct{ Arn string } }
	if err := s.c.call.JSON(ctx, "events", "AWSEvents.ListTargetsByRule", map[string]string{"Rule": r.Name}, &answer); err != nil {
		found.unreadable = err
		return
	}
	if len(answer.Targets) == 0 {
		found.faults = append(found.faults, "rule "+r.Name+" has no target")
	}
	for _, t := range answer.Targets {
		if fault, err := s.deaf(ctx, t.Arn); err != nil {
			found.unreadable = err
		} else if fault != "" {
			found.faults = append(found.faults, "rule "+r.Name+": "+fault)
		} else {
			found.add("EventBridge rule "+r.Name, names)
			return
		}
	}
}

// event is the event that CloudTrail sends to EventBridge for a call.
func (s *subject) event(name string) map[string]any {
	return map[string]any{
		"version": "0", "source": "aws.rds", "detail-type": "AWS API Call via CloudTrail", "account": s.account, "region": s.c.cfg.Region,
		"detail": map[string]any{
			"eventSource": "rds.amazonaws.com", "eventName": name, "eventType": "AwsApiCall", "awsRegion": s.c.cfg.Region, "recipientAccountId": s.account,
		},
	}
}

// deaf returns the reason why a rule's target or an alarm's action notifies nobody; "" means that it notifies
// somebody.
func (s *subject) deaf(ctx context.Context, arn string) (fault string, err error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return "", fmt.Errorf("the target %q is no ARN", arn)
	}
	switch service, name := parts[2], parts[5]; service {
	case "sns":
		heard, err := s.heard(ctx, arn)
		switch {
		case missing(err):
			return "topic " + name + " is gone", nil
		case err == nil && !heard:
			return "nobody is subscribed to topic " + name, nil
		}
		return "", err
	case "lambda":
		function, _, _ := strings.Cut(strings.TrimPrefix(name, "function:"), ":")
		err = s.c.call.Get(ctx, "lambda", "GetFunctionConfiguration", "/2015-03-31/functions/"+url.PathEscape(function)+"/configuration", nil, new(lambdaConfig))
	case "sqs":
		var answer struct{}
		err = s.c.call.Query(ctx, "sqs", "2012-11-05", "GetQueueUrl", url.Values{"QueueName": {name}, "QueueOwnerAWSAccountId": {parts[4]}}, &answer)
	case "logs":
		name, _, _ = strings.Cut(strings.TrimPrefix(name, "log-group:"), ":")
		groups, err := s.c.logGroups(ctx, name)
		if err == nil && !slices.ContainsFunc(groups, func(g logGroup) bool { return g.LogGroupName == name }) {
			return "log group " + name + " is gone", nil
		}
		return "", err
	default:
		return "", errors.New("whether the target " + arn + " is there: that service is not looked at")
	}
	if missing(err) {
		return "target " + parts[5] + " is gone", nil
	}
	return "", err
}

// missing reports whether an AWS error means that the resource does not exist.
func missing(err error) bool {
	switch code(err) {
	case "NotFound", "NotFoundException", "ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue":
		return true
	}
	return false
}

// metricFilter counts lines of a log group; an alarm on its metric may notify somebody.
type metricFilter struct {
	FilterName, FilterPattern, LogGroupName string
	MetricTransformations                   []struct{ MetricName, MetricNamespace string }
}

func (s *subject) metricFilters(ctx context.Context, found *alarms) error {
	trails, err := s.c.trails(ctx)
	if err != nil {
		return err
	}
	in := map[string]string{}
	for {
		var page struct {
			MetricFilters []metricFilter
			NextToken     string
		}
		if err := s.c.call.JSON(ctx, "logs", "Logs_20140328.DescribeMetricFilters", in, &page); err != nil {
			return err
		}
		for _, f := range page.MetricFilters {
			if err := s.metricFilter(ctx, f, trails, found); err != nil {
				found.unreadable = err // another filter may tell of everything
			}
		}
		if page.NextToken == "" {
			return nil
		}
		in["nextToken"] = page.NextToken
	}
}

func (s *subject) metricFilter(ctx context.Context, f metricFilter, trails []trail, found *alarms) error {
	names := slices.DeleteFunc(slices.Clone(alarming), func(n string) bool { return !matchesFilter(f.FilterPattern, n) })
	if len(names) == 0 {
		return nil
	}
	if !slices.ContainsFunc(trails, func(t trail) bool {
		return strings.Contains(t.CloudWatchLogsLogGroupArn+":", ":log-group:"+f.LogGroupName+":")
	}) {
		found.faults = append(found.faults, "metric filter "+f.FilterName+" is on a log group that no trail writes")
		return nil
	}
	faults := len(found.faults)
	for _, m := range f.MetricTransformations {
		var answer struct {
			Alarms []struct {
				Name    string   `xml:"AlarmName"`
				Enabled bool     `xml:"ActionsEnabled"`
				Actions []string `xml:"AlarmActions>member"`
			} `xml:"DescribeAlarmsForMetricResult>MetricAlarms>member"`
		}
		params := url.Values{"MetricName": {m.MetricName}, "Namespace": {m.MetricNamespace}}
		if err := s.c.call.Query(ctx, "monitoring", "2010-08-01", "DescribeAlarmsForMetric", params, &answer); err != nil {
			return err
		}
		for _, a := range answer.Alarms {
			if !a.Enabled || len(a.Actions) == 0 {
				found.faults = append(found.faults, "alarm "+a.Name+" has no action")
			}
			for _, arn := range a.Actions {
				if fault, err := s.deaf(ctx, arn); err != nil {
					found.unreadable = err
				} else if fault != "" {
					found.faults = append(found.faults, "alarm "+a.Name+": "+fault)
				} else if a.Enabled {
					found.add("metric filter "+f.FilterName+" and alarm "+a.Name, names)
					return nil
				}
			}
		}
	}
	if len(found.faults) == faults {
		found.faults = append(found.faults, "metric filter "+f.FilterName+" has no alarm")
	}
	return nil
}

var filterTerm = regexp.MustCompile(`\$\.([\w.]+)\s*(!?=)\s*"?([\w.*]+)"?`)

// matchesFilter reports whether a metric filter's pattern counts a call of RDS. It supports the patterns of the
// guides: conditions on eventSource and eventName, joined by && and ||. Any other pattern matches nothing.
func matchesFilter(pattern, name string) bool {
	terms := filterTerm.FindAllStringSubmatch(pattern, -1)
	if len(terms) != strings.Count(pattern, "$.") {
		return false
	}
	source, named, ours := false, false, false
	for _, t := range terms {
		if t[2] == "!=" {
			return false
		}
		switch t[1] {
		case "eventSource":
			if ok, _ := path.Match(t[3], "rds.amazonaws.com"); !ok {
				return false
			}
			source = true
		case "eventName":
			named = true
			if ok, _ := path.Match(t[3], name); ok {
				ours = true
			}
		default:
			return false
		}
	}
	return ours || source && !named
}

// matchesEvent reports whether an EventBridge pattern matches an event. An unknown pattern or operator matches
// nothing.
func matchesEvent(pattern string, event map[string]any) bool {
	var p map[string]any
	return json.Unmarshal([]byte(pattern), &p) == nil && len(p) > 0 && matchesFields(p, event)
}

func matchesFields(pattern, event map[string]any) bool {
	for key, want := range pattern {
		switch want := want.(type) {
		case map[string]any:
			inner, _ := event[key].(map[string]any)
			if !matchesFields(want, inner) {
				return false
			}
		case []any:
			have, there := event[key].(string)
			admits := func(w any) bool { return matchesValue(w, have, there) }
			if key == "$or" {
				admits = func(w any) bool {
					inner, ok := w.(map[string]any)
					return ok && matchesFields(inner, event)
				}
			}
			if !slices.ContainsFunc(want, admits) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func matchesValue(want any, have string, there bool) bool {
	if text, ok := want.(string); ok {
		return there && text == have
	}
	operators, _ := want.(map[string]any)
	if len(operators) != 1 {
		return false
	}
	for name, operand := range operators {
		text, _ := operand.(string)
		switch name {
		case "exists":
			return operand == there
		case "prefix":
			return there && text != "" && strings.HasPrefix(have, text)
		case "suffix":
			return there && text != "" && strings.HasSuffix(have, text)
		case "equals-ignore-case":
			return there && strings.EqualFold(have, text)
		case "wildcard":
			ok, err := path.Match(text, have)
			return there && err == nil && ok
		case "anything-but":
			if list, ok := operand.([]any); ok {
				return there && !slices.Contains(list, any(have))
			}
			return there && text != "" && have != text
		}
	}
	return false
}
