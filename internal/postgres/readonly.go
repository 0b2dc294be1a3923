package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrReadOnly is the cause of WithLock's error on a server that accepts no writes.
var ErrReadOnly = errors.New("the database is read-only")

const (
	// readOnlyAge is how long a connection to a read-only server is used. That an address has moved to
	// another server is seen only by connecting anew: the standby at the end of an old connection goes on
	// answering reads without an error.
	readOnlyAge = time.Second
	// resetPause is the least time between two resets of the pool. While the address itself shows a
	// standby every write is refused, and reads need connections that live for longer than that.
	resetPause = 250 * time.Millisecond
	// idleFor is how long a connection must have lain idle to be tried before it is used, and answersWithin how
	// long it has to answer. A read waits for two seconds in all.
	idleFor       = time.Second
	answersWithin = time.Second
)

// readOnlyCode is the SQLSTATE read_only_sql_transaction: a standby's answer to a write, and that of a
// server whose transactions are read-only by default.
const readOnlyCode = "25006"

// failover drops the connections to a server that has turned out to be read-only.
type failover struct {
	mu    sync.Mutex
	pool  *pgxpool.Pool
	reset time.Time // when the pool was last reset
}

// watch sets the pool's hooks. PostgreSQL reports in_hot_standby and default_transaction_read_only by
// itself, when a connection opens and when they change (protocol documentation, "Asynchronous
// Operations"). A pooler may not pass that on, so a refused write counts too.
func (f *failover) watch(pc *pgxpool.Config) {
	connected := pc.AfterConnect
	pc.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		conn.PgConn().CustomData()[openedAt] = time.Now()
		return connected(ctx, conn)
	}
	pc.ShouldPing = f.silent
	pc.PrepareConn = func(_ context.Context, conn *pgx.Conn) (bool, error) { return !outlived(conn.PgConn()), nil }
	inner := pc.ConnConfig.OnPgError
	pc.ConnConfig.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		if err.Code == readOnlyCode {
			f.drop()
			return false // closes this connection
		}
		return inner(conn, err)
	}
}

// silent tries a connection that has lain idle, and drops its siblings with it where nobody answers: they
// lead to the same machine, and one by one they would cost a request each. pgx's own ping has the whole time of
// the request.
func (f *failover) silent(ctx context.Context, p pgxpool.ShouldPingParams) bool {
	if p.IdleDuration < idleFor {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	if p.Conn.Ping(ctx) == nil {
		return false
	}
	f.drop()
	return true // pgx finds it closed
}

// openedAt is the key of a connection's custom data under which the time of its opening stands.
const openedAt = "cruddur opened at"

// outlived reports whether a connection leads to a read-only server and has been used for long enough.
func outlived(conn *pgconn.PgConn) bool {
	if !reportsReadOnly(conn) {
		return false
	}
	at, _ := conn.CustomData()[openedAt].(time.Time)
	return time.Since(at) >= readOnlyAge
}

func reportsReadOnly(conn *pgconn.PgConn) bool {
	return conn.ParameterStatus("in_hot_standby") == "on" || conn.ParameterStatus("default_transaction_read_only") == "on"
}

// drop closes the siblings of a connection on which a write was refused: the idle ones now, those in use
// when they are given back.
func (f *failover) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pool == nil || time.Since(f.reset) < resetPause {
		return
	}
	f.reset = time.Now()
	f.pool.Reset()
}

// refusedReadOnly reports whether a statement has changed nothing because the server is read-only. The
// connection is closed already, so a second try is made on another.
func refusedReadOnly(err error) bool { return IsReadOnly(err) }

// IsReadOnly reports whether a server has refused a statement because it accepts no writes.
func IsReadOnly(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.Code == readOnlyCode
}

// ReadOnly says why the server accepts no writes; "" if it does. The error is KindUnavailable where
// nobody answers.
func (d *DB) ReadOnly(ctx context.Context) (reason string, err error) {
	return readOnlyReason(ctx, d.pool)
}

func readOnlyReason(ctx context.Context, q querier) (reason string, err error) {
	var standby, readOnly bool
	if err := queryRowIn(ctx, q, mustStatement("health/read_only"), nil, &standby, &readOnly); err != nil {
		return "", err
	}
	switch {
	case standby:
		return "the server is a standby", nil
	case readOnly:
		return "default_transaction_read_only is on", nil
	}
	return "", nil
}
