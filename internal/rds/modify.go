package rds

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"cruddur"
)

// ModifyFlags are the settings of an instance that a flag may change.
func ModifyFlags() []Flag {
	return flagsOf(rds.ModifyDBInstanceInput{}, []string{
		"DBInstanceClass: the machine",
		"EngineVersion: the version of PostgreSQL",
		"AllowMajorVersionUpgrade: allow a new major version",
		"AllocatedStorage: the disk in GiB, a tenth more at least",
		"MaxAllocatedStorage: the maximum size of the disk in GiB",
		"StorageType: gp3, io2 …",
		"Iops: only from 400 GiB on (gp3)",
		"StorageThroughput: MiB/s, only from 400 GiB on (gp3)",
		"DBPortNumber: the port",
		"MultiAZ: a standby in a second zone",
		"PubliclyAccessible: a public address",
		"VpcSecurityGroupIds: the security groups",
		"DBSubnetGroupName: the subnet group",
		"DBParameterGroupName: the parameter group",
		"BackupRetentionPeriod: days of automatic backups, 0 to 35",
		"PreferredBackupWindow: such as 03:00-03:30, UTC",
		"PreferredMaintenanceWindow: such as sun:04:00-sun:04:30, UTC",
		"DeletionProtection: refuse to be deleted",
		"AutoMinorVersionUpgrade: install minor versions",
		"CopyTagsToSnapshot: give snapshots the instance's tags",
		"EnableIAMDatabaseAuthentication: accept IAM tokens",
		"ManageMasterUserPassword: let Secrets Manager keep the master password",
		"RotateMasterUserPassword: make a new master password now",
		"CloudwatchLogsExportConfiguration: more logs to export: postgresql, upgrade",
		"MonitoringInterval: seconds between samples of enhanced monitoring",
		"MonitoringRoleArn: the role of enhanced monitoring",
		"EnablePerformanceInsights: keep statistics of waits and statements",
		"PerformanceInsightsRetentionPeriod: days",
		"CACertificateIdentifier: the authority that signs the server's certificate",
	})
}

// Change is a set of settings to change.
type Change struct {
	input rds.ModifyDBInstanceInput
	now   bool
}

// NewChange begins a change of an instance; with now, changes that would wait are applied at once.
func NewChange(id string, now bool) *Change {
	return &Change{input: rds.ModifyDBInstanceInput{DBInstanceIdentifier: &id, ApplyImmediately: &now}, now: now}
}

// Set changes a setting by the name of its flag.
func (c *Change) Set(flag, value string) error { return setField(&c.input, flag, value) }

// Effect describes how a setting's change affects the service.
type Effect struct {
	Setting string `json:"setting"`
	When    string `json:"when"`    // at once, or in the maintenance window
	Restart string `json:"restart"` // what it interrupts
}

// immediate are the settings that never wait; the rest waits for the window or for --apply-immediately.
var immediate = []string{
	"publicly-accessible", "deletion-protection", "copy-tags-to-snapshot", "auto-minor-version-upgrade", "max-allocated-storage",
	"cloudwatch-logs-export-configuration", "vpc-security-group-ids", "preferred-backup-window", "preferred-maintenance-window",
	"monitoring-interval", "monitoring-role-arn", "enable-performance-insights", "performance-insights-retention-period",
	"db-port-number", "db-parameter-group-name", "manage-master-user-password", "rotate-master-user-password",
}

// interrupts are the settings that stop the service for a while.
var interrupts = map[string]string{
	"db-instance-class":           "an outage of minutes (with a standby: one failover)",
	"engine-version":              "an outage of minutes",
	"db-port-number":              "the database restarts at once, whatever --apply-immediately says",
	"db-subnet-group-name":        "an outage while the instance moves",
	"db-parameter-group-name":     "none now; the parameters take effect after the next restart",
	"storage-type":                "none; slower for hours (io to gp2: an outage)",
	"allocated-storage":           "none; slower for hours, and not again for six hours",
	"multi-az":                    "none; slower writes while the standby is built",
	"backup-retention-period":     "between 0 and more: a pause of seconds in disk access",
	"ca-certificate-identifier":   "a restart on versions before 2023",
	"publicly-accessible":         "connections over the public address end",
	"manage-master-user-password": "the old master password ends",
	"rotate-master-user-password": "the old master password ends",
}

// Effects lists the settings of the change with what each does.
func (c *Change) Effects() []Effect {
	effects := []Effect{}
	v := reflect.ValueOf(c.input)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := kebab(f.Name)
		if !f.IsExported() || v.Field(i).IsZero() || slices.Contains([]string{"DBInstanceIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade"}, f.Name) {
			continue
		}
		e := Effect{Setting: name, When: "in the maintenance window", Restart: "none"}
		if c.now || slices.Contains(immediate, name) {
			e.When = "at once"
		}
		if s, ok := interrupts[name]; ok {
			e.Restart = s
		}
		effects = append(effects, e)
	}
	return effects
}

// Command returns the AWS CLI's command for the change.
func (c *Change) Command() string { return awsCommand("rds modify-db-instance", &c.input) }

// Check finds changes that RDS would refuse, before the operator is asked to confirm.
func (c *Change) Check() error {
	if len(c.Effects()) == 0 {
		return invalidf("nothing to change: name a setting, see cruddur rds modify --help")
	}
	if (c.input.RotateMasterUserPassword != nil || c.input.ManageMasterUserPassword != nil) && !c.now {
		return &Problem{
			What: "a change of the master password cannot wait", Why: "RDS wants it applied at once",
			Next: "add --apply-immediately", Kind: cruddur.KindInvalid,
		}
	}
	return nil
}

// Modify applies the change and returns the instance's current state, with the pending changes.
func (c *Client) Modify(ctx context.Context, ch *Change) (*Instance, error) {
	if err := ch.Check(); err != nil {
		return nil, err
	}
	id := *ch.input.DBInstanceIdentifier
	out, err := c.rds.ModifyDBInstance(ctx, &ch.input)
	if isTarget(err) {
		return nil, c.upgradeRefused(ctx, id, explain("modify "+id, err))
	}
	if err != nil {
		return nil, c.state(ctx, "modify "+id, id, "available", err)
	}
	v := view(out.DBInstance)
	return &v, nil
}

// upgradeRefused adds the versions to which the instance can be upgraded, if AWS lists them.
func (c *Client) upgradeRefused(ctx context.Context, id string, refused error) error {
	p, ok := refused.(*Problem)
	i, err := c.instance(ctx, id)
	if !ok || err != nil {
		return refused
	}
	version := aws.ToString(i.EngineVersion)
	p.Next = strings.NewReplacer("VERSION --", version+" --", "   (VERSION is the present one)", "").Replace(p.Next)
	out, err := c.rds.DescribeDBEngineVersions(ctx, &rds.DescribeDBEngineVersionsInput{Engine: i.Engine, EngineVersion: &version})
	if err != nil || len(out.DBEngineVersions) == 0 {
		return p
	}
	var targets []string
	for _, t := range out.DBEngineVersions[0].ValidUpgradeTarget {
		targets = append(targets, aws.ToString(t.EngineVersion))
	}
	if len(targets) == 0 {
		p.Why += ". From " + version + " there is no upgrade"
		p.Next = "cruddur db dump prod > cruddur.dump   (and restore it into a new instance of another version)"
		return p
	}
	p.Why += ". From " + version + " it can go to " + strings.Join(targets, ", ")
	p.Next = "cruddur rds modify " + id + " --engine-version " + targets[len(targets)-1] + "   (or another of them; a new major version also needs --allow-major-version-upgrade)"
	return p
}
