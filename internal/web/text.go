package web

import (
	"net/http"

	"cruddur"
)

// textView is a page that only says something.
type textView struct {
	page
	name string
	Most int // characters of a crud
}

func (v *textView) template() string { return v.name }

func (s *site) getText(name, title string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		s.render(w, r, http.StatusOK, &textView{page{Title: title, Here: name}, name, cruddur.MaxMessage})
		return nil
	}
}
