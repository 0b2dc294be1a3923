package lambda

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"cruddur"
)

// Status is what there is of a function.
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
	Trigger      string   `json:"trigger"`    // what the pool calls after a confirmation
	LogGroup     string   `json:"log_group"`
	LogDays      int32    `json:"log_retention_days"` // 0: for ever
	// Problems are what keeps a confirmation from reaching the database, in words; none is good.
	Problems []string `json:"problems"`
}

// Status looks at the function and its trigger. A function that is not there is KindNotFound.
func (c *Client) Status(ctx context.Context, s Settings) (Status, error) {
	s.defaults()
	where, err := c.place(ctx, s.PoolID)
	if err != nil {
		return Status{}, err
	}
	st := Status{Function: s.Name, ARN: where.functionARN(s.Name), LogGroup: LogGroup(s.Name), Problems: []string{}}
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

// judge says what of it keeps a confirmation from working.
func (st *Status) judge() {
	problem := func(is bool, text string) {
		if is {
			st.Problems = append(st.Problems, text)
		}
	}
	problem(st.State != "" && st.State != "Active" && st.State != "Inactive", "the function is "+st.State+": "+st.Reason)
	problem(st.LastUpdate == "Failed", "its last update failed: "+st.Reason)
	problem(st.Runtime != "provided.al2023", "its runtime is "+st.Runtime+", not provided.al2023")
	problem(st.TimeoutS > timeout, "it may run for longer than the five seconds that Cognito waits")
	problem(st.Reserved != nil && *st.Reserved == 0, "its reserved concurrency is 0: it can never run")
	problem(!st.Permission, "Cognito may not call it: every confirmation fails with AccessDeniedException")
	problem(st.Trigger == "", "the pool calls nothing after a confirmation")
	problem(st.Trigger != "" && st.Trigger != st.ARN, "the pool calls another function: "+st.Trigger)
}
