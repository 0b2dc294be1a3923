package dbadmin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
	"cruddur/internal/postgres"
)

// CreateOptions are options of CREATE DATABASE; "" leaves a choice to the server.
type CreateOptions struct {
	Owner, Template, Encoding string
}

// Create creates the target's database. If it exists it is left as it is, and created is false.
func (a *Admin) Create(ctx context.Context, o CreateOptions) (created bool, err error) {
	conn, err := a.maintain(ctx)
	if err != nil {
		return false, err
	}
	defer closing(ctx, conn)
	is, err := stateOf(ctx, conn, a.Database())
	if err == nil && (is.Invalid || is.Closed) {
		err = a.unusableAs(is, nil)
	}
	if err != nil || is.Exists {
		return false, err
	}
	sql := "create database " + quote(a.Database())
	if o.Owner != "" {
		sql += " owner " + quote(o.Owner)
	}
	if o.Template != "" {
		sql += " template " + quote(o.Template)
	}
	if o.Encoding != "" {
		if o.Template == "" {
			sql += " template template0" // another template requires its own encoding
		}
		sql += " encoding " + literal(o.Encoding)
	}
	_, err = conn.Exec(ctx, sql)
	pe, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return true, nil
	case ok && (pe.Code == "42P04" || pe.Code == "23505"): // another session created it first
		return false, nil
	case ok && pe.Code == "42501":
		return false, fail(cruddur.KindForbidden, "cannot create database "+a.Database(), err,
			fmt.Sprintf("let a superuser run: alter role %s createdb", quote(a.user())))
	}
	return false, fail(cruddur.KindInternal, "cannot create database "+a.Database(), err, "")
}

// literal quotes a text as an SQL string literal.
func literal(s string) string {
	out := []byte{'\''}
	for i := range len(s) {
		if s[i] == '\'' {
			out = append(out, '\'')
		}
		out = append(out, s[i])
	}
	return string(append(out, '\''))
}

// Drop drops the target's database. For a database in use it returns an [*InUseError] that lists every
// session; with force the sessions are ended first, in the same step on the server.
func (a *Admin) Drop(ctx context.Context, force bool) (dropped bool, err error) {
	conn, err := a.maintain(ctx)
	if err != nil {
		return false, err
	}
	defer closing(ctx, conn)
	is, err := stateOf(ctx, conn, a.Database())
	if err != nil || !is.Exists {
		return false, err
	}
	if err := a.awaitFree(ctx, conn, force); err != nil {
		return false, err
	}
	sql := "drop database " + quote(a.Database())
	if force {
		sql += " with (force)"
	}
	_, err = conn.Exec(ctx, sql)
	pe, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return true, nil
	case ok && (pe.Code == "55006" || pe.Code == "42501"):
		if again := a.obstacles(ctx, conn, false); again != nil {
			return false, fail(cruddur.KindInternal, "cannot drop database "+a.Database(), err, again.Error())
		}
	}
	return false, fail(cruddur.KindInternal, "cannot drop database "+a.Database(), err, "")
}

// leaving is how long a session of ours may take to end: the server notices the end of a pg_dump or of the
// previous command a moment later.
const leaving = 3 * time.Second

