package awsfake

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds/ec2query"
)

type parameterGroup struct {
	name, family, description string
	values                    map[string]string
	tags                      []types.Tag
}

type subnetSet struct {
	types.DBSubnetGroup
	tags []types.Tag
}

type snapshot struct {
	types.DBSnapshot
	until  time.Time
	shared []string // the restore attribute: account numbers, or "all"
}

func (s *Server) createParameterGroup(in *rds.CreateDBParameterGroupInput) (*rds.CreateDBParameterGroupOutput, *apiError) {
	name, family := strings.ToLower(aws.ToString(in.DBParameterGroupName)), aws.ToString(in.DBParameterGroupFamily)
	if s.groups[name] != nil {
		return nil, &apiError{Code: "DBParameterGroupAlreadyExists", Message: "Parameter group " + name + " already exists"}
	}
	if !slices.ContainsFunc(Versions, func(v string) bool { return strings.HasPrefix("postgres"+v, family+".") }) {
		return nil, invalidValue("ParameterGroupFamily " + family + " is not a valid parameter group family")
	}
	s.groups[name] = &parameterGroup{name: name, family: family, description: aws.ToString(in.Description), values: map[string]string{}, tags: in.Tags}
	return &rds.CreateDBParameterGroupOutput{DBParameterGroup: &types.DBParameterGroup{DBParameterGroupName: &name, DBParameterGroupFamily: &family}}, nil
}

func (s *Server) group(name *string) (*parameterGroup, *apiError) {
	n := aws.ToString(name)
	if g := s.groups[n]; g != nil {
		return g, nil
	}
	if family, ok := strings.CutPrefix(n, "default."); ok {
		return &parameterGroup{name: n, family: family}, nil
	}
	return nil, &apiError{Code: "DBParameterGroupNotFound", Status: 404, Message: "DBParameterGroup not found: " + n}
}

func (s *Server) modifyParameterGroup(in *rds.ModifyDBParameterGroupInput) (*rds.ModifyDBParameterGroupOutput, *apiError) {
	g, err := s.group(in.DBParameterGroupName)
	if err != nil {
		return nil, err
	}
	if g.values == nil {
		return nil, invalidValue("Cannot modify a default parameter group.")
	}
	if len(in.Parameters) == 0 || len(in.Parameters) > 20 {
		return nil, invalidValue("Between 1 and 20 parameters can be modified in a single request.")
	}
	static := []string{"shared_preload_libraries", "max_connections"}
	for _, p := range in.Parameters {
		if p.ApplyMethod == types.ApplyMethodImmediate && slices.Contains(static, *p.ParameterName) {
			return nil, invalidCombination("cannot use immediate apply method for static parameter " + *p.ParameterName)
		}
		g.values[*p.ParameterName] = aws.ToString(p.ParameterValue)
	}
	return &rds.ModifyDBParameterGroupOutput{DBParameterGroupName: &g.name}, nil
}

func (s *Server) describeParameterGroups(in *rds.DescribeDBParameterGroupsInput) (*rds.DescribeDBParameterGroupsOutput, *apiError) {
	out := &rds.DescribeDBParameterGroupsOutput{}
	if in.DBParameterGroupName != nil {
		g, err := s.group(in.DBParameterGroupName)
		if err != nil {
			return nil, err
		}
		out.DBParameterGroups = append(out.DBParameterGroups, types.DBParameterGroup{DBParameterGroupName: &g.name, DBParameterGroupFamily: &g.family, Description: &g.description})
		return out, nil
	}
	for _, n := range sortedKeys(s.groups) {
		g := s.groups[n]
		out.DBParameterGroups = append(out.DBParameterGroups, types.DBParameterGroup{DBParameterGroupName: &g.name, DBParameterGroupFamily: &g.family, Description: &g.description})
	}
	return out, nil
}

func (s *Server) deleteParameterGroup(in *rds.DeleteDBParameterGroupInput) (*rds.DeleteDBParameterGroupOutput, *apiError) {
	g, err := s.group(in.DBParameterGroupName)
	if err != nil {
		return nil, err
	}
	for _, i := range s.instances {
		if len(i.DBParameterGroups) > 0 && *i.DBParameterGroups[0].DBParameterGroupName == g.name {
			return nil, &apiError{Code: "InvalidDBParameterGroupState", Message: "One or more database instances are still members of this parameter group " + g.name}
		}
	}
	delete(s.groups, g.name)
	return &rds.DeleteDBParameterGroupOutput{}, nil
}

