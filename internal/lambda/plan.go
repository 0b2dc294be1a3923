package lambda

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"cruddur"
)

// Action is what a step does.
type Action string

// The actions.
const (
	Create    Action = "create"
	Update    Action = "update"
	Delete    Action = "delete"
	Unchanged Action = "unchanged"
)

// Step is one resource that deploy or remove manages.
type Step struct {
	What   string // role, policy, log group, function, concurrency, permission, trigger
	Name   string
	Action Action
	Detail string   // what is different, in words
	Calls  []string // the same as aws commands, without secrets
}

// Plan lists the steps that deploy or remove has done, or would do.
type Plan struct {
	Steps []Step
	Files map[string]string // the files that the commands in Calls read, by name
	ARN   string            // the function's
}

// Changes counts the steps that are not Unchanged.
func (p *Plan) Changes() int {
	n := 0
	for _, s := range p.Steps {
		if s.Action != Unchanged {
			n++
		}
	}
	return n
}

// run runs steps one after the other: each reads the current state, reports the necessary change and, unless it only
// plans, makes it.
type run struct {
	*Client
	Settings
	place
	plan *Plan
	dry  bool
	tell func(Step)
}

// step records a step and, unless it is a dry run or nothing has to change, does it.
func (r *run) step(ctx context.Context, s Step, do func(context.Context) error) error {
	r.plan.Steps = append(r.plan.Steps, s)
	if r.dry || s.Action == Unchanged {
		r.tell(s)
		return nil
	}
	if err := do(ctx); err != nil {
		return explain(fmt.Sprintf("%s %s %s", s.Action, s.What, s.Name), err)
	}
	r.tell(s)
	return nil
}

// file records a file that a command reads, and returns its name in the command.
func (r *run) file(name, content string) string {
	if r.plan.Files == nil {
		r.plan.Files = map[string]string{}
	}
	r.plan.Files[name] = content
	return "file://" + name
}

// command returns an aws command, quoted for a shell where necessary.
func command(words ...string) string {
	for i, w := range words {
		if w == "" || strings.ContainsAny(w, " \t\n\"'$&|;<>()*?[]{}\\`!#~") {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return "aws " + strings.Join(words, " ")
}

// isCode reports whether err is the AWS error of one of the codes.
func isCode(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if api.ErrorCode() == c {
			return true
		}
	}
	return false
}

// hints says what to do about an AWS error, by its code and, if the code is too general, by words of its message.
var hints = []struct{ code, words, hint string }{
	{"AccessDenied", "service control policy", byOrganisation},
	{"AccessDeniedException", "service control policy", byOrganisation},
	{"AccessDenied", "permissions boundary", byBoundary},
	{"AccessDeniedException", "permissions boundary", byBoundary},
	{"AccessDenied", "explicit deny", byDenial},
	{"AccessDeniedException", "explicit deny", byDenial},
	{"AccessDenied", "", "these credentials lack the action; docs/lambda.md has the policy that this command needs"},
	{"AccessDeniedException", "", "these credentials lack the action; docs/lambda.md has the policy that this command needs"},
	{"UnrecognizedClientException", "", "the access key does not exist, or belongs to another partition: run aws sts get-caller-identity"},
	{"InvalidClientTokenId", "", "the access key does not exist, or belongs to another partition: run aws sts get-caller-identity"},
	{"ExpiredTokenException", "", "the session has expired: sign in to AWS again"},
	{"ExpiredToken", "", "the session has expired: sign in to AWS again"},
	{"SignatureDoesNotMatch", "", "the secret key is wrong, or this machine's clock is"},
	{"InvalidParameterValueException", "UnreservedConcurrentExecution", "the account's limit of concurrent executions leaves no room: ask AWS for a higher one, or use --reserved -1"},
	{"InvalidParameterValueException", "CreateNetworkInterface", "the role may not put the function into the VPC yet; a new role needs some seconds, so run deploy again"},
	{"InvalidParameterException", "TemporaryPasswordValidityDays", "the pool holds two settings that exclude each other: set UnusedAccountValidityDays to 0 in its console"},
	{"ConcurrentModificationException", "", "somebody else changes the user pool just now: run deploy again"},
	{"TierChangeNotAllowedException", "", "the pool's tier does not allow one of its own settings any more; its console says which"},
	{"FeatureUnavailableInTierException", "", "the pool's tier does not allow one of its own settings any more; its console says which"},
	{"UserImportInProgressException", "", "an import of users is running; wait until it has ended"},
	{"ResourceConflictException", "", "another change of the function is not done yet: run deploy again"},
	{"KMSAccessDeniedException", "", "the role may not use the key that encrypts the function's environment"},
}

// Other policies that may refuse an action: one more permission does not help against any of them.
const (
	byOrganisation = "a service control policy of the organisation forbids it; no policy in this account can allow it: ask who administers the organisation"
	byBoundary     = "the permissions boundary of these credentials forbids it: ask the administrator who set the boundary"
	byDenial       = "a statement with Effect Deny forbids it, and a permission more does not help: find that statement (aws iam get-account-authorization-details)"
)

// explain adds what was being done and, if known, what to do about the error.
func explain(doing string, err error) error {
	if _, ours := errors.AsType[*cruddur.Error](err); ours {
		return err
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return fmt.Errorf("%s: %w", doing, err)
	}
	for _, h := range hints {
		if h.code == api.ErrorCode() && strings.Contains(api.ErrorMessage(), h.words) {
			return fmt.Errorf("%s: %w\n%s", doing, err, h.hint)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
