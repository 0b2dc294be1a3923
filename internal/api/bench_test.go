package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/httpserver"
	"cruddur/internal/ratelimit"
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

// BenchmarkHome is everything that the server does for a page of 20 but the database and the socket.
func BenchmarkHome(b *testing.B) {
	h := api.New(api.Config{Feed: memoryFeed{}, Limits: ratelimit.New(), RequestLimit: -1})
	for name, handler := range map[string]http.Handler{
		"API":    h,
		"Server": httpserver.New(httpserver.Config{API: h, Web: http.NotFoundHandler()}).Handler(),
	} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/api/activities/home", nil)
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}
