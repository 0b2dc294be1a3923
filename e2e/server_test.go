package e2e

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/gallery"
	"cruddur/internal/httpserver"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
	"cruddur/internal/lang"
	"cruddur/internal/live"
	"cruddur/internal/mail"
	"cruddur/internal/pgtest"
	hosts "cruddur/internal/place"
	"cruddur/internal/postgres"
	"cruddur/internal/ratelimit"
	"cruddur/internal/web"
)

var serveAddress = flag.String("serve", "", "serve the demo world at this address until interrupted, for looking at the pages")

func TestMain(m *testing.M) {
	flag.Parse()
	code := pgtest.Main(m)
	chromium.stop()
	headless.stop()
	os.Exit(code)
}

const mailboxKey = "MAILBOXKEYMAILBOXKEYMAILBO"

// world is a whole server, assembled as by "cruddur serve", with members and cruds.
type world struct {
	url      string
	line     line
	speaks   *lang.Set // nil: what the program speaks
	db       *postgres.DB
	provider *local.Provider
	sessions identity.Sessions
	mailbox  *mail.Mailbox
	limits   *ratelimit.Limiter
	pictures *gallery.Gallery
	place    *hosts.Keeper
	hub      *live.Hub // nil: open pages are told of nothing
	streams  streams
	users    map[string]cruddur.User
	cookies  map[string]string // by handle
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldIn(t, nil)
}

// newLiveWorld is newWorld with a hub: its pages move.
func newLiveWorld(t testing.TB) *world {
	t.Helper()
	return newWorldWith(t, nil, true)
}

// newWorldIn is newWorld with other languages.
func newWorldIn(t testing.TB, languages *lang.Set) *world {
	t.Helper()
	return newWorldWith(t, languages, false)
}

func newWorldWith(t testing.TB, languages *lang.Set, moves bool) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{
		db: db, speaks: languages, sessions: identity.NewSessions(db), mailbox: mail.NewMailbox(nil), limits: ratelimit.New(),
		users: map[string]cruddur.User{}, cookies: map[string]string{},
	}
	address := "127.0.0.1:0"
	if *serveAddress != "" {
		address = *serveAddress
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + l.Addr().String()
	if moves {
		w.hub = live.New(live.Config{Store: db, Activity: api.AppendActivity, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: &w.streams})
		db.Watch(w.hub)
	}
	handler := w.handler(t)
	w.line.server.Store(&handler)
	server := httptest.NewUnstartedServer(&w.line)
	server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	if moves {
		ctx, stop := context.WithCancel(context.Background())
		var hub sync.WaitGroup
		hub.Go(func() { w.hub.Run(ctx) })
		t.Cleanup(func() { w.hub.Drain(); stop(); hub.Wait() })
	}
	return w
}

func (w *world) handler(t testing.TB) http.Handler {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	w.provider, err = local.New(local.Config{Store: w.db, Mailer: w.mailbox, Issuer: w.url, Cheap: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.provider.Close(context.Background()) })
	w.pictures = gallery.New(w.db, w.db.PictureStore(), false)
	home, trends := feed.New(w.db), feed.NewTrends(w.db)
	w.place = hosts.New(w.db)
	pages, err := web.New(web.Config{
		Feed: home, Store: w.db, Trends: trends, Place: w.place, Gallery: w.pictures, Identity: w.provider, Sessions: w.sessions, Mailbox: w.mailbox, MailboxKey: mailboxKey,
		Limits: w.limits, Log: log, BaseURL: w.url, Languages: w.speaks, Live: w.hub,
	})
	if err != nil {
		t.Fatal(err)
	}
	return httpserver.New(httpserver.Config{
		API: api.New(api.Config{Feed: home, Store: w.db, Trends: trends, Place: w.place, Gallery: w.pictures, Identity: w.provider, Limits: w.limits, Log: log, BackendURL: w.url, RequestLimit: -1}),
		Web: pages, Log: log, Ready: w.db.Ping,
		Uploads: func(r *http.Request) bool { return api.Uploads(r) || web.Uploads(r) },
	}).Handler()
}

// password is the password of every member of a world.
func password(handle string) string { return "correct horse " + handle }

// member makes an account and opens a session for it.
func (w *world) member(t testing.TB, handle, name string) cruddur.User {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().UTC()
	email := handle + "@example.com"
	must(w.provider.Create(t.Context(), identity.SignUp{Name: name, Email: email, Handle: handle, Password: password(handle)}, now))
	p, err := w.db.Profile(t.Context(), handle, now)
	must(err)
	u, err := w.db.User(t.Context(), p.UUID)
	must(err)
	browser := identity.Browser{UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", Address: "192.0.2.7"}
	w.cookies[handle], err = w.sessions.Begin(t.Context(), u.Subject, browser, now)
	must(err)
	w.users[handle] = u
	return u
}

// crud posts for somebody, as long ago as age says.
func (w *world) crud(t testing.TB, handle, text string, ttl cruddur.TTL, age time.Duration) cruddur.Activity {
	t.Helper()
	message, err := cruddur.CheckMessage(text)
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.db.CreateActivity(t.Context(), w.users[handle].UUID, message, ttl, time.Now().Add(-age))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// warned posts a crud for somebody with a content warning.
func (w *world) warned(t testing.TB, handle, text, warning string, age time.Duration) cruddur.Activity {
	t.Helper()
	a, err := w.db.CreateWith(t.Context(), w.users[handle].UUID, cruddur.Draft{Message: text, Warning: warning, TTL: "1-day"}, time.Now().Add(-age))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// reply answers something for somebody, as long ago as age says.
func (w *world) reply(t testing.TB, handle string, to cruddur.Activity, text string, ttl cruddur.TTL, age time.Duration) cruddur.Activity {
	t.Helper()
	a, err := w.db.Reply(t.Context(), w.users[handle].UUID, to.UUID, "", text, ttl, time.Now().Add(-age))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestServe serves the demo world if -serve is set; otherwise it checks that the world can be built.
func TestServe(t *testing.T) {
	w := newWorld(t)
	w.demo(t)
	if *serveAddress == "" {
		return
	}
	t.Logf("at %s; sign in with ada@example.com and: correct horse ada", w.url)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
}
