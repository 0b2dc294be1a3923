package cruddur

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind is the class of an [Error]; the HTTP status and the exit code follow from it.
type Kind string

// The kinds of error. Anything that is not an [Error] counts as KindInternal.
const (
	KindInvalid         Kind = "invalid"
	KindUnauthenticated Kind = "unauthenticated"
	KindForbidden       Kind = "forbidden"
	KindNotFound        Kind = "not_found"
	KindConflict        Kind = "conflict"
	KindTooMany         Kind = "too_many_requests"
	KindUnavailable     Kind = "unavailable"
	KindInternal        Kind = "internal"
)

// Error is an error that can be shown to a member: Codes for a program (the bare array of the JSON API), Field for
// the form that shows it. The wrapped cause is for the operator only.
type Error struct {
	Kind  Kind
	Codes []string // snake_case words such as message_blank; never empty
	Field string   // the form field that is wrong, or ""
	// RetryAfter is the number of seconds a client should wait before it retries; 0 means that waiting does not help.
	RetryAfter int
	err        error
}

// Error returns the text for the operator: kind, codes and cause.
func (e *Error) Error() string {
	s := string(e.Kind)
	for _, c := range e.Codes {
		if c != s {
			s += " " + c
		}
	}
	if e.err != nil {
		s += ": " + e.err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// NewError returns an error of a kind with its codes. Without codes, the kind itself is the code.
func NewError(k Kind, codes ...string) *Error {
	if len(codes) == 0 {
		codes = []string{string(k)}
	}
	return &Error{Kind: k, Codes: codes}
}

// Invalid returns a KindInvalid error for one field.
func Invalid(field, code string) *Error {
	return &Error{Kind: KindInvalid, Codes: []string{code}, Field: field}
}

// Wrap returns a copy of e with err as its cause.
func (e *Error) Wrap(err error) *Error {
	c := *e
	c.err = err
	return &c
}

// RetryIn returns a copy of e that asks the client to wait: whole seconds, rounded up, at least one.
func (e *Error) RetryIn(wait time.Duration) *Error {
	c := *e
	c.RetryAfter = max(1, WholeSeconds(wait))
	return &c
}

// WholeSeconds returns a duration in whole seconds, rounded up, the unit of HTTP headers such as Retry-After.
func WholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// Errorf returns an error of kind k whose cause is the formatted text; %w works.
func Errorf(k Kind, format string, args ...any) *Error {
	return NewError(k).Wrap(fmt.Errorf(format, args...))
}

// KindOf reports the kind of err: the first [Error] in its chain. For other errors: context.DeadlineExceeded is
// KindUnavailable (retrying may help), anything else KindInternal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return KindUnavailable
	}
	return KindInternal
}

// CodesOf returns the codes that may be shown for err. For an error that is not an [Error], the only code is its
// kind.
func CodesOf(err error) []string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Codes
	}
	return []string{string(KindOf(err))}
}
