package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Waiting finds, on a second connection, the sessions that hold the locks that a first one waits for.
type Waiting struct {
	Connect func(context.Context) (*pgx.Conn, error)
	Limit   time.Duration // lock_timeout of the first connection, for the error
	Say     func(Holder)  // if not nil, called once for each holder
}

// Watch begins to look. The returned function stops it, and adds the holders to an error that says that a
// lock was not granted in time.
func (w *Waiting) Watch(ctx context.Context, conn *pgx.Conn) func(error) error {
	pid := conn.PgConn().PID() // behind a pooler this is the pooler's own number, so ask the server
	if err := conn.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
		return func(err error) error { return err }
	}
	ctx, cancel := context.WithCancel(ctx)
	found := make(chan []Holder, 1)
	go func() { found <- w.look(ctx, pid) }()
	return func(err error) error {
		cancel()
		holders := <-found
		if isLockTimeout(err) {
			return fmt.Errorf("%w\n%w", err, &LockError{"another session has locked a table", w.Limit, holders})
		}
		return err
	}
}

// look polls until ctx ends and returns the sessions that it last saw blocking pid. Most work ends before the
// first look, and then no connection is made.
func (w *Waiting) look(ctx context.Context, pid uint32) (last []Holder) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	var conn *pgx.Conn
	told := map[int32]bool{}
	for {
		select {
		case <-ctx.Done():
			if conn != nil {
				conn.Close(context.WithoutCancel(ctx))
			}
			return last
		case <-tick.C:
		}
		if conn == nil {
			c, err := w.Connect(ctx)
			if err != nil {
				return last
			}
			conn = c
		}
		now, err := holdersOf(ctx, conn, "select unnest(pg_blocking_pids($1))", int32(pid))
		if err != nil || len(now) == 0 {
			continue
		}
		last = now
		for _, h := range now {
			if w.Say != nil && !told[h.PID] {
				told[h.PID] = true
				w.Say(h)
			}
		}
	}
}
