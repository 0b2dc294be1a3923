package live

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cruddur"
)

// A stream ends within a second of what ends it, even if it is stuck.
func TestAccess(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		var refusal error
		checks := 0
		o := Options{Member: member("ada"), Check: func(context.Context) (ignores bool, err error) {
			w.set(func() { checks, err = checks+1, refusal })
			return false, err
		}}
		out := cruddur.NewError(cruddur.KindUnauthenticated)
		ada, bo := w.open(o), w.open(Options{Member: member("bo"), Check: func(context.Context) (bool, error) { return false, nil }})
		w.change(cruddur.Change{Kind: cruddur.ChangeAccess, Subject: member("ada")})
		w.poll()
		if checks != 1 || ada.over() {
			t.Errorf("another session has ended: %d checks, over: %t", checks, ada.over())
		}
		w.set(func() { refusal = out })
		w.post("cem", nil)
		w.change(cruddur.Change{Kind: cruddur.ChangeAccess, Subject: member("ada")})
		w.poll()
		if !ada.over() || ada.got() != "" || bo.over() {
			t.Errorf("signed out: over %t, bo's: %t", ada.over(), bo.over())
		}
		w.set(func() { refusal = nil })
		ada = w.open(o)
		ada.hold()
		w.post("cem", nil)
		w.poll()
		w.set(func() { refusal = out })
		w.change(cruddur.Change{Kind: cruddur.ChangeHidden, Subject: member("ada"), Handle: "ada"})
		w.poll()
		time.Sleep(fresh + 100*time.Millisecond)
		synctest.Wait()
		if !ada.over() {
			t.Error("a suspended member who is stuck still has a stream")
		}
		w.set(func() { refusal = cruddur.NewError(cruddur.KindUnavailable) })
		ada = w.open(o)
		time.Sleep(2 * checkEvery)
		synctest.Wait()
		if ada.over() {
			t.Error("an outage ends streams of which nothing is known")
		}
		w.change(cruddur.Change{Kind: cruddur.ChangeAccess, Subject: member("ada")})
		w.poll()
		if !ada.over() {
			t.Error("what cannot be checked goes on although something has ended")
		}
		w.set(func() { refusal = nil })
		ada = w.open(o)
		w.set(func() { refusal = out })
		time.Sleep(checkEvery + heartbeat)
		synctest.Wait()
		if !ada.over() {
			t.Error("a minute later nobody has looked")
		}
		token := w.open(Options{Member: member("ada"), Until: time.Now().Add(time.Second)})
		time.Sleep(heartbeat)
		synctest.Wait()
		if !token.over() {
			t.Error("a token has ended, and its stream goes on")
		}
	})
}

// Strangers must go when only members may read, and programs prove who they are when it is not known whose tokens have
// ended.
func TestWhoMustProveIt(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		forgotten := 0
		w.hub.c.Place = func() { forgotten++ }
		var checks []string
		open := func(name string, o Options) {
			o.Check = func(context.Context) (bool, error) { checks = append(checks, name); return false, nil }
			w.open(o)
		}
		open("stranger", Options{})
		open("page", Options{Member: member("ada")})
		open("program", Options{Member: member("ada"), Form: Program})
		w.change(cruddur.Change{Kind: cruddur.ChangePlace})
		w.poll()
		check(t, "members only", checks, "stranger")
		if forgotten != 1 {
			t.Errorf("what is known of the place was forgotten %d times", forgotten)
		}
		checks = nil
		w.change(cruddur.Change{Kind: cruddur.ChangeAccess})
		w.poll()
		check(t, "tokens of somebody", checks, "program")
	})
}

