package rds_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"pgregory.net/rapid"

	"cruddur"
	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

func silent(string) {}

func TestCreate(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	i := create(t, c, rds.Prod)
	if i.Public || !i.IAM || !i.MultiAZ || !i.Protected || i.Port == 5432 || i.Secret == "" || i.Host == "" || i.Profile != "prod" {
		t.Errorf("instance = %+v, want the recommended profile", i)
	}
	if rules := s.Rules(i.Groups[0]); len(rules) != 0 {
		t.Errorf("rules = %v, want a group that admits nobody", rules)
	}
	out, err := api(s).DescribeDBInstances(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	db := out.DBInstances[0]
	if !*db.StorageEncrypted || *db.BackupRetentionPeriod != 7 || *db.EngineLifecycleSupport != "open-source-rds-extended-support-disabled" ||
		!slices.Equal(db.EnabledCloudwatchLogsExports, []string{"postgresql", "upgrade"}) || *db.DBSubnetGroup.VpcId != "vpc-0private" || *db.EngineVersion != "17.7" {
		t.Errorf("instance = %+v", db)
	}

	dev := create(t, c, rds.Dev, "db-instance-identifier", "cruddur-dev")
	if dev.MultiAZ || dev.Protected {
		t.Errorf("dev = %+v, want neither standby nor protection", dev)
	}
	r, err := c.Audit(t.Context(), rds.AuditOptions{Instances: []string{"cruddur-dev"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Instance != "" && f.State == rds.Fail && f.Severity.AtLeast(rds.Medium) {
			t.Errorf("a new dev instance fails %s: %s", f.Check, f.Observed)
		}
	}
}

// TestCreateAgain picks up what an interrupted create has left, at every step.
func TestCreateAgain(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"CreateDBSubnetGroup", "CreateSecurityGroup", "CreateDBParameterGroup", "ModifyDBParameterGroup", "CreateDBInstance"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			s, c := start(t)
			s.Fail(awsfake.Fault{Action: action, Code: "InstanceQuotaExceeded", Message: "injected", Times: 1})
			plan, _ := rds.NewPlan(rds.Dev)
			if err := c.Prepare(t.Context(), plan, rds.Network{}); err != nil {
				t.Fatal(err)
			}
			_, err := c.Create(t.Context(), plan, silent)
			if err == nil {
				t.Fatal("Create() = nil, want the injected fault")
			}
			text := err.Error()
			made := map[string]bool{
				"delete-db-subnet-group":    action != "CreateDBSubnetGroup",
				"delete-security-group":     action != "CreateDBSubnetGroup" && action != "CreateSecurityGroup",
				"delete-db-parameter-group": strings.HasSuffix(action, "ModifyDBParameterGroup") || action == "CreateDBInstance",
			}
			for command, want := range made {
				if got := strings.Contains(text, command); got != want {
					t.Errorf("error says %s: %v, want %v:\n%s", command, got, want, text)
				}
			}
			s.AddRule(ec2query.Rule{GroupID: "sg-none", CIDR: "0.0.0.0/0"}) // another group's
			create(t, c, rds.Dev)                                           // again, to the end
		})
	}
}

// TestCreateReusesGroup says whom a group left from an earlier instance admits.
func TestCreateReusesGroup(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	id := s.AddGroup("vpc-0private", "cruddur-db")
	s.AddRule(ec2query.Rule{GroupID: id, Protocol: "tcp", FromPort: 1, ToPort: 2, CIDR: "203.0.113.0/24"})
	plan, _ := rds.NewPlan(rds.Dev)
	if err := c.Prepare(t.Context(), plan, rds.Network{}); err != nil {
		t.Fatal(err)
	}
	var said []string
	if _, err := c.Create(t.Context(), plan, func(line string) { said = append(said, line) }); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(said, "\n"), "exists ("+id+") and admits 203.0.113.0/24") {
		t.Errorf("said %q, want whom the old group admits", said)
	}
}

