package postgres_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	for _, color := range []bool{false, true} {
		name := map[bool]string{false: "plain", true: "color"}[color]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.URL(t), Trace: &out, Color: color, MaxConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			ana := member(t, db, "ana")
			crud(t, db, ana, "a\x1b[31m red one", "1-hour", now)
			crud(t, db, ana, "with the default", "", now)
			db.Home(t.Context(), cruddur.UUID{}, 40, now)
			db.CreateActivity(t.Context(), ana.UUID, strings.Repeat("x", 300), "1-hour", now)
			db.UpsertUser(t.Context(), cruddur.User{Handle: "bo", DisplayName: "Bo", Email: "secret@example.com\x00", Subject: "s"}, now)
			db.Pool().Exec(t.Context(), "select $1::text, $2::bytea, $3::int", "hunter22", []byte("hunter22"), 7)
			db.Pool().Exec(t.Context(), "select $1::text::int", "hunter22")
			db.Close()
			got := out.String()
			for _, secret := range []string{"hunter22", "@example.com", "\x1b[31m"} {
				if strings.Contains(got, secret) {
					t.Errorf("the trace shows %q", secret)
				}
			}
			got = strings.ReplaceAll(got, ana.UUID.String(), "UUID")
			got = strings.ReplaceAll(got, fmt.Sprint([][16]byte{ana.UUID}), "[UUID]")
			got = regexp.MustCompile(`\d+\.\d\d ms`).ReplaceAllString(got, "N ms")
			golden(t, "testdata/trace_"+name+".golden", got)
		})
	}
}

// Sessions run in UTC wherever the server is, and carry our name.
func TestSessions(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	admin := pgtest.Open(t, url)
	mustExec(t, admin, "do $$ begin execute format('alter database %I set timezone = ''America/Toronto''', current_database()); end $$")
	db := pgtest.Open(t, url)
	var zone, app, timeout string
	err := db.Pool().QueryRow(t.Context(), "select current_setting('timezone'), current_setting('application_name'), current_setting('statement_timeout')").
		Scan(&zone, &app, &timeout)
	if err != nil {
		t.Fatal(err)
	}
	if zone != "UTC" || app != "cruddur test" || timeout != "10s" {
		t.Errorf("zone %s, application %s, statement timeout %s", zone, app, timeout)
	}
	a := crud(t, db, member(t, db, "ana"), "x", "1-hour", now)
	if a.CreatedAt.Format(time.RFC3339Nano) != "2026-01-15T12:00:00.123456Z" {
		t.Errorf("created at %s", a.CreatedAt.Format(time.RFC3339Nano))
	}
	direct, err := db.Direct(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close(t.Context())
	if err := direct.QueryRow(t.Context(), "select current_setting('timezone')").Scan(&zone); err != nil || zone != "UTC" {
		t.Errorf("the direct connection runs in %s, %v", zone, err)
	}
}

// The URL may ask for a bigger pool; the configuration has the last word.
func TestPoolSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url    string
		config int
		want   int32
	}{
		{"postgres://h/d", 0, 8},
		{"postgres://h/d?pool_max_conns=3", 0, 3},
		{"postgres://h/d?pool_max_conns=3", 5, 5},
	} {
		db, err := postgres.Open(t.Context(), postgres.Config{URL: tt.url, MaxConns: tt.config})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, most := db.Stats(); most != tt.want {
			t.Errorf("%s with MaxConns %d: at most %d connections, want %d", tt.url, tt.config, most, tt.want)
		}
		db.Close()
	}
}
