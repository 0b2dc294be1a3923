package awsfake

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func wrongState(i *instance) *apiError {
	return &apiError{Code: "InvalidDBInstanceState", Message: "Instance " + *i.DBInstanceIdentifier + " is not in available state (" + *i.DBInstanceStatus + ")."}
}

func (s *Server) stopInstance(in *rds.StopDBInstanceInput) (*rds.StopDBInstanceOutput, *apiError) {
	i, err := s.find(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if *i.DBInstanceStatus != "available" || len(i.ReadReplicaDBInstanceIdentifiers) > 0 || i.ReadReplicaSourceDBInstanceIdentifier != nil {
		return nil, wrongState(i)
	}
	if in.DBSnapshotIdentifier != nil {
		if err := s.snap(*in.DBSnapshotIdentifier, i); err != nil {
			return nil, err
		}
	}
	i.PendingModifiedValues = nil
	s.walk(i, func() {
		i.AutomaticRestartTime = aws.Time(s.now.Add(StopLasts))
		s.note(i, "notification", "DB instance stopped")
	}, step{"stopping", Stopping}, step{"stopped", 0})
	return &rds.StopDBInstanceOutput{DBInstance: &i.DBInstance}, nil
}

func (s *Server) startInstance(in *rds.StartDBInstanceInput) (*rds.StartDBInstanceOutput, *apiError) {
	i, err := s.find(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if *i.DBInstanceStatus != "stopped" {
		return nil, &apiError{Code: "InvalidDBInstanceState", Message: "Instance " + *i.DBInstanceIdentifier + " is not stopped or inaccessible-encryption-credentials-recoverable."}
	}
	s.start(i)
	return &rds.StartDBInstanceOutput{DBInstance: &i.DBInstance}, nil
}

func (s *Server) start(i *instance) {
	i.AutomaticRestartTime = nil
	s.walk(i, func() { s.note(i, "notification", "DB instance started") }, step{"starting", Starting}, step{"available", 0})
}

func (s *Server) rebootInstance(in *rds.RebootDBInstanceInput) (*rds.RebootDBInstanceOutput, *apiError) {
	i, err := s.find(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if *i.DBInstanceStatus != "available" {
		return nil, wrongState(i)
	}
	s.walk(i, func() {
		for n := range i.DBParameterGroups {
			i.DBParameterGroups[n].ParameterApplyStatus = aws.String("in-sync")
		}
		s.note(i, "availability", "DB instance restarted")
	}, step{"rebooting", Modifying}, step{"available", 0})
	return &rds.RebootDBInstanceOutput{DBInstance: &i.DBInstance}, nil
}

func (s *Server) deleteInstance(in *rds.DeleteDBInstanceInput) (*rds.DeleteDBInstanceOutput, *apiError) {
	i, err := s.find(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	skip := aws.ToBool(in.SkipFinalSnapshot)
	switch {
	case *i.DBInstanceStatus == "deleting" || *i.DBInstanceStatus == "creating":
		return nil, &apiError{Code: "InvalidDBInstanceState", Message: "Instance " + *i.DBInstanceIdentifier + " is already being deleted or created."}
	case skip && in.FinalDBSnapshotIdentifier != nil:
		return nil, invalidCombination("FinalDBSnapshotIdentifier can not be specified when deleting a DB instance with SkipFinalSnapshot")
	case !skip && in.FinalDBSnapshotIdentifier == nil:
		return nil, invalidCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
	case aws.ToBool(i.DeletionProtection):
		return nil, invalidCombination("Cannot delete protected DB Instance, please disable deletion protection and try again.")
	case !skip && (*i.DBInstanceStatus == "failed" || strings.HasPrefix(*i.DBInstanceStatus, "incompatible-")):
		return nil, &apiError{Code: "InvalidDBInstanceState", Message: "Cannot create a final snapshot of an instance in state " + *i.DBInstanceStatus}
	}
	if !skip {
		if err := s.snap(*in.FinalDBSnapshotIdentifier, i); err != nil {
			return nil, err
		}
	}
	s.walk(i, nil, step{"deleting", Deleting}, step{"deleted", 0})
	return &rds.DeleteDBInstanceOutput{DBInstance: &i.DBInstance}, nil
}

// waits reports whether some setting of in waits for the maintenance window or ApplyImmediately.
func waits(in *rds.ModifyDBInstanceInput) bool {
	return in.AllocatedStorage != nil || in.DBInstanceClass != nil || in.EngineVersion != nil || in.MultiAZ != nil ||
		in.StorageType != nil || in.EnableIAMDatabaseAuthentication != nil || in.CACertificateIdentifier != nil || in.BackupRetentionPeriod != nil
}

func (s *Server) modifyInstance(in *rds.ModifyDBInstanceInput) (*rds.ModifyDBInstanceOutput, *apiError) {
	i, err := s.find(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	now := aws.ToBool(in.ApplyImmediately)
	switch {
	case i.DBClusterIdentifier != nil:
		return nil, invalidCombination("You can't modify a DB instance in a Multi-AZ DB cluster. Modify the DB cluster " + *i.DBClusterIdentifier + " instead.")
	case *i.DBInstanceStatus != "available":
		return nil, wrongState(i)
	case in.ManageMasterUserPassword != nil && (i.ReadReplicaSourceDBInstanceIdentifier != nil || i.ReadReplicaSourceDBClusterIdentifier != nil):
		return nil, invalidCombination("ManageMasterUserPassword isn't supported for read replica")
	case (aws.ToBool(in.RotateMasterUserPassword) || in.ManageMasterUserPassword != nil) && !now:
		return nil, invalidCombination("RotateMasterUserPassword and ManageMasterUserPassword require ApplyImmediately.")
	case in.AllocatedStorage != nil && *in.AllocatedStorage < *i.AllocatedStorage+*i.AllocatedStorage/10:
		return nil, invalidCombination("Invalid storage size: it must be at least 10% greater than the current one")
	case in.EngineVersion != nil && !slices.Contains(Versions, fullVersion(*in.EngineVersion)):
		return nil, invalidCombination("Cannot find upgrade target from " + *i.EngineVersion + " to " + *in.EngineVersion)
	case in.DBParameterGroupName != nil && s.groups[*in.DBParameterGroupName] == nil && !strings.HasPrefix(*in.DBParameterGroupName, "default."):
		return nil, &apiError{Code: "DBParameterGroupNotFound", Status: 404, Message: "DBParameterGroup not found: " + *in.DBParameterGroupName}
	}
	if err := checkNumbers(&rds.CreateDBInstanceInput{BackupRetentionPeriod: in.BackupRetentionPeriod, Port: in.DBPortNumber, MonitoringInterval: in.MonitoringInterval}); err != nil {
		return nil, err
	}
	if aws.ToInt32(in.MonitoringInterval) != 0 && in.MonitoringRoleArn == nil && i.MonitoringRoleArn == nil {
		return nil, invalidCombination("A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.")
	}
	s.modifyAtOnce(i, in)
	if p := i.PendingModifiedValues; p != nil && now {
		in.AllocatedStorage, in.DBInstanceClass, in.EngineVersion = cmp.Or(in.AllocatedStorage, p.AllocatedStorage), cmp.Or(in.DBInstanceClass, p.DBInstanceClass), cmp.Or(in.EngineVersion, p.EngineVersion)
		in.MultiAZ, in.BackupRetentionPeriod, i.PendingModifiedValues = cmp.Or(in.MultiAZ, p.MultiAZ), cmp.Or(in.BackupRetentionPeriod, p.BackupRetentionPeriod), nil
	}
	if waits(in) && !now {
		i.PendingModifiedValues = &types.PendingModifiedValues{
			AllocatedStorage: in.AllocatedStorage, DBInstanceClass: in.DBInstanceClass, EngineVersion: in.EngineVersion, MultiAZ: in.MultiAZ,
			StorageType: in.StorageType, IAMDatabaseAuthenticationEnabled: in.EnableIAMDatabaseAuthentication,
			CACertificateIdentifier: in.CACertificateIdentifier, BackupRetentionPeriod: in.BackupRetentionPeriod,
		}
		return &rds.ModifyDBInstanceOutput{DBInstance: &i.DBInstance}, nil
	}
	if now || in.DBPortNumber != nil {
		s.walk(i, func() { s.modifyLater(i, in) }, step{"modifying", Modifying}, step{"available", 0})
	}
	return &rds.ModifyDBInstanceOutput{DBInstance: &i.DBInstance}, nil
}

func keep[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

// modifyAtOnce applies the settings that never wait.
func (s *Server) modifyAtOnce(i *instance, in *rds.ModifyDBInstanceInput) {
	keep(&i.PubliclyAccessible, in.PubliclyAccessible)
	keep(&i.DeletionProtection, in.DeletionProtection)
	keep(&i.CopyTagsToSnapshot, in.CopyTagsToSnapshot)
	keep(&i.AutoMinorVersionUpgrade, in.AutoMinorVersionUpgrade)
	keep(&i.MaxAllocatedStorage, in.MaxAllocatedStorage)
	keep(&i.MonitoringInterval, in.MonitoringInterval)
	keep(&i.MonitoringRoleArn, in.MonitoringRoleArn)
	keep(&i.PreferredBackupWindow, in.PreferredBackupWindow)
	keep(&i.PreferredMaintenanceWindow, in.PreferredMaintenanceWindow)
	keep(&i.PerformanceInsightsEnabled, in.EnablePerformanceInsights)
	if c := in.CloudwatchLogsExportConfiguration; c != nil {
		for _, l := range c.EnableLogTypes {
			if !slices.Contains(i.EnabledCloudwatchLogsExports, l) {
				i.EnabledCloudwatchLogsExports = append(i.EnabledCloudwatchLogsExports, l)
			}
		}
	}
	if len(in.VpcSecurityGroupIds) > 0 {
		i.VpcSecurityGroups = nil
		for _, g := range in.VpcSecurityGroupIds {
			i.VpcSecurityGroups = append(i.VpcSecurityGroups, types.VpcSecurityGroupMembership{VpcSecurityGroupId: aws.String(g), Status: aws.String("active")})
		}
	}
	if in.DBParameterGroupName != nil {
		i.DBParameterGroups = []types.DBParameterGroupStatus{{DBParameterGroupName: in.DBParameterGroupName, ParameterApplyStatus: aws.String("pending-reboot")}}
	}
}

// modifyLater applies the rest, after the state "modifying".
func (s *Server) modifyLater(i *instance, in *rds.ModifyDBInstanceInput) {
	keep(&i.AllocatedStorage, in.AllocatedStorage)
	keep(&i.DBInstanceClass, in.DBInstanceClass)
	keep(&i.MultiAZ, in.MultiAZ)
	keep(&i.StorageType, in.StorageType)
	keep(&i.BackupRetentionPeriod, in.BackupRetentionPeriod)
	keep(&i.IAMDatabaseAuthenticationEnabled, in.EnableIAMDatabaseAuthentication)
	if in.CACertificateIdentifier != nil {
		i.CACertificateIdentifier = in.CACertificateIdentifier
		i.CertificateDetails = &types.CertificateDetails{CAIdentifier: in.CACertificateIdentifier, ValidTill: aws.Time(s.now.AddDate(1, 0, 0))}
	}
	if in.EngineVersion != nil {
		i.EngineVersion = aws.String(fullVersion(*in.EngineVersion))
	}
	if in.DBPortNumber != nil {
		i.Endpoint.Port = in.DBPortNumber
		s.note(i, "availability", "DB instance restarted")
	}
	if aws.ToBool(in.ManageMasterUserPassword) && i.MasterUserSecret == nil {
		arn := "arn:aws:secretsmanager:" + Region + ":" + Account + ":secret:rds!db-" + s.id("fa")
		s.secrets[arn] = &Secret{Arn: arn, User: *i.MasterUsername, Current: "Managed-0", RotationEnabled: true, Created: s.now, LastRotated: s.now, Next: s.now.AddDate(0, 0, 7)}
		i.MasterUserSecret = &types.MasterUserSecret{SecretArn: &arn, SecretStatus: aws.String("active")}
	}
	if aws.ToBool(in.RotateMasterUserPassword) && i.MasterUserSecret != nil {
		s.secrets[*i.MasterUserSecret.SecretArn].LastRotated = s.now
	}
	s.note(i, "configuration change", "Finished applying modification")
}
