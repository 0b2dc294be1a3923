package web

import (
	"net/http"
	"strings"

	"cruddur"
)

// crudView is the page of one crud.
type crudView struct {
	page
	Crud *card
}

func (*crudView) template() string { return "crud" }

func (s *site) getActivity(w http.ResponseWriter, r *http.Request) error {
	a, err := s.activityAt(r)
	if err != nil {
		return err
	}
	c := cardOf(&a, 1, visitOf(r))
	// The description omits the text: programs that show previews keep them longer than the crud lives.
	s.render(w, r, http.StatusOK, &crudView{
		page: page{
			Title: c.DisplayName + " (@" + a.Handle + ")", NoIndex: true,
			Description: "A crud by @" + a.Handle + ". It is gone after " + plainTime(a.ExpiresAt) + ".",
		},
		Crud: &c,
	})
	return nil
}

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
	path := string(crudPath(a.Handle, a.UUID.String()))
	s.render(w, r, http.StatusOK, &formView{
		page: page{Title: "Delete this crud?", NoIndex: true},
		Lead: "It disappears at once for everybody and cannot be restored.", Quote: linkify(a.Message),
		Form: form{Action: path + "/delete", Submit: "Delete it", Danger: true, Cancel: path},
	})
	return nil
}

func (s *site) postDelete(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ownActivity(r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteActivity(r.Context(), a.UUID, visitOf(r).viewer.UUID, visitOf(r).now); err != nil {
		return err
	}
	http.Redirect(w, r, "/?notice=deleted", http.StatusSeeOther)
	return nil
}
