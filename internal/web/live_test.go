package web

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/live"
	"cruddur/internal/ratelimit"
)

// listener reads a stream.
type listener struct {
	t    testing.TB
	done chan struct{}
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *listener) got() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits until the stream has brought something, or has ended if that is "".
func (l *listener) await(what string) {
	l.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		select {
		case <-l.done:
			if what == "" {
				return
			}
		default:
		}
		if what != "" && strings.Contains(l.got(), what) {
			return
		}
		if time.Now().After(end) {
			l.t.Fatalf("the stream does not bring %q:\n%s", what, l.got())
		}
	}
}

// liveWorld is a world at the time of the clock, whose pages are told what is new.
func liveWorld(t *testing.T) (*world, func(*browser, string) *listener) {
	var hub *live.Hub
	w := newWorld(t, func(c *Config) {
		hub = live.New(live.Config{Store: c.Store.(live.Store), Activity: func(b []byte, _ *cruddur.Activity) []byte { return b }, Place: c.Place.Forget})
		c.Live, c.Limits = hub, ratelimit.Unlimited()
	})
	w.now = time.Now().UTC().Truncate(time.Microsecond)
	w.db.Watch(hub)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.Run(ctx)
	}()
	server := httptest.NewServer(w.handler)
	t.Cleanup(func() {
		hub.Drain()
		server.Close()
		cancel()
		<-done
	})
	return w, func(b *browser, path string) *listener {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		w.must(err)
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		res, err := server.Client().Do(r)
		w.must(err)
		if kind := res.Header.Get("Content-Type"); res.StatusCode != 200 || kind != "text/event-stream" {
			t.Fatalf("%s = %d %s", path, res.StatusCode, kind)
		}
		l := &listener{t: t, done: make(chan struct{})}
		go func() {
			defer close(l.done)
			defer res.Body.Close()
			b := make([]byte, 4096)
			for {
				n, err := res.Body.Read(b)
				l.mu.Lock()
				l.text.Write(b[:n])
				l.mu.Unlock()
				if err != nil {
					return
				}
			}
		}()
		l.await("retry:")
		return l
	}
}

// The pages of a browser are told the names of cruds and nothing of what they say; a stream goes on where its page stops.
func TestLive(t *testing.T) {
	t.Parallel()
	w, listen := liveWorld(t)
	ada, a := w.member("ada")
	bob, b := w.member("bob")
	w.must(w.db.Follow(t.Context(), b.UUID, a.UUID, true, w.now))
	position := ada.get("/").Find("html").AttrOr("data-live", "")
	hers, his, all := listen(ada, "/live"), listen(bob, "/live"), listen(w.stranger(), "/live")
	w.now = time.Now().UTC()
	crud := w.crud(a, "what it says", "1-day")
	reply, err := w.db.Reply(t.Context(), b.UUID, crud.UUID, "", "what he answers", "", w.now)
	w.must(err)
	line := `{"uuid":"` + crud.UUID.String() + `","handle":"ada","parent":null,"root":null,"followed":`
	answer := `{"uuid":"` + reply.UUID.String() + `","handle":"bob","parent":"` + crud.UUID.String() + `","root":"` + crud.UUID.String() + `","followed":`
	hers.await(line + "true}")
	hers.await(answer + "false}")
	hers.await(`{"notifications":2,"messages":0,"answer":true}`)
	his.await(line + "true}")
	all.await(line + "false}")
	listen(ada, "/live?after="+position).await(line)
	for _, l := range []*listener{hers, his, all} {
		if strings.Contains(l.got(), "what") {
			t.Errorf("a page is told what a crud says: %s", l.got())
		}
	}
	if got := w.stranger().get("/no/such/page").Find("html").AttrOr("data-live", "none"); got != "none" {
		t.Errorf("the page of an error says where its stream begins: %s", got)
	}
}

// Whoever has lost their session has lost their stream, and gets no other as a stranger.
func TestLiveEnds(t *testing.T) {
	t.Parallel()
	w, listen := liveWorld(t)
	type way struct {
		name string
		end  func(u cruddur.User, b *browser)
	}
	for _, tt := range []way{
		{"signout", func(_ cruddur.User, b *browser) { b.post("/signout") }},
		{"others", func(u cruddur.User, _ *browser) {
			_, err := w.db.EndSessions(t.Context(), u.UUID, cruddur.UUID{})
			w.must(err)
		}},
		{"suspended", func(u cruddur.User, _ *browser) { w.must(w.db.Suspend(t.Context(), u.UUID, w.now)) }},
		{"deleted", func(u cruddur.User, _ *browser) { w.must(w.db.DeleteUser(t.Context(), u.UUID)) }},
	} {
		b, u := w.member(tt.name)
		old := maps.Clone(b.cookies)
		l := listen(b, "/live")
		tt.end(u, b)
		l.await("")
		b.cookies = old
		if a := b.get("/live"); a.header.Get("Content-Type") == "text/event-stream" {
			t.Errorf("%s: a stream with the old session", tt.name)
		}
	}
	stranger := listen(w.stranger(), "/live")
	reader, _ := w.member("reader")
	members := listen(reader, "/live")
	_, err := w.db.ChangePlace(t.Context(), func(p *cruddur.Place) error { p.Reading = cruddur.ReadingMembers; return nil }, "test", w.now)
	w.must(err)
	stranger.await("")
	if a := w.stranger().get("/live"); a.header.Get("Content-Type") == "text/event-stream" {
		t.Error("a stranger has a stream where only members read")
	}
	select {
	case <-members.done:
		t.Error("a member's stream has ended when the place became the members'")
	default:
	}
}
