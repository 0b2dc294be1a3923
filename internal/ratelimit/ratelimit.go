// Package ratelimit says how often somebody may do something. The counts live in this process: two
// servers allow twice as much, and a restart forgets. It must not know routes, nor who is asking: a key
// is text.
package ratelimit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rule is a limit: Count in a row, and again as many in each Per.
type Rule struct {
	Name  string
	Count int
	Per   time.Duration
}

// Limiter keeps a bucket for each rule and key that was used lately.
type Limiter struct {
	mu      sync.Mutex
	buckets map[bucketKey]*bucket
	counts  map[string]int // buckets by rule
	swept   time.Time
	most    int // of each rule
	off     bool
}

type bucketKey struct{ rule, key string }

type bucket struct {
	limit *rate.Limiter
	full  time.Time // when it is as good as new and may be forgotten
}

// New returns an empty Limiter that remembers at most 50,000 buckets of each rule; beyond that the
// strictest answer is given to keys not seen before, so that a flood of addresses does not become a flood
// of memory. The other rules go on as if nothing were.
func New() *Limiter {
	return &Limiter{buckets: map[bucketKey]*bucket{}, counts: map[string]int{}, most: 50_000}
}

// Unlimited returns a Limiter that allows everything, for measuring.
func Unlimited() *Limiter { return &Limiter{off: true} }

// Allow counts one use of the rule by key. Where it is one too many, it is not counted, and wait says
// after how long the next will be allowed.
func (l *Limiter) Allow(r Rule, key string, now time.Time) (wait time.Duration, ok bool) {
	if l.off {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	k := bucketKey{r.Name, key}
	b := l.buckets[k]
	if b == nil {
		if l.counts[r.Name] >= l.most {
			return r.Per / time.Duration(r.Count), false
		}
		b = &bucket{limit: rate.NewLimiter(rate.Every(r.Per/time.Duration(r.Count)), r.Count)}
		l.buckets[k] = b
		l.counts[r.Name]++
	}
	reservation := b.limit.ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return wait, false
	}
	b.full = now.Add(r.Per)
	return 0, true
}

// sweep forgets, once a minute, the buckets that are full again.
func (l *Limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for k, b := range l.buckets {
		if !b.full.After(now) {
			delete(l.buckets, k)
			l.counts[k.rule]--
		}
	}
}

// State is a bucket after a use: how many more are allowed at once, and when it will be full again.
type State struct {
	Remaining int
	Reset     time.Duration
}

// Take is Allow that also tells the state of the bucket, for the X-RateLimit headers.
func (l *Limiter) Take(r Rule, key string, now time.Time) (s State, wait time.Duration, ok bool) {
	if l.off {
		return State{Remaining: r.Count}, 0, true
	}
	wait, ok = l.Allow(r, key, now)
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[bucketKey{r.Name, key}]
	if b == nil {
		return State{0, r.Per}, wait, ok
	}
	tokens := b.limit.TokensAt(now)
	missing := float64(r.Count) - tokens
	return State{max(0, int(tokens)), time.Duration(missing * float64(r.Per) / float64(r.Count))}, wait, ok
}
