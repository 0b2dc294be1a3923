package lambda

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"cruddur"
)

// Status is the state of a function.
type Status struct {
	Function     string   `json:"function"`
	ARN          string   `json:"arn"`
	State        string   `json:"state"`       // Active, Pending, Failed …
	LastUpdate   string   `json:"last_update"` // Successful, InProgress, Failed
	Reason       string   `json:"reason,omitempty"`
	Modified     string   `json:"modified"`
	CodeSHA256   string   `json:"code_sha256"`
	Runtime      string   `json:"runtime"`
	Architecture string   `json:"architecture"`
	MemoryMB     int32    `json:"memory_mb"`
	TimeoutS     int32    `json:"timeout_s"`
	Subnets      []string `json:"subnets"`
	Groups       []string `json:"security_groups"`
	Reserved     *int32   `json:"reserved_concurrency"`
	Role         string   `json:"role"`
	Permission   bool     `json:"permission"` // Cognito may call it for this pool of this account
	Trigger      string   `json:"trigger"`    // the function that the pool calls after a confirmation
	LogGroup     string   `json:"log_group"`
	LogDays      int32    `json:"log_retention_days"` // 0: for ever
	Instance     string   `json:"db_instance"`        // the database that its connection URL names; "" if none was found
	// Problems lists what prevents a confirmation from reaching the database, each with what to do. Unknown lists
	// what could not be judged: only if both are empty do confirmations work. Warnings lists what works now but may
	// fail later.
	Problems []string `json:"problems"`
	Unknown  []string `json:"unknown"`
	Warnings []string `json:"warnings"`
}

// Status reads the function and its trigger. A missing function is KindNotFound.
func (c *Client) Status(ctx context.Context, s Settings) (Status, error) {
	s.defaults()
	where, err := c.place(ctx, s.PoolID)
	if err != nil {
		return Status{}, err
	}
	st := Status{Function: s.Name, ARN: where.functionARN(s.Name), LogGroup: LogGroup(s.Name), Problems: []string{}, Unknown: []string{}, Warnings: []string{}}
	out, err := c.Functions.GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: &s.Name})
	if isCode(err, "ResourceNotFoundException") {
		return st, cruddur.Errorf(cruddur.KindNotFound, "there is no function %s in %s: cruddur lambda deploy makes it", s.Name, where.region)
	}
	if err != nil {
		return st, explain("look for the function "+s.Name, err)
	}
	st.fill(out)
	r := &run{Client: c, Settings: s, place: where}
	state, err := r.permissionState(ctx, statementID(s.PoolID), where.poolARN(s.PoolID))
	if err != nil {
		return st, err
	}
	st.Permission = state == Unchanged
	pool, err := c.pool(ctx, s.PoolID)
	if err != nil {
		return st, err
	}
	st.Trigger = trigger(pool)
	if st.LogDays, _, err = c.retention(ctx, st.LogGroup); err != nil {
		return st, err
	}
	st.judge()
	reached := c.reached(ctx, &st, out.Configuration)
	c.judgeRole(ctx, &st, where, reached)
	return st, nil
}

func (st *Status) fill(out *awslambda.GetFunctionOutput) {
	f := out.Configuration
	st.State, st.LastUpdate, st.Modified = string(f.State), string(f.LastUpdateStatus), aws.ToString(f.LastModified)
	st.Reason = strings.TrimSpace(aws.ToString(f.StateReason) + " " + aws.ToString(f.LastUpdateStatusReason))
	st.CodeSHA256, st.Runtime, st.Role = aws.ToString(f.CodeSha256), string(f.Runtime), aws.ToString(f.Role)
	st.MemoryMB, st.TimeoutS = aws.ToInt32(f.MemorySize), aws.ToInt32(f.Timeout)
	st.Architecture = "x86_64"
	if len(f.Architectures) > 0 {
		st.Architecture = string(f.Architectures[0])
	}
	st.Subnets, st.Groups = []string{}, []string{}
	if f.VpcConfig != nil {
		st.Subnets = slices.Sorted(slices.Values(f.VpcConfig.SubnetIds))
		st.Groups = slices.Sorted(slices.Values(f.VpcConfig.SecurityGroupIds))
	}
	if out.Concurrency != nil {
		st.Reserved = out.Concurrency.ReservedConcurrentExecutions
	}
}

// byDeploy is the remedy for everything that deploy creates.
const byDeploy = " (cruddur lambda deploy puts it right)"

// judge lists what in it prevents a confirmation from working.
func (st *Status) judge() {
	problem := func(is bool, text string) {
		if is {
			st.Problems = append(st.Problems, text)
		}
	}
	problem(st.State != "" && st.State != "Active" && st.State != "Inactive", "the function is "+st.State+": "+st.Reason+" (cruddur lambda logs; then cruddur lambda deploy)")
	problem(st.LastUpdate == "Failed", "its last update failed: "+st.Reason+byDeploy)
	problem(st.Runtime != "provided.al2023", "its runtime is "+st.Runtime+", not provided.al2023"+byDeploy)
	problem(st.TimeoutS > timeout, "it may run for longer than the five seconds that Cognito waits"+byDeploy)
	problem(st.Reserved != nil && *st.Reserved == 0, "its reserved concurrency is 0: it can never run"+byDeploy)
	problem(!st.Permission, "Cognito may not call it: every confirmation fails with AccessDeniedException"+byDeploy)
	problem(st.Trigger == "", "the pool calls nothing after a confirmation"+byDeploy)
	problem(st.Trigger != "" && st.Trigger != st.ARN, "the pool calls another function: "+st.Trigger+" (cruddur lambda deploy --replace-trigger)")
}

