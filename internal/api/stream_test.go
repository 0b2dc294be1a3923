package api_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/filter"
	"cruddur/internal/live"
	"cruddur/internal/place"
	"cruddur/internal/ratelimit"
)

// streamWorld is a world with streams, at the time of the clock.
type streamWorld struct {
	*world
	server *httptest.Server
	hub    *live.Hub
	place  *place.Keeper
}

func newStreamWorld(t *testing.T) *streamWorld {
	w := &streamWorld{world: newWorld(t)}
	w.now = time.Now().UTC().Truncate(time.Microsecond)
	w.place = place.New(w.db)
	w.hub = live.New(live.Config{Store: w.db, Activity: api.AppendActivity, Place: w.place.Forget})
	w.db.Watch(w.hub)
	w.handler = w.api(api.Config{
		Feed: filter.Feed{Homes: feed.New(w.db), Store: filter.Store{DB: w.db}}, Store: filter.Store{DB: w.db}, Place: w.place, Live: w.hub,
		Limits: ratelimit.Unlimited(), RequestLimit: -1,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.hub.Run(ctx)
	}()
	w.server = httptest.NewServer(w.handler)
	t.Cleanup(func() {
		w.hub.Drain()
		w.server.Close()
		cancel()
		<-done
	})
	return w
}

// listener reads a stream.
type listener struct {
	t    *testing.T
	done chan struct{}
	mu   sync.Mutex
	text bytes.Buffer
}

// listen opens a stream, and returns the status if it is none.
func (w *streamWorld) listen(token, target string, header ...string) (*listener, int) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+target, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, res.StatusCode
	}
	l := &listener{t: w.t, done: make(chan struct{})}
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
	return l, http.StatusOK
}

func (w *streamWorld) open(token, target string) *listener {
	w.t.Helper()
	l, status := w.listen(token, target)
	if l == nil {
		w.t.Fatalf("%s of %q = %d", target, token, status)
	}
	return l
}

func (l *listener) got() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits until the stream has brought something; no machine is too slow.
func (l *listener) await(what string) {
	l.t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(l.got(), what); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("the stream does not bring %q:\n%s", what, l.got())
		}
	}
}

func (l *listener) awaitEnd() {
	l.t.Helper()
	select {
	case <-l.done:
	case <-time.After(time.Minute):
		l.t.Fatalf("the stream does not end:\n%s", l.got())
	}
}

