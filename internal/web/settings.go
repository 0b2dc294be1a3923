package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
	"cruddur/internal/postgres"
)

// settingsView is the settings page.
type settingsView struct {
	page
	Email    string
	Profile  form
	Password form
	Sessions []sessionLine
	Others   bool   // there are sessions besides this one
	Banner   string // an error about the sessions
	Faces    []faceForm
}

// meView is where a phone has what a desk has beside every page: the profile, the settings, the theme and the way out.
type meView struct{ page }

func (*meView) template() string { return "me" }

func (s *site) getMe(w http.ResponseWriter, r *http.Request) error {
	s.render(w, r, http.StatusOK, &meView{page{Title: "Me", Here: "me"}})
	return nil
}

// sessionLine is one browser that is signed in.
type sessionLine struct {
	UUID, Browser, Address string
	LastUsed, LastUsedText string
	Current                bool
}

func (*settingsView) template() string { return "settings" }

// settingsForm returns the settings page; the typed text goes back into the form that it came from.
func (s *site) settingsForm(r *http.Request, e *entry) (view, error) {
	v := visitOf(r)
	if v.viewer == nil {
		return s.strangersSettings(r, e)
	}
	list, err := s.Sessions.List(r.Context(), v.viewer.UUID, v.now)
	if err != nil && e == nil {
		return nil, err // after another error, keeping the typed text matters more than the list
	}
	likes := false
	p, err := s.Store.Profile(r.Context(), v.viewer.Handle, v.now)
	if err == nil {
		likes = p.LikesPublic
	} else if e == nil {
		return nil, err
	}
	view := settingsViewOf(v, list, likes, s.Languages.All())
	view.Faces = faceForms(v, r.URL.Path, e)
	switch strings.TrimPrefix(r.URL.Path, "/settings/") {
	case "avatar", "banner":
	case "profile":
		view.Profile = view.Profile.with(e)
	case "password":
		view.Password = view.Password.with(e)
	default:
		if e != nil {
			view.Banner = e.banner
		}
	}
	return view, nil
}

