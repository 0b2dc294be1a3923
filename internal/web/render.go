package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"sync"

	"cruddur"
	"cruddur/internal/lang"
	"cruddur/internal/recall"
	"cruddur/internal/request"
)

//go:embed templates
var templateFiles embed.FS

// pages lists every template that fills the frame of layout.html.
var pages = []string{"home", "crud", "profile", "compose", "form", "settings", "mailbox", "error", "people", "tag", "search", "me", "shunned", "notifications", "messages", "admin", "reported", "cases", "case", "log", "moderate", "moderated"}

// texts are the bodies of the pages with fixed text.
var texts = []string{"about", "terms", "privacy"}

// page holds the data of the frame around every page. Each view embeds one.
type page struct {
	Lang        *lang.Language
	Title       string // this and Description may be English: the template translates them
	Description string
	Here        string // the current entry of the navigation
	Viewer      *viewer
	News        *news  // what the viewer has not read; nil: nothing
	Theme       string // light, dark, or "" for the system's
	Now         int64  // the server's clock in Unix milliseconds, for the countdown
	Live        string // the event from which on a stream of events goes on where the page stops, or ""
	Shows       string // what the script adds to the page: "home", "following", "by:ada", "replies:ada", "thread:UUID", "notifications", "talk:ada", "talks" or ""
	Notice      string
	Posted      string        // the draft that was posted, so that the script forgets it
	Fixed       bool          // the page shows neither the time nor the address of the request: all 404 pages are equal
	NoIndex     bool          // the page shows cruds: no search engine may keep it longer than they live
	Soonest     template.HTML // the cruds that expire next, as list items
	Trends      []trendLine   // the tags that members talk about
	Rail        template.HTML // the navigation; for strangers it is rendered once
	Assets      assets
	Place       placeView
	Languages   []*lang.Language
	Talk        bool      // the page shows cards: it needs their icons
	Cases       string    // how many cases wait for the viewer: "3", "99+" or ""
	Unread      string    // how many messages the viewer has not read: "3", "99+" or ""
	Asks        bool      // its script sends requests to the server
	Feed        string    // address of the page's cruds as an Atom feed, or ""
	Return      string    // where a form of the page leads back to; "" if it has none
	Suggested   []*person // members worth following, for the side panel

	cards *bytes.Buffer // the feed, which replaces feedMark
}

// feedMark is the placeholder of the feed in a page, so that 25 kB need not go through the template. No member's text
// can hold it, because every < is escaped.
const feedMark template.HTML = "<!--feed-->"

// viewer is the member who views the page.
type viewer struct {
	ID                  string // by which the script knows whose drafts these are
	Handle, DisplayName string
	Path                template.URL
	Operator            bool // may look after the place
	Avatar              avatar
	Moderates           bool // has the pages of moderators
}

// view is a page that can be rendered.
type view interface {
	frame() *page
	template() string
}

func (p *page) frame() *page { return p }

// spoken is what the pages consist of in one language.
type spoken struct {
	pages map[string]*template.Template
	card  *fragment[card] // one crud of a feed, rendered separately so that a failure affects only this crud
	soon  *fragment[soon]
	rail  *template.Template
	box   *template.Template // the form for a new crud

	offline *template.Template // the page without a connection
}

// loadTemplates reads the templates once for each language, so that no text is looked up when a page is rendered.
func (s *site) loadTemplates() error {
	for _, l := range s.Languages.All() {
		x, known := spokenIn.Load(l)
		if !known {
			made, err := loadSpoken(l)
			if err != nil {
				return fmt.Errorf("templates: %s: %w", l.Tag, err)
			}
			x, _ = spokenIn.LoadOrStore(l, made)
		}
		s.spoken = append(s.spoken, x.(*spoken))
	}
	return nil
}

// spokenIn has what a language's pages consist of: a test binary makes a hundred sites, and reading the templates is half
// of the work of making one.
var spokenIn sync.Map // by *lang.Language

