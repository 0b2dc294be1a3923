package postgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// Every constraint that code speaks of exists.
func TestConstraintsExist(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows, err := db.Pool().Query(t.Context(), "select conname::text from pg_constraint union select relname::text from pg_class where relkind = 'i'")
	if err != nil {
		t.Fatal(err)
	}
	have, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for name := range postgres.ConstraintErrors {
		if !slices.Contains(have, name) {
			t.Errorf("constraint %s is not in the schema", name)
		}
	}
}

func TestConstraintErrors(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	user := "insert into users (handle, display_name, email, cognito_user_id, bio) values "
	activity := "insert into activities (user_uuid, message, expires_at) values "
	long := func(n int) string { return strings.Repeat("é", n) }
	for _, tt := range []struct {
		name  string
		sql   string
		args  []any
		kind  cruddur.Kind
		code  string
		field string
	}{
		{"handle taken", user + "('ana', 'x', 'x@example.com', 'x', '')", nil, cruddur.KindConflict, "handle_taken", "handle"},
		{"email taken in capitals", user + "('bo', 'x', 'ANA@example.com', 'x', '')", nil, cruddur.KindConflict, "email_taken", "email"},
		{"handle invalid", user + "('Bo', 'x', 'x@example.com', 'x', '')", nil, cruddur.KindInvalid, "handle_invalid", "handle"},
		{"name too long", user + "('bo', $1, 'x@example.com', 'x', '')", []any{long(51)}, cruddur.KindInvalid, "display_name_exceed_max_chars", "display_name"},
		{"bio too long", user + "('bo', 'x', 'x@example.com', 'x', $1)", []any{long(161)}, cruddur.KindInvalid, "bio_exceed_max_chars", "bio"},
		{"email too short", user + "('bo', 'x', 'x', 'x', '')", nil, cruddur.KindInvalid, "email_invalid", "email"},
		{"message too long", activity + "($1, $2, now() + '1 hour')", []any{uuidArg(ana), long(281)}, cruddur.KindInvalid, "message_exceed_max_chars", "message"},
		{"message empty", activity + "($1, '', now() + '1 hour')", []any{uuidArg(ana)}, cruddur.KindInvalid, "message_exceed_max_chars", "message"},
		{"no life", activity + "($1, 'x', now())", []any{uuidArg(ana)}, cruddur.KindInvalid, "ttl_blank", "ttl"},
		{"life too long", activity + "($1, 'x', now() + '721 hours')", []any{uuidArg(ana)}, cruddur.KindInvalid, "ttl_blank", "ttl"},
		{"no author", activity + "(gen_random_uuid(), 'x', now() + '1 hour')", nil, cruddur.KindNotFound, "not_found", ""},
		{"unknown constraint", "update users set cognito_user_id = ''", nil, cruddur.KindInternal, "internal", ""},
		{"second row of a kind", user + "('bo', 'x', 'x@example.com', 'subject-ana', '')", nil, cruddur.KindConflict, "conflict", ""},
		{"not a uuid", "select $1::text::uuid", []any{"x"}, cruddur.KindInvalid, "invalid_text", ""},
		{"NUL", "select $1::text", []any{"a\x00b"}, cruddur.KindInvalid, "invalid_text", ""},
		{"not UTF-8", "select $1::text", []any{"a\xffb"}, cruddur.KindInvalid, "invalid_text", ""},
		{"no such table", "select * from nowhere", nil, cruddur.KindUnavailable, "unavailable", ""},
		{"wrong SQL", "selec", nil, cruddur.KindInternal, "internal", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := db.Pool().Exec(t.Context(), tt.sql, tt.args...)
			err = postgres.Classify(err)
			wantKind(t, err, tt.kind, tt.code)
			if e, ok := errors.AsType[*cruddur.Error](err); ok && e.Field != tt.field {
				t.Errorf("field %q, want %q", e.Field, tt.field)
			}
		})
	}
}

func uuidArg(u cruddur.User) [16]byte { return u.UUID }

// Counters cannot become negative, whatever the code does.
func TestCountersStayPositive(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	crud(t, db, member(t, db, "ana"), "one", "1-hour", now)
	for _, column := range []string{"replies_count", "reposts_count", "likes_count"} {
		_, err := db.Pool().Exec(t.Context(), "update activities set "+column+" = -1")
		if err == nil || !strings.Contains(err.Error(), "activities_"+column+"_check") {
			t.Errorf("%s = -1: error %v, want a violation of its check", column, err)
		}
	}
}