// Nothing that a reader may not see is in any byte of their stream, and everything else is there once.
func TestStreamTellsNothingHidden(t *testing.T) {
	t.Parallel()
	w := newStreamWorld(t)
	eve, dan, shy := w.member("eve"), w.member("dan"), w.member("shy")
	blocked, blocker, muter, plain := w.member("blocked"), w.member("blocker"), w.member("muter"), w.member("plain")
	first := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	first(
		w.db.Block(t.Context(), eve.UUID, blocked.UUID, true, w.now), w.db.Block(t.Context(), blocker.UUID, eve.UUID, true, w.now),
		w.db.Mute(t.Context(), muter.UUID, eve.UUID, time.Time{}, w.now), w.db.Follow(t.Context(), plain.UUID, shy.UUID, true, w.now),
		w.db.Silence(t.Context(), shy.UUID, true, cruddur.Act{Actor: "@dan"}, w.now),
	)
	streams := map[string]*listener{"stranger": w.open("", "/api/stream"), "following": w.open("plain", "/api/stream?feed=following"), "none": w.open("plain", "/api/stream?feed=none")}
	for _, u := range []cruddur.User{blocked, blocker, muter, plain} {
		streams[u.Handle] = w.open(u.Handle, "/api/stream")
	}
	post := func(u cruddur.User, message string) cruddur.Activity {
		t.Helper()
		a, err := w.db.CreateActivity(t.Context(), u.UUID, message, "1-day", time.Now().UTC())
		first(err)
		return a
	}
	old := post(dan, "the thread")
	streams["thread"] = w.open("blocked", "/api/stream?feed=none&thread="+old.UUID.String())
	hers := post(eve, "by eve")
	if l, status := w.listen("blocked", "/api/stream?thread="+hers.UUID.String()); l != nil || status != 404 {
		t.Errorf("the thread of somebody who blocks the reader = %d", status)
	}
	below, err := w.db.Reply(t.Context(), eve.UUID, old.UUID, "", "eve's reply", "", time.Now().UTC())
	first(err)
	under, err := w.db.Reply(t.Context(), dan.UUID, below.UUID, "", "below eve's reply", "", time.Now().UTC())
	first(err)
	seen, err := w.db.Reply(t.Context(), dan.UUID, old.UUID, "", "beside it", "", time.Now().UTC())
	first(err)
	silent := post(shy, "by a silenced member")
	conn, err := w.db.Direct(t.Context())
	first(err)
	defer conn.Close(t.Context())
	var over, hidden cruddur.UUID
	insert := "insert into activities (user_uuid, message, created_at, expires_at, hidden) values ($1, 'x', now() - interval '1 hour', now() + $2, $3) returning uuid"
	first(conn.QueryRow(t.Context(), insert, [16]byte(dan.UUID), -time.Second, 0).Scan((*[16]byte)(&over)),
		conn.QueryRow(t.Context(), insert, [16]byte(dan.UUID), time.Hour, 1).Scan((*[16]byte)(&hidden)))
	_, err = w.db.Like(t.Context(), dan.UUID, hers.UUID, true, time.Now().UTC())
	first(err)
	last := post(dan, "the last")
	mark := post(shy, "the last for those who follow")
	_, err = w.db.Like(t.Context(), plain.UUID, last.UUID, true, time.Now().UTC())
	first(err)
	sent := func(l *listener) {
		t.Helper()
		switch l {
		case streams["following"]:
			l.await(mark.UUID.String())
		case streams["thread"]:
			l.await(seen.UUID.String())
		case streams["none"]:
		default:
			l.await(last.UUID.String())
		}
	}
	for _, l := range streams {
		sent(l)
	}
	first(w.db.DeleteActivity(t.Context(), hers.UUID, eve.UUID, time.Now().UTC()))
	streams["stranger"].await(`{"uuid":"` + hers.UUID.String() + `"}`)
	end := post(dan, "the end")
	streams["stranger"].await(end.UUID.String())
	w.hub.Drain()
	wants := map[string][]cruddur.UUID{
		"stranger": {old.UUID, hers.UUID, last.UUID, end.UUID}, "plain": {old.UUID, hers.UUID, last.UUID, end.UUID},
		"blocked": {old.UUID, last.UUID, end.UUID}, "blocker": {old.UUID, last.UUID, end.UUID}, "muter": {old.UUID, last.UUID, end.UUID},
		"following": {silent.UUID, mark.UUID}, "none": nil, "thread": {seen.UUID},
	}
	for name, l := range streams {
		l.awaitEnd()
		text := l.got()
		for _, a := range []cruddur.UUID{old.UUID, hers.UUID, last.UUID, end.UUID, silent.UUID, mark.UUID, below.UUID, under.UUID, seen.UUID, over, hidden} {
			want := 0
			for _, id := range wants[name] {
				if id == a {
					want = 1
				}
			}
			if n := strings.Count(text, `data: {"uuid":"`+a.String()+`","display_name"`); n != want {
				t.Errorf("%s: %s is told %d times, want %d", name, a, n, want)
			}
		}
		if name == "blocked" || name == "blocker" || name == "muter" || name == "thread" {
			for _, secret := range []string{hers.UUID.String(), below.UUID.String(), under.UUID.String(), `"Eve"`, `"eve"`, "by eve"} {
				if strings.Contains(text, secret) && (secret != `"eve"` || name == "blocked" || name == "thread") { // the others have done it themselves
					t.Errorf("%s: there is %q:\n%s", name, secret, text)
				}
			}
		}
		for _, secret := range []string{over.String(), hidden.String()} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: there is %q:\n%s", name, secret, text)
			}
		}
	}
}