func loadSpoken(l *lang.Language) (*spoken, error) {
	x := &spoken{pages: map[string]*template.Template{}}
	layout := template.New("").Funcs(template.FuncMap{"t": func(english string) string { return l.Text(english) }})
	if err := parse(layout, l, "layout", "rail", "parts"); err != nil {
		return nil, err
	}
	x.rail, x.box = layout.Lookup("rail"), layout.Lookup("compose")
	add := func(name string, files ...string) error {
		t := template.Must(layout.Clone())
		err := parse(t, l, files...)
		x.pages[name] = t.Lookup("layout.html")
		return err
	}
	for _, name := range pages {
		if err := add(name, name); err != nil {
			return nil, err
		}
	}
	for _, name := range texts {
		if err := add(name, "text", name); err != nil {
			return nil, err
		}
	}
	offline := template.Must(layout.Clone())
	err := parse(offline, l, "offline")
	if err != nil {
		return nil, err
	}
	x.offline = offline.Lookup("offline.html")
	if x.card, err = loadFragment("card", l, cardFields); err != nil {
		return nil, err
	}
	x.soon, err = loadFragment("soon", l, soonFields)
	return x, err
}

// parse adds template files to a template, in a language.
func parse(t *template.Template, l *lang.Language, names ...string) error {
	for _, name := range names {
		source, err := readTemplate(name, l)
		if err == nil {
			_, err = t.New(name + ".html").Parse(source)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func readTemplate(name string, l *lang.Language) (string, error) {
	data, err := templateFiles.ReadFile("templates/" + name + ".html")
	if err != nil {
		return "", err
	}
	return l.Template(string(data))
}

// buffers are reused, because otherwise a page of 20 cruds leaves 30 kB of garbage.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxKept is the capacity of the largest buffer that is kept for reuse, in bytes.
const maxKept = 256 << 10

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxKept {
		b.Reset()
		buffers.Put(b)
	}
}

// render writes a view. It writes nothing until the whole page is rendered.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	b := buffers.Get().(*bytes.Buffer)
	defer putBuffer(b)
	if cards := v.frame().cards; cards != nil {
		defer putBuffer(cards)
	}
	err := s.fill(r, v.frame())
	if err == nil {
		err = s.execute(b, v)
	}
	if err != nil {
		s.Log.ErrorContext(r.Context(), "cannot render page", "request", request.ID(r.Context()), "template", v.template(), "error", err)
		http.Error(w, visitOf(r).lang.Text("This page cannot be shown. Request {request}", "request", request.ID(r.Context())), http.StatusInternalServerError)
		return
	}
	whole := b
	if cards := v.frame().cards; cards != nil {
		whole = buffers.Get().(*bytes.Buffer)
		defer putBuffer(whole)
		splice(whole, b.Bytes(), cards.Bytes())
	}
	s.pageHeaders(w, r, v.frame())
	w.Header().Set("Content-Length", strconv.Itoa(whole.Len()))
	w.WriteHeader(status)
	w.Write(whole.Bytes()) // an error here means that the client has disconnected
}

// pageHeaders sets the headers of a page.
func (s *site) pageHeaders(w http.ResponseWriter, r *http.Request, p *page) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Cookie, Accept-Language")
	h.Set("Content-Language", p.Lang.Tag)
	// No page may be cached: an expired or deleted crud must not come back from a cache, not even from that of the
	// back button.
	if visitOf(r).viewer != nil {
		h.Set("Cache-Control", "private, no-store")
	} else {
		h.Set("Cache-Control", "no-store")
	}
	// Which pages a browser may fetch when a link is pressed, before it is let go: those that change nothing by being
	// read. A header, because the policy admits no inline script. Nothing is fetched earlier: a page that waits would
	// show cruds that have ended or are gone since.
	h["Speculation-Rules"] = s.static.ahead
	if p.Return != "" || p.Asks || p.Live != "" {
		h["Content-Security-Policy"] = headerAsking
	}
	if p.NoIndex {
		h.Set("X-Robots-Tag", "noindex, noarchive")
	}
}

