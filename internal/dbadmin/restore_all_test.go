package dbadmin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
)

// worldSQL is a database with one of everything that pg_dump writes. %s is a role.
const worldSQL = `
	insert into users (uuid, handle, display_name, email, cognito_user_id) values (uuid_v7(now()), 'ann', 'Ann', 'ann@example.com', 'ann');
	select lo_from_bytea(70001, 'first');
	select lo_from_bytea(70002, decode(repeat('ab', 40000), 'hex'));
	comment on large object 70001 is 'kept';
	grant select on large object 70002 to %[1]s;
	create schema extra;
	create schema "odd; name";
	create type extra.mood as enum ('good', 'bad');
	create domain extra.positive as int check (value > 0);
	create table extra.things (id bigint generated always as identity primary key, mood extra.mood, n extra.positive, note text default 'a;b''c');
	insert into extra.things (mood, n, note) values ('good', 1, E'tab\there\\.\n\\.\nend'), ('bad', 2, null);
	create table "odd; name"."odd "" table" (x int) partition by range (x);
	create table "odd; name".part partition of "odd; name"."odd "" table" for values from (0) to (10);
	create view extra.good as select * from extra.things where mood = 'good';
	create materialized view extra.counted as select count(*) as n from extra.things;
	create index on extra.counted (n);
	create function extra.twice(extra.positive) returns int language sql begin atomic select $1 * 2; end;
	create function extra.checked() returns trigger language plpgsql as $$ begin if new.n > 100 then raise exception 'no;'; end if; return new; end $$;
	create trigger checked before insert on extra.things for each row execute function extra.checked();
	create procedure extra.act() language plpgsql as $p$ begin null; end $p$;
	create aggregate extra.total (int) (sfunc = int4pl, stype = int, initcond = '0');
	create operator extra.@#@ (leftarg = int, rightarg = int, function = int4pl);
	create collation extra.plain from "C";
	create text search configuration extra.words (copy = simple);
	create statistics extra.together on mood, n from extra.things;
	create type extra.pair as (a int, b text);
	create function extra.pair_of(int) returns extra.pair language sql immutable as 'select row($1, ''x'')::extra.pair';
	create cast (int as extra.pair) with function extra.pair_of(int);
	create rule quiet as on update to extra.things do also (select 1; select 2);
	alter table extra.things enable row level security;
	create policy all_of_them on extra.things using (true);
	create publication everything for table users, extra.things;
	create foreign data wrapper far;
	create server away foreign data wrapper far;
	create foreign table extra.distant (x int) server away;
	create extension if not exists pg_trgm schema extra;
	create function public.watched() returns event_trigger language plpgsql as $$ begin
		if tg_tag in ('ALTER TABLE', 'GRANT', 'REVOKE') and current_setting('cruddur.test', true) is null then raise exception 'watched'; end if; end $$;
	create event trigger watched on ddl_command_end execute function public.watched();
	set cruddur.test = 'on';
	grant usage on schema extra to %[1]s;
	grant select, insert on extra.things to %[1]s;
	grant select (display_name) on users to %[1]s;
	revoke execute on function extra.twice(extra.positive) from public;
	grant execute on function extra.twice(extra.positive) to %[1]s;
	alter table extra.things owner to %[1]s;
	alter default privileges in schema extra grant select on tables to %[1]s;
	alter default privileges in schema public grant select on tables to %[1]s;
	reset cruddur.test`

// world makes that database and returns its Admin; the role goes with the test.
func world(t *testing.T) *Admin {
	t.Helper()
	a := admin(t, pgtest.URL(t))
	role := "world_" + a.Database()
	do(t, a, "create role "+role)
	// It runs after the database is dropped.
	url := pgtest.AdminURL(t)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), url)
		if err == nil {
			conn.Exec(context.Background(), "drop database "+a.Database()+" with (force)")
			conn.Exec(context.Background(), "drop role "+role)
			conn.Close(context.Background())
		}
	})
	do(t, a, fmt.Sprintf(worldSQL, role))
	return a
}

func do(t *testing.T, a *Admin, sql string) {
	t.Helper()
	conn, err := a.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t.Context(), conn)
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
}

// portrait is everything that a database holds, as text: schema, owners, grants, rows and large objects.
func portrait(t *testing.T, a *Admin) string {
	t.Helper()
	out := pgDump(t, a, "--no-comments", "--exclude-table-data=schema_information")
	conn, err := a.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t.Context(), conn)
	more, err := names(t.Context(), conn, `
		select format('%s %s', oid, md5(lo_get(oid))) from pg_largeobject_metadata
		union all select format('%s %s', evtname, evtenabled) from pg_event_trigger
		union all select environment || protected from schema_information order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) && line != "\n" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "") + strings.Join(more, "\n")
}

func pgDump(t *testing.T, a *Admin, args ...string) string {
	t.Helper()
	major, err := a.serverMajor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path, err := Tools{}.Find(t.Context(), "pg_dump", major)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append(args, "--dbname="+a.Info.DSN())...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, &errs)
	}
	return string(out)
}

// A dump may hold anything, and restored over its own database, or over an empty one, it gives the same again.
func TestRestoreEverything(t *testing.T) {
	t.Parallel()
	a := world(t)
	do(t, a, "insert into schema_information (environment, protected) values ('development', true)")
	want := portrait(t, a)
	for name, args := range map[string][]string{
		"custom":                   {"--format=custom", "--no-owner", "--no-privileges"},
		"plain":                    {"--no-owner", "--no-privileges"},
		"plain with owners":        {},
		"custom with owners":       {"--format=custom"},
		"clean":                    {"--clean"},
		"clean if exists":          {"--clean", "--if-exists"},
		"inserts":                  {"--inserts", "--rows-per-insert=2"},
		"session authorization":    {"--use-set-session-authorization"},
		"custom, with --create":    {"--format=custom", "--create"},
		"plain, with a mark first": {"BOM"},
	} {
		dump := ""
		if len(args) == 1 && args[0] == "BOM" {
			dump = "\ufeff" + pgDump(t, a)
		} else {
			dump = pgDump(t, a, args...)
		}
		do(t, a, `delete from extra.things; select lo_unlink(70001); select lo_from_bytea(70003, 'new'); select lo_put(70002, 0, 'changed');
			create table in_the_way (x int); create schema in_the_way; create table in_the_way.x (y int); update users set bio = 'changed'`)
		if err := a.CheckDump(t.Context(), Tools{}, strings.NewReader(dump)); err != nil {
			t.Errorf("%s: CheckDump() = %v", name, err)
		}
		if err := a.Restore(t.Context(), Tools{}, strings.NewReader(dump), RestoreOptions{Marker: &Marker{Environment: "development", Protected: true}}); err != nil {
			t.Fatalf("%s: Restore() = %v", name, err)
		}
		if diff := cmp.Diff(want, portrait(t, a)); diff != "" {
			t.Fatalf("%s (-before +after):\n%s", name, diff)
		}
	}
}

// refusal is a dump and what must be said of it.
type refusal struct{ dump, want string }

// unrestorable are dumps that would end the transaction, leave the database or run a program, and files that
// are none.
func unrestorable(t *testing.T, a *Admin) map[string]refusal {
	plain := pgDump(t, a)
	after := func(text string) string { // in the middle, where tables are made already
		i := strings.Index(plain, "\nCOPY ")
		return plain[:i] + "\n" + text + plain[i:]
	}
	return map[string]refusal{
		"commit":                {after("commit;"), "COMMIT would end the transaction"},
		"commit and begin":      {after("commit; begin;"), "COMMIT would end the transaction"},
		"hidden commit":         {after("/* a */ Commit/**/ work;"), "COMMIT would end the transaction"},
		"end":                   {after("end;"), "END would end the transaction"},
		"rollback":              {after("rollback;"), "ROLLBACK would end the transaction"},
		"begin with more":       {after("begin;\ninsert into users default values;\ncommit;"), "BEGIN would start a transaction of its own"},
		"prepared":              {after("prepare transaction 'x';"), "PREPARE TRANSACTION would end"},
		"connect":               {after("\\connect postgres"), `\connect would continue in another database`},
		"shell":                 {after("\\! touch /tmp/x"), `\! is a psql command`},
		"gexec":                 {after("select 'commit' \\gexec"), `\gexec is a psql command`},
		"commit in DO":          {after("do $$ begin commit; end $$;"), "invalid transaction termination"},
		"commit in CALL":        {after("create procedure public.p() language plpgsql as 'begin commit; end'; call public.p();"), "invalid transaction termination"},
		"several in one":        {after("select $a$;\n$a$;\nselect 1 \\; commit;"), `\; is a psql command`},
		"commit behind a quote": {after("select '\\'; commit; --';"), "COMMIT would end the transaction"},
		"program":               {after("copy users to program 'touch /tmp/x';"), "a file or a program of the server"},
		"create":                {pgDump(t, a, "--create"), "creates a database itself"},
		"wrong statement":       {after("select 1/0;"), "division by zero"},
		"vacuum":                {after("vacuum;"), "VACUUM cannot run inside a transaction block"},
		"cut":                   {plain[:len(plain)-200], "the dump is incomplete"},
		"cut in the rows":       {plain[:strings.Index(plain, "\nCOPY ")+100], "the dump is incomplete"},
		"custom, cut":           {func() string { s := pgDump(t, a, "--format=custom"); return s[:len(s)*9/10] }(), ""},
		"rows only":             {pgDump(t, a, "--data-only"), "rows but no tables"},
		"rows only, custom":     {pgDump(t, a, "--data-only", "--format=custom"), "rows but no tables"},
		"one table":             {pgDump(t, a, "--table=extra.things"), "only a part of a database"},
		"one table, custom":     {pgDump(t, a, "--table=extra.things", "--format=custom"), "only a part of a database"},
		"no record":             {pgDump(t, a, "--schema-only"), "no record of its migrations"},
		"no record, custom":     {pgDump(t, a, "--schema-only", "--format=custom"), "no record of its migrations"},
		"gzip":                  {"\x1f\x8b\x08\x00\x00", "compressed by gzip"},
		"tar":                   {pgDump(t, a, "--format=tar"), "a tar archive"},
		"all of the server":     {"--\n-- PostgreSQL database cluster dump\n--\n\nSET default_transaction_read_only = off;\n", "a dump of a whole server"},
		"UTF-16":                {"\xff\xfes\x00e\x00", "in UTF-16"},
		"something else":        {"\x00\x01\x02", "neither SQL nor a dump"},
		"empty":                 {"", "the dump is empty; nothing was done"},
		"Latin-1":               {after("comment on table users is 'caf\xe9';"), "invalid byte sequence"},
		"escapes on a screen":   {after("select \"\x1b[31mred\";"), "\ufffd[31mred"},
	}
}

// What cannot be restored safely is refused, and nothing has changed.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	a := world(t)
	do(t, a, "insert into schema_information (environment, protected) values ('development', false)")
	want := portrait(t, a)
	for name, test := range unrestorable(t, a) {
		checked := a.CheckDump(t.Context(), Tools{}, strings.NewReader(test.dump))
		err := a.Restore(t.Context(), Tools{}, strings.NewReader(test.dump), RestoreOptions{})
		if err == nil {
			t.Errorf("%s: Restore() = nil", name)
			continue
		}
		text := err.Error()
		if checked != nil {
			text += checked.Error()
		}
		if !strings.Contains(text, test.want) && !strings.Contains(text, "as before") {
			t.Errorf("%s: Restore() = %v, CheckDump() = %v, want %q", name, err, checked, test.want)
		}
		if !strings.Contains(text, test.want) || strings.ContainsRune(text, 0x1b) || !utf8.ValidString(text) {
			t.Errorf("%s: Restore() = %v, want %q", name, err, test.want)
		}
		if got := portrait(t, a); got != want {
			t.Fatalf("%s: Restore() = %v, and it has changed (-before +after):\n%s", name, err, cmp.Diff(want, got))
		}
		if checked != nil && cruddur.KindOf(checked) != cruddur.KindInvalid {
			t.Errorf("%s: the kind of %v is %v", name, checked, cruddur.KindOf(checked))
		}
	}
}

// "As before" is said after the server has said it, and no sooner.
func TestWholeTellsTheEnd(t *testing.T) {
	t.Parallel()
	a := admin(t, pgtest.EmptyURL(t))
	do(t, a, "create table t (x int)")
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		fn   func(*pgx.Conn) error
		want End
	}{
		"error": {func(conn *pgx.Conn) error {
			_, err := conn.Exec(t.Context(), "insert into t values (1)")
			return errors.Join(err, broken)
		}, RolledBack},
		"error of SQL": {func(conn *pgx.Conn) error {
			_, err := conn.Exec(t.Context(), "insert into t values (1/0)")
			return err
		}, RolledBack},
		"connection lost": {func(conn *pgx.Conn) error {
			do(t, a, fmt.Sprintf("select pg_terminate_backend(%d)", conn.PgConn().PID()))
			_, err := conn.Exec(t.Context(), "insert into t values (1)")
			return err
		}, RolledBack},
		"committed within": {func(conn *pgx.Conn) error {
			_, err := conn.PgConn().Exec(t.Context(), "insert into t values (1); commit").ReadAll()
			return errors.Join(err, broken)
		}, Committed},
		"committed within, and begun again": {func(conn *pgx.Conn) error {
			_, err := conn.PgConn().Exec(t.Context(), "insert into t values (1); commit; begin").ReadAll()
			return errors.Join(err, broken)
		}, Committed},
	} {
		err := a.whole(t.Context(), test.fn)
		if got := endOf(err); got != test.want || err == nil {
			t.Errorf("%s: %v, end %v, want %v", name, err, got, test.want)
		}
	}
	if err := a.whole(t.Context(), func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), "insert into t values (2)")
		return err
	}); err != nil {
		t.Error(err)
	}
}
