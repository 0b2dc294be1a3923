package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"cruddur/internal/localhost"
)

// lanes collects jobs of many requests into batches. Jobs that wait while a batch is away form the next
// batch; a single job is sent at once, as a batch of one. Fewer lanes make larger batches.
type lanes[T job] struct {
	most int       // the maximum number of batches at a time
	send func([]T) // runs on its own goroutine, so it must not panic

	mu      sync.Mutex
	waiting []T
	flying  int // lanes in use
	late    int // those lanes in use whose batch is away for longer than patience
}

// job is what waits in a lane; it is a pointer to a struct with a waiter.
type job interface{ givenUp() bool }

// waiter lets the request of a job wait for its end.
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

// wait returns the error that the job ended with, or why the request stopped waiting.
func (w *waiter) wait() error {
	select {
	case <-w.done:
		return w.err
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

const (
	// largestBatch limits a batch, because its first job must not wait for long.
	largestBatch = 64
	// patience is how long to wait for a batch before opening an extra lane beside it: a statement in it
	// waits for a lock, or the server is slow. The extra lane exists until the batch is back.
	patience = 50 * time.Millisecond
)

// laneCount is the number of lanes to a database on this machine (near), and to one across a network (far).
// Near, batches should be large: on two processors two lanes of reads and one of posts cost the least
// processor time. Far, a lane mostly waits for the network: with a round trip of 3 ms and 64 clients twice as
// many lanes read 7,500 instead of 6,000 pages a second, and eight connections without batches 2,600.
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

// add adds a job to the next batch.
func (l *lanes[T]) add(job T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, job)
	l.open()
}

// open starts a lane for the waiting jobs, if one is free.
func (l *lanes[T]) open() {
	if len(l.waiting) > 0 && l.flying < l.most+min(l.late, 1) {
		l.flying++
		go l.fly()
	}
}

// fly sends batches until no job waits.
func (l *lanes[T]) fly() {
	for jobs := l.take(); jobs != nil; jobs = l.take() {
		back := l.watch()
		l.send(jobs)
		back()
	}
}

// take returns the next batch, without the jobs whose request has given up; nil ends the lane.
func (l *lanes[T]) take() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > 0 {
		n := min(len(l.waiting), largestBatch)
		jobs := slices.DeleteFunc(slices.Clone(l.waiting[:n]), T.givenUp)
		rest := copy(l.waiting, l.waiting[n:])
		clear(l.waiting[rest:]) // lets the garbage collector free finished jobs
		l.waiting = l.waiting[:rest]
		if len(jobs) > 0 {
			return jobs
		}
	}
	l.flying--
	return nil
}

// watch counts a batch as late once it is away for longer than patience; call back when it returns.
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
