package awsfake_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go"

	"cruddur/internal/rds/awsfake"
)

func start(t *testing.T) (*awsfake.Server, *rds.Client) {
	t.Helper()
	s := awsfake.New()
	t.Cleanup(s.Close)
	return s, rds.New(rds.Options{
		Region: awsfake.Region, BaseEndpoint: &s.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(awsfake.AccessKey, awsfake.SecretKey, ""),
	})
}

func good() *rds.CreateDBInstanceInput {
	return &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("db"), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"), EngineVersion: aws.String("17"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("me"), ManageMasterUserPassword: aws.Bool(true),
	}
}

func wants(t *testing.T, what, code string, err error) {
	t.Helper()
	if e, ok := errors.AsType[smithy.APIError](err); code != "" && (!ok || e.ErrorCode() != code) || code == "" && err != nil {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
}

// TestStrict sends what other emulators accept and AWS does not.
func TestStrict(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	for what, test := range map[string]struct {
		change func(*rds.CreateDBInstanceInput)
		code   string
	}{
		"both passwords": {func(in *rds.CreateDBInstanceInput) { in.MasterUserPassword = aws.String("longEnough1") }, "InvalidParameterCombination"},
		"no password":    {func(in *rds.CreateDBInstanceInput) { in.ManageMasterUserPassword = nil }, "MissingParameter"},
		"a short password": {func(in *rds.CreateDBInstanceInput) {
			in.ManageMasterUserPassword, in.MasterUserPassword = nil, aws.String("short")
		}, "InvalidParameterValue"},
		"a password with @": {func(in *rds.CreateDBInstanceInput) {
			in.ManageMasterUserPassword, in.MasterUserPassword = nil, aws.String("long@enough1")
		}, "InvalidParameterValue"},
		"rdsadmin":                   {func(in *rds.CreateDBInstanceInput) { in.MasterUsername = aws.String("rdsadmin") }, "InvalidParameterValue"},
		"an unknown version":         {func(in *rds.CreateDBInstanceInput) { in.EngineVersion = aws.String("99.1") }, "InvalidParameterCombination"},
		"an unknown class":           {func(in *rds.CreateDBInstanceInput) { in.DBInstanceClass = aws.String("db.zzz.big") }, "InvalidParameterCombination"},
		"zone and standby":           {func(in *rds.CreateDBInstanceInput) { in.AvailabilityZone, in.MultiAZ = aws.String("x"), aws.Bool(true) }, "InvalidParameterCombination"},
		"port 99999":                 {func(in *rds.CreateDBInstanceInput) { in.Port = aws.Int32(99999) }, "InvalidParameterValue"},
		"retention 99":               {func(in *rds.CreateDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(99) }, "InvalidParameterValue"},
		"5 GiB":                      {func(in *rds.CreateDBInstanceInput) { in.AllocatedStorage = aws.Int32(5) }, "InvalidParameterValue"},
		"IOPS on small gp3":          {func(in *rds.CreateDBInstanceInput) { in.Iops = aws.Int32(3000) }, "InvalidParameterCombination"},
		"a name with a hyphen":       {func(in *rds.CreateDBInstanceInput) { in.DBName = aws.String("my-db") }, "InvalidParameterValue"},
		"an unknown group":           {func(in *rds.CreateDBInstanceInput) { in.VpcSecurityGroupIds = []string{"sg-1"} }, "InvalidParameterValue"},
		"monitoring, no role":        {func(in *rds.CreateDBInstanceInput) { in.MonitoringInterval = aws.Int32(60) }, "InvalidParameterCombination"},
		"an unknown log":             {func(in *rds.CreateDBInstanceInput) { in.EnableCloudwatchLogsExports = []string{"slow"} }, "InvalidParameterCombination"},
		"an unknown parameter group": {func(in *rds.CreateDBInstanceInput) { in.DBParameterGroupName = aws.String("mine") }, "DBParameterGroupNotFound"},
		"an unknown subnet group":    {func(in *rds.CreateDBInstanceInput) { in.DBSubnetGroupName = aws.String("mine") }, "DBSubnetGroupNotFoundFault"},
	} {
		in := good()
		test.change(in)
		_, err := c.CreateDBInstance(t.Context(), in)
		wants(t, what, test.code, err)
	}
	_, err := c.CreateDBInstance(t.Context(), good())
	wants(t, "good", "", err)
	_, err = c.CreateDBInstance(t.Context(), good())
	wants(t, "twice", "DBInstanceAlreadyExists", err)
}

// TestStates walks the state machine by the clock, and knocks at the wrong times.
func TestStates(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	if _, err := c.CreateDBInstance(t.Context(), good()); err != nil {
		t.Fatal(err)
	}
	id := aws.String("db")
	get := func() types.DBInstance {
		t.Helper()
		out, err := c.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: id})
		if err != nil {
			t.Fatal(err)
		}
		return out.DBInstances[0]
	}
	is := func(want string) {
		t.Helper()
		if got := *get().DBInstanceStatus; got != want {
			t.Errorf("it is %s, want %s", got, want)
		}
	}
	is("creating")
	if db := get(); db.Endpoint != nil || !*db.PubliclyAccessible || *db.StorageEncrypted || *db.MasterUserSecret.SecretStatus != "creating" {
		t.Errorf("while creating: %+v, want no endpoint and AWS's own defaults", db)
	}
	_, err := c.StopDBInstance(t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: id})
	wants(t, "stop while creating", "InvalidDBInstanceState", err)
	s.Advance(awsfake.Creating)
	is("backing-up")
	s.Advance(time.Minute)
	is("available")
	_, err = c.StartDBInstance(t.Context(), &rds.StartDBInstanceInput{DBInstanceIdentifier: id})
	wants(t, "start while available", "InvalidDBInstanceState", err)
	_, err = c.StopDBInstance(t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: id})
	wants(t, "stop", "", err)
	is("stopping")
	s.Advance(awsfake.Stopping)
	is("stopped")
	_, err = c.ModifyDBInstance(t.Context(), &rds.ModifyDBInstanceInput{DBInstanceIdentifier: id, DeletionProtection: aws.Bool(true)})
	wants(t, "modify while stopped", "InvalidDBInstanceState", err)
	s.Advance(awsfake.StopLasts)
	is("starting")
	s.Advance(awsfake.Starting)
	is("available")
	_, err = c.DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{DBInstanceIdentifier: id})
	wants(t, "delete without a word on the snapshot", "InvalidParameterCombination", err)
	_, err = c.DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{DBInstanceIdentifier: id, SkipFinalSnapshot: aws.Bool(true)})
	wants(t, "delete", "", err)
	is("deleting")
	s.Advance(awsfake.Deleting)
	_, err = c.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: id})
	wants(t, "after deleting", "DBInstanceNotFound", err)
}