func TestExisting(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	plan, _ := rds.NewPlan(rds.Dev)
	if i, err := c.Existing(t.Context(), plan); i != nil || err != nil {
		t.Errorf("Existing() = %v, %v, want nobody", i, err)
	}
	create(t, c, rds.Dev)
	if i, err := c.Existing(t.Context(), plan); i == nil || err != nil {
		t.Errorf("Existing() = %v, %v, want ours", i, err)
	}
	s.Instance("cruddur", func(i *types.DBInstance) { i.TagList = nil })
	if _, err := c.Existing(t.Context(), plan); cruddur.KindOf(err) != cruddur.KindConflict {
		t.Errorf("Existing() = %v, want somebody else's refused", err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		set  []string
		want string
	}{
		{"identifier with two hyphens", []string{"db-instance-identifier", "a--b"}, "single hyphens"},
		{"identifier with a digit first", []string{"db-instance-identifier", "1a"}, "letter first"},
		{"reserved user", []string{"master-username", "admin"}, "reserved"},
		{"pg user", []string{"master-username", "pg_me"}, "reserved"},
		{"long user", []string{"master-username", "a234567890123456x"}, "1 to 16"},
		{"database name", []string{"db-name", "my-db"}, "letters, digits and underscores"},
		{"low port", []string{"port", "80"}, "1150 to 65535"},
		{"small disk", []string{"allocated-storage", "5"}, "20 to 65536"},
		{"long retention", []string{"backup-retention-period", "99"}, "0 to 35"},
		{"IOPS on a small gp3", []string{"iops", "3000"}, "400 GiB"},
		{"zone and standby", []string{"availability-zone", "eu-central-1a", "multi-az", "true"}, "two zones"},
		{"monitoring without a role", []string{"monitoring-interval", "60"}, "monitoring-role-arn"},
		{"key without encryption", []string{"storage-encrypted", "false", "kms-key-id", "k"}, "without encryption"},
		{"no password", []string{"manage-master-user-password", "false"}, "password-file"},
		{"unknown class", []string{"db-instance-class", "db.zzz.huge"}, "db.t4g.micro"},
		{"storage that the class lacks", []string{"storage-type", "io1"}, "gp3"},
		{"unknown version", []string{"engine-version", "99.1"}, "does not offer it"},
		{"unknown subnet group", []string{"db-subnet-group-name", "nope"}, "does not exist"},
	}
	s, c := start(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan, _ := rds.NewPlan(rds.Prod)
			for i := 0; i < len(test.set); i += 2 {
				if err := plan.Set(test.set[i], test.set[i+1]); err != nil {
					t.Fatal(err)
				}
			}
			err := c.Prepare(t.Context(), plan, rds.Network{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Prepare() = %v, want %q", err, test.want)
			}
		})
	}
	for _, call := range s.Calls() {
		if !strings.HasPrefix(call, "Describe") {
			t.Errorf("Prepare called %s, want only reads", call)
		}
	}
	for _, bad := range [][2]string{{"port", "x"}, {"multi-az", "perhaps"}, {"tags", "=1"}, {"nonsense", "1"}} {
		plan, _ := rds.NewPlan(rds.Prod)
		if err := plan.Set(bad[0], bad[1]); cruddur.KindOf(err) != cruddur.KindInvalid {
			t.Errorf("Set(%v) = %v, want invalid", bad, err)
		}
	}
}

