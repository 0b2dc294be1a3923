package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
)

// What an author was told is stored survives kill -9 of the server amid posts, and nothing is stored twice,
// although many share a commit.
func TestPostsThroughACrash(t *testing.T) {
	t.Parallel()
	home, err := os.MkdirTemp("", "cruddur-crash-") // t.TempDir is closed to the user whom root's server runs as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	if err := os.Chmod(home, 0o711); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "pg")
	start := func() *pgserver.Server {
		s, err := pgserver.Start(t.Context(), pgserver.Config{Dir: dir, Bin: os.Getenv("CRUDDUR_POSTGRES_BIN")})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	server := start()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: server.URL("postgres")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ana := member(t, db, "ana")

	var stop atomic.Bool
	var mu sync.Mutex
	told, failed := map[cruddur.UUID]string{}, 0
	count := func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return len(told), failed
	}
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() {
			for n := 0; !stop.Load(); n++ {
				message := fmt.Sprintf("writer %d, crud %d", w, n)
				a, err := db.CreateActivity(t.Context(), ana.UUID, message, "1-day", now)
				mu.Lock()
				if err == nil {
					told[a.UUID] = message
				} else {
					wantKind(t, err, cruddur.KindUnavailable)
					failed++
				}
				mu.Unlock()
				if err != nil {
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	await := func(what string, done func(stored, failed int) bool) {
		t.Helper()
		for range 6000 {
			if done(count()) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("no %s within a minute", what)
	}
	await("posts", func(stored, _ int) bool { return stored > 500 })
	pid, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(pid), "\n")
	postmaster, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(postmaster, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await("failures", func(_, failed int) bool { return failed > 0 })
	<-server.Done()
	server = start()
	defer server.Stop(t.Context())
	before, _ := count()
	await("posts after the crash", func(stored, _ int) bool { return stored > before+100 })
	stop.Store(true)
	writers.Wait()

	rows, err := db.Pool().Query(t.Context(), "select uuid, message from activities")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	messages := map[string]int{}
	for rows.Next() {
		var id cruddur.UUID
		var message string
		if err := rows.Scan((*[16]byte)(&id), &message); err != nil {
			t.Fatal(err)
		}
		if messages[message]++; messages[message] > 1 {
			t.Errorf("%q is stored %d times", message, messages[message])
		}
		delete(told, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(told) > 0 {
		t.Errorf("%d posts are lost: %v", len(told), told)
	}
}
