package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestConversationComesInParts reads a conversation over a bad line, on which the page comes in two parts with a pause
// between them. It begins at its newest message, so a browser that drew the first part would move all of it up.
func TestConversationComesInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	for i := range 4 {
		m := w.whisper(t, "noor", "ada", fmt.Sprint("message ", i), time.Duration(10-i)*time.Minute)
		if err := w.db.Accept(t.Context(), w.users["ada"].UUID, m.Conversation, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	b := w.as(t, "ada")
	line := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, w.url+r.URL.String(), nil)
		if err != nil {
			t.Error(err)
			return
		}
		out.Header["Cookie"] = r.Header["Cookie"]
		res, err := http.DefaultClient.Do(out)
		if err != nil {
			return // the tab is closed
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return
		}
		rw.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		if at := strings.Index(string(body), "message 2"); at > 0 && strings.HasPrefix(r.URL.Path, "/messages") {
			_, _ = rw.Write(body[:at])
			rw.(http.Flusher).Flush()
			body = body[at:]
			time.Sleep(300 * time.Millisecond) // the browser has long drawn what it wants to draw
		}
		_, _ = rw.Write(body)
	}))
	t.Cleanup(line.Close)
	b.url = line.URL
	b.open("/messages/@noor")
	if moved := eval[float64](b, `new Promise((done) => {
		let sum = 0;
		new PerformanceObserver((list) => { for (const e of list.getEntries()) sum += e.value; }).observe({type: "layout-shift", buffered: true});
		requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum))));
	})`); moved > 0.01 {
		t.Errorf("a conversation that comes in two parts moved by %.3f", moved)
	}
}
