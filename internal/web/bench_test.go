package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// BenchmarkHome is the page of 20 cruds without the database: what rendering alone costs. Its JSON
// takes about 20 µs; with the query, which costs both the same, the page must reach half its rate.
func BenchmarkHome(b *testing.B) {
	list := make([]cruddur.Activity, 20)
	for i := range list {
		list[i] = cruddur.Activity{
			UUID: cruddur.UUID{byte(i)}, Handle: fmt.Sprintf("member%d", i), DisplayName: fmt.Sprintf("Member %d", i),
			Message:   "Working title for the translation: “It sounds better in the original”. Draft at https://example.org/a for @noor",
			CreatedAt: noon.Add(-time.Hour), ExpiresAt: noon.Add(time.Hour),
		}
	}
	s, err := newSite(Config{Feed: fixed(list), Limits: ratelimit.Unlimited(), Now: func() time.Time { return noon }})
	if err != nil {
		b.Fatal(err)
	}
	h, err := s.handler()
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
