package lambda

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
)

func itoa(n int32) string { return strconv.Itoa(int(n)) }

// Remove removes what Deploy created: the pool's trigger first, so that no confirmation calls a deleted function;
// then function and role, and the log group only with logs. A missing resource is not an error. A trigger that calls
// another function stays.
func (c *Client) Remove(ctx context.Context, s Settings, logs, dryRun bool, tell func(Step)) (Plan, error) {
	s.defaults()
	var plan Plan
	where, err := c.place(ctx, s.PoolID)
	if err != nil {
		return plan, err
	}
	r := &run{Client: c, Settings: s, place: where, plan: &plan, dry: dryRun, tell: tell}
	plan.ARN = where.functionARN(s.Name)
	steps := []func(context.Context) error{r.removeTrigger, r.removeFunction, r.removeRole}
	if logs {
		steps = append(steps, r.removeLogs)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return plan, err
		}
	}
	return plan, nil
}

func (r *run) removeTrigger(ctx context.Context) error {
	pool, err := r.pool(ctx, r.PoolID)
	if err != nil {
		return err
	}
	step := Step{What: "trigger", Name: r.PoolID, Action: Unchanged}
	switch have := trigger(pool); have {
	case "":
	case r.plan.ARN:
		step.Action, step.Detail = Delete, "the pool calls nothing after a confirmation; its other settings stay"
		step.Calls = []string{r.poolCall(withTrigger(updateInput(pool), ""))}
	default:
		step.Detail = "it calls another function: " + have
	}
	return r.step(ctx, step, func(ctx context.Context) error { return r.setTrigger(ctx, r.PoolID, "") })
}

func (r *run) removeFunction(ctx context.Context) error {
	step := Step{What: "function", Name: r.Name, Action: Delete, Calls: []string{command("lambda", "delete-function", "--function-name", r.Name)}}
	out, err := r.Functions.GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: &r.Name})
	switch {
	case isCode(err, "ResourceNotFoundException"):
		step.Action, step.Calls, step.Detail = Unchanged, nil, "there is none"
	case err != nil:
		return explain("look for the function "+r.Name, err)
	case out.Tags["cruddur"] != r.Name:
		step.Action, step.Calls, step.Detail = Unchanged, nil, "deploy has not made it, so it stays"
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		_, err := r.Functions.DeleteFunction(ctx, &awslambda.DeleteFunctionInput{FunctionName: &r.Name})
		return err
	})
}

func (r *run) removeRole(ctx context.Context) error {
	step := Step{What: "role", Name: r.RoleName, Action: Delete, Calls: []string{
		command("iam", "delete-role-policy", "--role-name", r.RoleName, "--policy-name", policyName),
		command("iam", "delete-role", "--role-name", r.RoleName),
	}}
	out, err := r.Roles.GetRole(ctx, &iam.GetRoleInput{RoleName: &r.RoleName})
	switch {
	case isCode(err, "NoSuchEntity"):
		step.Action, step.Calls, step.Detail = Unchanged, nil, "there is none"
	case err != nil:
		return explain("look for the role "+r.RoleName, err)
	case !ours(out, r.Name):
		step.Action, step.Calls, step.Detail = Unchanged, nil, "deploy has not made it, so it stays"
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		_, err := r.Roles.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &r.RoleName, PolicyName: aws.String(policyName)})
		if err != nil && !isCode(err, "NoSuchEntity") {
			return err
		}
		_, err = r.Roles.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &r.RoleName})
		return err
	})
}

// ours reports whether deploy created a role: the role then has the tag cruddur.
func ours(out *iam.GetRoleOutput, name string) bool {
	for _, t := range out.Role.Tags {
		if aws.ToString(t.Key) == "cruddur" && aws.ToString(t.Value) == name {
			return true
		}
	}
	return false
}

func (r *run) removeLogs(ctx context.Context) error {
	name := LogGroup(r.Name)
	_, exists, err := r.retention(ctx, name)
	if err != nil {
		return err
	}
	step := Step{What: "log group", Name: name, Action: Delete, Calls: []string{command("logs", "delete-log-group", "--log-group-name", name)}}
	if !exists {
		step.Action, step.Calls, step.Detail = Unchanged, nil, "there is none"
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		_, err := r.Logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name})
		return err
	})
}
