package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/httpserver"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

var benchmarkActivities = func() []cruddur.Activity {
	now := time.Now()
	list := make([]cruddur.Activity, 20)
	for i := range list {
		list[i] = cruddur.Activity{
			Handle: "andrew", DisplayName: "Andrew Brown", CreatedAt: now, ExpiresAt: now.Add(7 * 24 * time.Hour),
			Message: "Cloud is very fun! A message of about eighty characters, as people write them.",
		}
	}
	return list
}()

func BenchmarkAppendActivities(b *testing.B) {
	buf := make([]byte, 0, 32<<10)
	b.ReportAllocs()
	for b.Loop() {
		buf = api.AppendActivities(buf[:0], benchmarkActivities)
	}
	b.SetBytes(int64(len(buf)))
}

type memoryFeed struct{}

func (memoryFeed) Home(context.Context, cruddur.UUID, int, time.Time) ([]cruddur.Activity, error) {
	return benchmarkActivities, nil
}

// BenchmarkHome measures the server's work for a page of 20 cruds, without the database and the socket.
func BenchmarkHome(b *testing.B) {
	now := time.Now()
	c := api.Config{Feed: memoryFeed{}, Limits: ratelimit.New(), RequestLimit: -1, Now: func() time.Time {
		now = now.Add(5 * time.Second) // stays below the request limit
		return now
	}}
	unlimited := api.New(c)
	c.RequestLimit = 300
	limited := api.New(c)
	for _, bench := range []struct {
		name, from string
		handler    http.Handler
	}{
		{"API", "192.0.2.1", unlimited},
		{"Limited", "192.0.2.1", limited},
		{"Limited/IPv6", "2001:db8:1:2:3:4:5:6", limited},
		{"Server", "192.0.2.1", httpserver.New(httpserver.Config{API: limited, Web: http.NotFoundHandler()}).Handler()},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/api/activities/home", nil)
			r = r.WithContext(request.WithClient(r.Context(), netip.MustParseAddr(bench.from)))
			b.ReportAllocs()
			for b.Loop() {
				bench.handler.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}
