package postgres_test

import (
	"context"
	"errors"
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
