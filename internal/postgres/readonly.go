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
	// readOnlyAge is how long a connection to a read-only server is used. Only a new connection shows that an
	// address has moved to another server: the standby at the end of an old connection continues to answer
	// reads without an error.
	readOnlyAge = time.Second
	// resetPause is the minimum time between two resets of the pool. While the address itself leads to a
	// standby every write is refused, and reads need connections that live longer than that.
	resetPause = 250 * time.Millisecond
	// idleFor is how long a connection must have been idle to be tested before use, and answersWithin is how
	// long it has to answer. A read waits for at most two seconds in all.
	idleFor       = time.Second
	answersWithin = time.Second
)

// readOnlyCode is the SQLSTATE read_only_sql_transaction: the error for a write on a standby, and on a server
// whose transactions are read-only by default.
const readOnlyCode = "25006"

// failover drops the connections to a server that has become read-only.
type failover struct {
	mu    sync.Mutex
	pool  *pgxpool.Pool
	reset time.Time // when the pool was last reset
}

// watch sets the pool's hooks. PostgreSQL reports in_hot_standby and default_transaction_read_only unasked,
// when a connection opens and when they change (protocol documentation, "Asynchronous Operations"). A pooler
// may not pass that on, so a refused write counts too.
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

// silent tests a connection that was idle. If it does not answer, silent also drops the other idle
// connections: they lead to the same machine, and one by one each would cost a request. pgx's own ping may
// take the request's whole time.
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

// openedAt is the key in a connection's custom data for the time when it was opened.
const openedAt = "cruddur opened at"

// outlived reports whether a connection leads to a read-only server and was used for long enough.
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

// drop closes the other connections after a write was refused on one: the idle ones now, those in use when
// they are released.
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
// connection is closed already, so a second try uses another one.
func refusedReadOnly(err error) bool { return IsReadOnly(err) }

// IsReadOnly reports whether a server has refused a statement because it accepts no writes.
func IsReadOnly(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.Code == readOnlyCode
}

// ReadOnly returns why the server accepts no writes; "" if it does. The error is KindUnavailable if the
// server does not answer.
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
