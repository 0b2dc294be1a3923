package lambda

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
)

// statementID names the permission: one for each pool, so that two pools can share a function.
func statementID(pool string) string { return "cognito-" + strings.ReplaceAll(pool, ".", "-") }

// permission lets Cognito call the function, for this pool of this account only. Without the account, a pool with
// that id in any account could call it (the confused deputy problem).
func (r *run) permission(ctx context.Context) error {
	id, arn := statementID(r.PoolID), r.poolARN(r.PoolID)
	step := Step{What: "permission", Name: id, Action: Unchanged}
	state, err := r.permissionState(ctx, id, arn)
	if err != nil {
		return err
	}
	if state != Unchanged {
		step.Action, step.Detail = state, "Cognito may call the function for this pool of this account only"
		if state == Update {
			step.Calls = []string{command("lambda", "remove-permission", "--function-name", r.Name, "--statement-id", id)}
		}
		step.Calls = append(step.Calls, command("lambda", "add-permission", "--function-name", r.Name, "--statement-id", id, "--action", "lambda:InvokeFunction",
			"--principal", "cognito-idp.amazonaws.com", "--source-arn", arn, "--source-account", r.account))
	}
	return r.step(ctx, step, func(ctx context.Context) error {
		if state == Update {
			_, err := r.Functions.RemovePermission(ctx, &awslambda.RemovePermissionInput{FunctionName: &r.Name, StatementId: &id})
			if err != nil && !isCode(err, "ResourceNotFoundException") {
				return err
			}
		}
		_, err := r.Functions.AddPermission(ctx, &awslambda.AddPermissionInput{
			FunctionName: &r.Name, StatementId: &id, Action: aws.String("lambda:InvokeFunction"),
			Principal: aws.String("cognito-idp.amazonaws.com"), SourceArn: &arn, SourceAccount: &r.account,
		})
		if isCode(err, "ResourceConflictException") { // somebody else added it in the meantime
			if state, lookErr := r.permissionState(ctx, id, arn); lookErr == nil && state == Unchanged {
				return nil
			}
		}
		return err
	})
}

// permissionState reports whether the permission must be created, replaced, or is right.
func (c *run) permissionState(ctx context.Context, id, arn string) (Action, error) {
	out, err := c.Functions.GetPolicy(ctx, &awslambda.GetPolicyInput{FunctionName: &c.Name})
	if isCode(err, "ResourceNotFoundException") {
		return Create, nil
	}
	if err != nil {
		return "", explain("read the function's policy", err)
	}
	s, ok := findStatement(aws.ToString(out.Policy), id)
	switch {
	case !ok:
		return Create, nil
	case s.allows(arn, c.account):
		return Unchanged, nil
	default:
		return Update, nil
	}
}

// grant is one statement of a function's policy, as GetPolicy returns it.
type grant struct {
	Sid, Effect string
	Principal   any
	Action      any
	Condition   map[string]map[string]any
}

func findStatement(policy, id string) (grant, bool) {
	var d struct{ Statement []grant }
	if json.Unmarshal([]byte(policy), &d) != nil {
		return grant{}, false
	}
	for _, s := range d.Statement {
		if s.Sid == id {
			return s, true
		}
	}
	return grant{}, false
}

// allows reports whether a statement lets Cognito call for exactly this pool and account.
func (g grant) allows(arn, account string) bool {
	service := ""
	if p, ok := g.Principal.(map[string]any); ok {
		service, _ = p["Service"].(string)
	}
	gotARN, gotAccount := "", ""
	for _, conditions := range g.Condition {
		for key, value := range conditions {
			text, _ := value.(string)
			switch strings.ToLower(key) {
			case "aws:sourcearn":
				gotARN = text
			case "aws:sourceaccount":
				gotAccount = text
			}
		}
	}
	return g.Effect == "Allow" && service == "cognito-idp.amazonaws.com" && g.Action == "lambda:InvokeFunction" && gotARN == arn && gotAccount == account
}
