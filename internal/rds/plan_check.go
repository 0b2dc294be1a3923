package rds

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cruddur"
)

var (
	validID     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	validMaster = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]{0,15}$`)
	validDBName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]{0,62}$`)
)

// check finds settings that AWS would refuse, before anything is created.
func (p *Plan) check() error {
	in := p.Input
	refuse := func(flag, why string) error {
		return &Problem{What: "--" + flag + " is refused", Why: why, Next: "cruddur rds create --help", Kind: cruddur.KindInvalid}
	}
	id, user := aws.ToString(in.DBInstanceIdentifier), aws.ToString(in.MasterUsername)
	iops := in.Iops != nil || in.StorageThroughput != nil
	switch {
	case aws.ToString(in.Engine) != "postgres":
		return refuse("engine", aws.ToString(in.Engine)+": Cruddur supports only postgres")
	case !validID.MatchString(id) || strings.Contains(id, "--") || strings.HasSuffix(id, "-"):
		return refuse("db-instance-identifier", fmt.Sprintf("%q: want 1 to 63 letters, digits and single hyphens, a letter first, no hyphen last", id))
	case !validMaster.MatchString(user):
		return refuse("master-username", fmt.Sprintf("%q: want 1 to 16 letters, digits and underscores, a letter first", user))
	case slices.Contains([]string{"admin", "user", "rdsadmin"}, strings.ToLower(user)) || strings.HasPrefix(strings.ToLower(user), "pg_"):
		return refuse("master-username", user+" is reserved by RDS")
	case in.DBName != nil && !validDBName.MatchString(*in.DBName):
		return refuse("db-name", fmt.Sprintf("%q: want letters, digits and underscores", *in.DBName))
	case in.Port != nil && (*in.Port < 1150 || *in.Port > 65535):
		return refuse("port", fmt.Sprintf("%d: want 1150 to 65535", *in.Port))
	case aws.ToInt32(in.AllocatedStorage) < 20 || aws.ToInt32(in.AllocatedStorage) > 65536:
		return refuse("allocated-storage", fmt.Sprintf("%d GiB: want 20 to 65536", aws.ToInt32(in.AllocatedStorage)))
	case in.BackupRetentionPeriod != nil && (*in.BackupRetentionPeriod < 0 || *in.BackupRetentionPeriod > 35):
		return refuse("backup-retention-period", fmt.Sprintf("%d days: want 0 to 35", *in.BackupRetentionPeriod))
	case aws.ToString(in.StorageType) == "gp3" && aws.ToInt32(in.AllocatedStorage) < 400 && iops:
		return refuse("iops", "below 400 GiB, gp3 has a fixed 3000 IOPS and 125 MiB/s; leave out --iops and --storage-throughput")
	case in.AvailabilityZone != nil && aws.ToBool(in.MultiAZ):
		return refuse("availability-zone", "an instance with a standby is in two zones that RDS chooses; add --no-multi-az")
	case aws.ToInt32(in.MonitoringInterval) != 0 && in.MonitoringRoleArn == nil:
		return refuse("monitoring-interval", "enhanced monitoring writes as a role; add --monitoring-role-arn")
	case in.KmsKeyId != nil && !aws.ToBool(in.StorageEncrypted):
		return refuse("kms-key-id", "a key without encryption; add --storage-encrypted")
	case in.MasterUserPassword == nil && !aws.ToBool(in.ManageMasterUserPassword):
		return refuse("no-manage-master-user-password", "then a password is needed: --master-user-password-file FILE, or - for stdin")
	}
	return nil
}
