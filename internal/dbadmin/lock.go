package dbadmin

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Lock is a session that waits for a lock, or that others wait for.
type Lock struct {
	Session
	BlockedBy []int32       `json:"blocked_by"` // empty for a session that only blocks
	Depth     int           `json:"depth"`      // in the tree: 0 blocks others and does not wait
	Wants     string        `json:"wants"`      // mode and object, or ""
	Waits     time.Duration `json:"-"`
	WaitsMS   int64         `json:"waits_ms"`
}

// Locks returns the tree of the sessions that block each other in the target's database: each blocker is
// followed by those that wait for it. A session that waits for several appears below each.
func (a *Admin) Locks(ctx context.Context) ([]Lock, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	have, err := columnsOf(ctx, conn, "pg_locks")
	if err != nil {
		return nil, err
	}
	since := "a.query_start" // before version 14 the server does not record when the wait began
	if have["waitstart"] {
		since = "coalesce(l.waitstart, a.query_start)"
	}
	rows, err := conn.Query(ctx, fmt.Sprintf(`
		with blocked as (
			select pid, pg_blocking_pids(pid) as by from pg_stat_activity
			where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0
		), involved as (
			select pid from blocked union select unnest(by) from blocked
		), wanted as (
			select distinct on (l.pid) l.pid,
				l.mode || ' on ' || case
					when l.relation is not null then coalesce(l.relation::regclass::text, l.relation::text)
					when l.locktype = 'transactionid' then 'a row, held by transaction ' || l.transactionid
					else l.locktype end as wants,
				%s as since
			from pg_locks l join pg_stat_activity a using (pid)
			where not l.granted
			order by l.pid
		)
		select %s, coalesce(b.by, '{}')::int[], coalesce(w.wants, ''), coalesce(extract(epoch from clock_timestamp() - w.since), 0)::float8
		from pg_stat_activity a
			join involved i on i.pid = a.pid
			left join blocked b on b.pid = a.pid
			left join wanted w on w.pid = a.pid
		order by a.xact_start, a.pid`, since, sessionColumns))
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanLock)
	return lockTree(list), err
}

func scanLock(row pgx.CollectableRow) (l Lock, err error) {
	s := &l.Session
	var age, state, xact, waits float64
	err = row.Scan(&s.PID, &s.User, &s.Database, &s.Client, &s.Application, &s.State, &s.Wait, &s.Query, &age, &state, &xact, &s.Superuser, &s.Own,
		&l.BlockedBy, &l.Wants, &waits)
	s.setTimes(age, state, xact)
	l.Waits = time.Duration(max(waits, 0) * float64(time.Second))
	l.WaitsMS = l.Waits.Milliseconds()
	return l, err
}

// lockTree puts every blocker before the sessions that wait for it.
func lockTree(list []Lock) []Lock {
	tree := []Lock{}
	seen := map[int32]bool{}
	var below func(pid int32, depth int, path map[int32]bool)
	place := func(l Lock, depth int, path map[int32]bool) {
		l.Depth = depth
		if l.BlockedBy == nil {
			l.BlockedBy = []int32{}
		}
		tree = append(tree, l)
		seen[l.PID] = true
		path[l.PID] = true
		below(l.PID, depth+1, path)
		delete(path, l.PID)
	}
	below = func(pid int32, depth int, path map[int32]bool) {
		for _, l := range list {
			for _, by := range l.BlockedBy {
				if by == pid && !path[l.PID] {
					place(l, depth, path)
					break
				}
			}
		}
	}
	for _, l := range list {
		if len(l.BlockedBy) == 0 {
			place(l, 0, map[int32]bool{})
		}
	}
	for _, l := range list { // a cycle, which the server is about to break
		if !seen[l.PID] {
			place(l, 0, map[int32]bool{})
		}
	}
	return tree
}

// columnsOf returns the columns of a catalogue view: they differ between versions.
func columnsOf(ctx context.Context, conn *pgx.Conn, view string) (map[string]bool, error) {
	list, err := names(ctx, conn, `
		select attname::text from pg_attribute
		where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`, view)
	have := map[string]bool{}
	for _, name := range list {
		have[name] = true
	}
	return have, err
}
