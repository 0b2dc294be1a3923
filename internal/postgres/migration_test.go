package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// folder is a folder of migrations by name and text.
func folder(files ...string) fstest.MapFS {
	f := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		f[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return f
}

func TestMigrationFilesRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, pgtest.EmptyURL(t))
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"no mark":         {folder("1_a.sql", "select 1;"), `the mark "-- +goose Up" is missing`},
		"a mark unknown":  {folder("1_a.sql", "-- +goose Up\n-- +goose Sideways\n"), `"+goose Sideways" is unknown`},
		"a name":          {folder("a.sql", "-- +goose Up\n"), "want a name such as"},
		"no version":      {folder("0_a.sql", "-- +goose Up\n"), "is not a version"},
		"too many digits": {folder("99999999999999999999_a.sql", "-- +goose Up\n"), "is not a version"},
		"twice the same":  {folder("1_a.sql", "-- +goose Up\n", "01_b.sql", "-- +goose Up\n"), "have the same number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := db.Migrator()
			m.Files = test.files
			if _, err := m.Status(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Status() = %v, want %q", err, test.want)
			}
		})
	}
}

// An error is in the file's own lines, whatever stands above it, and the whole file is undone.
func TestMigrationErrorPlace(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, pgtest.EmptyURL(t))
	m := db.Migrator()
	m.Files = folder("00007_x.sql", "-- ümläut\n-- +goose Up\n-- +goose StatementBegin\ncreate function f() returns int language sql as $$ select 1; $$;\n"+
		"-- +goose StatementEnd\ncreate table t (x int);\n\tinsert into t select 'ä', nope;\n-- +goose Down\nselect 'not run' + nope;\n")
	_, err := m.Up(t.Context(), 0, 0)
	place, ok := errors.AsType[*postgres.ScriptError](err)
	if !ok {
		t.Fatalf("Up() = %v, want a ScriptError", err)
	}
	if place.File != "00007_x.sql" || place.Line != 7 || place.Column != 28 {
		t.Errorf("%s:%d:%d, want 00007_x.sql:7:28", place.File, place.Line, place.Column)
	}
	want := "00007_x.sql:7:28: column \"nope\" does not exist (SQLSTATE 42703)\n" +
		"  \tinsert into t select 'ä', nope;\n" +
		"  \t                          ^"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	m.Files = folder("00007_x.sql", "-- +goose Up\ncreate table t (x int);\ncreate function f() returns int language sql as 'select 1';\n")
	if _, err := m.Up(t.Context(), 0, 0); err != nil {
		t.Errorf("what failed has left something behind: %v", err)
	}
}

// What cannot run in a transaction is refused by the server; the message says how to mark the file.
func TestMigrationOutsideTransaction(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, pgtest.EmptyURL(t))
	m := db.Migrator()
	m.Files = folder("1_a.sql", "-- +goose Up\ncreate table t (x int);\ncreate index concurrently t_x on t (x);\n")
	if _, err := m.Up(t.Context(), 0, 0); err == nil || !strings.Contains(err.Error(), "+goose NO TRANSACTION") {
		t.Errorf("Up() = %v", err)
	}
	m.Files = folder("1_a.sql", "-- +goose Up\ncreate table t (x int);\n", "2_b.sql", "-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently t_x on t (x);\n")
	if done, err := m.Up(t.Context(), 0, 0); err != nil || len(done) != 2 {
		t.Errorf("Up() = %v, %v", done, err)
	}
}

// A checkout with \r\n is the same file; another letter is not.
func TestMigrationChecksum(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, pgtest.EmptyURL(t))
	m := db.Migrator()
	state := func(text string) postgres.MigrationState {
		t.Helper()
		m.Files = folder("1_a.sql", text)
		list, err := m.Status(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].State
	}
	m.Files = folder("1_a.sql", "-- +goose Up\nselect 1;\n")
	if _, err := m.Up(t.Context(), 0, 0); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]postgres.MigrationState{
		"-- +goose Up\nselect 1;\n":     postgres.MigrationApplied,
		"-- +goose Up\r\nselect 1;\r\n": postgres.MigrationApplied,
		"-- +goose Up\nselect 2;\n":     postgres.MigrationEdited,
	} {
		if got := state(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// What one file sets for its session, another does not meet, though they run on one connection.
func TestMigrationsDoNotMeet(t *testing.T) {
	t.Parallel()
	m := pgtest.Open(t, pgtest.EmptyURL(t)).Migrator()
	connect, connections := m.Connect, 0
	m.Connect = func(ctx context.Context) (*pgx.Conn, error) { connections++; return connect(ctx) }
	m.Files = folder(
		"1_a.sql", "-- +goose Up\ncreate schema a;\nset search_path = a;\nset timezone = 'Asia/Tokyo';\ncreate temp table left_behind (x int);\n",
		"2_b.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nset search_path = a;\n",
		"3_c.sql", "-- +goose Up\ncreate table c as select current_setting('TimeZone') as zone, to_regclass('left_behind') is null as clean;\n",
	)
	if _, err := m.Up(t.Context(), 0, 0); err != nil {
		t.Fatal(err)
	}
	conn, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var zone, usual string
	var clean bool
	if err := conn.QueryRow(t.Context(), "select zone, clean, current_setting('TimeZone') from public.c").Scan(&zone, &clean, &usual); err != nil {
		t.Fatal(err)
	}
	if zone != usual || !clean {
		t.Errorf("the third file met the zone %s, want %s; no table was left: %v", zone, usual, clean)
	}
	if connections > 2 { // and what runs outside of a transaction has one
		t.Errorf("%d connections for three files", connections)
	}
}
