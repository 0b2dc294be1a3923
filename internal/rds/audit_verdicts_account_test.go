package rds_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
)

func subscribed(change func(*types.EventSubscription)) func(*world) {
	return func(w *world) { change(&w.s.Subscriptions[0]) }
}

// subscriptions takes the place of all subscriptions by those to one source each.
func subscriptions(sources map[string][]string) func(*world) {
	return func(w *world) {
		w.s.Subscriptions = nil
		for source, categories := range sources {
			w.s.Subscriptions = append(w.s.Subscriptions, types.EventSubscription{
				Enabled: aws.Bool(true), Status: str("active"), SourceType: &source, EventCategoriesList: categories, SnsTopicArn: str(topic),
			})
		}
	}
}

func TestVerdictsOfAccount(t *testing.T) {
	t.Parallel()
	change, failure, maintenance := "configuration change", "failure", "maintenance"
	verdicts(t, "events", []variant{
		{"none", rds.Fail, func(w *world) { w.s.Subscriptions = nil }},
		{"off", rds.Fail, subscribed(func(e *types.EventSubscription) { e.Enabled = aws.Bool(false) })},
		{"nothing said of that", rds.Fail, subscribed(func(e *types.EventSubscription) { e.Enabled = nil })},
		{"without permission", rds.Fail, subscribed(func(e *types.EventSubscription) { e.Status = str("no-permission") })},
		{"the topic is gone", rds.Fail, subscribed(func(e *types.EventSubscription) { e.Status = str("topic-not-exist") })},
		{"one instance alone", rds.Fail, subscribed(func(e *types.EventSubscription) { e.SourceIdsList = []string{"other"} })},
		{"instances alone", rds.Fail, subscribed(func(e *types.EventSubscription) { e.SourceType = str("db-instance") })},
		{"failures alone", rds.Fail, subscribed(func(e *types.EventSubscription) { e.EventCategoriesList = []string{failure} })},
		{"nobody is subscribed", rds.Warn, func(w *world) { w.s.Topics[topic] = 0 }},
		{"each source by itself", rds.Pass, subscriptions(map[string][]string{
			"db-instance": {maintenance, change, failure}, "db-parameter-group": {change}, "db-security-group": {change, failure, "more"},
		})},
		{"one category is missing", rds.Fail, subscriptions(map[string][]string{
			"db-instance": {maintenance, failure}, "db-parameter-group": {change}, "db-security-group": {change, failure},
		})},
	})
	detector := func(status string, features ...m) func(*world) {
		return func(w *world) {
			list := []any{}
			for _, f := range features {
				list = append(list, f)
			}
			w.s.Detectors = map[string]map[string]any{"d1": {"status": status, "features": list}}
		}
	}
	verdicts(t, "guardduty", []variant{
		{"none", rds.Fail, func(w *world) { w.s.Detectors = nil }},
		{"off", rds.Fail, detector("DISABLED", m{"name": "RDS_LOGIN_EVENTS", "status": "ENABLED"})},
		{"without RDS", rds.Fail, detector("ENABLED", m{"name": "RDS_LOGIN_EVENTS", "status": "DISABLED"})},
		{"another feature", rds.Fail, detector("ENABLED", m{"name": "S3_DATA_EVENTS", "status": "ENABLED"})},
		{"no feature", rds.Fail, detector("ENABLED")},
	})
	proxy := func(tls *bool) func(*world) {
		return func(w *world) {
			w.s.Proxies = append(w.s.Proxies, types.DBProxy{DBProxyName: str("q"), RequireTLS: tls})
		}
	}
	verdicts(t, "proxy-tls", []variant{
		{"one of two", rds.Fail, proxy(aws.Bool(false))},
		{"nothing said", rds.Unknown, proxy(nil)},
		{"both", rds.Pass, proxy(aws.Bool(true))},
		{"none", rds.NotApplicable, func(w *world) { w.s.Proxies = nil }},
	})
	verdicts(t, "in-database", []variant{
		{"a spare superuser", rds.Fail, func(w *world) { w.o.Database = inspector{facts: rds.DatabaseFacts{Superusers: []string{"x"}}} }},
		{"the schema is open", rds.Fail, func(w *world) { w.o.Database = inspector{facts: rds.DatabaseFacts{SchemaChangers: []string{"x"}}} }},
		{"a password for ever", rds.Warn, func(w *world) { w.o.Database = inspector{facts: rds.DatabaseFacts{NoExpiry: []string{"x"}}} }},
		{"nobody looked", rds.NotApplicable, func(w *world) { w.o.Database = nil }},
	})
}

