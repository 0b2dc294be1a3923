package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cruddur"
)

// The exit codes of every command; docs/operations.md explains them to operators.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitRefused     = 3 // a guard refused, or the question was not confirmed
	ExitNotFound    = 4
	ExitPending     = 5 // pending or drifted
	ExitFindings    = 6 // an audit found something
	ExitConnect     = 7
	ExitMissing     = 8 // another program is needed and not installed
	ExitTimeout     = 124
	ExitInterrupted = 130
)

// ExitError carries the exit code that a command has chosen. A nil Err prints nothing.
type ExitError struct {
	Code int
	Err  error
}

// Error returns the text of the wrapped error.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the wrapped error, which may be nil.
func (e *ExitError) Unwrap() error { return e.Err }

// Exit returns an error that ends the program with this exit code; a nil err prints nothing.
func Exit(code int, err error) error { return &ExitError{code, err} }

// Sentence returns the text of an error for people. It leaves out the error's kind, which programs read from
// the exit code. It keeps an error code that says more than the kind, because the cause may be no more than a
// constraint's name.
func Sentence(err error) string {
	if e, ok := err.(*ExitError); ok && e.Err != nil {
		err = e.Err
	}
	e, ok := err.(*cruddur.Error)
	if !ok {
		return err.Error()
	}
	codes, cause := strings.Join(e.Codes, ", "), errors.Unwrap(e)
	switch {
	case cause == nil:
		return codes
	case codes == string(e.Kind):
		return cause.Error()
	default:
		return codes + ": " + cause.Error()
	}
}

// ExitCode returns the exit code for the error that a command returned.
func ExitCode(ctx context.Context, err error) int {
	if err == nil {
		return ExitOK
	}
	if e, ok := errors.AsType[*ExitError](err); ok {
		return e.Code
	}
	if ctx.Err() != nil {
		return ExitInterrupted
	}
	switch cruddur.KindOf(err) {
	case cruddur.KindNotFound:
		return ExitNotFound
	case cruddur.KindUnavailable:
		return ExitConnect
	case cruddur.KindForbidden:
		return ExitRefused
	case cruddur.KindInvalid:
		return ExitUsage
	default:
		return ExitFailed
	}
}
