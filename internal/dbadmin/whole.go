package dbadmin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/postgres"
)

// End is how a transaction has ended, as far as it was seen.
type End int

// The ends of a transaction.
const (
	RolledBack End = iota // seen: nothing has changed
	Committed             // seen: everything has changed
	Unknown               // the server went before it answered
)

// EndError is a failure of a transaction whose end was looked at.
type EndError struct {
	End End
	Err error
}

// Error is the cause; where the end is not known, that too.
func (e *EndError) Error() string {
	if e.End == Unknown {
		return explain(e.Err) + "\n" + unknownEnd
	}
	return explain(e.Err)
}

// Unwrap returns the cause.
func (e *EndError) Unwrap() error { return e.Err }

const unknownEnd = "the server could not be asked how the transaction ended; what was not committed it rolls back by itself"

// endOf is the end that an error tells of; an error from before the transaction has changed nothing.
func endOf(err error) End {
	if e, ok := errors.AsType[*EndError](err); ok {
		return e.End
	}
	return RolledBack
}

// asBefore completes "the … failed; " by what is known to be true.
func asBefore(err error) string {
	if endOf(err) == Unknown {
		return "whether the database is as before could not be seen"
	}
	return "the database is as before"
}

// ending is how long the end of a transaction is waited for once the command was told to stop.
const ending = 30 * time.Second

// whole runs fn in one transaction on a connection to the target. An error is an [*EndError] that says how
// the transaction has ended; success is a COMMIT that the server has confirmed. Once the COMMIT is on its
// way, Ctrl-C no longer stops it: its answer is the truth.
func (a *Admin) whole(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := a.Connect(ctx)
	if err != nil {
		return err
	}
	defer closing(ctx, conn)
	// The id shows later what became of the transaction. A standby gives none.
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

// rollBack ends a failed transaction and returns what the server says of it.
func (a *Admin) rollBack(ctx context.Context, conn *pgx.Conn, xid string) End {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	if conn.PgConn().TxStatus() == 'I' && !conn.IsClosed() {
		return a.seen(ctx, conn, xid) // something within has ended it
	}
	tag, err := conn.Exec(ctx, "rollback")
	if err == nil && tag.String() == "ROLLBACK" && a.status(ctx, conn, xid) != "committed" {
		return RolledBack
	}
	return a.seen(ctx, conn, xid)
}

// seen asks the server, on another connection where this one is gone, what became of a transaction.
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
		case "in progress": // the server has not yet noticed that its client is gone
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

// status is committed, aborted or in progress; "" is unknown.
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

// waiting says within a second or two, while fn runs on conn, for whose lock it waits, and puts their names
// into the error where a lock was not to be had within limit.
func (a *Admin) waiting(ctx context.Context, conn *pgx.Conn, limit time.Duration, fn func() error) error {
	w := postgres.Waiting{Connect: a.Connect, Limit: limit, Say: func(h postgres.Holder) {
		a.Say(fmt.Sprintf("waiting for a lock held by pid %d (user %s, application %q, %s)", h.PID, h.User, h.Application, h.State))
	}}
	named := w.Watch(ctx, conn)
	return named(fn())
}
