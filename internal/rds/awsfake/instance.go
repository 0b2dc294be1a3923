package awsfake

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// step is one state of a transition, and its duration.
type step struct {
	status string
	lasts  time.Duration
}

// instance is a database instance with its steps to the next stable state.
type instance struct {
	types.DBInstance
	steps []step
	until time.Time // the end of the current step
	done  func()    // runs at the last step's end
}

type event struct {
	source string
	types.Event
}

// The durations of state changes; tests move the clock by more.
const (
	Creating  = 4 * time.Minute
	Stopping  = 2 * time.Minute
	Starting  = 3 * time.Minute
	Modifying = 2 * time.Minute
	Deleting  = 3 * time.Minute
	Snapshots = 2 * time.Minute
	StopLasts = 7 * 24 * time.Hour
)

// settle moves every instance and snapshot to where it is at s.now.
func (s *Server) settle() {
	for id, i := range s.instances {
		for len(i.steps) > 0 && !s.now.Before(i.until) {
			i.steps = i.steps[1:]
			if len(i.steps) > 0 {
				i.until = i.until.Add(i.steps[0].lasts)
				i.DBInstanceStatus = aws.String(i.steps[0].status)
				if i.done != nil && i.steps[0].lasts == 0 {
					i.done()
					i.done = nil
				}
			}
		}
		if aws.ToString(i.DBInstanceStatus) == "deleted" {
			delete(s.instances, id)
			continue
		}
		if i.AutomaticRestartTime != nil && !s.now.Before(*i.AutomaticRestartTime) {
			s.note(i, "notification", "DB instance is being started due to it exceeding the maximum allowed time being stopped.")
			s.start(i)
		}
		if aws.ToString(i.DBInstanceStatus) == "available" && aws.ToInt32(i.BackupRetentionPeriod) > 0 {
			i.LatestRestorableTime = aws.Time(s.now.Add(-5 * time.Minute))
		}
	}
	for _, sn := range s.snapshots {
		if aws.ToString(sn.Status) == "creating" && !s.now.Before(sn.until) {
			sn.Status = aws.String("available")
		}
	}
}

// walk moves i through steps to the last one, which is stable; done runs when it is reached.
func (s *Server) walk(i *instance, done func(), steps ...step) {
	i.steps, i.until, i.done = steps, s.now.Add(steps[0].lasts), done
	i.DBInstanceStatus = aws.String(steps[0].status)
}

func (s *Server) note(i *instance, category, message string) {
	s.events = append(s.events, event{*i.DBInstanceIdentifier, types.Event{
		Date: aws.Time(s.now), Message: &message, EventCategories: []string{category},
		SourceIdentifier: i.DBInstanceIdentifier, SourceType: types.SourceTypeDbInstance, SourceArn: i.DBInstanceArn,
	}})
}

// Instance returns an instance that a test may change without the tool.
func (s *Server) Instance(id string, change func(*types.DBInstance)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.instances[id].DBInstance)
}

// AddInstance adds an instance of any engine that the tool did not create.
func (s *Server) AddInstance(db types.DBInstance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instances[*db.DBInstanceIdentifier] = &instance{DBInstance: db}
}

func (s *Server) find(id *string) (*instance, *apiError) {
	i := s.instances[strings.ToLower(aws.ToString(id))]
	if i == nil {
		return nil, &apiError{Code: "DBInstanceNotFound", Status: 404, Message: "DBInstance " + aws.ToString(id) + " not found."}
	}
	return i, nil
}

func (s *Server) describeInstances(in *rds.DescribeDBInstancesInput) (*rds.DescribeDBInstancesOutput, *apiError) {
	out := &rds.DescribeDBInstancesOutput{}
	if in.DBInstanceIdentifier != nil {
		i, err := s.find(in.DBInstanceIdentifier)
		if err != nil {
			return nil, err
		}
		out.DBInstances = append(out.DBInstances, i.DBInstance)
		return out, nil
	}
	for _, id := range sortedKeys(s.instances) {
		out.DBInstances = append(out.DBInstances, s.instances[id].DBInstance)
	}
	return out, nil
}

func (s *Server) createInstance(in *rds.CreateDBInstanceInput) (*rds.CreateDBInstanceOutput, *apiError) {
	if err := s.checkCreate(in); err != nil {
		return nil, err
	}
	id := strings.ToLower(*in.DBInstanceIdentifier)
	if s.instances[id] != nil {
		return nil, &apiError{Code: "DBInstanceAlreadyExists", Message: "DB instance already exists"}
	}
	if len(s.instances) >= 40 {
		return nil, &apiError{Code: "InstanceQuotaExceeded", Message: "You have reached your maximum number of DB instances"}
	}
	i := &instance{DBInstance: s.newInstance(id, in)}
	if err := s.placeInstance(i, in); err != nil {
		return nil, err
	}
	s.instances[id] = i
	out := &rds.CreateDBInstanceOutput{DBInstance: &types.DBInstance{}}
	s.walk(i, func() {
		i.Endpoint = &types.Endpoint{Address: aws.String(id + ".cxyz0123abcd." + Region + ".rds.amazonaws.com"), Port: i.DbInstancePort, HostedZoneId: aws.String("Z1RLNUO7B9Q6NB")}
		i.DbInstancePort = aws.Int32(0) // as AWS answers for an instance outside of a cluster
		i.InstanceCreateTime = aws.Time(s.now)
		if i.MasterUserSecret != nil {
			i.MasterUserSecret.SecretStatus = aws.String("active")
		}
		s.note(i, "creation", "DB instance created")
	}, step{"creating", Creating}, step{"backing-up", time.Minute}, step{"available", 0})
	*out.DBInstance = i.DBInstance
	return out, nil
}