func (s *Server) deleteSubnetGroup(in *rds.DeleteDBSubnetGroupInput) (*rds.DeleteDBSubnetGroupOutput, *apiError) {
	name := aws.ToString(in.DBSubnetGroupName)
	if s.subnetSets[name] == nil {
		return nil, &apiError{Code: "DBSubnetGroupNotFoundFault", Status: 404, Message: "DB subnet group '" + name + "' does not exist."}
	}
	for _, i := range s.instances {
		if i.DBSubnetGroup != nil && *i.DBSubnetGroup.DBSubnetGroupName == name {
			return nil, &apiError{Code: "InvalidDBSubnetGroupStateFault", Message: "Cannot delete the subnet group '" + name + "' because at least one database instance is still using it."}
		}
	}
	delete(s.subnetSets, name)
	return &rds.DeleteDBSubnetGroupOutput{}, nil
}

// describeParameters answers in two pages, so that a caller that ignores the marker fails its test.
func (s *Server) describeParameters(in *rds.DescribeDBParametersInput) (*rds.DescribeDBParametersOutput, *apiError) {
	g, err := s.group(in.DBParameterGroupName)
	if err != nil {
		return nil, err
	}
	if in.Marker == nil {
		return &rds.DescribeDBParametersOutput{Marker: aws.String("2"), Parameters: []types.Parameter{
			{ParameterName: aws.String("application_name"), Source: aws.String("engine-default")},
		}}, nil
	}
	forced := "0"
	if family := strings.TrimPrefix(g.family, "postgres"); family >= "15" {
		forced = "1"
	}
	values := map[string]string{"rds.force_ssl": forced}
	for k, v := range g.values {
		values[k] = v
	}
	out := &rds.DescribeDBParametersOutput{}
	for _, k := range sortedKeys(values) {
		source := "system"
		if _, ok := g.values[k]; ok {
			source = "user"
		}
		if in.Source != nil && *in.Source != source {
			continue
		}
		out.Parameters = append(out.Parameters, types.Parameter{ParameterName: aws.String(k), ParameterValue: aws.String(values[k]), Source: &source})
	}
	return out, nil
}

func (s *Server) createSubnetGroup(in *rds.CreateDBSubnetGroupInput) (*rds.CreateDBSubnetGroupOutput, *apiError) {
	name := strings.ToLower(aws.ToString(in.DBSubnetGroupName))
	if s.subnetSets[name] != nil {
		return nil, &apiError{Code: "DBSubnetGroupAlreadyExists", Message: "The DB subnet group already exists."}
	}
	set, err := s.newSubnetSet(name, in.SubnetIds)
	if err != nil {
		return nil, err
	}
	set.DBSubnetGroupDescription, set.tags = in.DBSubnetGroupDescription, in.Tags
	s.subnetSets[name] = set
	return &rds.CreateDBSubnetGroupOutput{DBSubnetGroup: &set.DBSubnetGroup}, nil
}

func (s *Server) newSubnetSet(name string, ids []string) (*subnetSet, *apiError) {
	set := &subnetSet{DBSubnetGroup: types.DBSubnetGroup{DBSubnetGroupName: &name, SubnetGroupStatus: aws.String("Complete")}}
	zones := map[string]bool{}
	for _, id := range ids {
		i := slices.IndexFunc(s.Subnets, func(n ec2query.Subnet) bool { return n.ID == id })
		if i < 0 {
			return nil, &apiError{Code: "InvalidSubnet", Message: "The subnet ID '" + id + "' does not exist"}
		}
		n := s.Subnets[i]
		if set.VpcId != nil && *set.VpcId != n.VpcID {
			return nil, &apiError{Code: "InvalidSubnet", Message: "Subnets are in different VPCs"}
		}
		set.VpcId = &n.VpcID
		zones[n.Zone] = true
		set.Subnets = append(set.Subnets, types.Subnet{SubnetIdentifier: &n.ID, SubnetStatus: aws.String("Active"), SubnetAvailabilityZone: &types.AvailabilityZone{Name: &n.Zone}})
	}
	if len(zones) < 2 {
		return nil, &apiError{Code: "DBSubnetGroupDoesNotCoverEnoughAZs", Message: "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage is less than 2."}
	}
	return set, nil
}

