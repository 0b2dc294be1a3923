package sweep_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cruddur/internal/sweep"
)

// store is a database of ends, on the clock of the test's bubble.
type store struct {
	mu      sync.Mutex
	ends    []time.Time
	took    time.Duration // how long a batch takes
	err     error         // what a batch answers instead
	batches []int         // what was asked for
	calls   []time.Time
	locked  int
}

func (s *store) Sweep(ctx context.Context, now time.Time, batch int) (int, error) {
	s.mu.Lock()
	took := s.took
	s.mu.Unlock()
	time.Sleep(took) // not under the mutex: the bubble's clock stands still while someone waits for one
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, batch)
	s.calls = append(s.calls, time.Now())
	if s.err != nil {
		return 0, s.err
	}
	var rest []time.Time
	n := 0
	for _, end := range s.ends {
		if n < batch && !end.After(now) {
			n++
		} else {
			rest = append(rest, end)
		}
	}
	s.ends = rest
	return n, nil
}

func (s *store) NextExpiry(context.Context) (next time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.ends {
		if next.IsZero() || end.Before(next) {
			next = end
		}
	}
	return next, nil
}

func (s *store) PurgeLag(_ context.Context, now time.Time) (rows int64, lag time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.ends {
		if !end.After(now) {
			rows++
			lag = max(lag, now.Sub(end))
		}
	}
	return rows, lag, nil
}

func (s *store) WithLock(ctx context.Context, _ string, fn func(context.Context) error) error {
	s.mu.Lock()
	s.locked++
	s.mu.Unlock()
	return fn(ctx)
}

func (s *store) add(ends ...time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = append(s.ends, ends...)
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *store) snapshot() (left int, batches []int, calls []time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ends), append([]int(nil), s.batches...), append([]time.Time(nil), s.calls...)
}

// metrics remembers what it was told.
type metrics struct {
	mu        sync.Mutex
	deleted   map[string]int
	failed    map[string]int
	succeeded map[string]time.Time
	rows      int64
	lag       time.Duration
	leading   bool
}

func newMetrics() *metrics {
	return &metrics{deleted: map[string]int{}, failed: map[string]int{}, succeeded: map[string]time.Time{}}
}

func (m *metrics) Deleted(task string, n int) { m.mu.Lock(); defer m.mu.Unlock(); m.deleted[task] += n }
func (m *metrics) Failed(task string)         { m.mu.Lock(); defer m.mu.Unlock(); m.failed[task]++ }
func (m *metrics) Leading(yes bool)           { m.mu.Lock(); defer m.mu.Unlock(); m.leading = yes }
func (m *metrics) Succeeded(task string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.succeeded[task] = at
}

func (m *metrics) Lag(rows int64, lag time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows, m.lag = rows, lag
}

// run starts a sweeper in the bubble and stops it at the test's end.
func run(t *testing.T, s sweep.Store, o sweep.Options) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	sweeper := sweep.New(s, slog.New(slog.DiscardHandler), o)
	go func() { defer close(done); sweeper.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

func TestWakesWhenSomethingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		s := &store{}
		s.add(begun.Add(-time.Hour), begun.Add(7*time.Second), begun.Add(40*time.Second), begun.Add(40*time.Second+time.Millisecond), begun.Add(time.Hour))
		run(t, s, sweep.Options{})
		for _, tt := range []struct {
			after time.Duration
			left  int
		}{
			{time.Millisecond, 4},
			{6999 * time.Millisecond, 4},
			{7001 * time.Millisecond, 3},
			{39 * time.Second, 3},
			{40*time.Second + 500*time.Microsecond, 2},
			{41*time.Second + 2*time.Millisecond, 1},
			{59 * time.Minute, 1},
			{time.Hour + time.Millisecond, 0},
		} {
			time.Sleep(time.Until(begun.Add(tt.after)))
			synctest.Wait()
			if left, _, _ := s.snapshot(); left != tt.left {
				t.Errorf("%v after the start %d are left, want %d", tt.after, left, tt.left)
			}
		}
		_, _, calls := s.snapshot()
		if most := int(time.Hour/(15*time.Second)) + 10; len(calls) > most {
			t.Errorf("%d calls in a quiet hour, want at most %d", len(calls), most)
		}
	})
}

// A row that is stored later with an earlier expiry is deleted within Every, although the sweeper is not told
// of it.
func TestNoticesAShortenedLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.add(time.Now().Add(time.Hour))
		run(t, s, sweep.Options{})
		time.Sleep(time.Second)
		s.add(time.Now())
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if left, _, _ := s.snapshot(); left != 1 {
			t.Errorf("%d left, want 1", left)
		}
	})
}

func TestBatchesShrinkAndGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{took: time.Millisecond}
		for range 5000 {
			s.add(time.Now())
		}
		m := newMetrics()
		s.fail(errors.New("canceling statement due to lock timeout"))
		run(t, s, sweep.Options{Metrics: m})
		time.Sleep(time.Minute)
		synctest.Wait()
		_, failing, calls := s.snapshot()
		if failing[0] != 20 || failing[1] != 10 || failing[len(failing)-1] != 10 {
			t.Errorf("batches while it fails: %v, want them halved from 20 to 10", failing)
		}
		for i := 1; i < len(calls); i++ {
			if pause := calls[i].Sub(calls[i-1]); pause < 125*time.Millisecond || pause > 16*time.Second {
				t.Errorf("try %d came %v after the one before it", i, pause)
			}
		}
		if n := len(failing); n < 6 || n > 20 {
			t.Errorf("%d tries in a minute of failures", n)
		}
		m.mu.Lock()
		if m.failed["activities"] != len(failing) || m.lag < 45*time.Second || m.rows != 5000 || !m.succeeded["activities"].IsZero() {
			t.Errorf("metrics while it fails: %+v", m)
		}
		m.mu.Unlock()

		s.fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		left, batches, _ := s.snapshot()
		if left != 0 {
			t.Errorf("%d left after the failures", left)
		}
		if last := batches[len(batches)-1]; last != 1000 {
			t.Errorf("batches grew back to %d, want 1000", last)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.deleted["activities"] != 5000 || m.lag != 0 || m.rows != 0 || time.Since(m.succeeded["activities"]) > 15*time.Second || !m.leading {
			t.Errorf("metrics afterwards: %+v", m)
		}
	})
}

