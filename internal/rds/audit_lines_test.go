package rds_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
	"cruddur/internal/rds/ec2query"
)

// Where a rule has a list, each member of it is tried by itself: a list that lost one would go unseen.

// TestPrivateRanges wants nothing counted that is nobody's on the internet.
func TestPrivateRanges(t *testing.T) {
	t.Parallel()
	var each []variant
	for _, block := range []string{"0.0.0.0/8", "10.0.0.0/8", "100.0.0.0/8", "127.0.0.0/8", "169.0.0.0/8", "172.0.0.0/8", "192.0.0.0/8", "224.0.0.0/3", "240.0.0.0/8"} {
		each = append(each, variant{block, rds.Pass, cidrs(block)})
	}
	for _, block := range []string{"1.0.0.0/8", "9.0.0.0/8", "11.0.0.0/8", "126.0.0.0/8", "128.0.0.0/8", "173.0.0.0/8", "223.0.0.0/8"} {
		each = append(each, variant{block, rds.Fail, cidrs(block)})
	}
	for block, want := range map[string]rds.State{"2000::/16": rds.Fail, "3fff::/16": rds.Fail, "1fff::/16": rds.Pass, "4000::/16": rds.Pass, "fe80::/10": rds.Pass} {
		each = append(each, variant{block, want, cidrs6(block)})
	}
	verdicts(t, "sg-no-world", each)
}

// TestEachEvent leaves out every single category that somebody should be told of.
func TestEachEvent(t *testing.T) {
	t.Parallel()
	wanted := map[string][]string{
		"db-instance": {"maintenance", "configuration change", "failure"}, "db-parameter-group": {"configuration change"}, "db-security-group": {"configuration change", "failure"},
	}
	each := []variant{{"all", rds.Pass, subscriptions(wanted)}}
	for source, categories := range wanted {
		for i := range categories {
			but := map[string][]string{}
			for s, c := range wanted {
				but[s] = append([]string{"more"}, c...)
			}
			but[source] = slices.Delete(but[source], i+1, i+2)
			each = append(each, variant{source + " without " + categories[i], rds.Fail, subscriptions(but)})
		}
	}
	verdicts(t, "events", each)
}

// TestEachCall leaves out every single call that must alarm somebody, of a rule and of a metric filter.
func TestEachCall(t *testing.T) {
	t.Parallel()
	alarming := []string{"DeleteDBInstance", "ModifyDBInstance", "ModifyDBSnapshotAttribute"}
	var each []variant
	for i, name := range alarming {
		others := slices.Delete(slices.Clone(alarming), i, i+1)
		each = append(
			each,
			variant{"a rule without " + name, rds.Fail, pattern(`{"source":["aws.rds"],"detail":{"eventName":["` + strings.Join(others, `","`) + `"]}}`)},
			variant{"a filter without " + name, rds.Fail, filter(`{ ($.eventName = ` + strings.Join(others, `) || ($.eventName = `) + `) }`)},
		)
	}
	verdicts(t, "cloudtrail-alarm", each)
}

// TestEachState pauses backups, and metrics, in the states that have none.
func TestEachState(t *testing.T) {
	t.Parallel()
	old := func(status string) func(*world) {
		return func(w *world) {
			at := w.s.Now().Add(-48 * time.Hour)
			w.db(func(i *types.DBInstance) { i.DBInstanceStatus, i.LatestRestorableTime = &status, &at })
		}
	}
	var each []variant
	for _, status := range []string{"creating", "stopping", "stopped", "starting"} {
		each = append(each, variant{status, rds.Pass, old(status)})
	}
	for _, status := range []string{"storage-full", "modifying", "rebooting"} {
		each = append(each, variant{status, rds.Warn, old(status)})
	}
	verdicts(t, "backups", each)
	silent := func(status string) func(*world) {
		return all(set(func(i *types.DBInstance) { i.DBInstanceStatus = &status }), func(w *world) { w.s.NoMetrics = true })
	}
	verdicts(t, "autoscale", []variant{{"stopped", rds.Pass, silent("stopped")}, {"stopping", rds.Unknown, silent("stopping")}})
}

