package httpserver_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"cruddur/internal/httpserver"
)

// A foreign page whose name leads to this machine reads nothing.
func TestHosts(t *testing.T) {
	t.Parallel()
	ask := func(h http.Handler, host, path string) int {
		r := httptest.NewRequest("GET", path, nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	ours := []string{"localhost", "localhost:4567", "LOCALHOST.:4567", "127.0.0.1:4567", "[::1]:4567", "cruddur.localhost", "127.0.0.2", ""}
	theirs := []string{"evil.example", "evil.example:4567", "localhost.evil.example", "192.0.2.1", "127.0.0.1.evil.example", "evil.example:127.0.0.1", "0.0.0.0:4567"}
	config := func(localOnly bool, admin string) *httpserver.Server {
		return httpserver.New(httpserver.Config{API: text("api"), Web: text("web"), LocalOnly: localOnly, AdminListen: admin})
	}
	local, public := config(true, "127.0.0.1:4568"), config(false, "10.0.0.5:4568")
	for _, path := range []string{"/", "/api/activities/home", "/static/app.css", "/signup", "/.well-known/jwks.json"} {
		for _, host := range ours {
			if got := ask(local.Handler(), host, path); got != 200 {
				t.Errorf("%s of %q = %d", path, host, got)
			}
		}
		for _, host := range theirs {
			if got := ask(local.Handler(), host, path); got != 421 {
				t.Errorf("%s of %q = %d, want 421", path, host, got)
			}
			if got := ask(public.Handler(), host, path); got != 200 {
				t.Errorf("%s of %q where others may come = %d", path, host, got)
			}
		}
	}
	for _, host := range theirs {
		for _, path := range []string{"/livez", "/readyz"} {
			if got := ask(local.Handler(), host, path); got != 200 {
				t.Errorf("%s of %q = %d: a balancer asks by any name", path, host, got)
			}
		}
		for _, path := range []string{"/metrics", "/livez"} {
			if got := ask(local.Admin(), host, path); got != 421 {
				t.Errorf("the admin listener's %s of %q = %d, want 421", path, host, got)
			}
			if got := ask(public.Admin(), host, path); got != 200 {
				t.Errorf("the admin listener's %s of %q on another address = %d", path, host, got)
			}
		}
	}
	for _, host := range ours {
		if got := ask(local.Admin(), host, "/metrics"); got != 200 {
			t.Errorf("/metrics of %q = %d", host, got)
		}
	}
}