// The first batch is small, because it makes the plans. A batch that takes long is made smaller, since others may wait
// for its locks; one that is small already is not slow because of its size.
func TestSlowBatchesShrink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{took: time.Millisecond}
		for range 8000 {
			s.add(time.Now())
		}
		run(t, s, sweep.Options{})
		time.Sleep(15 * time.Millisecond)
		s.mu.Lock()
		s.took = 30 * time.Millisecond
		s.mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		_, batches, calls := s.snapshot()
		halved := slices.Index(batches, 500)
		if !slices.Equal(batches[:7], []int{20, 40, 80, 160, 320, 640, 1000}) || halved < 7 || !slices.Equal(batches[halved:halved+4], []int{500, 250, 125, 100}) {
			t.Fatalf("batches %v, want them to grow from 20 to 1,000 and then to be halved", batches)
		}
		if least := slices.Min(batches[halved:]); least != 100 {
			t.Errorf("the smallest batch was %d, want 100: fewer rows would not be quicker", least)
		}
		for i := halved; i < halved+4; i++ {
			if pause := calls[i].Sub(calls[i-1]); pause < 60*time.Millisecond {
				t.Errorf("batch %d followed after %v, want a rest as long as the batch", i, pause)
			}
		}
	})
}

// One task that fails does not keep the others from their work, and says so in the metrics.
func TestTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetrics()
		s := &store{}
		s.add(time.Now())
		codes := 2500
		run(t, s, sweep.Options{Metrics: m, Tasks: []sweep.Task{
			{Name: "broken", Func: func(context.Context, time.Time, int) (int, error) { return 0, errors.New("broken") }},
			{Name: "codes", Func: func(_ context.Context, _ time.Time, batch int) (int, error) {
				n := min(codes, batch)
				codes -= n
				return n, nil
			}},
		}})
		time.Sleep(time.Second)
		synctest.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.deleted["codes"] != 2500 || m.deleted["activities"] != 1 || m.failed["broken"] < 2 || m.failed["codes"] != 0 {
			t.Errorf("metrics: %+v", m)
		}
	})
}

// flaky loses the lock again and again, as when the database restarts.
type flaky struct {
	*store
	down bool
}

func (f *flaky) WithLock(ctx context.Context, name string, fn func(context.Context) error) error {
	f.mu.Lock()
	down := f.down
	f.locked++
	f.mu.Unlock()
	if down {
		return errors.New("connection refused")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return fn(ctx)
}

func TestLostLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{store: &store{}, down: true}
		run(t, f, sweep.Options{})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		f.mu.Lock()
		if f.locked < 100 || f.locked > 300 { // every two to four seconds
			t.Errorf("%d tries in ten minutes without a database", f.locked)
		}
		f.down = false
		f.mu.Unlock()
		f.add(time.Now())
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if left, _, _ := f.snapshot(); left != 0 {
			t.Error("it does not sweep within five seconds of the database's return")
		}
		time.Sleep(time.Minute) // the lock is lost once more, and taken again at once
		f.add(time.Now())
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if left, _, _ := f.snapshot(); left != 0 {
			t.Error("it does not sweep after the lock was lost")
		}
	})
}

// A task that adds rows is not counted as deleting them, and lets what has expired go on after a while.
func TestTasksThatAdd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, m := &store{}, newMetrics()
		var calls int
		add := func(_ context.Context, _ time.Time, batch int) (int, error) {
			calls++
			time.Sleep(20 * time.Millisecond)
			return batch, nil // there is always more
		}
		run(t, s, sweep.Options{Metrics: m, Tasks: []sweep.Task{{Name: "search", Func: add, Adds: true}}})
		time.Sleep(time.Second)
		s.add(time.Now())
		time.Sleep(14 * time.Second)
		synctest.Wait()
		if left, _, _ := s.snapshot(); left != 0 {
			t.Errorf("%d left: the sweeper waits for the task", left)
		}
		time.Sleep(15 * time.Second)
		synctest.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.deleted["search"] != 0 || m.succeeded["search"].IsZero() || calls < 300 {
			t.Errorf("%d counted as deleted, succeeded at %v, %d calls", m.deleted["search"], m.succeeded["search"], calls)
		}
	})
}

// A task whose ends the store knows runs at the next end; one without waits for the longest pause.
func TestTasksWithEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		begun := time.Now()
		s.add(begun.Add(4 * time.Second))
		calls := map[string][]time.Duration{}
		note := func(name string) func(context.Context, time.Time, int) (int, error) {
			return func(context.Context, time.Time, int) (int, error) {
				calls[name] = append(calls[name], time.Since(begun))
				return 0, nil
			}
		}
		run(t, s, sweep.Options{Tasks: []sweep.Task{{Name: "messages", Func: note("messages"), Ends: true}, {Name: "accounts", Func: note("accounts")}}})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := calls["messages"]; len(got) < 2 || got[1] < 4*time.Second || got[1] > 5*time.Second {
			t.Errorf("the task with ends runs at %v, want the second time at 4 s", got)
		}
		if got := calls["accounts"]; len(got) != 1 {
			t.Errorf("the task without runs at %v, want once", got)
		}
	})
}
