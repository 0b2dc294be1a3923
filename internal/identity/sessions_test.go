package identity_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

var start = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func member(t testing.TB, db *postgres.DB, handle string) cruddur.User {
	t.Helper()
	u, err := db.UpsertUser(t.Context(), cruddur.User{
		Handle: handle, DisplayName: handle, Email: handle + "@example.org", Subject: "subject of " + handle,
	}, start)
	must(t, err)
	return u
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begin(t testing.TB, s identity.Sessions, u cruddur.User, now time.Time) string {
	t.Helper()
	token, err := s.Begin(t.Context(), u.Subject, identity.Browser{UserAgent: "Browser", Address: "192.0.2.1"}, now)
	must(t, err)
	return token
}

func TestSessionLife(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := identity.NewSessions(db)
	u := member(t, db, "ada")
	for _, c := range []struct {
		name string
		uses []time.Duration // after the beginning
		last bool            // whether the last of them is still in
	}{
		{"at once", []time.Duration{0}, true},
		{"just before 14 idle days", []time.Duration{14*day - time.Microsecond}, true},
		{"after 14 idle days", []time.Duration{14 * day}, false},
		{"used every ten days", []time.Duration{10 * day, 20 * day, 30 * day}, true},
		{"after 90 days of use", []time.Duration{13 * day, 26 * day, 39 * day, 52 * day, 65 * day, 78 * day, 90 * day}, false},
		{"just before 90 days of use", []time.Duration{13 * day, 26 * day, 39 * day, 52 * day, 65 * day, 78 * day, 90*day - time.Second}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			token := begin(t, s, u, start)
			var err error
			for i, after := range c.uses {
				_, _, err = s.Resume(t.Context(), token, start.Add(after))
				if i < len(c.uses)-1 {
					must(t, err)
				}
			}
			if in := err == nil; in != c.last {
				t.Errorf("Resume() = %v, want in: %v", err, c.last)
			}
			if err != nil && cruddur.KindOf(err) != cruddur.KindUnauthenticated {
				t.Errorf("Resume() = %v, want unauthenticated", err)
			}
		})
	}
}

func TestResumeIsOneQueryAndNotesSeldom(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var trace bytes.Buffer
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.URL(t), Trace: lockedWriter{&mu, &trace}})
	must(t, err)
	t.Cleanup(db.Close)
	s := identity.NewSessions(db)
	u := member(t, db, "ada")
	token := begin(t, s, u, start)
	for _, c := range []struct {
		at, lastUsed time.Duration
		statements   int // the second one notes the use
	}{
		{time.Minute, 0, 1},
		{5*time.Minute - time.Second, 0, 1},
		{5 * time.Minute, 0, 2},
		{6 * time.Minute, 5 * time.Minute, 1},
		{11 * time.Minute, 5 * time.Minute, 2},
		{12 * time.Minute, 11 * time.Minute, 1},
	} {
		mu.Lock()
		trace.Reset()
		mu.Unlock()
		got, session, err := s.Resume(t.Context(), token, start.Add(c.at))
		must(t, err)
		if diff := cmp.Diff(u, got); diff != "" {
			t.Errorf("the member (-want +got):\n%s", diff)
		}
		if want := start.Add(c.lastUsed); !session.LastUsedAt.Equal(want) {
			t.Errorf("after %v the last use was %v, want %v", c.at, session.LastUsedAt, want)
		}
		mu.Lock()
		if n := strings.Count(trace.String(), " rows"); n != c.statements {
			t.Errorf("Resume() after %v ran %d statements, want %d:\n%s", c.at, n, c.statements, trace.String())
		}
		if strings.Contains(trace.String(), token) {
			t.Error("the trace shows the token")
		}
		mu.Unlock()
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (w lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(b)
}

func TestListAndEnd(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := identity.NewSessions(db)
	ada, bob := member(t, db, "ada"), member(t, db, "bob")
	tokens := []string{begin(t, s, ada, start), begin(t, s, ada, start.Add(time.Minute)), begin(t, s, ada, start.Add(2*time.Minute))}
	strangers := begin(t, s, bob, start)
	_, first, err := s.Resume(t.Context(), tokens[0], start.Add(10*time.Minute))
	must(t, err)
	list, err := s.List(t.Context(), ada.UUID, start.Add(10*time.Minute))
	must(t, err)
	if len(list) != 3 || list[0].UUID != first.UUID || list[0].UserAgent != "Browser" || list[0].Address != "192.0.2.1" {
		t.Fatalf("List() = %+v, want three, the last used first", list)
	}
	if err := s.End(t.Context(), bob.UUID, first.UUID); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("End() of another's session = %v, want not_found", err)
	}
	must(t, s.End(t.Context(), ada.UUID, first.UUID))
	if err := s.End(t.Context(), ada.UUID, first.UUID); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("End() a second time = %v, want not_found", err)
	}
	_, second, err := s.Resume(t.Context(), tokens[1], start.Add(10*time.Minute))
	must(t, err)
	must(t, s.EndAll(t.Context(), ada.UUID, second.UUID))
	for i, in := range []bool{false, true, false} {
		if _, _, err := s.Resume(t.Context(), tokens[i], start.Add(11*time.Minute)); (err == nil) != in {
			t.Errorf("session %d after EndAll(): %v, want in: %v", i, err, in)
		}
	}
	must(t, s.EndAll(t.Context(), ada.UUID, cruddur.UUID{}))
	list, err = s.List(t.Context(), ada.UUID, start.Add(12*time.Minute))
	if err != nil || len(list) != 0 {
		t.Errorf("List() after EndAll() = %+v, %v", list, err)
	}
	if _, _, err := s.Resume(t.Context(), strangers, start); err != nil {
		t.Errorf("a stranger's session ended too: %v", err)
	}
}

