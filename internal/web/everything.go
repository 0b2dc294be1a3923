package web

import (
	"net/http"
	"strings"

	"cruddur"
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
	view := &formView{page: page{Title: "Expire everything now?", Here: "settings"}, Lead: everythingText(all)}
	view.Form = form{
		Action: "/settings/expire", Submit: "Expire everything now", Danger: true, Cancel: "/settings",
		Fields: []field{{
			Name: "confirm", Label: "Type your handle, " + v.viewer.Handle + ", to be sure", Type: "text", Autocomplete: "off",
		}},
	}.with(e)
	return view, nil
}

// everythingText says what goes.
func everythingText(all cruddur.Everything) string {
	var own []string
	if n := counted(all.Cruds, "crud", "cruds"); n != "" {
		own = append(own, n)
	}
	if n := counted(all.Replies, "reply", "replies"); n != "" {
		own = append(own, n)
	}
	if own == nil {
		return "Nothing that you have written is alive right now, so nothing would go."
	}
	text := "Of yours, " + strings.Join(own, " and ") + " would be deleted at once, for everybody and permanently."
	switch all.Others {
	case 0:
	case 1:
		text += " 1 reply of somebody else hangs on them and goes too."
	default:
		text += " " + counted(all.Others, "", "replies") + " of others hang on them and go too."
	}
	return text + " Your account, what you like and whom you follow stay."
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
