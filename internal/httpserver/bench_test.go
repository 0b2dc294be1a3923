package httpserver_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"cruddur/internal/httpserver"
)

func BenchmarkMiddleware(b *testing.B) {
	for _, c := range []struct {
		host string
		only bool
	}{{"example.com", false}, {"localhost:4567", true}, {"127.0.0.1:4567", true}} {
		b.Run(c.host, func(b *testing.B) {
			h := httpserver.New(httpserver.Config{API: text("ok"), Web: text("ok"), LocalOnly: c.only}).Handler()
			r := httptest.NewRequest("GET", "/api/x", nil)
			r.Host = c.host
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