// When something may have been lost, everybody is told to read again; otherwise nobody is.
func TestGaps(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		r := w.open(Options{})
		gap := []string{`reload {"reason":"gap"}`}
		expect := func(what string, want []string) {
			t.Helper()
			w.poll()
			check(t, what, events(r.got(), nil), want...)
		}
		w.set(func() { w.err = errors.New("away") })
		time.Sleep(gapAfterFailures - 2*every)
		w.set(func() { w.err = nil })
		expect("a short outage", nil)
		w.set(func() { w.err = errors.New("away") })
		missed := w.post("ada", nil)
		time.Sleep(overlap + time.Second)
		w.set(func() { w.err = nil })
		w.poll()
		check(t, "a crud of an outage", events(r.got(), map[cruddur.UUID]string{missed.UUID: "missed"}), `new {"uuid":"missed","handle":"ada","parent":null,"root":null,"followed":false}`)
		w.set(func() { w.err = errors.New("away") })
		time.Sleep(gapAfterFailures + 2*every)
		w.set(func() { w.err = nil })
		expect("a long outage", gap)
		w.set(func() { w.floor = 10 })
		expect("transactions", nil)
		w.set(func() { w.held = true })
		w.poll()
		time.Sleep(rowLife - 2*every)
		w.set(func() { w.floor, w.held = 12, false })
		expect("a long transaction", nil)
		w.set(func() { w.floor, w.held = 13, true })
		w.poll()
		time.Sleep(rowLife + every)
		w.set(func() { w.floor = 20 })
		expect("a transaction that was longer than a change stays", gap)
		time.Sleep(2 * rowLife)
		w.set(func() { w.held = false })
		w.poll()
		r.got()
		time.Sleep(2 * rowLife)
		w.set(func() { w.floor = 30 })
		expect("silence", nil)
		w.set(func() { w.floor = 29 })
		expect("another database", gap)
		id := w.hub.id(w.hub.last - 1)
		check(t, "from before the gap", events(w.listen(Options{After: id}).got(), nil), gap...)
	})
}

// When the server stops, all streams end at once, and their readers come back spread over some seconds.
func TestDrain(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		var readers []*reader
		for range 100 {
			readers = append(readers, w.open(Options{}))
		}
		readers[0].hold()
		w.post("ada", nil)
		w.poll()
		for _, r := range readers {
			r.got()
		}
		begun := time.Now()
		w.hub.Drain()
		w.hub.Drain()
		for _, r := range readers {
			<-r.ended
		}
		if took := time.Since(begun); took > goodbye+every {
			t.Errorf("it took %s", took)
		}
		early, late := 0, 0
		for _, r := range readers[1:] {
			text, _ := strings.CutPrefix(r.got(), "retry: ")
			ms, err := strconv.Atoi(strings.TrimSuffix(text, "\n\n"))
			if err != nil || ms < 0 || ms >= 5000 {
				t.Errorf("told to come back %q", text)
			}
			if ms < 2500 {
				early++
			} else {
				late++
			}
		}
		if early < 20 || late < 20 {
			t.Errorf("%d come back in the first half of five seconds, %d in the second", early, late)
		}
		if _, err := w.hub.Open(Options{}); cruddur.KindOf(err) != cruddur.KindUnavailable {
			t.Errorf("a new stream: %v", err)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		fill := func(o Options, most int) (last *Stream) {
			t.Helper()
			for i := range most {
				s, err := w.hub.Open(o)
				if err != nil {
					t.Fatalf("stream %d: %v", i+1, err)
				}
				last = s
			}
			return last
		}
		refused := func(o Options, kind cruddur.Kind) {
			t.Helper()
			_, err := w.hub.Open(o)
			e, _ := errors.AsType[*cruddur.Error](err)
			if cruddur.KindOf(err) != kind || e.RetryAfter < 1 {
				t.Errorf("one too many: %v, want %s with a time to wait", err, kind)
			}
		}
		class, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		six := netip.MustParseAddr("2001:db8::1")
		s := fill(Options{Address: class}, mostAtAddress)
		refused(Options{Address: netip.MustParseAddr("::ffff:192.0.2.1")}, cruddur.KindTooMany)
		fill(Options{Address: other}, 1)
		fill(Options{Address: six}, mostAtAddress)
		refused(Options{Address: netip.MustParseAddr("2001:db8::2")}, cruddur.KindTooMany)
		s.close("test")
		fill(Options{Address: class}, 1)
		s = fill(Options{Member: member("ada"), Address: class}, mostOfMember)
		refused(Options{Member: member("ada"), Address: other}, cruddur.KindTooMany)
		s.close("test")
		fill(Options{Member: member("ada")}, 1)
		for len(w.hub.streams) < 1000 {
			fill(Options{Address: netip.AddrFrom4([4]byte{10, 0, byte(len(w.hub.streams) >> 8), byte(len(w.hub.streams))})}, 1)
		}
		refused(Options{Member: member("bo")}, cruddur.KindUnavailable)
	})
}
