package rds_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

// mixtures are worlds in whose lists the good stands beside the bad: a check that looks at the first or the
// last of a list alone changes its verdict with the order. The changes may be made in any order. There are
// several worlds, because what fails in one passes or warns in another.
var mixtures = map[string][]func(*world){
	"open": {
		cidrs("0.0.0.0/3"), cidrs("32.0.0.0/3"), cidrs("0.0.0.0/2"), cidrs("203.0.113.0/24"), cidrs6("2001:db8::/63"),
		prefixList("11.0.0.0/9", "11.128.0.0/9"),
		secondGroup("sg-0defaultprivate"), parameterGroups("default.postgres14", "default.postgres15", ""),
		ownTable("subnet-0private1", "igw-1"), ownTable("subnet-0private2", "nat-1"),
		set(func(i *types.DBInstance) {
			i.ReadReplicaDBInstanceIdentifiers = []string{"second", "arn:aws:rds:us-east-1:123456789012:db:third"}
			i.TagList = append(i.TagList, types.Tag{Key: str("aws:x"), Value: str("y")})
			i.EnabledCloudwatchLogsExports = []string{"upgrade", "iam-db-auth-error", "postgresql"}
		}),
		snapshot("open", aws.Bool(false), "manual", "all", "999999999999"), snapshot("kept", aws.Bool(true), "manual"),
		clusterSnapshot("open", nil, "awsbackup", "999999999999"), clusterSnapshot("kept", aws.Bool(true), "manual"),
		retainedToo("retained", aws.Bool(false)), retainedToo("active", aws.Bool(false)), retainedToo("retained", aws.Bool(true)),
		proxied(nil), proxied(aws.Bool(false)), proxied(aws.Bool(true)),
		func(w *world) { w.s.Detectors["d0"] = m{"status": "DISABLED"} },
		func(w *world) {
			w.s.LambdaPolicy = strings.Replace(w.s.LambdaPolicy, "]}", `,{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction"},{"Sid":"no","Effect":"Deny","Principal":"*","Action":"*"}]}`, 1)
		},
	},
	"soft": {
		cidrs("203.0.113.0/24"), cidrs("198.51.100.0/23"), stale("tomorrow"), stale("2026-12-24T00:00:00Z"), nameless("203.0.113.9/32"),
		parameterGroups("default.postgres15", "default.postgres16"),
		retainedToo("retained", aws.Bool(true)), retainedToo("active", aws.Bool(false)),
		trailedToo(m{"LogFileValidationEnabled": false}), trailed("IsMultiRegionTrail", false), trailedToo(m{"IsMultiRegionTrail": false}),
		func(w *world) { w.s.Policies = []map[string]any{{"Name": "FullAWSAccess", "AwsManaged": true}} },
		subnets("subnet-0private0", "subnet-0private1", "subnet-0private0"), proxied(aws.Bool(true)),
		set(func(i *types.DBInstance) { i.EngineVersion = str("14.20") }),
		func(w *world) {
			pending := types.ResourcePendingMaintenanceActions{ResourceIdentifier: str("arn:aws:rds:eu-central-1:123456789012:db:cruddur")}
			for _, a := range []string{"system-update", "ca-certificate-rotation"} {
				pending.PendingMaintenanceActionDetails = append(pending.PendingMaintenanceActionDetails, types.PendingMaintenanceAction{Action: &a})
			}
			w.s.Maintenance = append(w.s.Maintenance, pending)
		},
	},
	"good in the end": {
		cidrs("203.0.113.7/32"), stale("2026-12-24T00:00:00Z"),
		trailedToo(m{"LogFileValidationEnabled": false}), trailedToo(m{"IsMultiRegionTrail": false}),
		selectors(m{"IncludeManagementEvents": true, "ReadWriteType": "ReadOnly"}, m{"IncludeManagementEvents": false}, m{"IncludeManagementEvents": true, "ReadWriteType": "WriteOnly"},
			m{"IncludeManagementEvents": true, "ExcludeManagementEventSources": []string{"kms.amazonaws.com"}}),
		ruled("off", "DISABLED", topic), ruled("gone", "ENABLED", topic+"-gone"), ruled("beside", "ENABLED", "tell me", topic+"-gone", topic),
		func(w *world) { w.s.Detectors["d0"] = m{"status": "DISABLED"} },
		func(w *world) {
			w.s.Policies = []map[string]any{{"Name": "FullAWSAccess", "AwsManaged": true}, {"Name": "own"}}
		},
		subscribedToo("db-instance", "failure"), subscribedToo("db-security-group"),
		func(w *world) { w.s.Topics[topic+"-deaf"] = 0 },
		snapshot("kept", aws.Bool(true), "manual", "999999999999", "888888888888"),
		func(w *world) { w.o.AllowedAccounts = []string{"888888888888", "999999999999"} },
		ownTable("subnet-0private2", "nat-1"), ownTable("subnet-0public0", "igw-1"),
	},
	"expired": {
		stale("2026-11-24T00:00:00Z"), stale("tomorrow"), stale("2026-12-24T00:00:00Z"), nameless("203.0.113.9/32"), cidrs("203.0.113.0/24"),
		filtered(func(w *world) {
			one := m{"filterName": "one", "logGroupName": "other", "filterPattern": `{ $.eventSource = "rds.amazonaws.com" }`}
			w.s.MetricFilters = append(w.s.MetricFilters, one, m{"filterName": "read", "logGroupName": "trail", "filterPattern": `{ $.eventName = "Describe*" }`})
			w.s.Alarms["rds-changes"] = append(w.s.Alarms["rds-changes"], awsfake.Alarm{Name: "off", Actions: []string{topic}}, awsfake.Alarm{Name: "gone", Enabled: true, Actions: []string{topic + "-gone"}})
		}),
		secondGroup("sg-0gone"), proxied(nil), proxied(aws.Bool(true)), parameterGroups("default.postgres15", ""),
		all(func(w *world) { w.s.Subscriptions = nil }, subscribedToo("db-instance", "failure"), subscribedToo("db-instance", "maintenance")),
	},
}

