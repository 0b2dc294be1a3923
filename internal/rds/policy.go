package rds

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// PolicyDoc is a policy to print.
type PolicyDoc struct {
	Name string
	Kind string // SCP (for an organisation) or IAM
	Help string
}

// PolicyValues are the values that are filled into a policy.
type PolicyValues struct {
	Regions    []string // for region-lock
	Partition  string   // aws, aws-cn …; "" means aws
	Region     string
	Account    string
	ResourceID string // the instance's DbiResourceId, for connect; "" means every instance
	User       string // the database role, for connect
}

// Policies lists what [Policy] can print.
var Policies = []PolicyDoc{
	{"region-lock", "SCP", "no database outside of the allowed regions"},
	{"encryption", "SCP", "no unencrypted database, no public one, no shared snapshot"},
	{"deletion", "SCP", "no deletion of a production database, nor of its backups, but by a break-glass role"},
	{"tool", "IAM", "the least that cruddur rds itself needs"},
	{"audit", "IAM", "the least that cruddur rds audit and status need: reading only"},
	{"remedies", "IAM", "what the commands need that cruddur rds audit prints, beside those of this tool"},
	{"connect", "IAM", "to connect with IAM tokens as one database role"},
}

type statement struct {
	Sid       string
	Effect    string
	NotAction []string       `json:",omitempty"`
	Action    []string       `json:",omitempty"`
	Resource  []string       `json:",omitempty"`
	Condition map[string]any `json:",omitempty"`
}

// reads are the actions that only read.
var reads = []string{
	"rds:DescribeDBInstances", "rds:DescribeDBEngineVersions", "rds:DescribeDBMajorEngineVersions", "rds:DescribeOrderableDBInstanceOptions",
	"rds:DescribeDBSubnetGroups", "rds:DescribeDBParameters", "rds:DescribeDBParameterGroups", "rds:DescribeEvents", "rds:DescribeEventSubscriptions", "rds:DescribeDBSnapshots",
	"rds:DescribeDBSnapshotAttributes", "rds:DescribePendingMaintenanceActions", "rds:DescribeDBProxies",
	"rds:DescribeDBClusters", "rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshotAttributes", "rds:DescribeDBInstanceAutomatedBackups",
	"ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules", "ec2:GetManagedPrefixListEntries",
	"kms:DescribeKey", "secretsmanager:DescribeSecret", "logs:DescribeLogGroups", "logs:DescribeMetricFilters", "events:ListRules", "events:ListTargetsByRule",
	"cloudwatch:GetMetricStatistics", "cloudwatch:DescribeAlarmsForMetric", "sns:ListSubscriptionsByTopic", "sqs:GetQueueUrl",
	"backup:ListProtectedResources", "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors",
	"guardduty:ListDetectors", "guardduty:GetDetector", "organizations:ListPolicies", "lambda:GetFunctionConfiguration", "lambda:GetPolicy",
}

// Policy returns a policy document as indented JSON.
func Policy(name string, v PolicyValues) (string, error) {
	var statements []statement
	switch name {
	case "region-lock":
		if len(v.Regions) == 0 {
			return "", invalidf("region-lock: which regions? --allow-region eu-central-1")
		}
		statements = regionLock(v.Regions)
	case "encryption":
		statements = encryptionPolicy()
	case "deletion":
		statements = deletionPolicy()
	case "audit":
		statements = []statement{{Sid: "Look", Effect: "Allow", Action: reads, Resource: []string{"*"}}}
	case "tool":
		statements = toolPolicy(v)
	case "remedies":
		statements = remedyPolicy()
	case "connect":
		if v.User == "" {
			return "", invalidf("connect: as which database role? --user cruddur_app")
		}
		statements = []statement{{
			Sid: "ConnectWithTokens", Effect: "Allow", Action: []string{"rds-db:connect"},
			Resource: []string{v.arn("rds-db", "dbuser:"+cmp.Or(v.ResourceID, "*")+"/"+v.User)},
		}}
	default:
		var names []string
		for _, p := range Policies {
			names = append(names, p.Name)
		}
		return "", invalidf("no policy is called %q; there are %s", name, strings.Join(names, ", "))
	}
	b, err := json.MarshalIndent(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements}, "", "  ")
	return string(b) + "\n", err
}

func (v PolicyValues) arn(service, rest string) string {
	return "arn:" + cmp.Or(v.Partition, "aws") + ":" + service + ":" + cmp.Or(v.Region, "*") + ":" + cmp.Or(v.Account, "*") + ":" + rest
}

