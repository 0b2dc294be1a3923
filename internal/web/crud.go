package web

import (
	"net/http"
	"strings"

	"cruddur"
)

// activityAt returns the crud that the address names, if it is alive and the handle is its author's.
func (s *site) activityAt(r *http.Request) (cruddur.Activity, error) {
	handle, err := handleAt(r)
	if err != nil {
		return cruddur.Activity{}, err
	}
	id, err := cruddur.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return cruddur.Activity{}, err
	}
	a, err := s.Store.Activity(r.Context(), id, visitOf(r).now)
	if err == nil && !strings.EqualFold(a.Handle, handle) {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	return a, err
}

// handleAt returns the handle of an address that begins with one: /@ada.
func handleAt(r *http.Request) (string, error) {
	handle, ok := strings.CutPrefix(r.PathValue("at"), "@")
	if !ok {
		return "", cruddur.NewError(cruddur.KindNotFound)
	}
	handle, err := cruddur.CheckHandle(handle)
	if err != nil {
		return "", cruddur.NewError(cruddur.KindNotFound).Wrap(err)
	}
	return handle, nil
}

// profileAt returns the member that the address names.
func (s *site) profileAt(r *http.Request) (cruddur.Profile, error) {
	handle, err := handleAt(r)
	if err != nil {
		return cruddur.Profile{}, err
	}
	return s.Store.Profile(r.Context(), handle, visitOf(r).now)
}

// ownActivity is activityAt for the author; for any other member it returns KindForbidden.
func (s *site) ownActivity(r *http.Request) (cruddur.Activity, error) {
	a, err := s.activityAt(r)
	if err == nil && a.UserUUID != visitOf(r).viewer.UUID {
		err = cruddur.NewError(cruddur.KindForbidden)
	}
	return a, err
}

func (s *site) getDelete(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ownActivity(r)
	if err != nil {
		return err
	}
	n, err := s.Store.CountBelow(r.Context(), a.UUID, visitOf(r).now)
	if err != nil {
		return err
	}
	l := visitOf(r).lang
	lead, title := l.Text("It disappears at once for everybody and cannot be restored."), l.Text("Delete this crud?")
	if n > 0 {
		lead += " " + l.Count("{n} replies go with it.", n)
	}
	if !a.ReplyTo.IsZero() {
		title = l.Text("Delete this reply?")
	}
	path := string(crudPath(a.Handle, a.UUID.String()))
	s.render(w, r, http.StatusOK, &formView{
		page: page{Title: title, NoIndex: true},
		Lead: lead, Quote: quoteOf(&a, l),
		Form: form{Action: path + "/delete", Submit: "Delete it", Danger: true, Cancel: path},
	})
	return nil
}

func (s *site) postDelete(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ownActivity(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	if err := s.Store.DeleteActivity(r.Context(), a.UUID, v.viewer.UUID, v.now); err != nil {
		return err
	}
	back := "/"
	if !a.ReplyTo.IsZero() { // to what it answered
		if of, err := s.Store.Authors(r.Context(), []cruddur.UUID{a.ReplyTo}, v.now); err == nil && of[a.ReplyTo] != "" {
			back = string(crudPath(of[a.ReplyTo], a.ReplyTo.String()))
		}
	}
	http.Redirect(w, r, back+"?notice=deleted", http.StatusSeeOther)
	return nil
}
