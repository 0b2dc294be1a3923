package cruddur_test

import (
	"testing"

	"cruddur"
)

func TestPageSlot(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{1: 20, 19: 20, 20: 20, 21: 40, 40: 40, 41: 100, 100: 100, 101: 100} {
		if got := cruddur.PageSizes[cruddur.PageSlot(limit)]; got != want {
			t.Errorf("a page of %d is cut from one of %d, want %d", limit, got, want)
		}
	}
}
