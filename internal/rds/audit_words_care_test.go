package rds_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
)

// until moves the clock to a time.
func until(at string) func(*world) {
	return func(w *world) {
		end, err := time.Parse(time.RFC3339, at)
		if err != nil {
			w.t.Fatal(err)
		}
		w.s.Advance(end.Sub(w.s.Now()))
	}
}

func replicaOf(source string) func(*world) {
	return set(func(i *types.DBInstance) { i.ReadReplicaSourceDBInstanceIdentifier = &source })
}

// TestUpgrades wants a version that is supported for half a year more, and the newest of these.
func TestUpgrades(t *testing.T) {
	t.Parallel()
	const trial = " --allow-major-version-upgrade --apply-immediately   (try it on a restored copy first; a parameter group of your own needs one of the new family: --db-parameter-group-name)"
	unknown := modifyIt + "--engine-version VERSION --allow-major-version-upgrade --apply-immediately   (a version that AWS upgrades this one to, tried on a restored copy first)"
	old := set(func(i *types.DBInstance) { i.EngineVersion = str("14.20") })
	targets := func(versions ...string) func(*world) {
		text := `<R><DescribeDBEngineVersionsResult><DBEngineVersions><DBEngineVersion><EngineVersion>14.20</EngineVersion><Status>deprecated</Status><ValidUpgradeTarget>`
		for _, v := range versions {
			text += `<UpgradeTarget><EngineVersion>` + v + `</EngineVersion></UpgradeTarget>`
		}
		return all(old, given("DescribeDBEngineVersions", text+`</ValidUpgradeTarget></DBEngineVersion></DBEngineVersions></DescribeDBEngineVersionsResult></R>`))
	}
	to := func(v string) string { return modifyIt + "--engine-version " + v + trial }
	words(t, "version-supported", []wording{
		{"the newest", "14.20: standard support ends 2027-02-28", to("18.2"), old},
		{"of a replica", "14.20: standard support ends 2027-02-28", "upgrade its source, first, and this replica is upgraded with it", all(old, replicaOf("first"))},
		{"half a year before the last end", "17.7: standard support ended 2030-02-28", to("18.2"), until("2030-09-01T00:00:00Z")},
		{"a second later", "17.7: standard support ended 2030-02-28", unknown, until("2030-09-01T00:00:01Z")},
		{"a replica without a way up", "17.7: standard support ended 2030-02-28", unknown, all(replicaOf("first"), until("2030-09-01T00:00:01Z"))},
		{"by number, not by letter", "14.20 is deprecated", to("17.10"), targets("17.2", "17.10", "17.9", "16.12")},
		{"of majors that nobody knows", "14.20 is deprecated", to("16.11"), targets("16.11", "99.1")},
		{"none", "14.20 is deprecated", unknown, targets()},
	})
	lifecycle := func(name, end string) string {
		return `<SupportedEngineLifecycle><LifecycleSupportName>` + name + `</LifecycleSupportName>` + end + `</SupportedEngineLifecycle>`
	}
	const standard, extended = "open-source-rds-standard-support", "open-source-rds-extended-support"
	end := func(at string) string {
		return "<LifecycleSupportEndDate>" + at + "T00:00:00Z</LifecycleSupportEndDate>"
	}
	majors := func(lifecycles string) func(*world) {
		return given("DescribeDBMajorEngineVersions", `<R><DescribeDBMajorEngineVersionsResult><DBMajorEngineVersions><DBMajorEngineVersion><MajorEngineVersion>17</MajorEngineVersion><SupportedEngineLifecycles>`+
			lifecycles+`</SupportedEngineLifecycles></DBMajorEngineVersion></DBMajorEngineVersions></DescribeDBMajorEngineVersionsResult></R>`)
	}
	verdicts(t, "version-supported", []variant{
		{"the standard end before the extended one", rds.Fail, majors(lifecycle(standard, end("2026-12-01")) + lifecycle(extended, end("2033-01-01")))},
		{"the extended end before the standard one", rds.Fail, majors(lifecycle(extended, end("2033-01-01")) + lifecycle(standard, end("2026-12-01")))},
		{"an end without a date", rds.Unknown, majors(lifecycle(standard, ""))},
		{"the extended end alone", rds.Unknown, majors(lifecycle(extended, end("2033-01-01")))},
	})
}

