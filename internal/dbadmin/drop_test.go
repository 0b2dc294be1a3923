package dbadmin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgserver"
)

// ownServer is a server that no other test uses.
func ownServer(t *testing.T) *pgserver.Server {
	t.Helper()
	home, err := os.MkdirTemp("", "cruddur-drop-") // t.TempDir is closed to the user whom root's server runs as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	if err := os.Chmod(home, 0o711); err != nil {
		t.Fatal(err)
	}
	server, err := pgserver.Start(t.Context(), pgserver.Config{Dir: filepath.Join(home, "pg"), Bin: os.Getenv("CRUDDUR_POSTGRES_BIN")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop(context.Background()) })
	return server
}

// DROP DATABASE cannot be rolled back: cut off in the middle it leaves an invalid database, which is found
// through another one and dropped. It is held in the middle here by a session that does not answer: the
// server waits until every one has let go of the files.
func TestDropInterrupted(t *testing.T) {
	t.Parallel()
	server := ownServer(t)
	a := admin(t, server.URL("victim"))
	if created, err := a.Create(t.Context(), CreateOptions{}); err != nil || !created {
		t.Fatal(created, err)
	}
	deaf, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	pid := int(deaf.PgConn().PID())
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	wake := func() { syscall.Kill(pid, syscall.SIGCONT) }
	defer wake()

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dropped := make(chan error, 1)
	go func() {
		_, err := a.Drop(ctx, false)
		dropped <- err
	}()
	watch := admin(t, server.URL("victim"))
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		is, err := watch.State(t.Context())
		if is.Invalid {
			break
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("State() = %+v, %v, want it to become invalid", is, err)
		}
	}
	cancel()
	if err := <-dropped; err == nil {
		t.Error("Drop() = nil after Ctrl-C")
	}
	wake()
	_, err = watch.Connect(t.Context())
	if e, ok := errors.AsType[*UnusableError](err); !ok || !e.Invalid {
		t.Errorf("Connect() = %v, want an invalid database", err)
	}
	if _, err := watch.Create(t.Context(), CreateOptions{}); err == nil {
		t.Error("Create() = nil over an invalid one")
	}
	if dropped, err := watch.Drop(t.Context(), false); err != nil || !dropped {
		t.Errorf("Drop() = %v, %v", dropped, err)
	}
	if is, err := watch.State(t.Context()); err != nil || is.Exists {
		t.Errorf("State() = %+v, %v, want none", is, err)
	}
}
