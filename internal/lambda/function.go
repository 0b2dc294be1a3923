package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"cruddur"
)

// function creates the function, or updates its code and configuration.
func (r *run) function(ctx context.Context, role string) error {
	out, err := r.Functions.GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: &r.Name})
	if isCode(err, "ResourceNotFoundException") {
		return r.createFunction(ctx, role)
	}
	if err != nil {
		return explain("look for the function "+r.Name, err)
	}
	if out.Tags["cruddur"] != r.Name {
		return cruddur.Errorf(cruddur.KindForbidden, "the function %s exists, and deploy has not made it: choose another name with --name, or hand it over with\n%s",
			r.Name, command("lambda", "tag-resource", "--resource", r.plan.ARN, "--tags", "cruddur="+r.Name))
	}
	if err := r.functionCode(ctx, out.Configuration); err != nil {
		return err
	}
	return r.functionConfiguration(ctx, out.Configuration, role)
}

func (r *run) createFunction(ctx context.Context, role string) error {
	in := &awslambda.CreateFunctionInput{
		FunctionName: &r.Name, Role: &role, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Architectures: []types.Architecture{r.Architecture}, Code: &types.FunctionCode{ZipFile: r.Zip},
		Timeout: aws.Int32(timeout), MemorySize: &r.MemoryMB, Environment: &types.Environment{Variables: r.Environment},
		Description: aws.String("Stores the member whom Cognito has confirmed"), Tags: map[string]string{"cruddur": r.Name},
		VpcConfig: r.vpc(),
	}
	words := []string{
		"lambda", "create-function", "--function-name", r.Name, "--runtime", "provided.al2023", "--handler", "bootstrap", "--architectures", string(r.Architecture),
		"--role", role, "--timeout", strconv.Itoa(timeout), "--memory-size", strconv.Itoa(int(r.MemoryMB)), "--zip-file", "fileb://function.zip",
		"--environment", r.file("environment.json", r.shownEnvironment(r.Environment)),
	}
	words = append(words, r.vpcWords()...)
	step := Step{
		What: "function", Name: r.Name, Action: Create, Calls: []string{command(words...), command("lambda", "wait", "function-active-v2", "--function-name", r.Name)},
		Detail: fmt.Sprintf("%s, %d MB, %d s, %s", r.Architecture, r.MemoryMB, timeout, r.where()),
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		// IAM needs some seconds until Lambda sees a new role and its policy.
		err := r.retry(ctx, func() error {
			_, err := r.Functions.CreateFunction(ctx, in)
			return err
		}, func(err error) bool {
			return isCode(err, "InvalidParameterValueException") &&
				(strings.Contains(err.Error(), "cannot be assumed") || strings.Contains(err.Error(), "CreateNetworkInterface") ||
					strings.Contains(err.Error(), "access to your environment variables"))
		})
		if err != nil {
			return err
		}
		return r.settled(ctx)
	})
}

func (r *run) functionCode(ctx context.Context, have *types.FunctionConfiguration) error {
	step := Step{What: "code", Name: r.Name, Action: Unchanged}
	sameArchitecture := len(have.Architectures) == 0 && r.Architecture == types.ArchitectureX8664 || slices.Contains(have.Architectures, r.Architecture)
	if aws.ToString(have.CodeSha256) != codeHash(r.Zip) || !sameArchitecture {
		step.Action = Update
		step.Detail = fmt.Sprintf("another binary, %s", r.Architecture)
		step.Calls = []string{
			command("lambda", "update-function-code", "--function-name", r.Name, "--architectures", string(r.Architecture), "--zip-file", "fileb://function.zip"),
			command("lambda", "wait", "function-updated-v2", "--function-name", r.Name),
		}
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		if err := r.settled(ctx); err != nil {
			return err
		}
		_, err := r.Functions.UpdateFunctionCode(ctx, &awslambda.UpdateFunctionCodeInput{
			FunctionName: &r.Name, ZipFile: r.Zip, Architectures: []types.Architecture{r.Architecture},
		})
		if err != nil {
			return err
		}
		return r.settled(ctx)
	})
}

func (r *run) functionConfiguration(ctx context.Context, have *types.FunctionConfiguration, role string) error {
	environment := map[string]string{}
	if have.Environment != nil {
		maps.Copy(environment, have.Environment.Variables) // values that somebody else added stay
	}
	maps.Copy(environment, r.Environment)
	different := r.differences(have, role, environment)
	step := Step{What: "configuration", Name: r.Name, Action: Unchanged}
	if len(different) > 0 {
		step.Action, step.Detail = Update, strings.Join(different, ", ")
		words := append([]string{
			"lambda", "update-function-configuration", "--function-name", r.Name, "--runtime", "provided.al2023", "--handler", "bootstrap", "--role", role,
			"--timeout", strconv.Itoa(timeout), "--memory-size", strconv.Itoa(int(r.MemoryMB)), "--environment", r.file("environment.json", r.shownEnvironment(environment)),
		}, r.vpcWords()...)
		step.Calls = []string{command(words...), command("lambda", "wait", "function-updated-v2", "--function-name", r.Name)}
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		if err := r.settled(ctx); err != nil {
			return err
		}
		in := &awslambda.UpdateFunctionConfigurationInput{
			FunctionName: &r.Name, Role: &role, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
			Timeout: aws.Int32(timeout), MemorySize: &r.MemoryMB, Environment: &types.Environment{Variables: environment}, VpcConfig: r.vpc(),
		}
		if in.VpcConfig == nil {
			in.VpcConfig = &types.VpcConfig{SubnetIds: []string{}, SecurityGroupIds: []string{}} // out of the VPC
		}
		if _, err := r.Functions.UpdateFunctionConfiguration(ctx, in); err != nil {
			return err
		}
		return r.settled(ctx)
	})
}

