package feed_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/feed"
)

// slowly lets a test write while a query is under way.
type slowly struct {
	*world
	during func()
}

func (s *slowly) Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	list, err := s.world.Home(ctx, before, limit, now)
	if s.during != nil {
		s.during()
	}
	return list, err
}

// A page that was asked for before a write is not kept after it.
func TestWriteDuringTheQuery(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, write := range map[string]func(w *world, f *feed.Feed){
		"created": func(w *world, f *feed.Feed) { f.Created(w.create(now, time.Hour)) },
		"deleted": func(w *world, f *feed.Feed) { f.Deleted(w.remove(0)) },
		"changed": func(w *world, f *feed.Feed) { w.cruds[0].DisplayName = "new"; f.Changed() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &slowly{world: &world{}}
			s.create(now, time.Hour)
			s.create(now, time.Hour)
			f := feed.New(s).Keep()
			s.during = func() { write(s.world, f) }
			if _, err := f.Home(t.Context(), cruddur.UUID{}, 20, now); err != nil {
				t.Fatal(err)
			}
			s.during = nil
			got, err := f.Home(t.Context(), cruddur.UUID{}, 20, now)
			if diff := cmp.Diff(s.page(20, now), got); diff != "" || err != nil {
				t.Errorf("%v; want -, got +\n%s", err, diff)
			}
		})
	}
}

// What has changed replaces the one on the kept pages; other pages' and unknown activities change nothing.
func TestUpdated(t *testing.T) {
	t.Parallel()
	w, now := &world{}, time.Now()
	root := w.create(now, time.Hour)
	f := feed.New(w).Keep()
	held, err := f.Home(t.Context(), cruddur.UUID{}, 20, now)
	if err != nil {
		t.Fatal(err)
	}
	before := w.queries
	changed := root
	changed.RepliesCount, changed.LikesCount = 1, 2
	f.Updated(changed, 2)
	f.Updated(root, 1) // it was read before the last write
	f.Updated(cruddur.Activity{UUID: cruddur.UUID{1, 2}, ExpiresAt: now.Add(time.Hour)}, 3)
	got, err := f.Home(t.Context(), cruddur.UUID{}, 20, now)
	if err != nil || len(got) != 1 || !cmp.Equal(got[0], changed) {
		t.Errorf("Home() = %+v, %v, want the changed one", got, err)
	}
	if !cmp.Equal(held[0], root) || w.queries != before {
		t.Errorf("a list that was answered has changed, or %d queries were made", w.queries-before)
	}
}

// cursors answers another page behind a cursor.
type cursors struct{ *world }

func (c cursors) Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	list, err := c.world.Home(ctx, before, limit, now)
	if !before.IsZero() && len(list) > 0 {
		list = list[1:]
	}
	return list, err
}

// An older page is neither kept as the newest nor answered from it.
func TestOlderPageIsNotKept(t *testing.T) {
	t.Parallel()
	w, now := &world{}, time.Now()
	for range 3 {
		w.create(now, time.Hour)
	}
	f := feed.New(cursors{w}).Keep()
	for _, tt := range []struct {
		before  cruddur.UUID
		want    int
		queries int
	}{{w.cruds[0].UUID, 2, 1}, {cruddur.UUID{}, 3, 2}, {w.cruds[0].UUID, 2, 3}, {cruddur.UUID{}, 3, 3}} {
		if got, err := f.Home(t.Context(), tt.before, 20, now); err != nil || len(got) != tt.want || w.queries != tt.queries {
			t.Errorf("before %v: %d cruds after %d queries, %v, want %d after %d", tt.before, len(got), w.queries, err, tt.want, tt.queries)
		}
	}
}

// A page is kept in one of three sizes, from which the shorter ones are cut, and is believed for a second.
func TestSizesAndAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		for range 150 {
			w.create(time.Now(), time.Hour)
		}
		f := feed.New(w).Keep()
		for _, tt := range []struct{ limit, queries int }{{20, 1}, {19, 1}, {1, 1}, {21, 2}, {40, 2}, {41, 3}, {100, 3}, {20, 3}} {
			if got, err := f.Home(t.Context(), cruddur.UUID{}, tt.limit, time.Now()); err != nil || len(got) != tt.limit || w.queries != tt.queries {
				t.Errorf("limit %d: %d cruds, %v, after %d queries, want %d", tt.limit, len(got), err, w.queries, tt.queries)
			}
		}
		f.Changed()
		home := func() {
			t.Helper()
			if _, err := f.Home(t.Context(), cruddur.UUID{}, 20, time.Now()); err != nil {
				t.Error(err)
			}
		}
		before := w.queries
		asked := time.Now()
		home()
		time.Sleep(time.Until(asked.Add(time.Second - time.Nanosecond)))
		if home(); w.queries != before+1 {
			t.Errorf("%d queries within a second, want 1", w.queries-before)
		}
		time.Sleep(time.Nanosecond)
		if home(); w.queries != before+2 {
			t.Errorf("%d queries after a second, want 2", w.queries-before)
		}
	})
}

// A list that a reader holds stays as it was, whatever is written after it was answered.
func TestReadersKeepTheirList(t *testing.T) {
	t.Parallel()
	w, now := &world{}, time.Now()
	for range 5 {
		w.create(now, time.Hour)
	}
	f := feed.New(w).Keep()
	for range 2 { // from the query, then from memory
		held, err := f.Home(t.Context(), cruddur.UUID{}, 20, now)
		if err != nil {
			t.Fatal(err)
		}
		was := slices.Clone(held)
		f.Deleted(w.remove(1))
		f.Created(w.createLate(now, time.Hour, 2))
		if diff := cmp.Diff(was, held); diff != "" {
			t.Errorf("a list that was answered has changed: was -, is +\n%s", diff)
		}
	}
}
