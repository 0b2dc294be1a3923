package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cruddur"
)

// Exit codes of every command; docs/operations.md explains them to operators.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3 // a guard refused, or the question was not confirmed
	exitNotFound    = 4
	exitPending     = 5 // pending or drifted
	exitFindings    = 6 // an audit found something
	exitConnect     = 7
	exitMissing     = 8 // another program is needed and not installed
	exitTimeout     = 124
	exitInterrupted = 130
)

// exitError carries the exit code that a command has decided on. A nil err prints nothing.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitWith returns an error that ends the program with code.
func exitWith(code int, err error) error { return &exitError{code, err} }

// sentence is what an error says to a person. Its kind is for programs, which have the exit code; a code
// that says more than the kind stays, for its cause may be nothing but a constraint's name.
func sentence(err error) string {
	if e, ok := err.(*exitError); ok && e.err != nil {
		err = e.err
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

// exitCode is the exit code for what a command returned.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	switch cruddur.KindOf(err) {
	case cruddur.KindNotFound:
		return exitNotFound
	case cruddur.KindUnavailable:
		return exitConnect
	case cruddur.KindForbidden:
		return exitRefused
	case cruddur.KindInvalid:
		return exitUsage
	default:
		return exitFailed
	}
}
