package rds_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
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
