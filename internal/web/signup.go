package web

import (
	"net/http"

	"cruddur/internal/identity"
)

func (s *site) signUpForm(_ *http.Request, e *entry) (view, error) {
	return &formView{
		page: page{Title: "Sign up", Here: "signup"},
		Lead: "A place where what you say has an end.",
		Form: form{Action: "/signup", Submit: "Sign up", Fields: []field{
			{Name: "name", Label: "Name", Type: "text", Autocomplete: "name"},
			{Name: "handle", Label: "Handle", Type: "text", Autocomplete: "off", Hint: "Your address here: /@handle. It stays."},
			{Name: "email", Label: "E-mail", Type: "email", Autocomplete: "email", InputMode: "email", Hint: "For the code that confirms it. Nobody sees it."},
			newPasswordField("Password"),
		}}.with(e),
		Links: []link{{"Here before?", "Sign in", "/signin"}, {"A code in your hand?", "Confirm your address", "/confirm"}},
	}, nil
}

func (s *site) postSignUp(w http.ResponseWriter, r *http.Request) error {
	err := s.Identity.SignUp(r.Context(), identity.SignUp{
		Name:     r.PostFormValue("name"),
		Email:    r.PostFormValue("email"),
		Handle:   r.PostFormValue("handle"),
		Password: r.PostFormValue("password"),
	}, visitOf(r).now)
	if err != nil {
		return err
	}
	s.rememberEmail(w, r.PostFormValue("email"))
	http.Redirect(w, r, "/confirm", http.StatusSeeOther)
	return nil
}

func (s *site) confirmForm(r *http.Request, e *entry) (view, error) {
	email := emailField(s.rememberedEmail(r))
	code := codeField()
	code.Focus = email.Value != "" && e == nil
	lead, mail := "We have sent a code to your address.", s.unsent(r)
	if mail != "" {
		lead = "The code shows that the address is yours."
	}
	return &formView{
		page:  page{Title: "Confirm your address", Here: "signup"},
		Lead:  lead,
		Mail:  mail,
		Form:  form{Action: "/confirm", Submit: "Confirm", Fields: []field{email, code}}.with(e),
		Links: []link{{"No mail?", "Send a new code", "/confirm/resend"}, {"Confirmed already?", "Sign in", "/signin"}},
	}, nil
}

func (s *site) postConfirm(w http.ResponseWriter, r *http.Request) error {
	if err := s.Identity.Confirm(r.Context(), r.PostFormValue("email"), codeOf(r), visitOf(r).now); err != nil {
		return err
	}
	s.rememberEmail(w, r.PostFormValue("email"))
	http.Redirect(w, r, "/signin?notice=confirmed", http.StatusSeeOther)
	return nil
}

// codeOf is the code without the spaces and dashes that people and mail programs put in.
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
		Links: []link{{"It has come?", "Confirm your address", "/confirm"}},
	}, nil
}

func (s *site) postResend(w http.ResponseWriter, r *http.Request) error {
	if err := s.Identity.Resend(r.Context(), r.PostFormValue("email"), visitOf(r).now); err != nil {
		return err
	}
	s.rememberEmail(w, r.PostFormValue("email"))
	http.Redirect(w, r, "/confirm?notice=sent", http.StatusSeeOther)
	return nil
}
