package e2e

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/signal"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/feed"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
	"cruddur/internal/request"
	"cruddur/internal/web"
	"cruddur/internal/web/webtest"
)

var serveAddress = flag.String("serve", "", "serve the demo world at this address until interrupted, for looking at the pages")

func TestMain(m *testing.M) {
	flag.Parse()
	code := pgtest.Main(m)
	stopBrowser()
	os.Exit(code)
}

// world is a server with members and cruds.
type world struct {
	url     string
	db      *postgres.DB
	fake    *webtest.Fake
	users   map[string]cruddur.User
	cookies map[string]string // by handle
}

func newWorld(t testing.TB) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{db: db, fake: webtest.New(db), users: map[string]cruddur.User{}, cookies: map[string]string{}}
	server := httptest.NewUnstartedServer(w.handler(t))
	if *serveAddress != "" {
		l, err := net.Listen("tcp", *serveAddress)
		if err != nil {
			t.Fatal(err)
		}
		server.Listener = l
	}
	server.Start()
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) handler(t testing.TB) http.Handler {
	pages, err := web.New(web.Config{
		Feed: feed.New(w.db), Store: w.db, Identity: w.fake, Sessions: w.fake, Mailbox: letters{},
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		a, _ := netip.ParseAddrPort(r.RemoteAddr)
		ctx := request.WithClient(request.WithID(r.Context(), "e2e-0001"), a.Addr())
		pages.ServeHTTP(rw, r.WithContext(ctx))
	})
}

type letters struct{}

func (letters) Letters() []web.Letter {
	return []web.Letter{{To: "ada@example.com", Subject: "Your code for Cruddur", Text: "Your code is 123 456.\n\nIt is good for ten minutes.", At: time.Now().Add(-time.Minute)}}
}

// member signs somebody up and returns the value of their cookie.
func (w *world) member(t testing.TB, handle, name string) cruddur.User {
	t.Helper()
	u, cookie, err := w.fake.Member(t.Context(), handle, name, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.users[handle], w.cookies[handle] = u, cookie
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

// TestServe serves the demo world where -serve says so; otherwise it holds that it can be built.
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
