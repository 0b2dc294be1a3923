package postgres_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgserver"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// A pool with connections from the time when the database was read-only stores the first crud after that: a
// connection's setting is fixed when it opens, so the old connections are not used again.
func TestReadOnlyConnections(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Now()
	url := pgtest.URL(t)
	author := member(t, pgtest.Open(t, url), "ana").UUID
	set := func(value string) {
		t.Helper()
		conn := connect(t, withParam(url, "options=-c%20default_transaction_read_only%3Doff"))
		if _, err := conn.Exec(ctx, "do $$ begin execute format('alter database %I set default_transaction_read_only = "+value+"', current_database()); end $$"); err != nil {
			t.Fatal(err)
		}
	}
	set("on")
	db := pgtest.Open(t, url)
	if reason, err := db.ReadOnly(ctx); err != nil || reason == "" {
		t.Errorf("ReadOnly() = %q, %v, want a reason", reason, err)
	}
	_, err := db.CreateActivity(ctx, author, "refused", "1-day", now)
	wantKind(t, err, cruddur.KindUnavailable)
	if _, err := db.Home(ctx, cruddur.UUID{}, 20, now); err != nil {
		t.Errorf("Home() on a read-only database = %v", err)
	}
	err = db.WithLock(ctx, "test", func(context.Context) error { return nil })
	wantKind(t, err, cruddur.KindUnavailable)
	if !errors.Is(err, postgres.ErrReadOnly) {
		t.Errorf("WithLock() = %v, want ErrReadOnly", err)
	}
	set("off")
	if _, err := db.CreateActivity(ctx, author, "stored", "1-day", now); err != nil {
		t.Errorf("CreateActivity() on connections from before = %v", err)
	}
	if reason, err := db.ReadOnly(ctx); err != nil || reason != "" {
		t.Errorf("ReadOnly() = %q, %v, want none", reason, err)
	}
}

// The holder of a lock lets go of it within seconds of its server becoming read-only.
func TestLockOnReadOnlyServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path := dir; path != os.TempDir() && len(path) > 1; path = filepath.Dir(path) {
		os.Chmod(path, 0o711) // as root the server runs as another user
	}
	server, err := pgserver.Start(t.Context(), pgserver.Config{Dir: filepath.Join(dir, "data"), Bin: os.Getenv("CRUDDUR_POSTGRES_BIN")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop(context.Background()) })
	db := pgtest.Open(t, server.URL("postgres"))
	held, ended := make(chan bool), make(chan error, 1)
	go func() {
		ended <- db.WithLock(t.Context(), "test", func(ctx context.Context) error {
			close(held)
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	<-held
	conn := connect(t, server.URL("postgres"))
	for _, sql := range []string{"alter system set default_transaction_read_only = on", "select pg_reload_conf()"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-ended:
		if !errors.Is(err, postgres.ErrLockLost) || !errors.Is(err, postgres.ErrReadOnly) {
			t.Errorf("WithLock() = %v, want ErrLockLost and ErrReadOnly", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the lock is still held")
	}
}
