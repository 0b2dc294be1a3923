package rds_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with testdata/name.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// lines is one line for each finding, and nothing that changes from run to run.
func lines(r *rds.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%-7s %-8s %-20s %s\n", f.State, f.Severity, f.Check, f.Observed)
	}
	return regexp.MustCompile(`\b(sg|sgr|subnet)-0*fa4e[0-9a-f]+`).ReplaceAllString(b.String(), "$1-…")
}

func state(r *rds.Report, check string) rds.State {
	for _, f := range r.Findings {
		if f.Check == check {
			return f.State
		}
	}
	return "(no finding)"
}

// courseCommand is the literal command of the course week, as it was published, but for the password, and for the
// version: 14.6 has been retired, which TestCourseVersion holds.
const courseCommand = `aws rds create-db-instance
  --db-instance-identifier cruddur-db-instance
  --db-instance-class db.t3.micro
  --engine postgres
  --engine-version 14.6
  --master-username root
  --master-user-password goodDatabasePassword1
  --allocated-storage 20
  --availability-zone eu-central-1a
  --backup-retention-period 0
  --port 5432
  --no-multi-az
  --db-name cruddur
  --storage-type gp2
  --publicly-accessible
  --storage-encrypted
  --enable-performance-insights
  --performance-insights-retention-period 7
  --no-deletion-protection`

