package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// memory is a store that answers from memory.
type memory struct {
	Store
	list []cruddur.Activity
}

func (m memory) Activity(context.Context, cruddur.UUID, time.Time) (cruddur.Activity, error) {
	return m.list[0], nil
}

func (m memory) Thread(context.Context, cruddur.UUID, cruddur.UUID, time.Time) (cruddur.Thread, error) {
	return cruddur.Thread{Activity: m.list[0]}, nil
}

func (m memory) Profile(_ context.Context, handle string, _ time.Time) (cruddur.Profile, error) {
	return cruddur.Profile{
		Handle: handle, DisplayName: "Member 0", CreatedAt: noon, CrudsCount: 20,
		Bio: "I translate novels, and keep bees: https://example.org/bees, with @noor.",
	}, nil
}

func (m memory) ActivitiesOf(context.Context, cruddur.UUID, cruddur.UUID, int, time.Time) ([]cruddur.Activity, error) {
	return m.list, nil
}

// BenchmarkHome and the other benchmarks measure pages without the database: the cost of rendering and counting
// alone. The JSON of the same 20 cruds takes about 20 µs; with the query, which costs the same for both, the page
// must reach half the rate of the JSON.
func BenchmarkHome(b *testing.B)    { benchmark(b, "/", ratelimit.New(), time.Second) } // drawn each time
func BenchmarkKept(b *testing.B)    { benchmark(b, "/", ratelimit.Unlimited(), 0) }
func BenchmarkProfile(b *testing.B) { benchmark(b, "/@member0", ratelimit.New(), time.Second) }
func BenchmarkCrud(b *testing.B) {
	benchmark(b, "/@member0/status/"+benchmarkList()[0].UUID.String(), ratelimit.New(), time.Second)
}

func benchmarkList() []cruddur.Activity {
	list := make([]cruddur.Activity, 20)
	for i := range list {
		list[i] = cruddur.Activity{
			UUID: cruddur.UUID{byte(i + 1)}, Handle: fmt.Sprintf("member%d", i), DisplayName: fmt.Sprintf("Member %d", i),
			Message:   "Working title for the translation: “It sounds better in the original”. Draft at https://example.org/a for @noor",
			CreatedAt: noon.Add(-time.Hour), ExpiresAt: noon.AddDate(90, 0, 0),
		}
	}
	return list
}

func benchmark(b *testing.B, path string, limits *ratelimit.Limiter, step time.Duration) {
	list, now := benchmarkList(), noon
	s, err := newSite(Config{Feed: fixed(list), Store: memory{list: list}, Limits: limits, Now: func() time.Time {
		now = now.Add(step) // a second stays below the request limit
		return now
	}})
	if err != nil {
		b.Fatal(err)
	}
	h, err := s.handler()
	if err != nil {
		b.Fatal(err)
	}
	for _, from := range []string{"192.0.2.1", "2001:db8:1:2:3:4:5:6"} {
		b.Run(from, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r = r.WithContext(request.WithClient(r.Context(), netip.MustParseAddr(from)))
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