// differences lists the settings of a function that are not as they should be.
func (r *run) differences(have *types.FunctionConfiguration, role string, environment map[string]string) []string {
	var d []string
	add := func(differs bool, what string) {
		if differs {
			d = append(d, what)
		}
	}
	add(have.Runtime != types.RuntimeProvidedal2023, "runtime")
	add(aws.ToString(have.Handler) != "bootstrap", "handler")
	add(aws.ToString(have.Role) != role, "role")
	add(aws.ToInt32(have.Timeout) != timeout, "timeout")
	add(aws.ToInt32(have.MemorySize) != r.MemoryMB, "memory")
	var now map[string]string
	if have.Environment != nil {
		now = have.Environment.Variables
	}
	for _, k := range sortedKeys(environment) {
		add(now[k] != environment[k], "environment "+k)
	}
	var subnets, groups []string
	if have.VpcConfig != nil {
		subnets, groups = slices.Sorted(slices.Values(have.VpcConfig.SubnetIds)), slices.Sorted(slices.Values(have.VpcConfig.SecurityGroupIds))
	}
	add(!slices.Equal(subnets, r.Subnets), "subnets")
	add(!slices.Equal(groups, r.SecurityGroups), "security groups")
	return d
}

func (r *run) vpc() *types.VpcConfig {
	if len(r.Subnets) == 0 {
		return nil
	}
	return &types.VpcConfig{SubnetIds: r.Subnets, SecurityGroupIds: r.SecurityGroups}
}

func (r *run) vpcWords() []string {
	if len(r.Subnets) == 0 {
		return nil
	}
	return []string{"--vpc-config", "SubnetIds=" + strings.Join(r.Subnets, ",") + ",SecurityGroupIds=" + strings.Join(r.SecurityGroups, ",")}
}

func (r *run) where() string {
	if len(r.Subnets) == 0 {
		return "outside any VPC"
	}
	return "in " + strings.Join(r.Subnets, " and ")
}

// shownEnvironment returns the file for --environment, without the values that may hold a secret.
func (r *run) shownEnvironment(environment map[string]string) string {
	shown := map[string]string{}
	for k, v := range environment {
		if k == "CONNECTION_URL" || strings.Contains(k, "SECRET") && !strings.HasSuffix(k, "_ARN") || strings.Contains(k, "PASSWORD") {
			v = "(the value of " + k + ")"
		}
		shown[k] = v
	}
	b, _ := json.MarshalIndent(map[string]any{"Variables": shown}, "", "  ")
	return string(b)
}

// settled waits until the function may be changed: Lambda works on one change at a time and refuses
// the next with ResourceConflictException.
func (r *run) settled(ctx context.Context) error {
	for deadline := time.Now().Add(r.patience()); ; {
		out, err := r.Functions.GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: &r.Name})
		if err != nil {
			return err
		}
		c := out.Configuration
		switch {
		case c.State == types.StateFailed:
			return fmt.Errorf("the function has failed: %s", aws.ToString(c.StateReason))
		case c.LastUpdateStatus == types.LastUpdateStatusFailed:
			return fmt.Errorf("the change has failed: %s", aws.ToString(c.LastUpdateStatusReason))
		case c.State != types.StatePending && c.LastUpdateStatus != types.LastUpdateStatusInProgress:
			return nil
		case time.Now().After(deadline):
			return cruddur.Errorf(cruddur.KindUnavailable, "the function is still %s after %s; run deploy again, it goes on where it stopped", c.State, r.patience())
		}
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
}

// retry calls fn until it succeeds, patience ends, or again reports that the error is not temporary.
func (r *run) retry(ctx context.Context, fn func() error, again func(error) bool) error {
	for deadline := time.Now().Add(r.patience()); ; {
		err := fn()
		if err == nil || !again(err) || time.Now().After(deadline) {
			return err
		}
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
}

// concurrency sets the function's reserved concurrency.
func (r *run) concurrency(ctx context.Context) error {
	step := Step{What: "concurrency", Name: r.Name, Action: Unchanged}
	out, err := r.Functions.GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: &r.Name})
	if err != nil && (!r.dry || !isCode(err, "ResourceNotFoundException")) {
		return explain("look at the function "+r.Name, err)
	}
	have := int32(-1)
	if err == nil && out.Concurrency != nil && out.Concurrency.ReservedConcurrentExecutions != nil {
		have = *out.Concurrency.ReservedConcurrentExecutions
	}
	switch {
	case have == r.Reserved:
	case r.Reserved < 0:
		step.Action, step.Detail = Delete, "no reserved concurrency"
		step.Calls = []string{command("lambda", "delete-function-concurrency", "--function-name", r.Name)}
	default:
		step.Action, step.Detail = Update, fmt.Sprintf("at most %d at once, each with one connection", r.Reserved)
		step.Calls = []string{command("lambda", "put-function-concurrency", "--function-name", r.Name, "--reserved-concurrent-executions", strconv.Itoa(int(r.Reserved)))}
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		if r.Reserved < 0 {
			_, err := r.Functions.DeleteFunctionConcurrency(ctx, &awslambda.DeleteFunctionConcurrencyInput{FunctionName: &r.Name})
			return err
		}
		_, err := r.Functions.PutFunctionConcurrency(ctx, &awslambda.PutFunctionConcurrencyInput{FunctionName: &r.Name, ReservedConcurrentExecutions: &r.Reserved})
		return err
	})
}
