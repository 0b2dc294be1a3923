package sweep_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cruddur/internal/sweep"
)

// After a success the pauses between failures start again from the shortest: last night's outage must not
// make the next short one long.
func TestBackoffBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		run(t, s, sweep.Options{})
		broken := errors.New("broken")
		for round := range 2 {
			s.fail(broken)
			time.Sleep(15 * time.Second) // at the latest now it has failed
			synctest.Wait()
			_, before, _ := s.snapshot()
			time.Sleep(time.Hour)
			synctest.Wait()
			_, after, calls := s.snapshot()
			if n := len(after) - len(before); n < 230 || n > 490 { // every 7.5 to 15 seconds
				t.Errorf("round %d: %d tries in an hour of failures", round, n)
			}
			s.fail(nil)
			time.Sleep(time.Minute)
			synctest.Wait()
			s.fail(broken)
			time.Sleep(30 * time.Second)
			synctest.Wait()
			_, _, again := s.snapshot()
			first := -1 // the first call that failed after the success
			for i := len(calls); i+1 < len(again); i++ {
				if again[i+1].Sub(again[i]) < 10*time.Second {
					first = i
					break
				}
			}
			if first < 0 || again[first+1].Sub(again[first]) > 250*time.Millisecond || again[first+2].Sub(again[first+1]) > 500*time.Millisecond {
				t.Errorf("round %d: the first tries after a success do not come soon: %v", round, again[len(calls):])
			}
			s.fail(nil)
			time.Sleep(time.Minute)
		}
	})
}

// A sweeper that has led for longer than Every tries again at once; one that loses the lock sooner is
// patient.
func TestLockBackoffBeginsAnew(t *testing.T) {
	for _, tt := range []struct {
		leads time.Duration
		quick bool
	}{{time.Minute, true}, {15*time.Second + time.Millisecond, true}, {15 * time.Second, false}, {time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			l := &leases{store: &store{}}
			run(t, l, sweep.Options{})
			time.Sleep(10 * time.Minute)
			l.mu.Lock()
			l.lease = tt.leads
			l.mu.Unlock()
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			l.mu.Lock()
			defer l.mu.Unlock()
			for i := 1; i < len(l.lost) && i < len(l.taken)-1; i++ {
				pause := l.taken[i+1].Sub(l.lost[i])
				if l.long[i] && (pause <= 250*time.Millisecond) != tt.quick {
					t.Errorf("after %v with the lock it tries again in %v, want at once: %v", tt.leads, pause, tt.quick)
				}
			}
		})
	}
}

// leases gives the lock for a time, at first for none.
type leases struct {
	*store
	lease       time.Duration
	taken, lost []time.Time
	long        []bool // whether there was a lease
}

func (l *leases) WithLock(ctx context.Context, _ string, fn func(context.Context) error) error {
	l.mu.Lock()
	lease := l.lease
	l.taken = append(l.taken, time.Now())
	l.mu.Unlock()
	err := errors.New("connection refused")
	if lease > 0 {
		ctx, cancel := context.WithTimeout(ctx, lease)
		err = fn(ctx)
		cancel()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost, l.long = append(l.lost, time.Now()), append(l.long, lease > 0)
	return err
}

// However closely the ends follow each other, two passes are at least a second apart.
func TestPassesAreASecondApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		for i := range 100 { // ten in a second, less than the first batch
			s.add(time.Now().Add(time.Duration(i) * 100 * time.Millisecond))
		}
		run(t, s, sweep.Options{})
		time.Sleep(12 * time.Second)
		synctest.Wait()
		left, _, calls := s.snapshot()
		if left != 0 {
			t.Errorf("%d are left", left)
		}
		for i := 1; i < len(calls); i++ {
			if pause := calls[i].Sub(calls[i-1]); pause < time.Second {
				t.Errorf("pass %d came %v after the one before it", i, pause)
			}
		}
	})
}

// Options that are smaller than the sweeper's own bounds hold.
func TestSmallOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		for range 20 {
			s.add(time.Now())
		}
		s.fail(errors.New("broken"))
		run(t, s, sweep.Options{Batch: 5, Every: 3 * time.Second})
		time.Sleep(time.Minute)
		synctest.Wait()
		_, batches, calls := s.snapshot()
		if slices.Min(batches) != 5 || slices.Max(batches) != 5 {
			t.Errorf("batches %v, want all of 5", batches)
		}
		for i := 1; i < len(calls); i++ {
			if pause := calls[i].Sub(calls[i-1]); pause > 3*time.Second {
				t.Errorf("try %d came %v after the one before it", i, pause)
			}
		}
	})
}

// The log says that a lag is too long from a minute on, and that the lock is lost once in a while and not at
// every try.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		f := &flaky{store: &store{}, down: true}
		begun := time.Now()
		f.add(begun)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		sweeper := sweep.New(f, slog.New(slog.NewTextHandler(&out, nil)), sweep.Options{Every: 20 * time.Second})
		go func() { defer close(done); sweeper.Run(ctx) }()
		time.Sleep(2*time.Minute + time.Second)
		stop()
		<-done
		log := out.String()
		if n := strings.Count(log, "expired rows are not being deleted"); n != 3 { // after 60 s it is not yet over a minute
			t.Errorf("%d complaints about the lag, want those of 80, 100 and 120 s", n)
		}
		if n := strings.Count(log, "the lock is lost"); n < 4 || n > 7 {
			t.Errorf("%d lines about the lock in two minutes, want about one in 20 s", n)
		}
	})
}

// Where the next end cannot be asked for, the pass has failed.
func TestNextExpiryFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetrics()
		run(t, forgetful{&store{}}, sweep.Options{Metrics: m})
		time.Sleep(5 * time.Second)
		synctest.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.failed["activities"] < 3 || !m.succeeded["activities"].IsZero() {
			t.Errorf("metrics: %+v", m)
		}
	})
}

type forgetful struct{ *store }

func (forgetful) NextExpiry(context.Context) (time.Time, error) {
	return time.Time{}, errors.New("broken")
}

// On a machine that is slow from the beginning the first batch grows all the same: 20 rows at a time would not keep up.
func TestSlowFromTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{took: 30 * time.Millisecond}
		for range 1000 {
			s.add(time.Now())
		}
		run(t, s, sweep.Options{})
		time.Sleep(time.Second)
		synctest.Wait()
		if _, batches, _ := s.snapshot(); !slices.Equal(batches[:5], []int{20, 40, 80, 100, 100}) {
			t.Errorf("batches %v, want them to grow to 100", batches)
		}
	})
}
