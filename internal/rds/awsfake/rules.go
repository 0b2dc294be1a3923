package awsfake

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

var (
	identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,62}$`)
	masterName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,15}$`)
	dbName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
	class      = regexp.MustCompile(`^db\.[a-z0-9]+\.[a-z0-9]+$`)
)

// Versions are the PostgreSQL versions on offer, oldest first; a major's last one is its default.
var Versions = []string{"14.19", "14.20", "15.14", "15.15", "16.10", "16.11", "17.6", "17.7", "18.1", "18.2"}

// Classes are the orderable instance classes.
var Classes = []string{"db.t3.micro", "db.t4g.micro", "db.t4g.small", "db.t4g.medium", "db.m7g.large", "db.r7g.large"}

// fullVersion returns the newest minor version of a major version, as RDS chooses it.
func fullVersion(v string) string {
	if !strings.Contains(v, ".") {
		for _, have := range slices.Backward(Versions) {
			if strings.HasPrefix(have, v+".") {
				return have
			}
		}
	}
	return v
}

// checkCreate applies the rules of CreateDBInstance, with the error texts of RDS.
func (s *Server) checkCreate(in *rds.CreateDBInstanceInput) *apiError {
	for _, check := range []func(*rds.CreateDBInstanceInput) *apiError{
		s.checkNames, checkPassword, s.checkEngine, checkStorage, checkNumbers, checkPairs, s.checkReferences,
	} {
		if err := check(in); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) checkNames(in *rds.CreateDBInstanceInput) *apiError {
	id := aws.ToString(in.DBInstanceIdentifier)
	if !identifier.MatchString(id) || strings.Contains(id, "--") || strings.HasSuffix(id, "-") {
		return invalidValue("The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.")
	}
	user := aws.ToString(in.MasterUsername)
	if user == "" {
		return &apiError{Code: "MissingParameter", Message: "The request must contain the parameter MasterUsername"}
	}
	if !masterName.MatchString(user) {
		return invalidValue("The parameter MasterUsername is not valid: it must be 1 to 16 letters, digits or underscores and begin with a letter.")
	}
	if slices.Contains([]string{"admin", "user", "rdsadmin"}, strings.ToLower(user)) || strings.HasPrefix(strings.ToLower(user), "pg_") {
		return invalidValue("MasterUsername " + user + " cannot be used as it is a reserved word used by the engine")
	}
	if in.DBName != nil && !dbName.MatchString(*in.DBName) {
		return invalidValue("DBName must begin with a letter and contain only alphanumeric characters.")
	}
	return nil
}

func checkPassword(in *rds.CreateDBInstanceInput) *apiError {
	managed := aws.ToBool(in.ManageMasterUserPassword)
	switch {
	case managed && in.MasterUserPassword != nil:
		return invalidCombination("You can't specify both MasterUserPassword and ManageMasterUserPassword.")
	case !managed && in.MasterUserPassword == nil && in.MasterUserAuthenticationType == "":
		return &apiError{Code: "MissingParameter", Message: "The request must contain the parameter MasterUserPassword"}
	case in.MasterUserPassword == nil:
		return nil
	}
	p := *in.MasterUserPassword
	if len(p) < 8 || len(p) > 128 {
		return invalidValue("The parameter MasterUserPassword is not a valid password because it is shorter than 8 or longer than 128 characters.")
	}
	for _, r := range p {
		if r <= ' ' || r > '~' || strings.ContainsRune(`/"@`, r) {
			return invalidValue(`The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`)
		}
	}
	return nil
}

func (s *Server) checkEngine(in *rds.CreateDBInstanceInput) *apiError {
	if e := aws.ToString(in.Engine); e != "postgres" {
		return invalidValue("Invalid DB engine " + e)
	}
	if c := aws.ToString(in.DBInstanceClass); !class.MatchString(c) {
		return invalidValue("Invalid DB Instance class: " + c)
	} else if !slices.Contains(Classes, c) {
		return invalidCombination("RDS does not support creating a DB instance with the following combination: DBInstanceClass=" + c + ", Engine=postgres")
	}
	if in.EngineVersion == nil {
		in.EngineVersion = aws.String("17")
	}
	if !slices.Contains(Versions, fullVersion(*in.EngineVersion)) {
		return invalidCombination("Cannot find version " + *in.EngineVersion + " for postgres")
	}
	return nil
}

func checkStorage(in *rds.CreateDBInstanceInput) *apiError {
	kind, size := *or(in.StorageType, "gp3"), aws.ToInt32(in.AllocatedStorage)
	switch {
	case in.AllocatedStorage == nil:
		return &apiError{Code: "MissingParameter", Message: "The request must contain the parameter AllocatedStorage"}
	case !slices.Contains([]string{"gp2", "gp3", "io1", "io2", "standard"}, kind):
		return invalidValue("Invalid storage type: " + kind)
	case size < 20 || size > 65536:
		return invalidValue(fmt.Sprintf("Invalid storage size for engine name postgres and storage type %s: %d", kind, size))
	case kind == "gp3" && size < 400 && (in.Iops != nil || in.StorageThroughput != nil):
		return invalidCombination("You can't specify IOPS or storage throughput for engine postgres and a storage size less than 400.")
	case kind == "gp3" && in.Iops != nil && *in.Iops < 12000:
		return invalidValue("Invalid iops value for engine name postgres and storage type gp3: the minimum is 12000")
	case in.MaxAllocatedStorage != nil && *in.MaxAllocatedStorage < size+size/10:
		return invalidCombination("Invalid max storage size: it must be at least 10% greater than the allocated storage")
	}
	return nil
}

func checkNumbers(in *rds.CreateDBInstanceInput) *apiError {
	if d := in.BackupRetentionPeriod; d != nil && (*d < 0 || *d > 35) {
		return invalidValue(fmt.Sprintf("Invalid backup retention period: %d. Must be between 0 and 35", *d))
	}
	if p := in.Port; p != nil && (*p < 1150 || *p > 65535) {
		return invalidValue(fmt.Sprintf("Invalid port %d. Must be between 1150 and 65535", *p))
	}
	if m := in.MonitoringInterval; m != nil && !slices.Contains([]int32{0, 1, 5, 10, 15, 30, 60}, *m) {
		return invalidValue(fmt.Sprintf("Invalid monitoring interval %d", *m))
	}
	for _, l := range in.EnableCloudwatchLogsExports {
		if !slices.Contains([]string{"postgresql", "upgrade", "iam-db-auth-error"}, l) {
			return invalidCombination("You cannot use the log types '" + l + "' with engine version postgres")
		}
	}
	if v := aws.ToString(in.EngineLifecycleSupport); v != "" && v != "open-source-rds-extended-support" && v != "open-source-rds-extended-support-disabled" {
		return invalidValue("Invalid EngineLifecycleSupport " + v)
	}
	return nil
}

func checkPairs(in *rds.CreateDBInstanceInput) *apiError {
	switch {
	case in.AvailabilityZone != nil && aws.ToBool(in.MultiAZ):
		return invalidCombination("Requesting a specific availability zone is not valid for Multi-AZ instances.")
	case aws.ToInt32(in.MonitoringInterval) != 0 && in.MonitoringRoleArn == nil:
		return invalidCombination("A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.")
	case in.KmsKeyId != nil && !aws.ToBool(in.StorageEncrypted):
		return invalidCombination("A KMS key was specified, but storage encryption is not enabled.")
	case in.PerformanceInsightsRetentionPeriod != nil && !aws.ToBool(in.EnablePerformanceInsights):
		return invalidCombination("The PerformanceInsightsRetentionPeriod needs EnablePerformanceInsights.")
	}
	return nil
}

func (s *Server) checkReferences(in *rds.CreateDBInstanceInput) *apiError {
	for _, g := range in.VpcSecurityGroupIds {
		if _, ok := s.security[g]; !ok {
			return invalidValue("Invalid security group , groupId= " + g + ", groupName=.")
		}
	}
	if n := aws.ToString(in.DBParameterGroupName); n != "" && !strings.HasPrefix(n, "default.") {
		g := s.groups[n]
		if g == nil {
			return &apiError{Code: "DBParameterGroupNotFound", Status: 404, Message: "DBParameterGroup not found: " + n}
		}
		major, _, _ := strings.Cut(*in.EngineVersion, ".")
		if g.family != "postgres"+major {
			return invalidCombination("The parameter group " + n + " with DBParameterGroupFamily " + g.family + " can't be used for this instance. Use a parameter group with DBParameterGroupFamily postgres" + major + ".")
		}
	}
	return nil
}

// or returns p, or a pointer to the default if p is nil.
func or[T any](p *T, standard T) *T {
	if p != nil {
		return p
	}
	return &standard
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
