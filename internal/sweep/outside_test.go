package sweep_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cruddur/internal/sweep"
)

// A task that waits for somebody else's server holds up no other task, and ends with the lock.
func TestTasksOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, m := &store{}, newMetrics()
		var begun, ended atomic.Int32
		hangs := func(ctx context.Context, _ time.Time, _ int) (int, error) {
			begun.Add(1)
			<-ctx.Done()
			ended.Add(1)
			return 0, ctx.Err()
		}
		f := &flaky{store: s}
		run(t, f, sweep.Options{Metrics: m, Tasks: []sweep.Task{{Name: "objects", Func: hangs, Outside: true}}})
		time.Sleep(time.Second)
		s.add(time.Now())
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if left, _, _ := s.snapshot(); left != 0 || begun.Load() != 1 || ended.Load() != 0 {
			t.Errorf("%d left: the sweeper waits for the task, which has begun %d times and ended %d times", left, begun.Load(), ended.Load())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if begun.Load() != 2 || ended.Load() != 1 {
			t.Errorf("after the lock was lost the task has begun %d times and ended %d times, want 2 and 1", begun.Load(), ended.Load())
		}
	})
}