// parse reads an aws rds create-db-instance command as the AWS CLI does.
func parse(t *testing.T, command string) *awsrds.CreateDBInstanceInput {
	t.Helper()
	in := &awsrds.CreateDBInstanceInput{}
	words := strings.Fields(command)[3:]
	for i := 0; i < len(words); i++ {
		name, value := strings.TrimPrefix(words[i], "--"), ""
		switch {
		case strings.HasPrefix(name, "no-"):
			name, value = name[len("no-"):], "false"
		case i+1 == len(words) || strings.HasPrefix(words[i+1], "--"):
			value = "true"
		default:
			i++
			value = words[i]
		}
		if err := rds.SetField(in, name, value); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

func TestCourseVersion(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	_, err := api(s).CreateDBInstance(t.Context(), parse(t, courseCommand))
	if got := rds.Explain("create", err).Error(); !strings.Contains(got, "Cannot find version 14.6 for postgres") {
		t.Errorf("error = %q, want the retired version named", got)
	}
	plan, _ := rds.NewPlan(rds.Dev)
	_ = plan.Set("engine-version", "14.6")
	if err := c.Prepare(t.Context(), plan, rds.Network{}); err == nil || !strings.Contains(err.Error(), "14.20") {
		t.Errorf("Prepare(14.6) = %v, want what is offered", err)
	}
}

func TestAuditCourse(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	in := parse(t, courseCommand)
	in.EngineVersion = aws.String("14.20")
	if _, err := api(s).CreateDBInstance(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	s.Advance(awsfake.Creating * 2)
	r, err := c.Audit(t.Context(), rds.AuditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range []string{"not-public", "backups", "deletion-protection", "multi-az", "iam-auth", "managed-secret", "tls-forced", "port", "logs", "monitoring", "copy-tags", "private-subnet"} {
		if got := state(r, check); got != rds.Fail {
			t.Errorf("%s = %s, want FAIL", check, got)
		}
	}
	for _, check := range []string{"encrypted", "minor-upgrade"} {
		if got := state(r, check); got != rds.Pass {
			t.Errorf("%s = %s, want PASS", check, got)
		}
	}
	golden(t, "audit-course.txt", lines(r))
}

// topic is one that somebody is subscribed to.
const topic = "arn:aws:sns:eu-central-1:123456789012:alarms"

// healthy gives the account everything that the account's checks look for.
func healthy(s *awsfake.Server) {
	s.Trails = []map[string]any{{"Name": "all", "TrailARN": "arn:aws:cloudtrail:eu-central-1:123456789012:trail/all", "IsMultiRegionTrail": true, "LogFileValidationEnabled": true}}
	s.TrailLogging = true
	s.TrailSelectors = []map[string]any{{"IncludeManagementEvents": true, "ReadWriteType": "All"}}
	s.Detectors = map[string]map[string]any{"d1": {"status": "ENABLED", "features": []any{map[string]any{"name": "RDS_LOGIN_EVENTS", "status": "ENABLED"}}}}
	s.EventRules = []map[string]any{{"Name": "rds", "State": "ENABLED", "EventPattern": `{"source":["aws.rds"]}`}}
	s.Targets["rds"], s.Topics[topic] = []string{topic}, 1
	s.Subscriptions = []types.EventSubscription{{CustSubscriptionId: aws.String("all"), Enabled: aws.Bool(true), Status: aws.String("active"), SnsTopicArn: aws.String(topic)}}
	s.BackupArns = []string{"arn:aws:rds:eu-central-1:123456789012:db:cruddur"}
	s.Proxies = []types.DBProxy{{DBProxyName: aws.String("p"), RequireTLS: aws.Bool(true)}}
	s.KeyManagers["arn:aws:kms:eu-central-1:123456789012:key/own"] = "CUSTOMER"
	s.Lambda = map[string]any{"Runtime": "provided.al2023", "VpcConfig": map[string]any{"VpcId": "vpc-0private", "SubnetIds": []string{"subnet-0private0", "subnet-0private1"}}}
	s.LambdaPolicy = `{"Statement":[{"Sid":"cognito","Effect":"Allow","Principal":{"Service":"cognito-idp.amazonaws.com"},"Action":"lambda:InvokeFunction","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_pool"},"StringEquals":{"AWS:SourceAccount":"123456789012"}}}]}`
	s.Connections = 5
}

func TestAuditGood(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	healthy(s)
	i := create(t, c, rds.Prod, "kms-key-id", "arn:aws:kms:eu-central-1:123456789012:key/own",
		"monitoring-interval", "60", "monitoring-role-arn", "arn:aws:iam::123456789012:role/rds-monitoring")
	if _, err := c.Snapshot(t.Context(), i.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.Advance(8 * 24 * 60 * 60 * 1e9)
	r, err := c.Audit(t.Context(), rds.AuditOptions{
		AllowedRegions: []string{"eu-central-1"}, Lambda: "cruddur", UserPool: "eu-central-1_pool",
		Connection: &rds.Connection{Host: i.Host, User: "cruddur_app", SSLMode: "verify-full"}, Database: inspector{},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.State != rds.Pass && f.State != rds.NotApplicable {
			t.Errorf("%s %s: %s", f.State, f.Check, f.Observed)
		}
	}
	golden(t, "audit-good.txt", lines(r))
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "audit-good.json", string(b)+"\n")
}

type inspector struct {
	facts rds.DatabaseFacts
	err   error
}

// TestAuditUnreadable denies every single call but the one that finds the instance: nothing may pass
// that was not read.
func TestAuditUnreadable(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	create(t, c, rds.Prod)
	s.Instance("cruddur", func(i *types.DBInstance) {
		// What emulators, and old SDKs, leave out of the answer.
		*i = types.DBInstance{
			DBInstanceIdentifier: i.DBInstanceIdentifier, DBInstanceArn: i.DBInstanceArn, Engine: i.Engine, EngineVersion: i.EngineVersion,
			DBInstanceStatus: i.DBInstanceStatus, Endpoint: i.Endpoint, VpcSecurityGroups: i.VpcSecurityGroups, DBParameterGroups: i.DBParameterGroups,
			MasterUserSecret: i.MasterUserSecret, KmsKeyId: i.KmsKeyId, StorageEncrypted: i.StorageEncrypted, DBSubnetGroup: i.DBSubnetGroup,
		}
	})
	s.Deny("ec2:*", "kms:*", "backup:*", "monitoring:*", "logs:*", "secretsmanager:*", "cloudtrail:*", "guardduty:*", "organizations:*", "lambda:*", "events:*",
		"rds:DescribeDBParameters", "rds:DescribeDBSnapshots", "rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters", "rds:DescribeDBInstanceAutomatedBackups", "rds:DescribeDBEngineVersions", "rds:DescribePendingMaintenanceActions", "rds:DescribeEventSubscriptions", "rds:DescribeDBProxies")
	r, err := c.Audit(t.Context(), rds.AuditOptions{Lambda: "cruddur"})
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range []string{
		"not-public", "sg-no-world", "sg-narrow", "sg-not-default", "sg-stale", "private-subnet", "kms-own-key", "tls-forced", "ca-expiry", "iam-auth", "secret-rotation",
		"deletion-protection", "multi-az", "backups", "backup-plan", "minor-upgrade", "version-supported", "extended-support", "pending", "monitoring", "copy-tags",
		"snapshots-private", "snapshots-encrypted", "events", "cloudtrail", "cloudtrail-alarm", "guardduty", "proxy-tls", "org-scp", "lambda-vpc", "lambda-policy", "lambda-runtime", "idle", "coverage", "retained-backups", "master-user", "autoscale",
	} {
		if got := state(r, check); got != rds.Unknown {
			t.Errorf("%s = %s, want UNKNOWN", check, got)
		}
	}
	golden(t, "audit-unreadable.txt", lines(r))
}

func TestAuditRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		rules         []ec2query.Rule
		world, narrow rds.State
	}{
		{"nobody", nil, rds.Pass, rds.Pass},
		{"one machine", []ec2query.Rule{{CIDR: "203.0.113.7/32"}}, rds.Pass, rds.Pass},
		{"a small office", []ec2query.Rule{{CIDR: "203.0.113.0/24"}}, rds.Pass, rds.Pass},
		{"a provider", []ec2query.Rule{{CIDR: "203.0.0.0/16"}}, rds.Pass, rds.Warn},
		{"everybody", []ec2query.Rule{{CIDR: "0.0.0.0/0"}}, rds.Fail, rds.Warn},
		{"everybody by IPv6", []ec2query.Rule{{CIDRv6: "::/0"}}, rds.Fail, rds.Warn},
		{"all of public IPv6", []ec2query.Rule{{CIDRv6: "2000::/3"}}, rds.Fail, rds.Warn},
		{"the two halves", []ec2query.Rule{{CIDR: "0.0.0.0/1"}, {CIDR: "128.0.0.0/1"}}, rds.Fail, rds.Warn},
		{"four quarters", []ec2query.Rule{{CIDR: "0.0.0.0/2"}, {CIDR: "64.0.0.0/2"}, {CIDR: "128.0.0.0/2"}, {CIDR: "192.0.0.0/2"}}, rds.Fail, rds.Warn},
		{"a slash eight twice, less than two", []ec2query.Rule{{CIDR: "64.0.0.0/9"}, {CIDR: "64.0.0.0/9", Description: "again"}}, rds.Pass, rds.Warn},
		{"everybody to another port", []ec2query.Rule{{CIDR: "0.0.0.0/0", FromPort: 22, ToPort: 22}}, rds.Pass, rds.Pass},
		{"everybody by any protocol", []ec2query.Rule{{CIDR: "0.0.0.0/0", Protocol: "-1", FromPort: -1, ToPort: -1}}, rds.Fail, rds.Warn},
		{"everybody outwards", []ec2query.Rule{{CIDR: "0.0.0.0/0", Egress: true}}, rds.Pass, rds.Pass},
		{"a wide prefix list", []ec2query.Rule{{PrefixListID: "pl-1"}}, rds.Fail, rds.Warn},
		{"another group", []ec2query.Rule{{Group: "sg-0other"}}, rds.Pass, rds.Pass},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, c := start(t)
			s.PrefixLists = map[string][]string{"pl-1": {"0.0.0.0/1", "128.0.0.0/1"}}
			i := create(t, c, rds.Dev)
			for _, r := range test.rules {
				r.GroupID = i.Groups[0]
				if r.Protocol == "" {
					r.Protocol = "tcp"
				}
				if r.FromPort == 0 {
					r.FromPort, r.ToPort = int(i.Port), int(i.Port)
				}
				s.AddRule(r)
			}
			r, err := c.Audit(t.Context(), rds.AuditOptions{Checks: []string{"sg-no-world", "sg-narrow"}})
			if err != nil {
				t.Fatal(err)
			}
			if got := state(r, "sg-no-world"); got != test.world {
				t.Errorf("sg-no-world = %s, want %s: %v", got, test.world, lines(r))
			}
			if got := state(r, "sg-narrow"); got != test.narrow {
				t.Errorf("sg-narrow = %s, want %s", got, test.narrow)
			}
		})
	}
}

func (i inspector) Inspect(context.Context) (*rds.DatabaseFacts, error) { return &i.facts, i.err }

func TestAuditInside(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	i := create(t, c, rds.Dev)
	for name, test := range map[string]struct {
		look        rds.Inspector
		user        string
		app, inside rds.State
	}{
		"not looked into":        {nil, "cruddur_app", rds.Warn, rds.NotApplicable},
		"as it should be":        {inspector{facts: rds.DatabaseFacts{Superusers: []string{"cruddur_admin"}}}, "cruddur_app", rds.Pass, rds.Pass},
		"the master user":        {inspector{}, "cruddur_admin", rds.Fail, rds.Pass},
		"a second superuser":     {inspector{facts: rds.DatabaseFacts{Superusers: []string{"cruddur_admin", "cruddur_app"}}}, "cruddur_app", rds.Fail, rds.Fail},
		"may change the schema":  {inspector{facts: rds.DatabaseFacts{SchemaChangers: []string{"x"}}}, "cruddur_app", rds.Pass, rds.Fail},
		"a password for ever":    {inspector{facts: rds.DatabaseFacts{NoExpiry: []string{"x"}}}, "cruddur_app", rds.Pass, rds.Warn},
		"it cannot be looked at": {inspector{err: errors.New("timeout")}, "cruddur_app", rds.Unknown, rds.Unknown},
	} {
		r, err := c.Audit(t.Context(), rds.AuditOptions{
			Checks: []string{"app-not-master", "in-database"}, Database: test.look, Connection: &rds.Connection{Host: i.Host, User: test.user, SSLMode: "verify-full"},
		})
		if err != nil || state(r, "app-not-master") != test.app || state(r, "in-database") != test.inside {
			t.Errorf("%s: %v\n%s", name, err, lines(r))
		}
	}
}
