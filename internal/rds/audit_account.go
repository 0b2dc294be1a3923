package rds

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// wanted are the event categories that somebody should hear of, by source (RDS.20, 21, 22).
var wanted = []struct {
	source     string
	categories []string
}{
	{"db-instance", []string{"maintenance", "configuration change", "failure"}},
	{"db-parameter-group", []string{"configuration change"}},
	{"db-security-group", []string{"configuration change", "failure"}},
}

func checkEvents(ctx context.Context, s *subject) result {
	var all []types.EventSubscription
	pages := rds.NewDescribeEventSubscriptionsPaginator(s.c.rds, &rds.DescribeEventSubscriptionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err)
		}
		all = append(all, page.EventSubscriptionsList...)
	}
	var missing []string
	for _, w := range wanted {
		heard := slices.ContainsFunc(all, func(e types.EventSubscription) bool {
			source := aws.ToString(e.SourceType)
			return aws.ToBool(e.Enabled) && aws.ToString(e.Status) == "active" && len(e.SourceIdsList) == 0 &&
				(source == "" || source == w.source) && hears(e.EventCategoriesList, w.categories)
		})
		if !heard {
			missing = append(missing, w.source)
		}
	}
	if len(missing) > 0 {
		return fail(fmt.Sprintf("%d subscriptions; nobody hears of %s", len(all), strings.Join(missing, ", ")))
	}
	return pass(fmt.Sprintf("%d subscriptions", len(all)))
}

// hears reports whether a subscription to categories includes all of need; no category means all.
func hears(categories, need []string) bool {
	for _, n := range need {
		if len(categories) > 0 && !slices.Contains(categories, n) {
			return false
		}
	}
	return true
}

const trailTarget = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."

func checkTrail(ctx context.Context, s *subject) result {
	var trails struct {
		TrailList []struct {
			Name, TrailARN     string
			IsMultiRegionTrail bool
		}
	}
	if err := s.c.call.JSON(ctx, "cloudtrail", trailTarget+"DescribeTrails", map[string]any{}, &trails); err != nil {
		return unread(err)
	}
	seen := []string{}
	for _, t := range trails.TrailList {
		if !t.IsMultiRegionTrail {
			seen = append(seen, t.Name+" covers one region")
			continue
		}
		var status struct{ IsLogging bool }
		if err := s.c.call.JSON(ctx, "cloudtrail", trailTarget+"GetTrailStatus", map[string]string{"Name": t.TrailARN}, &status); err != nil {
			return unread(err)
		}
		if !status.IsLogging {
			seen = append(seen, t.Name+" is switched off")
			continue
		}
		manages, err := s.c.managementEvents(ctx, t.TrailARN)
		if err != nil {
			return unread(err)
		}
		if manages {
			return pass(t.Name)
		}
		seen = append(seen, t.Name+" leaves out management events")
	}
	if len(seen) == 0 {
		seen = []string{"no trail"}
	}
	return fail(strings.Join(seen, ", "))
}

// managementEvents reports whether a trail records writes of management events, by either kind of selector.
func (c *Client) managementEvents(ctx context.Context, arn string) (bool, error) {
	var answer struct {
		EventSelectors []struct {
			IncludeManagementEvents bool
			ReadWriteType           string
		}
		AdvancedEventSelectors []struct {
			FieldSelectors []struct {
				Field  string
				Equals []string
			}
		}
	}
	if err := c.call.JSON(ctx, "cloudtrail", trailTarget+"GetEventSelectors", map[string]string{"TrailName": arn}, &answer); err != nil {
		return false, err
	}
	for _, e := range answer.EventSelectors {
		if e.IncludeManagementEvents && e.ReadWriteType != "ReadOnly" {
			return true, nil
		}
	}
	for _, e := range answer.AdvancedEventSelectors {
		for _, f := range e.FieldSelectors {
			if f.Field == "eventCategory" && slices.Contains(f.Equals, "Management") {
				return true, nil
			}
		}
	}
	return false, nil
}

func checkAlarm(ctx context.Context, s *subject) result {
	var filters struct {
		MetricFilters []struct{ FilterName, FilterPattern string }
	}
	if err := s.c.call.JSON(ctx, "logs", "Logs_20140328.DescribeMetricFilters", map[string]any{}, &filters); err != nil {
		return unread(err)
	}
	for _, f := range filters.MetricFilters {
		if strings.Contains(f.FilterPattern, "rds.amazonaws.com") || strings.Contains(f.FilterPattern, "DBInstance") {
			return pass("metric filter " + f.FilterName)
		}
	}
	var rules struct {
		Rules []struct{ Name, EventPattern, State string }
	}
	if err := s.c.call.JSON(ctx, "events", "AWSEvents.ListRules", map[string]any{}, &rules); err != nil {
		return unread(err)
	}
	for _, r := range rules.Rules {
		if r.State == "ENABLED" && (strings.Contains(r.EventPattern, "rds.amazonaws.com") || strings.Contains(r.EventPattern, "aws.rds")) {
			return pass("EventBridge rule " + r.Name)
		}
	}
	return fail("neither a metric filter nor an EventBridge rule")
}

