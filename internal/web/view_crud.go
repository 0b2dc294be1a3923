package web

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cruddur"
	"cruddur/internal/request"
)

// card is one crud as a page shows it. The texts are made once here, because html/template is slow for each action.
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
	CreatedText string // for readers without JavaScript, in UTC
	Expires     string
	ExpiresText string
	LeftText    string // the countdown as it is now
	Left        int    // remaining life, in hundredths
	Own         bool   // the viewer's own: may be deleted
}

// avatar is a letter on one of eight colours.
type avatar struct{ Letter, Class string }

// soon is one line of the side panel: a crud that expires soon.
type soon struct {
	Path        template.URL
	DisplayName string
	Message     string
	Expires     string
	ExpiresText string
	LeftText    string
}

func profilePath(handle string) template.URL { return template.URL("/@" + handle) }

func crudPath(handle, id string) template.URL {
	return template.URL("/@" + handle + "/status/" + id)
}

func cardOf(a *cruddur.Activity, position int, v *visit) card {
	id, name := a.UUID.String(), cruddur.ShownName(a.DisplayName, a.Handle)
	return card{
		ID: id, Position: position,
		Path: crudPath(a.Handle, id), Author: profilePath(a.Handle),
		DisplayName: name, Handle: a.Handle, avatar: avatarOf(a.Handle, name),
		Message: linkify(a.Message),
		Created: wire(a.CreatedAt), CreatedText: plainTime(a.CreatedAt),
		Expires: wire(a.ExpiresAt), ExpiresText: plainTime(a.ExpiresAt), LeftText: cruddur.Countdown(a.ExpiresAt.Sub(v.now)),
		Left: left(a.CreatedAt, a.ExpiresAt, v.now),
		Own:  v.viewer != nil && v.viewer.UUID == a.UserUUID,
	}
}

// wire formats a time for scripts, with milliseconds. This and plainTime are formatted by hand, because a page of 20
// cruds has 80 times.
func wire(t time.Time) string {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b := make([]byte, 0, 24)
	b = digits(b, year, 4)
	b = digits(append(b, '-'), int(month), 2)
	b = digits(append(b, '-'), day, 2)
	b = digits(append(b, 'T'), hour, 2)
	b = digits(append(b, ':'), minute, 2)
	b = digits(append(b, ':'), second, 2)
	b = digits(append(b, '.'), t.Nanosecond()/1e6, 3)
	return string(append(b, 'Z'))
}

// plainTime formats a time for people whose time zone is unknown: 24 Nov 2026, 20:04 UTC.
func plainTime(t time.Time) string {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, _ := t.Clock()
	b := make([]byte, 0, 24)
	b = strconv.AppendInt(b, int64(day), 10)
	b = append(b, ' ')
	b = append(b, month.String()[:3]...)
	b = digits(append(b, ' '), year, 4)
	b = digits(append(b, ", "...), hour, 2)
	b = digits(append(b, ':'), minute, 2)
	return string(append(b, " UTC"...))
}

// digits appends n, which is not negative, with at least width digits.
func digits(b []byte, n, width int) []byte {
	for limit := 10; width > 1; width, limit = width-1, limit*10 {
		if n < limit {
			b = append(b, "000"[:width-1]...)
			break
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// left returns the remaining part of a life, in hundredths.
func left(from, to, now time.Time) int {
	if !to.After(from) {
		return 0
	}
	return min(100, max(0, int(to.Sub(now)*100/to.Sub(from))))
}

// avatarOf picks the first letter or digit of a name that can be shown alone, and a colour that depends only on the
// handle.
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

// renderCards renders each crud separately: one that fails is left out and logged, and the page shows the others. The
// page p holds them until it is written.
func (s *site) renderCards(r *http.Request, p *page, list []cruddur.Activity) (html template.HTML, shown int) {
	p.cards = buffers.Get().(*bytes.Buffer)
	v := visitOf(r)
	for i := range list {
		if !list[i].Visible(v.now) {
			continue
		}
		start := p.cards.Len()
		c := cardOf(&list[i], shown+1, v)
		if err := s.card.render(p.cards, &c); err != nil {
			p.cards.Truncate(start)
			s.Log.ErrorContext(r.Context(), "cannot render crud", "request", request.ID(r.Context()), "uuid", list[i].UUID.String(), "error", err)
			continue
		}
		shown++
	}
	if shown > 0 {
		html = feedMark
	}
	return html, shown
}

// soonest returns the three cruds of a list that expire first, within a day.
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
			Path: crudPath(a.Handle, a.UUID.String()), DisplayName: cruddur.ShownName(a.DisplayName, a.Handle),
			Message: cruddur.Balance(excerpt(a.Message, 64)), Expires: wire(a.ExpiresAt), ExpiresText: plainTime(a.ExpiresAt),
			LeftText: cruddur.Countdown(a.ExpiresAt.Sub(now)),
		})
	}
	return out
}

// soonestOf renders soonest for the side panel.
func (s *site) soonestOf(list []cruddur.Activity, now time.Time) template.HTML {
	var b bytes.Buffer
	for _, x := range soonest(list, now) {
		if err := s.soon.render(&b, &x); err != nil {
			return "" // the page works without the panel
		}
	}
	return template.HTML(b.String())
}

// excerpt returns the beginning of a text on one line, at most n code points.
func excerpt(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	s = string([]rune(s)[:n-1])
	if i := strings.LastIndexByte(s, ' '); i > len(s)*3/4 { // cut between words, if there are several
		s = s[:i]
	}
	return strings.TrimRight(s, " .,;:!?-–") + "…"
}