// strangersSettings returns only the profile's form, for a text that arrived when the session had ended or could not
// be read.
func (s *site) strangersSettings(r *http.Request, e *entry) (view, error) {
	if e == nil || r.URL.Path != "/settings/profile" {
		return nil, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	return &formView{page: page{Title: "Settings"}, Form: profileForm(&cruddur.User{}, false, s.Languages.All()).with(e)}, nil
}

func profileForm(u *cruddur.User, likesPublic bool, languages []*lang.Language) form {
	return form{Action: "/settings/profile", Submit: "Save", Fields: []field{
		{Name: "display_name", Label: "Name", Type: "text", Value: cruddur.Tidy(u.DisplayName), Autocomplete: "name"},
		{Name: "bio", Label: "About you", Type: "area", Value: cruddur.Tidy(u.Bio), Most: cruddur.MaxBio, Optional: true},
		{
			Name: "default_ttl", Label: "How long your cruds live", Type: "select", Choices: ttlChoices(u.DefaultTTL),
			Hint: "This is the default. Cruds that you have posted keep their end.",
		},
		{
			Name: "likes_public", Label: "Who sees the list of what you like", Type: "select",
			Choices: []choice{{"no", "only you", !likesPublic}, {"yes", "everybody", likesPublic}},
			Hint:    "It is a tab of your profile. Whoever opens a crud sees who likes it either way.",
		},
		{Name: "language", Label: "Language", Type: "select", Choices: languageChoices(languages, u.Language)},
	}}
}

func settingsViewOf(v *visit, list []identity.Session, likesPublic bool, languages []*lang.Language) *settingsView {
	u := v.viewer
	view := &settingsView{
		page:    page{Title: "Settings", Here: "settings"},
		Email:   u.Email,
		Profile: profileForm(u, likesPublic, languages),
		Password: form{Action: "/settings/password", Submit: "Change the password", Fields: []field{
			passwordField("old_password", "Current password"), newPasswordField(v.lang, "New password"),
		}},
		Others: len(list) > 1,
	}
	for _, x := range list {
		view.Sessions = append(view.Sessions, sessionLine{
			UUID: x.UUID.String(), Browser: browserName(v.lang, x.UserAgent), Address: x.Address,
			LastUsed: wire(x.LastUsedAt), LastUsedText: v.lang.Ago(v.now.Sub(x.LastUsedAt)), Current: x.UUID == v.session.UUID,
		})
	}
	return view
}

func ttlChoices(chosen cruddur.TTL) []choice {
	var out []choice
	for _, p := range cruddur.Presets {
		out = append(out, choice{string(p.TTL), p.Label, p.TTL == chosen})
	}
	return out
}

// browserName guesses the browser, well enough for members to recognise their own devices.
func browserName(l *lang.Language, agent string) string {
	pick := func(names ...string) string {
		for i := 0; i+1 < len(names); i += 2 {
			if strings.Contains(agent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	browser := pick("Firefox/", "Firefox", "Edg/", "Edge", "OPR/", "Opera", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := pick("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return l.Text("{browser} on {system}", "browser", browser, "system", system)
	case browser+system != "":
		return browser + system
	}
	return l.Text("An unknown browser")
}

func (s *site) postProfile(w http.ResponseWriter, r *http.Request) error {
	name, err := cruddur.CheckDisplayName(r.PostFormValue("display_name"))
	if err != nil {
		return err
	}
	bio, err := cruddur.CheckBio(r.PostFormValue("bio"))
	if err != nil {
		return err
	}
	ttl, err := cruddur.ParseTTL(r.PostFormValue("default_ttl"))
	if err != nil {
		return cruddur.Invalid("default_ttl", "ttl_blank")
	}
	v := visitOf(r)
	change := postgres.ProfileChange{DisplayName: &name, Bio: &bio, DefaultTTL: ttl}
	if r.PostForm.Has("likes_public") {
		open := r.PostFormValue("likes_public") == "yes"
		change.LikesPublic = &open
	}
	if tag := r.PostForm.Get("language"); r.PostForm.Has("language") && (tag == "" || s.Languages.Find(tag) != nil) {
		change.Language = &tag
		s.setCookie(w, languageCookie, "", 0) // what was chosen for this browser gives way
	}
	if _, err := s.Store.UpdateProfile(r.Context(), v.viewer.UUID, change, v.now); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings?notice=saved", http.StatusSeeOther)
	return nil
}

// postPassword changes the password, which ends every session, and opens a new session for this browser.
func (s *site) postPassword(w http.ResponseWriter, r *http.Request) error {
	if err := filled(r, "old_password", "password"); err != nil {
		return err
	}
	v := visitOf(r)
	err := s.Identity.ChangePassword(r.Context(), v.viewer.Email, r.PostFormValue("old_password"), r.PostFormValue("password"), v.now)
	if err != nil {
		return blame(err, "credentials_mismatch", "old_password")
	}
	if err := s.Sessions.EndAll(r.Context(), v.viewer.UUID, cruddur.UUID{}); err != nil {
		return err
	}
	if err := s.begin(w, r, v.viewer.Subject); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings?notice=password", http.StatusSeeOther)
	return nil
}

// blame moves an error to a field whose name in this form differs.
func blame(err error, code, field string) error {
	if e, ok := errors.AsType[*cruddur.Error](err); ok && slices.Equal(e.Codes, []string{code}) {
		c := *e
		c.Field = field
		return &c
	}
	return err
}

func (s *site) postEndSession(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	id, err := cruddur.ParseUUID(r.PostFormValue("session"))
	if err != nil {
		return err
	}
	if id == v.session.UUID {
		return s.postSignOut(w, r)
	}
	if err := s.endSession(r.Context(), v.viewer.UUID, id); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings?notice=ended", http.StatusSeeOther)
	return nil
}

// postEndOthers ends every session and revokes the tokens of programs that act for the member, because they give the
// same access. This browser gets a new session.
func (s *site) postEndOthers(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := s.Identity.SignOutEverywhere(r.Context(), v.viewer.Subject, v.now); err != nil {
		return err
	}
	if err := s.Sessions.EndAll(r.Context(), v.viewer.UUID, cruddur.UUID{}); err != nil {
		return err
	}
	if err := s.begin(w, r, v.viewer.Subject); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings?notice=others", http.StatusSeeOther)
	return nil
}

func (s *site) deleteAccountForm(r *http.Request, e *entry) (view, error) {
	return &formView{
		page: page{Title: "Delete your account?", Here: "settings"},
		Lead: "Your account, your profile, all your cruds and all your private conversations are deleted at once, permanently.",
		Form: form{
			Action: "/settings/delete", Submit: "Delete my account", Danger: true, Cancel: "/settings",
			Fields: []field{passwordField("password", "Your password, to be sure it is you")},
		}.with(e),
	}, nil
}

func (s *site) postDeleteAccount(w http.ResponseWriter, r *http.Request) error {
	if err := filled(r, "password"); err != nil {
		return err
	}
	v := visitOf(r)
	if err := s.Identity.Delete(r.Context(), v.viewer.Email, r.PostFormValue("password"), v.now); err != nil {
		return err
	}
	if err := s.Sessions.EndAll(r.Context(), v.viewer.UUID, cruddur.UUID{}); err != nil {
		return err
	}
	s.clearSession(w)
	http.Redirect(w, r, "/?notice=farewell", http.StatusSeeOther)
	return nil
}
