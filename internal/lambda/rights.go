package lambda

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// answer is the result of policies for an action: no, perhaps (a condition, or a resource that this program does not
// understand), or yes.
type answer int

const (
	no answer = iota
	perhaps
	yes
)

// right is one statement of a policy, always with lists where JSON may have a single string.
type right struct {
	Effect                                   string
	Action, NotAction, Resource, NotResource words
	Principal                                json.RawMessage
	Condition                                map[string]map[string]any
}

// words is a string or a list of strings of a policy.
type words []string

// UnmarshalJSON accepts both forms.
func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = words{one}
		return nil
	}
	var all []string
	err := json.Unmarshal(b, &all)
	*w = all
	return err
}

// readRights parses a policy. IAM returns it percent-encoded (RFC 3986); a single statement may be without a list.
func readRights(document string) ([]right, error) {
	if decoded, err := url.PathUnescape(document); err == nil {
		document = decoded
	}
	var d struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		return nil, err
	}
	var all []right
	if err := json.Unmarshal(d.Statement, &all); err == nil {
		return all, nil
	}
	var one right
	err := json.Unmarshal(d.Statement, &one)
	return []right{one}, err
}

// matches compares a name with a pattern of IAM's, in which * stands for anything and ? for one character.
func matches(pattern, name string) bool {
	star, at := -1, 0
	p := 0
	for n := 0; n < len(name); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, at = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			at++
			p, n = star+1, at
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func (w words) any(name string) bool {
	return slices.ContainsFunc(w, func(p string) bool { return matches(p, name) })
}

// of reports whether the statement applies to an action on a resource; "" means any resource.
func (r *right) of(action, resource string) answer {
	lower := func(w words) words {
		var out words
		for _, s := range w {
			out = append(out, strings.ToLower(s))
		}
		return out
	}
	action = strings.ToLower(action)
	if len(r.NotAction) > 0 && lower(r.NotAction).any(action) || len(r.NotAction) == 0 && !lower(r.Action).any(action) {
		return no
	}
	switch {
	case resource == "" && !slices.Contains(r.Resource, "*"):
		return perhaps
	case resource != "" && len(r.NotResource) > 0 && r.NotResource.any(resource):
		return no
	case resource != "" && len(r.NotResource) == 0 && !r.Resource.any(resource):
		return no
	case len(r.Condition) > 0:
		return perhaps
	}
	return yes
}

// byCode reports whether the only condition of a statement is that the function's code makes the call: Lambda's own
// calls, which put the function into the VPC, do not meet it.
func (r *right) byCode() bool {
	keys := 0
	for _, c := range r.Condition {
		for k := range c {
			if !strings.EqualFold(k, "lambda:SourceFunctionArn") {
				return false
			}
			keys++
		}
	}
	return keys > 0
}

// allowed judges an action by statements of one kind of policy: a Deny overrides every Allow. lambdas is true for
// calls that Lambda itself makes with the role, not the code.
func allowed(all []right, action, resource string, lambdas bool) answer {
	granted, refused := no, no
	for _, r := range all {
		switch {
		case r.Effect == "Allow":
			granted = max(granted, r.of(action, resource))
		case !lambdas || !r.byCode():
			refused = max(refused, r.of(action, resource))
		}
	}
	return min(granted, yes-refused)
}

// rights are the policies of a role.
type rights struct {
	granted  []right
	boundary []right // nil: the role has none
}

func (r *rights) allows(action, resource string, lambdas bool) answer {
	a := allowed(r.granted, action, resource, lambdas)
	if r.boundary != nil {
		a = min(a, allowed(r.boundary, action, resource, lambdas))
	}
	return a
}

// roleRights reads all policies of a role: inline ones, attached ones, and the boundary.
func (c *Client) roleRights(ctx context.Context, role string, boundary *string) (*rights, error) {
	out := new(rights)
	inline := iam.NewListRolePoliciesPaginator(c.Roles, &iam.ListRolePoliciesInput{RoleName: &role})
	for inline.HasMorePages() {
		page, err := inline.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range page.PolicyNames {
			p, err := c.Roles.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
			if err != nil {
				return nil, err
			}
			more, err := readRights(aws.ToString(p.PolicyDocument))
			if err != nil {
				return nil, err
			}
			out.granted = append(out.granted, more...)
		}
	}
	attached := iam.NewListAttachedRolePoliciesPaginator(c.Roles, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	for attached.HasMorePages() {
		page, err := attached.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.AttachedPolicies {
			more, err := c.managed(ctx, a.PolicyArn)
			if err != nil {
				return nil, err
			}
			out.granted = append(out.granted, more...)
		}
	}
	if boundary != nil {
		more, err := c.managed(ctx, boundary)
		if err != nil {
			return nil, err
		}
		out.boundary = append([]right{}, more...)
	}
	return out, nil
}

// managed reads the default version of a managed policy, which is in effect.
func (c *Client) managed(ctx context.Context, arn *string) ([]right, error) {
	p, err := c.Roles.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
	if err != nil {
		return nil, err
	}
	v, err := c.Roles.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: p.Policy.DefaultVersionId})
	if err != nil {
		return nil, err
	}
	return readRights(aws.ToString(v.PolicyVersion.Document))
}
