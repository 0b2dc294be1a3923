package lambda

import (
	"context"
	"encoding/json"
	"net/url"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"cruddur"
)

// policyName is the role's one inline policy.
const policyName = "cruddur-post-confirm"

// document is an IAM policy.
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string
	Resource  any            `json:",omitempty"`
	Condition map[string]any `json:",omitempty"`
}

func (d document) String() string {
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		panic(err) // strings and maps of them
	}
	return string(b)
}

// trustPolicy lets Lambda assume the role.
func trustPolicy() document {
	return document{"2012-10-17", []statement{{
		Effect: "Allow", Principal: map[string]string{"Service": "lambda.amazonaws.com"}, Action: []string{"sts:AssumeRole"},
	}}}
}

// networkActions put a function into a VPC. They are those of AWS's own
// AWSLambdaVPCAccessExecutionRole, version 3; the course week's three are not enough.
var networkActions = []string{
	"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
	"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
}

// rolePolicy has the minimal permissions of the function: its own log, the network interfaces in the VPC, which are
// denied to the code itself (see "Security best practices" in Lambda's guide on VPCs), and one way to sign in to the
// database.
func rolePolicy(s *Settings, p place) document {
	group := p.logGroupARN(s.Name)
	d := document{"2012-10-17", []statement{{
		Sid: "Log", Effect: "Allow", Action: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resource: group + ":*",
	}}}
	if len(s.Subnets) > 0 {
		d.Statement = append(d.Statement,
			statement{Sid: "Network", Effect: "Allow", Action: networkActions, Resource: "*"},
			statement{
				Sid: "NotTheCode", Effect: "Deny", Action: networkActions, Resource: "*",
				Condition: map[string]any{"ArnEquals": map[string]any{"lambda:SourceFunctionArn": []string{p.functionARN(s.Name)}}},
			})
	}
	if s.DBUser != "" {
		d.Statement = append(d.Statement, statement{Sid: "Database", Effect: "Allow", Action: []string{"rds-db:connect"}, Resource: p.dbUserARN(s.DBResourceID, s.DBUser)})
	}
	if s.SecretARN != "" {
		d.Statement = append(d.Statement, statement{Sid: "Secret", Effect: "Allow", Action: []string{"secretsmanager:GetSecretValue"}, Resource: s.SecretARN})
	}
	return d
}

// Policies returns the documents that deploy would write, for a preview.
func Policies(s Settings, partition, region, account string) (trust, role string) {
	s.defaults()
	return trustPolicy().String(), rolePolicy(&s, place{partition, region, account}).String()
}

// role creates or updates the function's role, and returns its ARN.
func (r *run) role(ctx context.Context) (string, error) {
	trust := trustPolicy().String()
	arn := "arn:" + r.partition + ":iam::" + r.account + ":role/" + r.RoleName
	out, err := r.Roles.GetRole(ctx, &iam.GetRoleInput{RoleName: &r.RoleName})
	step := Step{What: "role", Name: r.RoleName, Action: Unchanged}
	switch {
	case isCode(err, "NoSuchEntity"):
		step.Action, step.Detail = Create, "for Lambda to take on"
		step.Calls = []string{command("iam", "create-role", "--role-name", r.RoleName, "--assume-role-policy-document", r.file("trust.json", trust))}
	case err != nil:
		return "", explain("look for the role "+r.RoleName, err)
	case !ours(out, r.Name):
		return "", cruddur.Errorf(cruddur.KindForbidden, "the role %s exists, and deploy has not made it: choose another name with --role, or hand it over with\n%s",
			r.RoleName, command("iam", "tag-role", "--role-name", r.RoleName, "--tags", "Key=cruddur,Value="+r.Name))
	default:
		arn = aws.ToString(out.Role.Arn)
		if !sameDocument(aws.ToString(out.Role.AssumeRolePolicyDocument), trust) {
			step.Action, step.Detail = Update, "it trusts something else than Lambda alone"
			step.Calls = []string{command("iam", "update-assume-role-policy", "--role-name", r.RoleName, "--policy-document", r.file("trust.json", trust))}
		}
	}
	err = r.step(ctx, step, func(ctx context.Context) error {
		if step.Action == Update {
			_, err := r.Roles.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &r.RoleName, PolicyDocument: &trust})
			return err
		}
		made, err := r.Roles.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: &r.RoleName, AssumeRolePolicyDocument: &trust, Description: aws.String("Runs the Cruddur post-confirmation function"),
			Tags: []iamtypes.Tag{{Key: aws.String("cruddur"), Value: &r.Name}},
		})
		if err == nil {
			arn = aws.ToString(made.Role.Arn)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return arn, r.rolePolicy(ctx)
}

func (r *run) rolePolicy(ctx context.Context) error {
	want := rolePolicy(&r.Settings, r.place).String()
	step := Step{What: "policy", Name: policyName, Action: Unchanged}
	out, err := r.Roles.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &r.RoleName, PolicyName: aws.String(policyName)})
	switch {
	case isCode(err, "NoSuchEntity"):
		step.Action, step.Detail = Create, "the least that the function needs"
	case err != nil:
		return explain("read the policy of the role "+r.RoleName, err)
	case !sameDocument(aws.ToString(out.PolicyDocument), want):
		step.Action, step.Detail = Update, "it allows something else than the function needs"
	}
	if step.Action != Unchanged {
		step.Calls = []string{command("iam", "put-role-policy", "--role-name", r.RoleName, "--policy-name", policyName, "--policy-document", r.file("policy.json", want))}
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		_, err := r.Roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &r.RoleName, PolicyName: aws.String(policyName), PolicyDocument: &want})
		return err
	})
}

// sameDocument compares two policies as JSON. IAM returns them percent-encoded (RFC 3986).
func sameDocument(got, want string) bool {
	if decoded, err := url.PathUnescape(got); err == nil {
		got = decoded
	}
	var a, b any
	return json.Unmarshal([]byte(got), &a) == nil && json.Unmarshal([]byte(want), &b) == nil && reflect.DeepEqual(a, b)
}
