package awsfake

import (
	"cmp"
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
	LastRotated      time.Time // zero: never
	Next             time.Time
	Created, Deleted time.Time
}

func (x *Secret) describe() map[string]any {
	out := map[string]any{"ARN": x.Arn, "RotationEnabled": x.RotationEnabled}
	for key, at := range map[string]time.Time{"LastRotatedDate": x.LastRotated, "NextRotationDate": x.Next, "CreatedDate": x.Created, "DeletedDate": x.Deleted} {
		if !at.IsZero() {
			out[key] = float64(at.Unix())
		}
	}
	return out
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

// restAction names the operation of a REST-JSON request.
func restAction(service string, r *http.Request) string {
	switch {
	case service == "guardduty" && r.URL.Path == "/detector":
		if r.Method == http.MethodPost {
			return "CreateDetector"
		}
		return "ListDetectors"
	case service == "guardduty" && strings.HasPrefix(r.URL.Path, "/detector/"):
		if r.Method == http.MethodPost {
			return "UpdateDetector"
		}
		return "GetDetector"
	case service == "backup" && strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/selections"):
		return "CreateBackupSelection"
	case service == "backup" && r.URL.Path == "/backup-jobs":
		return "StartBackupJob"
	case service == "lambda" && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/policy"):
		return "AddPermission"
	case service == "lambda" && r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "/policy/"):
		return "RemovePermission"
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
		return x.describe(), nil
	case "kms:DescribeKey":
		manager := s.KeyManagers[text(in, "KeyId")]
		if manager == "" {
			manager = "AWS"
		}
		return map[string]any{"KeyMetadata": map[string]any{"KeyManager": manager, "KeyId": text(in, "KeyId"), "KeyState": cmp.Or(s.KeyStates[text(in, "KeyId")], "Enabled")}}, nil
	case "backup:ListProtectedResources":
		results := []any{}
		for _, arn := range s.BackupArns {
			results = append(results, map[string]any{"ResourceArn": arn, "ResourceType": "RDS", "LastBackupTime": s.now.Add(-s.BackupAge).Unix()})
		}
		return map[string]any{"Results": results}, nil
	}
	for _, f := range []func(*http.Request, Call, map[string]any) (any, *apiError){s.trailAnswer, s.watchAnswer, s.changeAnswer} {
		if out, apiErr := f(r, call, in); out != nil || apiErr != nil {
			return out, apiErr
		}
	}
	return s.otherAnswer(call)
}

// otherAnswer answers for the account's services that are not about the database itself.
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
