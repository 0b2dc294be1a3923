package dbadmin

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/postgres"
)

func checkTimezone(ctx context.Context, p *patient) Check {
	zone, err := serverZone(ctx, p)
	switch {
	case err != nil:
		return cannot(err)
	case isUTC(zone):
		return ok("%s", zone)
	}
	sql := "alter database " + quote(p.Database()) + " set timezone to 'UTC'"
	return bad(CheckWarn, sql, "%s: other tools show times in this zone instead of UTC", zone).fixable(execute(sql))
}

func isUTC(zone string) bool {
	switch strings.ToUpper(zone) {
	case "UTC", "ETC/UTC", "UCT", "ZULU", "UNIVERSAL", "ETC/UCT", "ETC/ZULU", "ETC/UNIVERSAL":
		return true
	}
	return false
}

// serverZone returns the time zone of a session that does not ask for one; our own sessions ask for UTC.
func serverZone(ctx context.Context, p *patient) (string, error) {
	config := p.conn.Config()
	delete(config.RuntimeParams, "timezone")
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return "", err
	}
	defer closing(ctx, conn)
	var zone string
	err = conn.QueryRow(ctx, "select current_setting('TimeZone')").Scan(&zone)
	return zone, err
}

// execute returns a repair of one statement.
func execute(sql string) func(context.Context, *Admin) error {
	return func(ctx context.Context, a *Admin) error {
		conn, err := a.Connect(ctx)
		if err != nil {
			return err
		}
		defer closing(ctx, conn)
		_, err = conn.Exec(ctx, sql)
		return err
	}
}

func checkPublic(ctx context.Context, p *patient) Check {
	var open bool
	err := p.conn.QueryRow(ctx, `
		select exists (
			select from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
			where n.nspname = 'public' and x.grantee = 0 and x.privilege_type = 'CREATE')`).Scan(&open)
	const sql = "revoke create on schema public from public"
	switch {
	case err != nil:
		return cannot(err)
	case open:
		return bad(CheckWarn, sql, "every role may create objects in it (CVE-2018-1058)").fixable(execute(sql))
	}
	return ok("only its owner may create objects in it")
}

func checkIndexes(ctx context.Context, p *patient) Check {
	list, err := names(ctx, p.conn, `
		select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
		where not i.indisvalid and`+userTables+`
			and not exists (select from pg_stat_progress_create_index b where b.index_relid = i.indexrelid)
		order by 1`)
	switch {
	case err != nil:
		return cannot(err)
	case len(list) == 0:
		return ok("all valid")
	}
	return bad(CheckFail, "reindex index concurrently "+list[0], "invalid, so written but never read: %s", strings.Join(list, ", ")).
		fixable(func(ctx context.Context, a *Admin) error {
			for _, name := range list {
				if err := execute("reindex index concurrently "+name)(ctx, a); err != nil {
					return err
				}
			}
			return nil
		})
}

func checkExpiryIndex(ctx context.Context, p *patient) Check {
	var table, index bool
	err := p.conn.QueryRow(ctx, `
		select to_regclass('public.activities') is not null, exists (
			select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
			where i.indrelid = to_regclass('public.activities') and a.attname = 'expires_at' and i.indisvalid and i.indpred is null)`).Scan(&table, &index)
	const sql = "create index concurrently if not exists activities_expires_at_idx on public.activities (expires_at)"
	switch {
	case err != nil:
		return cannot(err)
	case !table:
		return Check{Status: CheckSkipped, Found: "the table activities does not exist yet"}
	case !index:
		return bad(CheckFail, sql, "activities has no index on expires_at: each sweep reads the whole table").fixable(execute(sql))
	}
	return ok("activities has an index on expires_at")
}

// checkPlanner looks for columns without statistics, as pg_upgrade, pg_restore and a column that was added leave behind.
func checkPlanner(ctx context.Context, p *patient) Check {
	list, err := names(ctx, p.conn, postgres.Unanalyzed)
	switch {
	case err != nil:
		return cannot(err)
	case len(list) == 0:
		return ok("has statistics of every column")
	}
	for i := range list {
		list[i] = strings.TrimPrefix(list[i], "analyze ")
	}
	sql := "analyze " + strings.Join(list, ", ")
	return bad(CheckWarn, sql, "has no statistics of some columns, so that reads may be slow, in: %s", strings.Join(list, ", ")).fixable(execute(sql))
}

// purgeLimit is how long an expired row may wait to be deleted; the sweeper promises a minute.
const purgeLimit = time.Minute

func checkExpired(ctx context.Context, p *patient) Check {
	var table, messages bool
	err := p.conn.QueryRow(ctx, "select to_regclass('public.activities') is not null, to_regclass('public.messages') is not null").Scan(&table, &messages)
	if err != nil {
		return cannot(err)
	}
	if !table {
		return Check{Status: CheckSkipped, Found: "the table activities does not exist yet"}
	}
	ends := "select expires_at from public.activities"
	if messages {
		ends += " union all select expires_at from public.messages union all select expires_at from public.conversations"
	}
	var rows int64
	var oldest *time.Time
	err = p.conn.QueryRow(ctx, "select count(*), min(expires_at) from ("+ends+") ends where expires_at <= $1", p.Now).Scan(&rows, &oldest)
	switch {
	case err != nil:
		return cannot(err)
	case rows == 0:
		return ok("none waits")
	case p.Now.Sub(*oldest) <= purgeLimit:
		return ok("%d wait, the oldest for %s", rows, p.Now.Sub(*oldest).Round(time.Second))
	}
	fix, err := p.overdue(ctx)
	if err != nil {
		return cannot(err)
	}
	now := p.Now
	return bad(CheckFail, fix, "%d wait to be deleted, the oldest for %s", rows, p.Now.Sub(*oldest).Round(time.Second)).
		fixable(func(ctx context.Context, a *Admin) error { return a.purge(ctx, now) })
}

