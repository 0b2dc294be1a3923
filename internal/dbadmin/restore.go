package dbadmin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/sqlscript"
)

// RestoreOptions say how to restore a dump.
type RestoreOptions struct {
	Marker      *Marker       // of the database before the restore; nil writes the target's own
	LockTimeout time.Duration // how long to wait for the tables that are replaced; 0 is 10 s
}

// Restore replaces the content of the database with a dump, in pg_dump's custom format or as SQL, in one
// transaction. The statements are run here one by one, and not by psql, so that nothing in a dump can end the
// transaction or run a program. The rows are streamed; memory does not grow with the dump.
func (a *Admin) Restore(ctx context.Context, tools Tools, from io.Reader, o RestoreOptions) error {
	if err := a.Identify(ctx); err != nil { // for the marker; a refused query would end the transaction
		return err
	}
	source, err := a.openDump(ctx, tools, from)
	if err != nil {
		return err
	}
	defer source.stop()
	o.LockTimeout = cmp.Or(o.LockTimeout, lockTimeout)
	err = a.whole(ctx, func(conn *pgx.Conn) error {
		return (&restoring{Admin: a, conn: conn, source: source, o: o}).run(ctx)
	})
	if err != nil {
		return a.restoreError(ctx, err)
	}
	a.analyze(ctx)
	return nil
}

// analyze gathers statistics, which a dump does not contain; the planner needs them. A failure here is not an
// error: autovacuum gathers them later.
func (a *Admin) analyze(ctx context.Context) {
	conn, err := a.Connect(ctx)
	if err == nil {
		defer closing(ctx, conn)
		_, err = conn.Exec(ctx, "analyze")
	}
	if err != nil {
		a.Say("the dump is restored; its statistics could not be gathered: " + explain(err))
	}
}

func (a *Admin) restoreError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	kind, next := cruddur.KindInternal, ""
	if refused, ok := errors.AsType[*notRestorable](err); ok {
		kind, next = cruddur.KindInvalid, refused.next
	} else if isCode(err, "55P03") {
		next = "other sessions use the tables that are replaced; list them: " + a.Command("sessions")
	}
	return fail(kind, "the restore failed; "+asBefore(err), err, next)
}

// notRestorable says what in a dump cannot be restored.
type notRestorable struct{ what, next string }

func (e *notRestorable) Error() string { return e.what }

// restoring is one restore within its transaction.
type restoring struct {
	*Admin
	conn   *pgx.Conn
	source *dumpSource
	o      RestoreOptions
	judge  judge
	late   []string        // event triggers: they must not fire for what is done after the dump
	said   map[string]bool // what was already reported as left out
	had    bool            // the database had a table of migrations
}

func (r *restoring) run(ctx context.Context) error {
	if err := r.conn.QueryRow(ctx, "select to_regclass('public.schema_migrations') is not null").Scan(&r.had); err != nil {
		return err
	}
	before, err := keep(ctx, r.conn)
	if err != nil {
		return err
	}
	if err := r.emptied(ctx, r.conn, r.o.LockTimeout); err != nil {
		return err
	}
	if err := r.statements(ctx); err != nil {
		return err
	}
	if _, err := r.conn.PgConn().Exec(ctx, "reset session authorization; reset role; set local client_encoding = 'UTF8'; set local check_function_bodies = on").ReadAll(); err != nil {
		return err
	}
	if err := r.isWhole(ctx); err != nil {
		return err
	}
	if err := giveBack(ctx, r.conn, before); err != nil {
		return fmt.Errorf("give owners and grants back: %w", err)
	}
	if err := remark(ctx, r.conn, r.Admin, r.o.Marker); err != nil {
		return err
	}
	for _, sql := range r.late {
		if _, err := r.conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil).Close(); err != nil {
			return err
		}
	}
	return nil
}

// emptied drops the content of the database within conn's transaction, and while it waits it names the
// sessions that it waits for.
func (a *Admin) emptied(ctx context.Context, conn *pgx.Conn, limit time.Duration) error {
	if _, err := conn.Exec(ctx, fmt.Sprintf("set local lock_timeout = %d", limit.Milliseconds())); err != nil {
		return err
	}
	return a.waiting(ctx, conn, limit, func() error {
		left, err := empty(ctx, conn)
		if err == nil && len(left) > 0 {
			a.Say("left in place, because " + a.user() + " does not own it: " + strings.Join(left, ", "))
		}
		return err
	})
}

