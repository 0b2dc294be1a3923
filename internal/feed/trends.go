package feed

import (
	"context"
	"sync"
	"time"

	"cruddur"
)

// TrendStore is the database that the trends are read from.
type TrendStore interface {
	// TrendingTags returns the tags that members talk about at now, the strongest first.
	TrendingTags(ctx context.Context, now time.Time) ([]string, error)
	// TagAuthors returns, for each of some tags, until when the activities of each member live who used it.
	TagAuthors(ctx context.Context, tags []string, now time.Time) ([][]time.Time, error)
}

// Trends are the tags that members talk about. Which tags these are is found out again when a hundred times as
// long has passed as that took, at least after a second and at most after a minute. Who has used them is read
// again after a second, so that a tag whose cruds were deleted disappears; one whose cruds have ended disappears
// at once.
type Trends struct {
	store TrendStore
	turn  chan struct{} // held by the request that reads

	mu      sync.Mutex
	tags    []string
	authors [][]time.Time // of each tag: when the activities of each member end
	ranked  time.Time     // when tags were found
	again   time.Duration // how long they are kept
	read    time.Time     // when authors were read
}

const (
	leastKept = time.Second
	mostKept  = time.Minute
	keptTimes = 100
)

// NewTrends returns the trends of a store.
func NewTrends(store TrendStore) *Trends { return &Trends{store: store, turn: make(chan struct{}, 1)} }

// Trends returns at most limit tags that at least cruddur.MinTrendAuthors members talk about at now, the strongest
// first.
func (t *Trends) Trends(ctx context.Context, limit int, now time.Time) ([]cruddur.Trend, error) {
	if list, ok := t.known(limit, now); ok {
		return list, nil
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if list, ok := t.known(limit, now); ok { // another request has read them meanwhile
		return list, nil
	}
	if err := t.renew(ctx, now); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.alive(limit, now), nil
}

func (t *Trends) known(limit int, now time.Time) ([]cruddur.Trend, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !fresh(t.ranked, t.again, now) || !fresh(t.read, leastKept, now) {
		return nil, false
	}
	return t.alive(limit, now), true
}

// fresh reports whether what was read at a time may still be used.
func fresh(at time.Time, kept time.Duration, now time.Time) bool {
	return !at.IsZero() && now.Sub(at).Abs() < kept
}

// alive returns the tags that enough members talk about at now.
func (t *Trends) alive(limit int, now time.Time) []cruddur.Trend {
	list := make([]cruddur.Trend, 0, limit)
	for i, tag := range t.tags {
		authors := 0
		for _, end := range t.authors[i] {
			if end.After(now) {
				authors++
			}
		}
		if authors >= cruddur.MinTrendAuthors && len(list) < limit {
			list = append(list, cruddur.Trend{Tag: tag, Authors: authors})
		}
	}
	return list
}

func (t *Trends) renew(ctx context.Context, now time.Time) (err error) {
	t.mu.Lock()
	tags, ranked, again := t.tags, t.ranked, t.again
	t.mu.Unlock()
	if !fresh(ranked, again, now) {
		begun := time.Now()
		if tags, err = t.store.TrendingTags(ctx, now); err != nil {
			return err
		}
		ranked, again = now, min(max(keptTimes*time.Since(begun), leastKept), mostKept)
	}
	var authors [][]time.Time
	if len(tags) > 0 {
		if authors, err = t.store.TagAuthors(ctx, tags, now); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tags, t.authors, t.ranked, t.again, t.read = tags, authors, ranked, again, now
	return nil
}
