package web

import (
	"net/http"

	"cruddur"
	"cruddur/internal/lang"
)

// textView is a page with fixed text.
type textView struct {
	page
	name      string
	Most      int    // maximum characters of a crud
	MostReply string // the same for a reply
	Lives     string // the lifetimes that can be chosen
}

func (v *textView) template() string { return v.name }

func (s *site) getText(name, title string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		l := visitOf(r).lang
		s.render(w, r, http.StatusOK, &textView{page{Title: title, Here: name}, name, cruddur.MaxMessage, l.Number(cruddur.MaxReply), lives(l)})
		return nil
	}
}

// lives is "1 hour, 3 hours, … or 30 days".
func lives(l *lang.Language) string {
	var text string
	for i, p := range cruddur.Presets {
		switch label := l.Text(p.Label); i {
		case 0:
			text = label
		case len(cruddur.Presets) - 1:
			text = l.Text("{one} or {other}", "one", text, "other", label)
		default:
			text = l.Text("{one}, {other}", "one", text, "other", label)
		}
	}
	return text
}
