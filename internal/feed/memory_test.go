package feed_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/feed"
)

// world is a store that holds cruds as the database does.
type world struct {
	mu      sync.Mutex
	cruds   []cruddur.Activity // newest first
	serial  uint32
	queries int
}

// page answers what Home would.
func (w *world) page(limit int, now time.Time) []cruddur.Activity {
	out := []cruddur.Activity{}
	for _, a := range w.cruds {
		if len(out) < limit && a.Visible(now) {
			out = append(out, a)
		}
	}
	return out
}

func (w *world) Home(_ context.Context, _ cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	w.mu.Lock()
	w.queries++
	list := w.page(limit, now)
	w.mu.Unlock()
	time.Sleep(rand.N(20 * time.Microsecond)) // the answer is under way, and may be old on arrival
	return list, nil
}

func (w *world) create(now time.Time, life time.Duration) cruddur.Activity {
	return w.createLate(now, life, 0)
}

// createLate makes a crud that sorts n places behind the newest, as with a clock that is behind.
func (w *world) createLate(now time.Time, life time.Duration, behind uint32) cruddur.Activity {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serial += 1000
	n := w.serial
	if behind > 0 {
		n -= min(behind*1000, n) - 1 - w.serial/1000%999
	}
	a := cruddur.Activity{
		UUID:      cruddur.UUID{0: 1, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)},
		CreatedAt: now, ExpiresAt: now.Add(life),
	}
	i, _ := slices.BinarySearchFunc(w.cruds, a, func(b, a cruddur.Activity) int { return bytes.Compare(a.UUID[:], b.UUID[:]) })
	w.cruds = slices.Insert(slices.Clone(w.cruds), i, a)
	return a
}

func (w *world) remove(i int) cruddur.UUID {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.cruds[i].UUID
	w.cruds = slices.Concat(w.cruds[:i], w.cruds[i+1:])
	return id
}

