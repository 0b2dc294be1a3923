package rds_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur"
	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

// fields calls visit with every field below v that holds something, by its path.
func fields(path string, v reflect.Value, visit func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && v.Elem().Kind() == reflect.Struct {
			fields(path, v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f, name := v.Field(i), path+"."+v.Type().Field(i).Name
			if !v.Type().Field(i).IsExported() || f.IsZero() {
				continue
			}
			visit(name, f)
			fields(name, f, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fields(fmt.Sprintf("%s[%d]", path, i), v.Index(i), visit)
		}
	}
}

// TestOddAnswers leaves out every single field of what AWS says of an instance, of a bad one and of a good one:
// the audit must not panic, and nothing may pass that did not pass before.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	worlds := map[string]func() *world{
		"good": func() *world { return goodWorld(t) },
		"bad":  func() *world { return courseWorld(t) },
	}
	for name, build := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build()
			w.t = t
			checks := instanceChecks()
			before := w.audit(checks...)
			var whole types.DBInstance
			w.db(func(i *types.DBInstance) { whole = *i })
			var paths []string
			var values []reflect.Value
			fields("", reflect.ValueOf(&whole).Elem(), func(path string, v reflect.Value) {
				paths, values = append(paths, path), append(values, v)
			})
			if len(paths) < 50 {
				t.Fatalf("%d fields only: %v", len(paths), paths)
			}
			for n, v := range values {
				if paths[n] == ".Engine" || paths[n] == ".DBInstanceIdentifier" {
					continue // by these the instance is found
				}
				held := reflect.New(v.Type()).Elem()
				held.Set(v)
				v.SetZero()
				w.db(func(i *types.DBInstance) { *i = whole })
				for _, f := range w.audit(checks...).Findings {
					if f.State == rds.Pass && state(before, f.Check) != rds.Pass {
						t.Errorf("without %s %s passes: %s", paths[n], f.Check, f.Observed)
					}
				}
				v.Set(held)
			}
		})
	}
}

