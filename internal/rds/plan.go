package rds

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur"
)

// Profile is a set of choices for a purpose.
type Profile string

// The profiles: Prod is for people's data, Dev for an exercise that is deleted on Friday.
const (
	Prod Profile = "prod"
	Dev  Profile = "dev"
)

// Plan describes the resources that Create will create.
type Plan struct {
	Profile Profile
	Input   *rds.CreateDBInstanceInput

	// Resources created before the instance; "" or nil if the input names an existing one.
	VPC            string
	SubnetIDs      []string // the subnet group's
	SubnetGroup    string
	SecurityGroup  string // its name
	ParameterGroup string
	Parameters     []types.Parameter

	Notes []string // what was decided, in words
}

// CreateFlags are the settings of a new instance that a flag may override.
func CreateFlags() []Flag {
	flags := flagsOf(rds.CreateDBInstanceInput{}, []string{
		"DBInstanceIdentifier: the instance's name",
		"Engine: postgres, the only value",
		"DBInstanceClass: the machine, such as db.t4g.micro",
		"EngineVersion: the version of PostgreSQL; a major one lets RDS choose the newest minor",
		"DBName: the first database's name",
		"Port: the port, 1150 to 65535",
		"AllocatedStorage: the disk in GiB, 20 or more",
		"MaxAllocatedStorage: the maximum size of the disk in GiB",
		"StorageType: gp3, io2 …",
		"Iops: only from 400 GiB on (gp3)",
		"StorageThroughput: MiB/s, only from 400 GiB on (gp3)",
		"StorageEncrypted: encrypt the disk",
		"KmsKeyId: the key; AWS's own for RDS when empty",
		"MasterUsername: the master user's name",
		"ManageMasterUserPassword: let Secrets Manager keep and rotate the master password",
		"MasterUserSecretKmsKeyId: the key of that secret",
		"EnableIAMDatabaseAuthentication: accept IAM tokens",
		"MultiAZ: a standby in a second zone",
		"AvailabilityZone: the zone, without a standby",
		"PubliclyAccessible: a public address",
		"DBSubnetGroupName: a subnet group that exists",
		"VpcSecurityGroupIds: security groups that exist",
		"DBParameterGroupName: a parameter group that exists",
		"BackupRetentionPeriod: days of automatic backups, 0 to 35",
		"PreferredBackupWindow: such as 03:00-03:30, UTC",
		"PreferredMaintenanceWindow: such as sun:04:00-sun:04:30, UTC",
		"DeletionProtection: refuse to be deleted",
		"AutoMinorVersionUpgrade: install minor versions",
		"CopyTagsToSnapshot: give snapshots the instance's tags",
		"EnableCloudwatchLogsExports: postgresql, upgrade, iam-db-auth-error",
		"MonitoringInterval: seconds between samples of enhanced monitoring; needs --monitoring-role-arn",
		"MonitoringRoleArn: the role of enhanced monitoring",
		"EnablePerformanceInsights: keep statistics of waits and statements",
		"PerformanceInsightsRetentionPeriod: days, 7 costs nothing",
		"CACertificateIdentifier: the authority that signs the server's certificate",
		"EngineLifecycleSupport: open-source-rds-extended-support-disabled, or paid without -disabled",
		"NetworkType: IPV4 or DUAL",
		"Tags: KEY=VALUE",
	})
	prod, err := NewPlan(Prod)
	if err != nil {
		panic(err)
	}
	v := reflect.ValueOf(*prod.Input)
	for i := range v.NumField() {
		for n := range flags {
			if f := v.Type().Field(i); f.IsExported() && flags[n].Name == kebab(f.Name) {
				flags[n].Default = fieldText(v.Field(i))
			}
		}
	}
	return flags
}

// DefaultPort differs from PostgreSQL's own, because the simplest scanners try only 5432.
const DefaultPort = 15432

// NewPlan starts a plan with the recommended choices of a profile.
func NewPlan(p Profile) (*Plan, error) {
	if p != Prod && p != Dev {
		return nil, invalidf("--profile %s: want prod or dev", p)
	}
	in := &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("cruddur"), Engine: aws.String("postgres"), DBInstanceClass: aws.String("db.t4g.micro"),
		DBName: aws.String("cruddur"), Port: aws.Int32(DefaultPort), MasterUsername: aws.String("cruddur_admin"), ManageMasterUserPassword: aws.Bool(true),
		AllocatedStorage: aws.Int32(20), MaxAllocatedStorage: aws.Int32(100), StorageType: aws.String("gp3"), StorageEncrypted: aws.Bool(true),
		EnableIAMDatabaseAuthentication: aws.Bool(true), PubliclyAccessible: aws.Bool(false), AutoMinorVersionUpgrade: aws.Bool(true),
		CopyTagsToSnapshot: aws.Bool(true), BackupRetentionPeriod: aws.Int32(7), DeletionProtection: aws.Bool(true), MultiAZ: aws.Bool(true),
		EnableCloudwatchLogsExports: []string{"postgresql", "upgrade"}, EnablePerformanceInsights: aws.Bool(true),
		PerformanceInsightsRetentionPeriod: aws.Int32(7), CACertificateIdentifier: aws.String("rds-ca-rsa2048-g1"),
		EngineLifecycleSupport: aws.String("open-source-rds-extended-support-disabled"),
		Tags:                   []types.Tag{{Key: aws.String("app"), Value: aws.String("cruddur")}},
	}
	if p == Dev {
		in.BackupRetentionPeriod, in.DeletionProtection, in.MultiAZ = aws.Int32(1), aws.Bool(false), aws.Bool(false)
	}
	return &Plan{Profile: p, Input: in}, nil
}

