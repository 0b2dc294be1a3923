package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
)

func TestHealthCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if a := w.get("/api/health-check"); a.status != 200 || a.body != `{"success":true,"ver":1}` {
		t.Errorf("answer = %d %s", a.status, a.body)
	}
}

// Every answer under /api is JSON, errors included.
func TestErrorsAreJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		method, target string
		status         int
		code           string
	}{
		{"GET", "/api", 404, "not_found"},
		{"GET", "/api/", 404, "not_found"},
		{"GET", "/api/nope", 404, "not_found"},
		{"GET", "/api//activities/home", 404, "not_found"},
		{"GET", "/api/activities/home/", 404, "not_found"},
		{"GET", "/api/../api/activities/home", 404, "not_found"},
		{"GET", "/api/activities/@", 404, "not_found"},
		{"GET", "/api/activities/@nobody", 404, "not_found"},
		{"GET", "/api/activities/@%00", 404, "not_found"},
		{"GET", "/api/activities/@%ff%fe", 404, "not_found"},
		{"GET", "/api/users/@nobody/short", 404, "not_found"},
		{"GET", "/api/users/nobody/short", 404, "not_found"},
		{"GET", "/api/activities/notifications", 401, "unauthenticated"},
		{"GET", "/api/notifications", 401, "unauthenticated"},
		{"GET", "/api/notifications/", 404, "not_found"},
		{"GET", "/api/notifications/seen", 405, "method_not_allowed"},
		{"PUT", "/api/notifications/unread", 405, "method_not_allowed"},
		{"GET", "/api/message_groups", 401, "unauthenticated"},
		{"GET", "/api/messages/unread", 401, "unauthenticated"},
		{"GET", "/api/messages/@nobody", 401, "unauthenticated"},
		{"GET", "/api/messages", 405, "method_not_allowed"},
		{"POST", "/api/messages/@nobody", 405, "method_not_allowed"},
		{"GET", "/api/activities/@nobody/replies", 404, "not_found"},
		{"GET", "/api/activities/@nobody/likes", 404, "not_found"},
		{"GET", "/api/activities/@nobody/reposts", 404, "not_found"},
		{"PUT", "/api/activities/@nobody/like", 404, "not_found"},
		{"PUT", "/api/activities/@nobody/end", 404, "not_found"},
		{"GET", "/api/activities/home/likes", 404, "not_found"},
		{"GET", "/api/users/suggested/followers", 404, "not_found"},
		{"GET", "/api/activities/01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970/like", 405, "method_not_allowed"},
		{"GET", "/api/activities/01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970/reply", 405, "method_not_allowed"},
		{"POST", "/api/activities/following", 405, "method_not_allowed"},
		{"DELETE", "/api/activities/home", 405, "method_not_allowed"},
		{"GET", "/api/activities", 405, "method_not_allowed"},
		{"PATCH", "/api/profile/update", 405, "method_not_allowed"},
		{"BREW", "/api/health-check", 405, "method_not_allowed"},
	} {
		a := w.do(query{method: c.method, target: c.target, odd: true})
		w.want(a, c.status, c.code)
		if got := a.header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%s %s: Content-Type = %q", c.method, c.target, got)
		}
		if c.status == 405 && !strings.Contains(a.header.Get("Allow"), "OPTIONS") {
			t.Errorf("%s %s: Allow = %q", c.method, c.target, a.header.Get("Allow"))
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: header = %v", c.method, c.target, a.header)
		}
	}
}

// An invalid token on a read that needs no token means an anonymous reader.
func TestReadsAreOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	crud := w.post(u, "hello", "1-day")
	targets := []string{"/api/activities/home", "/api/activities/" + crud.UUID.String(), "/api/activities/@andrew", "/api/users/@andrew/short", "/api/health-check"}
	for _, authorization := range []string{"Bearer null", "Bearer undefined", "Bearer", "Bearer ", "null", "Basic YTpi", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer \u00ff", strings.Repeat("x", 20000), "Bearer andrew"} {
		for _, target := range targets {
			a := w.do(query{target: target, header: []string{"Authorization: " + authorization}})
			if a.status != 200 {
				t.Errorf("%s with %.40q answers %d %s", target, authorization, a.status, a.body)
			}
		}
	}
}

