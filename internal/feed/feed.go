// Package feed answers the home feed. Requests for the same page at the same time share one query, and the
// newest page is kept in memory; expired cruds are left out of it at once. It must not know HTML or JSON, and
// it must never return a state older than the last write that its reader can know of.
package feed

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cruddur"
)

// Store is the database that the feed reads.
type Store interface {
	Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
}

// Feed is the home feed of all members.
type Feed struct {
	store Store

	mu      sync.Mutex
	flights map[page]*flight
	pages   map[int]kept // the newest page by its size; nil: no page is kept
	writes  int          // counts the writes of this process
	number  uint64       // the greatest number of a report of a changed activity
}

// page identifies a page: two requests for the same one can share a query.
type page struct {
	before cruddur.UUID
	limit  int
}

// flight is a page whose query is running.
type flight struct {
	next *query // begins when the running query has ended
}

// query is one query and the number of requests that wait for its answer.
type query struct {
	ctx     context.Context
	cancel  context.CancelFunc
	now     time.Time // the latest time of the waiting requests
	waiting int
	done    chan struct{}
	list    []cruddur.Activity
	err     error
}

// near is how far the times of two requests may differ for them to share a query.
const near = time.Second

// New returns a feed over a store.
func New(store Store) *Feed { return &Feed{store: store, flights: map[page]*flight{}} }

// Home returns the newest cruds that are alive at now, older than a cursor; the nil UUID means the newest
// page. The slice is shared with other callers and must not be changed.
//
// A request never joins a query that has begun, because it may have begun before a write that the request
// follows: an author would not see the crud just posted. It joins the next query, which begins as soon as the
// running one ends. So there is one query per page at a time, and a request waits for at most two.
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

// newQuery returns a query that one request waits for. It does not end with that request's context.
func newQuery(ctx context.Context, now time.Time) *query {
	q := &query{now: now, waiting: 1, done: make(chan struct{})}
	q.ctx, q.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return q
}

// leave stops waiting; a query for which no request waits any more is cancelled, or never begun.
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

// fly runs a page's queries one after the other until no request waits for another.
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

// run executes one query. It runs on its own goroutine, where a panic would end the process instead of one
// request.
func (f *Feed) run(p page, q *query) {
	defer close(q.done)
	defer q.cancel()
	defer func() {
		if r := recover(); r != nil {
			q.list, q.err = nil, fmt.Errorf("home feed: panic: %v", r)
		}
	}()
	f.mu.Lock()
	writes, number := f.writes, f.number
	f.mu.Unlock()
	begun := time.Now()
	q.list, q.err = f.store.Home(q.ctx, p.before, p.limit, q.now)
	f.keep(p, q, writes, number, begun)
}