// awaitFree returns what obstacles returns, after it has waited for the sessions of this tool to end.
func (a *Admin) awaitFree(ctx context.Context, conn *pgx.Conn, force bool) error {
	for end := time.Now().Add(leaving); ; {
		err := a.obstacles(ctx, conn, force)
		e, ok := errors.AsType[*InUseError](err)
		if !ok || !e.onlyOurs() || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// obstacles returns an [*InUseError] if something keeps the database from being dropped.
func (a *Admin) obstacles(ctx context.Context, conn *pgx.Conn, force bool) error {
	e := &InUseError{Database: a.Database()}
	list, err := sessions(ctx, conn, a.Database(), SessionFilter{})
	if err != nil {
		return err
	}
	e.Prepared, err = names(ctx, conn, "select format('%s of %s since %s', gid, owner, prepared::timestamp(0)) from pg_prepared_xacts where database = $1", a.Database())
	if err != nil {
		return err
	}
	e.Slots, err = names(ctx, conn, "select format('%s, active for pid %s', slot_name, active_pid) from pg_replication_slots where database = $1 and active", a.Database())
	if err != nil {
		return err
	}
	e.Subs, err = names(ctx, conn, "select subname::text from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = $1", a.Database())
	if err != nil {
		return err
	}
	super, member, err := mayEnd(ctx, conn)
	if err != nil {
		return err
	}
	for _, s := range list {
		if !force || s.Superuser && !super {
			e.Sessions = append(e.Sessions, s)
		}
	}
	switch {
	case len(e.Prepared) > 0:
		e.Next = "in that database, run commit prepared or rollback prepared for each of them; --force cannot end them"
	case len(e.Slots) > 0 || len(e.Subs) > 0:
		e.Next = "drop the slots (select pg_drop_replication_slot) and subscriptions first; --force cannot drop them"
	case len(e.Sessions) > 0 && force:
		e.Next = "only a superuser may end a superuser's session; connect as one, or ask its user to disconnect"
	case len(e.Sessions) > 0:
		e.Next = "end them in the same step with --force"
		if !member && !super {
			e.Next += " (" + quote(a.user()) + " may end only its own sessions; others need: grant pg_signal_backend)"
		}
	default:
		return nil
	}
	return e
}

func names(ctx context.Context, conn *pgx.Conn, sql string, args ...any) ([]string, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// mayEnd reports whether our role is a superuser and whether it may end other roles' sessions.
func mayEnd(ctx context.Context, conn *pgx.Conn) (super, member bool, err error) {
	err = conn.QueryRow(ctx, `
		select r.rolsuper, pg_has_role(r.oid, 'pg_signal_backend', 'usage')
		from pg_roles r where r.rolname = session_user`).Scan(&super, &member)
	return super, member, err
}

// Wait retries until the server answers or ctx ends; it calls pause between two attempts. The last refusal is
// the error.
func (a *Admin) Wait(ctx context.Context, pause func(context.Context) error) error {
	for {
		conn, err := a.Connect(ctx)
		if err == nil {
			closing(ctx, conn)
			return nil
		}
		if _, unusable := errors.AsType[*UnusableError](err); unusable || cruddur.KindOf(err) == cruddur.KindNotFound {
			return nil // the server answers; whether the database exists does not matter here
		}
		if pauseErr := pause(ctx); pauseErr != nil {
			return errors.Join(err, pauseErr)
		}
	}
}

// NotEmpty reports whether the database contains anything that users have made.
func (a *Admin) NotEmpty(ctx context.Context) (bool, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return false, err
	}
	defer closing(ctx, conn)
	var any bool
	err = conn.QueryRow(ctx, `
		select exists (select from (`+thingsSQL+`) t where t.kind in ('table', 'sequence', 'routine', 'type', 'large object')
			or t.kind = 'schema' and t.name <> 'public')`).Scan(&any)
	return any, err
}

// HoldsRows reports whether any user table has a row, except the two that describe the schema, or whether
// there is a large object. A table that cannot be read counts as one with rows.
func (a *Admin) HoldsRows(ctx context.Context) (bool, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return false, err
	}
	defer closing(ctx, conn)
	tables, err := names(ctx, conn, `
		select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
			and not (n.nspname = 'public' and c.relname in ('schema_migrations', 'schema_information'))
			and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
		union all select 'pg_largeobject_metadata'`)
	if err != nil {
		return false, err
	}
	var any bool
	err = pgx.BeginFunc(ctx, conn, func(pgx.Tx) error {
		if _, err := conn.Exec(ctx, "set local lock_timeout = '500ms'"); err != nil {
			return err
		}
		for _, table := range tables {
			if err := conn.QueryRow(ctx, "select exists (select from "+table+")").Scan(&any); err != nil || any {
				return err
			}
		}
		return nil
	})
	return any || err != nil, ctx.Err()
}

// InTransaction runs fn on a connection to the target within one transaction. For its errors see [EndError].
func (a *Admin) InTransaction(ctx context.Context, fn func(*pgx.Conn) error) error {
	return a.whole(ctx, fn)
}

// FileRun says how to run an SQL file.
type FileRun struct {
	Role   string                      // the role its statements run as; "" is the user's own
	Done   func(bytes int, rows int64) // if not nil, called after each statement
	Answer func(sql Result) error      // if not nil, called with the result of each statement
}

// RunFile runs an SQL file in one transaction.
func (a *Admin) RunFile(ctx context.Context, name, text string, o FileRun) (n int, err error) {
	err = a.InTransaction(ctx, func(conn *pgx.Conn) error {
		if o.Role != "" {
			if _, err := conn.Exec(ctx, "set local role "+quote(o.Role)); err != nil {
				return err
			}
		}
		script := postgres.Script{File: name, Text: text}
		if o.Done != nil {
			script.Done = func(bytes int, tag pgconn.CommandTag) {
				rows := tag.RowsAffected()
				if tag.Select() {
					rows = 0 // rows that were read, not written
				}
				o.Done(bytes, rows)
			}
		}
		if o.Answer != nil {
			script.Answer = func(r *pgconn.Result) error { return o.Answer(textResult(r)) }
		}
		n, err = script.Run(ctx, conn)
		return err
	})
	return n, err
}
