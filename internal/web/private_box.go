package web

import (
	"html/template"
	"net/http"
	"slices"
	"strings"

	"cruddur"
)

// privateBox is an open conversation.
type privateBox struct {
	Path, Profile       string
	Handle, DisplayName string
	Avatar              avatar
	Timer               string // "7 days"
	Timers              []choice
	Begun               bool // a message was sent, so there is something to set and to delete
	From, End           string
	EndText, LeftText   string // of the newest message
	Left                int
	Warm                bool
	Request             bool // waits for the viewer's answer
	Waits               bool // for the other's
	Muted               bool
	Items               []privateItem
	Some                bool // among them is a message
	Older               string
	Earlier             bool // not the newest page
	Write               *composeBox
}

// privateItem is a message, or a line between two messages.
type privateItem struct {
	Day, Note           string // a line between messages: the day that begins, or what has happened
	ID                  string
	Own                 bool
	By                  string // name of the sender
	Message             template.HTML
	At, AtText, AtClock string
	End, EndText        string
	Way                 string // where an own message is deleted, and another's reported
}

// writeBoxOf is the form for a message.
func writeBoxOf(v *visit, c *cruddur.Conversation, e *entry) *composeBox {
	b := composeBoxOf(v, e)
	b.Action, b.Label, b.Placeholder, b.Submit, b.Most = privatePath(c.Handle), v.lang.Text("Your message to @{handle}", "handle", c.Handle), v.lang.Text("Message @{handle}", "handle", c.Handle), "Send", cruddur.MaxPrivateMessage
	return b
}

// privateBoxOf reads a page of a conversation. The first page marks what it shows as read, unless a browser only
// fetches it ahead.
func (s *site) privateBoxOf(r *http.Request, c *cruddur.Conversation, before cruddur.UUID, e *entry) (*privateBox, error) {
	v := visitOf(r)
	name := cruddur.ShownName(c.DisplayName, c.Handle)
	b := &privateBox{
		Path: privatePath(c.Handle), Profile: string(profilePath(c.Handle)), Handle: c.Handle, DisplayName: name, Avatar: avatarOf(c.Handle, name).of(c.Avatar),
		Begun: !c.UUID.IsZero(), Request: c.Request, Waits: c.Waits, Muted: c.Muted, Earlier: !before.IsZero(), Write: writeBoxOf(v, c, e),
	}
	for _, p := range cruddur.Presets {
		b.Timers = append(b.Timers, choice{string(p.TTL), p.Label, p.TTL == c.Timer})
		if p.TTL == c.Timer {
			b.Timer = v.lang.Text(p.Label)
		}
	}
	if !b.Begun {
		return b, nil
	}
	list, err := s.Store.Messages(r.Context(), v.viewer.UUID, c.UUID, before, privatePage, v.now)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 && !b.Earlier {
		b.burn(&list[0], v)
		if after(list[0].UUID, c.Read) && !prefetched(r) {
			if err := s.Store.Seen(r.Context(), v.viewer.UUID, c.UUID, list[0].UUID, v.now); err != nil {
				return nil, err
			}
		}
	}
	if len(list) == privatePage {
		b.Older = b.Path + "?before=" + list[len(list)-1].UUID.String()
	}
	slices.Reverse(list)
	b.Some = len(list) > 0
	b.Items = itemsOf(c, list, v, b.Older == "", !b.Earlier)
	return b, nil
}

// privatePage is how many messages a page of a conversation has.
const privatePage = cruddur.ProfilePageSize

func after(a, b cruddur.UUID) bool { return slices.Compare(a[:], b[:]) > 0 }

// prefetched reports whether a browser fetches a page before somebody wants to see it.
func prefetched(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Method == http.MethodHead
}

// burn sets the fuse in the head: that of the newest message, with which the last of what is here ends.
func (b *privateBox) burn(m *cruddur.PrivateMessage, v *visit) {
	left := m.ExpiresAt.Sub(v.now)
	b.From, b.End, b.EndText = wire(m.CreatedAt), wire(m.ExpiresAt), v.lang.Date(m.ExpiresAt)
	b.LeftText, b.Left, b.Warm = v.lang.Countdown(left), hundredths(m.CreatedAt, m.ExpiresAt, v.now), left < warmAt
}

// itemsOf puts the days between the messages, and the last change of the timer where it happened, if that is on this
// page: first and last say whether the page has the oldest and the newest message.
func itemsOf(c *cruddur.Conversation, list []cruddur.PrivateMessage, v *visit, first, last bool) (out []privateItem) {
	note, day := timerNote(c, v), ""
	if note != "" && !first && (len(list) == 0 || c.TimerChangedAt.Before(list[0].CreatedAt)) {
		note = ""
	}
	for i := range list {
		m := &list[i]
		if note != "" && !c.TimerChangedAt.After(m.CreatedAt) {
			out, note = append(out, privateItem{Note: note}), ""
		}
		if d := v.lang.Day(m.CreatedAt); d != day {
			out, day = append(out, privateItem{Day: d}), d
		}
		way := "/report/"
		if m.UserUUID == v.viewer.UUID {
			way = "/delete/"
		}
		out = append(out, privateItem{
			ID: m.UUID.String(), Own: m.UserUUID == v.viewer.UUID, By: cruddur.ShownName(m.DisplayName, m.Handle), Message: linkifyPrivate(m.Message),
			At: wire(m.CreatedAt), AtText: v.lang.Date(m.CreatedAt), AtClock: m.CreatedAt.UTC().Format("15:04"),
			End: wire(m.ExpiresAt), EndText: v.lang.Date(m.ExpiresAt), Way: privatePath(c.Handle) + way + m.UUID.String(),
		})
	}
	if note != "" && last {
		out = append(out, privateItem{Note: note})
	}
	return out
}

// timerNote says who has changed the timer last, or is "".
func timerNote(c *cruddur.Conversation, v *visit) string {
	if c.TimerChangedBy.IsZero() {
		return ""
	}
	for _, p := range cruddur.Presets {
		switch {
		case p.TTL != c.Timer:
		case c.TimerChangedBy == v.viewer.UUID:
			return v.lang.Text("You set messages to end after {life}", "life", v.lang.Text(p.Label))
		default:
			return v.lang.Text("{name} set messages to end after {life}", "name", cruddur.ShownName(c.DisplayName, c.Handle), "life", v.lang.Text(p.Label))
		}
	}
	return ""
}
