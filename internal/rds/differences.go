package rds

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Difference is a setting of an instance that differs from the plan.
type Difference struct {
	Setting string `json:"setting"` // the flag of create
	Asked   string `json:"asked"`
	Is      string `json:"is"`
	Modify  string `json:"modify"` // the flag of rds modify that changes it; "" if it cannot be changed later
}

// exists returns an instance's value for each flag of create. Settings for which AWS's answer has no field are
// handled in Differences.
var exists = map[string]func(*types.DBInstance) string{
	"engine":                             func(i *types.DBInstance) string { return aws.ToString(i.Engine) },
	"db-instance-class":                  func(i *types.DBInstance) string { return aws.ToString(i.DBInstanceClass) },
	"engine-version":                     func(i *types.DBInstance) string { return aws.ToString(i.EngineVersion) },
	"db-name":                            func(i *types.DBInstance) string { return aws.ToString(i.DBName) },
	"port":                               func(i *types.DBInstance) string { return number(port(i)) },
	"allocated-storage":                  func(i *types.DBInstance) string { return number(aws.ToInt32(i.AllocatedStorage)) },
	"max-allocated-storage":              func(i *types.DBInstance) string { return number(aws.ToInt32(i.MaxAllocatedStorage)) },
	"storage-type":                       func(i *types.DBInstance) string { return aws.ToString(i.StorageType) },
	"iops":                               func(i *types.DBInstance) string { return number(aws.ToInt32(i.Iops)) },
	"storage-throughput":                 func(i *types.DBInstance) string { return number(aws.ToInt32(i.StorageThroughput)) },
	"storage-encrypted":                  func(i *types.DBInstance) string { return truth(i.StorageEncrypted) },
	"kms-key-id":                         func(i *types.DBInstance) string { return aws.ToString(i.KmsKeyId) },
	"master-username":                    func(i *types.DBInstance) string { return aws.ToString(i.MasterUsername) },
	"manage-master-user-password":        func(i *types.DBInstance) string { return fmt.Sprint(i.MasterUserSecret != nil) },
	"master-user-secret-kms-key-id":      secretKey,
	"enable-iam-database-authentication": func(i *types.DBInstance) string { return truth(i.IAMDatabaseAuthenticationEnabled) },
	"multi-az":                           func(i *types.DBInstance) string { return truth(i.MultiAZ) },
	"availability-zone":                  func(i *types.DBInstance) string { return aws.ToString(i.AvailabilityZone) },
	"publicly-accessible":                func(i *types.DBInstance) string { return truth(i.PubliclyAccessible) },
	"db-subnet-group-name":               subnetGroupOf,
	"vpc-security-group-ids": func(i *types.DBInstance) string {
		return strings.Join(slices.Sorted(slices.Values(view(i).Groups)), ",")
	},
	"db-parameter-group-name":        parameterGroupOf,
	"backup-retention-period":        func(i *types.DBInstance) string { return fmt.Sprint(aws.ToInt32(i.BackupRetentionPeriod)) },
	"preferred-backup-window":        func(i *types.DBInstance) string { return aws.ToString(i.PreferredBackupWindow) },
	"preferred-maintenance-window":   func(i *types.DBInstance) string { return aws.ToString(i.PreferredMaintenanceWindow) },
	"deletion-protection":            func(i *types.DBInstance) string { return truth(i.DeletionProtection) },
	"auto-minor-version-upgrade":     func(i *types.DBInstance) string { return truth(i.AutoMinorVersionUpgrade) },
	"copy-tags-to-snapshot":          func(i *types.DBInstance) string { return truth(i.CopyTagsToSnapshot) },
	"enable-cloudwatch-logs-exports": logsOf,
	"monitoring-interval":            func(i *types.DBInstance) string { return number(aws.ToInt32(i.MonitoringInterval)) },
	"monitoring-role-arn":            func(i *types.DBInstance) string { return aws.ToString(i.MonitoringRoleArn) },
	"enable-performance-insights":    func(i *types.DBInstance) string { return truth(i.PerformanceInsightsEnabled) },
	"performance-insights-retention-period": func(i *types.DBInstance) string {
		return number(aws.ToInt32(i.PerformanceInsightsRetentionPeriod))
	},
	"ca-certificate-identifier": func(i *types.DBInstance) string { return aws.ToString(i.CACertificateIdentifier) },
	"engine-lifecycle-support":  func(i *types.DBInstance) string { return aws.ToString(i.EngineLifecycleSupport) },
	"network-type":              func(i *types.DBInstance) string { return aws.ToString(i.NetworkType) },
}

func number(n int32) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func truth(b *bool) string { return fmt.Sprint(aws.ToBool(b)) }

func secretKey(i *types.DBInstance) string {
	if i.MasterUserSecret == nil {
		return ""
	}
	return aws.ToString(i.MasterUserSecret.KmsKeyId)
}

func subnetGroupOf(i *types.DBInstance) string {
	if i.DBSubnetGroup == nil {
		return ""
	}
	return aws.ToString(i.DBSubnetGroup.DBSubnetGroupName)
}

func parameterGroupOf(i *types.DBInstance) string {
	var names []string
	for _, g := range i.DBParameterGroups {
		names = append(names, aws.ToString(g.DBParameterGroupName))
	}
	return strings.Join(names, ",")
}

