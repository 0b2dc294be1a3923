package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cruddur"
	"cruddur/internal/lang"
	"cruddur/internal/request"
)

// fail answers a request that failed: with the form that was sent, including everything typed, or with an error page.
// A reader who must sign in first goes to the sign-in page and then comes back.
func (s *site) fail(w http.ResponseWriter, r *http.Request, rt route, err error) {
	if errors.Is(r.Context().Err(), context.Canceled) {
		return // the client has disconnected
	}
	kind := cruddur.KindOf(err)
	if kind == cruddur.KindUnauthenticated && r.Method != http.MethodPost {
		q := url.Values{"return_to": {r.URL.RequestURI()}}
		if visitOf(r).ended {
			q.Set("notice", "session")
		}
		http.Redirect(w, r, "/signin?"+q.Encode(), http.StatusSeeOther)
		return
	}
	status := request.Status(kind)
	e, _ := errors.AsType[*cruddur.Error](err)
	if e != nil && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if kind == cruddur.KindInternal || kind == cruddur.KindUnavailable {
		reason := string(kind)
		if kind == cruddur.KindInternal {
			reason = err.Error() // each one is a separate fault
		}
		s.Refusals.Log(r.Context(), s.Log, slog.LevelError, reason, "page failed", "request", request.ID(r.Context()), "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if slices.Contains(cruddur.CodesOf(err), "form_too_large") {
		status = http.StatusRequestEntityTooLarge
		w.Header().Set("Connection", "close")
	} else if r.Method == http.MethodPost && asksJSON(r) {
		failScript(w, r, status, err)
		return
	} else if rt.form != nil && s.mayShow(r, rt) {
		if view, formErr := rt.form(r, entryOf(r, err)); formErr == nil {
			s.render(w, r, status, view)
			return
		}
	}
	s.render(w, r, status, s.errorPage(r, status, err))
}

// failScript answers a script of a page: with codes for it, and a sentence for the reader.
func failScript(w http.ResponseWriter, r *http.Request, status int, err error) {
	e := entryOf(r, err)
	text := e.banner
	for _, field := range slices.Sorted(maps.Keys(e.errors)) {
		text = strings.TrimSpace(text + " " + e.errors[field])
	}
	b, jsonErr := json.Marshal(sentAnswer{Codes: cruddur.CodesOf(err), Error: text})
	if jsonErr != nil {
		b = []byte("{}") // texts only, so this does not happen
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-store")
	w.WriteHeader(status)
	w.Write(b)
}

// mayShow reports whether the form of a route may be shown again: not to who lacks its role. Where only members read, a stranger gets those alone
// that hold a text, because others name members.
func (s *site) mayShow(r *http.Request, rt route) bool {
	v := visitOf(r)
	return v.has(rt.who.role()) && (v.viewer != nil || !v.membersOnly(rt) || r.PostForm.Has("message"))
}

// entry is a form as it was sent, with its errors; nil for a form that is shown for the first time.
type entry struct {
	values     url.Values
	errors     map[string]string // by field
	banner     string            // an error that belongs to no field
	signIn     bool              // signing in is the next step
	retryAfter int
}

func entryOf(r *http.Request, err error) *entry {
	e := &entry{values: r.PostForm, errors: map[string]string{}}
	l := visitOf(r).lang
	ce, _ := errors.AsType[*cruddur.Error](err)
	for _, code := range cruddur.CodesOf(err) {
		s := sentenceOf(code)
		if code == "credentials_mismatch" && strings.HasPrefix(r.URL.Path, "/settings/") {
			s = sentence{"That is not your password.", s.field, 0} // this form does not ask for the address
		}
		field := s.field
		if ce != nil && ce.Field != "" && len(ce.Codes) == 1 {
			field = ce.Field
		}
		if blank, ok := sentences[field+"_blank"]; ok && empty(r, field) {
			s = blank // for an empty field, the message for a blank
		}
		if field == "" {
			e.banner = s.in(l)
		} else {
			e.errors[field] = s.in(l)
		}
	}
	if ce != nil && ce.RetryAfter > 0 {
		e.retryAfter = ce.RetryAfter
		if ce.Kind == cruddur.KindTooMany {
			e.banner += " " + waitText(l, ce.RetryAfter)
		}
	}
	e.signIn = cruddur.KindOf(err) == cruddur.KindUnauthenticated
	return e
}

// waitText says how many seconds a reader must wait, rounded up.
func waitText(l *lang.Language, seconds int) string {
	if seconds < 90 {
		return l.Count("Try again in {n} seconds.", seconds)
	}
	return l.Count("Try again in {n} minutes.", (seconds+59)/60)
}

// getNothing answers requests that match no route: with 405 if a route matches for another method (RFC 9110, 15.5.6),
// else with 404.
func (s *site) getNothing(w http.ResponseWriter, r *http.Request) error {
	err := cruddur.NewError(cruddur.KindNotFound)
	allow := s.allowed(r)
	if len(allow) == 0 || slices.Contains(allow, r.Method) {
		return err
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	s.render(w, r, http.StatusMethodNotAllowed, s.errorPage(r, http.StatusMethodNotAllowed, err))
	return nil
}

// allowed returns the methods that have a route for the request's path.
func (s *site) allowed(r *http.Request) (methods []string) {
	for _, method := range [...]string{http.MethodGet, http.MethodHead, http.MethodPost} {
		other := *r
		other.Method = method
		_, pattern := s.mux.Handler(&other)
		if !visitOf(r).has(s.roles[pattern]) {
			continue // nobody else learns that there is something
		}
		if pattern == "/" || strings.Contains(pattern, " /{at}") && !strings.HasPrefix(r.URL.Path, "/@") {
			continue
		}
		methods = append(methods, method)
	}
	return methods
}

// postFromElsewhere answers a form that another site sent in a member's name.
func (s *site) postFromElsewhere(http.ResponseWriter, *http.Request) error {
	return cruddur.NewError(cruddur.KindForbidden, "cross_origin")
}
