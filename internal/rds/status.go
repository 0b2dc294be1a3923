package rds

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur"
)

// Instance is the status of a database instance for operators. Its JSON keys are stable.
type Instance struct {
	ID          string     `json:"id"`
	Status      string     `json:"status"`
	Engine      string     `json:"engine"`
	Version     string     `json:"version"`
	Class       string     `json:"class"`
	StorageGiB  int32      `json:"storage_gib"`
	MultiAZ     bool       `json:"multi_az"`
	Public      bool       `json:"public"`
	Host        string     `json:"host"` // "" until the instance has been created
	Port        int32      `json:"port"` // 0 until then
	Database    string     `json:"database"`
	MasterUser  string     `json:"master_user"`
	IAM         bool       `json:"iam_authentication"`
	Secret      string     `json:"secret_arn"` // the master user's secret; "" if RDS does not manage one
	Protected   bool       `json:"deletion_protection"`
	RestartsAt  *time.Time `json:"restarts_at"` // time when AWS starts a stopped instance again
	Pending     []string   `json:"pending"`     // changes that wait for the maintenance window
	Progress    string     `json:"progress"`    // percent, while storage is changed
	Groups      []string   `json:"security_groups"`
	Profile     string     `json:"profile"` // prod or dev, if this tool created the instance
	Maintenance string     `json:"maintenance_window"`
}

// tagProfile, tagWho and tagExpires are the tags that this tool sets and reads.
const (
	tagProfile = "cruddur:profile"
	tagWho     = "cruddur:who"
	tagExpires = "cruddur:expires"
)

// Status returns the named instances, or all PostgreSQL instances of the region.
func (c *Client) Status(ctx context.Context, ids ...string) ([]Instance, error) {
	var found []types.DBInstance
	if len(ids) == 0 {
		all, err := c.instances(ctx)
		if err != nil {
			return nil, err
		}
		found = all
	}
	for _, id := range ids {
		i, err := c.instance(ctx, id)
		if err != nil {
			return nil, err
		}
		found = append(found, *i)
	}
	out := []Instance{}
	for _, i := range found {
		out = append(out, view(&i))
	}
	return out, nil
}

// One returns the named instance or, without a name, the only one in the region.
func (c *Client) One(ctx context.Context, id string) (*Instance, error) {
	i, err := c.one(ctx, id)
	if err != nil {
		return nil, err
	}
	v := view(i)
	return &v, nil
}

func (c *Client) one(ctx context.Context, id string) (*types.DBInstance, error) {
	if id != "" {
		return c.instance(ctx, id)
	}
	every, err := c.everyInstance(ctx)
	if err != nil {
		return nil, err
	}
	all := onlyPostgres(every)
	switch len(all) {
	case 1:
		return &all[0], nil
	case 0:
		return nil, c.noInstance(every)
	}
	names := []string{}
	for _, i := range all {
		names = append(names, aws.ToString(i.DBInstanceIdentifier))
	}
	return nil, &Problem{
		What: "which instance?", Why: "there are " + strings.Join(names, ", "),
		Next: "name one of them", Kind: cruddur.KindInvalid,
	}
}

func view(i *types.DBInstance) Instance {
	v := Instance{
		ID: aws.ToString(i.DBInstanceIdentifier), Status: aws.ToString(i.DBInstanceStatus), Engine: aws.ToString(i.Engine),
		Version: aws.ToString(i.EngineVersion), Class: aws.ToString(i.DBInstanceClass), StorageGiB: aws.ToInt32(i.AllocatedStorage),
		MultiAZ: aws.ToBool(i.MultiAZ), Public: aws.ToBool(i.PubliclyAccessible), Database: aws.ToString(i.DBName),
		MasterUser: aws.ToString(i.MasterUsername), IAM: aws.ToBool(i.IAMDatabaseAuthenticationEnabled),
		Protected: aws.ToBool(i.DeletionProtection), RestartsAt: i.AutomaticRestartTime, Pending: pending(i.PendingModifiedValues),
		Progress: aws.ToString(i.PercentProgress), Groups: []string{}, Profile: tagValue(i.TagList, tagProfile),
		Maintenance: aws.ToString(i.PreferredMaintenanceWindow), Port: port(i),
	}
	if i.Endpoint != nil {
		v.Host = aws.ToString(i.Endpoint.Address)
	}
	if i.MasterUserSecret != nil {
		v.Secret = aws.ToString(i.MasterUserSecret.SecretArn)
	}
	for _, g := range i.VpcSecurityGroups {
		v.Groups = append(v.Groups, aws.ToString(g.VpcSecurityGroupId))
	}
	return v
}

// port returns the instance's port. RDS answers with DbInstancePort 0 and puts the port into the endpoint.
func port(i *types.DBInstance) int32 {
	if i.Endpoint != nil && aws.ToInt32(i.Endpoint.Port) != 0 {
		return *i.Endpoint.Port
	}
	return aws.ToInt32(i.DbInstancePort)
}

func tagValue(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}

// resting are the stable states of an instance.
var resting = []string{
	"available", "stopped", "failed", "storage-full", "restore-error", "inaccessible-encryption-credentials",
	"inaccessible-encryption-credentials-recoverable", "insufficient-capacity", "incompatible-network", "incompatible-option-group",
	"incompatible-parameters", "incompatible-restore", "incompatible-create",
}

// Resting reports whether the instance stays in its state until somebody changes it.
func (i Instance) Resting() bool { return slices.Contains(resting, i.Status) }

// Broken reports whether the state is one from which an instance does not recover without help.
func (i Instance) Broken() bool {
	return i.Resting() && i.Status != "available" && i.Status != "stopped"
}
