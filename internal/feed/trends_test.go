package feed_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/feed"
)

// trendStore answers what it is told to, and counts its calls.
type trendStore struct {
	tags            []string
	authors         map[string][]time.Time
	err             error
	rankings, reads int
}

func (s *trendStore) TrendingTags(context.Context, time.Time) ([]string, error) {
	s.rankings++
	time.Sleep(50 * time.Millisecond) // of the bubble
	return s.tags, s.err
}

func (s *trendStore) TagAuthors(_ context.Context, tags []string, _ time.Time) (out [][]time.Time, err error) {
	s.reads++
	for _, tag := range tags {
		out = append(out, s.authors[tag])
	}
	return out, s.err
}

func TestTrends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testTrends)
}

func testTrends(t *testing.T) {
	at := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	end := func(d time.Duration) time.Time { return at.Add(d) }
	s := &trendStore{tags: []string{"a", "b", "c"}, authors: map[string][]time.Time{
		"a": {end(time.Hour), end(time.Hour), end(500 * time.Millisecond)},
		"b": {end(time.Hour), end(time.Hour), end(time.Hour), end(500 * time.Millisecond)},
		"c": {end(time.Hour), end(time.Hour)},
	}}
	trends := feed.NewTrends(s)
	check := func(after time.Duration, rankings, reads int, want ...cruddur.Trend) {
		t.Helper()
		got, err := trends.Trends(t.Context(), 5, at.Add(after))
		if diff := cmp.Diff(append([]cruddur.Trend{}, want...), got); diff != "" || err != nil {
			t.Errorf("after %v: %v, want -, got +\n%s", after, err, diff)
		}
		if s.rankings != rankings || s.reads != reads {
			t.Errorf("after %v: %d rankings and %d reads, want %d and %d", after, s.rankings, s.reads, rankings, reads)
		}
	}
	check(0, 1, 1, cruddur.Trend{Tag: "a", Authors: 3}, cruddur.Trend{Tag: "b", Authors: 4})
	check(499*time.Millisecond, 1, 1, cruddur.Trend{Tag: "a", Authors: 3}, cruddur.Trend{Tag: "b", Authors: 4})
	check(500*time.Millisecond, 1, 1, cruddur.Trend{Tag: "b", Authors: 3}) // it ends at once
	s.authors["b"] = nil                                                   // deleted
	check(999*time.Millisecond, 1, 1, cruddur.Trend{Tag: "b", Authors: 3})
	check(time.Second, 1, 2)
	check(4999*time.Millisecond, 1, 3)
	s.tags, s.authors["d"] = []string{"d"}, []time.Time{end(time.Hour), end(time.Hour), end(time.Hour)}
	check(5*time.Second, 2, 4, cruddur.Trend{Tag: "d", Authors: 3}) // a hundred times as long as it took
	check(time.Minute, 3, 5, cruddur.Trend{Tag: "d", Authors: 3})
	if got, err := trends.Trends(t.Context(), 0, at.Add(time.Minute)); err != nil || len(got) != 0 {
		t.Errorf("with limit 0: %v, %v", got, err)
	}
	s.err = errors.New("no database")
	if _, err := trends.Trends(t.Context(), 5, at.Add(time.Hour)); !errors.Is(err, s.err) {
		t.Errorf("error %v", err)
	}
}
