package dbadmin

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
)

// Only sessions of this tool are waited for; whatever else uses the database is not ours to wait for.
func TestOnlyOurs(t *testing.T) {
	t.Parallel()
	ours, strangers := Session{Application: application}, Session{Application: "psql"}
	for name, tt := range map[string]struct {
		e    InUseError
		want bool
	}{
		"nothing":                      {InUseError{}, false},
		"ours":                         {InUseError{Sessions: []Session{ours, ours}}, true},
		"a stranger's":                 {InUseError{Sessions: []Session{strangers}}, false},
		"a stranger's beside ours":     {InUseError{Sessions: []Session{ours, strangers}}, false},
		"one without a name":           {InUseError{Sessions: []Session{{}}}, false},
		"ours and a transaction":       {InUseError{Sessions: []Session{ours}, Prepared: []string{"a"}}, false},
		"ours and a slot":              {InUseError{Sessions: []Session{ours}, Slots: []string{"a"}}, false},
		"ours and a subscription":      {InUseError{Sessions: []Session{ours}, Subs: []string{"a"}}, false},
		"a prepared transaction alone": {InUseError{Prepared: []string{"a"}}, false},
	} {
		if got := tt.e.onlyOurs(); got != tt.want {
			t.Errorf("%s: onlyOurs() = %v, want %v", name, got, tt.want)
		}
	}
}

// The message names everybody who is in the way, and what to do next.
func TestInUseError(t *testing.T) {
	t.Parallel()
	e := &InUseError{
		Database: "cruddur", Next: "end them",
		Sessions: []Session{{PID: 7, User: "ana", Application: "psql", Client: "socket", State: "idle", Age: 90 * time.Second}, {PID: 8, Superuser: true}},
		Prepared: []string{"p"}, Slots: []string{"s"}, Subs: []string{"u"},
	}
	lines := strings.Split(e.Error(), "\n")
	if len(lines) != 7 {
		t.Fatalf("%d lines:\n%s", len(lines), e)
	}
	for i, want := range []string{"database cruddur is in use", `pid 7, user ana, application "psql", from socket, idle, connected for 1m30s`, "pid 8", "prepared transaction p", "replication slot s", "subscription u", "end them"} {
		if !strings.Contains(lines[i], want) || strings.Contains(lines[i], "superuser") != (i == 2) {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	e.Next = ""
	if strings.HasSuffix(e.Error(), "\n") {
		t.Error("without advice the message ends with an empty line")
	}
}

// A time that a server's clock puts into the future is none.
func TestSessionTimes(t *testing.T) {
	t.Parallel()
	var s Session
	s.setTimes(1.5, -2, 0)
	if s.Age != 1500*time.Millisecond || s.AgeMS != 1500 || s.InState != 0 || s.InStateMS != 0 || s.Transaction != 0 || s.XactMS != 0 {
		t.Errorf("setTimes() = %+v", s)
	}
}

// Sessions are chosen by database, application, idleness and number.
func TestSessions(t *testing.T) {
	t.Parallel()
	ctx, here, elsewhere := t.Context(), pgtest.EmptyURL(t), pgtest.EmptyURL(t)
	open := func(rawURL, name string) *pgx.Conn {
		t.Helper()
		conn, err := pgx.Connect(ctx, rawURL+"&application_name="+url.QueryEscape(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
		return conn
	}
	idle, busy := open(here, "idle"), open(here, "busy")
	other := open(elsewhere, "other")
	if _, err := busy.Exec(ctx, "begin"); err != nil {
		t.Fatal(err)
	}
	pid := func(c *pgx.Conn) int32 { return int32(c.PgConn().PID()) }
	a := admin(t, here)
	names := func(f SessionFilter) (list []string) {
		t.Helper()
		all, err := a.Sessions(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if s.Own {
				t.Errorf("the asking session is listed: %+v", s)
			}
			if s.Application != "" && s.Application != application { // that of the question before may not be gone yet
				list = append(list, s.Application)
			}
		}
		return list
	}
	for name, tt := range map[string]struct {
		f    SessionFilter
		want []string
	}{
		"of the database":   {SessionFilter{}, []string{"busy", "idle"}}, // the open transaction first
		"of an application": {SessionFilter{Application: "idle"}, []string{"idle"}},
		"of nobody":         {SessionFilter{Application: "nobody"}, nil},
		"idle for an hour":  {SessionFilter{IdleFor: time.Hour}, nil},
		"by number":         {SessionFilter{PIDs: []int32{pid(idle)}}, []string{"idle"}},
		"by two numbers":    {SessionFilter{PIDs: []int32{pid(idle), pid(busy)}}, []string{"idle", "busy"}},
	} {
		if got := names(tt.f); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	if got := names(SessionFilter{All: true}); !slices.Contains(got, "other") || !slices.Contains(got, "idle") {
		t.Errorf("all: %v", got)
	}
	_, err := a.Sessions(ctx, SessionFilter{PIDs: []int32{pid(idle), pid(other)}})
	if cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("a session of another database = %v, want not_found", err)
	}
	chosen, err := a.Sessions(ctx, SessionFilter{PIDs: []int32{pid(idle)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, kill := range []bool{false, true} {
		results, err := a.End(ctx, chosen, kill)
		if err != nil || len(results) != 1 || !results[0].Done || results[0].Error != "" {
			t.Errorf("End(kill %v) = %+v, %v", kill, results, err)
		}
		if alive := idle.Ping(ctx) == nil; alive == kill {
			t.Errorf("after End(kill %v) the session lives: %v", kill, alive)
		}
	}
}

// Autovacuum's workers keep nobody from dropping a database, also where our role may not see what a session is.
func TestAutovacuumIsNobody(t *testing.T) {
	t.Parallel()
	server := ownServer(t)
	super, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(context.WithoutCancel(t.Context()))
	for _, sql := range []string{
		"alter system set autovacuum_naptime = 1", "select pg_reload_conf()", "create role plain login createdb",
		"create table slow (x int) with (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)",
		"insert into slow select generate_series(1, 200000)", "delete from slow",
	} {
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	worker := 0
	for deadline := time.Now().Add(2 * time.Minute); worker == 0; time.Sleep(50 * time.Millisecond) {
		if err := super.QueryRow(t.Context(), "select coalesce(min(pid), 0) from pg_stat_activity where backend_type = 'autovacuum worker' and datname = 'postgres'").Scan(&worker); err != nil || time.Now().After(deadline) {
			t.Fatalf("no worker comes: %v", err)
		}
	}
	a := admin(t, strings.Replace(server.URL("postgres"), "user=cruddur", "user=plain", 1))
	conn, err := a.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var there, hidden bool
	if err := conn.QueryRow(t.Context(), "select count(*) > 0, bool_and(backend_type is null) from pg_stat_activity where pid = $1", worker).Scan(&there, &hidden); err != nil || !there || !hidden {
		t.Fatalf("the worker is there %v and hidden %v, %v", there, hidden, err)
	}
	list, err := a.Sessions(t.Context(), SessionFilter{})
	if err != nil || slices.ContainsFunc(list, func(s Session) bool { return int(s.PID) == worker }) {
		t.Errorf("Sessions() = %+v, %v, with autovacuum's worker %d", list, err, worker)
	}
}