// Whoever may not read opens no stream, and one that is open ends when that changes.
func TestWhoMayHaveAStream(t *testing.T) {
	t.Parallel()
	w := newStreamWorld(t)
	ada, bob := w.member("ada"), w.member("bob")
	hers, his, strangers := w.open("ada", "/api/stream"), w.open("bob", "/api/stream"), w.open("", "/api/stream")
	w.identity.subjects["old"] = ada.Subject
	if err := w.db.Suspend(t.Context(), ada.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	hers.awaitEnd()
	for _, tt := range []struct {
		token, target string
		want          int
	}{
		{"ada", "/api/stream", 401},
		{"old", "/api/stream", 401},
		{"worthless", "/api/stream", 401},
		{"", "/api/stream?feed=following", 401},
		{"bob", "/api/stream?feed=likes", 422},
		{"bob", "/api/stream?thread=x", 404},
		{"bob", "/api/stream?thread=" + cruddur.UUID{6: 0x70, 8: 0x80}.String(), 404},
		{"null", "/api/stream", 200},
		{"bob", "/api/stream?after=nonsense", 200},
	} {
		if _, status := w.listen(tt.token, tt.target); status != tt.want {
			t.Errorf("%s of %q = %d, want %d", tt.target, tt.token, status, tt.want)
		}
	}
	if _, err := w.db.ChangePlace(t.Context(), func(p *cruddur.Place) error { p.Reading = cruddur.ReadingMembers; return nil }, "test", w.now); err != nil {
		t.Fatal(err)
	}
	strangers.awaitEnd()
	if _, status := w.listen("", "/api/stream"); status != 401 {
		t.Errorf("a stranger's stream where members read = %d", status)
	}
	if err := w.db.DeleteUser(t.Context(), bob.UUID); err != nil {
		t.Fatal(err)
	}
	his.awaitEnd()
}

// A program that was cut off goes on where it was; pages of the front end on another host may read, others may not.
func TestStreamGoesOn(t *testing.T) {
	t.Parallel()
	w := newStreamWorld(t)
	ada := w.member("ada")
	l := w.open("", "/api/stream")
	id := strings.TrimSpace(strings.TrimPrefix(strings.SplitN(l.got(), "\n", 3)[1], "id: "))
	a, err := w.db.CreateActivity(t.Context(), ada.UUID, "text", "1-day", time.Now().UTC())
	if err != nil {
		t.Fatal(err)
	}
	l.await(a.UUID.String())
	again, _ := w.listen("", "/api/stream", "Last-Event-ID", id, "Origin", frontend)
	again.await(a.UUID.String())
	w.open("", "/api/stream?after="+id).await(a.UUID.String())
	other, _ := w.listen("", "/api/stream", "Last-Event-ID", "other-1")
	other.await(`{"reason":"gap"}`)
	r := httptest.NewRequest(http.MethodHead, "/api/stream", nil)
	for origin, want := range map[string]string{frontend: frontend, "https://evil.example": ""} {
		r.Header.Set("Origin", origin)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if got := rec.Header().Get("Access-Control-Allow-Origin"); got != want || rec.Code != 200 || rec.Header().Get("Content-Type") != "text/event-stream" {
			t.Errorf("for %s: %d, Access-Control-Allow-Origin %q, want %q", origin, rec.Code, got, want)
		}
	}
}

// Streams are not opened more often than that.
func TestStreamsAreLimited(t *testing.T) {
	t.Parallel()
	w := newStreamWorld(t)
	w.member("ada")
	h := w.api(api.Config{Feed: feed.New(w.db), Store: filter.Store{DB: w.db}, Live: w.hub, RequestLimit: -1})
	for token, count := range map[string]int{"ada": ratelimit.Streams.Count, "": 5 * ratelimit.Streams.Count} {
		for i := range count + 1 {
			a := w.do(query{method: http.MethodHead, target: "/api/stream", token: token, handler: h})
			if want := map[bool]int{true: 429, false: 200}[i == count]; a.status != want {
				t.Fatalf("%q, stream %d = %d, want %d", token, i+1, a.status, want)
			}
		}
	}
}
