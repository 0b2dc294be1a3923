package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
)

// compare matches the files with the migrations that the database records, oldest first.
func compare(files []migrationFile, recorded map[int64]Migration) []Migration {
	list := make([]Migration, 0, len(files))
	newest := int64(0)
	for version := range recorded {
		newest = max(newest, version)
	}
	for _, f := range files {
		m := Migration{Version: f.version, Name: f.name, Checksum: f.checksum, State: MigrationPending}
		if r, ok := recorded[f.version]; ok {
			m.Applied, m.AppliedAt, m.Duration, m.State = true, r.AppliedAt, r.Duration, MigrationApplied
			if r.Checksum != f.checksum && (f.marked == "" || r.Checksum != f.marked) {
				m.State = MigrationEdited
			}
		} else if f.version < newest {
			m.State = MigrationOutOfOrder
		}
		list = append(list, m)
	}
	for _, r := range recorded {
		if _, known := find(files, r.Version); !known {
			r.State = MigrationUnknown
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) })
	return list
}

// Plan returns what Up would apply, in order. Edited files, and out-of-order ones unless they are allowed,
// are a [*MigrationsError] that lists them.
func (m *Migrator) Plan(list []Migration, to int64, steps int) ([]Migration, error) {
	if bad := filter(list, MigrationEdited); len(bad) > 0 {
		return nil, &MigrationsError{
			"these migrations were edited after they were applied:", bad,
			"undo the edit and write a new migration; or, if the database already is as the file says: cruddur db migrate repair VERSION --applied",
		}
	}
	if bad := filter(list, MigrationOutOfOrder); len(bad) > 0 && !m.AllowOutOfOrder {
		return nil, &MigrationsError{
			"these migrations are older than the newest applied one:", bad,
			"give them a newer number, or apply them as they are with --allow-out-of-order",
		}
	}
	if to != 0 && !slices.ContainsFunc(list, func(m Migration) bool { return m.Version == to }) {
		return nil, cruddur.Errorf(cruddur.KindNotFound, "there is no migration %d", to)
	}
	var plan []Migration
	for _, one := range list {
		if !one.Applied && (to == 0 || one.Version <= to) && (steps == 0 || len(plan) < steps) {
			plan = append(plan, one)
		}
	}
	return plan, nil
}

func filter(list []Migration, state MigrationState) (out []Migration) {
	for _, m := range list {
		if m.State == state {
			out = append(out, m)
		}
	}
	return out
}

// Up applies pending migrations up to a version (0: all), at most steps of them (0: all). What was applied
// before an error stays, and is returned with the error.
func (m *Migrator) Up(ctx context.Context, to int64, steps int) ([]Migration, error) {
	return m.each(ctx, func(list []Migration, done int) (*Migration, error) {
		if steps > 0 && done == steps {
			return nil, nil
		}
		plan, err := m.Plan(list, to, 1)
		if err != nil || len(plan) == 0 {
			return nil, err
		}
		return &plan[0], nil
	}, true)
}

// Down rolls back the newest applied migrations: steps of them, or all that are newer than to.
func (m *Migrator) Down(ctx context.Context, to int64, steps int) ([]Migration, error) {
	return m.each(ctx, func(list []Migration, done int) (*Migration, error) {
		plan := m.PlanDown(list, to, steps)
		if len(plan) == 0 || steps > 0 && done == steps {
			return nil, nil
		}
		if plan[0].State == MigrationUnknown {
			return nil, cruddur.Errorf(cruddur.KindNotFound, "this binary has no file of the newest applied migration, %s; roll back with the version that applied it", plan[0].Name)
		}
		return &plan[0], nil
	}, false)
}

// PlanDown returns what Down would roll back, in order.
func (m *Migrator) PlanDown(list []Migration, to int64, steps int) (plan []Migration) {
	for _, one := range slices.Backward(list) {
		if !one.Applied {
			continue
		}
		if steps > 0 && len(plan) == steps || steps == 0 && one.Version <= to {
			break
		}
		plan = append(plan, one)
	}
	return plan
}

// each runs one migration after the other, until next returns none.
func (m *Migrator) each(ctx context.Context, next func(list []Migration, done int) (*Migration, error), up bool) (done []Migration, err error) {
	files, err := m.files()
	if err != nil {
		return nil, err
	}
	var session session
	defer func() { session.close(ctx) }()
	for {
		var ran *Migration
		err := m.locked(ctx, &session, func(conn *pgx.Conn) error {
			list, err := m.status(ctx, conn, files)
			if err != nil {
				return err
			}
			ran, err = next(list, len(done))
			if err != nil || ran == nil {
				return err
			}
			file, _ := find(files, ran.Version)
			begun := time.Now()
			if err := m.run(ctx, conn, file, up); err != nil {
				return err
			}
			ran.Duration = time.Since(begun)
			if !up {
				_, err := conn.Exec(ctx, "delete from public.schema_migrations where version = $1", ran.Version)
				return err
			}
			ran.Applied, ran.AppliedAt, ran.State = true, begun.UTC(), MigrationApplied
			return record(ctx, conn, file, ran.Duration)
		})
		if err != nil || ran == nil {
			return done, err
		}
		done = append(done, *ran)
		if m.Done != nil {
			m.Done(*ran, up)
		}
	}
}

