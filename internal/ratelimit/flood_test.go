package ratelimit_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"cruddur/internal/ratelimit"
)

var start = time.Unix(1_800_000_000, 0)

// allowed is how many uses of a key are allowed before one is not.
func allowed(l *ratelimit.Limiter, now time.Time, u ratelimit.Use) (n int) {
	for _, ok := l.Allow(now, u); ok; _, ok = l.Allow(now, u) {
		n++
	}
	return n
}

// However many keys are known, a new one has its whole allowance, and whoever has used theirs up is not
// let in by it: neither in the middle of the flood nor by a flood of their own.
func TestFlood(t *testing.T) {
	t.Parallel()
	l, refused := ratelimit.New(), 0
	if n := allowed(l, start, use("spent")); n != rule.Count {
		t.Fatalf("%d uses allowed, want %d", n, rule.Count)
	}
	for i := range 1_000_000 {
		if _, ok := l.Allow(start, use(fmt.Sprint(i))); !ok {
			refused++
		}
		if i%10_000 == 0 {
			if n := allowed(l, start, use(fmt.Sprint("late ", i))); n != rule.Count {
				t.Fatalf("after %d others a newcomer has %d uses, want %d", i, n, rule.Count)
			}
			if _, ok := l.Allow(start, use("spent")); ok {
				t.Fatalf("%d others made the limiter forget a key that was used up", i)
			}
		}
	}
	if refused != 0 {
		t.Errorf("%d of a million new keys are refused", refused)
	}
	if n := allowed(l, start.Add(rule.Per), use("spent")); n != rule.Count {
		t.Errorf("after %v %d uses are allowed, want %d", rule.Per, n, rule.Count)
	}
}

// To make the limiter forget a use, as many uses of other keys are needed as it has places.
func TestForgettingIsDear(t *testing.T) {
	t.Parallel()
	two := ratelimit.Use{Rule: rule, Key: "two of five"}
	l := ratelimit.New()
	l.Allow(start, two)
	l.Allow(start, two)
	for i := range 500_000 {
		l.Allow(start, use(fmt.Sprint(i)))
	}
	if n := allowed(l, start, two); n != rule.Count-2 {
		t.Errorf("after a flood of single uses %d more are allowed, want %d", n, rule.Count-2)
	}
}

// A flood of one rule touches no other.
func TestFloodOfOneRule(t *testing.T) {
	t.Parallel()
	l := ratelimit.New()
	member := ratelimit.Use{Rule: ratelimit.Rule{Name: "member", Count: 5, Per: time.Hour}, Key: "ada"}
	l.Allow(start, member)
	for i := range 200_000 {
		for range 2 {
			l.Allow(start, use(fmt.Sprint(i)))
		}
	}
	if n := allowed(l, start, member); n != 4 {
		t.Errorf("%d uses are left after a flood of another rule, want 4", n)
	}
}

// A million keys of 30 rules, as many as the product has, take what 30 tables take.
func TestMemory(t *testing.T) {
	const rules, bound = 30, 16 << 20
	if n := rules * ratelimit.TableBytes; n > bound {
		t.Errorf("%d tables may take %d bytes, want at most %d", rules, n, bound)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	l := ratelimit.New()
	for i := range 1_000_000 {
		r := rule
		r.Name = fmt.Sprint("rule ", i%rules)
		l.Allow(start, ratelimit.Use{Rule: r, Key: fmt.Sprint("key ", i)})
	}
	after := heap()
	runtime.KeepAlive(l)
	if grown := int64(after) - int64(before); grown > bound {
		t.Errorf("a million keys take %d bytes, want at most %d", grown, bound)
	} else {
		t.Logf("a million keys take %d bytes, a table %d", grown, ratelimit.TableBytes)
	}
}

// All uses count or none: whoever is refused by one limit has lost nothing of another.
func TestAllOrNone(t *testing.T) {
	t.Parallel()
	l := ratelimit.New()
	one := ratelimit.Use{Rule: ratelimit.Rule{Name: "one", Count: 1, Per: time.Minute}, Key: "k"}
	if wait, ok := l.Allow(start, use("k"), one); !ok || wait != 0 {
		t.Fatalf("Allow() = %v, %v", wait, ok)
	}
	for range 10 {
		if s, wait, ok := l.Take(start, use("k"), one); ok || wait != time.Minute || s.Remaining != 0 || s.Reset != time.Minute {
			t.Fatalf("Take() = %+v, %v, %v", s, wait, ok)
		}
	}
	if n := allowed(l, start, use("k")); n != rule.Count-1 {
		t.Errorf("%d uses are left, want %d", n, rule.Count-1)
	}
}

// A clock that is set back locks nobody out; a request that is counted a moment late lets nobody in.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	l := ratelimit.New()
	allowed(l, start, use("k"))
	if wait, ok := l.Allow(start.Add(-time.Second), use("k")); ok || wait != 10*time.Second {
		t.Errorf("a second back: wait %v, %v, want 10s", wait, ok)
	}
	if n := allowed(l, start.Add(-2*time.Hour), use("k")); n != rule.Count {
		t.Errorf("two hours back %d are allowed, want %d", n, rule.Count)
	}
}

func TestByAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1":           "192.0.2.1/32×5",
		"::ffff:192.0.2.1":    "192.0.2.1/32×5",
		"64:ff9b::192.0.2.1":  "192.0.2.1/32×5",
		"2001:db8:1:2:3::5":   "2001:db8:1:2::/64×5 2001:db8:1::/56×20 2001:db8:1::/48×80",
		"2001:db8:1:ffff::":   "2001:db8:1:ffff::/64×5 2001:db8:1:ff00::/56×20 2001:db8:1::/48×80",
		"fe80::1%eth0":        "fe80::/64×5 fe80::/56×20 fe80::/48×80",
		"64:ff9b:1::c000:201": "64:ff9b:1::/64×5 64:ff9b:1::/56×20 64:ff9b:1::/48×80",
		"":                    "unknown×5",
	} {
		a, _ := netip.ParseAddr(in)
		got := ""
		for _, u := range ratelimit.ByAddress(nil, rule, a) {
			key := u.Key
			if u.Network.IsValid() {
				key = u.Network.String()
			}
			got += fmt.Sprintf(" %s×%d", key, u.Rule.Count)
		}
		if got = got[1:]; got != want {
			t.Errorf("ByAddress(%s) = %s, want %s", in, got, want)
		}
	}
}

// One address has one allowance, a /56 has four and a /48 sixteen, however many /64s are in them.
func TestNetworks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address func(i int) string
		want    int
	}{
		"IPv4": {func(int) string { return "192.0.2.1" }, 5},
		"/64":  {func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }, 5},
		"/56":  {func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i%256) }, 20},
		"/48":  {func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i*257%65536) }, 80},
	} {
		l, n := ratelimit.New(), 0
		for i := range 50_000 {
			if _, ok := l.Allow(start, ratelimit.ByAddress(nil, rule, netip.MustParseAddr(c.address(i)))...); ok {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s: %d allowed, want %d", name, n, c.want)
		}
		if n := allowed(l, start, ratelimit.ByAddress(nil, rule, netip.MustParseAddr("2001:db8:1::1"))[0]); n != 5 {
			t.Errorf("%s: %d left for the network beside it, want 5", name, n)
		}
	}
}

// A stranger has what their address has; a member has their own, of which others at the address take
// nothing until all of them together have twice as much.
func TestRequests(t *testing.T) {
	t.Parallel()
	q, home := ratelimit.NewRequests("r", 10, time.Minute), netip.MustParseAddr("192.0.2.1")
	l := ratelimit.New()
	count := func(member string, a netip.Addr) (n int) {
		for _, ok := l.Allow(start, q.Uses(nil, member, a)...); ok; _, ok = l.Allow(start, q.Uses(nil, member, a)...) {
			n++
		}
		return n
	}
	for _, c := range []struct {
		member, from string
		want         int
	}{
		{"", "192.0.2.1", 10},
		{"ada", "192.0.2.1", 10},
		{"bob", "192.0.2.1", 10},
		{"eve", "192.0.2.1", 0},
		{"ada", "192.0.2.2", 0},
		{"eve", "192.0.2.2", 10},
		{"", "192.0.2.2", 10},
	} {
		if n := count(c.member, netip.MustParseAddr(c.from)); n != c.want {
			t.Errorf("%q at %s: %d, want %d", c.member, c.from, n, c.want)
		}
	}
	if s, _, _ := ratelimit.Unlimited().Take(start, q.Uses(nil, "ada", home)...); s.Remaining != 10 {
		t.Errorf("without limits %d are left, want 10", s.Remaining)
	}
}

// What every request counts leaves no garbage.
func TestNoGarbage(t *testing.T) {
	l, q := ratelimit.New(), ratelimit.NewRequests("r", 1<<40, time.Hour)
	for _, from := range []string{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"} {
		a := netip.MustParseAddr(from)
		for _, member := range []string{"", "ada"} {
			if n := testing.AllocsPerRun(100, func() {
				var room [ratelimit.MostUses]ratelimit.Use
				l.Take(start, q.Uses(room[:0], member, a)...)
			}); n != 0 {
				t.Errorf("%q at %s: %v allocations for each request, want 0", member, from, n)
			}
		}
	}
}

func BenchmarkAllow(b *testing.B) {
	l, q := ratelimit.New(), ratelimit.NewRequests("r", 1<<40, time.Hour)
	for _, from := range []string{"192.0.2.1", "2001:db8::1"} {
		b.Run(from, func(b *testing.B) {
			a := netip.MustParseAddr(from)
			b.ReportAllocs()
			for b.Loop() {
				var room [ratelimit.MostUses]ratelimit.Use
				l.Allow(start, q.Uses(room[:0], "ada", a)...)
			}
		})
	}
}
