package awsfake

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds/ec2query"
)

// AllowOnly refuses every action that none of the policies (IAM policies as JSON) allows. It checks only conditions
// on the tag "app", and ignores resources.
func (s *Server) AllowOnly(policies ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed = nil
	for _, text := range policies {
		var doc struct {
			Statement []struct {
				Effect    string
				Action    []string
				Condition struct{ StringEquals map[string]any }
			}
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			panic(err)
		}
		for _, st := range doc.Statement {
			if st.Effect == "Allow" {
				tag, _ := st.Condition.StringEquals["aws:ResourceTag/app"].(string)
				s.allowed = append(s.allowed, permission{st.Action, tag})
			}
		}
	}
}

// permission is a list of action patterns; tag, if not "", is the required value of the resource's tag "app".
type permission struct {
	actions []string
	tag     string
}

func (s *Server) allows(call Call) bool {
	if call.Service == "sts" || len(s.allowed) == 0 { // everybody may ask for their own identity
		return true
	}
	return slices.ContainsFunc(s.allowed, func(p permission) bool {
		return (p.tag == "" || !s.tagged(call) || s.appTag(call) == p.tag) && slices.ContainsFunc(p.actions, func(pattern string) bool {
			ok, _ := path.Match(strings.ToLower(pattern), strings.ToLower(call.iam()))
			return ok
		})
	})
}

// tagged reports whether the fake knows the tags of the resource in a call.
func (s *Server) tagged(call Call) bool {
	return slices.Contains([]string{"DeleteDBSubnetGroup", "DeleteDBParameterGroup", "DeleteSecurityGroup", "DeleteDBInstance", "ModifyDBInstance", "StartDBInstance", "StopDBInstance"}, call.Action)
}

// appTag returns the tag "app" of the resource in a call.
func (s *Server) appTag(call Call) string {
	if g, ok := s.security[call.Params.Get("GroupId")]; ok {
		return ec2query.TagOf(g.Tags, "app")
	}
	var tags []types.Tag
	if g := s.groups[call.Params.Get("DBParameterGroupName")]; g != nil && call.Action == "DeleteDBParameterGroup" {
		tags = g.tags
	} else if g := s.subnetSets[call.Params.Get("DBSubnetGroupName")]; g != nil && call.Action == "DeleteDBSubnetGroup" {
		tags = g.tags
	} else if i := s.instances[call.Params.Get("DBInstanceIdentifier")]; i != nil {
		tags = i.TagList
	}
	for _, t := range tags {
		if *t.Key == "app" {
			return *t.Value
		}
	}
	return ""
}

// iam returns the IAM action that a call needs.
func (c Call) iam() string {
	if c.Service == "monitoring" {
		return "cloudwatch:" + c.Action
	}
	return c.Service + ":" + c.Action
}

// trailAnswer answers for CloudTrail.
func (s *Server) trailAnswer(_ *http.Request, call Call, in map[string]any) (any, *apiError) {
	if call.Service != "cloudtrail" {
		return nil, nil
	}
	find := func(name string) (map[string]any, *apiError) {
		for _, t := range s.Trails {
			if t["Name"] == name || t["TrailARN"] == name {
				return t, nil
			}
		}
		return nil, &apiError{Code: "TrailNotFoundException", Message: "Unknown trail: " + name}
	}
	if call.Action == "DescribeTrails" {
		return map[string]any{"trailList": s.Trails}, nil
	}
	if call.Action == "CreateTrail" {
		return s.createTrail(in), nil
	}
	name := text(in, "Name")
	if name == "" {
		name = text(in, "TrailName")
	}
	t, apiErr := find(name)
	if apiErr != nil {
		return nil, apiErr
	}
	switch call.Action {
	case "GetTrailStatus":
		out := map[string]any{"IsLogging": s.TrailLogging, "LatestDeliveryTime": s.now.Unix() - 300, "StartLoggingTime": s.now.Unix() - 86400*30}
		maps.Copy(out, s.TrailStatus)
		return out, nil
	case "GetEventSelectors":
		if s.TrailAdvanced != nil {
			return map[string]any{"AdvancedEventSelectors": s.TrailAdvanced}, nil
		}
		return map[string]any{"EventSelectors": s.TrailSelectors}, nil
	case "StartLogging":
		s.TrailLogging = true
		return map[string]any{}, nil
	case "UpdateTrail":
		for from, to := range map[string]string{"IsMultiRegionTrail": "IsMultiRegionTrail", "EnableLogFileValidation": "LogFileValidationEnabled"} {
			if v, ok := in[from]; ok {
				t[to] = v
			}
		}
		return t, nil
	case "PutEventSelectors":
		s.TrailAdvanced, s.TrailSelectors = nil, nil
		for _, e := range in["EventSelectors"].([]any) {
			s.TrailSelectors = append(s.TrailSelectors, e.(map[string]any))
		}
		return map[string]any{"TrailARN": t["TrailARN"]}, nil
	}
	return nil, nil
}

