package web

import (
	"html/template"
	"net/http"
	"strings"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
)

// formView is a page with one form.
type formView struct {
	page
	Lead  string
	Mail  mailHint
	Quote template.HTML // the text that the form is about
	Form  form
	Links []link

	People []*person // others who may be meant, below the form
}

func (*formView) template() string { return "form" }

// form is a form as the template "form" shows it.
type form struct {
	Action string
	Fields []field
	Submit string
	Cancel string // address of the Cancel link, or ""
	Danger bool
	Banner string // an error that belongs to no field
	SignIn bool   // the session ended while the form was open
}

// field is one input. Its error is shown beside it and linked to it.
type field struct {
	Name, Label  string
	Type         string // of the input; "area" is a textarea, "select" a choice
	Value        string
	Hint         string
	Error        string
	Autocomplete string
	InputMode    string
	Most         int // code points that the counter allows; 0 for no counter
	Optional     bool
	Focus        bool
	Choices      []choice
	Check        string // address where the script asks whether the value is free
}

type choice struct {
	Value, Label string
	Selected     bool
}

type link struct{ Before, Text, Href string }

// with fills in the typed values and their errors, and sets the focus on the first field with an error. Passwords are
// never sent back.
func (f form) with(e *entry) form {
	if e == nil {
		return f
	}
	f.Banner, f.SignIn = e.banner, e.signIn
	focused := false
	shown := map[string]bool{}
	for i := range f.Fields {
		x := &f.Fields[i]
		if x.Type != "password" && e.values.Has(x.Name) {
			x.Value = strings.ToValidUTF8(e.values.Get(x.Name), "\ufffd")
			for j := range x.Choices {
				x.Choices[j].Selected = x.Choices[j].Value == x.Value
			}
		}
		x.Error, shown[x.Name] = e.errors[x.Name], true
		x.Focus = !focused && x.Error != ""
		focused = focused || x.Focus
	}
	for name, text := range e.errors { // an error for a field that this form does not have
		if !shown[name] {
			f.Banner = strings.TrimSpace(f.Banner + " " + text)
		}
	}
	return f
}

// filled returns an error for the fields of a form that were left empty: a missing value is not a malformed one.
func filled(r *http.Request, names ...string) error {
	var codes []string
	for _, name := range names {
		if empty(r, name) {
			codes = append(codes, name+"_blank")
		}
	}
	if codes == nil {
		return nil
	}
	return cruddur.NewError(cruddur.KindInvalid, codes...)
}

// empty reports whether a field is blank. In a password, blanks count as characters.
func empty(r *http.Request, name string) bool {
	value := r.PostForm.Get(name)
	return value == "" || !strings.HasSuffix(name, "password") && strings.TrimSpace(value) == ""
}

// getForm shows a form for the first time.
func (s *site) getForm(build func(*http.Request, *entry) (view, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := build(r, nil)
		if err != nil {
			return err
		}
		s.render(w, r, http.StatusOK, v)
		return nil
	}
}

func emailField(value string) field {
	return field{Name: "email", Label: "E-mail", Type: "email", Value: value, Autocomplete: "username", InputMode: "email"}
}

// handleHint describes the rule of cruddur.CheckHandle.
func handleHint(l *lang.Language) string {
	return l.Count("Your address here, /@handle: 2 to {n} of the letters a to z, digits and _, beginning with a letter or digit. It cannot be changed later.", cruddur.MaxHandle)
}

func codeField() field {
	return field{Name: "code", Label: "Code", Type: "text", Autocomplete: "one-time-code", InputMode: "numeric", Hint: "Six digits, valid for ten minutes."}
}

func newPasswordField(l *lang.Language, label string) field {
	return field{Name: "password", Label: label, Type: "password", Autocomplete: "new-password", Hint: l.Count("{least} to {n} characters. Several words are better than one unusual word.", identity.MaxPassword, "least", l.Number(identity.MinPassword))}
}

func passwordField(name, label string) field {
	return field{Name: name, Label: label, Type: "password", Autocomplete: "current-password"}
}
