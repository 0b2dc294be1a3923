package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/filter"
	"cruddur/internal/gallery"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	frontend = "https://front.example"
	backend  = "https://back.example"
)

// world is an API with its own database and a clock that only the test moves.
type world struct {
	t        *testing.T
	db       *postgres.DB
	identity *fakeIdentity
	handler  http.Handler
	now      time.Time
	client   netip.Addr
	log      *strings.Builder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, db: pgtest.New(t), identity: newFakeIdentity(), log: &strings.Builder{},
		now: time.Date(2026, 11, 23, 19, 47, 44, 431632000, time.UTC), client: netip.MustParseAddr("192.0.2.1"),
	}
	w.handler = w.api(api.Config{Feed: filter.Feed{Homes: feed.New(w.db), Store: filter.Store{DB: w.db}}, Store: filter.Store{DB: w.db}})
	return w
}

// api makes a handler in this world; fields that c leaves empty are the world's.
func (w *world) api(c api.Config) http.Handler {
	c.Identity, c.FrontendURL, c.BackendURL = w.identity, frontend, backend
	if c.Limits == nil {
		c.Limits = ratelimit.New()
	}
	c.Log = slog.New(slog.NewTextHandler(w.log, nil))
	c.Gallery = gallery.New(w.db, w.db.PictureStore(), false)
	if c.Trends == nil {
		c.Trends = feed.NewTrends(w.db)
	}
	c.Now = func() time.Time { return w.now }
	return api.New(c)
}

// member stores a member, whose token equals their handle.
func (w *world) member(handle string) cruddur.User {
	w.t.Helper()
	u, err := w.db.UpsertUser(w.t.Context(), cruddur.User{
		Handle: handle, DisplayName: strings.ToUpper(handle[:1]) + handle[1:], Email: handle + "@example.com", Subject: "sub-" + handle,
	}, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.identity.subjects[handle] = u.Subject
	return u
}

// post stores a crud of a member, a second later than the previous one.
func (w *world) post(u cruddur.User, message string, ttl cruddur.TTL) cruddur.Activity {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	a, err := w.db.CreateActivity(w.t.Context(), u.UUID, message, ttl, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// query is one request; header lines are written "Name: value".
type query struct {
	method, target, token, body string
	header                      []string
	odd                         bool // the request itself does not follow openapi.yaml
	handler                     http.Handler
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (w *world) get(target string) answer { return w.do(query{target: target}) }

// do sends a request and checks request and answer against openapi.yaml.
func (w *world) do(q query) answer {
	w.t.Helper()
	if q.method == "" {
		q.method = http.MethodGet
	}
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	r := httptest.NewRequest(q.method, q.target, body)
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	for _, line := range q.header {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Content-Type" {
			r.Header.Del(name)
		}
		r.Header.Add(name, value)
	}
	r = r.WithContext(request.With(w.t.Context(), request.Info{ID: "test", Client: w.client}))
	rec := httptest.NewRecorder()
	h := q.handler
	if h == nil {
		h = w.handler
	}
	h.ServeHTTP(rec, r)
	a := answer{rec.Code, rec.Header(), rec.Body.String()}
	validate(w.t, q, r, a)
	return a
}

// want fails unless the answer is this error.
func (w *world) want(a answer, status int, codes ...string) {
	w.t.Helper()
	b, _ := json.Marshal(codes)
	if a.status != status || a.body != string(b) {
		w.t.Errorf("answer = %d %s, want %d %s", a.status, a.body, status, b)
	}
}

// decoded reads a 200 into a value.
func decoded[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if a.status != 200 {
		t.Fatalf("answer = %d %s, want 200", a.status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

type item struct {
	UUID, Handle, Message string
	TTL                   *string
	Hashtags, Mentions    []string
	ExpiresAt             time.Time `json:"expires_at"`
	CreatedAt             time.Time `json:"created_at"`
}

func messages(list []item) []string {
	out := []string{}
	for _, i := range list {
		out = append(out, i.Message)
	}
	return out
}

func cruddurJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// canceled returns a context that is already canceled.
func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
