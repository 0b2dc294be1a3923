package web

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
	"cruddur/internal/recall"
	"cruddur/internal/request"
)

// maxForm is the most bytes a form may have; the longest legal one has about 4 kB.
const maxForm = 64 << 10

// visit is what is known about a request: the viewer, the language and the theme.
type visit struct {
	viewer   *cruddur.User  // nil for a stranger
	reader   *recall.Reader // the same with what is remembered of them
	session  identity.Session
	ended    bool // the browser sent a session that has ended
	lang     *lang.Language
	theme    string
	place    cruddur.Place
	now      time.Time
	unread   func() (cruddur.Unread, error) // of the viewer
	messages func() string                  // how many messages the viewer has not read, as text
	remember func(recall.Told)              // the two numbers

	files files // what came with the form
}

type visitKey struct{}

func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

// serve is the handler of one line of the table.
func (s *site) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{lang: s.langOf(r, nil), theme: themeOf(r), now: s.now(), place: cruddur.DefaultPlace()}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.Log.ErrorContext(r.Context(), "page panicked", "request", request.ID(r.Context()), "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				s.fail(w, r, rt, cruddur.NewError(cruddur.KindInternal))
			}
		}()
		var err error
		if r, err = s.run(w, r, rt); err != nil {
			s.fail(w, r, rt, err)
		}
	})
}