// instanceChecks are the checks that look at an instance: those of the account do not see its fields.
func instanceChecks() []string {
	var ids []string
	for _, k := range rds.Checks() {
		if !k.Account() {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// courseWorld is the course week's literal command, with somebody let in from everywhere and a shared snapshot.
func courseWorld(t *testing.T) *world {
	t.Helper()
	s, c := start(t)
	in := parse(t, courseCommand)
	in.EngineVersion = aws.String("14.20")
	if _, err := api(s).CreateDBInstance(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	s.Advance(awsfake.Creating * 2)
	i, err := c.One(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t, s, c, i, rds.AuditOptions{Lambda: "cruddur", AllowedRegions: []string{"eu-west-1"}}}
	w.rule(ec2query.Rule{CIDR: "0.0.0.0/0"})
	snapshot("orphan", aws.Bool(false), "manual", "all")(w)
	return w
}

// TestOddSnapshots leaves out fields of snapshots, subscriptions, proxies and clusters.
func TestOddSnapshots(t *testing.T) {
	t.Parallel()
	w := goodWorld(t)
	w.s.AddSnapshot(types.DBSnapshot{}, "all")
	w.s.AddClusterSnapshot(types.DBClusterSnapshot{}, "all")
	w.s.Subscriptions = []types.EventSubscription{{}}
	w.s.Proxies = []types.DBProxy{{}}
	w.s.Clusters = []types.DBCluster{{}}
	w.s.Retained = []types.DBInstanceAutomatedBackup{{}}
	w.s.Maintenance = []types.ResourcePendingMaintenanceActions{{PendingMaintenanceActionDetails: []types.PendingMaintenanceAction{{}}}}
	w.s.Trails, w.s.EventRules = []map[string]any{{}}, []map[string]any{{}}
	w.s.Detectors, w.s.MetricFilters = map[string]map[string]any{"d": {}}, []map[string]any{{}}
	w.s.Lambda = map[string]any{}
	r := w.audit()
	for _, check := range []string{
		"snapshots-private", "snapshots-encrypted", "events", "proxy-tls", "coverage", "retained-backups", "cloudtrail", "cloudtrail-alarm",
		"guardduty", "lambda-vpc", "lambda-runtime",
	} {
		if got := state(r, check); got == rds.Pass || got == rds.NotApplicable {
			t.Errorf("%s = %s\n%s", check, got, lines(r))
		}
	}
}

// TestUnknownSaysWhy makes every call fail in every way, and wants a reason in each UNKNOWN.
func TestUnknownSaysWhy(t *testing.T) {
	t.Parallel()
	faults := map[string]struct {
		fault awsfake.Fault
		words string
	}{
		"denied":       {awsfake.Fault{Code: "AccessDenied", Status: 403, Message: "no"}, "is not allowed"},
		"throttled":    {awsfake.Fault{Code: "Throttling", Message: "Rate exceeded"}, "slow down: Rate exceeded"},
		"unknown code": {awsfake.Fault{Code: "Teapot", Message: "short and stout"}, "Teapot: short and stout"},
		"known code":   {awsfake.Fault{Code: "InvalidParameterValue", Message: "no such thing"}, "no such thing"},
		"no envelope":  {awsfake.Fault{Empty: true, Status: 501}, "HTTP 501"},
	}
	for name, test := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := goodWorld(t)
			for _, action := range []string{"DescribeSecurityGroups", "DescribeRouteTables", "DescribeDBSnapshots", "DescribeTrails", "ListDetectors", "DescribeKey", "DescribeSecret"} {
				test.fault.Action = action
				w.s.Fail(test.fault)
			}
			r := w.audit("sg-no-world", "private-subnet", "snapshots-private", "cloudtrail", "guardduty", "kms-own-key", "secret-rotation")
			for _, f := range r.Findings {
				if f.State != rds.Unknown || !strings.Contains(f.Observed, test.words) {
					t.Errorf("%s = %s %q, want UNKNOWN with %q", f.Check, f.State, f.Observed, test.words)
				}
			}
		})
	}
	t.Run("not AWS's", func(t *testing.T) {
		t.Parallel()
		w := goodWorld(t)
		w.db(func(i *types.DBInstance) { i.VpcSecurityGroups = nil })
		w.o.Database = inspector{err: &rds.Problem{What: "cannot connect", Why: "timeout", Next: "try again"}}
		for check, words := range map[string]string{
			"sg-no-world": "AWS's answer has no VpcSecurityGroups", "sg-narrow": "no VpcSecurityGroups", "sg-stale": "no VpcSecurityGroups", "sg-not-default": "no VpcSecurityGroups",
			"in-database": "cannot connect: timeout", "app-not-master": "cannot connect: timeout",
		} {
			f := w.audit(check).Findings[0]
			if f.State != rds.Unknown || !strings.Contains(f.Observed, words) || strings.Contains(f.Observed, "\n") {
				t.Errorf("%s = %s %q, want UNKNOWN with %q in one line", check, f.State, f.Observed, words)
			}
		}
		w.o.Database = inspector{err: errors.New("first\nsecond")}
		if f := w.audit("in-database").Findings[0]; !strings.HasSuffix(f.Observed, "first; second") {
			t.Errorf("in-database: %q, want one line", f.Observed)
		}
	})
	t.Run("no network", func(t *testing.T) {
		t.Parallel()
		w := goodWorld(t)
		w.s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.c.Audit(ctx, w.o); err == nil {
			t.Error("Audit() without AWS = nil")
		}
	})
}

// TestEngines wants other engines refused by name, listed where they are, and never judged.
func TestEngines(t *testing.T) {
	t.Parallel()
	add := func(s *awsfake.Server, id, engine, cluster string) {
		db := types.DBInstance{DBInstanceIdentifier: &id, Engine: &engine, EngineVersion: str("8.0"), DBInstanceStatus: str("available"), PubliclyAccessible: aws.Bool(true)}
		if cluster != "" {
			db.DBClusterIdentifier = &cluster
		}
		s.AddInstance(db)
	}
	engines := []string{"mysql", "mariadb", "oracle-ee", "sqlserver-ex", "aurora-postgresql", "aurora-mysql", "db2-se", "neptune", "docdb", "custom-oracle-ee"}
	for _, engine := range engines {
		s, c := start(t)
		add(s, "other", engine, "")
		_, err := c.Audit(t.Context(), rds.AuditOptions{Instances: []string{"other"}})
		if cruddur.KindOf(err) != cruddur.KindInvalid || !strings.Contains(err.Error(), engine) {
			t.Errorf("Audit(%s by name) = %v, want it refused by its engine", engine, err)
		}
		r, err := c.Audit(t.Context(), rds.AuditOptions{})
		if err != nil || cruddur.KindOf(r.NoInstance) != cruddur.KindNotFound || !strings.Contains(r.NoInstance.Error(), "other ("+engine+")") {
			t.Errorf("Audit() of a region with %s = %v, %v, want it named", engine, r.NoInstance, err)
		}
		if state(r, "coverage") != rds.Unknown || state(r, "not-public") != "(no finding)" {
			t.Errorf("%s was judged:\n%s", engine, lines(r))
		}
	}
	s, c := start(t)
	add(s, "aur-1", "aurora-postgresql", "aur")
	if _, err := c.Audit(t.Context(), rds.AuditOptions{Instances: []string{"aur-1"}}); err == nil || !strings.Contains(err.Error(), "a member of the cluster aur") {
		t.Errorf("Audit(aur-1) = %v, want its cluster named", err)
	}
	if _, err := c.One(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "aur-1 (aurora-postgresql)") {
		t.Errorf("One() = %v, want what is there", err)
	}
	snapshotOfAll := func() { s.AddSnapshot(types.DBSnapshot{DBSnapshotIdentifier: str("orphan")}, "all") }
	snapshotOfAll()
	r, err := c.Audit(t.Context(), rds.AuditOptions{})
	if err != nil || state(r, "snapshots-private") != rds.Fail {
		t.Errorf("a public snapshot in a region without PostgreSQL: %v\n%s", err, lines(r))
	}
}

// TestReplicasAndMembers wants no failure whose remedy AWS refuses.
func TestReplicasAndMembers(t *testing.T) {
	t.Parallel()
	replicas := map[string]func(*types.DBInstance){
		"of this region": func(i *types.DBInstance) { i.ReadReplicaSourceDBInstanceIdentifier = str("first") },
		"of another region": func(i *types.DBInstance) {
			i.ReadReplicaSourceDBInstanceIdentifier = str("arn:aws:rds:us-east-1:123456789012:db:first")
		},
		"of a cluster": func(i *types.DBInstance) { i.ReadReplicaSourceDBClusterIdentifier = str("cluster") },
	}
	for name, change := range replicas {
		w := courseWorld(t)
		w.db(change)
		r := w.audit()
		for _, check := range []string{"managed-secret", "backups", "backup-plan", "multi-az"} {
			if got := state(r, check); got != rds.NotApplicable {
				t.Errorf("a replica %s: %s = %s, want N/A", name, check, got)
			}
		}
		for _, check := range []string{"not-public", "sg-no-world", "port", "logs", "tls-forced", "deletion-protection"} {
			if got := state(r, check); got != rds.Fail {
				t.Errorf("a replica %s: %s = %s, want FAIL: it can be changed by itself", name, check, got)
			}
		}
	}
	w := courseWorld(t)
	w.db(func(i *types.DBInstance) { i.DBClusterIdentifier = str("cluster") })
	r := w.audit()
	for _, check := range []string{"managed-secret", "backups", "backup-plan", "multi-az", "deletion-protection", "iam-auth", "logs", "monitoring", "copy-tags", "minor-upgrade", "autoscale", "port", "version-supported", "tls-forced"} {
		if got := state(r, check); got != rds.NotApplicable {
			t.Errorf("a member of a cluster: %s = %s, want N/A", check, got)
		}
	}
	for _, f := range r.Findings {
		if f.Instance != "" && strings.Contains(f.Remedy, "modify-db-instance") {
			t.Errorf("a member of a cluster: %s advises %s, which AWS refuses", f.Check, f.Remedy)
		}
		if slices.Contains([]string{"not-public", "sg-no-world", "private-subnet"}, f.Check) && f.State != rds.Fail {
			t.Errorf("a member of a cluster: %s = %s, want FAIL: it is as open as any", f.Check, f.State)
		}
	}
}

// TestStopped wants every remedy of a stopped instance to begin with its start, and nothing fixable that AWS refuses.
func TestStopped(t *testing.T) {
	t.Parallel()
	w := courseWorld(t)
	if _, err := w.c.Stop(t.Context(), w.i.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.s.Advance(awsfake.Stopping)
	seen := 0
	for _, f := range w.audit().Findings {
		if strings.Contains(f.Remedy, "aws rds modify-db-instance") {
			seen++
			if !strings.HasPrefix(f.Remedy, "cruddur rds start cruddur-db-instance && ") {
				t.Errorf("%s: %s, want the start first", f.Check, f.Remedy)
			}
			if f.Fixable {
				t.Errorf("%s is fixable, and AWS refuses it", f.Check)
			}
		}
	}
	if seen < 10 {
		t.Errorf("%d remedies, want all of a bad instance", seen)
	}
}

// TestSeverities compares with AWS Foundational Security Best Practices: a check is never milder.
func TestSeverities(t *testing.T) {
	t.Parallel()
	fsbp := map[string]rds.Severity{
		"RDS.1": "critical", "RDS.2": "critical", "RDS.3": "medium", "RDS.4": "medium", "RDS.5": "medium", "RDS.6": "low", "RDS.8": "low", "RDS.9": "medium",
		"RDS.10": "medium", "RDS.11": "medium", "RDS.13": "high", "RDS.17": "low", "RDS.18": "high", "RDS.20": "low", "RDS.21": "low", "RDS.22": "low", "RDS.23": "low", "RDS.25": "medium",
		"RDS.26": "medium", "RDS.30": "low", "RDS.36": "medium", "RDS.38": "medium", "RDS.43": "medium", "RDS.46": "high", "CloudTrail.1": "high",
		"EC2.18": "high", "EC2.19": "critical", "GuardDuty.1": "high", "GuardDuty.9": "high", "Lambda.1": "critical", "Lambda.2": "medium", "Lambda.3": "low", "Lambda.5": "medium", "SecretsManager.1": "medium",
		"EC2.2": "medium", // high there, where it asks that the default group admits nobody: more than that no database uses it
	}
	for _, k := range rds.Checks() {
		for _, a := range k.Aliases {
			if strings.HasPrefix(a, "CIS") {
				continue
			}
			if want, ok := fsbp[a]; !ok || !k.Severity.AtLeast(want) {
				t.Errorf("%s (%s) is %s, want %s or more", k.ID, a, k.Severity, want)
			}
		}
	}
}
