package lambda

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// Deploy brings the function and its resources to the state in Settings, step by step, and reports each step. It does
// not touch what is already right, so it can be run again at any time, also after an error; with dryRun it only
// reads. If it fails, the returned Plan has the steps so far.
func (c *Client) Deploy(ctx context.Context, s Settings, dryRun bool, tell func(Step)) (Plan, error) {
	s.defaults()
	var plan Plan
	if err := s.check(); err != nil {
		return plan, err
	}
	if len(s.Zip) == 0 {
		return plan, errors.New("lambda: deploy without a package")
	}
	where, err := c.place(ctx, s.PoolID)
	if err != nil {
		return plan, err
	}
	if _, err := c.pool(ctx, s.PoolID); err != nil {
		return plan, err
	}
	r := &run{Client: c, Settings: s, place: where, plan: &plan, dry: dryRun, tell: tell}
	plan.ARN = where.functionARN(s.Name)
	role, err := r.role(ctx)
	if err != nil {
		return plan, err
	}
	for _, step := range []func(context.Context) error{
		r.logGroup,
		func(ctx context.Context) error { return r.function(ctx, role) },
		r.concurrency,
		r.permission,
		func(ctx context.Context) error { return r.trigger(ctx, plan.ARN) },
	} {
		if err := step(ctx); err != nil {
			return plan, err
		}
	}
	return plan, nil
}

// logGroup creates the log group before Lambda does: Lambda would keep the log for ever, and the role would need one
// more permission.
func (r *run) logGroup(ctx context.Context) error {
	name := LogGroup(r.Name)
	step := Step{What: "log group", Name: name, Action: Unchanged}
	days, exists, err := r.retention(ctx, name)
	if err != nil {
		return err
	}
	retention := command("logs", "put-retention-policy", "--log-group-name", name, "--retention-in-days", itoa(r.RetentionDays))
	switch {
	case !exists:
		step.Action, step.Detail = Create, "kept for "+itoa(r.RetentionDays)+" days"
		step.Calls = []string{command("logs", "create-log-group", "--log-group-name", name), retention}
	case days != r.RetentionDays:
		step.Action, step.Detail = Update, "kept for "+itoa(r.RetentionDays)+" days"
		step.Calls = []string{retention}
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		if !exists {
			_, err := r.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
			if err != nil && !isCode(err, "ResourceAlreadyExistsException") {
				return err
			}
		}
		_, err := r.Logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &name, RetentionInDays: &r.RetentionDays})
		return err
	})
}

// retention returns the number of days that a log group keeps its log; 0 means for ever.
func (c *Client) retention(ctx context.Context, name string) (days int32, exists bool, err error) {
	out, err := c.Logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	if err != nil {
		return 0, false, explain("look for the log group "+name, err)
	}
	for _, g := range out.LogGroups {
		if aws.ToString(g.LogGroupName) == name {
			return aws.ToInt32(g.RetentionInDays), true, nil
		}
	}
	return 0, false, nil
}
