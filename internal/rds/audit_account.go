package rds

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// wanted are the event categories that must notify somebody, by source (RDS.20, 21, 22).
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
	live := slices.DeleteFunc(slices.Clone(all), func(e types.EventSubscription) bool {
		return !aws.ToBool(e.Enabled) || aws.ToString(e.Status) != "active" || len(e.SourceIdsList) > 0
	})
	var missing, deaf []string
	for _, w := range wanted {
		if !hears(live, w.source, w.categories) {
			missing = append(missing, w.source)
		}
	}
	if len(missing) > 0 {
		return fail(fmt.Sprintf("%d subscriptions; none delivers events of %s", len(all), strings.Join(missing, ", ")))
	}
	for _, e := range live {
		// RDS reports whether the topic exists (Status); SNS reports whether it has subscribers.
		topic := aws.ToString(e.SnsTopicArn)
		if heard, err := s.heard(ctx, topic); err == nil && !heard {
			deaf = append(deaf, topic)
		}
	}
	if len(deaf) == len(live) {
		return warn("nobody is subscribed to " + strings.Join(deaf, ", ")).cure("aws sns subscribe --topic-arn " + deaf[0] + " --protocol email --notification-endpoint ADDRESS   (and confirm it by the mail)")
	}
	return pass(fmt.Sprintf("%d subscriptions", len(all)))
}

// hears reports whether subscriptions together include all of need for a source; a subscription without a source or
// without categories covers all of them.
func hears(live []types.EventSubscription, source string, need []string) bool {
	for _, n := range need {
		if !slices.ContainsFunc(live, func(e types.EventSubscription) bool {
			of := aws.ToString(e.SourceType)
			return (of == "" || of == source) && (len(e.EventCategoriesList) == 0 || slices.Contains(e.EventCategoriesList, n))
		}) {
			return false
		}
	}
	return true
}

// heard reports whether an SNS topic has a confirmed subscriber.
func (s *subject) heard(ctx context.Context, topic string) (bool, error) {
	return memoized(s, "topic "+topic, func() (bool, error) {
		params := url.Values{"TopicArn": {topic}}
		for {
			var page struct {
				ARNs []string `xml:"ListSubscriptionsByTopicResult>Subscriptions>member>SubscriptionArn"`
				Next string   `xml:"ListSubscriptionsByTopicResult>NextToken"`
			}
			if err := s.c.call.Query(ctx, "sns", "2010-03-31", "ListSubscriptionsByTopic", params, &page); err != nil {
				return false, err
			}
			if slices.ContainsFunc(page.ARNs, func(arn string) bool { return strings.HasPrefix(arn, "arn:") }) { // else "PendingConfirmation"
				return true, nil
			}
			if page.Next == "" {
				return false, nil
			}
			params.Set("NextToken", page.Next)
		}
	})
}

const loginEvents = ` --features '[{"Name":"RDS_LOGIN_EVENTS","Status":"ENABLED"}]'`

func checkGuardDuty(ctx context.Context, s *subject) result {
	var list struct{ DetectorIds []string }
	if err := s.c.call.Get(ctx, "guardduty", "ListDetectors", "/detector", nil, &list); err != nil {
		return unread(err)
	}
	best := fail("no detector in " + s.c.cfg.Region).cure("aws guardduty create-detector --enable" + loginEvents)
	for i, id := range list.DetectorIds { // in fact one for each region
		r := s.detector(ctx, id)
		if r.state == Pass {
			return r
		}
		if i == 0 || r.state == Unknown {
			best = r
		}
	}
	return best
}

func (s *subject) detector(ctx context.Context, id string) result {
	cure := "aws guardduty update-detector --detector-id " + id + " --enable" + loginEvents
	var d struct {
		Status   string
		Features []struct{ Name, Status string }
	}
	if err := s.c.call.Get(ctx, "guardduty", "GetDetector", "/detector/"+id, nil, &d); err != nil {
		return unread(err)
	}
	if d.Status != "ENABLED" {
		return fail("the detector is " + strings.ToLower(orDash(d.Status))).cure(cure)
	}
	for _, f := range d.Features {
		if f.Name == "RDS_LOGIN_EVENTS" && f.Status == "ENABLED" {
			return pass("detector and RDS protection on")
		}
	}
	return fail("the detector is on, RDS protection is off").cure(cure)
}

func checkProxy(ctx context.Context, s *subject) result {
	var open, cures []string
	n := 0
	var unsaid []string
	pages := rds.NewDescribeDBProxiesPaginator(s.c.rds, &rds.DescribeDBProxiesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(err)
		}
		for _, p := range page.DBProxies {
			n++
			switch name := aws.ToString(p.DBProxyName); {
			case p.RequireTLS == nil:
				unsaid = append(unsaid, orDash(name))
			case !*p.RequireTLS:
				open = append(open, name)
				cures = append(cures, "aws rds modify-db-proxy --db-proxy-name "+name+" --require-tls")
			}
		}
	}
	switch {
	case n == 0:
		return none("no proxy")
	case len(open) > 0:
		return fail(strings.Join(open, ", ")).cure(strings.Join(cures, " && "))
	case len(unsaid) > 0:
		return silent("RequireTLS of proxy " + strings.Join(unsaid, ", "))
	}
	return pass(fmt.Sprintf("%d proxies", n))
}

func checkOrganisation(ctx context.Context, s *subject) result {
	var names []string
	in := map[string]string{"Filter": "SERVICE_CONTROL_POLICY"}
	for {
		var page struct {
			Policies []struct {
				Name       string
				AwsManaged bool
			}
			NextToken string
		}
		err := s.c.call.JSON(ctx, "organizations", "AWSOrganizationsV20161128.ListPolicies", in, &page)
		if code(err) == "AWSOrganizationsNotInUseException" {
			return none("the account belongs to no organisation")
		}
		if err != nil {
			return unread(err)
		}
		for _, p := range page.Policies {
			if !p.AwsManaged {
				names = append(names, p.Name)
			}
		}
		if page.NextToken == "" {
			break
		}
		in["NextToken"] = page.NextToken
	}
	if len(names) == 0 {
		return warn("no service control policy of its own")
	}
	return none("for a person to read: " + strings.Join(names, ", "))
}