func TestRemediesOfCare(t *testing.T) {
	t.Parallel()
	maintenance := func(w *world) {
		w.s.Maintenance = []types.ResourcePendingMaintenanceActions{{
			ResourceIdentifier: str("arn:aws:rds:eu-central-1:123456789012:db:cruddur"), PendingMaintenanceActionDetails: []types.PendingMaintenanceAction{{Action: str("system-update")}},
		}}
	}
	change := set(func(i *types.DBInstance) {
		i.PendingModifiedValues = &types.PendingModifiedValues{MultiAZ: aws.Bool(false)}
	})
	const apply = "aws rds apply-pending-maintenance-action --resource-identifier arn:aws:rds:eu-central-1:123456789012:db:cruddur --apply-action system-update --opt-in-type immediate"
	words(t, "pending", []wording{
		{"maintenance", "system-update", apply, maintenance},
		{"a change", "", modifyIt + "--apply-immediately", change},
		{"both", "", modifyIt + "--apply-immediately && " + apply, all(change, maintenance)},
	})
	keep := func(name string) string {
		return "aws logs put-retention-policy --log-group-name /aws/rds/instance/cruddur/" + name + " --retention-in-days 30"
	}
	groups := func(text string) func(*world) { return given("DescribeLogGroups", `{"logGroups":[`+text+`]}`) }
	group := func(name, days string) string {
		return `{"logGroupName":"/aws/rds/instance/cruddur/` + name + `"` + days + `}`
	}
	words(t, "logs", []wording{
		{"one of two is short", "exported; /aws/rds/instance/cruddur/upgrade is kept for 6 days", keep("upgrade"), groups(group("postgresql", `,"retentionInDays":7`) + "," + group("upgrade", `,"retentionInDays":6`))},
		{
			"both are", "exported; /aws/rds/instance/cruddur/postgresql is kept, and paid, for ever, /aws/rds/instance/cruddur/upgrade is kept for 1 days", keep("postgresql") + " && " + keep("upgrade"),
			groups(group("postgresql", "") + "," + group("upgrade", `,"retentionInDays":1`)),
		},
		{"the main one is missing", "exported; no log group yet", "wait: AWS makes the group with the first line; then aws logs put-retention-policy", groups(group("upgrade", `,"retentionInDays":7`))},
	})
	const stop = "cruddur rds stop cruddur   (or cruddur rds delete cruddur, with its final snapshot)"
	const end = "cruddur rds delete cruddur   (with its final snapshot; AWS does not stop an instance that is or has a read replica)"
	idle := func(w *world) { w.s.Connections = 0 }
	words(t, "idle", []wording{
		{"by itself", "no connection in seven days", stop, idle},
		{"a replica", "no connection in seven days", end, all(idle, replicaOf("first"))},
		{"with a replica", "no connection in seven days", end, all(idle, set(func(i *types.DBInstance) { i.ReadReplicaDBInstanceIdentifiers = []string{"second"} }))},
		{"a replica that is used", "at most 5 connections at once", "", replicaOf("first")},
	})
	dev := set(func(i *types.DBInstance) { i.TagList = []types.Tag{{Key: str("cruddur:profile"), Value: str("dev")}} })
	single := set(func(i *types.DBInstance) { i.MultiAZ = aws.Bool(false) })
	verdicts(t, "multi-az", []variant{
		{"a dev instance with one", rds.Pass, dev},
		{"a dev instance without", rds.NotApplicable, all(dev, single)},
		{"a replica", rds.NotApplicable, all(single, replicaOf("first"))},
		{"without", rds.Fail, single},
		{"a dev instance of which nothing is said", rds.Unknown, all(dev, set(func(i *types.DBInstance) { i.MultiAZ = nil }))},
	})
	verdicts(t, "deletion-protection", []variant{
		{"a dev instance", rds.Warn, all(dev, set(func(i *types.DBInstance) { i.DeletionProtection = aws.Bool(false) }))},
		{"a dev instance of which nothing is said", rds.Unknown, all(dev, set(func(i *types.DBInstance) { i.DeletionProtection = nil }))},
	})
}