// What a browser says of itself is cut to the column, made valid, and cannot break the insert.
func TestBrowserFromOutside(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := identity.NewSessions(db)
	u := member(t, db, "ada")
	for _, agent := range []string{"", strings.Repeat("é", 1000), "nul\x00byte", "bad \xff utf-8", "line\r\nbreak", strings.Repeat("\xf0\x9f", 300)} {
		token, err := s.Begin(t.Context(), u.Subject, identity.Browser{UserAgent: agent, Address: strings.Repeat("f", 500) + "%eth0"}, start)
		if err != nil {
			t.Errorf("Begin(%.20q) = %v", agent, err)
			continue
		}
		_, session, err := s.Resume(t.Context(), token, start)
		must(t, err)
		if n := utf8.RuneCountInString(session.UserAgent); n > 256 || strings.ContainsAny(session.UserAgent, "\r\n\x00") {
			t.Errorf("the browser of %.20q is kept as %q", agent, session.UserAgent)
		}
	}
	if _, err := s.Begin(t.Context(), "nobody", identity.Browser{}, start); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
		t.Errorf("Begin() for an unknown subject = %v, want unauthenticated", err)
	}
}

func TestStrangeCookies(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := identity.NewSessions(db)
	u := member(t, db, "ada")
	token := begin(t, s, u, start)
	for _, bad := range []string{"", "null", token[:42], token + "A", token[:42] + "=", token[:42] + "\n", strings.ToUpper(token), strings.Repeat("A", 43), strings.Repeat("A", 1<<20), "\x00", "'; drop table sessions; --"} {
		if _, _, err := s.Resume(t.Context(), bad, start); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
			t.Errorf("Resume(%.50q) = %v, want unauthenticated", bad, err)
		}
	}
}

func TestOnlyTheHashIsStored(t *testing.T) {
	t.Parallel()
	token, hash := identity.NewToken()
	again, ok := identity.HashToken(token)
	if !ok || !bytes.Equal(hash, again) || len(hash) != 32 || len(token) != 43 {
		t.Errorf("HashToken(NewToken()) = %x, %v, want %x", again, ok, hash)
	}
	if other, _ := identity.NewToken(); other == token {
		t.Error("two tokens are the same")
	}
}

func FuzzHashToken(f *testing.F) {
	token, _ := identity.NewToken()
	f.Add(token)
	f.Add("")
	f.Add(strings.Repeat("_", 43))
	f.Fuzz(func(t *testing.T, s string) {
		hash, ok := identity.HashToken(s)
		if ok != (hash != nil) || ok && len(hash) != 32 {
			t.Errorf("HashToken(%q) = %x, %v", s, hash, ok)
		}
		if ok && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("HashToken(%q) takes what is no base64url", s)
		}
	})
}
