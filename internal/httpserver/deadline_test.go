package httpserver

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

type (
	name  struct{}
	below struct{}
)

// A context whose timer starts late behaves as one whose timer starts at once.
func TestLimited(t *testing.T) {
	t.Parallel()
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), name{}, "ada"))
	defer cancel()
	l := newLimited(parent, time.Hour)
	if until, ok := l.Deadline(); !ok || time.Until(until) < 59*time.Minute || l.Err() != nil || l.timed.Load() != nil {
		t.Errorf("Deadline() = %v, %v, Err() = %v; the timer has started: %v", until, ok, l.Err(), l.timed.Load() != nil)
	}
	child, stop := context.WithCancel(context.WithValue(l, below{}, 1))
	defer stop()
	for _, ctx := range []context.Context{l, child} {
		if ctx.Value(name{}) != "ada" || ctx.Err() != nil {
			t.Errorf("Value() = %v, Err() = %v", ctx.Value(name{}), ctx.Err())
		}
	}
	cancel()
	<-l.Done()
	<-child.Done()
	if !errors.Is(l.Err(), context.Canceled) || !errors.Is(child.Err(), context.Canceled) {
		t.Errorf("Err() = %v and %v after the parent's end", l.Err(), child.Err())
	}

	l = newLimited(t.Context(), 0)
	if !errors.Is(l.Err(), context.DeadlineExceeded) {
		t.Errorf("past the deadline, without a timer: %v", l.Err())
	}
	<-l.Done()
	if !errors.Is(l.Err(), context.DeadlineExceeded) {
		t.Errorf("past the deadline: %v", l.Err())
	}

	for _, waited := range []bool{false, true} {
		l = newLimited(context.WithValue(t.Context(), name{}, "ada"), time.Hour)
		if waited {
			l.Done()
		}
		l.end()
		<-l.Done()
		if !errors.Is(l.Err(), context.Canceled) || l.Value(name{}) != "ada" {
			t.Errorf("waited %v: after the request Err() = %v, Value() = %v", waited, l.Err(), l.Value(name{}))
		}
	}

	sooner, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if until, _ := newLimited(sooner, time.Hour).Deadline(); time.Until(until) > time.Minute {
		t.Errorf("Deadline() = %v, later than the parent's", until)
	}
}

// Many may wait for it at once, also at its end. Run it with -race.
func TestLimitedAtOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		l := newLimited(t.Context(), time.Hour)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				<-l.Done()
				if !errors.Is(l.Err(), context.Canceled) {
					t.Errorf("Err() = %v", l.Err())
				}
			})
		}
		l.end()
		wg.Wait()
	}
}
