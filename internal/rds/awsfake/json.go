package awsfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Secret is a secret of Secrets Manager with the two stages that a rotation goes through.
type Secret struct {
	Arn, User        string
	Current, Pending string
	RotationEnabled  bool
	LastRotated      time.Time
	Next             time.Time
}

// SetSecret adds or replaces a secret.
func (s *Server) SetSecret(x Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[x.Arn] = &x
}

func (s *Server) serveSTS(w http.ResponseWriter, call Call) {
	if call.Action != "GetCallerIdentity" {
		(&apiError{Code: "InvalidAction", Message: call.Action}).write(w, "sts", call)
		return
	}
	writeXML(w, http.StatusOK, fmt.Sprintf(`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::%s:user/tester</Arn><UserId>AIDAFAKE</UserId><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, Account, Account))
}

// serveMetrics is CloudWatch's GetMetricStatistics: one datapoint.
func (s *Server) serveMetrics(w http.ResponseWriter, call Call) {
	value := s.Connections
	if call.Params.Get("MetricName") == "FreeStorageSpace" {
		value = s.FreeStorage
	}
	writeXML(w, http.StatusOK, fmt.Sprintf(`<GetMetricStatisticsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricStatisticsResult><Datapoints><member><Timestamp>%s</Timestamp><Maximum>%g</Maximum><Minimum>%g</Minimum></member></Datapoints></GetMetricStatisticsResult></GetMetricStatisticsResponse>`,
		s.now.Format(time.RFC3339), value, value))
}

// restAction names the operation of a REST-JSON request.
func restAction(service string, r *http.Request) string {
	switch {
	case service == "guardduty" && r.URL.Path == "/detector":
		return "ListDetectors"
	case service == "guardduty" && strings.HasPrefix(r.URL.Path, "/detector/"):
		return "GetDetector"
	case service == "backup" && r.URL.Path == "/resources":
		return "ListProtectedResources"
	case service == "lambda" && strings.HasSuffix(r.URL.Path, "/configuration"):
		return "GetFunctionConfiguration"
	case service == "lambda" && strings.HasSuffix(r.URL.Path, "/policy"):
		return "GetPolicy"
	}
	return r.Method + " " + r.URL.Path
}

func (s *Server) serveJSON(w http.ResponseWriter, r *http.Request, call Call) {
	var in map[string]any
	_ = json.Unmarshal([]byte(call.Body), &in)
	out, apiErr := s.jsonAnswer(r, call, in)
	if apiErr != nil {
		apiErr.write(w, call.Service, call)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(out)
}

func text(in map[string]any, key string) string {
	v, _ := in[key].(string)
	return v
}

func (s *Server) jsonAnswer(r *http.Request, call Call, in map[string]any) (any, *apiError) {
	missing := &apiError{Code: "ResourceNotFoundException", Message: "not found"}
	switch call.Service + ":" + call.Action {
	case "secretsmanager:GetSecretValue":
		return s.secretValue(in)
	case "secretsmanager:DescribeSecret":
		x := s.secrets[text(in, "SecretId")]
		if x == nil {
			return nil, missing
		}
		return map[string]any{"ARN": x.Arn, "RotationEnabled": x.RotationEnabled, "LastRotatedDate": float64(x.LastRotated.Unix()), "NextRotationDate": float64(x.Next.Unix())}, nil
	case "kms:DescribeKey":
		manager := s.KeyManagers[text(in, "KeyId")]
		if manager == "" {
			manager = "AWS"
		}
		return map[string]any{"KeyMetadata": map[string]any{"KeyManager": manager, "KeyId": text(in, "KeyId")}}, nil
	case "cloudtrail:DescribeTrails":
		return map[string]any{"trailList": s.Trails}, nil
	case "cloudtrail:GetTrailStatus":
		return map[string]any{"IsLogging": s.TrailLogging}, nil
	case "cloudtrail:GetEventSelectors":
		return map[string]any{"EventSelectors": s.TrailSelectors}, nil
	case "guardduty:ListDetectors":
		return map[string]any{"detectorIds": sortedKeys(s.Detectors)}, nil
	case "guardduty:GetDetector":
		d := s.Detectors[strings.TrimPrefix(r.URL.Path, "/detector/")]
		if d == nil {
			return nil, &apiError{Code: "BadRequestException", Message: "The request is rejected because the input detectorId is not owned by the current account."}
		}
		return d, nil
	case "logs:DescribeLogGroups":
		group := map[string]any{"logGroupName": text(in, "logGroupNamePrefix") + "/postgresql"}
		if s.LogRetention > 0 {
			group["retentionInDays"] = s.LogRetention
		}
		return map[string]any{"logGroups": []any{group}}, nil
	case "logs:DescribeMetricFilters":
		return map[string]any{"metricFilters": s.MetricFilters}, nil
	case "events:ListRules":
		return map[string]any{"Rules": s.EventRules}, nil
	case "backup:ListProtectedResources":
		results := []any{}
		for _, arn := range s.BackupArns {
			results = append(results, map[string]any{"ResourceArn": arn, "ResourceType": "RDS"})
		}
		return map[string]any{"Results": results}, nil
	}
	return s.otherAnswer(call)
}

// otherAnswer is for the services of the account that stand further from the database.
func (s *Server) otherAnswer(call Call) (any, *apiError) {
	missing := &apiError{Code: "ResourceNotFoundException", Message: "not found"}
	switch call.Service + ":" + call.Action {
	case "organizations:ListPolicies":
		if s.Policies == nil {
			return nil, &apiError{Code: "AWSOrganizationsNotInUseException", Message: "Your account is not a member of an organization."}
		}
		return map[string]any{"Policies": s.Policies}, nil
	case "lambda:GetFunctionConfiguration":
		if s.Lambda == nil {
			return nil, missing
		}
		return s.Lambda, nil
	case "lambda:GetPolicy":
		if s.LambdaPolicy == "" {
			return nil, missing
		}
		return map[string]any{"Policy": s.LambdaPolicy}, nil
	}
	return nil, &apiError{Code: "UnknownOperationException", Message: call.Service + ":" + call.Action}
}

func (s *Server) secretValue(in map[string]any) (any, *apiError) {
	x := s.secrets[text(in, "SecretId")]
	missing := &apiError{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
	if x == nil {
		return nil, missing
	}
	stage, password := "AWSCURRENT", x.Current
	if text(in, "VersionStage") == "AWSPENDING" {
		stage, password = "AWSPENDING", x.Pending
	}
	if password == "" {
		return nil, missing
	}
	value, err := json.Marshal(map[string]string{"username": x.User, "password": password})
	if err != nil {
		return nil, &apiError{Code: "InternalServiceError", Status: 500, Message: err.Error()}
	}
	return map[string]any{"ARN": x.Arn, "SecretString": string(value), "VersionStages": []string{stage}}, nil
}