func secondGroup(id string) func(*world) {
	return set(func(i *types.DBInstance) {
		i.VpcSecurityGroups = append(i.VpcSecurityGroups, types.VpcSecurityGroupMembership{VpcSecurityGroupId: &id})
	})
}

// parameterGroups are more than AWS ever gives one instance.
func parameterGroups(names ...string) func(*world) {
	return set(func(i *types.DBInstance) {
		i.DBParameterGroups = nil
		for _, n := range names {
			i.DBParameterGroups = append(i.DBParameterGroups, types.DBParameterGroupStatus{DBParameterGroupName: &n, ParameterApplyStatus: str("in-sync")})
		}
	})
}

func ownTable(subnet, gateway string) func(*world) {
	return func(w *world) {
		vpc := "vpc-0private"
		if strings.Contains(subnet, "public") {
			vpc = "vpc-0default"
		}
		w.s.RouteTables = append(w.s.RouteTables, ec2query.RouteTable{
			ID: "rtb-" + subnet, VpcID: vpc, Associations: []ec2query.Association{{ID: "assoc-" + subnet, SubnetID: subnet}},
			Routes: []ec2query.Route{{CIDR: "10.0.0.0/16", GatewayID: "local"}, {CIDR: "0.0.0.0/0", GatewayID: gateway}, {CIDR: "192.0.2.0/24", GatewayID: "vgw-1"}},
		})
	}
}

func retainedToo(status string, encrypted *bool) func(*world) {
	return func(w *world) {
		w.s.Retained = append(w.s.Retained, types.DBInstanceAutomatedBackup{DBInstanceIdentifier: str("x"), Status: &status, Encrypted: encrypted})
	}
}

func proxied(tls *bool) func(*world) {
	return func(w *world) {
		w.s.Proxies = append(w.s.Proxies, types.DBProxy{DBProxyName: str("q"), RequireTLS: tls})
	}
}

func stale(end string) func(*world) {
	return func(w *world) {
		w.rule(ec2query.Rule{CIDR: "203.0.113.7/32", Tags: []ec2query.Tag{{Key: "cruddur:who", Value: "anna"}, {Key: "cruddur:expires", Value: end}}})
	}
}

func nameless(cidr string) func(*world) {
	return func(w *world) {
		w.s.AddRule(ec2query.Rule{GroupID: w.i.Groups[0], Protocol: "tcp", FromPort: 15432, ToPort: 15432, CIDR: cidr})
	}
}

// trailedToo adds a trail that is good but for what is given.
func trailedToo(but m) func(*world) {
	return func(w *world) {
		name := fmt.Sprint("more", len(w.s.Trails))
		t := m{"Name": name, "TrailARN": "arn:" + name, "IsMultiRegionTrail": true, "LogFileValidationEnabled": true}
		for k, v := range but {
			t[k] = v
		}
		w.s.Trails = append(w.s.Trails, t)
	}
}

func ruled(name, state string, targets ...string) func(*world) {
	return func(w *world) {
		w.s.EventRules = append(w.s.EventRules, m{"Name": name, "State": state, "EventPattern": `{"source":["aws.ec2","aws.rds"]}`})
		w.s.Targets[name] = targets
	}
}

