package dbadmin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/postgres"
)

// End is how a transaction ended, as far as is known.
type End int

// The ends of a transaction.
const (
	RolledBack End = iota // known: nothing has changed
	Committed             // known: everything has changed
	Unknown               // the connection broke before the server answered
)

// EndError is a failure of a transaction, with how the transaction ended.
type EndError struct {
	End End
	Err error
}

// Error returns the cause and, if the end is unknown, says so.
func (e *EndError) Error() string {
	if e.End == Unknown {
		return explain(e.Err) + "\n" + unknownEnd
	}
	return explain(e.Err)
}

// Unwrap returns the cause.
func (e *EndError) Unwrap() error { return e.Err }

const unknownEnd = "the server could not be asked how the transaction ended; it rolls back what was not committed"

// endOf returns the end that an error carries; an error from before the transaction has changed nothing.
func endOf(err error) End {
	if e, ok := errors.AsType[*EndError](err); ok {
		return e.End
	}
	return RolledBack
}

// asBefore completes "the … failed; " with what is known.
func asBefore(err error) string {
	if endOf(err) == Unknown {
		return "it is unknown whether the database is as before"
	}
	return "the database is as before"
}

// ending is how long to wait for the end of a transaction after the command was told to stop.
const ending = 30 * time.Second

// whole runs fn in one transaction on a connection to the target. An error is an [*EndError] that says how
// the transaction ended; success means that the server has confirmed the COMMIT. Once the COMMIT is sent,
// Ctrl-C no longer stops it: the server's answer decides.
func (a *Admin) whole(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := a.Connect(ctx)
	if err != nil {
		return err
	}
	defer closing(ctx, conn)
	// The transaction id shows later how the transaction ended. A standby assigns none.
	var xid string
	if _, err := conn.Exec(ctx, "begin"); err != nil {
		return err
	}
	if err := conn.QueryRow(ctx, "select case when pg_is_in_recovery() then '' else pg_current_xact_id()::text end").Scan(&xid); err != nil {
		return err
	}
	if err := fn(conn); err != nil {
		return &EndError{a.rollBack(ctx, conn, xid), err}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	tag, err := conn.Exec(last, "commit")
	if err != nil {
		return &EndError{a.seen(last, conn, xid), err}
	}
	if tag.String() != "COMMIT" {
		return &EndError{RolledBack, fmt.Errorf("the server answered COMMIT with %s", tag)}
	}
	return nil
}

// rollBack ends a failed transaction and returns its end as the server reports it.
func (a *Admin) rollBack(ctx context.Context, conn *pgx.Conn, xid string) End {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	if conn.PgConn().TxStatus() == 'I' && !conn.IsClosed() {
		return a.seen(ctx, conn, xid) // a statement within has ended it
	}
	tag, err := conn.Exec(ctx, "rollback")
	if err == nil && tag.String() == "ROLLBACK" && a.status(ctx, conn, xid) != "committed" {
		return RolledBack
	}
	return a.seen(ctx, conn, xid)
}

// seen asks the server how a transaction ended, on another connection if this one is broken.
func (a *Admin) seen(ctx context.Context, conn *pgx.Conn, xid string) End {
	if conn.IsClosed() {
		other, err := a.Connect(ctx)
		if err != nil {
			return Unknown
		}
		defer closing(ctx, other)
		conn = other
	}
	for {
		switch a.status(ctx, conn, xid) {
		case "committed":
			return Committed
		case "aborted":
			return RolledBack
		case "in progress": // the server has not noticed yet that its client has disconnected
		default:
			return Unknown
		}
		select {
		case <-ctx.Done():
			return Unknown
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// status returns committed, aborted or in progress; "" is unknown.
func (a *Admin) status(ctx context.Context, conn *pgx.Conn, xid string) string {
	var s *string
	if xid == "" {
		return "aborted" // a standby writes nothing
	}
	if conn.QueryRow(ctx, "select pg_xact_status($1::text::xid8)", xid).Scan(&s) != nil || s == nil {
		return ""
	}
	return *s
}

// waiting reports within two seconds, while fn runs on conn, which sessions hold a lock that conn waits for.
// If the lock was not granted within limit, it adds them to the error.
func (a *Admin) waiting(ctx context.Context, conn *pgx.Conn, limit time.Duration, fn func() error) error {
	w := postgres.Waiting{Connect: a.Connect, Limit: limit, Say: func(h postgres.Holder) {
		a.Say(fmt.Sprintf("waiting for a lock held by pid %d (user %s, application %q, %s)", h.PID, h.User, h.Application, h.State))
	}}
	named := w.Watch(ctx, conn)
	return named(fn())
}