// A token that cannot be checked now is nobody's and not a stranger's: what its member blocks would be shown to them.
func TestUncheckedTokensReadNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post(w.member("andrew"), "hello", "1-day")
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{{cruddur.NewError(cruddur.KindUnavailable), 503, "unavailable"}, {errors.New("the key cannot be read"), 500, "internal"}} {
		w.identity.verify = c.err
		for _, target := range []string{"/api/activities/home", "/api/activities/@andrew", "/api/users/@andrew/short", "/api/me"} {
			w.want(w.do(query{target: target, token: "unknown"}), c.status, c.code)
		}
		if a := w.do(query{target: "/api/activities/home"}); a.status != 200 {
			t.Errorf("a stranger is answered %d %s", a.status, a.body)
		}
	}
	if !strings.Contains(w.log.String(), "the key cannot be read") {
		t.Errorf("the log has no word of the fault: %s", w.log)
	}
}

func TestETag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	w.post(u, "one", "1-day")
	first := w.get("/api/activities/home")
	tag := first.header.Get("ETag")
	if first.header.Get("Content-Length") != strconv.Itoa(len(first.body)) || first.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("header = %v", first.header)
	}
	for _, known := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		a := w.do(query{target: "/api/activities/home", header: []string{"If-None-Match: " + known}})
		if a.status != 304 || a.body != "" || a.header.Get("ETag") != tag {
			t.Errorf("If-None-Match: %s answers %d %s", known, a.status, a.body)
		}
	}
	w.post(u, "two", "1-day")
	a := w.do(query{target: "/api/activities/home", header: []string{"If-None-Match: " + tag}})
	if a.status != 200 || a.header.Get("ETag") == tag {
		t.Errorf("after a post: %d %s", a.status, a.header.Get("ETag"))
	}
	if head := w.do(query{method: "HEAD", target: "/api/activities/home"}); head.status != 200 || head.header.Get("ETag") != a.header.Get("ETag") {
		t.Errorf("HEAD = %d %v", head.status, head.header)
	}
}

// Answers for one member are never cached.
func TestPrivateIsNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	for _, target := range []string{"/api/me", "/api/me/export"} {
		a := w.do(query{target: target, token: "andrew"})
		if a.status != 200 || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s = %d, Cache-Control: %s", target, a.status, a.header.Get("Cache-Control"))
		}
	}
	if vary := w.get("/api/activities/home").header.Get("Vary"); !strings.Contains(vary, "Authorization") || !strings.Contains(vary, "Origin") {
		t.Errorf("Vary = %q", vary)
	}
}

