package web

import (
	"bytes"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"cruddur"
	"cruddur/internal/lang"
)

// soon is one line of the side panel: a crud that expires soon.
type soon struct {
	Path        template.URL
	DisplayName string
	Message     string
	Expires     string
	ExpiresText string
	LeftText    string
}

// soonest returns the three cruds of a list that expire first, within a day.
func soonest(list []cruddur.Activity, l *lang.Language, now time.Time) []soon {
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
			Message: excerptOf(a, l, 64), Expires: wire(a.ExpiresAt), ExpiresText: l.Date(a.ExpiresAt),
			LeftText: l.Countdown(a.ExpiresAt.Sub(now)),
		})
	}
	return out
}

// soonestOf renders soonest for the side panel.
func (s *site) soonestOf(list []cruddur.Activity, v *visit) template.HTML {
	var b bytes.Buffer
	for _, x := range soonest(list, v.lang, v.now) {
		if err := s.spoken[v.lang.Place].soon.render(&b, &x); err != nil {
			return "" // the page works without the panel
		}
	}
	return template.HTML(b.String())
}

// excerptOf returns the beginning of an activity's text, at most n code points; if it has a content warning, that
// instead.
func excerptOf(a *cruddur.Activity, l *lang.Language, n int) string {
	text := a.Message
	if a.Warning != "" {
		text = l.Text("Content warning: {text}", "text", a.Warning)
	}
	return cruddur.Balance(excerpt(text, n))
}

// quoteOf returns an activity's text as HTML; if it has a content warning, the text is folded below that.
func quoteOf(a *cruddur.Activity, l *lang.Language) template.HTML {
	if a.Warning == "" {
		return linkify(a.Message)
	}
	return written(func(b *bytes.Buffer) {
		writeWarning(b, l, "", a.Warning)
		b.WriteString(string(linkify(a.Message)))
		b.WriteString(`</details>`)
	})
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