// UpIn applies every migration on conn, in its transaction, to a database that has none yet. It stops before
// the first file that must run without a transaction.
func (m *Migrator) UpIn(ctx context.Context, conn *pgx.Conn) (applied []Migration, err error) {
	files, err := m.files()
	if err != nil {
		return nil, err
	}
	if err := setLocal(ctx, conn, m.timeout()); err != nil {
		return nil, err
	}
	if err := takeLock(ctx, conn, m.timeout()); err != nil {
		return nil, err
	}
	if err := makeTable(ctx, conn); err != nil {
		return nil, err
	}
	for _, file := range files {
		if file.outsideTransaction {
			break
		}
		begun := time.Now()
		if err := m.run(ctx, conn, file, true); err != nil {
			return nil, err
		}
		took := time.Since(begun)
		if err := record(ctx, conn, file, took); err != nil {
			return nil, err
		}
		applied = append(applied, Migration{Version: file.version, Name: file.name, Applied: true, Duration: took})
	}
	return applied, nil
}

// run runs one direction of a file: on conn, which is in a transaction, or on a connection of its own if the
// file must run without one.
func (m *Migrator) run(ctx context.Context, conn *pgx.Conn, file migrationFile, up bool) error {
	part := file.up
	if !up {
		if part = file.down; !file.hasDown {
			return cruddur.Errorf(cruddur.KindInvalid, "%s cannot be rolled back: it has no \"-- +goose Down\"", file.name)
		}
	}
	script := Script{File: file.name, Text: file.text, Begin: part[0], End: part[1]}
	if !file.outsideTransaction {
		watch := m.watchBlockers(ctx, conn)
		_, err := script.Run(ctx, conn)
		if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "25001" {
			err = fmt.Errorf("%w\nput \"-- +goose NO TRANSACTION\" into a file that contains only this statement", err)
		}
		if IsLost(err) {
			err = fmt.Errorf("%w\nnothing of %s is applied; run it again when the server is back", err, file.name)
		}
		return watch(err)
	}
	// The last query's portal still holds its snapshot, and "create index concurrently" would wait for it for
	// ever; a statement of the simple protocol releases it.
	if _, err := conn.PgConn().Exec(ctx, "select").ReadAll(); err != nil {
		return err
	}
	return m.outside(ctx, conn, script)
}

// record records that a file is applied. Its row is part of the migration's own transaction.
func record(ctx context.Context, conn *pgx.Conn, file migrationFile, took time.Duration) error {
	_, err := conn.Exec(ctx, `
		insert into public.schema_migrations (version, name, checksum, milliseconds) values ($1, $2, $3, $4)
		on conflict (version) do update set name = excluded.name, checksum = excluded.checksum`,
		file.version, file.name, file.checksum, took.Milliseconds())
	return err
}

// migrationLock is the key of the advisory lock: "cruddur" in the bytes of a bigint.
const migrationLock = int64(0x63727564647572)

// session is a connection for one migration after the other: each finds it as if it were new, but for the catalog,
// which the server has read by then.
type session struct{ conn *pgx.Conn }

func (s *session) open(ctx context.Context, m *Migrator) (*pgx.Conn, error) {
	if s.conn != nil && !s.conn.IsClosed() {
		_, err := s.conn.PgConn().Exec(ctx, "reset session authorization; reset role; reset all; discard temp").ReadAll()
		if err == nil {
			return s.conn, nil
		}
		s.close(ctx)
	}
	var err error
	s.conn, err = m.Connect(ctx)
	return s.conn, err
}

func (s *session) close(ctx context.Context) {
	if s.conn != nil {
		_ = s.conn.Close(context.WithoutCancel(ctx))
	}
}

// once is locked on a connection of its own.
func (m *Migrator) once(ctx context.Context, fn func(*pgx.Conn) error) error {
	var s session
	defer func() { s.close(ctx) }()
	return m.locked(ctx, &s, fn)
}