func TestMethodsClassify(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	_, err := db.CreateActivity(t.Context(), ana.UUID, "a\x00b", "1-hour", now)
	wantKind(t, err, cruddur.KindInvalid, "invalid_text")
	_, err = db.CreateActivity(t.Context(), ana.UUID, strings.Repeat("🙂", 281), "1-hour", now)
	wantKind(t, err, cruddur.KindInvalid, "message_exceed_max_chars")
	_, err = db.CreateActivity(t.Context(), cruddur.UUID{1}, "x", "1-hour", now)
	wantKind(t, err, cruddur.KindNotFound)
	_, err = db.Profile(t.Context(), "nobody\x00", now)
	wantKind(t, err, cruddur.KindInvalid, "invalid_text")
	if err == nil || !strings.Contains(err.Error(), "sql/users/profile.sql") {
		t.Errorf("error %v does not name its file", err)
	}
	other := cruddur.User{Handle: "ana", DisplayName: "x", Email: "x@example.com", Subject: "other"}
	_, err = db.UpsertUser(t.Context(), other, now)
	wantKind(t, err, cruddur.KindConflict, "handle_taken")
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() }) // after the parallel subtests, unlike defer
	for _, tt := range []struct{ name, url string }{
		{"nobody listens", "postgres://ana@" + closed.Addr().String() + "/cruddur?sslmode=disable"},
		{"nobody answers", "postgres://ana@" + silent.Addr().String() + "/cruddur?sslmode=disable"},
		{"no socket", "postgres:///cruddur?host=" + t.TempDir()},
		{"no such database", pgtest.WithDatabase(pgtest.AdminURL(t), "no_such_database")},
		{"no schema", pgtest.EmptyURL(t)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, err := postgres.Open(t.Context(), postgres.Config{URL: tt.url, ConnectTimeout: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			_, err = db.Home(t.Context(), cruddur.UUID{}, 20, now)
			wantKind(t, err, cruddur.KindUnavailable)
			if e, ok := errors.AsType[*cruddur.Error](err); !ok || e.RetryAfter != 5 {
				t.Errorf("%v: no time to try again", err)
			}
		})
	}
}

func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	ana := member(t, pgtest.Open(t, url), "ana")
	sep := "?"
	if strings.Contains(url, "?") {
		sep = "&"
	}
	db := pgtest.Open(t, url+sep+"default_transaction_read_only=on")
	_, err := db.CreateActivity(t.Context(), ana.UUID, "x", "1-hour", now)
	wantKind(t, err, cruddur.KindUnavailable)
}

func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.URL(t), StatementTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Pool().Exec(t.Context(), "select pg_sleep(60)")
	wantKind(t, postgres.Classify(err), cruddur.KindUnavailable)
}

// A request that goes away is no failure of the database, and costs no more than its connection.
func TestCanceled(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, leave)
	_, err := db.Pool().Exec(gone, "select pg_sleep(60)")
	if err = postgres.Classify(err); !errors.Is(err, context.Canceled) || cruddur.KindOf(err) == cruddur.KindUnavailable {
		t.Errorf("canceled: error %v, want context.Canceled", err)
	}
	_, err = db.Pool().Exec(ctx, "select pg_sleep(60)")
	wantKind(t, postgres.Classify(err), cruddur.KindUnavailable)
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping() = %v afterwards", err)
	}
}

// A connection may break while a statement runs: by the server's word, or without one.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	proxy, through := cable(t, url)
	db := pgtest.Open(t, through)
	for _, tt := range []struct {
		name string
		cut  func()
	}{
		{"terminated", func() { terminate(t, url) }},
		{"cut", proxy.cut},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done := make(chan error)
			go func() {
				_, err := db.Pool().Exec(t.Context(), "select pg_sleep(60)")
				done <- err
			}()
			waitFor(t, url, "select count(*) = 1 from pg_stat_activity where datname = current_database() and query = 'select pg_sleep(60)' and state = 'active'")
			tt.cut()
			wantKind(t, postgres.Classify(<-done), cruddur.KindUnavailable)
			if err := db.Ping(t.Context()); err != nil {
				t.Errorf("Ping() = %v on the next connection", err)
			}
		})
	}
}

func terminate(t *testing.T, url string) {
	t.Helper()
	conn := connect(t, url)
	_, err := conn.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
	if err != nil {
		t.Fatal(err)
	}
}

func waitFor(t *testing.T, url, condition string) {
	t.Helper()
	conn := connect(t, url)
	for range 500 {
		var ok bool
		if err := conn.QueryRow(t.Context(), condition).Scan(&ok); err != nil {
			t.Fatal(err)
		}
		if ok {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never came true: %s", condition)
}

// wire is a TCP cable to the server that can be cut.
type wire struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

// cable puts one between the test and url's server, and returns the URL that leads through it.
func cable(t *testing.T, url string) (*wire, string) {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	t.Cleanup(func() { l.Close(); w.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			network, address := pgconn.NetworkAddress(config.Host, config.Port)
			far, err := net.Dial(network, address)
			if err != nil {
				near.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			go func() { io.Copy(far, near); far.Close() }()
			go func() { io.Copy(near, far); near.Close() }()
		}
	}()
	through := "postgres://" + config.User + "@" + l.Addr().String() + "/" + config.Database + "?sslmode=disable"
	if config.Password != "" {
		through = "postgres://" + config.User + ":" + config.Password + "@" + l.Addr().String() + "/" + config.Database + "?sslmode=disable"
	}
	return w, through
}
