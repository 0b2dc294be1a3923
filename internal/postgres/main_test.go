package postgres_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// now is when the tests take place: any time will do, since time is an argument.
var now = time.Date(2026, 1, 15, 12, 0, 0, 123456000, time.UTC)

// golden compares got with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what is there (go test ./internal/postgres -update writes it): want -, got +\n%s", file, diff)
	}
}

// connect opens a plain connection, for what the product has no statement for.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	return conn
}

func mustExec(t *testing.T, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Pool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func member(t testing.TB, db *postgres.DB, handle string) cruddur.User {
	t.Helper()
	u, err := db.UpsertUser(t.Context(), cruddur.User{
		Handle: handle, DisplayName: "Name of " + handle, Email: handle + "@example.com", Subject: "subject-" + handle,
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func crud(t testing.TB, db *postgres.DB, author cruddur.User, message string, ttl cruddur.TTL, at time.Time) cruddur.Activity {
	t.Helper()
	a, err := db.CreateActivity(t.Context(), author.UUID, message, ttl, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func reply(t testing.TB, db *postgres.DB, author cruddur.User, to cruddur.Activity, message string, ttl cruddur.TTL, at time.Time) cruddur.Activity {
	t.Helper()
	a, err := db.Reply(t.Context(), author.UUID, to.UUID, "", message, ttl, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantKind(t *testing.T, err error, kind cruddur.Kind, codes ...string) {
	t.Helper()
	if err == nil || cruddur.KindOf(err) != kind {
		t.Errorf("error %v, want kind %s", err, kind)
	}
	if len(codes) > 0 {
		if diff := cmp.Diff(codes, cruddur.CodesOf(err)); diff != "" {
			t.Errorf("codes: want -, got +\n%s", diff)
		}
	}
}
