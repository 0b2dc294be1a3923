package awsfake

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

type clusterSnapshot struct {
	types.DBClusterSnapshot
	shared []string
}

// AddSnapshot adds a snapshot, whose instance need not exist, and sets who may restore it.
func (s *Server) AddSnapshot(sn types.DBSnapshot, shared ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sn.SnapshotType == nil {
		sn.SnapshotType = aws.String("manual")
	}
	s.snapshots[aws.ToString(sn.DBSnapshotIdentifier)] = &snapshot{DBSnapshot: sn, shared: shared}
}

// AddClusterSnapshot adds a snapshot of a cluster, and sets who may restore it.
func (s *Server) AddClusterSnapshot(sn types.DBClusterSnapshot, shared ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sn.SnapshotType == nil {
		sn.SnapshotType = aws.String("manual")
	}
	s.clusterSets[aws.ToString(sn.DBClusterSnapshotIdentifier)] = &clusterSnapshot{sn, shared}
}

func snapshotMissing(id *string) *apiError {
	return &apiError{Code: "DBSnapshotNotFound", Status: 404, Message: "DBSnapshot not found: " + aws.ToString(id)}
}

func (s *Server) copySnapshot(in *rds.CopyDBSnapshotInput) (*rds.CopyDBSnapshotOutput, *apiError) {
	from := s.snapshots[aws.ToString(in.SourceDBSnapshotIdentifier)]
	if from == nil {
		return nil, snapshotMissing(in.SourceDBSnapshotIdentifier)
	}
	to := from.DBSnapshot
	to.DBSnapshotIdentifier, to.Status = in.TargetDBSnapshotIdentifier, aws.String("creating")
	if in.KmsKeyId != nil {
		to.Encrypted = aws.Bool(true)
	}
	s.snapshots[*in.TargetDBSnapshotIdentifier] = &snapshot{DBSnapshot: to, until: s.now.Add(Snapshots)}
	return &rds.CopyDBSnapshotOutput{DBSnapshot: &to}, nil
}

func (s *Server) deleteSnapshot(in *rds.DeleteDBSnapshotInput) (*rds.DeleteDBSnapshotOutput, *apiError) {
	sn := s.snapshots[aws.ToString(in.DBSnapshotIdentifier)]
	if sn == nil {
		return nil, snapshotMissing(in.DBSnapshotIdentifier)
	}
	delete(s.snapshots, *in.DBSnapshotIdentifier)
	return &rds.DeleteDBSnapshotOutput{DBSnapshot: &sn.DBSnapshot}, nil
}

func withdraw(shared, add, remove []string) []string {
	shared = slices.DeleteFunc(slices.Clone(shared), func(w string) bool { return slices.Contains(remove, w) })
	return append(shared, add...)
}

func (s *Server) modifySnapshotAttribute(in *rds.ModifyDBSnapshotAttributeInput) (*rds.ModifyDBSnapshotAttributeOutput, *apiError) {
	sn := s.snapshots[aws.ToString(in.DBSnapshotIdentifier)]
	if sn == nil {
		return nil, snapshotMissing(in.DBSnapshotIdentifier)
	}
	sn.shared = withdraw(sn.shared, in.ValuesToAdd, in.ValuesToRemove)
	return &rds.ModifyDBSnapshotAttributeOutput{}, nil
}

func (s *Server) describeClusterSnapshots(in *rds.DescribeDBClusterSnapshotsInput) (*rds.DescribeDBClusterSnapshotsOutput, *apiError) {
	out := &rds.DescribeDBClusterSnapshotsOutput{}
	for _, n := range sortedKeys(s.clusterSets) {
		if sn := s.clusterSets[n]; in.SnapshotType == nil || *in.SnapshotType == *sn.SnapshotType {
			out.DBClusterSnapshots = append(out.DBClusterSnapshots, sn.DBClusterSnapshot)
		}
	}
	return out, nil
}

func (s *Server) describeClusterSnapshotAttributes(in *rds.DescribeDBClusterSnapshotAttributesInput) (*rds.DescribeDBClusterSnapshotAttributesOutput, *apiError) {
	sn := s.clusterSets[aws.ToString(in.DBClusterSnapshotIdentifier)]
	if sn == nil {
		return nil, &apiError{Code: "DBClusterSnapshotNotFoundFault", Status: 404, Message: "DBClusterSnapshot not found"}
	}
	return &rds.DescribeDBClusterSnapshotAttributesOutput{DBClusterSnapshotAttributesResult: &types.DBClusterSnapshotAttributesResult{
		DBClusterSnapshotIdentifier: in.DBClusterSnapshotIdentifier,
		DBClusterSnapshotAttributes: []types.DBClusterSnapshotAttribute{{AttributeName: aws.String("restore"), AttributeValues: sn.shared}},
	}}, nil
}