// run answers a request. It returns the request with what it has found out about it.
func (s *site) run(w http.ResponseWriter, r *http.Request, rt route) (*http.Request, error) {
	if err := s.readPlace(r); err != nil {
		return r, err
	}
	identify := s.identify
	if rt.who.role() > cruddur.RoleMember {
		// Before the form is read: to others there is no such page, whatever they send.
		err := s.identify(w, r)
		if err == nil {
			err = visitOf(r).permits(rt)
		}
		if err != nil {
			return r, err
		}
		identify = func(http.ResponseWriter, *http.Request) error { return nil }
	}
	switch {
	case rt.method == http.MethodPost && Uploads(r):
		// Only a member's files are kept. If the member cannot be found now, the text is read all the same.
		err := s.identify(w, r)
		identify = func(http.ResponseWriter, *http.Request) error { return err }
		if err := s.readParts(w, r); err != nil {
			return r, err
		}
	case rt.method == http.MethodPost:
		if err := parseForm(w, r); err != nil {
			return r, err
		}
	}
	if rt.who == anything && visitOf(r).membersOnly(rt) {
		if err := identify(w, r); err != nil {
			return r, err
		}
	}
	if rt.who != anything {
		if err := identify(w, r); err != nil {
			return r, err
		}
		var err error
		if r, err = s.ignore(r); err != nil {
			return r, err
		}
		if err := s.countPage(r); err != nil {
			return r, err
		}
	}
	if v := visitOf(r); v.viewer == nil && v.membersOnly(rt) {
		return r, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	if done, err := s.admit(w, r, rt.who); done || err != nil {
		return r, err
	}
	if rt.limit != nil {
		if err := rt.limit(s, r); err != nil {
			return r, err
		}
	}
	if rt.method == http.MethodPost { // it may send a letter
		r = r.WithContext(lang.With(r.Context(), visitOf(r).lang))
	}
	defer s.changes(r, rt)()
	return r, rt.handle(w, r)
}

// ownWrites are the routes that change nothing that is remembered but their own member's marks.
var ownWrites = []string{
	"/compose", "/{at}/follow", "/{at}/unfollow", "/{at}/status/{uuid}/reply",
	"/{at}/status/{uuid}/like", "/{at}/status/{uuid}/unlike", "/{at}/status/{uuid}/repost", "/{at}/status/{uuid}/unrepost",
}

// changes tells the memory of a request that may change what is remembered. A member who reads another page than home
// may have read what is told of there.
func (s *site) changes(r *http.Request, rt route) (end func()) {
	viewer := visitOf(r).viewer
	switch reads := rt.method == http.MethodGet; {
	case reads && (viewer == nil || rt.pattern == "/{$}" || rt.pattern == "/live"): // a stream lasts, and reads nothing
		return func() {}
	case viewer != nil && (reads || slices.Contains(ownWrites, rt.pattern)):
		return s.Recall.WritesOwn(viewer.UUID)
	default:
		return s.Recall.Writes()
	}
}

// parseForm reads an ordinary form. Forms with files are read by readParts.
func parseForm(w http.ResponseWriter, r *http.Request) error {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != "application/x-www-form-urlencoded" {
			return cruddur.NewError(cruddur.KindInvalid, "form_invalid")
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return cruddur.NewError(cruddur.KindInvalid, "form_too_large")
	}
	if err != nil {
		return cruddur.NewError(cruddur.KindInvalid, "form_invalid").Wrap(err)
	}
	return nil
}

// identify finds the member of a request. A cookie of an ended session is removed, and the request counts as a
// stranger's.
func (s *site) identify(w http.ResponseWriter, r *http.Request) error {
	token := s.sessionToken(r)
	if token == "" {
		return nil
	}
	v := visitOf(r)
	memory := s.Recall
	if r.Method != http.MethodGet && r.Method != http.MethodHead { // who writes is asked for now
		memory = nil
	}
	reader, err := memory.Resume(token, v.now, func() (cruddur.User, identity.Session, error) {
		return s.Sessions.Resume(r.Context(), token, v.now)
	})
	switch {
	case err == nil:
		user := reader.User // a copy: the memory's is shared
		v.viewer, v.session, v.reader = &user, reader.Session, reader
		v.lang = s.langOf(r, &user)
		s.countUnread(r)
	case cruddur.KindOf(err) == cruddur.KindUnauthenticated || cruddur.KindOf(err) == cruddur.KindNotFound:
		s.clearSession(w)
		v.ended = true
	default:
		return err
	}
	return nil
}

// admit applies the route's rule; done means that the answer is already written.
func (s *site) admit(w http.ResponseWriter, r *http.Request, who access) (done bool, err error) {
	v := visitOf(r)
	switch who {
	case stranger:
		if v.viewer != nil {
			http.Redirect(w, r, s.returnTo(r.FormValue("return_to")), http.StatusSeeOther)
			return true, nil
		}
	case member, owner:
		if v.viewer == nil {
			return false, cruddur.NewError(cruddur.KindUnauthenticated)
		}
	case keyHolder:
		return s.admitKeyHolder(w, r)
	}
	return false, nil
}

// role returns the role that a route needs.
func (a access) role() cruddur.Role {
	switch a {
	case moderator:
		return cruddur.RoleModerator
	case operator:
		return cruddur.RoleOperator
	default:
		return cruddur.RoleMember
	}
}

// has reports whether the viewer has a role.
func (v *visit) has(role cruddur.Role) bool {
	return role == cruddur.RoleMember || v.viewer != nil && v.viewer.Role >= role
}

// permits returns an error if the viewer has not got the role that a route needs.
func (v *visit) permits(rt route) error { return needs(v.viewer, rt.who.role()) }

// needs returns an error if somebody has not got a role. Strangers may sign in; to members without the role there is no
// such page.
func needs(viewer *cruddur.User, role cruddur.Role) error {
	switch {
	case viewer == nil:
		return cruddur.NewError(cruddur.KindUnauthenticated)
	case viewer.Role < role:
		return cruddur.NewError(cruddur.KindNotFound)
	}
	return nil
}

// These header values are shared; never modify them.
var (
	headerPolicy = []string{strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "manifest-src 'self'", "worker-src 'self'",
		"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	}, "; ")}
	headerAsking      = []string{headerPolicy[0] + "; connect-src 'self'"} // for pages whose script sends requests to the server
	headerSameOrigin  = []string{"same-origin"}
	headerNoSniff     = []string{"nosniff"}
	headerPermissions = []string{"camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"}
)

// headers sets what every answer of this package carries.
func (s *site) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Security-Policy"] = headerPolicy
		if r.URL.Path == "/signup" {
			h["Content-Security-Policy"] = headerAsking
		}
		h["Cross-Origin-Opener-Policy"] = headerSameOrigin
		h["Cross-Origin-Resource-Policy"] = headerSameOrigin
		h["X-Content-Type-Options"] = headerNoSniff
		h["Referrer-Policy"] = headerSameOrigin
		h["Permissions-Policy"] = headerPermissions
		if s.Secure && h.Get("Strict-Transport-Security") == "" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
