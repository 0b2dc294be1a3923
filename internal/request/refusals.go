package request

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Refusals keeps an outage from flooding the log: the first refusal with a reason gets its own line, and the
// following ones are counted and logged together once per Every. Without it, a minute without the database wrote
// 20,000 lines. The zero value is ready to use.
type Refusals struct {
	Every time.Duration // 0: ten seconds

	mu   sync.Mutex
	seen map[string]*refusal
}

type refusal struct {
	count int
	since time.Time
}

// maxReasons is the maximum number of reasons that are counted separately.
const maxReasons = 50

// Log logs a refusal, or counts it. reason groups it with others: for example "unavailable" or the text of an error.
func (r *Refusals) Log(ctx context.Context, log *slog.Logger, level slog.Level, reason, message string, args ...any) {
	if r.first(reason, log) {
		log.Log(ctx, level, message, args...)
	}
}

func (r *Refusals) first(reason string, log *slog.Logger) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[reason] == nil && len(r.seen) >= maxReasons {
		reason = "one of many errors"
	}
	if known := r.seen[reason]; known != nil {
		known.count++
		return false
	}
	if r.seen == nil {
		r.seen = map[string]*refusal{}
	}
	r.seen[reason] = &refusal{since: time.Now()}
	r.later(reason, log)
	return true
}

func (r *Refusals) later(reason string, log *slog.Logger) {
	every := r.Every
	if every == 0 {
		every = 10 * time.Second
	}
	time.AfterFunc(every, func() { r.tell(reason, log) })
}

// tell logs the count. A period without refusals ends the outage: the next refusal gets its own line again.
func (r *Refusals) tell(reason string, log *slog.Logger) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.seen[reason]
	if known.count == 0 {
		delete(r.seen, reason)
		return
	}
	log.Warn("more requests refused for the same reason", "count", known.count, "reason", reason, "within", time.Since(known.since).Round(time.Millisecond))
	known.count, known.since = 0, time.Now()
	r.later(reason, log)
}
