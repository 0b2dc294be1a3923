package rds

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"cruddur"
)

// Problem is an error that an operator can act on: what happened, why in plain words, and what
// to type next. It unwraps to a [cruddur.Error] of Kind and to the cause.
type Problem struct {
	What, Why, Next string
	Code            string // AWS's error code, or ""
	Kind            cruddur.Kind
	Left            []string // new resources that still exist, each with how to remove it
	Err             error
}

// Error returns the three lines, and one more for each resource left behind.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.What)
	if p.Why != "" {
		b.WriteString("\n  why:  " + p.Why)
	}
	if p.Next != "" {
		b.WriteString("\n  next: " + p.Next)
	}
	for _, l := range p.Left {
		b.WriteString("\n  left: " + l)
	}
	return b.String()
}

// Unwrap returns the kind as an error, and the cause.
func (p *Problem) Unwrap() []error {
	kind := p.Kind
	if kind == "" {
		kind = cruddur.KindInternal
	}
	errs := []error{cruddur.NewError(kind)}
	if p.Err != nil {
		errs = append(errs, p.Err)
	}
	return errs
}

// invalidf returns a Problem of one line, for invalid input from the operator.
func invalidf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Problem{What: err.Error(), Kind: cruddur.KindInvalid, Err: err}
}

// code returns the AWS error code in err's chain, or "". Codes that clients invent for a server error without a code
// do not count.
func code(err error) string {
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return ""
	}
	if c := e.ErrorCode(); status(err) < 500 || c != "UnknownError" && !strings.HasPrefix(c, "HTTP5") {
		return c
	}
	return ""
}

func status(err error) int {
	if e, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

// explain turns an error of an AWS call into a [Problem]. doing is the attempted action, without secrets: "create
// cruddur-db". It returns an error that is already a Problem unchanged.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	p := &Problem{Code: code(err), Err: err}
	switch {
	case p.Code != "":
		explainCode(p, doing, err)
	case isMissingRegion(err):
		p.What = doing + ": no region is set"
		p.Why = "every AWS call needs a region, and neither a flag, the environment nor the profile names one"
		p.Next = "export AWS_DEFAULT_REGION=eu-central-1   (or --region)"
		p.Kind = cruddur.KindInvalid
	case isMissingCredentials(err):
		p.What = doing + ": no AWS credentials"
		p.Why = "none were found in the environment, the shared files, SSO or the machine's role"
		p.Next = "aws configure   (or aws sso login, or export AWS_PROFILE=…)"
		p.Kind = cruddur.KindUnavailable
	case isNetwork(err):
		p.What = doing + ": AWS cannot be reached"
		p.Why = networkReason(err)
		p.Next = "check the network, HTTPS_PROXY and the region's name, then run the command again"
		p.Kind = cruddur.KindUnavailable
	case status(err) == 500 || status(err) == 501:
		p.What = doing + ": this AWS does not offer the operation"
		p.Why = fmt.Sprintf("HTTP %d without an error code: emulators answer so for what they do not implement", status(err))
		p.Next = "run it against AWS itself (unset AWS_ENDPOINT_URL)"
	default:
		p.What = doing
		p.Why = err.Error()
		p.Next = "run it again; if it stays, see docs/rds.md"
	}
	return p
}

// NoRegion returns the Problem for a configuration without a region. The SDK would look for credentials first, and
// report those instead.
func NoRegion() error { return explain("AWS", &aws.MissingRegionError{}) }

func isMissingRegion(err error) bool {
	if _, ok := errors.AsType[*aws.MissingRegionError](err); ok {
		return true
	}
	s := err.Error()
	return strings.Contains(s, "Missing Region") || strings.Contains(s, "region is not set") || strings.Contains(s, "Invalid Configuration: Missing Region")
}

func isMissingCredentials(err error) bool {
	s := err.Error()
	return strings.Contains(s, "get identity: get credentials") || strings.Contains(s, "failed to refresh cached credentials") || strings.Contains(s, "no EC2 IMDS role found")
}

func isNetwork(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

func networkReason(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return "the name " + e.Name + " does not resolve"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Error()
	}
	return "the connection timed out"
}

var deniedAction = regexp.MustCompile(`not authorized to perform: ([a-zA-Z0-9-]+:[A-Za-z0-9]+)`)

// action returns the permission that a denied call needed.
func action(err error) string {
	if m := deniedAction.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	if e, ok := errors.AsType[*smithy.OperationError](err); ok {
		service := strings.ToLower(strings.ReplaceAll(e.ServiceID, " ", ""))
		if service == "monitoring" { // the host's name; policies say cloudwatch
			service = "cloudwatch"
		}
		return service + ":" + e.OperationName
	}
	return ""
}

// sentence returns AWS's own sentence unchanged.
func sentence(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorMessage()
	}
	return ""
}

// message returns AWS's own sentence, truncated: an encoded authorization message has kilobytes.
func message(err error) string {
	m := sentence(err)
	if i := strings.Index(m, "Encoded authorization failure message"); i >= 0 {
		m = strings.TrimSpace(m[:i])
	}
	if len(m) > 400 {
		m = m[:400] + "…"
	}
	return m
}
