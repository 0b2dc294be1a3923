package postgres_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// A database of a version that people have takes everything in it along, forward and back, and the program
// of today works on it.
func TestMigrateForwardWithData(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/landed/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no database of a landed version: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			version, err := strconv.ParseInt(name, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			url := pgtest.EmptyURL(t)
			conn := connect(t, url)
			m := &postgres.Migrator{Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, url) }}
			if _, err := m.Up(ctx, version, 0); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.PgConn().Exec(ctx, string(rows)).ReadAll(); err != nil {
				t.Fatal(err)
			}
			before := everything(t, conn)
			if _, err := m.Up(ctx, 0, 0); err != nil {
				t.Fatal(err)
			}
			after := everything(t, conn)
			for table, want := range before {
				got := after[table]
				if len(want) == 0 {
					t.Errorf("testdata/landed/%s.sql has no row of %s", name, table)
				}
				for i := range got {
					for column := range got[i] {
						if _, old := want[min(i, len(want)-1)][column]; !old {
							delete(got[i], column)
						}
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-before +after):\n%s", table, diff)
				}
			}
			worksOn(t, url)
			if _, err := m.Down(ctx, version, 0); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, everything(t, conn)); diff != "" {
				t.Errorf("there and back (-before +after):\n%s", diff)
			}
		})
	}
}

// worksOn reads as the pages do, at a moment in which one of the cruds is alive.
func worksOn(t *testing.T, url string) {
	t.Helper()
	ctx, db := t.Context(), pgtest.Open(t, url)
	at := time.Date(2026, 11, 26, 10, 30, 0, 0, time.UTC)
	home, err := db.Home(ctx, cruddur.UUID{}, 20, at)
	if err != nil || len(home) != 1 || home[0].Handle != "ana" {
		t.Errorf("Home() = %v, %v, want the crud that is alive", home, err)
	}
	if p, err := db.Profile(ctx, "ana", at); err != nil || p.CrudsCount != 1 {
		t.Errorf("Profile() = %+v, %v", p, err)
	}
	if c, err := db.Credentials(ctx, "ana@example.com", at); err != nil || c.PasswordHash == "" {
		t.Errorf("Credentials() = %v, %v", c.Account, err)
	}
	if members, err := db.Members(ctx, cruddur.UUID{}, at); err != nil || len(members) != 2 || members[1].SuspendedAt.IsZero() {
		t.Errorf("Members() = %v, %v", members, err)
	}
}

// everything returns every row of every table except the record of migrations, sorted within each table.
func everything(t *testing.T, conn *pgx.Conn) map[string][]map[string]any {
	t.Helper()
	rows, err := conn.Query(t.Context(), "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'schema_migrations'", pgx.QueryExecModeExec)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]map[string]any{}
	for _, table := range tables {
		var text string
		err := conn.QueryRow(t.Context(), "select coalesce(json_agg(to_jsonb(t) order by coalesce(to_jsonb(t) ->> 'uuid', '')), '[]')::text from (select * from "+pgx.Identifier{table}.Sanitize()+") t", pgx.QueryExecModeExec).Scan(&text)
		if err != nil {
			t.Fatal(err)
		}
		var list []map[string]any
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatal(err)
		}
		all[table] = list
	}
	return all
}