// CVE-2024-41659 (Memos): pages of any site could read answers with a member's credentials.
func TestAdvisoryCORSCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.handler = w.api(api.Config{Feed: feed.New(w.db), Store: w.db, RequestLimit: -1}) // every route, from every origin
	for _, origin := range []string{frontend, backend} {
		a := w.do(query{target: "/api/activities/home", header: []string{"Origin: " + origin}})
		if a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != origin || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "Link, ETag") {
			t.Errorf("%s: %d %v", origin, a.status, a.header)
		}
		a = w.do(query{method: "OPTIONS", target: "/api/activities", header: []string{"Origin: " + origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type"}})
		if a.status != 204 || a.header.Get("Access-Control-Allow-Methods") != "GET, POST, PUT, DELETE, OPTIONS" ||
			!strings.HasPrefix(a.header.Get("Access-Control-Allow-Headers"), "content-type, authorization, if-none-match, idempotency-key") || a.header.Get("Access-Control-Max-Age") == "" {
			t.Errorf("preflight of %s: %d %v", origin, a.status, a.header)
		}
	}
	for _, origin := range []string{"null", "https://evil.example", frontend + ".evil.example", "http://front.example", frontend + ":444", "https://FRONT.example", frontend + "/", "https://evilfront.example"} {
		for _, method := range []string{"GET", "OPTIONS", "POST"} {
			for _, r := range append(api.Routes(), "GET /api/nope") {
				_, path, _ := strings.Cut(r, " ")
				a := w.do(query{method: method, target: strings.NewReplacer("{", "", "}", "").Replace(path), header: []string{"Origin: " + origin}, odd: true})
				for name := range a.header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s allows %s: %s", method, path, origin, name)
					}
				}
			}
		}
	}
	w.want(w.do(query{method: "POST", target: "/api/auth/signin", header: []string{"Origin: https://evil.example"}, body: `{"email":"a","password":"b"}`}), 403, "forbidden")
	if n := w.identity.saw("signin"); n != 0 {
		t.Error("a foreign page has signed somebody in")
	}
	if a := w.do(query{target: "/api/activities/home", header: []string{"Origin: " + frontend}}); a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Error("credentials are allowed")
	}
	if a := w.do(query{method: "POST", target: "/api/auth/signin", header: []string{"Origin: http://example.com"}, body: `{"email":"a","password":"b"}`}); a.status != 200 {
		t.Errorf("a page of our own host gets %d", a.status)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.example": "https://a.example", "https://A.example/path?x": "https://a.example", "https://a.example:443": "https://a.example",
		"http://a.example:80/": "http://a.example", "http://a.example:443": "http://a.example:443", "": "", "a.example": "", "ftp://a.example": "", "javascript:alert(1)": "",
	} {
		if got := api.Origin(in); got != want {
			t.Errorf("origin(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	h := w.api(api.Config{Feed: brokenStore{}, Store: w.db, RequestLimit: 3})
	me := func(token string) answer {
		return w.do(query{target: "/api/health-check", token: token, handler: h})
	}
	for want := 2; want >= 0; want-- {
		a := me("")
		if a.status != 200 || a.header.Get("X-RateLimit-Limit") != "3" || a.header.Get("X-RateLimit-Remaining") != strconv.Itoa(want) {
			t.Errorf("answer = %d %v", a.status, a.header)
		}
	}
	a := me("")
	w.want(a, 429, "too_many_requests")
	if a.header.Get("Retry-After") != "100" || a.header.Get("X-RateLimit-Remaining") != "0" || a.header.Get("X-RateLimit-Reset") != "300" {
		t.Errorf("header = %v", a.header)
	}
	w.want(me("made-up"), 429, "too_many_requests")
	w.want(w.do(query{target: "/api/health-check", header: []string{"X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "X-Real-IP: 203.0.113.9"}, handler: h}), 429, "too_many_requests")
	if a := me("andrew"); a.status != 200 {
		t.Errorf("a member has an allowance of their own, got %d", a.status)
	}
	w.client = netip.MustParseAddr("192.0.2.2")
	if a := me(""); a.status != 200 {
		t.Errorf("another client gets %d", a.status)
	}
	w.client = netip.MustParseAddr("2001:db8::1")
	for range 3 {
		me("")
	}
	w.client = netip.MustParseAddr("2001:db8::ffff:1")
	w.want(me(""), 429, "too_many_requests")
	w.now = w.now.Add(100 * time.Second)
	if a := me(""); a.status != 200 {
		t.Errorf("after the wait: %d", a.status)
	}
}

// brokenStore is a feed that always returns its error, or panics.
type brokenStore struct{ err error }

func (b brokenStore) Home(context.Context, cruddur.UUID, int, time.Time) ([]cruddur.Activity, error) {
	if b.err == nil {
		panic("broken")
	}
	return nil, b.err
}

func TestFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := errors.New("password=hunter2 SQLSTATE 42703")
	away := cruddur.NewError(cruddur.KindUnavailable)
	away.RetryAfter = 7
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
		retry  string
	}{
		"Panic":    {nil, 500, "internal", ""},
		"Internal": {secret, 500, "internal", ""},
		"Away":     {away.Wrap(secret), 503, "unavailable", "7"},
		"Slow":     {context.DeadlineExceeded, 503, "unavailable", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			w.log.Reset()
			a := w.do(query{target: "/api/activities/home", handler: w.api(api.Config{Feed: brokenStore{c.err}, Store: w.db})})
			w.want(a, c.status, c.code)
			if got := a.header.Get("Retry-After"); got != c.retry {
				t.Errorf("Retry-After = %q, want %q", got, c.retry)
			}
			if !strings.Contains(w.log.String(), "request=test") {
				t.Errorf("the log does not name the request: %s", w.log)
			}
		})
	}
	w.want(w.do(query{target: "/api/me", token: "panic"}), 500, "internal")
}

// A panic in a handler does not end the process, and the next request works.
func TestClientGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := http.NewRequestWithContext(canceled(t), "GET", "/api/activities/home", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.handler.ServeHTTP(discard{http.Header{}}, r)
	if strings.Contains(w.log.String(), "level=ERROR") {
		t.Errorf("a client that went away is logged as a fault: %s", w.log)
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