// newInstance applies the defaults of AWS, which are not safe.
func (s *Server) newInstance(id string, in *rds.CreateDBInstanceInput) types.DBInstance {
	major, _, _ := strings.Cut(*in.EngineVersion, ".")
	db := types.DBInstance{
		DBInstanceIdentifier: &id, DBInstanceArn: aws.String("arn:aws:rds:" + Region + ":" + Account + ":db:" + id),
		DbiResourceId: aws.String(strings.ToUpper(s.id("db"))), DBInstanceClass: in.DBInstanceClass,
		Engine: in.Engine, EngineVersion: aws.String(fullVersion(*in.EngineVersion)), DBName: in.DBName,
		AllocatedStorage: in.AllocatedStorage, MaxAllocatedStorage: in.MaxAllocatedStorage, StorageType: or(in.StorageType, "gp3"),
		MasterUsername: in.MasterUsername, DbInstancePort: or(in.Port, 5432), MultiAZ: or(in.MultiAZ, false),
		PubliclyAccessible: or(in.PubliclyAccessible, in.DBSubnetGroupName == nil), StorageEncrypted: or(in.StorageEncrypted, false),
		BackupRetentionPeriod: or(in.BackupRetentionPeriod, 1), DeletionProtection: or(in.DeletionProtection, false),
		IAMDatabaseAuthenticationEnabled: or(in.EnableIAMDatabaseAuthentication, false),
		AutoMinorVersionUpgrade:          or(in.AutoMinorVersionUpgrade, true), CopyTagsToSnapshot: or(in.CopyTagsToSnapshot, false),
		MonitoringInterval: or(in.MonitoringInterval, 0), PerformanceInsightsEnabled: or(in.EnablePerformanceInsights, false),
		EnabledCloudwatchLogsExports: in.EnableCloudwatchLogsExports, TagList: in.Tags, NetworkType: or(in.NetworkType, "IPV4"),
		EngineLifecycleSupport: or(in.EngineLifecycleSupport, "open-source-rds-extended-support"),
		PreferredBackupWindow:  or(in.PreferredBackupWindow, "03:12-03:42"), PreferredMaintenanceWindow: or(in.PreferredMaintenanceWindow, "sun:04:10-sun:04:40"),
		CACertificateIdentifier: or(in.CACertificateIdentifier, "rds-ca-rsa2048-g1"), DatabaseInsightsMode: types.DatabaseInsightsModeStandard,
		CertificateDetails: &types.CertificateDetails{CAIdentifier: or(in.CACertificateIdentifier, "rds-ca-rsa2048-g1"), ValidTill: aws.Time(s.now.AddDate(1, 0, 0))},
		DBParameterGroups:  []types.DBParameterGroupStatus{{DBParameterGroupName: or(in.DBParameterGroupName, "default.postgres"+major), ParameterApplyStatus: aws.String("in-sync")}},
		AvailabilityZone:   or(in.AvailabilityZone, Region+"a"), LicenseModel: aws.String("postgresql-license"),
	}
	if aws.ToBool(db.PerformanceInsightsEnabled) {
		db.PerformanceInsightsRetentionPeriod = or(in.PerformanceInsightsRetentionPeriod, 7)
	}
	if *db.StorageEncrypted {
		db.KmsKeyId = or(in.KmsKeyId, "arn:aws:kms:"+Region+":"+Account+":key/aws-rds")
	}
	if aws.ToBool(in.ManageMasterUserPassword) {
		arn := fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:rds!db-%s", Region, Account, s.id("fa"))
		s.secrets[arn] = &Secret{Arn: arn, User: *in.MasterUsername, Current: "Managed-0", RotationEnabled: true, Created: s.now, LastRotated: s.now, Next: s.now.AddDate(0, 0, 7)}
		db.MasterUserSecret = &types.MasterUserSecret{SecretArn: &arn, SecretStatus: aws.String("creating"), KmsKeyId: aws.String("alias/aws/secretsmanager")}
	}
	return db
}

// placeInstance puts the instance into its subnets and behind its security groups.
func (s *Server) placeInstance(i *instance, in *rds.CreateDBInstanceInput) *apiError {
	set := s.subnetSets[aws.ToString(in.DBSubnetGroupName)]
	if in.DBSubnetGroupName == nil {
		set = s.subnetSets["default"]
	}
	if set == nil {
		return &apiError{Code: "DBSubnetGroupNotFoundFault", Status: 404, Message: "DB subnet group '" + *in.DBSubnetGroupName + "' does not exist."}
	}
	i.DBSubnetGroup = &set.DBSubnetGroup
	groups := in.VpcSecurityGroupIds
	if len(groups) == 0 {
		for _, id := range sortedKeys(s.security) {
			if g := s.security[id]; g.Name == "default" && g.VpcID == *set.VpcId {
				groups = []string{id}
			}
		}
	}
	for _, g := range groups {
		if s.security[g].VpcID != *set.VpcId {
			return invalidCombination("The DB instance and EC2 security group are in different VPCs. The DB instance is in " + *set.VpcId + " and the EC2 security group is in " + s.security[g].VpcID)
		}
		i.VpcSecurityGroups = append(i.VpcSecurityGroups, types.VpcSecurityGroupMembership{VpcSecurityGroupId: aws.String(g), Status: aws.String("active")})
	}
	return nil
}
