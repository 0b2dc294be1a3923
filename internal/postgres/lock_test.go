package postgres_test

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// One holds the lock at a time. When its connection dies its context ends, and the next one takes over.
func TestWithLock(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	proxy, through := cable(t, url)
	first, second := pgtest.Open(t, through), pgtest.Open(t, url)
	held, lost := make(chan bool), make(chan error)
	go func() {
		lost <- first.WithLock(t.Context(), "test", func(ctx context.Context) error {
			held <- true
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	<-held
	taken, release := make(chan bool), make(chan bool)
	done := make(chan error)
	go func() {
		done <- second.WithLock(t.Context(), "test", func(ctx context.Context) error {
			taken <- true
			<-release
			return errors.New("the function's own")
		})
	}()
	other := second.WithLock(t.Context(), "another name", func(context.Context) error { return nil })
	if other != nil {
		t.Errorf("another name's lock: %v", other)
	}
	waitFor(t, url, "select count(*) > 0 from pg_stat_activity where datname = current_database() and query like '/* locks/try */%' and state = 'idle'")
	select {
	case <-taken:
		t.Fatal("two hold the lock")
	default:
	}
	proxy.cut()
	err := <-lost
	wantKind(t, err, cruddur.KindUnavailable)
	if !errors.Is(err, postgres.ErrLockLost) {
		t.Errorf("error %v, want ErrLockLost", err)
	}
	select {
	case <-taken:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody has taken over")
	}
	close(release)
	if err := <-done; err == nil || err.Error() != "the function's own" {
		t.Errorf("error %v, want the function's own", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := second.WithLock(ctx, "test", func(context.Context) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	waitFor(t, url, "select count(*) = 0 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())")
}

// The server releases a lock within 20 seconds after its holder's machine has disappeared. A local socket
// does not have these settings, so the test reads the statement.
func TestLockOutlivesItsHolderBriefly(t *testing.T) {
	t.Parallel()
	text := postgres.Statements()["locks/keepalive"][0].(string)
	seconds := map[string]int{}
	for _, m := range regexp.MustCompile(`set_config\('tcp_keepalives_(\w+)', '(\d+)', false\)`).FindAllStringSubmatch(text, -1) {
		seconds[m[1]], _ = strconv.Atoi(m[2])
	}
	if len(seconds) != 3 || slices.Contains(slices.Collect(maps.Values(seconds)), 0) { // 0 is the server's default of two hours
		t.Fatalf("keepalive sets %v", seconds)
	}
	if noticed := seconds["idle"] + seconds["interval"]*seconds["count"]; noticed > 20 {
		t.Errorf("a holder that is gone is noticed after %d s, want 20 at most", noticed)
	}
}
