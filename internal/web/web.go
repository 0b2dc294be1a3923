// Package web serves the pages: HTML over plain forms, one style sheet, one script that everything
// works without. It reads through the feed and a small store, and leaves accounts to an
// identity.Provider. It must not hold SQL, decide who a member is, or keep what has expired.
package web

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/postgres"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// Feed is the home feed.
type Feed interface {
	Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
}

// Store is what the pages read and write beside the feed.
type Store interface {
	Activity(ctx context.Context, id cruddur.UUID, now time.Time) (cruddur.Activity, error)
	CreateActivityOnce(ctx context.Context, author cruddur.UUID, key, message string, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error)
	DeleteActivity(ctx context.Context, id, user cruddur.UUID, now time.Time) error
	HandleTaken(ctx context.Context, handle string) (bool, error)
	Profile(ctx context.Context, handle string, now time.Time) (cruddur.Profile, error)
	ActivitiesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	UpdateProfile(ctx context.Context, id cruddur.UUID, c postgres.ProfileChange, now time.Time) (cruddur.User, error)
}

// Config is what the pages need. Mailbox is nil where mail is really sent; MailboxKey opens its page.
type Config struct {
	Feed     Feed
	Store    Store
	Identity identity.Provider
	Sessions identity.Sessions
	Mailbox  Mailbox
	// MailboxKey is what a browser must show, once, to see the mailbox. "" shows it to nobody.
	MailboxKey string
	Limits     *ratelimit.Limiter
	Log        *slog.Logger
	Refusals   *request.Refusals // nil: one of its own
	BaseURL    string            // where the pages are found from outside, such as https://cruddur.example
	Secure     bool              // BaseURL is https: Secure cookies, HSTS
	Now        func() time.Time
}

// site is one set of pages.
type site struct {
	Config
	static    *staticFiles
	templates map[string]*template.Template
	card      *fragment[card] // one crud of a feed, rendered by itself so that it can fail by itself
	soon      *fragment[soon]
	rail      *template.Template
	rails     sync.Map // the navigation of strangers, by place and light
	mux       *http.ServeMux
}

// New returns the handler of every page. It refuses cross-origin writes by itself.
func New(c Config) (http.Handler, error) {
	s, err := newSite(c)
	if err != nil {
		return nil, err
	}
	return s.handler()
}

func newSite(c Config) (*site, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Limits == nil {
		c.Limits = ratelimit.New()
	}
	if c.Refusals == nil {
		c.Refusals = new(request.Refusals)
	}
	s := &site{Config: c, mux: http.NewServeMux()}
	var err error
	if s.static, err = loadStatic(); err != nil {
		return nil, err
	}
	if err = s.loadTemplates(); err != nil {
		return nil, err
	}
	for _, rt := range s.routes() {
		s.mux.Handle(rt.method+" "+rt.pattern, s.serve(rt))
	}
	s.static.register(s.mux)
	s.mux.Handle("/", s.serve(route{who: everybody, handle: s.getNothing}))
	return s, nil
}

// handler wraps the routes in what holds for all of them.
func (s *site) handler() (http.Handler, error) {
	guard := http.NewCrossOriginProtection()
	if s.BaseURL != "" {
		u, err := url.Parse(s.BaseURL)
		if err != nil {
			return nil, fmt.Errorf("base URL of the pages: %w", err)
		}
		if err := guard.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, fmt.Errorf("base URL of the pages: %w", err)
		}
	}
	guard.SetDenyHandler(s.serve(route{who: everybody, handle: s.postFromElsewhere}))
	return s.headers(guard.Handler(s.mux)), nil
}

// now is the time of a request, in UTC and to the microsecond, as the database keeps it.
func (s *site) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }
