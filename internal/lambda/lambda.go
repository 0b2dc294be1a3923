// Package lambda deploys and manages the post-confirmation function on AWS: package, deploy, status, logs, remove. It
// also serves the function on loopback, where an emulator can call it. It must not depend on what the function does,
// nor read flags or the environment.
package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cruddur"
)

// DefaultName is the function's name if the operator gives none.
const DefaultName = "cruddur-post-confirm"

// Settings is the desired state of the function. The zero value of an optional field means its default.
type Settings struct {
	Name           string // default DefaultName
	RoleName       string // default Name + "-role"
	PoolID         string
	Zip            []byte // the result of Package
	Architecture   types.Architecture
	Environment    map[string]string // the function's environment: CONNECTION_URL and so on
	Subnets        []string          // none: outside any VPC
	SecurityGroups []string
	MemoryMB       int32  // default 256: more memory is more CPU, and a cold start is CPU
	Reserved       int32  // default 5: a burst of sign-ups must not use up the server's connections; -1: none
	RetentionDays  int32  // default 30
	DBUser         string // the database user that the function may connect as with IAM authentication, or ""
	DBResourceID   string // the instance's DbiResourceId; "": that user on every instance
	SecretARN      string // the secret that the function may read, or ""
	ReplaceTrigger bool   // replace the pool's trigger if it calls another function
}

// timeout is Lambda's own limit. Cognito waits five seconds, so a longer timeout would only cost money.
const timeout = 5

func (s *Settings) defaults() {
	if s.Name == "" {
		s.Name = DefaultName
	}
	if s.RoleName == "" {
		s.RoleName = s.Name + "-role"
	}
	if s.MemoryMB == 0 {
		s.MemoryMB = 256
	}
	if s.Reserved == 0 {
		s.Reserved = 5
	}
	if s.RetentionDays == 0 {
		s.RetentionDays = 30
	}
	slices.Sort(s.Subnets)
	slices.Sort(s.SecurityGroups)
}

var (
	functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,58}$`) // 64 for the role's, with its ending
	poolID       = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]_[0-9A-Za-z]+$`)
)

// check refuses settings that AWS would refuse later, when half of the resources exist.
func (s *Settings) check() error {
	bad := func(format string, args ...any) error { return cruddur.Errorf(cruddur.KindInvalid, format, args...) }
	switch {
	case !functionName.MatchString(s.Name):
		return bad("the function's name %q must be 1 to 58 letters, digits, - and _", s.Name)
	case !poolID.MatchString(s.PoolID):
		return bad("the user pool's id %q does not look like ca-central-1_AbCdEfGhI", s.PoolID)
	case len(s.Subnets) == 1:
		return bad("one subnet is one availability zone: name at least two, each in another zone")
	case len(s.Subnets) > 0 && len(s.SecurityGroups) == 0:
		return bad("a function in subnets needs a security group, which the database's group must admit")
	case len(s.SecurityGroups) > 0 && len(s.Subnets) == 0:
		return bad("a security group needs the subnets of the VPC that it belongs to")
	case s.Environment["CONNECTION_URL"] == "":
		return bad("the function needs CONNECTION_URL: it cannot know its database otherwise")
	case s.MemoryMB < 128 || s.MemoryMB > 10240:
		return bad("memory is 128 to 10240 MB, not %d", s.MemoryMB)
	}
	size := 0
	for k, v := range s.Environment {
		size += len(k) + len(v)
	}
	if size > 4096 {
		return bad("the function's environment has %d bytes; Lambda takes 4096", size)
	}
	return nil
}

// LogGroup returns the name of a function's log group.
func LogGroup(name string) string { return "/aws/lambda/" + name }

