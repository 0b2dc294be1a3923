package web

import (
	"net/http"
	"net/url"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/request"
)

func (s *site) signUpForm(r *http.Request, e *entry) (view, error) {
	l, p := visitOf(r).lang, visitOf(r).place
	if p.SignUp == cruddur.SignUpClosed {
		return s.closedView(r), nil
	}
	email := field{Name: "email", Label: "E-mail", Type: "email", Autocomplete: "email", InputMode: "email", Hint: "For the code that confirms it. Nobody sees it."}
	if p.SignUp == cruddur.SignUpDomain {
		email.Hint = l.Text(email.Hint) + " " + domainsOf(l, p)
	}
	fields := []field{
		{Name: "name", Label: "Name", Type: "text", Autocomplete: "name"},
		{Name: "handle", Label: "Handle", Type: "text", Autocomplete: "off", Hint: handleHint(l), Check: "/signup/handle"},
		email,
	}
	fields = append(fields, s.invitationFields(r, e)...)
	return &formView{
		page:  page{Title: "Sign up", Here: "signup"},
		Lead:  "A place where everything you write expires.",
		Form:  form{Action: "/signup", Submit: "Sign up", Fields: append(fields, newPasswordField(l, "Password"))}.with(e),
		Links: []link{{"Already a member?", "Sign in", "/signin"}, {"Already have a code?", "Confirm your address", "/confirm"}},
	}, nil
}

func (s *site) postSignUp(w http.ResponseWriter, r *http.Request) error {
	up := identity.SignUp{
		Name:     r.PostFormValue("name"),
		Email:    r.PostFormValue("email"),
		Handle:   r.PostFormValue("handle"),
		Password: r.PostFormValue("password"),

		Invitation: s.invitationOf(r),
	}
	secret := ""
	if _, ok := s.Identity.(identity.SameBrowser); ok {
		secret, up.Browser = identity.NewToken()
	}
	if err := s.Identity.SignUp(r.Context(), up, visitOf(r).now); err != nil {
		return err
	}
	if secret != "" {
		s.setCookie(w, signUpCookie, secret, emailLife)
	}
	s.setCookie(w, invitationCookie, "", 0)
	s.rememberEmail(w, r.PostFormValue("email"))
	http.Redirect(w, r, "/confirm", http.StatusSeeOther)
	return nil
}

func (s *site) confirmForm(r *http.Request, e *entry) (view, error) {
	email := emailField(s.rememberedEmail(r))
	code := codeField()
	code.Focus = email.Value != "" && e == nil
	l := visitOf(r).lang
	lead, mail := l.Text("We have sent a code to your address."), s.unsent(r)
	if mail != "" {
		lead = l.Text("The code shows that the address is yours.")
	}
	fields := []field{email, code}
	if s.cookie(r, signUpCookie) == "" { // begun in another browser, or too long ago: the password must prove who it is
		password := passwordField("password", "Password")
		password.Optional, password.Hint = true, "With it you are signed in immediately."
		fields = append(fields, password)
	}
	return &formView{
		page:  page{Title: "Confirm your address", Here: "signup"},
		Lead:  lead,
		Mail:  mail,
		Form:  form{Action: "/confirm", Submit: "Confirm", Fields: fields}.with(e),
		Links: []link{{"No mail?", "Send a new code", "/confirm/resend"}, {"Confirmed already?", "Sign in", "/signin"}},
	}, nil
}

// firstCrud is the first page of a new member.
const firstCrud = "/compose?notice=welcome"

// postConfirm creates the member and signs them in, if this is the browser in which the sign-up began or if the
// password was typed too. Otherwise it goes to the sign-in page, with the address filled in.
func (s *site) postConfirm(w http.ResponseWriter, r *http.Request) error {
	if err := filled(r, "email", "code"); err != nil {
		return err
	}
	email := r.PostFormValue("email")
	subject, err := s.confirm(r, email)
	if err != nil {
		return err
	}
	s.setCookie(w, signUpCookie, "", 0)
	if s.enter(w, r, subject, email) {
		s.setCookie(w, emailCookie, "", 0)
		http.Redirect(w, r, firstCrud, http.StatusSeeOther)
		return nil
	}
	s.rememberEmail(w, email)
	http.Redirect(w, r, "/signin?"+url.Values{"notice": {"confirmed"}, "return_to": {firstCrud}}.Encode(), http.StatusSeeOther)
	return nil
}

// confirm returns the subject of the new member if the sign-up began in this browser, else "".
func (s *site) confirm(r *http.Request, email string) (subject string, err error) {
	now := visitOf(r).now
	if p, ok := s.Identity.(identity.SameBrowser); ok {
		hash, _ := identity.HashToken(s.cookie(r, signUpCookie))
		return p.ConfirmIn(r.Context(), email, codeOf(r), hash, now)
	}
	return "", s.Identity.Confirm(r.Context(), email, codeOf(r), now)
}

// enter opens a session for somebody who has just confirmed their address. A failure is logged but not returned: they
// are a member now, and can sign in.
func (s *site) enter(w http.ResponseWriter, r *http.Request, subject, email string) bool {
	password := r.PostFormValue("password")
	var err error
	switch {
	case subject != "":
		err = s.begin(w, r, subject)
	case password == "":
		return false
	default:
		if err = account(identity.ActionSignIn)(s, r); err == nil {
			err = s.signIn(w, r, email, password)
		}
	}
	if err != nil {
		s.Log.InfoContext(r.Context(), "confirmed, but not signed in", "request", request.ID(r.Context()), "error", err)
	}
	return err == nil
}

// codeOf returns the code without the spaces and dashes that people and mail programs insert.
func codeOf(r *http.Request) string {
	code := []byte{}
	for _, c := range []byte(r.PostFormValue("code")) {
		if c != ' ' && c != '-' && c != '\t' {
			code = append(code, c)
		}
	}
	return string(code)
}

func (s *site) resendForm(r *http.Request, e *entry) (view, error) {
	return &formView{
		page:  page{Title: "A new code", Here: "signup"},
		Lead:  "The old one stops working when the new one is sent.",
		Form:  form{Action: "/confirm/resend", Submit: "Send a new code", Fields: []field{emailField(s.rememberedEmail(r))}}.with(e),
		Links: []link{{"Already have a code?", "Confirm your address", "/confirm"}},
	}, nil
}

func (s *site) postResend(w http.ResponseWriter, r *http.Request) error {
	if err := filled(r, "email"); err != nil {
		return err
	}
	if err := s.Identity.Resend(r.Context(), r.PostFormValue("email"), visitOf(r).now); err != nil {
		return err
	}
	s.rememberEmail(w, r.PostFormValue("email"))
	http.Redirect(w, r, "/confirm?notice=sent", http.StatusSeeOther)
	return nil
}