func logsOf(i *types.DBInstance) string {
	return strings.Join(slices.Sorted(slices.Values(i.EnabledCloudwatchLogsExports)), ",")
}

// Differences compares an existing instance with the plan. Not a difference: a setting that the plan leaves to AWS, a
// disk that has grown, and a newer minor version of the requested major version.
func (c *Client) Differences(ctx context.Context, p *Plan, n Network) ([]Difference, error) {
	p.complete()
	i, err := c.instance(ctx, p.ID())
	if err != nil {
		return nil, err
	}
	all := p.differences(coming(i))
	add := func(setting, asked, is string) {
		if asked != "" && asked != is {
			all = append(all, Difference{Setting: setting, Asked: asked, Is: orDash(is)})
		}
	}
	add("profile", string(p.Profile), tagValue(i.TagList, tagProfile))
	if g := i.DBSubnetGroup; g != nil {
		var ids []string
		for _, s := range g.Subnets {
			ids = append(ids, aws.ToString(s.SubnetIdentifier))
		}
		add("vpc-id", n.VPC, aws.ToString(g.VpcId))
		add("subnet-ids", strings.Join(slices.Sorted(slices.Values(n.SubnetIDs)), ","), strings.Join(slices.Sorted(slices.Values(ids)), ","))
	}
	for _, t := range p.Input.Tags {
		if key := aws.ToString(t.Key); key != tagProfile {
			add("tags "+key, aws.ToString(t.Value), tagValue(i.TagList, key))
		}
	}
	switch managed := i.MasterUserSecret != nil; {
	case p.Input.MasterUserPassword != nil && managed:
		add("master-user-password-file", "a password of your own", "one that Secrets Manager keeps")
	case p.Input.MasterUserPassword != nil:
		add("master-user-password-file", "a password of your own", "one that cannot be compared with it")
	}
	return all, nil
}

// coming returns an instance with the changes that wait for its maintenance window applied, because they were
// requested.
func coming(i *types.DBInstance) *types.DBInstance {
	c, w := *i, i.PendingModifiedValues
	if w == nil {
		return &c
	}
	overlay(&c.DBInstanceClass, w.DBInstanceClass)
	overlay(&c.EngineVersion, w.EngineVersion)
	overlay(&c.AllocatedStorage, w.AllocatedStorage)
	overlay(&c.StorageType, w.StorageType)
	overlay(&c.Iops, w.Iops)
	overlay(&c.StorageThroughput, w.StorageThroughput)
	overlay(&c.MultiAZ, w.MultiAZ)
	overlay(&c.BackupRetentionPeriod, w.BackupRetentionPeriod)
	overlay(&c.IAMDatabaseAuthenticationEnabled, w.IAMDatabaseAuthenticationEnabled)
	overlay(&c.CACertificateIdentifier, w.CACertificateIdentifier)
	if w.Port != nil && c.Endpoint != nil {
		e := *c.Endpoint
		e.Port = w.Port
		c.Endpoint = &e
	}
	return &c
}

func overlay[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

func (p *Plan) differences(i *types.DBInstance) []Difference {
	var all []Difference
	v := reflect.ValueOf(*p.Input)
	for n := range v.NumField() {
		flag := kebab(v.Type().Field(n).Name)
		is := exists[flag]
		if !v.Type().Field(n).IsExported() || is == nil || v.Field(n).IsZero() {
			continue
		}
		asked, have := fieldText(v.Field(n)), is(i)
		if list, ok := v.Field(n).Interface().([]string); ok {
			asked = strings.Join(slices.Sorted(slices.Values(list)), ",")
		}
		if asked == "0" && have == "" || satisfies(flag, asked, have, i) {
			continue
		}
		all = append(all, Difference{Setting: flag, Asked: asked, Is: orDash(have), Modify: modifier(flag, asked)})
	}
	return all
}

// satisfies reports whether an instance's value meets the requested one.
func satisfies(flag, asked, have string, i *types.DBInstance) bool {
	switch flag {
	case "engine-version":
		return have == asked || strings.HasPrefix(have, asked+".")
	case "allocated-storage": // it grows automatically up to the maximum
		var a, h int32
		_, errA := fmt.Sscan(asked, &a)
		_, errH := fmt.Sscan(have, &h)
		return errA == nil && errH == nil && (h == a || h > a && aws.ToInt32(i.MaxAllocatedStorage) > 0)
	case "kms-key-id", "master-user-secret-kms-key-id": // a key may be named by its id alone, or by an alias, which the answer does not have
		return have == asked || strings.HasSuffix(have, "/"+asked) || strings.Contains(asked, "alias/") && have != ""
	}
	return asked == have
}

// modifier returns the flag of rds modify that changes a setting.
func modifier(flag, asked string) string {
	name := flag
	switch flag {
	case "port":
		name = "db-port-number"
	case "enable-cloudwatch-logs-exports":
		name = "cloudwatch-logs-export-configuration"
	}
	for _, f := range ModifyFlags() {
		switch {
		case f.Name != name:
		case !f.Bool:
			return "--" + name + " " + shell(asked)
		case asked == "false":
			return "--no-" + name
		default:
			return "--" + name
		}
	}
	return ""
}