func checkGuardDuty(ctx context.Context, s *subject) result {
	var list struct{ DetectorIds []string }
	if err := s.c.call.Get(ctx, "guardduty", "ListDetectors", "/detector", nil, &list); err != nil {
		return unread(err)
	}
	if len(list.DetectorIds) == 0 {
		return fail("no detector in " + s.c.cfg.Region)
	}
	var d struct {
		Status   string
		Features []struct{ Name, Status string }
	}
	if err := s.c.call.Get(ctx, "guardduty", "GetDetector", "/detector/"+list.DetectorIds[0], nil, &d); err != nil {
		return unread(err)
	}
	if d.Status != "ENABLED" {
		return fail("the detector is " + strings.ToLower(d.Status))
	}
	for _, f := range d.Features {
		if f.Name == "RDS_LOGIN_EVENTS" && f.Status == "ENABLED" {
			return pass("detector and RDS protection on")
		}
	}
	return fail("the detector is on, RDS protection is off")
}

func checkProxy(ctx context.Context, s *subject) result {
	var open []string
	n := 0
	pages := rds.NewDescribeDBProxiesPaginator(s.c.rds, &rds.DescribeDBProxiesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err)
		}
		for _, p := range page.DBProxies {
			n++
			if !aws.ToBool(p.RequireTLS) {
				open = append(open, aws.ToString(p.DBProxyName))
			}
		}
	}
	switch {
	case n == 0:
		return none("no proxy")
	case len(open) > 0:
		return fail(strings.Join(open, ", "))
	}
	return pass(fmt.Sprintf("%d proxies", n))
}

func checkOrganisation(ctx context.Context, s *subject) result {
	var answer struct {
		Policies []struct {
			Name       string
			AwsManaged bool
		}
	}
	err := s.c.call.JSON(ctx, "organizations", "AWSOrganizationsV20161128.ListPolicies", map[string]string{"Filter": "SERVICE_CONTROL_POLICY"}, &answer)
	if code(err) == "AWSOrganizationsNotInUseException" {
		return none("the account belongs to no organisation")
	}
	if err != nil {
		return unread(err)
	}
	var names []string
	for _, p := range answer.Policies {
		if !p.AwsManaged {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return warn("no service control policy of its own")
	}
	return none("for a person to read: " + strings.Join(names, ", "))
}

// function reads the Lambda's configuration once.
func (s *subject) function(ctx context.Context) (*lambdaConfig, error) {
	return memoized(s, "lambda", func() (*lambdaConfig, error) {
		out := new(lambdaConfig)
		err := s.c.call.Get(ctx, "lambda", "GetFunctionConfiguration", "/2015-03-31/functions/"+url.PathEscape(s.opts.Lambda)+"/configuration", nil, out)
		return out, err
	})
}

type lambdaConfig struct {
	Runtime   string
	VpcConfig struct {
		VpcId     string
		SubnetIds []string
	}
}

const noLambda = "no function was named (--lambda)"

func checkLambdaVpc(ctx context.Context, s *subject) result {
	if s.opts.Lambda == "" {
		return none(noLambda)
	}
	f, err := s.function(ctx)
	switch {
	case err != nil:
		return unread(err)
	case f.VpcConfig.VpcId == "":
		return fail("not in a VPC")
	case len(f.VpcConfig.SubnetIds) < 2:
		return fail("one subnet only")
	}
	return pass(f.VpcConfig.VpcId + ", " + fmt.Sprint(len(f.VpcConfig.SubnetIds)) + " subnets")
}

func checkLambdaRuntime(ctx context.Context, s *subject) result {
	if s.opts.Lambda == "" {
		return none(noLambda)
	}
	f, err := s.function(ctx)
	switch {
	case err != nil:
		return unread(err)
	case f.Runtime == "":
		return none("a container image")
	case f.Runtime == "provided.al2023" || f.Runtime == "provided.al2":
		return pass(f.Runtime)
	}
	return warn(f.Runtime + " is not the one that cruddur deploys")
}

func checkLambdaPolicy(ctx context.Context, s *subject) result {
	if s.opts.Lambda == "" {
		return none(noLambda)
	}
	if _, err := s.function(ctx); err != nil {
		return unread(err) // GetPolicy answers alike for no function and for no policy
	}
	var answer struct{ Policy string }
	err := s.c.call.Get(ctx, "lambda", "GetPolicy", "/2015-03-31/functions/"+url.PathEscape(s.opts.Lambda)+"/policy", nil, &answer)
	if code(err) == "ResourceNotFoundException" {
		return fail("no policy: Cognito cannot invoke it")
	}
	if err != nil {
		return unread(err)
	}
	var policy struct {
		Statement []struct {
			Sid       string
			Effect    string
			Principal json.RawMessage
			Condition map[string]map[string]any
		}
	}
	if err := json.Unmarshal([]byte(answer.Policy), &policy); err != nil {
		return unread(err)
	}
	for _, st := range policy.Statement {
		source, account := condition(st.Condition, "AWS:SourceArn"), condition(st.Condition, "AWS:SourceAccount")
		switch {
		case st.Effect != "Allow":
		case !strings.Contains(string(st.Principal), `"cognito-idp.amazonaws.com"`):
			return fail(st.Sid + " admits " + string(st.Principal))
		case source == "" || strings.Contains(source, "*"):
			return fail(st.Sid + " names no user pool")
		case account == "":
			return fail(st.Sid + " names no account")
		case s.opts.UserPool != "" && !strings.HasSuffix(source, "/"+s.opts.UserPool):
			return fail(st.Sid + " admits another pool: " + source)
		}
	}
	return pass(fmt.Sprintf("%d statements", len(policy.Statement)))
}

// condition finds a condition key, whose case AWS does not mind, in any operator.
func condition(all map[string]map[string]any, key string) string {
	for _, keys := range all {
		for k, v := range keys {
			if strings.EqualFold(k, key) {
				return fmt.Sprint(v)
			}
		}
	}
	return ""
}
