package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// CVE-2022-4845, CVE-2022-4849, CVE-2023-5036 (Memos): a page of another site could send forms in a member's name.
//
// It walks the table: every route that writes has an access rule and a limit, and refuses requests
// from another site.
func TestAdvisoryCrossSiteForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	free := []string{"/signout", "/theme", "/language"} // these change only a cookie of the requester
	for _, rt := range w.site.routes() {
		t.Run(rt.method+" "+rt.pattern, func(t *testing.T) {
			if rt.method != http.MethodGet && rt.method != http.MethodPost {
				t.Fatalf("method %s", rt.method)
			}
			if rt.method == http.MethodGet {
				return
			}
			if rt.limit == nil {
				t.Error("no limit")
			}
			if rt.who == everybody && !slices.Contains(free, rt.pattern) {
				t.Error("no rule of who may")
			}
			path := strings.NewReplacer("{at}", "@ada", "{uuid}", "00000000-0000-7000-8000-000000000000").Replace(rt.pattern)
			b := w.stranger()
			b.site = "cross-site"
			if a := b.post(path).want(t, http.StatusForbidden); a.text("h1") != "Sent from another site" {
				t.Errorf("heading = %q", a.text("h1"))
			}
			if rt.who == member || rt.who == owner {
				w.stranger().post(path).want(t, http.StatusUnauthorized)
			}
		})
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"HEAD", "/", 200, ""},
		{"POST", "/", 405, "GET, HEAD"},
		{"DELETE", "/compose", 405, "GET, HEAD, POST"},
		{"GET", "/signout", 405, "POST"},
		{"HEAD", "/theme", 405, "POST"},
		{"PUT", "/@ada", 405, "GET, HEAD"},
		{"PUT", "/@ada/status/1", 405, "GET, HEAD"},
		{"BREW", "/about", 405, "GET, HEAD"},
		{"POST", "/nothing", 404, ""},
		{"PUT", "/nothing/at/all", 404, ""},
		{"GET", "/nothing", 404, ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			a := w.stranger().do(tt.method, tt.path, nil).want(t, tt.status)
			if got := a.header.Get("Allow"); got != tt.allow {
				t.Errorf("Allow: %q, want %q", got, tt.allow)
			}
		})
	}
}

// TestEveryLimitBites sends each form until it is refused.
func TestEveryLimitBites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	w.must(w.db.SetRole(t.Context(), u.UUID, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine}, w.now))
	for i, rt := range w.site.routes() {
		if rt.method != http.MethodPost || rt.pattern == "/settings/delete" || rt.pattern == "/settings/password" || rt.pattern == "/signup" {
			continue // each attempt costs a password hash: see TestPasswordLimits
		}
		t.Run(rt.pattern, func(t *testing.T) {
			path := strings.NewReplacer("{at}", "@ada", "{uuid}", "00000000-0000-7000-8000-000000000000").Replace(rt.pattern)
			w.site.Limits = ratelimit.New() // some share a limit
			client := "192.0.2." + strconv.Itoa(i)
			for n := range 310 {
				b := w.stranger()
				if rt.who != everybody && rt.who != stranger && rt.who != anything {
					b.cookies["cruddur"] = ada.cookies["cruddur"]
				}
				b.client = client
				// No e-mail address: an attempt that its format refuses does not count.
				a := b.post(path)
				if a.status != http.StatusTooManyRequests {
					if token := b.cookies["cruddur"]; token != "" {
						ada.cookies["cruddur"] = token // ending the others gives a new one
					}
					continue
				}
				if n < 5 {
					t.Errorf("refused after %d", n)
				}
				if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds < 1 {
					t.Errorf("Retry-After = %q", a.header.Get("Retry-After"))
				}
				if !strings.Contains(a.text("main"), "Try again in") {
					t.Errorf("page says %q", a.text("main"))
				}
				return
			}
			t.Error("never refused")
		})
	}
}

func TestPasswordLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	for _, path := range []string{"/settings/password", "/settings/delete"} {
		last := 0
		for range 7 {
			a := ada.post(path, "old_password", "wrong", "password", "wrong wrong wrong")
			if last = a.status; last == http.StatusTooManyRequests {
				break
			}
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("%s: status after 7 wrong passwords = %d, want 429", path, last)
		}
	}
}

// CVE-2026-33868 (Mastodon), CVE-2025-67713, CVE-2026-55185 (Miniflux): a link to the site led on to another.
func TestAdvisoryOpenRedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]string{
		"": "/", "/": "/", "/compose": "/compose", "/settings": "/settings", "/@ada": "/@ada",
		"/@ada/status/0196-x": "/@ada/status/0196-x", "/?before=x": "/?before=x", "/about?a=%3C": "/about?a=%3C",
		"https://evil.example/": "/", "//evil.example": "/", "/\\evil.example": "/", "/%5cevil.example": "/", "/%2Fevil.example": "/", "%2F%2Fevil.example": "/", "/%2f/evil.example": "/", "///evil.example": "/", "/@evil.example//x": "/", "/\t/evil.example": "/", "javascript:alert(1)": "/",
		"/../settings": "/", "/./": "/", "//": "/", "/nowhere": "/", "/static/app.css": "/", "/signout": "/", "/theme": "/",
		"/about\r\nSet-Cookie: a=b": "/", "about": "/", "/settings/": "/", "/about#x": "/", "http:/about": "/", "/@ada/../../x": "/",
		"/" + strings.Repeat("a", 600): "/",
	} {
		if got := w.site.returnTo(path); got != want {
			t.Errorf("returnTo(%q) = %q, want %q", path, got, want)
		}
	}
}