func subscribedToo(source string, categories ...string) func(*world) {
	return func(w *world) {
		w.s.Subscriptions = append(w.s.Subscriptions, types.EventSubscription{
			Enabled: aws.Bool(true), Status: str("active"), SourceType: &source, EventCategoriesList: categories, SnsTopicArn: str(topic + "-deaf"),
		})
	}
}

// verdict is what an order must not change. Of the remedies it is that of the version alone: the others
// list what AWS lists.
type verdict struct {
	State    rds.State
	Severity rds.Severity
	Fixable  bool
	Upgrade  string
}

func judged(r *rds.Report) map[string]verdict {
	all := map[string]verdict{}
	for _, f := range r.Findings {
		v := verdict{State: f.State, Severity: f.Severity, Fixable: f.Fixable}
		if f.Check == "version-supported" {
			v.Upgrade = f.Remedy
		}
		all[f.Check] = v
	}
	return all
}

// TestOrderOfAnswers wants the same verdict of every check, whatever the order of AWS's answers: every list
// in them is shuffled, and so is the order in which the world came to be, which is that of the pages.
func TestOrderOfAnswers(t *testing.T) {
	t.Parallel()
	for name, changes := range mixtures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want map[string]verdict
			for seed := range uint64(12) {
				w := goodWorld(t)
				random := rand.New(rand.NewPCG(seed, 0))
				for _, i := range random.Perm(len(changes)) {
					changes[i](w)
				}
				w.through(&answers{random: random})
				got := judged(w.audit())
				if want == nil {
					want = got
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("seed %d (-want +got):\n%s", seed, diff)
				}
			}
		})
	}
}

// TestOrderOfFilters has the alarms of one of two metric filters fail to answer: the other tells of everything,
// whether it comes first or last.
func TestOrderOfFilters(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"broken", "rds"} {
		w := goodWorld(t)
		filtered(func(w *world) {
			broken := m{
				"filterName": "broken", "logGroupName": "trail", "filterPattern": `{ $.eventSource = "rds.amazonaws.com" }`,
				"metricTransformations": []m{{"metricName": "broken", "metricNamespace": "cis"}},
			}
			w.s.MetricFilters = append(w.s.MetricFilters, broken)
			if first == "broken" {
				w.s.MetricFilters[0], w.s.MetricFilters[1] = w.s.MetricFilters[1], w.s.MetricFilters[0]
			}
		})(w)
		alarms := `<R><DescribeAlarmsForMetricResult><MetricAlarms><member><AlarmName>a</AlarmName><ActionsEnabled>true</ActionsEnabled><AlarmActions><member>` + topic + `</member></AlarmActions></member></MetricAlarms></DescribeAlarmsForMetricResult></R>`
		w.through(&answers{given: map[string]func(string) string{"DescribeAlarmsForMetric": func(sent string) string {
			if strings.Contains(sent, "MetricName=broken") {
				return "no answer"
			}
			return alarms
		}}})
		if r := w.audit("cloudtrail-alarm"); state(r, "cloudtrail-alarm") != rds.Pass {
			t.Errorf("%s first: %s", first, lines(r))
		}
	}
}

// TestMoreThanOne gives an instance, or a region, two of what AWS gives it one of.
func TestMoreThanOne(t *testing.T) {
	t.Parallel()
	on := m{"status": "ENABLED", "features": []any{m{"name": "RDS_LOGIN_EVENTS", "status": "ENABLED"}}}
	off := m{"status": "DISABLED"}
	detectors := func(all ...m) func(*world) { // nil cannot be read
		return func(w *world) {
			w.s.Detectors = map[string]map[string]any{}
			a := &answers{given: map[string]func(string) string{}}
			for i, d := range all {
				id := fmt.Sprint("d", i)
				if w.s.Detectors[id] = d; d == nil {
					a.given[id] = func(string) string { return "no answer" }
				}
			}
			w.through(a)
		}
	}
	verdicts(t, "guardduty", []variant{
		{"the first is off", rds.Pass, detectors(off, on)},
		{"the last is off", rds.Pass, detectors(on, off)},
		{"both are off", rds.Fail, detectors(off, off)},
		{"of one nobody says whether it is on", rds.Fail, detectors(m{"features": on["features"]})},
		{"the first cannot be read, the last is off", rds.Unknown, detectors(nil, off)},
		{"the first is off, the last cannot be read", rds.Unknown, detectors(off, nil)},
		{"the first cannot be read, the last is on", rds.Pass, detectors(nil, on)},
	})
	const mend = "aws guardduty update-detector --detector-id d0 --enable --features '[{\"Name\":\"RDS_LOGIN_EVENTS\",\"Status\":\"ENABLED\"}]'"
	words(t, "guardduty", []wording{
		{"none", "no detector in eu-central-1", "aws guardduty create-detector --enable --features '[{\"Name\":\"RDS_LOGIN_EVENTS\",\"Status\":\"ENABLED\"}]'", detectors()},
		{"one is off", "the detector is disabled", mend, detectors(off)},
		{"one without RDS", "the detector is on, RDS protection is off", mend, detectors(m{"status": "ENABLED"})},
	})
	verdicts(t, "tls-forced", []variant{
		{"one of them is off", rds.Fail, parameterGroups("default.postgres14", "default.postgres15")},
		{"the last is off", rds.Fail, parameterGroups("default.postgres15", "default.postgres14")},
		{"both are on", rds.Pass, parameterGroups("default.postgres15", "default.postgres16")},
		{"the first has no name", rds.Unknown, parameterGroups("", "default.postgres15")},
		{"the last has no name", rds.Unknown, parameterGroups("default.postgres15", "")},
		{"one has no name and one is off", rds.Fail, parameterGroups("", "default.postgres14")},
		{"one is off and one has no name", rds.Fail, parameterGroups("default.postgres14", "")},
	})
}

