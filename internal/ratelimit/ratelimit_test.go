package ratelimit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cruddur/internal/ratelimit"
)

var rule = ratelimit.Rule{Name: "post", Count: 5, Per: 50 * time.Second}

func use(key string) ratelimit.Use { return ratelimit.Use{Rule: rule, Key: key} }

// In any stretch of time no more is allowed than the bucket holds and what has flowed in; whoever waits
// as long as he was told is let in.
func TestAllow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, now := ratelimit.New(), time.Unix(1_800_000_000, 0)
		begun, allowed := now, 0
		for range rapid.IntRange(1, 200).Draw(t, "uses") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "pause")) * time.Millisecond)
			state, wait, ok := l.Take(now, use("key"))
			if ok {
				allowed++
			} else {
				if wait <= 0 || wait > 10*time.Second {
					t.Fatalf("wait %v", wait)
				}
				if _, ok := l.Allow(now.Add(wait-time.Millisecond), use("key")); ok {
					t.Fatalf("allowed before the %v that it said", wait)
				}
				now = now.Add(wait + time.Microsecond)
				if _, ok := l.Allow(now, use("key")); !ok {
					t.Fatalf("refused after the %v that it said", wait)
				}
				allowed++
			}
			if state.Remaining < 0 || state.Remaining >= rule.Count || state.Reset < 0 || state.Reset > rule.Per {
				t.Fatalf("state = %+v", state)
			}
			if most := rule.Count + int(now.Sub(begun)/(rule.Per/time.Duration(rule.Count))) + 1; allowed > most {
				t.Fatalf("%d allowed within %v", allowed, now.Sub(begun))
			}
		}
	})
}

func TestKeysAndRulesAreApart(t *testing.T) {
	t.Parallel()
	l, now := ratelimit.New(), time.Unix(1_800_000_000, 0)
	other := ratelimit.Rule{Name: "other", Count: 1, Per: time.Minute}
	for range rule.Count {
		l.Allow(now, use("a"))
	}
	for _, c := range []struct {
		rule ratelimit.Rule
		key  string
		want bool
	}{{rule, "a", false}, {rule, "b", true}, {other, "a", true}, {other, "a", false}, {other, "b", true}} {
		if _, ok := l.Allow(now, ratelimit.Use{Rule: c.rule, Key: c.key}); ok != c.want {
			t.Errorf("Allow(%s, %s) = %v", c.rule.Name, c.key, ok)
		}
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	l, now := ratelimit.New(), time.Unix(1_800_000_000, 0)
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, _, ok := l.Take(now, use("key")); ok {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := allowed.Load(); n != int64(rule.Count) {
		t.Errorf("%d allowed at once, want %d", n, rule.Count)
	}
}

// Of several uses the one with the least left is told, in whatever order they stand.
func TestTakeTellsTheLeast(t *testing.T) {
	t.Parallel()
	wide := ratelimit.Use{Rule: ratelimit.Rule{Name: "wide", Count: 5, Per: time.Minute}, Key: "a"}
	narrow := ratelimit.Use{Rule: ratelimit.Rule{Name: "narrow", Count: 2, Per: time.Minute}, Key: "a"}
	for _, uses := range [][]ratelimit.Use{{wide, narrow}, {narrow, wide}, {narrow, wide, wide}} {
		if s, _, ok := ratelimit.New().Take(start, uses...); !ok || s.Remaining != 1 || s.Reset != 30*time.Second {
			t.Errorf("Take() = %+v, %v, want 1 left and whole again in 30 s", s, ok)
		}
		if s, wait, ok := ratelimit.Unlimited().Take(start, uses...); !ok || wait != 0 || s.Remaining != 2 {
			t.Errorf("Take() without limits = %+v, %v, want 2 left", s, ok)
		}
	}
}
