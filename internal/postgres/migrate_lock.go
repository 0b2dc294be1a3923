package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Holder is a session that holds a lock which another session waits for.
type Holder struct {
	PID         int32
	User        string
	Application string
	Client      string // address, or "socket"
	State       string
	Age         time.Duration // of its transaction
	Query       string        // its last statement; "" if our role may not see it
}

// LockError says that a lock was not granted in time, and who holds it.
type LockError struct {
	What    string
	After   time.Duration
	Holders []Holder
}

// Error lists every holder.
func (e *LockError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; gave up waiting after %s", e.What, e.After)
	for _, h := range e.Holders {
		fmt.Fprintf(&b, "\n  held by pid %d, user %s, application %q, from %s, %s since %s", h.PID, h.User, h.Application, h.Client, h.State, h.Age.Round(time.Second))
		if h.Query != "" {
			fmt.Fprintf(&b, ": %.120s", strings.Join(strings.Fields(h.Query), " "))
		}
	}
	if len(e.Holders) > 0 {
		fmt.Fprintf(&b, "\nwait for it (--lock-timeout), or end it: cruddur db sessions --kill %d", e.Holders[0].PID)
	}
	return b.String()
}

// holdersOf describes the sessions whose process ids the query returns.
func holdersOf(ctx context.Context, conn *pgx.Conn, pids string, args ...any) ([]Holder, error) {
	rows, err := conn.Query(ctx, `
		select a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(host(a.client_addr), 'socket'),
			coalesce(a.state, 'hidden'), coalesce(extract(epoch from clock_timestamp() - a.xact_start), 0)::float8,
			case when a.query = '<insufficient privilege>' then '' else coalesce(a.query, '') end
		from pg_stat_activity a where a.pid in (`+pids+") order by a.xact_start", args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h Holder, err error) {
		var seconds float64
		err = row.Scan(&h.PID, &h.User, &h.Application, &h.Client, &h.State, &seconds, &h.Query)
		h.Age = time.Duration(seconds * float64(time.Second))
		return h, err
	})
}

// watchBlockers finds the sessions that block conn while a migration runs on it. The returned function stops
// watching and adds them to a lock timeout.
func (m *Migrator) watchBlockers(ctx context.Context, conn *pgx.Conn) func(error) error {
	w := Waiting{Connect: m.Connect, Limit: m.timeout(), Say: m.Waits}
	return w.Watch(ctx, conn)
}
