package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/export"
	"cruddur/internal/gallery"
	"cruddur/internal/identity"
	"cruddur/internal/live"
	"cruddur/internal/place"
	"cruddur/internal/postgres"
	"cruddur/internal/ratelimit"
	"cruddur/internal/recall"
	"cruddur/internal/request"
)

// Feed provides the home feed.
type Feed interface {
	// Home returns the newest cruds alive at now, older than a cursor (the nil UUID: from the newest on), at most
	// limit of them, 1 to 100.
	Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
}

// Store is the part of the database that the API needs; *postgres.DB implements it.
type Store interface {
	Activity(ctx context.Context, id cruddur.UUID, now time.Time) (cruddur.Activity, error)
	ActivitiesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	DeleteActivity(ctx context.Context, id, user cruddur.UUID, now time.Time) error
	Profile(ctx context.Context, handle string, now time.Time) (cruddur.Profile, error)
	UpdateProfile(ctx context.Context, id cruddur.UUID, c postgres.ProfileChange, now time.Time) (cruddur.User, error)
	UserBySubject(ctx context.Context, subject string) (cruddur.User, error)
	UpsertUser(ctx context.Context, u cruddur.User, now time.Time) (cruddur.User, error)
	EndSessions(ctx context.Context, user, except cruddur.UUID) (int64, error)
	export.Store
	Search(ctx context.Context, s cruddur.Search, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	Tagged(ctx context.Context, tag string, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	Conversations
	Ignoring
	Notifications
	PrivateMessages
	Pictures
	Reports
}

// Trends provides the tags that members talk about.
type Trends interface {
	// Trends returns at most limit tags, the strongest first.
	Trends(ctx context.Context, limit int, now time.Time) ([]cruddur.Trend, error)
}

// Conversations is the part of the Store with which members talk to each other.
type Conversations interface {
	Thread(ctx context.Context, id, after cruddur.UUID, now time.Time) (cruddur.Thread, error)
	MoveEnd(ctx context.Context, id, user cruddur.UUID, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error)
	RepliesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)

	Like(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error)
	Repost(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error)
	OfViewer(ctx context.Context, viewer cruddur.UUID, list []cruddur.Activity) ([]cruddur.Activity, error)
	Likers(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)
	Reposters(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)
	LikedBy(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)

	Follow(ctx context.Context, follower, followed cruddur.UUID, on bool, now time.Time) error
	Followers(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error)
	Following(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error)
	Suggested(ctx context.Context, viewer cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)
	Ties(ctx context.Context, viewer cruddur.UUID, list []cruddur.Person) error
	FollowingFeed(ctx context.Context, viewer, before, since cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
}

// Notifications is the part of the Store that tells members what others did.
type Notifications interface {
	Notifications(ctx context.Context, user, before cruddur.UUID, limit int, mentions bool, now time.Time) ([]cruddur.Notification, error)
	NotificationActivities(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
	Unread(ctx context.Context, user cruddur.UUID, now time.Time) (cruddur.Unread, error)
	SeeNotifications(ctx context.Context, user, seen cruddur.UUID) error
}

// Config configures the API. Feed, Store and Limits are required.
type Config struct {
	Feed     Feed
	Store    Store
	Trends   Trends            // nil: there are none
	Gallery  *gallery.Gallery  // nil: the API takes and serves no pictures
	Place    *place.Keeper     // nil: a place that nobody has described
	Live     *live.Hub         // nil: there are no streams
	Recall   *recall.Memory    // what the pages remember of members; the API tells it what may have changed
	Identity identity.Provider // nil: nobody can sign in, and every token is refused
	Limits   *ratelimit.Limiter
	Log      *slog.Logger      // nil: discard
	Refusals *request.Refusals // if nil, New makes its own
	// FrontendURL and BackendURL are the only origins whose pages may call the API from a browser. BackendURL is also
	// the base of the addresses in Link headers.
	FrontendURL, BackendURL string
	// RequestLimit is the number of requests that one member or client may make in five minutes; all members at one
	// address together may make twice as many. 0 means 300, a negative number means no limit.
	RequestLimit int
	Now          func() time.Time // nil: the clock
}

type api struct {
	rendered renderedPages
	Config
	routes  router
	origins []string
	front   string // the origin of FrontendURL, or ""
	limit   ratelimit.Requests
	limited bool
	limits  []string // the X-RateLimit-Limit header
}

// New returns the handler for everything under /api and for /.well-known/jwks.json.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Refusals == nil {
		c.Refusals = new(request.Refusals)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.RequestLimit == 0 {
		c.RequestLimit = 300
	}
	c.BackendURL = strings.TrimRight(c.BackendURL, "/")
	a := &api{Config: c, limited: c.RequestLimit > 0}
	a.limit = ratelimit.NewRequests("api", c.RequestLimit, 5*time.Minute)
	a.limits = []string{strconv.Itoa(c.RequestLimit)}
	a.front = origin(c.FrontendURL)
	for _, u := range []string{c.FrontendURL, c.BackendURL} {
		if o := origin(u); o != "" {
			a.origins = append(a.origins, o)
		}
	}
	a.routes = newRouter(a.table())
	return a
}

// origin returns the Origin header (RFC 6454) that a browser sends for a page of the URL, or "".
func origin(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	host := strings.ToLower(u.Host)
	if port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; strings.HasSuffix(host, port) {
		host = strings.TrimSuffix(host, port)
	}
	return u.Scheme + "://" + host
}

// call is one request to the API, with everything that a handler needs.
type call struct {
	*api
	w       http.ResponseWriter
	r       *http.Request
	now     time.Time
	subject string        // subject of the valid token, or ""
	member  *cruddur.User // its member, if the verification returned one
	access  string        // the token itself
	until   time.Time     // when it ends
	denied  error         // why there is no subject
}

type handler func(c *call) error

// These header values are shared; never modify them. A fresh slice for each answer would cost an allocation each.
var (
	headerNoSniff  = []string{"nosniff"}
	headerPolicy   = []string{"default-src 'none'; frame-ancestors 'none'"}
	headerJSON     = []string{"application/json"}
	headerNoCache  = []string{"private, no-cache"}
	headerNoStore  = []string{"no-store"}
	headerVary     = "Origin, Authorization"
	headerVaryOnly = []string{headerVary}
)

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["X-Content-Type-Options"] = headerNoSniff
	h["Content-Security-Policy"] = headerPolicy
	if len(h["Vary"]) == 0 {
		h["Vary"] = headerVaryOnly
	} else {
		h.Add("Vary", headerVary)
	}
	c := &call{api: a, w: w, r: r, now: a.Now().UTC()}
	defer c.recover()
	if err := c.serve(); err != nil {
		c.fail(err)
	}
}

func (c *call) serve() error {
	found := c.routes.find(c.r)
	if found == nil {
		c.r.Pattern = "none"
		c.cors("GET, POST, PUT, DELETE, OPTIONS")
		if c.preflight() {
			return nil
		}
		return cruddur.NewError(cruddur.KindNotFound)
	}
	c.r.Pattern = found.pattern
	allowed := true
	if found.cors {
		allowed = c.cors("GET, POST, PUT, DELETE, OPTIONS")
		if c.preflight() {
			return nil
		}
	}
	handle := found.method(c.r.Method)
	if handle == nil {
		c.w.Header().Set("Allow", found.allow)
		c.answerError(http.StatusMethodNotAllowed, []string{"method_not_allowed"})
		return nil
	}
	if !allowed && !safe(c.r.Method) {
		return cruddur.NewError(cruddur.KindForbidden).Wrap(errForeignOrigin)
	}
	c.authenticate()
	if err := c.limitRequests(); err != nil {
		return err
	}
	if err := c.admit(found.pattern); err != nil {
		return err
	}
	if err := c.ignore(); err != nil {
		return err
	}
	defer c.changes(found.pattern)()
	return handle(c)
}

// ownWrites are the routes that change nothing that is remembered but their own member's marks.
var ownWrites = []string{
	"/api/activities", "/api/activities/{uuid}/reply", "/api/activities/{uuid}/like", "/api/activities/{uuid}/repost", "/api/users/@{handle}/follow",
}

// changes tells the memory of a request that may change what is remembered of members. Some reads note what was seen.
func (c *call) changes(pattern string) (end func()) {
	switch reads := safe(c.r.Method); {
	case reads && c.subject == "" || pattern == "/api/stream": // a stream would hold the memory back for as long as it is open
		return func() {}
	case c.member != nil && (reads || slices.Contains(ownWrites, pattern)):
		return c.Recall.WritesOwn(c.member.UUID)
	default:
		return c.Recall.Writes()
	}
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// recover turns a panic into a 500, as long as nothing has been written.
func (c *call) recover() {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	c.Log.ErrorContext(c.r.Context(), "panic in the API", "panic", p, "stack", stack(), "route", c.r.Pattern, "request", request.ID(c.r.Context()))
	c.answerError(http.StatusInternalServerError, []string{string(cruddur.KindInternal)})
}