func (s *Server) describeSubnetGroups(in *rds.DescribeDBSubnetGroupsInput) (*rds.DescribeDBSubnetGroupsOutput, *apiError) {
	out := &rds.DescribeDBSubnetGroupsOutput{}
	if in.DBSubnetGroupName != nil {
		set := s.subnetSets[*in.DBSubnetGroupName]
		if set == nil {
			return nil, &apiError{Code: "DBSubnetGroupNotFoundFault", Status: 404, Message: "DB subnet group '" + *in.DBSubnetGroupName + "' does not exist."}
		}
		out.DBSubnetGroups = append(out.DBSubnetGroups, set.DBSubnetGroup)
		return out, nil
	}
	for _, n := range sortedKeys(s.subnetSets) {
		out.DBSubnetGroups = append(out.DBSubnetGroups, s.subnetSets[n].DBSubnetGroup)
	}
	return out, nil
}

func (s *Server) snap(name string, i *instance) *apiError {
	if s.snapshots[name] != nil {
		return &apiError{Code: "DBSnapshotAlreadyExists", Message: "Cannot create the snapshot because a snapshot with the identifier " + name + " already exists."}
	}
	sn := types.DBSnapshot{
		DBSnapshotIdentifier: &name, DBInstanceIdentifier: i.DBInstanceIdentifier, Status: aws.String("creating"), Encrypted: i.StorageEncrypted,
		SnapshotCreateTime: aws.Time(s.now), SnapshotType: aws.String("manual"), AllocatedStorage: i.AllocatedStorage,
		DBSnapshotArn: aws.String("arn:aws:rds:" + Region + ":" + Account + ":snapshot:" + name),
	}
	if aws.ToBool(i.CopyTagsToSnapshot) {
		sn.TagList = i.TagList
	}
	s.snapshots[name] = &snapshot{DBSnapshot: sn, until: s.now.Add(Snapshots)}
	return nil
}

// Share sets who may restore a snapshot.
func (s *Server) Share(name string, accounts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshots[name].shared = accounts
}

func (s *Server) createSnapshot(in *rds.CreateDBSnapshotInput) (*rds.CreateDBSnapshotOutput, *apiError) {
	i, err := s.find(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"available", "storage-optimization", "stopped"}, *i.DBInstanceStatus) {
		return nil, wrongState(i)
	}
	if !identifier.MatchString(aws.ToString(in.DBSnapshotIdentifier)) {
		return nil, invalidValue("The parameter DBSnapshotIdentifier is not a valid identifier.")
	}
	if err := s.snap(*in.DBSnapshotIdentifier, i); err != nil {
		return nil, err
	}
	return &rds.CreateDBSnapshotOutput{DBSnapshot: &s.snapshots[*in.DBSnapshotIdentifier].DBSnapshot}, nil
}

func (s *Server) describeSnapshots(in *rds.DescribeDBSnapshotsInput) (*rds.DescribeDBSnapshotsOutput, *apiError) {
	out := &rds.DescribeDBSnapshotsOutput{}
	for _, n := range sortedKeys(s.snapshots) {
		sn := s.snapshots[n]
		if want := aws.ToString(in.SnapshotType); want != "" && want != aws.ToString(sn.SnapshotType) || want == "" && aws.ToString(sn.SnapshotType) == "awsbackup" && in.DBSnapshotIdentifier == nil {
			continue
		}
		if in.DBSnapshotIdentifier != nil && *in.DBSnapshotIdentifier != n || in.DBInstanceIdentifier != nil && *in.DBInstanceIdentifier != aws.ToString(sn.DBInstanceIdentifier) {
			continue
		}
		out.DBSnapshots = append(out.DBSnapshots, sn.DBSnapshot)
	}
	if in.DBSnapshotIdentifier != nil && len(out.DBSnapshots) == 0 {
		return nil, &apiError{Code: "DBSnapshotNotFound", Status: 404, Message: "DBSnapshot not found: " + *in.DBSnapshotIdentifier}
	}
	return out, nil
}

func (s *Server) describeSnapshotAttributes(in *rds.DescribeDBSnapshotAttributesInput) (*rds.DescribeDBSnapshotAttributesOutput, *apiError) {
	sn := s.snapshots[aws.ToString(in.DBSnapshotIdentifier)]
	if sn == nil {
		return nil, &apiError{Code: "DBSnapshotNotFound", Status: 404, Message: "DBSnapshot not found"}
	}
	return &rds.DescribeDBSnapshotAttributesOutput{DBSnapshotAttributesResult: &types.DBSnapshotAttributesResult{
		DBSnapshotIdentifier: in.DBSnapshotIdentifier,
		DBSnapshotAttributes: []types.DBSnapshotAttribute{{AttributeName: aws.String("restore"), AttributeValues: sn.shared}},
	}}, nil
}

