package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/request"
)

func (s *site) signInForm(r *http.Request, e *entry) (view, error) {
	email := emailField(s.rememberedEmail(r))
	password := passwordField("password", "Password")
	password.Focus = email.Value != "" && e == nil
	action := "/signin"
	if back := s.returnTo(r.FormValue("return_to")); back != "/" {
		action += "?return_to=" + url.QueryEscape(back)
	}
	links := []link{{"Forgotten it?", "Choose a new password", "/forgot"}}
	if visitOf(r).place.SignUp != cruddur.SignUpClosed {
		links = append(links, link{"New here?", "Sign up", "/signup"})
	}
	return &formView{
		page:  page{Title: "Sign in", Here: "signin"},
		Form:  form{Action: action, Submit: "Sign in", Fields: []field{email, password}}.with(e),
		Links: links,
	}, nil
}

func (s *site) postSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := filled(r, "email", "password"); err != nil {
		return err
	}
	err := s.signIn(w, r, r.PostFormValue("email"), r.PostFormValue("password"))
	if err != nil && slices.Contains(cruddur.CodesOf(err), "account_unconfirmed") {
		s.rememberEmail(w, r.PostFormValue("email"))
		http.Redirect(w, r, "/confirm?notice=unconfirmed", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	s.setCookie(w, emailCookie, "", 0)
	http.Redirect(w, r, s.returnTo(r.FormValue("return_to")), http.StatusSeeOther)
	return nil
}

// signIn checks a password and opens a session for this browser.
func (s *site) signIn(w http.ResponseWriter, r *http.Request, email, password string) error {
	now := visitOf(r).now
	tokens, err := s.Identity.SignIn(r.Context(), email, password, now)
	if err != nil {
		return err
	}
	session, err := identity.BeginBrowser(r.Context(), s.Identity, s.Sessions, tokens, browserOf(r), now)
	if err != nil {
		return err
	}
	s.setCookie(w, "cruddur", session, sessionLife)
	// A browser uses only its session, so the tokens that came with it are revoked.
	if err := s.Identity.SignOut(r.Context(), tokens.Refresh, now); err != nil {
		s.Log.WarnContext(r.Context(), "sign in: the refresh token stays", "request", request.ID(r.Context()), "error", err)
	}
	return nil
}

func browserOf(r *http.Request) identity.Browser {
	return identity.Browser{UserAgent: r.UserAgent(), Address: request.Client(r.Context()).String()}
}

// begin opens a session for a member who is already identified.
func (s *site) begin(w http.ResponseWriter, r *http.Request, subject string) error {
	token, err := s.Sessions.Begin(r.Context(), subject, browserOf(r), visitOf(r).now)
	if err != nil {
		return err
	}
	s.setCookie(w, "cruddur", token, sessionLife)
	return nil
}

func (s *site) postSignOut(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if v.viewer != nil {
		if err := s.endSession(r.Context(), v.viewer.UUID, v.session.UUID); err != nil {
			return err
		}
		v.viewer = nil
	}
	s.clearSession(w)
	http.Redirect(w, r, "/?notice=signedout", http.StatusSeeOther)
	return nil
}

// endSession ends one session. It is not an error if the session has already ended.
func (s *site) endSession(ctx context.Context, user, session cruddur.UUID) error {
	err := s.Sessions.End(ctx, user, session)
	if cruddur.KindOf(err) == cruddur.KindNotFound && err != nil {
		return nil
	}
	return err
}