// purge deletes expired rows, in the sweeper's batches.
func (a *Admin) purge(ctx context.Context, now time.Time) error {
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, sweep := range []func(context.Context, time.Time, int) (int, error){db.Sweep, db.SweepMessages} {
		for n := 1; n > 0; {
			if n, err = sweep(ctx, now, 1000); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkIdle looks for idle open transactions: they keep rows that vacuum could remove, and locks that others
// wait for.
func checkIdle(ctx context.Context, p *patient) Check {
	limit := cmp.Or(p.IdleLimit, time.Minute)
	list, err := sessions(ctx, p.conn, p.Database(), SessionFilter{})
	if err != nil {
		return cannot(err)
	}
	var who []string
	hidden, longest := 0, Session{}
	for _, s := range list {
		if s.State == Hidden {
			hidden++
		}
		if strings.HasPrefix(s.State, "idle in transaction") && s.InState > limit {
			who = append(who, fmt.Sprintf("pid %d, %s, %s", s.PID, s.Application, s.InState.Round(time.Second)))
			if s.InState > longest.InState {
				longest = s
			}
		}
	}
	switch {
	case len(who) > 0:
		return bad(CheckWarn, p.Command(fmt.Sprintf("sessions --kill %d", longest.PID)), "for over %s: %s", limit, strings.Join(who, "; "))
	case hidden > 0:
		return Check{Status: CheckSkipped, Found: fmt.Sprintf("%d sessions are hidden from this role", hidden), Fix: "as a superuser: grant pg_read_all_stats to " + quote(p.user())}
	}
	return ok("none for over %s", limit)
}

// checkConnections compares the connections with the server's limit and the database's own limit, and reports
// the one that is nearer.
func checkConnections(ctx context.Context, p *patient) Check {
	var used, most, usedHere, mostHere int
	err := p.conn.QueryRow(ctx, `
		select count(*), current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
			count(*) filter (where datname = current_database()), (select datconnlimit from pg_database where datname = current_database())
		from pg_stat_activity a where `+isClient+` and datname is not null`).
		Scan(&used, &most, &usedHere, &mostHere)
	what := "server"
	if mostHere > 0 && usedHere*most > used*mostHere {
		used, most, what = usedHere, mostHere, "database"
	}
	switch {
	case err != nil:
		return cannot(err)
	case used*10 >= most*8:
		fix := "raise max_connections, or put a pooler in front"
		if what == "database" {
			fix = "alter database " + quote(p.Database()) + " connection limit"
		}
		return bad(CheckWarn, "see which sessions use them: "+p.Command("sessions")+"; then "+fix, "%d of the %s's %d are in use", used, what, most)
	}
	return ok("%d of the %s's %d are in use", used, what, most)
}

func checkStatements(ctx context.Context, p *patient) Check {
	var installed, available bool
	err := p.conn.QueryRow(ctx, `
		select exists (select from pg_extension where extname = 'pg_stat_statements') and current_setting('pg_stat_statements.max', true) is not null,
			exists (select from pg_available_extensions where name = 'pg_stat_statements')`).Scan(&installed, &available)
	switch {
	case err != nil:
		return cannot(err)
	case installed:
		return ok("pg_stat_statements is on")
	case available:
		return ok("pg_stat_statements is off, so db slow has nothing to show")
	}
	return ok("pg_stat_statements is not installed, so db slow has nothing to show")
}

func checkWraparound(ctx context.Context, p *patient) Check {
	var age int64
	err := p.conn.QueryRow(ctx, "select age(datfrozenxid)::bigint from pg_database where datname = current_database()").Scan(&age)
	switch {
	case err != nil:
		return cannot(err)
	case age > 1_000_000_000:
		return bad(CheckFail, "run vacuum freeze, and find the session that holds back the xmin horizon: "+p.Command("sessions --all"), "%d transactions old; at 2 billion the server refuses writes", age)
	}
	return ok("%d transactions old", age)
}

func checkCollation(ctx context.Context, p *patient) Check {
	var recorded, actual *string
	err := p.conn.QueryRow(ctx, "select datcollversion, pg_database_collation_actual_version(oid) from pg_database where datname = current_database()").Scan(&recorded, &actual)
	switch {
	case err != nil:
		return cannot(err)
	case recorded != nil && actual != nil && *recorded != *actual:
		return bad(CheckWarn, "reindex database "+quote(p.Database())+"; alter database "+quote(p.Database())+" refresh collation version",
			"the database was created with version %s, the system has %s: indexes on text may be wrong", *recorded, *actual)
	}
	return ok("unchanged since the database was created")
}