func (s *Server) createTrail(in map[string]any) map[string]any {
	t := map[string]any{
		"Name": in["Name"], "TrailARN": "arn:aws:cloudtrail:" + Region + ":" + Account + ":trail/" + text(in, "Name"), "S3BucketName": in["S3BucketName"],
		"IsMultiRegionTrail": in["IsMultiRegionTrail"] == true, "LogFileValidationEnabled": in["EnableLogFileValidation"] == true, "HomeRegion": Region,
	}
	s.Trails = append(s.Trails, t)
	s.TrailLogging, s.TrailSelectors = false, []map[string]any{{"IncludeManagementEvents": true, "ReadWriteType": "All"}}
	return t
}

// watchAnswer answers for EventBridge, GuardDuty and CloudWatch Logs.
func (s *Server) watchAnswer(r *http.Request, call Call, in map[string]any) (any, *apiError) {
	switch call.Service + ":" + call.Action {
	case "events:ListRules":
		return map[string]any{"Rules": s.EventRules}, nil
	case "events:ListTargetsByRule":
		targets := []any{}
		for i, arn := range s.Targets[text(in, "Rule")] {
			targets = append(targets, map[string]any{"Id": fmt.Sprint(i), "Arn": arn})
		}
		return map[string]any{"Targets": targets}, nil
	case "events:PutRule":
		s.EventRules = append(s.EventRules, map[string]any{"Name": in["Name"], "State": "ENABLED", "EventPattern": in["EventPattern"]})
		return map[string]any{"RuleArn": "arn:aws:events:" + Region + ":" + Account + ":rule/" + text(in, "Name")}, nil
	case "events:PutTargets":
		for _, t := range in["Targets"].([]any) {
			s.Targets[text(in, "Rule")] = append(s.Targets[text(in, "Rule")], text(t.(map[string]any), "Arn"))
		}
		return map[string]any{"FailedEntryCount": 0}, nil
	case "guardduty:ListDetectors":
		return map[string]any{"detectorIds": sortedKeys(s.Detectors)}, nil
	case "guardduty:CreateDetector":
		if len(s.Detectors) > 0 {
			return nil, &apiError{Code: "BadRequestException", Message: "The request is rejected because a detector already exists for the current account."}
		}
		s.Detectors = map[string]map[string]any{"d0": {}}
		s.setDetector(s.Detectors["d0"], in)
		return map[string]any{"detectorId": "d0"}, nil
	case "guardduty:GetDetector", "guardduty:UpdateDetector":
		d := s.Detectors[strings.TrimPrefix(r.URL.Path, "/detector/")]
		if d == nil {
			return nil, &apiError{Code: "BadRequestException", Message: "The request is rejected because the input detectorId is not owned by the current account."}
		}
		if call.Action == "UpdateDetector" {
			s.setDetector(d, in)
			return map[string]any{}, nil
		}
		return d, nil
	case "logs:DescribeLogGroups":
		return s.logGroups(text(in, "logGroupNamePrefix")), nil
	case "logs:PutRetentionPolicy":
		days, _ := in["retentionInDays"].(float64)
		s.LogRetention = int(days)
		return map[string]any{}, nil
	case "logs:DescribeMetricFilters":
		return map[string]any{"metricFilters": s.MetricFilters}, nil
	}
	return nil, nil
}

