package web

import (
	"sync"
	"testing"
)

// A form counts once, whether it is sent again through Back or by a second press. With a newly typed text it is
// another crud.
func TestAFormCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	noor, _ := w.member("noor")
	draft, _ := ada.get("/").Find(`input[name="draft"]`).Attr("value")
	if other, _ := ada.get("/compose").Find(`input[name="draft"]`).Attr("value"); draft == "" || draft == other || draftID(draft) != draft {
		t.Fatalf("two forms have the ids %q and %q", draft, other)
	}
	send := func(b *browser, draft, message, ttl string) {
		t.Helper()
		b.post("/compose", "message", message, "ttl", ttl, "draft", draft).goes(t, "/?draft="+draft+"&notice=posted")
	}
	count := func(want int, what string) {
		t.Helper()
		if got := ada.get("/").Find(".crud").Length(); got != want {
			t.Fatalf("%s: %d cruds, want %d", what, got, want)
		}
	}
	send(ada, draft, "hello", "1-hour")
	send(ada, draft, " hello\r\n", "1-hour")
	count(1, "the same form twice")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			send(&browser{world: w, cookies: map[string]string{"cruddur": ada.cookies["cruddur"]}, client: ada.client}, draft, "at once", "1-day")
		})
	}
	wg.Wait()
	count(2, "a new text in it, eight times at once")
	send(ada, draft, "hello", "3-hours")
	count(3, "another lifetime")
	send(noor, draft, "hello", "1-hour")
	count(4, "another member")
	ada.post("/compose", "message", "hello", "ttl", "1-hour").goes(t, "/?notice=posted")
	ada.post("/compose", "message", "hello", "ttl", "1-hour").goes(t, "/?notice=posted")
	count(6, "a form without an id, twice")
}