// TestLocalRulesAgree is the rule that what our own check admits, AWS's rules admit too: the fake
// holds them in another hand's words.
func TestLocalRulesAgree(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	rapid.Check(t, func(r *rapid.T) {
		password := rapid.OneOf(rapid.StringN(0, 140, -1), rapid.StringMatching(`[!-~]{6,130}`)).Draw(r, "password")
		plan, _ := rds.NewPlan(rds.Dev)
		if plan.SetPassword(password) != nil {
			return
		}
		id := rapid.StringMatching(`[a-z][a-z0-9-]{0,20}`).Draw(r, "id")
		_ = plan.Set("db-instance-identifier", id)
		_ = plan.Set("port", "15432")
		if c.Prepare(t.Context(), plan, rds.Network{}) != nil {
			return
		}
		if _, err := c.Create(t.Context(), plan, silent); err != nil && !strings.Contains(err.Error(), "exists already") && !strings.Contains(err.Error(), "used up") {
			r.Errorf("our check admits %q, AWS does not: %v", id, err)
		}
		if strings.Contains(plan.Command(), password) {
			r.Errorf("the command shows the password")
		}
	})
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"short", strings.Repeat("a", 129), "has/slash1", `has"quote1`, "has@at-sign", "has a space", "ümlaut-ümlaut", "tab\tinside"} {
		err := rds.CheckPassword(bad)
		if err == nil {
			t.Errorf("CheckPassword(%q) = nil, want it refused", bad)
		} else if strings.Contains(err.Error(), bad) {
			t.Errorf("CheckPassword shows the password: %v", err)
		}
	}
	for _, good := range []string{"12345678", strings.Repeat("a", 128), "goodDatabase!Password1'$\\"} {
		if err := rds.CheckPassword(good); err != nil {
			t.Errorf("CheckPassword(%q) = %v", good, err)
		}
	}
}

