package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"cruddur"
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
		s.render(w, r, http.StatusOK, &textView{page{Title: title, Here: name}, name, cruddur.MaxMessage, thousands(cruddur.MaxReply), lives()})
		return nil
	}
}

// thousands writes a number below a million for people: 1,024.
func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
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
