package web

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cruddur"
	"cruddur/internal/request"
)

// card is one crud as a page shows it. The texts are made here, once, because html/template is slow
// for each action.
type card struct {
	ID          string
	Position    int
	Path        template.URL // of the crud
	Author      template.URL
	DisplayName string
	Handle      string
	avatar
	Message     template.HTML
	Created     string // RFC 3339
	CreatedText string // for a reader without script, in UTC
	Expires     string
	ExpiresText string
	Left        int  // hundredths of its life that are to come
	Own         bool // the viewer's: may be deleted
}

// avatar is a letter on one of eight colours, until there are pictures.
type avatar struct{ Letter, Class string }

// soon is one line of the side panel: what goes next.
type soon struct {
	Path        template.URL
	DisplayName string
	Message     string
	Expires     string
	ExpiresText string
}

func profilePath(handle string) template.URL { return template.URL("/@" + handle) }

func crudPath(handle, id string) template.URL {
	return template.URL("/@" + handle + "/status/" + id)
}

func cardOf(a *cruddur.Activity, position int, v *visit) card {
	id := a.UUID.String()
	return card{
		ID: id, Position: position,
		Path: crudPath(a.Handle, id), Author: profilePath(a.Handle),
		DisplayName: a.DisplayName, Handle: a.Handle, avatar: avatarOf(a.Handle, a.DisplayName),
		Message: linkify(a.Message),
		Created: wire(a.CreatedAt), CreatedText: plainTime(a.CreatedAt),
		Expires: wire(a.ExpiresAt), ExpiresText: plainTime(a.ExpiresAt),
		Left: left(a.CreatedAt, a.ExpiresAt, v.now),
		Own:  v.viewer != nil && v.viewer.UUID == a.UserUUID,
	}
}

// wire is the form of a time that a script reads; milliseconds are enough for it.
func wire(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// plainTime is a time for people whose zone is unknown.
func plainTime(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") }

// left is how much of a life is to come, in hundredths.
func left(from, to, now time.Time) int {
	if !to.After(from) {
		return 0
	}
	return min(100, max(0, int(to.Sub(now)*100/to.Sub(from))))
}

// avatarOf picks the first letter or digit of a name that can stand alone, and a colour that the
// handle keeps.
func avatarOf(handle, name string) avatar {
	h := uint32(2166136261) // FNV-1a
	for i := range len(handle) {
		h = (h ^ uint32(handle[i])) * 16777619
	}
	class := avatarClasses[(h^h>>15)%uint32(len(avatarClasses))]
	for _, text := range []string{name, handle} {
		for _, r := range text {
			if unicode.IsLetter(r) || unicode.IsNumber(r) {
				return avatar{string(unicode.ToUpper(r)), class}
			}
		}
	}
	return avatar{"#", class}
}

var avatarClasses = [...]string{"av av0", "av av1", "av av2", "av av3", "av av4", "av av5", "av av6", "av av7"}

// renderCards renders each crud by itself: one that fails is left out and logged, the others and the
// page stand.
func (s *site) renderCards(r *http.Request, list []cruddur.Activity) (html template.HTML, shown int) {
	b := buffers.Get().(*bytes.Buffer)
	defer putBuffer(b)
	v := visitOf(r)
	for i := range list {
		if !list[i].Visible(v.now) {
			continue
		}
		start := b.Len()
		c := cardOf(&list[i], shown+1, v)
		if err := s.card.render(b, &c); err != nil {
			b.Truncate(start)
			s.Log.ErrorContext(r.Context(), "crud does not render", "request", request.ID(r.Context()), "uuid", list[i].UUID.String(), "error", err)
			continue
		}
		shown++
	}
	return template.HTML(b.String()), shown
}

// soonest are the three of a list that end first, and within a day.
func soonest(list []cruddur.Activity, now time.Time) []soon {
	var out []soon
	taken := map[int]bool{}
	for range 3 {
		best := -1
		for i := range list {
			left := list[i].ExpiresAt.Sub(now)
			if taken[i] || left <= 0 || left > 24*time.Hour {
				continue
			}
			if best < 0 || list[i].ExpiresAt.Before(list[best].ExpiresAt) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		taken[best] = true
		a := &list[best]
		out = append(out, soon{
			Path: crudPath(a.Handle, a.UUID.String()), DisplayName: a.DisplayName,
			Message: excerpt(a.Message, 64), Expires: wire(a.ExpiresAt), ExpiresText: plainTime(a.ExpiresAt),
		})
	}
	return out
}

// excerpt is the beginning of a text on one line, at most n code points.
func excerpt(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:n-1]), " .,;:!?-–") + "…"
}