func (s *Server) modifyClusterSnapshotAttribute(in *rds.ModifyDBClusterSnapshotAttributeInput) (*rds.ModifyDBClusterSnapshotAttributeOutput, *apiError) {
	sn := s.clusterSets[aws.ToString(in.DBClusterSnapshotIdentifier)]
	if sn == nil {
		return nil, &apiError{Code: "DBClusterSnapshotNotFoundFault", Status: 404, Message: "DBClusterSnapshot not found"}
	}
	sn.shared = withdraw(sn.shared, in.ValuesToAdd, in.ValuesToRemove)
	return &rds.ModifyDBClusterSnapshotAttributeOutput{}, nil
}

func (s *Server) createSubscription(in *rds.CreateEventSubscriptionInput) (*rds.CreateEventSubscriptionOutput, *apiError) {
	if _, ok := s.Topics[aws.ToString(in.SnsTopicArn)]; !ok {
		return nil, &apiError{Code: "SNSTopicArnNotFound", Status: 404, Message: "SNS topic ARN " + aws.ToString(in.SnsTopicArn) + " does not exist"}
	}
	e := types.EventSubscription{
		CustSubscriptionId: in.SubscriptionName, SnsTopicArn: in.SnsTopicArn, SourceType: in.SourceType, EventCategoriesList: in.EventCategories,
		SourceIdsList: in.SourceIds, Enabled: or(in.Enabled, true), Status: aws.String("active"),
	}
	s.Subscriptions = append(s.Subscriptions, e)
	return &rds.CreateEventSubscriptionOutput{EventSubscription: &e}, nil
}

func (s *Server) addTags(in *rds.AddTagsToResourceInput) (*rds.AddTagsToResourceOutput, *apiError) {
	arn := aws.ToString(in.ResourceName)
	i, err := s.find(aws.String(arn[strings.LastIndexByte(arn, ':')+1:]))
	if err != nil {
		return nil, invalidValue("Invalid resource name: " + arn)
	}
	i.TagList = append(i.TagList, in.Tags...)
	return &rds.AddTagsToResourceOutput{}, nil
}

func (s *Server) modifyProxy(in *rds.ModifyDBProxyInput) (*rds.ModifyDBProxyOutput, *apiError) {
	for n := range s.Proxies {
		if aws.ToString(s.Proxies[n].DBProxyName) == aws.ToString(in.DBProxyName) {
			keep(&s.Proxies[n].RequireTLS, in.RequireTLS)
			return &rds.ModifyDBProxyOutput{DBProxy: &s.Proxies[n]}, nil
		}
	}
	return nil, &apiError{Code: "DBProxyNotFoundFault", Status: 404, Message: "DB proxy not found"}
}

func (s *Server) describeMaintenance(in *rds.DescribePendingMaintenanceActionsInput) (*rds.DescribePendingMaintenanceActionsOutput, *apiError) {
	out := &rds.DescribePendingMaintenanceActionsOutput{}
	for _, m := range s.Maintenance {
		if in.ResourceIdentifier == nil || aws.ToString(m.ResourceIdentifier) == *in.ResourceIdentifier {
			out.PendingMaintenanceActions = append(out.PendingMaintenanceActions, m)
		}
	}
	return out, nil
}

func (s *Server) applyMaintenance(in *rds.ApplyPendingMaintenanceActionInput) (*rds.ApplyPendingMaintenanceActionOutput, *apiError) {
	for n, m := range s.Maintenance {
		if aws.ToString(m.ResourceIdentifier) == aws.ToString(in.ResourceIdentifier) {
			s.Maintenance[n].PendingMaintenanceActionDetails = slices.DeleteFunc(m.PendingMaintenanceActionDetails, func(a types.PendingMaintenanceAction) bool {
				return aws.ToString(a.Action) == aws.ToString(in.ApplyAction)
			})
			return &rds.ApplyPendingMaintenanceActionOutput{}, nil
		}
	}
	return nil, &apiError{Code: "ResourceNotFoundFault", Status: 404, Message: "nothing is pending"}
}
