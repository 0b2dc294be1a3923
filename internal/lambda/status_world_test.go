package lambda

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
	"cruddur/internal/rds/ec2query"
)

// setUp is a function and everything that a confirmation needs, until a test breaks a part of it.
type setUp struct {
	*awsfake.Server
	FunctionAPI
	LogAPI
	t        *testing.T
	db       rds.Instance
	group    string // the function's
	function types.FunctionConfiguration
	policy   string // of the function
	inline   map[string]string
	attached map[string]string // policies by ARN
	role     iamtypes.Role
	rolesErr error
	pool     fakePools
}

const (
	poolName = "eu-central-1_Example"
	theArn   = "arn:aws:lambda:eu-central-1:123456789012:function:cruddur-post-confirm"
)

func newSetUp(t *testing.T) *setUp {
	t.Helper()
	s := awsfake.New()
	t.Cleanup(s.Close)
	c := rds.New(config(s))
	c.Now, c.Sleep = s.Now, s.Sleep
	plan, err := rds.NewPlan(rds.Dev)
	if err == nil {
		err = c.Prepare(t.Context(), plan, rds.Network{VPC: "vpc-0private"})
	}
	if err == nil {
		_, err = c.Create(t.Context(), plan, func(string) {})
	}
	if err == nil {
		err = c.Wait(t.Context(), "cruddur", "available", time.Hour, func(string) {})
	}
	i, errOne := c.One(t.Context(), "cruddur")
	if err != nil || errOne != nil {
		t.Fatal(err, errOne)
	}
	u := &setUp{Server: s, t: t, db: *i, inline: map[string]string{}, attached: map[string]string{}}
	u.group = s.AddGroup("vpc-0private", "function")
	s.AddRule(ec2query.Rule{GroupID: u.group, Egress: true, Protocol: "-1", CIDR: "0.0.0.0/0"})
	s.AddRule(ec2query.Rule{GroupID: i.Groups[0], Protocol: "tcp", FromPort: int(i.Port), ToPort: int(i.Port), Group: u.group})
	u.function = types.FunctionConfiguration{
		State: types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful, Runtime: types.RuntimeProvidedal2023, Timeout: aws.Int32(5),
		Role:      aws.String("arn:aws:iam::123456789012:role/cruddur-post-confirm-role"),
		VpcConfig: &types.VpcConfigResponse{SubnetIds: []string{"subnet-0private0", "subnet-0private1"}, SecurityGroupIds: []string{u.group}},
	}
	u.url(fmt.Sprintf("postgresql://cruddur_lambda@%s:%d/cruddur?sslmode=verify-full&cruddur_auth=iam", i.Host, i.Port))
	u.policy = `{"Statement":[{"Sid":"cognito-` + poolName + `","Effect":"Allow","Principal":{"Service":"cognito-idp.amazonaws.com"},"Action":"lambda:InvokeFunction",` +
		`"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:cognito-idp:eu-central-1:123456789012:userpool/` + poolName + `"},"StringEquals":{"AWS:SourceAccount":"123456789012"}}}]}`
	settings := Settings{Name: DefaultName, Subnets: u.function.VpcConfig.SubnetIds, DBUser: "cruddur_lambda"}
	u.inline[policyName] = rolePolicy(&settings, place{"aws", "eu-central-1", "123456789012"}).String()
	u.role = iamtypes.Role{AssumeRolePolicyDocument: aws.String(trustPolicy().String())}
	u.pool.pool = idptypes.UserPoolType{LambdaConfig: &idptypes.LambdaConfigType{PostConfirmation: aws.String(theArn)}}
	return u
}

func config(s *awsfake.Server) aws.Config {
	return aws.Config{
		Region: awsfake.Region, BaseEndpoint: &s.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(awsfake.AccessKey, awsfake.SecretKey, ""),
	}
}

func (u *setUp) url(text string) {
	u.function.Environment = &types.EnvironmentResponse{Variables: map[string]string{"CONNECTION_URL": text}}
}

// subnets moves the function, and everything that it had of the group's rules away.
func (u *setUp) subnets(ids ...string) { u.function.VpcConfig.SubnetIds = ids }

