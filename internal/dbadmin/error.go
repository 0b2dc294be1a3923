package dbadmin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
	"cruddur/internal/postgres"
)

// Error is a failure in three lines: what was being done, why it failed, what to do next.
type Error struct {
	Kind cruddur.Kind
	What string
	Why  error
	Next string
}

// Error returns the three lines; an empty one is omitted.
func (e *Error) Error() string {
	lines := []string{}
	if e.What != "" {
		lines = append(lines, e.What)
	}
	if e.Why != nil {
		lines = append(lines, explain(e.Why))
	}
	if e.Next != "" {
		lines = append(lines, e.Next)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the cause, and the kind as the product's error.
func (e *Error) Unwrap() []error {
	kind := error(cruddur.NewError(e.Kind))
	if e.Why == nil {
		return []error{kind}
	}
	return []error{kind, e.Why}
}

func fail(kind cruddur.Kind, what string, why error, next string) error {
	return &Error{kind, what, why, next}
}

// Explain returns the text of an error for an operator: without the word for its kind, and a server's error
// with its SQLSTATE.
func Explain(err error) string {
	if e, ok := err.(*cruddur.Error); ok && e.Unwrap() != nil {
		return Explain(e.Unwrap())
	}
	return explain(err)
}

// explain returns the text of an error: for a failed connection only its cause, without what the driver
// repeats; for a server's error also detail and hint.
func explain(err error) string {
	switch err.(type) {
	case *EndError, *placeError, *UnusableError:
		return err.Error()
	}
	if own, ok := err.(interface{ Unwrap() []error }); ok && own != nil {
		return err.Error()
	}
	if _, ok := errors.AsType[*postgres.ScriptError](err); ok {
		return err.Error()
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		s := err.Error()
		if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting {
			s = pe.Error()
		}
		for _, more := range []string{pe.Detail, pe.Hint} {
			if more != "" {
				s += "\n" + more
			}
		}
		return s
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return dialError(err)
	}
	if _, ok := errors.AsType[*postgres.LostError](err); !ok && postgres.IsLost(err) {
		return (&postgres.LostError{Err: err}).Error()
	}
	return err.Error()
}

func dialError(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.Error()
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Error()
	}
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		text = text[i+3:]
	}
	return text
}

// connectError says why a connection failed and what to do about it.
func (a *Admin) connectError(database string, err error) error {
	where := a.Where()
	what := fmt.Sprintf("cannot connect to database %s on %s as %s", database, where, a.user())
	if errors.Is(err, context.Canceled) {
		return err
	}
	pe, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && pe.Code == "3D000":
		return fail(cruddur.KindNotFound, fmt.Sprintf("there is no database %s on %s", database, where), err, "create it: "+a.Command("create"))
	case ok && (pe.Code == "28P01" || pe.Code == "28000"):
		return fail(cruddur.KindUnavailable, what, err, "check user and password in "+a.Source+"; a rotated password must be changed there too")
	case ok && pe.Code == "53300":
		return fail(cruddur.KindUnavailable, what, err, "all connections are in use; as a superuser see which sessions use them: "+a.Command("sessions"))
	case ok:
		return fail(cruddur.KindUnavailable, what, err, "run every check: "+a.Command("doctor"))
	case errors.Is(err, fs.ErrNotExist):
		return fail(cruddur.KindUnavailable, what, err, "no server listens on that socket; start it, or correct the folder in "+a.Source)
	case errors.Is(err, context.DeadlineExceeded):
		return fail(cruddur.KindUnavailable, what, err, "the server does not answer; a firewall or a security group may drop the packets: cruddur rds allow-ip")
	}
	return fail(cruddur.KindUnavailable, what, err, "run every check: "+a.Command("doctor"))
}

// pgError returns the server's error that err wraps.
func pgError(err error) (*pgconn.PgError, bool) { return errors.AsType[*pgconn.PgError](err) }

// isCode reports whether err is a server's error with this SQLSTATE.
func isCode(err error, code string) bool {
	pe, ok := pgError(err)
	return ok && pe.Code == code
}