// Whatever happens in whatever order, a read answers the very page of the database; only another
// server's writes may be unknown, and those for less than a second.
func TestKeptPageIsRight(t *testing.T) {
	t.Parallel()
	first := rand.Uint64()
	for seed := first; seed < first+150; seed++ { // rapid does not run within a bubble
		synctest.Test(t, func(t *testing.T) { keptPageStory(t, rand.New(rand.NewPCG(seed, 1)), seed) })
	}
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func keptPageStory(t *testing.T, r *rand.Rand, seed uint64) {
	w := &world{}
	f := feed.New(w).Keep()
	for range r.IntN(130) {
		w.create(time.Now(), pick(r, 200*time.Millisecond, time.Minute, time.Hour, time.Hour, time.Hour))
	}
	var foreign time.Time // the last write of another server
	for range 60 {
		now := time.Now()
		switch pick(r, "read", "read", "read", "create", "create late", "delete", "change", "foreign", "wait", "wait long") {
		case "read":
			limit := pick(r, 1, 5, 20, 21, 40, 100)
			got, err := f.Home(t.Context(), cruddur.UUID{}, limit, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range got {
				if !a.Visible(now) {
					t.Fatalf("seed %d: %v is shown after its end", seed, a.UUID)
				}
			}
			if diff := cmp.Diff(w.page(limit, now), got); diff != "" && now.Sub(foreign) >= time.Second {
				t.Fatalf("seed %d: want -, got +\n%s", seed, diff)
			}
		case "create":
			f.Created(w.create(now, pick(r, 100*time.Millisecond, time.Second, time.Hour)))
		case "create late":
			f.Created(w.createLate(now, time.Hour, uint32(1+r.IntN(60))))
		case "delete":
			if len(w.cruds) > 0 {
				f.Deleted(w.remove(r.IntN(len(w.cruds))))
			}
		case "change":
			for i := range w.cruds {
				w.cruds[i].DisplayName += "x"
			}
			f.Changed()
		case "foreign":
			w.create(now, time.Hour)
			foreign = now
		case "wait":
			time.Sleep(pick(r, time.Millisecond, 300*time.Millisecond))
		case "wait long":
			time.Sleep(pick(r, time.Second, 59*time.Second))
		}
	}
}

// Writers and readers at once: a read shows every own write that was reported before it began, nothing that
// was deleted before, nothing expired, and all in order.
func TestKeptPageTogether(t *testing.T) {
	t.Parallel()
	w := &world{}
	f := feed.New(w).Keep()
	var mu sync.Mutex
	alive := map[cruddur.UUID]bool{}
	deleted := map[cruddur.UUID]bool{}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 200 {
				a := w.create(time.Now(), time.Hour)
				f.Created(a)
				mu.Lock()
				alive[a.UUID] = true
				mu.Unlock()
				time.Sleep(rand.N(50 * time.Microsecond))
				if rand.N(10) > 0 { // fewer than a page stay, so that all of them must be on it
					mu.Lock()
					delete(alive, a.UUID)
					mu.Unlock()
					w.mu.Lock()
					i := slices.IndexFunc(w.cruds, func(b cruddur.Activity) bool { return a.UUID == b.UUID })
					w.mu.Unlock()
					w.removeID(a.UUID, i)
					f.Deleted(a.UUID)
					mu.Lock()
					deleted[a.UUID] = true
					mu.Unlock()
				}
			}
		})
	}
	for range 3 {
		wg.Go(func() {
			for range 600 {
				mu.Lock()
				var must []cruddur.UUID
				for id := range alive {
					must = append(must, id)
				}
				gone := len(deleted)
				goneNow := make(map[cruddur.UUID]bool, gone)
				for id := range deleted {
					goneNow[id] = true
				}
				mu.Unlock()
				now := time.Now()
				list, err := f.Home(t.Context(), cruddur.UUID{}, 100, now)
				if err != nil {
					t.Error(err)
					return
				}
				seen := map[cruddur.UUID]bool{}
				for _, a := range list {
					seen[a.UUID] = true
					if goneNow[a.UUID] {
						t.Errorf("%v is shown after its delete", a.UUID)
					}
				}
				if !slices.IsSortedFunc(list, func(a, b cruddur.Activity) int { return bytes.Compare(b.UUID[:], a.UUID[:]) }) {
					t.Error("out of order")
				}
				mu.Lock()
				for _, id := range must {
					if alive[id] && !seen[id] && len(list) < 100 {
						t.Errorf("%v is missing", id)
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func (w *world) removeID(id cruddur.UUID, _ int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cruds = slices.DeleteFunc(slices.Clone(w.cruds), func(a cruddur.Activity) bool { return a.UUID == id })
}

// The point of it: reads cost no query but one a second, and own writes cost none.
func TestKeptPageCostsNoQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := feed.New(w).Keep()
		for range 150 {
			w.create(time.Now(), time.Hour)
		}
		for i := range 999 {
			if i%10 == 0 {
				f.Created(w.create(time.Now(), time.Hour))
			}
			if list, err := f.Home(t.Context(), cruddur.UUID{}, 20, time.Now()); err != nil || len(list) != 20 || list[0].UUID != w.cruds[0].UUID {
				t.Fatalf("%d cruds, %v", len(list), err)
			}
			time.Sleep(time.Millisecond)
		}
		if w.queries > 2 {
			t.Errorf("%d queries in a second of a thousand reads and a hundred posts", w.queries)
		}
		time.Sleep(time.Second)
		if _, err := f.Home(t.Context(), cruddur.UUID{}, 20, time.Now()); err != nil || w.queries > 3 {
			t.Errorf("%d queries, %v", w.queries, err)
		}
	})
}

// A feed without Keep queries every time: no writes are reported to it.
func TestNotKept(t *testing.T) {
	t.Parallel()
	w := &world{}
	f := feed.New(w)
	for n := range 3 {
		if list, err := f.Home(t.Context(), cruddur.UUID{}, 20, time.Now()); err != nil || len(list) != n {
			t.Errorf("%d cruds, %v; want %d", len(list), err, n)
		}
		w.create(time.Now(), time.Hour)
	}
}

// A request that asks as of an earlier time sees what was alive then.
func TestEarlierNow(t *testing.T) {
	t.Parallel()
	w := &world{}
	f := feed.New(w).Keep()
	now := time.Now()
	w.create(now, time.Minute)
	for _, tt := range []struct {
		at   time.Duration
		want int
	}{{time.Hour, 0}, {0, 1}, {time.Hour, 0}} {
		if list, err := f.Home(t.Context(), cruddur.UUID{}, 20, now.Add(tt.at)); err != nil || len(list) != tt.want {
			t.Errorf("as of %v: %d cruds, %v; want %d", tt.at, len(list), err, tt.want)
		}
	}
}

// The edge cases of a kept page: it may be full, and it may have lost a crud whose successor is unknown.
func TestKeptPageEdges(t *testing.T) {
	t.Parallel()
	now := time.Now()
	check := func(t *testing.T, w *world, f *feed.Feed) {
		t.Helper()
		got, err := f.Home(t.Context(), cruddur.UUID{}, 20, now)
		if diff := cmp.Diff(w.page(20, now), got); diff != "" || err != nil {
			t.Errorf("%v; want -, got +\n%s", err, diff)
		}
	}
	begin := func(t *testing.T, n int) (*world, *feed.Feed) {
		w := &world{}
		for range n {
			w.create(now, time.Hour)
		}
		f := feed.New(w).Keep()
		check(t, w, f)
		return w, f
	}
	t.Run("a complete page that overflows is complete no more", func(t *testing.T) {
		t.Parallel()
		w, f := begin(t, 19)
		f.Created(w.create(now, time.Hour))
		f.Created(w.create(now, time.Hour))
		f.Deleted(w.remove(3))
		check(t, w, f)
	})
	t.Run("a crud behind the end of a page is not its next", func(t *testing.T) {
		t.Parallel()
		w, f := begin(t, 30)
		f.Deleted(w.remove(3))
		f.Created(w.createLate(now, time.Hour, 25))
		check(t, w, f)
	})
}