func regionLock(regions []string) []statement {
	regions = slices.Sorted(slices.Values(regions))
	return []statement{{
		Sid: "DatabasesOnlyInAllowedRegions", Effect: "Deny", Action: []string{"rds:*", "rds-db:*"}, Resource: []string{"*"},
		Condition: map[string]any{"StringNotEquals": map[string]any{"aws:RequestedRegion": regions}},
	}}
}

func encryptionPolicy() []statement {
	all := []string{"*"}
	return []statement{
		{
			Sid: "NoUnencryptedDatabase", Effect: "Deny", Action: []string{"rds:CreateDBInstance"}, Resource: all,
			Condition: map[string]any{"BoolIfExists": map[string]any{"rds:StorageEncrypted": "false"}},
		},
		// A missing PubliclyAccessible may mean true, so a creation must set it to false.
		{
			Sid: "NewDatabaseSaysNotPublic", Effect: "Deny", Action: []string{"rds:CreateDBInstance"}, Resource: all,
			Condition: map[string]any{"BoolIfExists": map[string]any{"rds:PubliclyAccessible": "true"}},
		},
		{
			Sid: "NoDatabaseBecomesPublic", Effect: "Deny", Action: []string{"rds:ModifyDBInstance"}, Resource: all,
			Condition: map[string]any{"Bool": map[string]any{"rds:PubliclyAccessible": "true"}},
		},
		{Sid: "NoSharedSnapshot", Effect: "Deny", Action: []string{"rds:ModifyDBSnapshotAttribute"}, Resource: all},
	}
}

func deletionPolicy() []statement {
	return []statement{{
		Sid: "NoDeletionOfProduction", Effect: "Deny",
		Action:   []string{"rds:DeleteDBInstance", "rds:DeleteDBSnapshot", "rds:DeleteDBInstanceAutomatedBackup"},
		Resource: []string{"*"},
		Condition: map[string]any{
			"StringEquals":       map[string]any{"aws:ResourceTag/" + tagProfile: string(Prod)},
			"ArnNotLikeIfExists": map[string]any{"aws:PrincipalArn": "arn:*:iam::*:role/break-glass"},
		},
	}, {
		Sid: "NoRemovalOfTheTagThatProtects", Effect: "Deny", Action: []string{"rds:RemoveTagsFromResource", "rds:AddTagsToResource"}, Resource: []string{"*"},
		Condition: map[string]any{
			"ForAnyValue:StringEquals": map[string]any{"aws:TagKeys": []string{tagProfile}},
			"StringEquals":             map[string]any{"aws:ResourceTag/" + tagProfile: string(Prod)},
			"ArnNotLikeIfExists":       map[string]any{"aws:PrincipalArn": "arn:*:iam::*:role/break-glass"},
		},
	}}
}

func toolPolicy(v PolicyValues) []statement {
	ours := map[string]any{"StringEquals": map[string]any{"aws:ResourceTag/app": "cruddur"}}
	changes := []string{"rds:ModifyDBInstance", "rds:StopDBInstance", "rds:StartDBInstance", "rds:DeleteDBInstance"}
	return []statement{
		{Sid: "Look", Effect: "Allow", Action: reads, Resource: []string{"*"}},
		{
			Sid: "Make", Effect: "Allow", Action: []string{"rds:CreateDBInstance", "rds:CreateDBSubnetGroup", "rds:CreateDBParameterGroup", "rds:CreateDBSnapshot", "rds:AddTagsToResource"},
			Resource: []string{v.arn("rds", "db:*"), v.arn("rds", "subgrp:*"), v.arn("rds", "pg:*"), v.arn("rds", "snapshot:*"), v.arn("rds", "og:*")},
		},
		{Sid: "ChangeOurs", Effect: "Allow", Action: changes, Resource: []string{v.arn("rds", "db:*")}, Condition: ours},
		// The same calls are also authorised on the other resources in the request; AWS's option groups and snapshots
		// in creation have no tag.
		{
			Sid: "ChangeBeside", Effect: "Allow", Action: append(changes, "rds:ModifyDBParameterGroup"),
			Resource: []string{v.arn("rds", "pg:*"), v.arn("rds", "subgrp:*"), v.arn("rds", "og:*"), v.arn("rds", "snapshot:*"), v.arn("rds", "secgrp:*")},
		},
		{
			Sid: "CleanUpOurs", Effect: "Allow", Action: []string{"rds:DeleteDBSubnetGroup", "rds:DeleteDBParameterGroup", "ec2:DeleteSecurityGroup"},
			Resource: []string{v.arn("rds", "subgrp:*"), v.arn("rds", "pg:*"), v.arn("ec2", "security-group/*")}, Condition: ours,
		},
		{Sid: "MakeTheDoor", Effect: "Allow", Action: []string{"ec2:CreateSecurityGroup"}, Resource: []string{v.arn("ec2", "security-group/*"), v.arn("ec2", "vpc/*")}},
		{Sid: "TagTheDoor", Effect: "Allow", Action: []string{"ec2:CreateTags"}, Resource: []string{v.arn("ec2", "security-group/*"), v.arn("ec2", "security-group-rule/*")}},
		{
			Sid: "OpenAndCloseTheDoor", Effect: "Allow", Action: []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:ModifySecurityGroupRules", "ec2:RevokeSecurityGroupIngress"},
			Resource: []string{v.arn("ec2", "security-group/*"), v.arn("ec2", "security-group-rule/*")},
		},
		{
			Sid: "MasterSecret", Effect: "Allow", Action: []string{"secretsmanager:CreateSecret", "secretsmanager:TagResource", "secretsmanager:GetSecretValue", "secretsmanager:RotateSecret"},
			Resource: []string{v.arn("secretsmanager", "secret:rds!*")},
		},
		{
			Sid: "FirstUseOfRDS", Effect: "Allow", Action: []string{"iam:CreateServiceLinkedRole"}, Resource: []string{"*"},
			Condition: map[string]any{"StringEquals": map[string]any{"iam:AWSServiceName": "rds.amazonaws.com"}},
		},
		{
			Sid: "MonitoringRole", Effect: "Allow", Action: []string{"iam:PassRole"}, Resource: []string{"*"},
			Condition: map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "monitoring.rds.amazonaws.com"}},
		},
	}
}

