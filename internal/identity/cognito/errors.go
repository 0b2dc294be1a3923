package cognito

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/smithy-go"

	"cruddur"
)

// table maps the code of a Cognito error to one of ours. Each operation's own table has precedence.
type table map[string]*cruddur.Error

var (
	errMismatch    = cruddur.Invalid("password", "credentials_mismatch")
	errToken       = cruddur.NewError(cruddur.KindUnauthenticated)
	errCode        = cruddur.Invalid("code", "code_mismatch")
	errUnconfirmed = cruddur.NewError(cruddur.KindForbidden, "account_unconfirmed")
	errSuspended   = cruddur.NewError(cruddur.KindForbidden, "account_suspended")
)

// common maps the errors that mean the same for all operations.
var common = table{
	"TooManyRequestsException":                tooMany("too_many_requests", 5),
	"LimitExceededException":                  tooMany("too_many_requests", 900),
	"TooManyFailedAttemptsException":          tooMany("too_many_requests", 900),
	"CodeDeliveryFailureException":            unavailable(60),
	"InternalErrorException":                  unavailable(5),
	"ServiceUnavailable":                      unavailable(5),
	"UserNotConfirmedException":               errUnconfirmed,
	"PasswordResetRequiredException":          cruddur.NewError(cruddur.KindForbidden, "password_reset_required"),
	"PasswordHistoryPolicyViolationException": cruddur.Invalid("password", "password_used_before"),
	"UserLambdaValidationException":           cruddur.NewError(cruddur.KindForbidden, "account_refused"),
	"UnexpectedLambdaException":               unavailable(5),
	"InvalidLambdaResponseException":          unavailable(5),
}

func tooMany(code string, seconds int) *cruddur.Error {
	e := cruddur.NewError(cruddur.KindTooMany, code)
	e.RetryAfter = seconds
	return e
}

func unavailable(seconds int) *cruddur.Error {
	e := cruddur.NewError(cruddur.KindUnavailable)
	e.RetryAfter = seconds
	return e
}

// ours turns an error of the SDK into one of ours. An error that is in no table concerns the operator: a pool or an
// app client that is not configured as docs/cognito.md says.
func (p *Provider) ours(doing string, err error, t table) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*cruddur.Error](err); done {
		return err
	}
	cause := fmt.Errorf("%s: %w", doing, err)
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		if _, network := errors.AsType[net.Error](err); network || errors.Is(err, context.DeadlineExceeded) {
			return unavailable(5).Wrap(cause)
		}
		if errors.Is(err, context.Canceled) {
			return cause
		}
		return unavailable(5).Wrap(cause)
	}
	code := api.ErrorCode()
	if e, ok := t[code]; ok && !setUpWrong(err) {
		return e.Wrap(cause)
	}
	if code == "InvalidPasswordException" {
		return passwordError(api.ErrorMessage()).Wrap(cause)
	}
	if code == "NotAuthorizedException" && strings.Contains(api.ErrorMessage(), "attempts exceeded") {
		// Cognito locks an account after five wrong passwords, for one second at first and up to a quarter of an
		// hour. Only the message says so.
		return tooMany("account_locked", 900).Wrap(cause)
	}
	if e, ok := common[code]; ok {
		return e.Wrap(cause)
	}
	if api.ErrorFault() == smithy.FaultServer {
		return unavailable(5).Wrap(cause)
	}
	p.c.Log.Error("cognito refuses a call that the set-up should allow", "operation", doing, "code", code, "message", api.ErrorMessage())
	return cause
}

// setUpWrong recognises the errors for a missing or wrong secret of the app client, and for a flow that the app
// client does not allow. They have the same codes as a member's mistake.
func setUpWrong(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	message := strings.NewReplacer(" ", "", "_", "").Replace(strings.ToLower(api.ErrorMessage()))
	return strings.Contains(message, "secrethash") || strings.Contains(message, "flownotenabled")
}

// hasCode reports whether err is the Cognito error of that code.
func hasCode(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}

// policyWords are phrases in the message of InvalidPasswordException, the only place where Cognito says which rule of
// the pool's policy was broken.
var policyWords = []struct{ words, code string }{
	{"not long enough", "password_too_short"},
	{"longer than", "password_too_long"},
	{"uppercase", "password_lacks_uppercase"},
	{"lowercase", "password_lacks_lowercase"},
	{"numeric", "password_lacks_number"},
	{"symbol", "password_lacks_symbol"},
	{"previously", "password_used_before"},
	{"compromised", "password_too_common"},
}

// passwordError returns the rules of the pool's password policy that a password breaks.
func passwordError(message string) *cruddur.Error {
	e := &cruddur.Error{Kind: cruddur.KindInvalid, Field: "password"}
	message = strings.ToLower(message)
	for _, p := range policyWords {
		if strings.Contains(message, p.words) {
			e.Codes = append(e.Codes, p.code)
		}
	}
	if e.Codes == nil {
		e.Codes = []string{"password_invalid"}
	}
	return e
}