func TestPlanGolden(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	plan, _ := rds.NewPlan(rds.Prod)
	_ = plan.Set("tags", "owner=it's me")
	if err := plan.SetPassword("not-to-be-seen-1"); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(t.Context(), plan, rds.Network{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan-prod.txt", strings.Join(plan.Made(), "\n")+"\n"+strings.Join(plan.Notes, "\n")+"\n"+plan.Command()+"\n")
	if strings.Contains(plan.Command(), "not-to-be-seen") {
		t.Error("the command shows the password")
	}
}

func TestPlanNetwork(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	prepare := func(n rds.Network, set ...string) (*rds.Plan, error) {
		plan, _ := rds.NewPlan(rds.Dev)
		for i := 0; i < len(set); i += 2 {
			_ = plan.Set(set[i], set[i+1])
		}
		return plan, c.Prepare(t.Context(), plan, n)
	}
	if p, err := prepare(rds.Network{}, "publicly-accessible", "true"); err != nil || p.VPC != "vpc-0default" {
		t.Errorf("a public instance goes to %q, %v, want the public subnets", p.VPC, err)
	}
	if p, err := prepare(rds.Network{SubnetIDs: []string{"subnet-0public0", "subnet-0public1"}}); err != nil || len(p.SubnetIDs) != 2 || p.VPC != "vpc-0default" {
		t.Errorf("given subnets = %v, %v", p.SubnetIDs, err)
	}
	if _, err := prepare(rds.Network{SubnetIDs: []string{"subnet-0public0", "subnet-0nope"}}); err == nil {
		t.Error("an unknown subnet is accepted")
	}
	s.Subnets = slices.DeleteFunc(s.Subnets, func(n ec2query.Subnet) bool { return n.VpcID == "vpc-0private" })
	if p, err := prepare(rds.Network{}); err != nil || p.VPC != "vpc-0default" || !strings.Contains(strings.Join(p.Notes, " "), "no VPC has private subnets") {
		t.Errorf("without private subnets: %q %v, %v, want public ones with a note", p.VPC, p.Notes, err)
	}
	s.Subnets = nil
	if _, err := prepare(rds.Network{}); err == nil || !strings.Contains(err.Error(), "create-default-vpc") {
		t.Errorf("without subnets: %v", err)
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	prod, _ := rds.NewPlan(rds.Prod)
	dev, _ := rds.NewPlan(rds.Dev)
	p, d := prod.Cost("us-east-1"), dev.Cost("us-east-1")
	if !d.Known || d.Total < 10 || d.Total > 20 || p.Total < 1.9*d.Total-1 {
		t.Errorf("dev %.2f, prod %.2f USD, want 10 to 20 and about twice that", d.Total, p.Total)
	}
	_ = dev.Set("db-instance-class", "db.x99.huge")
	if c := dev.Cost("us-east-1"); c.Known {
		t.Error("an unknown class has a known price")
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	plan, _ := rds.NewPlan(rds.Dev)
	if err := c.Prepare(t.Context(), plan, rds.Network{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), plan, silent); err != nil {
		t.Fatal(err)
	}
	var heard []string
	hear := func(line string) { heard = append(heard, line) }
	if err := c.Wait(t.Context(), "cruddur", "available", time.Minute, hear); err == nil || !strings.Contains(err.Error(), "continues without this command") {
		t.Errorf("Wait(1m) = %v, want not yet", err)
	}
	s.Fail(awsfake.Fault{Action: "DescribeDBInstances", Code: "ServiceUnavailable", Status: 503, Times: 9}) // three looks of three attempts
	if err := c.Wait(t.Context(), "cruddur", "available", time.Hour, hear); err != nil {
		t.Errorf("Wait() = %v, want patience with a bad moment", err)
	}
	all := strings.Join(heard, "\n")
	for _, want := range []string{"is creating", "is backing-up", "is available", "DB instance created"} {
		if !strings.Contains(all, want) {
			t.Errorf("heard %q, want %q", all, want)
		}
	}
	if strings.Count(all, "DB instance created") != 1 {
		t.Errorf("an event was told twice:\n%s", all)
	}
	if err := c.Wait(t.Context(), "cruddur", "stopped", time.Hour, silent); err == nil || !strings.Contains(err.Error(), "rds stop") {
		t.Errorf("Wait(stopped) of an available instance = %v, want no endless wait", err)
	}
	s.Instance("cruddur", func(i *types.DBInstance) { i.DBInstanceStatus = aws.String("storage-full") })
	if err := c.Wait(t.Context(), "cruddur", "available", time.Hour, silent); err == nil || !strings.Contains(err.Error(), "allocated-storage") {
		t.Errorf("Wait() of a full disk = %v, want the way out", err)
	}
	if err := c.Wait(t.Context(), "cruddur", "happy", time.Hour, silent); cruddur.KindOf(err) != cruddur.KindInvalid {
		t.Errorf("Wait(happy) = %v", err)
	}
}

// TestPrepareWithoutRoutes is for subnets that no route table serves: they are private, and the zones count.
func TestPrepareWithoutRoutes(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	s.RouteTables = nil
	plan, _ := rds.NewPlan(rds.Dev)
	if err := c.Prepare(t.Context(), plan, rds.Network{VPC: "vpc-0private"}); err != nil || len(plan.SubnetIDs) != 3 || !strings.Contains(strings.Join(plan.Notes, "\n"), "no route table serves") {
		t.Errorf("Prepare() = %v with %v and %q, want the subnets, and a note", err, plan.SubnetIDs, plan.Notes)
	}
	plan, _ = rds.NewPlan(rds.Dev)
	s.Subnets = slices.DeleteFunc(s.Subnets, func(n ec2query.Subnet) bool { return n.VpcID != "vpc-0private" || n.Zone != "eu-central-1a" })
	if err := c.Prepare(t.Context(), plan, rds.Network{}); cruddur.KindOf(err) != cruddur.KindInvalid || !strings.Contains(err.Error(), "vpc-0private has them in eu-central-1a only") {
		t.Errorf("Prepare() = %v, want to be told that there is one zone", err)
	}
	s.Subnets = nil
	if err := c.Prepare(t.Context(), plan, rds.Network{}); cruddur.KindOf(err) != cruddur.KindInvalid || !strings.Contains(err.Error(), "eu-central-1 has none") {
		t.Errorf("Prepare() = %v, want to be told that there is no subnet", err)
	}
}
