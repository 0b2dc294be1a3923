package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"cruddur/internal/localhost"
)

// lanes collects what many requests want of the database at the same time. What waits while a batch is
// away is the next batch; what comes alone is sent at once, as a batch of one. Fewer lanes make larger
// batches.
type lanes[T job] struct {
	most int       // batches at a time
	send func([]T) // on a goroutine of its own: it must not panic

	mu      sync.Mutex
	waiting []T
	flying  int // lanes in use
	late    int // of them, those whose batch is away for longer than patience
}

// job is what waits in a lane; it is a pointer to something with a waiter.
type job interface{ givenUp() bool }

// waiter is the request behind a job.
type waiter struct {
	ctx  context.Context
	done chan struct{} // closed when err is set
	err  error
}

func newWaiter(ctx context.Context) waiter { return waiter{ctx: ctx, done: make(chan struct{})} }

func (w *waiter) givenUp() bool { return w.ctx.Err() != nil }

func (w *waiter) finish(err error) {
	w.err = err
	close(w.done)
}

// wait returns what the job has ended with, or why the request did not wait for that.
func (w *waiter) wait() error {
	select {
	case <-w.done:
		return w.err
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

const (
	// largestBatch bounds a batch: the first of it should not wait for long.
	largestBatch = 64
	// patience is after how long a batch that is away holds nobody up any more: something in it waits for a
	// lock, or the server is slow. Until it is back there is one lane more.
	patience = 50 * time.Millisecond
)

// laneCount is how many lanes there are to a database on this machine, and to one across a network. Near,
// batches should be large: on two processors two lanes of reads and one of posts cost the least processor
// time. Far, a lane waits for the network most of the time: with a round trip of 3 ms and 64 clients twice
// as many lanes read 7,500 instead of 6,000 pages a second, and eight connections without any batch 2,600.
type laneCount struct{ near, far int }

var (
	readLanes = laneCount{near: 2, far: 4}
	postLanes = laneCount{near: 1, far: 2}
)

func (c laneCount) to(host string) int {
	if localhost.IsDatabase(host) {
		return c.near
	}
	return c.far
}

// add puts a job into the next batch.
func (l *lanes[T]) add(job T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, job)
	l.open()
}

// open makes what waits fly, if there is a lane for it.
func (l *lanes[T]) open() {
	if len(l.waiting) > 0 && l.flying < l.most+min(l.late, 1) {
		l.flying++
		go l.fly()
	}
}

// fly sends batches until nothing waits.
func (l *lanes[T]) fly() {
	for jobs := l.take(); jobs != nil; jobs = l.take() {
		back := l.watch()
		l.send(jobs)
		back()
	}
}

// take is the next batch, without those whose request has given up; nil ends the lane.
func (l *lanes[T]) take() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > 0 {
		n := min(len(l.waiting), largestBatch)
		jobs := slices.DeleteFunc(slices.Clone(l.waiting[:n]), T.givenUp)
		rest := copy(l.waiting, l.waiting[n:])
		clear(l.waiting[rest:]) // what is answered may be forgotten
		l.waiting = l.waiting[:rest]
		if len(jobs) > 0 {
			return jobs
		}
	}
	l.flying--
	return nil
}

// watch counts a batch as late from when it is, until the function is called that it returns.
func (l *lanes[T]) watch() (back func()) {
	isBack, isLate := false, false
	timer := time.AfterFunc(patience, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !isBack {
			isLate = true
			l.late++
			l.open()
		}
	})
	return func() {
		if timer.Stop() {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		isBack = true
		if isLate {
			l.late--
		}
	}
}
