package recall

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cruddur"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// base is what a database would answer, and how often it was asked.
type base struct {
	m     *Memory
	name  string
	asked int
}

func (b *base) resume(t *testing.T, now time.Time) *Reader {
	t.Helper()
	r, err := b.m.Resume("token", now, func() (cruddur.User, cruddur.BrowserSession, error) {
		b.asked++
		return cruddur.User{UUID: cruddur.UUID{15: 7}, Handle: b.name}, cruddur.BrowserSession{}, nil
	})
	if err != nil || r.User.Handle != b.name {
		t.Errorf("Resume() = %+v, %v, want %s", r, err, b.name)
	}
	return r
}

// A session is remembered for less than a second, and only until a request may have changed it.
func TestResume(t *testing.T) {
	t.Parallel()
	b := &base{m: New(), name: "a"}
	asked := func(name string, want int) {
		t.Helper()
		if b.asked != want {
			t.Errorf("%s: asked %d times, want %d", name, b.asked, want)
		}
		b.asked = 0
	}
	b.resume(t, noon)
	b.resume(t, noon.Add(Life-1))
	asked("within a second", 1)
	b.resume(t, noon.Add(Life))
	asked("after a second", 1)
	b.resume(t, noon)
	asked("by a clock that was set back", 1)
	b.name = "b"
	b.m.Writes()()
	b.resume(t, noon)
	asked("after a write", 1)
	end := b.m.Writes()
	b.name = "c"
	b.resume(t, noon)
	b.resume(t, noon)
	asked("during a write", 2)
	end()
	b.resume(t, noon)
	asked("after that write", 1)
	b.m.WritesOwn(cruddur.UUID{15: 7})()
	b.resume(t, noon)
	asked("after a write of marks", 0)
	if _, err := b.m.Resume("another", noon, func() (cruddur.User, cruddur.BrowserSession, error) {
		return cruddur.User{}, cruddur.BrowserSession{}, errors.New("ended")
	}); err == nil {
		t.Error("another token is taken for the first")
	}
	b.m = nil
	b.resume(t, noon)
	b.resume(t, noon)
	asked("without a memory", 2)
}

// What a member is told and has marked is remembered until they, or anybody in a way that concerns all, write.
func TestToldAndMarked(t *testing.T) {
	t.Parallel()
	b := &base{m: New(), name: "a"}
	r := b.resume(t, noon)
	list := make([]cruddur.Activity, 3)
	marked := func(list []cruddur.Activity, now time.Time) bool {
		asked := false
		_, err := r.Marked(list, now, func() ([]cruddur.Activity, error) { asked = true; return list, nil })
		if err != nil {
			t.Error(err)
		}
		return !asked
	}
	told := func(now time.Time) bool {
		got, ok, put := r.Told(now)
		if ok && got.Messages != "3" {
			t.Errorf("Told() = %+v", got)
		}
		if !ok {
			put(Told{Messages: "3"})
		}
		return ok
	}
	check := func(name string, want bool, now time.Time) {
		t.Helper()
		if got := told(now); got != want {
			t.Errorf("%s: told from memory %v, want %v", name, got, want)
		}
		if got := marked(list, now); got != want {
			t.Errorf("%s: marks from memory %v, want %v", name, got, want)
		}
	}
	check("first", false, noon)
	check("again", true, noon.Add(Life-1))
	check("a second later", false, noon.Add(Life))
	check("again", true, noon.Add(Life))
	b.m.WritesOwn(cruddur.UUID{15: 8})()
	check("after another member's write", true, noon.Add(Life))
	b.m.WritesOwn(r.User.UUID)()
	check("after an own write", false, noon.Add(Life))
	b.m.Writes()()
	check("after a write for all", false, noon.Add(Life))
	end := b.m.WritesOwn(r.User.UUID)
	check("during a write", false, noon.Add(Life))
	check("during a write, again", false, noon.Add(Life))
	end()
	check("after it", false, noon.Add(Life))
	if marked(list[:2], noon.Add(Life)) || marked(make([]cruddur.Activity, 2), noon.Add(Life)) {
		t.Error("the marks of another list")
	}
}

// Not more readers are remembered than there is room for.
func TestBounded(t *testing.T) {
	t.Parallel()
	m := New()
	for i := range 5 * most {
		_, err := m.Resume(strconv.Itoa(i), noon, func() (u cruddur.User, s cruddur.BrowserSession, err error) { return u, s, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := len(m.new) + len(m.older); n > 2*most || n < most {
		t.Errorf("%d readers are remembered, want %d to %d", n, most, 2*most)
	}
}

// Whoever reads after a write has ended sees it, whatever is read and written at the same time. Run it with -race.
func TestNeverStale(t *testing.T) {
	t.Parallel()
	m := New()
	var stored, acknowledged atomic.Int64 // in the database; answered
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := acknowledged.Load()
				r, err := m.Resume("token", noon, func() (u cruddur.User, s cruddur.BrowserSession, err error) {
					u.Handle = strconv.FormatInt(stored.Load(), 10)
					return u, s, nil
				})
				if err != nil {
					t.Error(err)
				}
				if n, _ := strconv.ParseInt(r.User.Handle, 10, 64); n < least {
					t.Errorf("read %d after %d was acknowledged", n, least)
				}
			}
		})
	}
	for range 2 {
		writers.Go(func() {
			for range 2000 {
				end := m.Writes()
				n := stored.Add(1)
				for {
					if was := acknowledged.Load(); was >= n || acknowledged.CompareAndSwap(was, n) { // before the request ends, as an answer may
						break
					}
				}
				end()
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}
