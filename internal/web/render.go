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
	"cruddur/internal/request"
)

//go:embed templates
var templateFiles embed.FS

// pages names every template that fills the frame of layout.html.
var pages = []string{"home", "crud", "profile", "compose", "form", "settings", "mailbox", "error"}

// texts are the bodies of the pages that only say something.
var texts = []string{"about", "terms", "privacy"}

// page is what the frame around every page shows. Each view embeds one.
type page struct {
	Title       string
	Description string
	Path        string // of the request, for coming back to it
	Here        string // which entry of the navigation this is
	Viewer      *viewer
	Theme       string // light, dark or "" for the system's
	Now         int64  // the server's clock in Unix milliseconds, for the countdown
	Notice      string
	Posted      string // the draft that has become a crud, so that the script forgets it
	Fixed       bool   // says nothing of when and where it was asked for: a 404 is like any other
	NoIndex     bool   // shows cruds: no search engine may keep it longer than they live
	Soonest     []soon
	Assets      assets
}

// viewer is the member who looks.
type viewer struct {
	Handle, DisplayName string
	Path                template.URL
	Avatar              avatar
}

// view is a page that can be rendered.
type view interface {
	frame() *page
	template() string
}

func (p *page) frame() *page { return p }

func (s *site) loadTemplates() error {
	s.templates = map[string]*template.Template{}
	layout, err := template.New("layout.html").ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	add := func(name string, files ...string) error {
		t, err := template.Must(layout.Clone()).ParseFS(templateFiles, files...)
		if err != nil {
			return fmt.Errorf("templates: %s: %w", name, err)
		}
		s.templates[name] = t
		return nil
	}
	for _, name := range pages {
		if err := add(name, "templates/"+name+".html"); err != nil {
			return err
		}
	}
	for _, name := range texts {
		if err := add(name, "templates/text.html", "templates/"+name+".html"); err != nil {
			return err
		}
	}
	source, err := templateFiles.ReadFile("templates/card.html")
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	s.card, err = parseCard(string(source))
	return err
}

// buffers are used again, for a page of 20 cruds is 30 kB of garbage otherwise.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxKept is the largest buffer that is worth keeping.
const maxKept = 256 << 10

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxKept {
		b.Reset()
		buffers.Put(b)
	}
}

// render writes a view. Nothing is written before all of it is there.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	b := buffers.Get().(*bytes.Buffer)
	defer putBuffer(b)
	s.fill(r, v.frame())
	if err := s.execute(b, v); err != nil {
		s.Log.ErrorContext(r.Context(), "page does not render", "request", request.ID(r.Context()), "template", v.template(), "error", err)
		http.Error(w, "This page cannot be shown. Request "+request.ID(r.Context()), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Add("Vary", "Cookie")
	// No page is kept anywhere: what a crud's end or its author takes away must not come back from a
	// cache, not even from that of the back button.
	if visitOf(r).viewer != nil {
		h.Set("Cache-Control", "private, no-store")
	} else {
		h.Set("Cache-Control", "no-store")
	}
	if v.frame().NoIndex {
		h.Set("X-Robots-Tag", "noindex, noarchive")
	}
	w.WriteHeader(status)
	w.Write(b.Bytes()) // an error here means that the reader has gone
}

func (s *site) execute(b *bytes.Buffer, v view) error {
	t := s.templates[v.template()]
	if t == nil {
		return fmt.Errorf("no template %q", v.template())
	}
	return t.Execute(b, v)
}

// fill completes the frame with what every page has.
func (s *site) fill(r *http.Request, p *page) {
	v := visitOf(r)
	p.Theme = v.theme
	if !p.Fixed {
		p.Now = v.now.UnixMilli()
	}
	p.Path = "/"
	if !p.Fixed && r.Method != http.MethodPost {
		p.Path = r.URL.RequestURI()
	}
	p.Assets = s.static.assets
	if p.Notice == "" {
		p.Notice = notices[r.URL.Query().Get("notice")]
	}
	if v.viewer != nil {
		p.Viewer = viewerOf(v.viewer)
	}
}

func viewerOf(u *cruddur.User) *viewer {
	return &viewer{
		Handle: u.Handle, DisplayName: u.DisplayName,
		Path: profilePath(u.Handle), Avatar: avatarOf(u.Handle, u.DisplayName),
	}
}
