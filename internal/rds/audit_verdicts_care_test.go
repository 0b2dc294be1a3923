package rds_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
)

func TestVerdictsOfCare(t *testing.T) {
	t.Parallel()
	version := func(v string) func(*world) {
		return set(func(i *types.DBInstance) { i.EngineVersion = &v })
	}
	at := func(date string) func(*world) {
		end, _ := time.Parse(time.RFC3339, date)
		return func(w *world) { w.s.Advance(end.Sub(w.s.Now())) }
	}
	verdicts(t, "version-supported", []variant{
		{"retired", rds.Fail, version("14.6")},
		{"a major alone", rds.Fail, version("17")},
		{"its end is near", rds.Warn, version("14.20")},
		{"180 days before its end", rds.Pass, at("2029-09-01T00:00:00Z")},
		{"179 days before its end", rds.Warn, at("2029-09-02T00:00:00Z")},
		{"a second before its end", rds.Warn, all(version("15.15"), at("2028-02-27T23:59:59Z"))},
		{"at its end", rds.Fail, all(version("15.15"), at("2028-02-28T00:00:00Z"))},
		{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { i.EngineVersion = nil })},
	})
}

func TestVerdictsOfUse(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	verdicts(t, "extended-support", []variant{
		{"on", rds.Fail, set(func(i *types.DBInstance) { i.EngineLifecycleSupport = str("open-source-rds-extended-support") })},
		{"nothing said", rds.Unknown, set(func(i *types.DBInstance) { i.EngineLifecycleSupport = nil })},
	})
	verdicts(t, "pending", []variant{
		{"a change", rds.Warn, set(func(i *types.DBInstance) {
			i.PendingModifiedValues = &types.PendingModifiedValues{MultiAZ: aws.Bool(false)}
		})},
		{"maintenance", rds.Warn, func(w *world) {
			w.s.Maintenance = []types.ResourcePendingMaintenanceActions{{
				ResourceIdentifier: str("arn:aws:rds:eu-central-1:123456789012:db:cruddur"), PendingMaintenanceActionDetails: []types.PendingMaintenanceAction{{Action: str("system-update")}},
			}}
		}},
		{"without a name", rds.Unknown, set(func(i *types.DBInstance) { i.DBInstanceArn = nil })},
	})
	kept := func(days int) func(*world) { return func(w *world) { w.s.LogRetention = days } }
	verdicts(t, "logs", []variant{
		{"none", rds.Fail, set(func(i *types.DBInstance) { i.EnabledCloudwatchLogsExports = nil })},
		{"one of two", rds.Fail, set(func(i *types.DBInstance) { i.EnabledCloudwatchLogsExports = []string{"postgresql"} })},
		{"for ever", rds.Warn, kept(0)},
		{"five days", rds.Warn, kept(5)},
		{"a week", rds.Pass, kept(7)},
	})
	monitored := func(seconds int32, insights *bool) func(*world) {
		return set(func(i *types.DBInstance) { i.MonitoringInterval, i.PerformanceInsightsEnabled = &seconds, insights })
	}
	verdicts(t, "monitoring", []variant{
		{"off", rds.Fail, monitored(0, aws.Bool(true))},
		{"without insights", rds.Warn, monitored(60, aws.Bool(false))},
		{"nothing said of insights", rds.Unknown, monitored(60, nil)},
		{"every second", rds.Pass, monitored(1, aws.Bool(true))},
	})
	verdicts(t, "idle", []variant{
		{"nobody", rds.Fail, func(w *world) { w.s.Connections = 0 }},
		{"one", rds.Pass, func(w *world) { w.s.Connections = 1 }},
		{"nothing said", rds.Unknown, func(w *world) { w.s.NoMetrics = true }},
		{"six days old", rds.NotApplicable, func(w *world) {
			w.s.Connections = 0
			at := w.s.Now().Add(-7*day + time.Second)
			w.db(func(i *types.DBInstance) { i.InstanceCreateTime = &at })
		}},
		{"seven days old", rds.Fail, func(w *world) {
			w.s.Connections = 0
			at := w.s.Now().Add(-7 * day)
			w.db(func(i *types.DBInstance) { i.InstanceCreateTime = &at })
		}},
		{"not there", rds.NotApplicable, set(func(i *types.DBInstance) { i.DBInstanceStatus = str("modifying") })},
	})
}
