package cruddur_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"cruddur"
)

func TestErrorsTellNothingByThemselves(t *testing.T) {
	t.Parallel()
	cause := errors.New("password=hunter2")
	if k, c := cruddur.KindOf(cause), cruddur.CodesOf(cause); k != cruddur.KindInternal || !slices.Equal(c, []string{"internal"}) {
		t.Errorf("an unknown error is %s %v, want internal", k, c)
	}
	conflict := &cruddur.Error{Kind: cruddur.KindConflict, Codes: []string{"handle_taken"}, Field: "handle"}
	wrapped := fmt.Errorf("sign up: %w", conflict.Wrap(cause))
	if k, c := cruddur.KindOf(wrapped), cruddur.CodesOf(wrapped); k != cruddur.KindConflict || !slices.Equal(c, []string{"handle_taken"}) {
		t.Errorf("wrapped error is %s %v", k, c)
	}
	if !errors.Is(wrapped, cause) {
		t.Error("the cause is lost")
	}
	if errors.Is(conflict, cause) {
		t.Error("Wrap has changed its receiver, which others share")
	}
	if got, want := wrapped.Error(), "sign up: conflict handle_taken: password=hunter2"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestRetryIn(t *testing.T) {
	t.Parallel()
	busy := cruddur.NewError(cruddur.KindTooMany)
	for wait, want := range map[time.Duration]int{0: 1, -time.Second: 1, 1: 1, time.Second: 1, time.Second + 1: 2, 90 * time.Second: 90} {
		if got := busy.RetryIn(wait).RetryAfter; got != want {
			t.Errorf("RetryIn(%v) = %d, want %d", wait, got, want)
		}
	}
	if busy.RetryAfter != 0 {
		t.Error("RetryIn has changed its receiver, which others share")
	}
	if got := cruddur.WholeSeconds(0); got != 0 {
		t.Errorf("WholeSeconds(0) = %d", got)
	}
}

// A passed deadline is KindUnavailable, not an internal error, at any depth of wrapping.
func TestDeadlineIsUnavailable(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("home feed: %w", context.DeadlineExceeded)
	if k, c := cruddur.KindOf(err), cruddur.CodesOf(err); k != cruddur.KindUnavailable || !slices.Equal(c, []string{"unavailable"}) {
		t.Errorf("KindOf() = %v, CodesOf() = %v", k, c)
	}
	if k := cruddur.KindOf(cruddur.NewError(cruddur.KindConflict).Wrap(err)); k != cruddur.KindConflict {
		t.Errorf("KindOf() = %v", k)
	}
}