// ID returns the name of the instance.
func (p *Plan) ID() string { return strings.ToLower(aws.ToString(p.Input.DBInstanceIdentifier)) }

// Set overrides a choice by the name of its flag; an empty value leaves the choice to AWS.
func (p *Plan) Set(flag, value string) error {
	if flag == "tags" {
		extra := &rds.CreateDBInstanceInput{}
		if err := setField(extra, flag, value); err != nil {
			return err
		}
		p.Input.Tags = append(p.Input.Tags, extra.Tags...)
		return nil
	}
	if flag == "availability-zone" {
		p.Input.MultiAZ = aws.Bool(false)
	}
	return setField(p.Input, flag, value)
}

// SetPassword gives the master user a password instead of a managed one.
func (p *Plan) SetPassword(password string) error {
	if err := CheckPassword(password); err != nil {
		return err
	}
	p.Input.MasterUserPassword, p.Input.ManageMasterUserPassword = &password, nil
	return nil
}

// CheckPassword applies RDS's rules for a PostgreSQL master password. Its errors never show the password.
func CheckPassword(password string) error {
	refuse := func(why string) error {
		return &Problem{
			What: "the master password is refused", Why: why,
			Next: "leave out --master-user-password-file: Secrets Manager then makes and rotates one", Kind: cruddur.KindInvalid,
		}
	}
	if n := len(password); n < 8 || n > 128 {
		return refuse(fmt.Sprintf("it has %d characters; RDS wants 8 to 128", n))
	}
	for _, r := range password {
		switch {
		case r <= ' ' || r > '~':
			return refuse("it holds a space or a character that is not printable ASCII")
		case strings.ContainsRune(`/"@`, r):
			return refuse(fmt.Sprintf("it holds %c; RDS refuses / \" and @", r))
		}
	}
	return nil
}

// complete adds the tags, and the settings that belong together.
func (p *Plan) complete() {
	in := p.Input
	id := strings.ToLower(aws.ToString(in.DBInstanceIdentifier))
	in.DBInstanceIdentifier = &id
	if tagValue(in.Tags, tagProfile) == "" {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(tagProfile), Value: aws.String(string(p.Profile))})
	}
	if !aws.ToBool(in.EnablePerformanceInsights) {
		in.PerformanceInsightsRetentionPeriod = nil
	}
	if aws.ToInt32(in.MaxAllocatedStorage) > 0 && aws.ToInt32(in.MaxAllocatedStorage) < aws.ToInt32(in.AllocatedStorage)*11/10 {
		in.MaxAllocatedStorage = aws.Int32(aws.ToInt32(in.AllocatedStorage) * 2)
	}
	if !aws.ToBool(in.ManageMasterUserPassword) {
		in.MasterUserSecretKmsKeyId = nil
	}
}

// warnings lists the choices that an audit will report.
func (p *Plan) warnings() []string {
	in := p.Input
	var w []string
	add := func(bad bool, text string) {
		if bad {
			w = append(w, text)
		}
	}
	add(aws.ToBool(in.PubliclyAccessible), "publicly accessible: the whole internet can try to connect (audit: not-public, critical)")
	add(!aws.ToBool(in.StorageEncrypted), "not encrypted, and this cannot be changed later (audit: encrypted)")
	add(aws.ToInt32(in.BackupRetentionPeriod) == 0, "no backups (audit: backups)")
	add(p.Profile == Prod && !aws.ToBool(in.DeletionProtection), "no deletion protection (audit: deletion-protection)")
	add(p.Profile == Prod && !aws.ToBool(in.MultiAZ), "no standby (audit: multi-az)")
	add(aws.ToInt32(in.Port) == 5432, "the default port (audit: port)")
	master := strings.ToLower(aws.ToString(in.MasterUsername))
	add(slices.Contains(defaultNames, master), "a master user name that attackers guess first (audit: master-user)")
	add(slices.Contains(guessedNames, master), "the master user "+master+" is one that attackers guess next (audit: master-user)")
	add(in.MonitoringInterval == nil || *in.MonitoringInterval == 0, "no enhanced monitoring: it needs a role (audit: monitoring; --monitoring-interval 60 --monitoring-role-arn ROLE)")
	return w
}

// Warnings lists the choices that are less safe than recommended.
func (p *Plan) Warnings() []string { return p.warnings() }