func (s *Server) setDetector(d, in map[string]any) {
	d["status"] = "DISABLED"
	if in["enable"] == true {
		d["status"] = "ENABLED"
	}
	if f, ok := in["features"]; ok {
		d["features"] = f
	}
}

// logGroups returns one log group per instance, and those in LogGroups.
func (s *Server) logGroups(prefix string) map[string]any {
	names := slices.DeleteFunc(slices.Clone(s.LogGroups), func(n string) bool { return !strings.HasPrefix(n, prefix) })
	if strings.HasPrefix(prefix, "/aws/rds/instance/") {
		names = append(names, strings.TrimSuffix(prefix, "/")+"/postgresql")
	}
	groups := []any{}
	for _, n := range names {
		g := map[string]any{"logGroupName": n}
		if s.LogRetention > 0 {
			g["retentionInDays"] = s.LogRetention
		}
		groups = append(groups, g)
	}
	return map[string]any{"logGroups": groups}
}

// changeAnswer answers the changes by the audit's remedies in other services.
func (s *Server) changeAnswer(r *http.Request, call Call, in map[string]any) (any, *apiError) {
	switch call.Service + ":" + call.Action {
	case "kms:CancelKeyDeletion":
		s.KeyStates[text(in, "KeyId")] = "Disabled"
		return map[string]any{"KeyId": in["KeyId"]}, nil
	case "kms:EnableKey":
		if s.KeyStates[text(in, "KeyId")] == "PendingDeletion" {
			return nil, &apiError{Code: "KMSInvalidStateException", Message: text(in, "KeyId") + " is pending deletion."}
		}
		s.KeyStates[text(in, "KeyId")] = ""
		return map[string]any{}, nil
	case "secretsmanager:RotateSecret", "secretsmanager:RestoreSecret":
		x := s.secrets[text(in, "SecretId")]
		if x == nil {
			return nil, &apiError{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
		}
		if call.Action == "RestoreSecret" {
			*x = Secret{Arn: x.Arn, User: x.User, Current: x.Current, RotationEnabled: x.RotationEnabled, LastRotated: x.LastRotated, Next: x.Next, Created: x.Created}
		} else {
			x.RotationEnabled, x.LastRotated = true, s.now
		}
		return map[string]any{"ARN": x.Arn}, nil
	case "backup:CreateBackupSelection":
		return map[string]any{"SelectionId": "s"}, nil
	case "backup:StartBackupJob":
		s.BackupAge = 0
		if arn := text(in, "ResourceArn"); !slices.Contains(s.BackupArns, arn) {
			s.BackupArns = append(s.BackupArns, arn)
		}
		return map[string]any{"BackupJobId": "j"}, nil
	case "lambda:AddPermission", "lambda:RemovePermission":
		return s.changePermission(r, call, in)
	}
	return nil, nil
}

func (s *Server) changePermission(r *http.Request, call Call, in map[string]any) (any, *apiError) {
	var policy struct{ Statement []map[string]any }
	_ = json.Unmarshal([]byte(s.LambdaPolicy), &policy)
	if call.Action == "RemovePermission" {
		sid := path.Base(r.URL.Path)
		policy.Statement = slices.DeleteFunc(policy.Statement, func(st map[string]any) bool { return st["Sid"] == sid })
	} else {
		policy.Statement = append(policy.Statement, map[string]any{
			"Sid": in["StatementId"], "Effect": "Allow", "Principal": map[string]any{"Service": in["Principal"]}, "Action": in["Action"],
			"Condition": map[string]any{"ArnLike": map[string]any{"AWS:SourceArn": in["SourceArn"]}, "StringEquals": map[string]any{"AWS:SourceAccount": in["SourceAccount"]}},
		})
	}
	s.LambdaPolicy = ""
	if len(policy.Statement) > 0 {
		b, _ := json.Marshal(policy)
		s.LambdaPolicy = string(b)
	}
	return map[string]any{}, nil
}
