package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"cruddur"
	"cruddur/internal/request"
)

// errorView is a page for what went wrong where no form can show it.
type errorView struct {
	page
	Heading, Text string
	Request       string // for the operator; only where it is the server's fault
	SignIn        string // where to sign in, for whoever has to
}

func (*errorView) template() string { return "error" }

// signInTo is the page to come back to after a form that came too late.
func signInTo(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/settings/") && r.URL.Path != "/settings/delete" {
		return "/settings" // there the form is
	}
	return r.URL.Path
}

// errorPage says what happened. What has expired, was deleted or never existed is one and the same.
func (s *site) errorPage(r *http.Request, status int, err error) *errorView {
	v := &errorView{Text: sentenceOf(cruddur.CodesOf(err)[0]).text}
	v.NoIndex, v.Fixed = true, true
	switch status {
	case http.StatusNotFound:
		v.Heading, v.Text = "Gone, or never here", "Everything on Cruddur has an end. Perhaps this had its own; perhaps the address is wrong. Nobody can tell any more, and that is the point."
	case http.StatusMethodNotAllowed:
		v.Heading, v.Text = "Not this way", "There is something at this address, but not for what was asked of it."
	case http.StatusUnauthorized:
		v.Heading, v.SignIn = "You are signed out", "/signin?"+url.Values{"return_to": {signInTo(r)}}.Encode()
	case http.StatusForbidden:
		v.Heading = "Not yours"
		if cruddur.CodesOf(err)[0] == "cross_origin" {
			v.Heading, v.Text = "That came from elsewhere", "Another site has sent this form, so nothing was done. If you meant it, go to the page here and do it there."
		}
	case http.StatusTooManyRequests:
		v.Heading = "One moment"
		if e, ok := errors.AsType[*cruddur.Error](err); ok && e.RetryAfter > 0 {
			v.Text += " Try again in " + waitText(e.RetryAfter) + "."
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
