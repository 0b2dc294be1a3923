// Package sweep deletes expired rows: in small batches, with retries, by one process at a time. It must not
// know what it deletes nor how, and no other code may rely on it to hide anything: the statements that read
// hide expired rows, whether or not they have been swept.
package sweep

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"cruddur"
)

// Store is what the sweeper needs from the database.
type Store interface {
	// Sweep deletes at most batch activities that have expired at now and returns how many.
	Sweep(ctx context.Context, now time.Time, batch int) (int, error)
	// NextExpiry returns the earliest expiry of anything stored; the zero time if nothing is stored.
	NextExpiry(ctx context.Context) (time.Time, error)
	// PurgeLag counts the expired rows that are still stored, and returns how long the oldest of them has
	// waited.
	PurgeLag(ctx context.Context, now time.Time) (rows int64, lag time.Duration, err error)
	// WithLock runs fn while only this process holds the lock; fn's context ends with the lock.
	WithLock(ctx context.Context, name string, fn func(ctx context.Context) error) error
}

// Task deletes one kind of expired rows: at most batch rows that have expired at now. It returns how many it
// has deleted; fewer than batch means that none is left.
type Task struct {
	Name string
	Func func(ctx context.Context, now time.Time, batch int) (int, error)
	// Adds says that the task adds rows instead. They are not counted as deleted, and a pass ends after a while
	// even if more is left, because what has expired must not wait for it.
	Adds bool
	// Ends says that NextExpiry knows the ends of the task's rows, so that they need not wait for the longest pause.
	Ends bool
	// Outside says that the task deletes what is not in the database, and so waits for somebody else's server. It runs
	// beside the other tasks, which must not wait for that.
	Outside bool
}

// Metrics receives the sweeper's events. Its methods are called from several goroutines.
type Metrics interface {
	Deleted(task string, rows int)       // cruddur_swept_rows_total{task}
	Succeeded(task string, at time.Time) // cruddur_sweep_last_success_timestamp_seconds{task}
	Failed(task string)                  // cruddur_sweep_failures_total{task}
	Lag(rows int64, lag time.Duration)   // cruddur_expired_rows, cruddur_purge_lag_seconds
	Leading(yes bool)                    // cruddur_sweep_leader
}

// Options configure a sweeper; the zero value is valid.
type Options struct {
	Tasks   []Task // in addition to the activities
	Metrics Metrics
	Now     func() time.Time // default time.Now
	Every   time.Duration    // the longest pause between two passes; default 15 s
	Batch   int              // the largest batch; default 1,000
}

const (
	lockName = cruddur.SweeperLock
	minBatch = 10
	minQuick = 100                   // a batch this small is slow because the machine is busy, not because of its size
	minPause = time.Second           // between two passes over the same task
	slow     = 15 * time.Millisecond // a batch that takes longer is halved: others may wait for its locks, 50 ms at most
	longest  = 10 * time.Second      // of a pass that adds rows
	alarm    = time.Minute           // a lag of which the operator must be warned
	// lockPause is the longest pause between two attempts to get the lock: after a failover one of the
	// servers should sweep again within seconds.
	lockPause = 4 * time.Second
	// firstBatch is the size of a task's first batch; it grows while batches are quick. On a connection's first use the
	// plans of the statement and of its foreign keys are made while it holds its locks: with 250 rows that took 93 ms.
	firstBatch = 20
)

// Sweeper deletes expired rows until its context ends.
type Sweeper struct {
	store Store
	log   *slog.Logger
	o     Options
	tasks []*task
}

// task is a Task with what its last passes have shown.
type task struct {
	Task
	size     int // of the next batch
	failures int // in a row
	due      time.Time
}

// New returns a sweeper of the store's activities and of the tasks in o.
func New(store Store, log *slog.Logger, o Options) *Sweeper {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Every == 0 {
		o.Every = 15 * time.Second
	}
	if o.Batch == 0 {
		o.Batch = 1000
	}
	if o.Metrics == nil {
		o.Metrics = nothing{}
	}
	s := &Sweeper{store: store, log: log, o: o}
	for _, t := range append([]Task{{Name: "activities", Func: store.Sweep, Ends: true}}, o.Tasks...) {
		s.tasks = append(s.tasks, &task{Task: t, size: min(firstBatch, o.Batch)})
	}
	return s
}

// Run sweeps while this process holds the lock, and measures the lag all the time. It returns only when ctx
// ends: if the database is unavailable it retries.
func (s *Sweeper) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.measure(ctx) })
	var told time.Time
	for failures := 0; ctx.Err() == nil; {
		led := time.Now()
		err := s.store.WithLock(ctx, lockName, s.lead)
		if ctx.Err() != nil {
			break
		}
		if time.Since(led) > s.o.Every {
			failures = 0
		}
		failures++
		if time.Since(told) > s.o.Every {
			told = time.Now()
			s.log.Warn("sweep: the lock is lost, trying again", "error", err)
		}
		pause(ctx, min(s.backoff(failures), lockPause))
	}
	wg.Wait()
}

// lead runs the tasks that are due until the lock is lost.
func (s *Sweeper) lead(ctx context.Context) error {
	s.o.Metrics.Leading(true)
	defer s.o.Metrics.Leading(false)
	var outside sync.WaitGroup
	defer outside.Wait()
	var inside []*task
	for _, t := range s.tasks {
		if t.Outside {
			outside.Go(func() { s.rounds(ctx, []*task{t}) })
		} else {
			inside = append(inside, t)
		}
	}
	s.rounds(ctx, inside)
	return context.Cause(ctx)
}

// rounds runs tasks, each when it is due, until ctx ends.
func (s *Sweeper) rounds(ctx context.Context, tasks []*task) {
	for ctx.Err() == nil {
		next := time.Now().Add(s.o.Every)
		for _, t := range tasks {
			if !time.Now().Before(t.due) {
				s.pass(ctx, t)
			}
			if t.due.Before(next) {
				next = t.due
			}
		}
		pause(ctx, time.Until(next))
	}
}

// pass deletes all expired rows of one kind, and sets the time of the next pass.
func (s *Sweeper) pass(ctx context.Context, t *task) {
	err := s.drain(ctx, t)
	wait := s.o.Every
	if err == nil && t.Ends {
		wait, err = s.untilNext(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		t.failures++
		wait = s.backoff(t.failures)
		s.o.Metrics.Failed(t.Name)
		s.log.Warn("sweep: trying again", "task", t.Name, "error", err, "batch", t.size, "in", wait)
	} else {
		t.failures = 0
		s.o.Metrics.Succeeded(t.Name, s.o.Now())
	}
	t.due = time.Now().Add(wait)
}

// untilNext returns how long the sweeper may sleep: until the next expiry, between minPause and Every.
func (s *Sweeper) untilNext(ctx context.Context) (time.Duration, error) {
	next, err := s.store.NextExpiry(ctx)
	if err != nil || next.IsZero() {
		return s.o.Every, err
	}
	return min(max(next.Sub(s.o.Now()), minPause), s.o.Every), nil
}

// drain deletes batch after batch until one is not full. After each it rests as long as the batch took, so
// that a backlog never takes more than half of one connection.
func (s *Sweeper) drain(ctx context.Context, t *task) error {
	for started := time.Now(); ; {
		asked := t.size
		begun := time.Now()
		n, err := t.Func(ctx, s.o.Now(), asked)
		took := time.Since(begun)
		switch {
		case err != nil:
			t.size = max(t.size/2, min(minBatch, s.o.Batch))
		case took > slow:
			t.size = max(t.size/2, min(minQuick, t.size*2))
		case took < slow/2:
			t.size = min(t.size*2, s.o.Batch)
		}
		if err != nil {
			return err
		}
		if n > 0 && !t.Adds {
			s.o.Metrics.Deleted(t.Name, n)
			s.log.Debug("swept", "task", t.Name, "rows", n, "took", took)
		}
		if n < asked || t.Adds && time.Since(started) > longest {
			return nil
		}
		if pause(ctx, took); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// measure reports the lag. Every server does, because the one that should delete may be the one that is
// broken: silently not deleting is the most common failure of such a feature.
func (s *Sweeper) measure(ctx context.Context) {
	for ctx.Err() == nil {
		rows, lag, err := s.store.PurgeLag(ctx, s.o.Now())
		switch {
		case err != nil && !errors.Is(err, context.Canceled):
			s.log.Warn("sweep: the lag is unknown", "error", err)
		case err == nil:
			s.o.Metrics.Lag(rows, lag)
			if lag > alarm {
				s.log.Error("sweep: expired rows are not being deleted", "rows", rows, "lag", lag)
			}
		}
		pause(ctx, s.o.Every)
	}
}

// backoff doubles from a quarter of a second up to Every, and half of it is random: servers that failed
// together must not retry together.
func (s *Sweeper) backoff(failures int) time.Duration {
	d := min(250*time.Millisecond<<min(failures-1, 10), s.o.Every)
	return d/2 + rand.N(d/2+1)
}

// pause sleeps for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

type nothing struct{}

func (nothing) Deleted(string, int)         {}
func (nothing) Succeeded(string, time.Time) {}
func (nothing) Failed(string)               {}
func (nothing) Lag(int64, time.Duration)    {}
func (nothing) Leading(bool)                {}