// reached judges the function's environment, its database and the network path between them.
func (c *Client) reached(ctx context.Context, st *Status, f *types.FunctionConfiguration) Reached {
	environment := f.Environment
	switch {
	case environment != nil && environment.Error != nil:
		st.Unknown = append(st.Unknown, "the function's environment could not be read: "+aws.ToString(environment.Error.Message))
		return Reached{}
	case c.Reach == nil:
		st.Unknown = append(st.Unknown, "the database and the way to it were not looked at")
		return Reached{}
	case environment == nil:
		environment = &types.EnvironmentResponse{}
	}
	r := c.Reach(ctx, environment.Variables["CONNECTION_URL"], st.Subnets, st.Groups)
	st.Instance = r.Instance
	st.Problems = append(st.Problems, r.Problems...)
	st.Unknown = append(st.Unknown, r.Unknown...)
	st.Warnings = append(st.Warnings, r.Warnings...)
	return r
}

// judgeRole lists what in the function's role prevents it from working.
func (c *Client) judgeRole(ctx context.Context, st *Status, where place, db Reached) {
	name := st.Role[strings.LastIndexByte(st.Role, '/')+1:]
	role, err := c.Roles.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	switch {
	case isCode(err, "NoSuchEntity", "NoSuchEntityException"):
		st.Problems = append(st.Problems, "its role "+name+" is gone: the function cannot start"+byDeploy)
		return
	case err != nil:
		st.Unknown = append(st.Unknown, oneLine(explain("the role "+name+" could not be read", err)))
		return
	}
	trusted, err := readRights(aws.ToString(role.Role.AssumeRolePolicyDocument))
	switch {
	case err != nil:
		st.Unknown = append(st.Unknown, "whom the role "+name+" trusts could not be read: "+err.Error())
	case !slices.ContainsFunc(trusted, trustsLambda):
		st.Problems = append(st.Problems, "its role "+name+" does not let Lambda take it on: the function cannot start"+byDeploy)
	}
	var boundary *string
	if b := role.Role.PermissionsBoundary; b != nil {
		boundary = b.PermissionsBoundaryArn
	}
	may, err := c.roleRights(ctx, name, boundary)
	if err != nil {
		st.Unknown = append(st.Unknown, oneLine(explain("the policies of the role "+name+" could not be read", err)))
		return
	}
	for _, n := range st.needs(where, db) {
		st.judgeNeed(may, name, n)
	}
}

// need is an action that the role must be allowed, and its purpose.
type need struct {
	actions  []string
	resource string // "" means every resource
	lambdas  bool   // Lambda itself makes the call, not the code
	without  string // what happens without the permission
}

func (st *Status) needs(where place, db Reached) []need {
	all := []need{{
		[]string{"logs:CreateLogStream", "logs:PutLogEvents"},
		where.logGroupARN(st.Function) + ":log-stream:x", false,
		"nobody learns why a confirmation fails",
	}}
	if len(st.Subnets) > 0 {
		all = append(all, need{networkActions, "", true, "Lambda cannot put the function into its subnets"})
	}
	if db.DBUser != "" && db.ResourceID != "" {
		all = append(all, need{[]string{"rds-db:connect"}, where.dbUserARN(db.ResourceID, db.DBUser), false, "the database refuses its tokens"})
	}
	if secret := db.Secret; secret != "" {
		if !strings.HasPrefix(secret, "arn:") {
			secret = "" // the ARN cannot be derived from a name, because it ends in random letters
		}
		all = append(all, need{[]string{"secretsmanager:GetSecretValue"}, secret, false, "it does not learn its password"})
	}
	return all
}

func (st *Status) judgeNeed(may *rights, role string, n need) {
	var lacking, unclear []string
	for _, action := range n.actions {
		switch may.allows(action, n.resource, n.lambdas) {
		case no:
			lacking = append(lacking, action)
		case perhaps:
			unclear = append(unclear, action)
		}
	}
	on := ""
	if n.resource != "" {
		on = " on " + strings.TrimSuffix(n.resource, ":log-stream:x")
	}
	if len(lacking) > 0 {
		st.Problems = append(st.Problems, "its role "+role+" may not "+strings.Join(lacking, ", ")+on+": "+n.without+byDeploy)
	}
	if len(unclear) > 0 {
		st.Unknown = append(st.Unknown, "whether its role "+role+" may "+strings.Join(unclear, ", ")+on+" depends on a condition or a resource that is not judged here")
	}
}

// trustsLambda reports whether a statement lets Lambda assume the role.
func trustsLambda(r right) bool {
	var principal struct{ Service words }
	return r.Effect == "Allow" && len(r.Condition) == 0 && r.Action.any("sts:AssumeRole") &&
		json.Unmarshal(r.Principal, &principal) == nil && slices.Contains(principal.Service, "lambda.amazonaws.com")
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