// TestSameInOtherForms gives answers that say the same in another form.
func TestSameInOtherForms(t *testing.T) {
	t.Parallel()
	old, fresh := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC).Unix()
	resources := func(ages ...int64) func(*world) {
		var list []m
		for _, at := range ages {
			list = append(list, m{"ResourceArn": "arn:aws:rds:eu-central-1:123456789012:db:cruddur", "LastBackupTime": at})
		}
		b, _ := json.Marshal(m{"Results": list})
		return given("resources", string(b))
	}
	verdicts(t, "backup-plan", []variant{
		{"listed twice, the fresh one first", rds.Pass, resources(fresh, old)},
		{"listed twice, the fresh one last", rds.Pass, resources(old, fresh)},
		{"listed, and never backed up", rds.Unknown, resources(0)},
	})
	policies := func(pages map[string]string) func(*world) {
		return func(w *world) {
			w.through(&answers{given: map[string]func(string) string{"ListPolicies": func(sent string) string {
				var in struct{ NextToken string }
				_ = json.Unmarshal([]byte(sent), &in)
				return pages[in.NextToken]
			}}})
		}
	}
	managed, own := `{"Name":"FullAWSAccess","AwsManaged":true}`, `{"Name":"own"}`
	w := goodWorld(t)
	for name, test := range map[string]struct {
		pages map[string]string
		want  rds.State
	}{
		"the own one first":          {map[string]string{"": `{"Policies":[` + own + `],"NextToken":"2"}`, "2": `{"Policies":[` + managed + `]}`}, rds.NotApplicable},
		"the own one last":           {map[string]string{"": `{"Policies":[` + managed + `],"NextToken":"2"}`, "2": `{"Policies":[` + own + `]}`}, rds.NotApplicable},
		"an empty page, as AWS may":  {map[string]string{"": `{"Policies":[],"NextToken":"2"}`, "2": `{"Policies":[` + own + `]}`}, rds.NotApplicable},
		"two pages and none is ours": {map[string]string{"": `{"Policies":[` + managed + `],"NextToken":"2"}`, "2": `{"Policies":[]}`}, rds.Warn},
	} {
		policies(test.pages)(w)
		if r := w.audit("org-scp"); state(r, "org-scp") != test.want {
			t.Errorf("%s: %s, want %s", name, lines(r), test.want)
		}
	}
	twice := func(old, new string) func(*world) {
		return func(w *world) { w.s.LambdaPolicy = strings.Replace(w.s.LambdaPolicy, old, new, 1) }
	}
	const arn = `"AWS:SourceArn":"arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool"`
	verdicts(t, "lambda-policy", []variant{
		{"any pool, and ours", rds.Pass, twice(`"ArnLike":{`, `"ArnLike":{"aws:sourceArn":"arn:aws:cognito-idp:*",`)},
		{"ours, and any pool by another operator", rds.Pass, twice(`"Condition":{`, `"Condition":{"StringLike":{"aws:SourceArn":"*"},`)},
		{"nothing, and ours by another operator", rds.Pass, twice(`"Condition":{`, `"Condition":{"ArnEquals":{"aws:SourceArn":[]},`)},
		{"any pool twice", rds.Fail, twice(arn, `"AWS:SourceArn":"*","aws:SourceArn":"arn:aws:cognito-idp:*"`)},
		{"the service twice", rds.Pass, twice(`"cognito-idp.amazonaws.com"`, `["cognito-idp.amazonaws.com","cognito-idp.amazonaws.com"]`)},
		{"no service", rds.Fail, twice(`"cognito-idp.amazonaws.com"`, `[]`)},
		{"no value", rds.Fail, twice(arn, `"AWS:SourceArn":[]`)},
	})
}