// locked runs fn in a transaction that holds the lock. The table of migrations exists when fn is called.
func (m *Migrator) locked(ctx context.Context, s *session, fn func(*pgx.Conn) error) error {
	conn, err := s.open(ctx, m)
	if err != nil {
		return err
	}
	timeout := m.timeout()
	ran := false
	err = pgx.BeginFunc(ctx, conn, func(pgx.Tx) error {
		if err := setLocal(ctx, conn, timeout); err != nil {
			return err
		}
		if err := takeLock(ctx, conn, timeout); err != nil {
			return err
		}
		if err := makeTable(ctx, conn); err != nil {
			return err
		}
		err := fn(conn)
		ran = err == nil
		return err
	})
	if ran && IsLost(err) {
		return fmt.Errorf("%w\nthe connection broke during the commit; to see whether the last file is applied, when the server is back:  cruddur db status", lost(err))
	}
	if err == nil {
		gather(ctx, conn, timeout)
	}
	return err
}

// Unanalyzed lists the statements that analyze what has a column without statistics, as a table has that a column was
// added to; one of less than 1 MB only if it was analyzed before. The planner takes each value of such a column for
// rare: on a million cruds the home page took two seconds. Autovacuum comes by only when a tenth of the rows have changed.
const Unanalyzed = `
	select 'analyze ' || c.oid::regclass from pg_class c
	where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and (c.reltuples > 0 or pg_relation_size(c.oid) > 1048576)
		and pg_has_role(c.relowner, 'usage') and exists (
			select from pg_attribute a
			where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attstattarget is distinct from 0 and not exists (
				select from pg_stats s where s.schemaname = 'public' and s.tablename = c.relname and s.attname = a.attname))
	order by 1`

// gather analyzes what a migration has left without statistics. Its failure undoes nothing and hurts only the speed, so
// it is no error of the migration; cruddur db doctor finds what is left.
func gather(ctx context.Context, conn *pgx.Conn, timeout time.Duration) {
	var filled bool // on a new database there is nothing to plan
	const isFilled = `select exists (select from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and (reltuples > 0 or pg_relation_size(oid) > 1048576))`
	if err := conn.QueryRow(ctx, isFilled, pgx.QueryExecModeExec).Scan(&filled); err != nil || !filled {
		return
	}
	rows, err := conn.Query(ctx, Unanalyzed, pgx.QueryExecModeExec)
	if err != nil {
		return
	}
	statements, _ := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, analyze := range statements {
		_ = pgx.BeginFunc(ctx, conn, func(pgx.Tx) error {
			if err := setLocal(ctx, conn, timeout); err != nil {
				return err
			}
			_, err := conn.Exec(ctx, analyze, pgx.QueryExecModeExec)
			return err
		})
	}
}

func (m *Migrator) timeout() time.Duration { return cmp.Or(m.LockTimeout, 10*time.Second) }

// setLocal changes settings for this transaction only; a pooler gives the connection to another client
// afterwards.
func setLocal(ctx context.Context, conn *pgx.Conn, timeout time.Duration) error {
	_, err := conn.PgConn().Exec(ctx, "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; "+
		"set local client_min_messages = warning; set local search_path = public; set local lock_timeout = "+
		strconv.FormatInt(timeout.Milliseconds(), 10)).ReadAll()
	return err
}

func makeTable(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	if err := conn.QueryRow(ctx, "select to_regclass('public.schema_migrations') is not null").Scan(&exists); err != nil || exists {
		return err
	}
	_, err := conn.PgConn().Exec(ctx, `
		create table public.schema_migrations (
			version bigint constraint schema_migrations_pkey primary key,
			name text not null,
			checksum text not null,
			applied_at timestamptz not null default now(),
			milliseconds bigint not null
		);
		comment on table public.schema_migrations is
			'Which migrations are applied, and the SHA-256 of each file as it was applied. Written by cruddur db migrate.'`).ReadAll()
	return err
}

// takeLock tries until the timeout, and then names the sessions that hold the lock.
func takeLock(ctx context.Context, conn *pgx.Conn, timeout time.Duration) error {
	for begun := time.Now(); ; {
		var got bool
		if err := conn.QueryRow(ctx, "select pg_try_advisory_xact_lock($1)", migrationLock).Scan(&got); err != nil || got {
			return err
		}
		if time.Since(begun) >= timeout {
			holders, err := holdersOf(ctx, conn, `
				select coalesce(w.pid, l.pid) from pg_locks l
					left join pg_stat_activity w on w.application_name = $2 || l.pid
				where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
					and l.classid::bigint << 32 | l.objid::bigint = $1 and l.objsubid = 1`, migrationLock, workerName)
			return errors.Join(&LockError{"another migration is running", timeout, holders}, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// isLockTimeout reports whether a statement gave up waiting for a lock.
func isLockTimeout(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.Code == "55P03"
}