// TestEachCopy wants every place where the data also stands looked at.
func TestEachCopy(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:rds:us-east-1:123456789012:cluster:other"
	verdicts(t, "region-lock", []variant{
		{"a replica", rds.Fail, set(func(i *types.DBInstance) { i.ReadReplicaDBInstanceIdentifiers = []string{arn} })},
		{"a cluster of replicas", rds.Fail, set(func(i *types.DBInstance) { i.ReadReplicaDBClusterIdentifiers = []string{arn} })},
		{"a source", rds.Fail, set(func(i *types.DBInstance) { i.ReadReplicaSourceDBInstanceIdentifier = str(arn) })},
		{"a cluster as source", rds.Fail, set(func(i *types.DBInstance) { i.ReadReplicaSourceDBClusterIdentifier = str(arn) })},
	})
	verdicts(t, "sg-not-default", []variant{
		{"a name that begins alike", rds.Pass, func(w *world) { secondGroup(w.s.AddGroup("vpc-0private", "default-db"))(w) }},
		{"a group without an id", rds.Unknown, func(w *world) {
			w.db(func(i *types.DBInstance) {
				i.VpcSecurityGroups = append(i.VpcSecurityGroups, types.VpcSecurityGroupMembership{})
			})
		}},
	})
	verdicts(t, "private-subnet", []variant{
		{"a range of IPv6 to the internet", rds.Fail, func(w *world) {
			w.s.RouteTables[1].Routes = append(w.s.RouteTables[1].Routes, ec2query.Route{CIDRv6: "2000::/3", GatewayID: "igw-0b"})
		}},
	})
}

func TestVerdictsOfHost(t *testing.T) {
	t.Parallel()
	nameless := set(func(i *types.DBInstance) { i.Endpoint = nil })
	for _, check := range []string{"tls-client", "app-not-master"} {
		verdicts(t, check, []variant{
			{"neither has a host", rds.NotApplicable, all(nameless, func(w *world) { w.o.Connection = &rds.Connection{User: "cruddur_app", SSLMode: "verify-full"} })},
			{"a host that begins alike", rds.NotApplicable, func(w *world) { w.o.Connection.Host += ".example.com" }},
		})
	}
	const setForce = " --parameters ParameterName=rds.force_ssl,ParameterValue=1,ApplyMethod=immediate"
	words(t, "tls-forced", []wording{
		{
			"AWS's group", "rds.force_ssl=0 in default.postgres14", "aws rds create-db-parameter-group --db-parameter-group-name cruddur-tls --db-parameter-group-family postgres17 --description 'TLS for cruddur'" +
				" && aws rds modify-db-parameter-group --db-parameter-group-name cruddur-tls" + setForce + " && " + modifyIt + "--db-parameter-group-name cruddur-tls --apply-immediately" +
				" && aws rds wait db-instance-available --db-instance-identifier cruddur && aws rds reboot-db-instance --db-instance-identifier cruddur   (downtime: a minute, by the restart)",
			parameterGroups("default.postgres14"),
		},
		{
			"an own group", "rds.force_ssl=0 in cruddur-postgres17", "aws rds modify-db-parameter-group --db-parameter-group-name cruddur-postgres17" + setForce,
			given("DescribeDBParameters", `<R><DescribeDBParametersResult><Parameters><Parameter><ParameterName>rds.force_ssl</ParameterName><ParameterValue>0</ParameterValue></Parameter></Parameters></DescribeDBParametersResult></R>`),
		},
		{"being applied", "rds.force_ssl=1 in cruddur-postgres17, but applying", "wait: the change is on its way; audit again in some minutes", set(func(i *types.DBInstance) { i.DBParameterGroups[0].ParameterApplyStatus = str("applying") })},
	})
}

// TestFixes breaks what each harmless remedy mends, mends it and audits again.
func TestFixes(t *testing.T) {
	t.Parallel()
	for check, change := range map[string]func(*world){
		"copy-tags":           set(func(i *types.DBInstance) { i.CopyTagsToSnapshot = aws.Bool(false) }),
		"deletion-protection": set(func(i *types.DBInstance) { i.DeletionProtection = aws.Bool(false) }),
		"minor-upgrade":       set(func(i *types.DBInstance) { i.AutoMinorVersionUpgrade = aws.Bool(false) }),
		"logs":                set(func(i *types.DBInstance) { i.EnabledCloudwatchLogsExports = nil }),
		"sg-stale":            stale("2026-11-24T00:00:00Z"),
	} {
		w := goodWorld(t)
		change(w)
		f := w.audit(check).Findings[0]
		if !f.Fixable {
			t.Errorf("%s: %s is not fixable", check, f.Observed)
		}
		if err := w.c.Fix(t.Context(), f); err != nil {
			t.Errorf("Fix(%s) = %v", check, err)
		}
		w.s.Advance(time.Hour)
		if r := w.audit(check); state(r, check) != rds.Pass {
			t.Errorf("after Fix(%s): %s", check, lines(r))
		}
		w.s.Deny("rds:ModifyDBInstance", "ec2:RevokeSecurityGroupIngress", "ec2:DescribeSecurityGroupRules")
		if err := w.c.Fix(t.Context(), f); err == nil || !strings.Contains(err.Error(), "is not allowed") {
			t.Errorf("Fix(%s) without the right = %v, want it to say so", check, err)
		}
	}
}