// The used parts of the SDK's clients; tests inject faults.
type (
	// FunctionAPI is AWS Lambda.
	FunctionAPI interface {
		GetFunction(context.Context, *awslambda.GetFunctionInput, ...func(*awslambda.Options)) (*awslambda.GetFunctionOutput, error)
		CreateFunction(context.Context, *awslambda.CreateFunctionInput, ...func(*awslambda.Options)) (*awslambda.CreateFunctionOutput, error)
		UpdateFunctionCode(context.Context, *awslambda.UpdateFunctionCodeInput, ...func(*awslambda.Options)) (*awslambda.UpdateFunctionCodeOutput, error)
		UpdateFunctionConfiguration(context.Context, *awslambda.UpdateFunctionConfigurationInput, ...func(*awslambda.Options)) (*awslambda.UpdateFunctionConfigurationOutput, error)
		DeleteFunction(context.Context, *awslambda.DeleteFunctionInput, ...func(*awslambda.Options)) (*awslambda.DeleteFunctionOutput, error)
		PutFunctionConcurrency(context.Context, *awslambda.PutFunctionConcurrencyInput, ...func(*awslambda.Options)) (*awslambda.PutFunctionConcurrencyOutput, error)
		DeleteFunctionConcurrency(context.Context, *awslambda.DeleteFunctionConcurrencyInput, ...func(*awslambda.Options)) (*awslambda.DeleteFunctionConcurrencyOutput, error)
		GetPolicy(context.Context, *awslambda.GetPolicyInput, ...func(*awslambda.Options)) (*awslambda.GetPolicyOutput, error)
		AddPermission(context.Context, *awslambda.AddPermissionInput, ...func(*awslambda.Options)) (*awslambda.AddPermissionOutput, error)
		RemovePermission(context.Context, *awslambda.RemovePermissionInput, ...func(*awslambda.Options)) (*awslambda.RemovePermissionOutput, error)
	}
	// RoleAPI is AWS IAM.
	RoleAPI interface {
		GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
		CreateRole(context.Context, *iam.CreateRoleInput, ...func(*iam.Options)) (*iam.CreateRoleOutput, error)
		UpdateAssumeRolePolicy(context.Context, *iam.UpdateAssumeRolePolicyInput, ...func(*iam.Options)) (*iam.UpdateAssumeRolePolicyOutput, error)
		ListRolePolicies(context.Context, *iam.ListRolePoliciesInput, ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error)
		ListAttachedRolePolicies(context.Context, *iam.ListAttachedRolePoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error)
		GetPolicy(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (*iam.GetPolicyOutput, error)
		GetPolicyVersion(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error)
		GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
		PutRolePolicy(context.Context, *iam.PutRolePolicyInput, ...func(*iam.Options)) (*iam.PutRolePolicyOutput, error)
		DeleteRolePolicy(context.Context, *iam.DeleteRolePolicyInput, ...func(*iam.Options)) (*iam.DeleteRolePolicyOutput, error)
		DeleteRole(context.Context, *iam.DeleteRoleInput, ...func(*iam.Options)) (*iam.DeleteRoleOutput, error)
	}
	// PoolAPI is Amazon Cognito.
	PoolAPI interface {
		DescribeUserPool(context.Context, *idp.DescribeUserPoolInput, ...func(*idp.Options)) (*idp.DescribeUserPoolOutput, error)
		UpdateUserPool(context.Context, *idp.UpdateUserPoolInput, ...func(*idp.Options)) (*idp.UpdateUserPoolOutput, error)
		GetUserPoolMfaConfig(context.Context, *idp.GetUserPoolMfaConfigInput, ...func(*idp.Options)) (*idp.GetUserPoolMfaConfigOutput, error)
		SetUserPoolMfaConfig(context.Context, *idp.SetUserPoolMfaConfigInput, ...func(*idp.Options)) (*idp.SetUserPoolMfaConfigOutput, error)
	}
	// LogAPI is Amazon CloudWatch Logs.
	LogAPI interface {
		DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
		CreateLogGroup(context.Context, *cloudwatchlogs.CreateLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogGroupOutput, error)
		PutRetentionPolicy(context.Context, *cloudwatchlogs.PutRetentionPolicyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutRetentionPolicyOutput, error)
		DeleteLogGroup(context.Context, *cloudwatchlogs.DeleteLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteLogGroupOutput, error)
		FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
	}
	// IdentityAPI is AWS STS.
	IdentityAPI interface {
		GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
	}
)

// Client is the AWS account of a function.
type Client struct {
	Functions FunctionAPI
	Roles     RoleAPI
	Pools     PoolAPI
	Logs      LogAPI
	Identity  IdentityAPI
	Region    string
	// Reach judges the network path from a function to its database; nil means that it is not judged.
	Reach func(ctx context.Context, connectionURL string, subnets, groups []string) Reached
	// Poll is the interval between two polls; default 2 s. Patience is the total time limit for a new role or a
	// change of the function; default 2 min.
	Poll, Patience time.Duration
}

// Reached is the assessment of a function's database and of the network path to it. No text holds a secret.
type Reached struct {
	Instance, ResourceID        string   // "" if no instance was found for the URL
	DBUser                      string   // the role of the database for which the function signs tokens, or ""
	Secret                      string   // the secret that the function reads, or ""
	Problems, Unknown, Warnings []string // each says what to do
}

// New returns a Client for an AWS configuration.
func New(c aws.Config) *Client {
	return &Client{
		Functions: awslambda.NewFromConfig(c), Roles: iam.NewFromConfig(c), Pools: idp.NewFromConfig(c),
		Logs: cloudwatchlogs.NewFromConfig(c), Identity: sts.NewFromConfig(c), Region: c.Region,
	}
}

func (c *Client) poll() time.Duration {
	if c.Poll > 0 {
		return c.Poll
	}
	return 2 * time.Second
}

func (c *Client) patience() time.Duration {
	if c.Patience > 0 {
		return c.Patience
	}
	return 2 * time.Minute
}

// wait waits for one poll, or until ctx ends.
func (c *Client) wait(ctx context.Context) error {
	select {
	case <-time.After(c.poll()):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// place is the function's location: its account, and the part of its ARNs before the account.
type place struct{ partition, region, account string }

func (c *Client) place(ctx context.Context, pool string) (place, error) {
	out, err := c.Identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return place{}, explain("ask AWS who this is", err)
	}
	region, _, _ := strings.Cut(pool, "_")
	if c.Region != region {
		return place{}, cruddur.Errorf(cruddur.KindInvalid, "the user pool %s is in %s and the region is %q: a trigger must be in its pool's region (set AWS_DEFAULT_REGION)", pool, region, c.Region)
	}
	partition := "aws"
	if parts := strings.Split(aws.ToString(out.Arn), ":"); len(parts) > 1 && parts[1] != "" {
		partition = parts[1]
	}
	return place{partition, c.Region, aws.ToString(out.Account)}, nil
}

func (p place) functionARN(name string) string {
	return fmt.Sprintf("arn:%s:lambda:%s:%s:function:%s", p.partition, p.region, p.account, name)
}

func (p place) poolARN(id string) string {
	return fmt.Sprintf("arn:%s:cognito-idp:%s:%s:userpool/%s", p.partition, p.region, p.account, id)
}

// dbUserARN is the resource of rds-db:connect.
func (p place) dbUserARN(instance, user string) string {
	if instance == "" {
		instance = "*"
	}
	return fmt.Sprintf("arn:%s:rds-db:%s:%s:dbuser:%s/%s", p.partition, p.region, p.account, instance, user)
}

func (p place) logGroupARN(name string) string {
	return fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", p.partition, p.region, p.account, LogGroup(name))
}

// codeHash returns Lambda's hash of a package: the SHA-256 in base64.
func codeHash(zip []byte) string {
	sum := sha256.Sum256(zip)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
