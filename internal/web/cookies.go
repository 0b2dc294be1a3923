package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"cruddur"
)

// sessionLife is how long a browser keeps the cookie: the maximum life of a session. The server ends an idle session
// earlier.
const sessionLife = 90 * 24 * time.Hour

// cookieName returns the name with the __Host- prefix, for which browsers require Secure, Path=/ and exactly this
// host (RFC 6265bis, 4.1.3.2). Over plain http the prefix is impossible and is left out.
func (s *site) cookieName(name string) string {
	if s.Secure {
		return "__Host-" + name
	}
	return name
}

func (s *site) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	age := int(life.Seconds())
	if life <= 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: age,
		Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *site) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *site) sessionToken(r *http.Request) string { return s.cookie(r, "cruddur") }

func (s *site) clearSession(w http.ResponseWriter) { s.setCookie(w, "cruddur", "", 0) }

// signUpCookie keeps the secret of the browser in which a sign-up began, until its code is entered.
const signUpCookie = "cruddur-signup"

// emailCookie keeps the address of a sign-up or recovery, for emailLife.
const (
	emailCookie = "cruddur-email"
	emailLife   = time.Hour
)

// rememberEmail carries the address from one form of sign-up or recovery to the next, so that it never appears in a
// URL, where logs and histories would keep it.
func (s *site) rememberEmail(w http.ResponseWriter, email string) {
	if email, err := cruddur.CheckEmail(email); err == nil {
		s.setCookie(w, emailCookie, url.QueryEscape(email), emailLife)
	}
}

func (s *site) rememberedEmail(r *http.Request) string {
	email, err := url.QueryUnescape(s.cookie(r, emailCookie))
	if err != nil {
		return ""
	}
	if email, err = cruddur.CheckEmail(email); err != nil {
		return ""
	}
	return email
}

// themeCookie is the only cookie that the page's script may write: it holds "light" or "dark".
const themeCookie = "cruddur-theme"

func themeOf(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

func (s *site) postTheme(w http.ResponseWriter, r *http.Request) error {
	c := &http.Cookie{Name: themeCookie, Path: "/", MaxAge: 365 * 24 * 3600, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
	switch v := r.PostFormValue("theme"); v {
	case "light", "dark":
		c.Value = v
	default:
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
	http.Redirect(w, r, s.refererOr(r, "/"), http.StatusSeeOther)
	return nil
}

// returnTo returns path if it is a page of this site that may follow a form, else home. It accepts only a known path
// and its query: no host, no scheme, no fragment.
func (s *site) returnTo(path string) string {
	u, err := url.ParseRequestURI(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(path, "/") || len(path) > 512 ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	_, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, URL: u, Host: "here"})
	if !strings.HasPrefix(pattern, "GET /") || strings.HasPrefix(pattern, "GET /static/") || u.Path != pathOf(u) {
		return "/"
	}
	if strings.HasPrefix(pattern, "GET /{at}") && !strings.HasPrefix(u.Path, "/@") {
		return "/"
	}
	if u.RawQuery != "" {
		return u.EscapedPath() + "?" + u.Query().Encode()
	}
	return u.EscapedPath()
}

// pathOf returns the path that the router would see; a path with dots or doubled slashes is not one of ours.
func pathOf(u *url.URL) string {
	if strings.Contains(u.Path, "//") || strings.Contains(u.Path, "/.") {
		return ""
	}
	return u.Path
}
