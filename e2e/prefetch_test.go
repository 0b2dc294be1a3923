package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
)

// pressOn presses the mouse on an element; release lets it go there, or elsewhere.
func (b *tab) pressOn(selector string) (release func(there bool)) {
	b.t.Helper()
	at := eval[[]float64](b, `(() => { const e = document.querySelector(`+"`"+selector+"`"+`); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()`)
	send := func(kind input.DispatchMouseEventType) {
		b.t.Helper()
		call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at[0], Y: at[1], Button: input.MouseButtonLeft, ClickCount: 1})
	}
	send(input.DispatchMouseEventTypeMouseMoved)
	send(input.DispatchMouseEventTypeMousePressed)
	return func(there bool) {
		b.t.Helper()
		if !there {
			at = []float64{1, 1}
			send(input.DispatchMouseEventTypeMouseMoved)
		}
		send(input.DispatchMouseEventTypeMouseReleased)
	}
}

// TestFetchedAhead presses links: the browser fetches pages that change nothing by being read, and no others, and shows
// no page that has become old in the meantime.
func TestFetchedAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	crud := w.crud(t, "noor", "a crud #tides by @ada", "1-day", time.Hour)
	if _, err := w.db.Like(t.Context(), w.users["noor"].UUID, w.crud(t, "ada", "mine", "1-day", time.Hour).UUID, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var fetched []string
	inner := *w.line.server.Load()
	var outer http.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") {
			mu.Lock()
			fetched = append(fetched, r.URL.RequestURI())
			mu.Unlock()
		}
		inner.ServeHTTP(rw, r)
	})
	w.line.server.Store(&outer)
	until := func(want ...string) {
		t.Helper()
		for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
			mu.Lock()
			got := slices.Clone(fetched)
			mu.Unlock()
			if slices.Equal(got, want) {
				return
			}
			if time.Now().After(deadline) || len(got) > len(want) {
				t.Fatalf("fetched ahead: %q, want %q", got, want)
			}
		}
	}
	b := w.as(t, "ada")
	b.open("/about")
	b.installed()
	b.open("/")
	thread := pathOf(crud)
	for _, link := range []string{`.menu a[href="/notifications"]`, `.menu a[href="/messages"]`, `.menu a[href="/settings"]`, `.tabs a[href="/?feed=following"]`, `.crud .more summary`} {
		b.pressOn(link)(false)
	}
	release := b.pressOn(`.crud .when[href="` + thread + `"]`)
	until(thread)
	release(true)
	b.at(thread)
	b.until(`(() => { const n = performance.getEntriesByType("navigation")[0]; return n.deliveryType === "navigational-prefetch" && n.type === "navigate"; })()`)
	// The clocks say that the page was fetched a while ago.
	release = b.pressOn(`.say .tag`)
	until(thread, "/tags/tides")
	eval[bool](b, `(sessionStorage.setItem("cruddur-clocks", Number(sessionStorage.getItem("cruddur-clocks")) + 5000), true)`)
	release(true)
	b.at("/tags/tides")
	b.until(`(() => { const n = performance.getEntriesByType("navigation")[0]; return n.deliveryType === "" && n.type === "reload"; })()`)
	if n, err := w.db.Unread(t.Context(), w.users["ada"].UUID, time.Now()); err != nil || n.Count == 0 {
		t.Errorf("unread: %v, %v", n, err)
	}
}
