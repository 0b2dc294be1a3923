package httpserver

import (
	"context"
	"sync/atomic"
	"time"
)

// limited is a request's context with a deadline. Its timer starts when somebody first waits for it: an answer from
// memory waits for nothing, and a timer costs as much as such an answer's rendering.
type limited struct {
	context.Context // without the deadline
	until           time.Time
	timed           atomic.Pointer[timed]
}

// timed is the context once it has a timer.
type timed struct {
	context.Context
	cancel context.CancelFunc
}

func newLimited(ctx context.Context, limit time.Duration) *limited {
	return &limited{Context: ctx, until: time.Now().Add(limit)}
}

// start returns the context with a timer.
func (l *limited) start() *timed {
	if t := l.timed.Load(); t != nil {
		return t
	}
	t := new(timed)
	t.Context, t.cancel = context.WithDeadline(l.Context, l.until)
	if !l.timed.CompareAndSwap(nil, t) {
		t.cancel()
	}
	return l.timed.Load()
}

// over is what a request's context becomes at its end if nobody has waited for it.
var over = func() *timed {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return &timed{ctx, cancel}
}()

// end cancels the context.
func (l *limited) end() {
	if !l.timed.CompareAndSwap(nil, over) {
		l.timed.Load().cancel()
	}
}

// Deadline implements context.Context.
func (l *limited) Deadline() (time.Time, bool) {
	if until, ok := l.Context.Deadline(); ok && until.Before(l.until) {
		return until, true
	}
	return l.until, true
}

// Done implements context.Context.
func (l *limited) Done() <-chan struct{} { return l.start().Done() }

// Err implements context.Context.
func (l *limited) Err() error {
	if t := l.timed.Load(); t != nil {
		return t.Err()
	}
	if err := l.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(l.until) {
		return context.DeadlineExceeded
	}
	return nil
}

// Value implements context.Context. A context below finds the one with the timer, so that it needs no goroutine to be
// cancelled with it.
func (l *limited) Value(key any) any {
	if t := l.timed.Load(); t != nil && t != over {
		return t.Value(key)
	}
	return l.Context.Value(key)
}