// statements runs all statements of the dump.
func (r *restoring) statements(ctx context.Context) error {
	r.judge.dump = r.source.dump
	in := sqlscript.NewReader(r.source)
	for {
		in.Backslash = r.conn.PgConn().ParameterStatus("standard_conforming_strings") == "off"
		piece, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		verdict, err := r.judge.of(piece)
		if err == nil {
			switch verdict {
			case run:
				err = r.one(ctx, piece, in)
			case ask:
				err = r.ask(ctx, piece, in)
			case runLate:
				r.late = append(r.late, piece.Text)
			case leaveOut:
				r.leaveOut(piece)
			}
		}
		if err != nil {
			return r.place(piece, err)
		}
	}
}

// one runs one statement. The extended protocol accepts only one statement at a time, so a second one cannot
// hide behind it.
func (r *restoring) one(ctx context.Context, piece sqlscript.Piece, in *sqlscript.Reader) error {
	conn := r.conn.PgConn()
	if !piece.Copy {
		_, err := conn.ExecParams(ctx, local(piece.Text), nil, nil, nil, nil).Close()
		return err
	}
	// COPY uses the simple protocol, which would accept several statements: the server first checks that it
	// is one.
	if _, err := conn.Prepare(ctx, "", piece.Text, nil); err != nil {
		return err
	}
	rows := in.Rows()
	if _, err := conn.CopyFrom(ctx, rows, piece.Text); err != nil {
		if r.source.failed != nil {
			return r.source.failed
		}
		return err
	}
	return nil
}

// local makes the settings of a dump end with the transaction: behind a pooler another client gets the
// connection afterwards.
func local(sql string) string {
	if settingRule.MatchString(sql) {
		return "SET LOCAL" + strings.TrimPrefix(sql, "SET")
	}
	if sql == "SELECT pg_catalog.set_config('search_path', '', false)" {
		return "SELECT pg_catalog.set_config('search_path', '', true)"
	}
	return sql
}

// ask runs a statement unless the database is already as the statement wants it, or does not know what it
// names.
func (r *restoring) ask(ctx context.Context, piece sqlscript.Piece, in *sqlscript.Reader) error {
	question, name := r.judge.question(piece)
	var needed bool
	if err := r.conn.QueryRow(ctx, question, name).Scan(&needed); err != nil {
		return err
	}
	if needed {
		return r.one(ctx, piece, in)
	}
	if strings.HasPrefix(piece.Text, "SET default_tablespace") {
		r.leaveOut(piece)
		_, err := r.conn.Exec(ctx, "set local default_tablespace = ''")
		return err
	}
	return nil
}

// leaveOut reports, once for each kind, that a part of the dump is not restored.
func (r *restoring) leaveOut(piece sqlscript.Piece) {
	why := r.judge.why(piece)
	if why == "" || r.said[why] {
		return
	}
	if r.said == nil {
		r.said = map[string]bool{}
	}
	r.said[why] = true
	r.Say("left out: " + why)
}

// isWhole refuses a dump of a part of the database, because the rest would be lost, and a dump without the
// record of its migrations, because the next migration would fail.
func (r *restoring) isWhole(ctx context.Context) error {
	if !r.source.dump {
		return nil
	}
	var has, recorded, users bool
	err := r.conn.QueryRow(ctx, "select to_regclass('public.schema_migrations') is not null, to_regclass('public.users') is not null").Scan(&has, &users)
	if err != nil {
		return err
	}
	if r.had && !has {
		return partOfDatabase
	}
	if !has {
		return nil
	}
	if err := r.conn.QueryRow(ctx, "select exists (select from public.schema_migrations)").Scan(&recorded); err != nil {
		return err
	}
	if users && !recorded {
		return withoutRecord
	}
	return nil
}

// place adds the position in the dump to an error.
func (r *restoring) place(piece sqlscript.Piece, err error) error {
	first, _, _ := strings.Cut(piece.Text, "\n")
	text := printable(first)
	if short := cruddur.Cut(text, 120); short != text {
		text = short + " …"
	}
	of := "line"
	if r.source.cmd != nil {
		of = "pg_restore's line"
	}
	return &placeError{fmt.Sprintf("%s %d: %s", of, piece.Line, text), err}
}

// placeError is an error with the statement that caused it.
type placeError struct {
	place string
	err   error
}

func (e *placeError) Error() string {
	s := explain(e.err)
	if pe, ok := pgError(e.err); ok && pe.Where != "" {
		s += "\n" + pe.Where
	}
	return printable(s) + "\n" + e.place
}

func (e *placeError) Unwrap() error { return e.err }

// printable replaces characters that are not text or would control a terminal; line breaks stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069) {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\t", " "), "\ufffd"))
}
