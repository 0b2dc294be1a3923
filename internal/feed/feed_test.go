package feed_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cruddur"
	"cruddur/internal/feed"
)

// board is a store in which the newest crud contains the number of the last write. A query takes a while, and
// returns the state at its beginning.
type board struct {
	written atomic.Int32
	queries atomic.Int32
	took    time.Duration
	err     error
	mu      sync.Mutex
	nows    []time.Time
}

func (b *board) Home(ctx context.Context, _ cruddur.UUID, _ int, now time.Time) ([]cruddur.Activity, error) {
	b.queries.Add(1)
	b.mu.Lock()
	b.nows = append(b.nows, now)
	b.mu.Unlock()
	n := b.written.Load()
	select {
	case <-time.After(b.took):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if b.err != nil {
		return nil, b.err
	}
	return []cruddur.Activity{{LikesCount: n}}, nil
}

func home(f *feed.Feed, ctx context.Context, limit int) (int32, error) {
	list, err := f.Home(ctx, cruddur.UUID{}, limit, time.Now())
	if err != nil {
		return 0, err
	}
	return list[0].LikesCount, nil
}

// Many who ask at once cost two queries: the one that was running, and one for all the others.
func TestShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{took: 10 * time.Millisecond}
		f := feed.New(b)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if _, err := home(f, t.Context(), 20); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := b.queries.Load(); n != 2 {
			t.Errorf("100 requests made %d queries, want 2", n)
		}
		for _, limit := range []int{20, 40} {
			wg.Go(func() { home(f, t.Context(), limit) })
		}
		wg.Wait()
		if n := b.queries.Load(); n != 4 {
			t.Errorf("two different pages made %d queries, want 2", n-2)
		}
	})
}

// A request after a write sees it, although a query from before the write is still running.
func TestReadsOwnWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{took: 10 * time.Millisecond}
		f := feed.New(b)
		go home(f, t.Context(), 20)
		time.Sleep(5 * time.Millisecond)
		b.written.Store(1)
		if n, err := home(f, t.Context(), 20); n != 1 || err != nil {
			t.Errorf("after the write: %d, %v, want 1", n, err)
		}
	})
}

// The same under every interleaving: a read answers no less than what was written before it began.
func TestNeverOlder(t *testing.T) {
	t.Parallel()
	b := &board{took: 50 * time.Microsecond}
	f := feed.New(b)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 300 {
				if rand.N(4) == 0 {
					b.written.Add(1)
				}
				atLeast := b.written.Load()
				ctx, cancel := context.WithCancel(t.Context())
				if rand.N(8) == 0 {
					time.AfterFunc(rand.N(100*time.Microsecond), cancel)
				}
				n, err := home(f, ctx, 20)
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				if err == nil && n < atLeast {
					t.Errorf("read %d after write %d", n, atLeast)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if n := b.queries.Load(); n > 2400 {
		t.Errorf("%d queries for 2400 requests", n)
	}
}

// A request that gives up does not affect the others; when all have given up, the query ends.
func TestCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{took: time.Second}
		f := feed.New(b)
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := home(f, first, 20); !errors.Is(err, context.Canceled) {
				t.Errorf("the one that left: %v", err)
			}
		})
		synctest.Wait()
		second, leaveToo := context.WithCancel(t.Context())
		wg.Go(func() { home(f, second, 20) })
		synctest.Wait()
		wg.Go(func() {
			if _, err := home(f, t.Context(), 20); err != nil {
				t.Errorf("the one that stayed: %v", err)
			}
		})
		synctest.Wait()
		begun := time.Now()
		leave() // nobody else waits for the running query: it ends at once, and the next begins
		leaveToo()
		wg.Wait()
		if took := time.Since(begun); took != time.Second {
			t.Errorf("the one that stayed waited %v, want one query's second", took)
		}
		if n := b.queries.Load(); n != 2 {
			t.Errorf("%d queries, want 2", n)
		}
	})
}

// A query that no request waits for any more does not begin.
func TestAllLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{took: time.Second}
		f := feed.New(b)
		go home(f, t.Context(), 20)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := home(f, ctx, 20); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		time.Sleep(3 * time.Second)
		if n := b.queries.Load(); n != 1 {
			t.Errorf("%d queries, want 1", n)
		}
	})
}

// The shared query uses the latest time of the waiting requests, so that none sees an expired crud; requests
// whose times are far apart do not share.
func TestNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{took: time.Millisecond}
		f := feed.New(b)
		begun := time.Now()
		for _, at := range []time.Duration{0, time.Millisecond, 3 * time.Millisecond, 2 * time.Millisecond, time.Hour} {
			go f.Home(t.Context(), cruddur.UUID{}, 20, begun.Add(at))
			synctest.Wait()
		}
		time.Sleep(time.Second)
		b.mu.Lock()
		defer b.mu.Unlock()
		seen := map[time.Duration]bool{}
		for _, at := range b.nows {
			seen[at.Sub(begun)] = true
		}
		if len(b.nows) != 3 || !seen[0] || !seen[3*time.Millisecond] || !seen[time.Hour] {
			t.Errorf("queries as of %v", seen)
		}
	})
}

func TestErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{err: errors.New("no database")}
		f := feed.New(b)
		if _, err := home(f, t.Context(), 20); !errors.Is(err, b.err) {
			t.Errorf("error %v, want the store's", err)
		}
		_, err := feed.New(nil).Home(t.Context(), cruddur.UUID{}, 20, time.Now())
		if err == nil || !strings.Contains(err.Error(), "panic") {
			t.Errorf("error %v, want the panic's", err)
		}
	})
}
