package rds_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
)

// other is for each flag of create a value that is not that of the recommended instance.
var other = map[string]string{
	"db-instance-class": "db.m7g.large", "engine-version": "16", "db-name": "elsewhere", "port": "9999", "allocated-storage": "50", "max-allocated-storage": "200",
	"storage-type": "io2", "iops": "4000", "storage-throughput": "500", "storage-encrypted": "false", "kms-key-id": "arn:aws:kms:eu-central-1:1:key/another",
	"master-username": "root", "manage-master-user-password": "", "master-user-secret-kms-key-id": "another", "enable-iam-database-authentication": "false", "multi-az": "false",
	"availability-zone": "eu-central-1c", "publicly-accessible": "true", "db-subnet-group-name": "default", "vpc-security-group-ids": "sg-another", "db-parameter-group-name": "another",
	"backup-retention-period": "30", "preferred-backup-window": "01:00-01:30", "preferred-maintenance-window": "mon:01:00-mon:01:30", "deletion-protection": "false",
	"auto-minor-version-upgrade": "false", "copy-tags-to-snapshot": "false", "enable-cloudwatch-logs-exports": "postgresql", "monitoring-interval": "60", "monitoring-role-arn": "arn:another",
	"enable-performance-insights": "false", "performance-insights-retention-period": "31", "ca-certificate-identifier": "rds-ca-ecc384-g1",
	"engine-lifecycle-support": "open-source-rds-extended-support", "network-type": "DUAL", "tags": "owner=anna", "engine": "mysql",
}

// TestDifferences asks again for each flag of create with another value: each difference has its name.
func TestDifferences(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	create(t, c, rds.Prod)
	differences := func(p *rds.Plan, n rds.Network) (names []string) {
		t.Helper()
		all, err := c.Differences(t.Context(), p, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			names = append(names, d.Setting)
		}
		return names
	}
	plan := func(profile rds.Profile, set ...string) *rds.Plan {
		t.Helper()
		p, err := rds.NewPlan(profile)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(set); i += 2 {
			if err := p.Set(set[i], set[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	if got := differences(plan(rds.Prod), rds.Network{VPC: "vpc-0private"}); len(got) > 0 {
		t.Errorf("the same again differs in %v", got)
	}
	for _, f := range rds.CreateFlags() {
		value, ok := other[f.Name]
		if f.Name == "db-instance-identifier" {
			continue
		}
		if !ok {
			t.Errorf("--%s has no other value here: does create again tell its difference?", f.Name)
			continue
		}
		want := f.Name
		if f.Name == "tags" {
			want = "tags owner"
		}
		p := plan(rds.Prod, f.Name, value)
		if f.Name == "manage-master-user-password" {
			want = "master-user-password-file"
			if err := p.SetPassword("goodDatabasePassword1"); err != nil {
				t.Fatal(err)
			}
		}
		if got := differences(p, rds.Network{}); !slices.Contains(got, want) || len(got) > 2 {
			t.Errorf("--%s %s differs in %v", f.Name, value, got)
		}
	}
	differencesBeside(t, s, plan, differences)
}

// differencesBeside are those that no flag names, and what is none.
func differencesBeside(t *testing.T, s *awsfake.Server, plan func(rds.Profile, ...string) *rds.Plan, differences func(*rds.Plan, rds.Network) []string) {
	t.Helper()
	if got, want := differences(plan(rds.Dev), rds.Network{}), []string{"backup-retention-period", "deletion-protection", "multi-az", "profile"}; !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("the other profile differs in %v, want %v", got, want)
	}
	if got := differences(plan(rds.Prod), rds.Network{VPC: "vpc-0default", SubnetIDs: []string{"subnet-0public0", "subnet-0public1"}}); !slices.Equal(got, []string{"vpc-id", "subnet-ids"}) {
		t.Errorf("another network differs in %v", got)
	}
	s.Instance("cruddur", func(i *types.DBInstance) { i.AllocatedStorage, i.EngineVersion = aws.Int32(60), aws.String("17.9") })
	if got := differences(plan(rds.Prod, "engine-version", "17"), rds.Network{}); len(got) > 0 {
		t.Errorf("a disk that has grown, and a newer minor version, differ in %v", got)
	}
	if got := differences(plan(rds.Prod, "engine-version", "17.7", "allocated-storage", "80"), rds.Network{}); len(got) != 2 {
		t.Errorf("another minor version and a larger disk differ in %v", got)
	}
}
