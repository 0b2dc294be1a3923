package web

import (
	"net/http"
	"strings"

	"cruddur"
	"cruddur/internal/lang"
)

// everythingForm asks whether all that the member has written should end now, and says what that is.
func (s *site) everythingForm(r *http.Request, e *entry) (view, error) {
	v := visitOf(r)
	if v.viewer == nil {
		return nil, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	all, err := s.Store.CountEverything(r.Context(), v.viewer.UUID, v.now)
	if err != nil {
		return nil, err
	}
	view := &formView{page: page{Title: "Expire everything now?", Here: "settings"}, Lead: everythingText(v.lang, all)}
	view.Form = form{
		Action: "/settings/expire", Submit: "Expire everything now", Danger: true, Cancel: "/settings",
		Fields: []field{{
			Name: "confirm", Label: v.lang.Text("Type your handle, {handle}, to be sure", "handle", v.viewer.Handle), Type: "text", Autocomplete: "off",
		}},
	}.with(e)
	return view, nil
}

// everythingText says what goes.
func everythingText(l *lang.Language, all cruddur.Everything) string {
	cruds, replies := l.Count("{n} cruds", all.Cruds), l.Count("{n} replies", all.Replies)
	what := cruds
	switch {
	case all.Cruds+all.Replies == 0:
		return l.Text("Nothing that you have written is alive right now, so nothing would go.")
	case all.Cruds == 0:
		what = replies
	case all.Replies > 0:
		what = l.Text("{one} and {other}", "one", cruds, "other", replies)
	}
	text := l.Text("Of yours, {what} would be deleted at once, for everybody and permanently.", "what", what)
	if all.Others > 0 {
		text += " " + l.Count("{n} replies of others hang on them and go too.", all.Others)
	}
	return text + " " + l.Text("Your account, what you like and whom you follow stay.")
}

func (s *site) postEverything(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	typed := strings.TrimPrefix(strings.TrimSpace(r.PostFormValue("confirm")), "@")
	if !strings.EqualFold(typed, v.viewer.Handle) {
		return cruddur.Invalid("confirm", "confirm_mismatch")
	}
	if _, err := s.Store.DeleteEverything(r.Context(), v.viewer.UUID, v.now); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings?notice=everything", http.StatusSeeOther)
	return nil
}