// splice writes the page with its feed in place of feedMark.
func splice(b *bytes.Buffer, page, feed []byte) {
	head, tail, found := bytes.Cut(page, []byte(feedMark))
	b.Write(head)
	if found {
		b.Write(feed)
		b.Write(tail)
	}
}

func (s *site) execute(b *bytes.Buffer, v view) error {
	t := s.spoken[v.frame().Lang.Place].pages[v.template()]
	if t == nil {
		return fmt.Errorf("no template %q", v.template())
	}
	return t.Execute(b, v)
}

// fill sets the data that every page's frame has.
func (s *site) fill(r *http.Request, p *page) error {
	s.fillOwn(r, p)
	if p.NoIndex && !p.Fixed { // a page of cruds
		p.Trends = trendLines(p.Lang, s.trendsFor(r))
	}
	return s.fillRail(p)
}

// fillOwn sets what a frame shows of the request and its viewer, except the navigation.
func (s *site) fillOwn(r *http.Request, p *page) {
	v := visitOf(r)
	p.Theme = v.theme
	if !p.Fixed {
		p.Now = v.now.UnixMilli()
		if s.Live != nil && (v.viewer != nil || p.NoIndex) { // a stranger is told of cruds alone
			p.Live = s.Live.Position()
		}
	}
	p.Assets, p.Languages = s.static.assets[v.lang.Place], s.Languages.All()
	p.Lang = v.lang
	p.Place = placeOf(v.place, p.Assets)
	if notice := notices[r.URL.Query().Get("notice")]; p.Notice == "" && notice != "" {
		p.Notice = v.lang.Text(notice)
	}
	if p.Notice == "" && v.ended && !p.Fixed && r.Method != http.MethodPost { // a form has a banner of its own
		p.Notice = v.lang.Text(notices["session"])
	}
	if v.viewer != nil {
		p.Viewer = viewerOf(v.viewer)
		if u, err := v.unread(); err == nil {
			p.News = newsOf(u)
		} else { // the page is worth more than its number
			s.Log.WarnContext(r.Context(), "cannot count what is unread", "request", request.ID(r.Context()), "error", err)
		}
		if !p.Fixed {
			p.Unread = v.messages()
			if u, err := v.unread(); err == nil && v.remember != nil {
				v.remember(recall.Told{Unread: u, Messages: p.Unread})
			}
			cases, err := s.openCases(r)
			if p.Cases = cases; err != nil {
				s.Log.WarnContext(r.Context(), "cannot count the cases", "request", request.ID(r.Context()), "error", err)
			}
		}
	}
}

// railKey is everything that changes the navigation of strangers.
type railKey struct {
	here, theme, language string
	place                 placeView
}

// fillRail renders the navigation. For strangers there is one rendering of each kind, until the place changes.
func (s *site) fillRail(p *page) error {
	key := railKey{p.Here, p.Theme, p.Lang.Tag, p.Place}
	if p.Viewer == nil {
		if rail, ok := s.rails.Load(key); ok {
			p.Rail = rail.(template.HTML)
			return nil
		}
	}
	var b bytes.Buffer
	if err := s.spoken[p.Lang.Place].rail.Execute(&b, p); err != nil {
		return err
	}
	p.Rail = template.HTML(b.String())
	if p.Viewer == nil {
		if last := s.railsOf.Swap(&p.Place); last != nil && *last != p.Place {
			s.rails.Clear()
		}
		s.rails.Store(key, p.Rail)
	}
	return nil
}

func viewerOf(u *cruddur.User) *viewer {
	name := cruddur.ShownName(u.DisplayName, u.Handle)
	return &viewer{
		ID: u.UUID.String(), Handle: u.Handle, DisplayName: name,
		Path: profilePath(u.Handle), Operator: u.Role >= cruddur.RoleOperator, Moderates: u.Role >= cruddur.RoleModerator, Avatar: avatarOf(u.Handle, name).of(u.Avatar),
	}
}
