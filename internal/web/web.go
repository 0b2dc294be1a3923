// Package web serves the pages: HTML over plain forms, one style sheet, one script. Everything works without the
// script. It reads through the feed and a small store, and leaves accounts to an identity.Provider. It must not hold
// SQL, authenticate members itself, or keep expired cruds.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"cruddur"
	"cruddur/internal/export"
	"cruddur/internal/gallery"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
	"cruddur/internal/live"
	"cruddur/internal/place"
	"cruddur/internal/postgres"
	"cruddur/internal/ratelimit"
	"cruddur/internal/recall"
	"cruddur/internal/request"
)

// Feed is the home feed.
type Feed interface {
	Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
}

// Store holds the data that the pages read and write besides the feed.
type Store interface {
	Activity(ctx context.Context, id cruddur.UUID, now time.Time) (cruddur.Activity, error)
	DeleteActivity(ctx context.Context, id, user cruddur.UUID, now time.Time) error
	HandleTaken(ctx context.Context, handle string) (bool, error)
	Profile(ctx context.Context, handle string, now time.Time) (cruddur.Profile, error)
	Thread(ctx context.Context, id, after cruddur.UUID, now time.Time) (cruddur.Thread, error)
	CountBelow(ctx context.Context, id cruddur.UUID, now time.Time) (int, error)
	Authors(ctx context.Context, ids []cruddur.UUID, now time.Time) (map[cruddur.UUID]string, error)
	MoveEnd(ctx context.Context, id, user cruddur.UUID, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error)
	CountEverything(ctx context.Context, user cruddur.UUID, now time.Time) (cruddur.Everything, error)
	DeleteEverything(ctx context.Context, user cruddur.UUID, now time.Time) (int, error)

	OfViewer(ctx context.Context, viewer cruddur.UUID, list []cruddur.Activity) ([]cruddur.Activity, error)
	Like(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error)
	Repost(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error)
	Likers(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)
	Reposters(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)

	Follow(ctx context.Context, follower, followed cruddur.UUID, on bool, now time.Time) error
	Followers(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error)
	Following(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error)
	Suggested(ctx context.Context, viewer cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)
	Ties(ctx context.Context, viewer cruddur.UUID, list []cruddur.Person) error
	FollowingFeed(ctx context.Context, viewer, before, since cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)

	RepliesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	LikedBy(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	ActivitiesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	UpdateProfile(ctx context.Context, id cruddur.UUID, c postgres.ProfileChange, now time.Time) (cruddur.User, error)
	Hosting
	Finder
	Ignoring
	export.Store

	Notifications(ctx context.Context, user, before cruddur.UUID, limit int, mentions bool, now time.Time) ([]cruddur.Notification, error)
	Unread(ctx context.Context, user cruddur.UUID, now time.Time) (cruddur.Unread, error)
	SeeNotifications(ctx context.Context, user, seen cruddur.UUID) error
	Private
	Pictures
	Reporting
	Moderation
}

// Finder finds cruds, members and tags.
type Finder interface {
	Search(ctx context.Context, s cruddur.Search, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	Tagged(ctx context.Context, tag string, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	TaggedRoots(ctx context.Context, tag string, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	SearchMembers(ctx context.Context, s cruddur.Search) ([]cruddur.Person, error)
	SearchTags(ctx context.Context, s cruddur.Search, now time.Time) ([]cruddur.Trend, error)
}

// Trends provides the tags that members talk about.
type Trends interface {
	// Trends returns at most limit tags, the strongest first.
	Trends(ctx context.Context, limit int, now time.Time) ([]cruddur.Trend, error)
}

// Config configures the pages. Mailbox is nil if mail is really sent; MailboxKey opens its page.
type Config struct {
	Feed     Feed
	Store    Store
	Trends   Trends
	Place    *place.Keeper    // nil: a place that nobody has described
	Live     *live.Hub        // nil: open pages are told of nothing
	Recall   *recall.Memory   // nil: every request asks the database who its member is
	Gallery  *gallery.Gallery // nil: no pictures are taken or shown
	Identity identity.Provider
	Sessions identity.Sessions
	Mailbox  Mailbox
	// MailboxKey is the key that a browser must present, once, to see the mailbox. With "" nobody can see it.
	MailboxKey string
	Limits     *ratelimit.Limiter
	Log        *slog.Logger
	Languages  *lang.Set         // if nil, those of this program
	Refusals   *request.Refusals // if nil, New makes its own
	BaseURL    string            // the public address of the pages, such as https://cruddur.example
	Secure     bool              // BaseURL is https: Secure cookies, HSTS
	Now        func() time.Time
}

// site is one set of pages.
type site struct {
	Config
	static   *staticFiles
	spoken   []*spoken                 // by the place of the language
	rails    sync.Map                  // the navigation of strangers, by railKey
	railsOf  atomic.Pointer[placeView] // the place of the newest of them
	kept     []keptHome                // by the place of the language
	own      keptOwn
	mux      *muxes
	counted  keptFigures
	coloured atomic.Pointer[colouredIcons]
	worker   atomic.Pointer[workerOf]
	roles    map[string]cruddur.Role // that a route needs, by its method and pattern
}

// New returns the handler of all pages. The handler refuses cross-origin writes.
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
	s := &site{Config: c, mux: newMuxes(), roles: map[string]cruddur.Role{}}
	var err error
	if s.Languages == nil {
		if s.Languages, err = lang.Program(); err != nil {
			return nil, err
		}
	}
	s.kept = make([]keptHome, len(s.Languages.All()))
	if s.static, err = loadStatic(s.Languages); err != nil {
		return nil, err
	}
	if err = s.loadTemplates(); err != nil {
		return nil, err
	}
	for _, rt := range s.routes() {
		s.roles[rt.method+" "+rt.pattern] = rt.who.role()
		s.mux.handle(rt.method, rt.pattern, s.serve(rt))
	}
	s.static.register(s.mux.others)
	s.mux.handleRest(s.serve(route{who: everybody, handle: s.getNothing}))
	return s, nil
}

// handler wraps the routes in the middleware that all of them need.
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

// now returns the time of a request in UTC, truncated to microseconds, the precision of the database.
func (s *site) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }
