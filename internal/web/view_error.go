package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"cruddur"
	"cruddur/internal/request"
)

// errorView is a page for an error that no form can show.
type errorView struct {
	page
	Heading, Text string
	Request       string // for the operator; only if it is the server's fault
	SignIn        string // where to sign in, for a reader who must
}

func (*errorView) template() string { return "error" }

// signInTo returns the sign-in address with the page to return to, after a form that came too late.
func signInTo(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/settings/") && r.URL.Path != "/settings/delete" && r.URL.Path != "/settings/expire" {
		return "/settings" // the page with the form
	}
	if at := strings.Index(r.URL.Path, "/status/"); at > 0 { // the crud, whatever was to be done with it
		id, _, _ := strings.Cut(r.URL.Path[at+len("/status/"):], "/")
		return r.URL.Path[:at] + "/status/" + id
	}
	for _, action := range []string{"/follow", "/unfollow"} {
		if profile, ok := strings.CutSuffix(r.URL.Path, action); ok {
			return profile
		}
	}
	return r.URL.Path
}

// errorPage returns the page for an error. Expired, deleted and never existing things get the same page.
func (s *site) errorPage(r *http.Request, status int, err error) *errorView {
	l := visitOf(r).lang
	v := &errorView{Text: sentenceOf(cruddur.CodesOf(err)[0]).in(l)}
	v.NoIndex, v.Fixed = true, true
	switch status {
	case http.StatusNotFound:
		v.Heading, v.Text = "Gone, or never here", "Everything on Cruddur has an end. Either this has expired or was deleted, or the address is wrong. The server does not keep anything that could tell which."
	case http.StatusMethodNotAllowed:
		v.Heading, v.Text = "Wrong kind of request", "This address exists, but it does not accept this kind of request."
	case http.StatusUnauthorized:
		v.Heading, v.SignIn = "You are signed out", "/signin?"+url.Values{"return_to": {signInTo(r)}}.Encode()
	case http.StatusForbidden:
		v.Heading = "Not yours"
		if cruddur.CodesOf(err)[0] == "cross_origin" {
			v.Heading, v.Text = "Sent from another site", "Another site has sent this form, so nothing was done. If you want to do it, go to the page on this site and do it there."
		}
	case http.StatusTooManyRequests:
		v.Heading = "One moment"
		if e, ok := errors.AsType[*cruddur.Error](err); ok && e.RetryAfter > 0 {
			v.Text += " " + waitText(l, e.RetryAfter)
		}
	case http.StatusServiceUnavailable:
		v.Heading = "Back in a moment"
	case http.StatusInternalServerError:
		v.Heading, v.Request = "Something broke", request.ID(r.Context())
	case http.StatusRequestEntityTooLarge:
		v.Heading = "Too much"
	default:
		v.Heading = "That did not work"
	}
	v.Title = v.Heading
	return v
}
