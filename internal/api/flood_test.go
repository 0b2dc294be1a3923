package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/filter"
	"cruddur/internal/request"
)

// flooder sends many requests from many addresses to one handler.
type flooder struct {
	*world
	handler http.Handler
}

func (f flooder) send(from, method, target, token, body string) int {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r = r.WithContext(request.With(f.t.Context(), request.Info{ID: "test", Client: netip.MustParseAddr(from)}))
	rec := httptest.NewRecorder()
	f.handler.ServeHTTP(rec, r)
	return rec.Code
}

func forgot(email string) string { return fmt.Sprintf(`{"email":%q}`, email) }

// others are clients outside the flood; each of them must be answered.
func (f flooder) others(when, member string) {
	f.t.Helper()
	for what, status := range map[string]int{
		"a newcomer reads":                    f.send("198.51.100.1", "GET", "/api/activities/home", "", ""),
		"a newcomer signs in":                 f.send("198.51.100.2", "POST", "/api/auth/signin", "", `{"email":"new@example.com","password":"correct horse"}`),
		"a newcomer with IPv6 reads":          f.send("2001:db8:beef::1", "GET", "/api/activities/home", "", ""),
		"a member reads":                      f.send("198.51.100.3", "GET", "/api/me", member, ""),
		"a member has forgotten a password":   f.send("198.51.100.4", "POST", "/api/auth/forgot", "", forgot(member+"@example.com")),
		"a stranger has forgotten a password": f.send("198.51.100.5", "POST", "/api/auth/forgot", "", forgot("somebody@example.com")),
	} {
		if status != 200 && status != 204 {
			f.t.Errorf("%s: %s is answered %d", when, what, status)
		}
	}
}

// A flood blocks only its own network, and takes little memory.
func TestFloods(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"ada", "bea", "cid"} {
		w.member(name)
	}
	f := flooder{w, w.api(api.Config{Feed: filter.Feed{Homes: feed.New(w.db), Store: filter.Store{DB: w.db}}, Store: filter.Store{DB: w.db}})}
	before := heap()

	answered := 0
	for i := range 50_000 { // one /48 has more /64s than that
		if f.send(fmt.Sprintf("2001:db8:1:%x::1", i), "GET", "/api/health-check", "", "") == 200 {
			answered++
		}
	}
	if answered != 16*300 {
		t.Errorf("%d requests from one /48 are answered, want 4800", answered)
	}
	f.others("after 50,000 /64s of one /48", "ada")

	for i := range 50_000 { // different /48 networks, 25 addresses from each
		f.send(fmt.Sprintf("2001:db8:%x::1", 2+i/25), "POST", "/api/auth/forgot", "", forgot(fmt.Sprintf("invented%d@example.net", i)))
	}
	f.others("after 50,000 invented e-mail addresses", "bea")

	for i := range 50_000 {
		f.send(fmt.Sprintf("2001:db9:%x::1", i), "POST", "/api/auth/signin", "", fmt.Sprintf(`{"email":"x%d@example.net","password":"correct horse"}`, i))
	}
	f.others("after 50,000 sign-ins from as many /48s", "cid")

	w.identity.ended = nil // the memory of this test's provider after the flood
	grown := int64(heap()) - int64(before)
	if t.Logf("the heap grew by %d bytes", grown); grown > 16<<20 {
		t.Errorf("the heap grew by %d bytes, want at most 16 MiB", grown)
	}
	runtime.KeepAlive(f)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Each member has an allowance, and all members at one address share another one.
func TestMembersAtOneAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := flooder{w, w.api(api.Config{Feed: filter.Feed{Homes: feed.New(w.db), Store: filter.Store{DB: w.db}}, Store: filter.Store{DB: w.db}})}
	got := map[int]int{}
	for _, name := range []string{"ada", "bea", "cid"} {
		w.member(name)
		for range 280 {
			got[f.send("192.0.2.1", "GET", "/api/health-check", name, "")]++
		}
	}
	if got[200] != 600 || got[429] != 240 {
		t.Errorf("three members at one address: %v, want 600 answered and 240 refused", got)
	}
	if status := f.send("192.0.2.2", "GET", "/api/health-check", "cid", ""); status != 200 {
		t.Errorf("the third member at another address: %d", status)
	}
	if status := f.send("192.0.2.1", "GET", "/api/health-check", "", ""); status != 200 {
		t.Errorf("a stranger at the address of many members: %d", status)
	}
}
