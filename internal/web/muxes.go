package web

import (
	"net/http"
	"strings"
)

// muxes are the routes of the site. Those of tags, pictures and invitations have a mux of their own: net/http refuses "/tags/{tag}"
// beside "/{at}/likes", because both match the page of the tag "likes". So have those of conversations.
type muxes struct{ tags, messages, others *http.ServeMux }

const (
	tagsPath     = "/tags/"
	picturesPath = "/pictures/"
	messagesPath = "/messages/"
	invitePath   = "/invite/"
)

func newMuxes() *muxes { return &muxes{http.NewServeMux(), http.NewServeMux(), http.NewServeMux()} }

// of returns the mux for a path.
func (m *muxes) of(path string) *http.ServeMux {
	if strings.HasPrefix(path, tagsPath) || strings.HasPrefix(path, picturesPath) || strings.HasPrefix(path, invitePath) {
		return m.tags
	}
	if strings.HasPrefix(path, messagesPath) {
		return m.messages
	}
	return m.others
}

func (m *muxes) handle(method, pattern string, h http.Handler) {
	m.of(pattern).Handle(method+" "+pattern, h)
}

// handleRest sets the handler of what no route matches.
func (m *muxes) handleRest(h http.Handler) {
	m.tags.Handle("/", h)
	m.messages.Handle("/", h)
	m.others.Handle("/", h)
}

// Handler is that of http.ServeMux.
func (m *muxes) Handler(r *http.Request) (h http.Handler, pattern string) {
	return m.of(r.URL.Path).Handler(r)
}

// ServeHTTP implements http.Handler.
func (m *muxes) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.of(r.URL.Path).ServeHTTP(w, r) }
