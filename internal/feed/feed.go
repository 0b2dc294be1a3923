// Package feed answers the home feed. Whoever asks for the same page at the same time shares one query,
// and the newest page is kept in memory, right to the moment of expiry. It must not know HTML or JSON,
// and it must not answer with what was true before the last write that its reader can know of.
package feed

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cruddur"
)

// Store is what the feed reads from.
type Store interface {
	Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
}

// Feed is the home feed of everybody.
type Feed struct {
	store Store

	mu      sync.Mutex
	flights map[page]*flight
	pages   map[int]kept // the newest page by its size; nil: none is kept
	writes  int          // counts what this process has written
}

// page is what makes two requests ask for the same.
type page struct {
	before cruddur.UUID
	limit  int
}

// flight is a page whose query is running.
type flight struct {
	next *query // begins when the running one has ended
}

// query is one query and those who wait for its answer.
type query struct {
	ctx     context.Context
	cancel  context.CancelFunc
	now     time.Time // the latest of those who wait
	waiting int
	done    chan struct{}
	list    []cruddur.Activity
	err     error
}

// near is how far the clocks of two requests may be apart to share a query.
const near = time.Second

// New returns a feed over a store.
func New(store Store) *Feed { return &Feed{store: store, flights: map[page]*flight{}} }

// Home is the newest cruds alive at now, from before a cursor; the nil UUID means the newest page. The
// slice is shared with other callers and must not be changed.
//
// A request never joins a query that has begun, for it may have begun before a write that the request
// comes after: its author would look in vain for the crud just posted. It joins the next one, which
// begins as soon as the running one ends. So there is one query per page at a time, and nobody waits
// for more than two.
func (f *Feed) Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	p := page{before, limit}
	if before.IsZero() {
		if list, ok := f.remembered(limit, now); ok {
			return list, nil
		}
		p.limit = sizeOf(limit)
	}
	q := f.join(ctx, p, now)
	select {
	case <-q.done:
		n := min(limit, len(q.list))
		return q.list[:n:n], q.err
	case <-ctx.Done():
		f.leave(p, q)
		return nil, ctx.Err()
	}
}

func (f *Feed) join(ctx context.Context, p page, now time.Time) *query {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl := f.flights[p]
	switch {
	case fl == nil:
		q := newQuery(ctx, now)
		f.flights[p] = &flight{}
		go f.fly(p, q)
		return q
	case fl.next == nil:
		fl.next = newQuery(ctx, now)
		return fl.next
	case now.Sub(fl.next.now).Abs() > near:
		q := newQuery(ctx, now)
		go f.run(p, q)
		return q
	}
	fl.next.waiting++
	if now.After(fl.next.now) {
		fl.next.now = now
	}
	return fl.next
}

// newQuery is a query with one who waits. It does not end with that one's request.
func newQuery(ctx context.Context, now time.Time) *query {
	q := &query{now: now, waiting: 1, done: make(chan struct{})}
	q.ctx, q.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return q
}

// leave gives up waiting; a query for which nobody waits any more is canceled, or never begun.
func (f *Feed) leave(p page, q *query) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q.waiting--
	if q.waiting > 0 {
		return
	}
	q.cancel()
	if fl := f.flights[p]; fl != nil && fl.next == q {
		fl.next = nil
	}
}

// fly runs a page's queries one after the other until nobody waits for another.
func (f *Feed) fly(p page, q *query) {
	for q != nil {
		f.run(p, q)
		f.mu.Lock()
		fl := f.flights[p]
		q, fl.next = fl.next, nil
		if q == nil {
			delete(f.flights, p)
		}
		f.mu.Unlock()
	}
}

// run answers one query. It is on a goroutine of its own, where a panic would end the process instead
// of a request.
func (f *Feed) run(p page, q *query) {
	defer close(q.done)
	defer q.cancel()
	defer func() {
		if r := recover(); r != nil {
			q.list, q.err = nil, fmt.Errorf("home feed: panic: %v", r)
		}
	}()
	f.mu.Lock()
	writes := f.writes
	f.mu.Unlock()
	begun := time.Now()
	q.list, q.err = f.store.Home(q.ctx, p.before, p.limit, q.now)
	f.keep(p, q, writes, begun)
}
