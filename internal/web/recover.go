package web

import "net/http"

func (s *site) forgotForm(r *http.Request, e *entry) (view, error) {
	return &formView{
		page:  page{Title: "Choose a new password", Here: "signin"},
		Lead:  "Type your e-mail address, and we send a code to it.",
		Form:  form{Action: "/forgot", Submit: "Send the code", Fields: []field{emailField(s.rememberedEmail(r))}}.with(e),
		Links: []link{{"Already have a code?", "Set the new password", "/reset"}, {"Remembered the password?", "Sign in", "/signin"}},
	}, nil
}

func (s *site) postForgot(w http.ResponseWriter, r *http.Request) error {
	if err := filled(r, "email"); err != nil {
		return err
	}
	if err := s.Identity.Forgot(r.Context(), r.PostFormValue("email"), visitOf(r).now); err != nil {
		return err
	}
	s.rememberEmail(w, r.PostFormValue("email"))
	http.Redirect(w, r, "/reset?notice=code", http.StatusSeeOther)
	return nil
}

func (s *site) resetForm(r *http.Request, e *entry) (view, error) {
	email, code := emailField(s.rememberedEmail(r)), codeField()
	code.Focus = email.Value != "" && e == nil
	return &formView{
		page:  page{Title: "Set a new password", Here: "signin"},
		Lead:  "This ends every session of the account, on every device.",
		Mail:  s.unsent(r),
		Form:  form{Action: "/reset", Submit: "Set the password", Fields: []field{email, code, newPasswordField(visitOf(r).lang, "New password")}}.with(e),
		Links: []link{{"No mail?", "Send another code", "/forgot"}},
	}, nil
}

func (s *site) postReset(w http.ResponseWriter, r *http.Request) error {
	if err := filled(r, "email", "code", "password"); err != nil {
		return err
	}
	err := s.Identity.Reset(r.Context(), r.PostFormValue("email"), codeOf(r), r.PostFormValue("password"), visitOf(r).now)
	if err != nil {
		return err
	}
	s.rememberEmail(w, r.PostFormValue("email"))
	http.Redirect(w, r, "/signin?notice=reset", http.StatusSeeOther)
	return nil
}