// admit replaces what the database's group admits.
func (u *setUp) admit(rules ...ec2query.Rule) {
	for _, r := range u.Rules(u.db.Groups[0]) {
		u.RemoveRule(r.ID)
	}
	for _, r := range rules {
		r.GroupID = u.db.Groups[0]
		if r.Protocol == "" {
			r.Protocol, r.FromPort, r.ToPort = "tcp", int(u.db.Port), int(u.db.Port)
		}
		u.AddRule(r)
	}
}

func (u *setUp) status() (Status, error) {
	c := &Client{Functions: u, Roles: &fakeRoles{u: u}, Pools: &u.pool, Logs: u, Identity: u, Region: awsfake.Region}
	c.Reach = func(ctx context.Context, url string, subnets, groups []string) Reached {
		r := rds.New(config(u.Server)).Reach(ctx, rds.Caller{URL: url, Subnets: subnets, Groups: groups})
		return Reached{r.Instance, r.Resource, r.User, r.Secret, r.Problems, r.Unknown, r.Warnings}
	}
	return c.Status(u.t.Context(), Settings{PoolID: poolName})
}

// The services of AWS that awsfake does not have.

func (u *setUp) GetFunction(context.Context, *awslambda.GetFunctionInput, ...func(*awslambda.Options)) (*awslambda.GetFunctionOutput, error) {
	return &awslambda.GetFunctionOutput{Configuration: &u.function}, nil
}

func (u *setUp) GetPolicy(context.Context, *awslambda.GetPolicyInput, ...func(*awslambda.Options)) (*awslambda.GetPolicyOutput, error) {
	return &awslambda.GetPolicyOutput{Policy: &u.policy}, nil
}

func (u *setUp) GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Account: aws.String("123456789012"), Arn: aws.String("arn:aws:iam::123456789012:user/anna")}, nil
}

func (u *setUp) DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	return &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: []cwtypes.LogGroup{}}, nil
}

func missing() error { return &smithy.GenericAPIError{Code: "NoSuchEntity", Message: "not found"} }

type fakeRoles struct {
	RoleAPI
	u *setUp
}

func (f *fakeRoles) GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if f.u.rolesErr != nil {
		return nil, f.u.rolesErr
	}
	return &iam.GetRoleOutput{Role: &f.u.role}, nil
}

func (f *fakeRoles) ListRolePolicies(context.Context, *iam.ListRolePoliciesInput, ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	return &iam.ListRolePoliciesOutput{PolicyNames: sortedKeys(f.u.inline)}, nil
}

func (f *fakeRoles) GetRolePolicy(_ context.Context, in *iam.GetRolePolicyInput, _ ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error) {
	text, ok := f.u.inline[*in.PolicyName]
	if !ok {
		return nil, missing()
	}
	return &iam.GetRolePolicyOutput{PolicyDocument: &text}, nil
}

func (f *fakeRoles) ListAttachedRolePolicies(context.Context, *iam.ListAttachedRolePoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	out := &iam.ListAttachedRolePoliciesOutput{}
	for _, arn := range sortedKeys(f.u.attached) {
		if !strings.HasSuffix(arn, "boundary") {
			out.AttachedPolicies = append(out.AttachedPolicies, iamtypes.AttachedPolicy{PolicyArn: &arn})
		}
	}
	return out, nil
}

func (f *fakeRoles) GetPolicy(_ context.Context, in *iam.GetPolicyInput, _ ...func(*iam.Options)) (*iam.GetPolicyOutput, error) {
	return &iam.GetPolicyOutput{Policy: &iamtypes.Policy{Arn: in.PolicyArn, DefaultVersionId: aws.String("v3")}}, nil
}

func (f *fakeRoles) GetPolicyVersion(_ context.Context, in *iam.GetPolicyVersionInput, _ ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error) {
	text, ok := f.u.attached[*in.PolicyArn]
	if !ok || *in.VersionId != "v3" {
		return nil, missing()
	}
	return &iam.GetPolicyVersionOutput{PolicyVersion: &iamtypes.PolicyVersion{Document: &text}}, nil
}

// boundary gives the role a permissions boundary.
func (u *setUp) boundary(text string) {
	arn := "arn:aws:iam::123456789012:policy/boundary"
	u.attached[arn] = text
	u.role.PermissionsBoundary = &iamtypes.AttachedPermissionsBoundary{PermissionsBoundaryArn: &arn}
}