// TestVerdictsOfTrails is what TestUnsafeTrail leaves: the very hour, and selectors that only seem to say something.
func TestVerdictsOfTrails(t *testing.T) {
	t.Parallel()
	delivered := func(ago time.Duration) func(*world) {
		return func(w *world) { status("LatestDeliveryTime", w.s.Now().Add(-ago).Unix())(w) }
	}
	management := m{"Field": "eventCategory", "Equals": []string{"Management"}}
	both := func(more ...string) func(*world) {
		f := m{"Field": "readOnly", "Equals": []string{"true", "false"}}
		for _, operator := range more {
			f[operator] = []string{"x"}
		}
		return advanced([]m{management, f})
	}
	verdicts(t, "cloudtrail", []variant{
		{"a delivery a day ago", rds.Pass, delivered(24 * time.Hour)},
		{"a second longer", rds.Fail, delivered(24*time.Hour + time.Second)},
		{"one that cannot be read before a good one", rds.Pass, func(w *world) {
			trailedToo(nil)(w)
			w.s.Fail(awsfake.Fault{Action: "GetTrailStatus", Code: "TrailNotFoundException", Times: 1})
		}},
		{"reads and writes by one list", rds.Pass, both()},
		{"not some", rds.Fail, both("NotEquals")},
		{"not some, by two operators", rds.Fail, both("NotEquals", "StartsWith")},
		{"not some, by the first and the third", rds.Fail, both("NotEquals", "NotStartsWith")},
		{"not some, by the first and the fourth", rds.Fail, both("NotEquals", "EndsWith")},
		{"not some, by the first and the last", rds.Fail, both("NotEquals", "NotEndsWith")},
		{"no category", rds.Fail, advanced([]m{{"Field": "resources.type", "Equals": []string{"Management"}}})},
		{"a name that looks like reads and writes", rds.Fail, advanced([]m{management, {"Field": "eventName", "Equals": []string{"true", "false"}}})},
	})
	words(t, "cloudtrail", []wording{
		{"none", "no trail", "", func(w *world) { w.s.Trails = nil }},
		{"a bad one", "all covers one region", "aws cloudtrail update-trail --name arn:aws:cloudtrail:eu-central-1:123456789012:trail/all --is-multi-region-trail", trailed("IsMultiRegionTrail", false)},
		{"a condition without a value", "all leaves out some management events", "", advanced([]m{management, {"Field": "readOnly"}})},
		{"nothing but data", "all leaves out management events", "", selectors(m{"IncludeManagementEvents": false})},
		{"reads", "all records reads only", "", selectors(m{"IncludeManagementEvents": true, "ReadWriteType": "ReadOnly"})},
		{"writes", "all records writes only", "", selectors(m{"IncludeManagementEvents": true, "ReadWriteType": "WriteOnly"})},
	})
}

func TestStoppedRestart(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]rds.State{
		24 * time.Hour: rds.Pass, 24*time.Hour - time.Second: rds.Warn, 0: rds.Unknown,
	} {
		w := goodWorld(t)
		at := w.s.Now().Add(ahead)
		w.db(func(i *types.DBInstance) {
			i.DBInstanceStatus = str("stopped")
			if ahead > 0 {
				i.AutomaticRestartTime = &at
			}
		})
		if r := w.audit("stopped-restart"); state(r, "stopped-restart") != want {
			t.Errorf("%s ahead: %s, want %s", ahead, lines(r), want)
		}
	}
}

// TestCertificateSeverity wants each grade of a certificate that ends.
func TestCertificateSeverity(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	w := goodWorld(t)
	for ahead, want := range map[time.Duration]rds.Severity{
		0: rds.Critical, time.Second: rds.High, 30*day - time.Second: rds.High, 30 * day: rds.Medium, 91*day - time.Second: rds.Medium, 91 * day: rds.Low, 180 * day: rds.Low, 181 * day: rds.Info,
	} {
		at := w.s.Now().Add(ahead)
		w.db(func(i *types.DBInstance) { i.CertificateDetails = &types.CertificateDetails{ValidTill: &at} })
		if f := w.audit("ca-expiry").Findings[0]; f.Severity != want {
			t.Errorf("%s ahead: %s, want %s (%s)", ahead, f.Severity, want, f.Observed)
		}
	}
	w.s.KeyStates[ownKey] = "PendingDeletion"
	if f := w.audit("kms-own-key").Findings[0]; f.Severity != rds.Critical {
		t.Errorf("a key that ends: %s, want critical", f.Severity)
	}
}