// remedyPolicy is the policy for applying the audit's remedies. Anybody may have created the resources, so it names
// actions and not resources: attach it only while the remedies are applied.
func remedyPolicy() []statement {
	all := []string{"*"}
	return []statement{
		{Sid: "WaitAndSee", Effect: "Allow", Resource: all, Action: []string{"rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:DescribeEvents", "kms:DescribeKey"}},
		{Sid: "MendDatabases", Effect: "Allow", Resource: all, Action: []string{
			"rds:ModifyDBInstance", "rds:RebootDBInstance", "rds:CreateDBParameterGroup", "rds:ModifyDBParameterGroup", "rds:ApplyPendingMaintenanceAction",
			"rds:AddTagsToResource", "rds:CopyDBSnapshot", "rds:DeleteDBSnapshot", "rds:ModifyDBSnapshotAttribute", "rds:ModifyDBClusterSnapshotAttribute",
			"rds:ModifyDBProxy", "rds:CreateEventSubscription",
		}},
		{Sid: "MendTheNetwork", Effect: "Allow", Resource: all, Action: []string{
			"ec2:CreateSecurityGroup", "ec2:RevokeSecurityGroupIngress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress", "ec2:AssociateRouteTable", "ec2:ReplaceRouteTableAssociation",
		}},
		{Sid: "MendKeysAndSecrets", Effect: "Allow", Resource: all, Action: []string{
			"kms:CancelKeyDeletion", "kms:EnableKey", "kms:CreateGrant", "secretsmanager:CreateSecret", "secretsmanager:TagResource", "secretsmanager:RotateSecret", "secretsmanager:RestoreSecret",
		}},
		{Sid: "MendWhatWatches", Effect: "Allow", Resource: all, Action: []string{
			"cloudtrail:CreateTrail", "cloudtrail:UpdateTrail", "cloudtrail:StartLogging", "cloudtrail:PutEventSelectors", "events:PutRule", "events:PutTargets",
			"sns:Subscribe", "logs:PutRetentionPolicy", "guardduty:CreateDetector", "guardduty:UpdateDetector", "backup:CreateBackupSelection", "backup:StartBackupJob",
			"lambda:AddPermission", "lambda:RemovePermission",
		}},
		{
			Sid: "HandRolesOver", Effect: "Allow", Action: []string{"iam:PassRole"}, Resource: all,
			Condition: map[string]any{"StringEquals": map[string]any{"iam:PassedToService": []string{"monitoring.rds.amazonaws.com", "backup.amazonaws.com"}}},
		},
		{
			Sid: "FirstUseOfGuardDuty", Effect: "Allow", Action: []string{"iam:CreateServiceLinkedRole"}, Resource: all,
			Condition: map[string]any{"StringEquals": map[string]any{"iam:AWSServiceName": "guardduty.amazonaws.com"}},
		},
	}
}
