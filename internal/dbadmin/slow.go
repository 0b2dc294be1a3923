package dbadmin

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// SlowStatement is one row of pg_stat_statements; times are milliseconds.
type SlowStatement struct {
	Query  string  `json:"query"`
	User   string  `json:"user"`
	Calls  int64   `json:"calls"`
	Total  float64 `json:"total_ms"`
	Mean   float64 `json:"mean_ms"`
	Max    float64 `json:"max_ms"`
	Share  float64 `json:"share"` // of all statements' total time, 0 to 1
	Rows   int64   `json:"rows"`
	IO     float64 `json:"io_ms"`     // reading and writing blocks; 0 unless track_io_timing is on
	Cached float64 `json:"hit_ratio"` // of shared blocks found in memory, 0 to 1
}

// slowOrders are the values by which statements may be sorted.
var slowOrders = map[string]string{"total": "total", "mean": "mean", "calls": "calls", "io": "io"}

// Slow lists the most expensive statements of the target's database. Which columns contain the times depends
// on the server's version; they are chosen from the catalogue.
func (a *Admin) Slow(ctx context.Context, n int, by string) ([]SlowStatement, error) {
	order, ok := slowOrders[by]
	if !ok {
		return nil, fail(cruddur.KindInvalid, fmt.Sprintf("--by %s: want total, mean, calls or io", by), nil, "")
	}
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	view, have, err := a.statements(ctx, conn)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, slowSQL(view, have)+" order by "+order+" desc nulls last limit $1", n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s SlowStatement, err error) {
		err = row.Scan(&s.Query, &s.User, &s.Calls, &s.Total, &s.Mean, &s.Max, &s.Share, &s.Rows, &s.IO, &s.Cached)
		return s, err
	})
}

// slowSQL returns the query with the column names of this version: version 13 renamed total_time to
// total_exec_time, 17 renamed blk_read_time to shared_blk_read_time.
func slowSQL(view string, have map[string]bool) string {
	pick := func(or string, names ...string) string {
		for _, name := range names {
			if have[name] {
				return "s." + name
			}
		}
		return or
	}
	total := pick("0", "total_exec_time", "total_time")
	io := pick("0", "shared_blk_read_time", "blk_read_time") + " + " + pick("0", "shared_blk_write_time", "blk_write_time")
	return fmt.Sprintf(`
		select case when s.query = '<insufficient privilege>' then 'hidden' else s.query end as query,
			coalesce(r.rolname::text, s.userid::text), s.calls, (%[2]s)::float8 as total, (%[3]s)::float8 as mean, (%[4]s)::float8,
			coalesce(%[2]s / nullif(sum(%[2]s) over (), 0), 0)::float8, s.rows, (%[5]s)::float8 as io,
			coalesce(s.shared_blks_hit / nullif((s.shared_blks_hit + s.shared_blks_read)::float8, 0), 1)::float8
		from %[1]s s left join pg_roles r on r.oid = s.userid
		where s.dbid = (select oid from pg_database where datname = current_database())`,
		view, total, pick("0", "mean_exec_time", "mean_time"), pick("0", "max_exec_time", "max_time"), io)
}

// statements returns the qualified name of the view pg_stat_statements and its columns, or an error that says
// how to enable it.
func (a *Admin) statements(ctx context.Context, conn *pgx.Conn) (view string, have map[string]bool, err error) {
	var schema *string
	var loaded, super bool
	err = conn.QueryRow(ctx, `
		select (select n.nspname::text from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'),
			current_setting('pg_stat_statements.max', true) is not null,
			(select rolsuper from pg_roles where rolname = session_user)`).Scan(&schema, &loaded, &super)
	if err != nil {
		return "", nil, err
	}
	if schema == nil {
		next := "in this database run: create extension pg_stat_statements"
		if !loaded {
			next = "set shared_preload_libraries = 'pg_stat_statements' (on RDS in the parameter group; it is the default there), restart the server, then in this database: create extension pg_stat_statements"
		}
		return "", nil, fail(cruddur.KindInternal, "the server keeps no statistics of statements in this database", nil, next)
	}
	view = quote(*schema) + ".pg_stat_statements"
	have, err = columnsOf(ctx, conn, view)
	if err == nil && !loaded {
		err = fail(cruddur.KindInternal, "pg_stat_statements is installed but the server has not loaded it", nil,
			"set shared_preload_libraries = 'pg_stat_statements' and restart the server")
	}
	return view, have, err
}

// SlowReset resets the statistics of the target's database.
func (a *Admin) SlowReset(ctx context.Context) error {
	conn, err := a.Connect(ctx)
	if err != nil {
		return err
	}
	defer closing(ctx, conn)
	view, _, err := a.statements(ctx, conn)
	if err != nil {
		return err
	}
	schema := view[:len(view)-len(".pg_stat_statements")]
	_, err = conn.Exec(ctx, "select "+schema+".pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0)")
	return err
}
