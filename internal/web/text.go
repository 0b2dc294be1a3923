package web

import (
	"net/http"
	"strings"

	"cruddur"
)

// textView is a page with fixed text.
type textView struct {
	page
	name  string
	Most  int    // maximum characters of a crud
	Lives string // the lifetimes that can be chosen
}

func (v *textView) template() string { return v.name }

func (s *site) getText(name, title string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		s.render(w, r, http.StatusOK, &textView{page{Title: title, Here: name}, name, cruddur.MaxMessage, lives()})
		return nil
	}
}

// lives is "1 hour, 3 hours, … or 30 days".
func lives() string {
	var b strings.Builder
	for i, p := range cruddur.Presets {
		switch i {
		case 0:
		case len(cruddur.Presets) - 1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(p.Label)
	}
	return b.String()
}
