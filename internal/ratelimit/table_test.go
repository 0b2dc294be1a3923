package ratelimit

import "testing"

// A time that lies further ahead than two requests in disorder could bring it is of a clock that was set
// back, and forgotten.
func TestLeft(t *testing.T) {
	t.Parallel()
	const now, per = 1_000_000, 100
	for ahead, want := range map[int64]int64{-now: 0, -1: 0, 0: 0, 1: 1, 99: 99, 100: 100, 101: 100, 200: 100, 201: 0, 1 << 40: 0} {
		if got := left(now+ahead, now, per); got != want {
			t.Errorf("left(%d ahead) = %d, want %d", ahead, got, want)
		}
	}
}
