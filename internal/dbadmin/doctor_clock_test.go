package dbadmin

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
)

// skewed makes the database's clock differ: its own clock_timestamp stands before the server's.
func skewed(t *testing.T, conn *pgx.Conn, by string) {
	t.Helper()
	for _, sql := range []string{
		"create schema if not exists clock",
		"create or replace function clock.clock_timestamp() returns timestamptz language sql as $$ select pg_catalog.clock_timestamp() + interval '" + by + "' $$",
		"alter database " + pgx.Identifier{conn.Config().Database}.Sanitize() + " set search_path = clock, pg_catalog, public",
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// A clock that differs is named, and what waits to be deleted is not laid at the door of a missing sweeper
// while one runs.
func TestDoctorClock(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	u, err := db.UpsertUser(t.Context(), cruddur.User{Subject: "s", Handle: "ada", DisplayName: "Ada", Email: "ada@example.org"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.CreateActivity(t.Context(), u.UUID, "over", "1-hour", time.Now().Add(-3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	look := func() (clock, rows Check) {
		t.Helper()
		list, err := admin(t, url).Doctor(t.Context(), Tools{}, DoctorOptions{Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return find(t, list, "clock"), find(t, list, "expired rows")
	}
	clock, rows := look()
	if clock.Status != CheckOK || rows.Status != CheckFail || !strings.Contains(rows.Fix, "no sweeper is running") {
		t.Errorf("nobody sweeps: %+v, %+v", clock, rows)
	}
	err = db.WithLock(t.Context(), cruddur.SweeperLock, func(context.Context) error {
		if _, rows := look(); rows.Status != CheckFail || !strings.HasPrefix(rows.Fix, "a sweeper is running, but does not delete them") || !rows.Fixable {
			t.Errorf("one sweeps: %+v", rows)
		}
		for by, want := range map[string]string{"-2 hours": "2h0m0s behind", "5 minutes": "5m0s ahead", "3 seconds": "3s ahead"} {
			skewed(t, conn, by)
			clock, rows := look()
			if clock.Status != CheckWarn || !strings.Contains(clock.Found, want) || !strings.Contains(clock.Fix, "NTP") {
				t.Errorf("%s: %+v", by, clock)
			}
			if !strings.Contains(rows.Fix, "a sweeper is running, but the clocks differ") {
				t.Errorf("%s: %+v", by, rows)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	skewed(t, conn, "1 second")
	if clock, rows := look(); clock.Status != CheckOK || !strings.Contains(rows.Fix, "no sweeper is running") {
		t.Errorf("within the tolerance, and the sweeper has gone: %+v, %+v", clock, rows)
	}
}