func (s *Server) describeEvents(in *rds.DescribeEventsInput) (*rds.DescribeEventsOutput, *apiError) {
	if in.SourceIdentifier != nil && in.SourceType == "" {
		return nil, invalidCombination("SourceType must be given with SourceIdentifier.")
	}
	out := &rds.DescribeEventsOutput{}
	since := s.now.Add(-time.Hour)
	if in.StartTime != nil {
		since = *in.StartTime
	}
	for _, e := range s.events {
		if (in.SourceIdentifier == nil || e.source == *in.SourceIdentifier) && !e.Date.Before(since) {
			out.Events = append(out.Events, e.Event)
		}
	}
	return out, nil
}

func (s *Server) describeEngineVersions(in *rds.DescribeDBEngineVersionsInput) (*rds.DescribeDBEngineVersionsOutput, *apiError) {
	out := &rds.DescribeDBEngineVersionsOutput{}
	for _, v := range Versions {
		major, _, _ := strings.Cut(v, ".")
		if want := aws.ToString(in.EngineVersion); want != "" && want != v && want != major {
			continue
		}
		if aws.ToBool(in.DefaultOnly) && v != fullVersion(major) || aws.ToBool(in.DefaultOnly) && aws.ToString(in.EngineVersion) == "" && major != "17" {
			continue
		}
		out.DBEngineVersions = append(out.DBEngineVersions, types.DBEngineVersion{
			Engine: aws.String("postgres"), EngineVersion: aws.String(v), MajorEngineVersion: aws.String(major), Status: aws.String("available"),
			DBParameterGroupFamily: aws.String("postgres" + major), ValidUpgradeTarget: targets(v),
		})
	}
	return out, nil
}

// targets are the newer versions, oldest first, as AWS lists them.
func targets(from string) []types.UpgradeTarget {
	var all []types.UpgradeTarget
	for _, v := range Versions[slices.Index(Versions, from)+1:] {
		all = append(all, types.UpgradeTarget{Engine: aws.String("postgres"), EngineVersion: aws.String(v)})
	}
	return all
}

func (s *Server) describeMajorEngineVersions(*rds.DescribeDBMajorEngineVersionsInput) (*rds.DescribeDBMajorEngineVersionsOutput, *apiError) {
	out := &rds.DescribeDBMajorEngineVersionsOutput{}
	for year, major := range []string{"13", "14", "15", "16", "17", "18"} {
		out.DBMajorEngineVersions = append(out.DBMajorEngineVersions, types.DBMajorEngineVersion{
			Engine: aws.String("postgres"), MajorEngineVersion: aws.String(major),
			SupportedEngineLifecycles: []types.SupportedEngineLifecycle{{
				LifecycleSupportName:    types.LifecycleSupportNameOpenSourceRdsStandardSupport,
				LifecycleSupportEndDate: aws.Time(time.Date(2026+year, 2, 28, 0, 0, 0, 0, time.UTC)),
			}},
		})
	}
	return out, nil
}

func (s *Server) describeOrderable(in *rds.DescribeOrderableDBInstanceOptionsInput) (*rds.DescribeOrderableDBInstanceOptionsOutput, *apiError) {
	out := &rds.DescribeOrderableDBInstanceOptionsOutput{}
	for _, c := range Classes {
		if in.DBInstanceClass != nil && *in.DBInstanceClass != c {
			continue
		}
		for _, kind := range []string{"gp2", "gp3", "io2"} {
			out.OrderableDBInstanceOptions = append(out.OrderableDBInstanceOptions, types.OrderableDBInstanceOption{
				Engine: in.Engine, EngineVersion: in.EngineVersion, DBInstanceClass: aws.String(c), StorageType: aws.String(kind),
				MultiAZCapable: aws.Bool(true), SupportsStorageEncryption: aws.Bool(true), SupportsIAMDatabaseAuthentication: aws.Bool(true),
				MinStorageSize: aws.Int32(20), MaxStorageSize: aws.Int32(65536),
				AvailabilityZones: []types.AvailabilityZone{{Name: aws.String(Region + "a")}, {Name: aws.String(Region + "b")}},
			})
		}
	}
	return out, nil
}
