package local

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cruddur"
)

// A PHC string is believed within bounds, each of them to the last value.
func TestPHCBounds(t *testing.T) {
	t.Parallel()
	const salt, key = "AAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA" // 8 and 16 bytes
	phc := func(memory, time, threads int, salt, key string) string {
		return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, time, threads, salt, key)
	}
	for s, want := range map[string]bool{
		phc(8, 1, 1, salt, key):                                       true,
		phc(7, 1, 1, salt, key):                                       false,
		phc(mostMemory, mostTime, 16, salt, key):                      true,
		phc(mostMemory+1, 1, 1, salt, key):                            false,
		phc(8, mostTime+1, 1, salt, key):                              false,
		phc(8, 0, 1, salt, key):                                       false,
		phc(8, 1, 0, salt, key):                                       false,
		phc(8, 1, 17, salt, key):                                      false,
		phc(8, 1, 1, salt[:10], key):                                  false, // 7 bytes
		phc(8, 1, 1, salt, key[:20]):                                  false, // 15 bytes
		phc(8, 1, 1, "!"+salt[1:], key):                               false,
		phc(8, 1, 1, salt, "!"+key[1:]):                               false,
		"x" + phc(8, 1, 1, salt, key):                                 false,
		phc(8, 1, 1, salt+"A", strings.Repeat("A", 218)):              false, // 258 characters
		phc(8, 1, 1, salt+"A", strings.Repeat("A", 216)):              true,  // 256 characters
		strings.Replace(phc(8, 1, 1, salt, key), ",", ";", 1):         false,
		strings.Replace(phc(8, 1, 1, salt, key), "m=", "n=", 1):       false,
		strings.Replace(phc(8, 1, 1, salt, key), "p=1", "p=1,x=1", 1): false,
		strings.Replace(phc(8, 1, 1, salt, key), "m=8", "m=x", 1):     false,
	} {
		if _, _, _, err := parse(s); (err == nil) != want {
			t.Errorf("parse(%q) (%d characters) = %v, want it taken: %v", s, len(s), err, want)
		}
	}
}

// A hash of another cost, or of another length, is brought up to date.
func TestOutdatedHash(t *testing.T) {
	t.Parallel()
	h := newHasher(1, time.Second)
	h.cost = cheap
	phc := h.hashHeld("secret")
	if ok, outdated := h.verifyHeld(phc, "secret"); !ok || outdated {
		t.Errorf("its own hash: %v, outdated %v", ok, outdated)
	}
	for _, other := range []params{{cheap.memory * 2, cheap.time, 1}, {cheap.memory, cheap.time + 1, 1}, {cheap.memory, cheap.time, 2}} {
		old := newHasher(1, time.Second)
		old.cost = other
		if ok, outdated := h.verifyHeld(old.hashHeld("secret"), "secret"); !ok || !outdated {
			t.Errorf("a hash of %+v: %v, outdated %v, want both", other, ok, outdated)
		}
	}
	if ok, _ := h.verifyHeld("", ""); ok {
		t.Error("no hash matches no password")
	}
}

// A code is six digits, which may stand in groups.
func TestParseCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"123456": "123456", "123 456": "123456", "123-456": "123456", " 123\u00a0456\n": "123456", "000000": "000000", "999999": "999999",
		"12345": "", "1234567": "", "": "", "12345a": "", "12345/": "", "12345:": "", "１２３４５６": "",
		"123456" + strings.Repeat(" ", 26): "123456", "123456" + strings.Repeat(" ", 27): "", // 32 and 33 bytes
	} {
		if got, ok := parseCode(in); got != want || ok != (want != "") {
			t.Errorf("parseCode(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

// A fresh code is none of those that wait: two alike would confirm each other's sign-up.
func TestFreshCode(t *testing.T) {
	t.Parallel()
	var half [][]byte
	for n := range 500_000 {
		half = append(half, codeHash("sign-up", "a@example.org", fmt.Sprintf("%06d", n)))
	}
	for range 8 {
		if code, hash := freshCode("sign-up", "A@example.org", half); code < "500000" || len(code) != 6 || slices.Equal(hash, half[0]) {
			t.Errorf("freshCode() = %s, which is taken", code)
		}
	}
}

// Tokens of a former issuer count until its grace has passed, and of nobody else.
func TestFormerIssuer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	r := &keyring{own: "here", names: []cruddur.Issuer{{Name: "current"}, {Name: "former", EndedAt: now}}}
	for _, tt := range []struct {
		name   string
		signed time.Time
		want   bool
	}{
		{"current", now.Add(1000 * time.Hour), true},
		{"former", now, true},
		{"former", now.Add(formerGrace - 1), true},
		{"former", now.Add(formerGrace), false},
		{"stranger", now, false},
	} {
		if got := r.known(tt.name, tt.signed); got != tt.want {
			t.Errorf("a token of %s, signed %v after its end, counts: %v", tt.name, tt.signed.Sub(now), got)
		}
	}
}

// Which name tokens are issued under: the place's, unless an operator has named this server and the place
// has not taken that name yet.
func TestCurrentIssuer(t *testing.T) {
	t.Parallel()
	here, other := cruddur.Issuer{Name: "here"}, cruddur.Issuer{Name: "other"}
	ended := cruddur.Issuer{Name: "here", EndedAt: time.Unix(1, 0)}
	for _, tt := range []struct {
		names          []cruddur.Issuer
		named, settled bool
		want           string
	}{
		{nil, false, false, ""},
		{[]cruddur.Issuer{ended}, false, false, ""},
		{[]cruddur.Issuer{other}, false, false, "other"},
		{[]cruddur.Issuer{other}, true, false, ""},
		{[]cruddur.Issuer{other}, true, true, "other"},
		{[]cruddur.Issuer{here}, true, false, "here"},
	} {
		r := &keyring{own: "here", named: tt.named, settled: tt.settled, names: tt.names}
		if name, ok := r.current(); ok != (tt.want != "") || ok && name != tt.want {
			t.Errorf("%+v: current() = %q, %v, want %q", tt, name, ok, tt.want)
		}
	}
}

// The keys are read again once they are as old as they may be.
func TestStale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &keyring{log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		if !r.stale(time.Hour) {
			t.Error("a ring without keys is not stale")
		}
		r.keys, r.loaded = []signingKey{{}}, time.Now()
		time.Sleep(keysFresh - 1)
		if r.stale(keysFresh) || !r.stale(keysPatient) {
			t.Error("just before a minute has passed")
		}
		time.Sleep(time.Nanosecond)
		if !r.stale(keysFresh) {
			t.Error("after a minute the keys are not stale")
		}
	})
}

// Locks are told in whole seconds, rounded up.
func TestLockedFor(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]int{time.Millisecond: 1, time.Second: 1, time.Second + 1: 2, 15 * time.Minute: 900} {
		if e, ok := errLocked(wait).(*cruddur.Error); !ok || e.RetryAfter != want {
			t.Errorf("errLocked(%v) = %+v, want %d seconds", wait, e, want)
		}
	}
}
