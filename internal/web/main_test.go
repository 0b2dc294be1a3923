package web

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
	"cruddur/internal/feed"
	"cruddur/internal/filter"
	"cruddur/internal/gallery"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
	"cruddur/internal/pgtest"
	"cruddur/internal/place"
	"cruddur/internal/postgres"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// noon is the time of these tests, unless a test moves the clock.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const mailboxKey = "MAILBOXKEYMAILBOXKEYMAILBO"

// world is a set of pages with its own database, at noon.
type world struct {
	t        testing.TB
	db       *postgres.DB
	site     *site
	handler  http.Handler
	provider *local.Provider
	mailbox  *mail.Mailbox
	now      time.Time
	log      strings.Builder
}

// newWorld makes the pages; change may modify the configuration.
func newWorld(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), mailbox: mail.NewMailbox(nil), now: noon}
	var err error
	w.provider, err = local.New(local.Config{Store: w.db, Mailer: w.mailbox, Issuer: "http://localhost", Cheap: true})
	w.must(err)
	t.Cleanup(func() { w.provider.Close(context.Background()) })
	c := Config{
		Feed: filter.Feed{Homes: feed.New(w.db), Store: filter.Store{DB: w.db}}, Store: filter.Store{DB: w.db}, Trends: feed.NewTrends(w.db), Identity: w.provider, Sessions: identity.NewSessions(w.db), Mailbox: w.mailbox, MailboxKey: mailboxKey,
		Place: place.New(w.db), Limits: ratelimit.New(), Log: slog.New(slog.NewTextHandler(&w.log, nil)), Now: func() time.Time { return w.now },
	}
	c.Gallery = gallery.New(w.db, w.db.PictureStore(), false)
	for _, f := range change {
		f(&c)
	}
	w.site, err = newSite(c)
	w.must(err)
	w.handler, err = w.site.handler()
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func password(handle string) string { return "correct horse " + handle }

// member makes an account and returns a browser that is signed in to it.
func (w *world) member(handle string) (*browser, cruddur.User) {
	w.t.Helper()
	w.must(w.provider.Create(w.t.Context(), identity.SignUp{
		Name: strings.ToUpper(handle[:1]) + handle[1:], Email: handle + "@example.com", Handle: handle, Password: password(handle),
	}, w.now))
	p, err := w.db.Profile(w.t.Context(), handle, w.now)
	w.must(err)
	u, err := w.db.User(w.t.Context(), p.UUID)
	w.must(err)
	b := w.stranger()
	token, err := w.site.Sessions.Begin(w.t.Context(), u.Subject, identity.Browser{UserAgent: "test"}, w.now)
	w.must(err)
	b.cookies["cruddur"] = token
	return b, u
}

func (w *world) stranger() *browser {
	return &browser{world: w, cookies: map[string]string{}, client: "127.0.0.1"}
}

func (w *world) crud(u cruddur.User, text string, ttl cruddur.TTL) cruddur.Activity {
	w.t.Helper()
	a, err := w.db.CreateActivity(w.t.Context(), u.UUID, text, ttl, w.now)
	w.must(err)
	return a
}

// code returns the newest code that was sent to an address.
func (w *world) code(to string) string {
	w.t.Helper()
	digits := regexp.MustCompile(`\b(\d{3}) ?(\d{3})\b`)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, m := range w.mailbox.Messages() {
			if c := digits.FindStringSubmatch(m.Text); m.To == to && c != nil {
				return c[1] + c[2]
			}
		}
	}
	w.t.Fatalf("no code for %s", to)
	return ""
}

// browser is a client that keeps cookies and does not follow redirects.
type browser struct {
	*world
	cookies map[string]string
	client  string
	accept  string // Accept-Language
	site    string // Sec-Fetch-Site of what it posts; default same-origin
}

// answer is a response to a browser.
type answer struct {
	parsed *goquery.Document // once something is looked for
	status int
	header http.Header
	body   string
}

func (b *browser) get(path string) *answer { b.t.Helper(); return b.do("GET", path, nil) }

// post sends a form, given as name, value, name, value.
func (b *browser) post(path string, pairs ...string) *answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do("POST", path, form)
}

func (b *browser) do(method, path string, form url.Values) *answer {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) *answer {
	b.t.Helper()
	r.Host = "localhost"
	if r.Method == "POST" {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if b.site != "" {
			r.Header.Set("Sec-Fetch-Site", b.site)
		}
	}
	if b.accept != "" {
		r.Header.Set("Accept-Language", b.accept)
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	ctx := request.WithClient(request.WithID(r.Context(), "request-1"), netip.MustParseAddr(b.client))
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, r.WithContext(ctx))
	for _, c := range rec.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return &answer{status: rec.Code, header: rec.Header(), body: rec.Body.String()}
}

// Find returns the elements that a selector matches.
func (a *answer) Find(selector string) *goquery.Selection {
	if a.parsed == nil {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
		if err != nil {
			panic(err) // only a reader can fail
		}
		a.parsed = doc
	}
	return a.parsed.Find(selector)
}

// text returns an element's text, with single spaces.
func (a *answer) text(selector string) string {
	return strings.Join(strings.Fields(a.Find(selector).Text()), " ")
}

// want fails the test unless the response has this status.
func (a *answer) want(t testing.TB, status int) *answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status = %d, want %d\nLocation: %s\n%s", a.status, status, a.header.Get("Location"), a.text("main"))
	}
	return a
}

// goes fails the test unless the response redirects to this address.
func (a *answer) goes(t testing.TB, path string) {
	t.Helper()
	if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != path {
		t.Fatalf("answer = %d %s, want 303 %s\n%s", a.status, got, path, a.text("main"))
	}
}
