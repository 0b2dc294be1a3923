package web

import (
	"net/http"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/identity"
)

// invitationCookie keeps what the link of an invitation holds until somebody has signed up with it, so that it stays out
// of the addresses of further pages.
const (
	invitationCookie = "cruddur-invitation"
	invitationLife   = 24 * time.Hour
)

// getInvitation is where the link of an invitation leads: to the form that signs up, if it holds.
func (s *site) getInvitation(w http.ResponseWriter, r *http.Request) error {
	v, token := visitOf(r), r.PathValue("token")
	if v.viewer != nil {
		http.Redirect(w, r, "/?notice=member", http.StatusSeeOther)
		return nil
	}
	if v.place.SignUp == cruddur.SignUpClosed {
		s.render(w, r, http.StatusForbidden, s.closedView(r))
		return nil
	}
	_, err := s.Store.Invitation(r.Context(), identity.InvitationHash(token), v.now)
	switch {
	case err == nil:
		s.setCookie(w, invitationCookie, token, invitationLife)
		http.Redirect(w, r, "/signup", http.StatusSeeOther)
		return nil
	case cruddur.KindOf(err) != cruddur.KindNotFound:
		return err
	}
	view := &formView{
		page: page{Title: "This invitation no longer holds", Here: "signup", Fixed: true},
		Lead: "It has ended, was withdrawn, or as many people have come by it as it was made for. Ask whoever sent you the link for a new one.",
	}
	s.render(w, r, http.StatusNotFound, view)
	return nil
}

// closedView says that nobody can sign up.
func (s *site) closedView(r *http.Request) *formView {
	v := &formView{
		page:  page{Title: "No new members", Here: "signup"},
		Lead:  signUpSentences[cruddur.SignUpClosed],
		Links: []link{{"Already a member?", "Sign in", "/signin"}},
	}
	if visitOf(r).place.Contact != "" {
		v.Links = append(v.Links, link{"Do you want to come in?", "Ask the host", "/about"})
	}
	return v
}

// invitationFields returns the field for an invitation, where one is needed or may help and the browser keeps none.
func (s *site) invitationFields(r *http.Request, e *entry) []field {
	mode := visitOf(r).place.SignUp
	kept := s.cookie(r, invitationCookie) != "" && (e == nil || e.errors["invitation"] == "")
	f := field{Name: "invitation", Label: "Invitation", Type: "text", Autocomplete: "off", Hint: "The link that you were sent."}
	switch {
	case kept || mode == cruddur.SignUpOpen:
		return nil
	case mode == cruddur.SignUpDomain:
		f.Optional, f.Hint = true, "If your address is another one: the link that you were sent."
	}
	return []field{f}
}

// invitationOf returns what the link of an invitation holds that came with the form, typed as a link or without it, or
// that the browser keeps.
func (s *site) invitationOf(r *http.Request) string {
	typed := strings.TrimRight(strings.TrimSpace(r.PostFormValue("invitation")), "/")
	if typed == "" {
		return s.cookie(r, invitationCookie)
	}
	return typed[strings.LastIndexByte(typed, '/')+1:]
}
