package web

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cruddur"
)

// Private is the part of the Store with which two members write to each other.
type Private interface {
	Conversations(ctx context.Context, viewer cruddur.UUID, requests bool, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Conversation, error)
	ConversationWith(ctx context.Context, viewer cruddur.UUID, handle string, now time.Time) (cruddur.Conversation, error)
	Messages(ctx context.Context, viewer, conversation, before cruddur.UUID, limit int, now time.Time) ([]cruddur.PrivateMessage, error)
	CountMessages(ctx context.Context, viewer, id cruddur.UUID, now time.Time) (int, error)
	SendTo(ctx context.Context, sender, other cruddur.UUID, key, message string, now time.Time) (cruddur.PrivateMessage, error)
	UnreadMessages(ctx context.Context, viewer cruddur.UUID, now time.Time) (int, error)
	Requests(ctx context.Context, viewer cruddur.UUID, now time.Time) (int, error)
	Accept(ctx context.Context, user, id cruddur.UUID, now time.Time) error
	SetTimer(ctx context.Context, user, id cruddur.UUID, timer cruddur.TTL, now time.Time) error
	Seen(ctx context.Context, user, id, message cruddur.UUID, now time.Time) error
	DeleteConversation(ctx context.Context, user, id cruddur.UUID, now time.Time) error
	DeleteMessage(ctx context.Context, user, id cruddur.UUID, now time.Time) error
}

// privateView is the list of conversations, with one of them beside it if it is open.
type privateView struct {
	page
	Lines    []*privateLine
	Requests string // "2 requests", or ""
	Asked    bool   // the list is that of the requests
	Older    string
	Later    bool // this is not the first page of the list
	Open     *privateBox
}

func (*privateView) template() string { return "messages" }

// privateLine is a conversation in the list.
type privateLine struct {
	Path, Handle, DisplayName string
	Avatar                    avatar
	Last                      string // the beginning of the newest message, or ""
	Own                       bool   // the viewer has sent it
	At, AtText                string // when
	End                       string // RFC 3339: when the newest message ends
	Unread                    string // "3", "99+" or ""
	Muted                     bool
	Here                      bool // it is open beside the list
}

// privatePath is the address of the conversation with a member.
func privatePath(handle string) string { return "/messages/@" + handle }

// unreadText is a number of unread messages, or "" for none.
func unreadText(n int) string {
	switch {
	case n == 0:
		return ""
	case n >= cruddur.MostUnread:
		return strconv.Itoa(cruddur.MostUnread-1) + "+"
	}
	return strconv.Itoa(n)
}

func privateLineOf(c *cruddur.Conversation, v *visit) *privateLine {
	name := cruddur.ShownName(c.DisplayName, c.Handle)
	l := &privateLine{
		Path: privatePath(c.Handle), Handle: c.Handle, DisplayName: name, Avatar: avatarOf(c.Handle, name).of(c.Avatar),
		Unread: unreadText(c.Unread), Muted: c.Muted,
	}
	if !c.Last.UUID.IsZero() {
		l.Last, l.Own = cruddur.Balance(excerpt(c.Last.Message, 60)), c.Last.UserUUID == v.viewer.UUID
		l.At, l.AtText, l.End = wire(c.Last.CreatedAt), v.lang.Date(c.Last.CreatedAt), wire(c.Last.ExpiresAt)
	}
	return l
}

// fillPrivate reads the list of conversations into a view.
func (s *site) fillPrivate(r *http.Request, view *privateView, before cruddur.UUID) error {
	v := visitOf(r)
	list, err := s.Store.Conversations(r.Context(), v.viewer.UUID, view.Asked, before, cruddur.PageSize, v.now)
	if err != nil {
		return err
	}
	for i := range list {
		view.Lines = append(view.Lines, privateLineOf(&list[i], v))
	}
	if len(list) == cruddur.PageSize {
		q := url.Values{"before": {list[len(list)-1].Place.String()}}
		if view.Asked {
			q.Set("requests", "true")
		}
		view.Older = "/messages?" + q.Encode()
	}
	if view.Asked {
		return nil
	}
	n, err := s.Store.Requests(r.Context(), v.viewer.UUID, v.now)
	view.Requests = counted(v.lang, "{n} requests", n)
	if n >= cruddur.MostUnread {
		view.Requests = v.lang.Text("more than {most} requests", "most", v.lang.Number(cruddur.MostUnread-1))
	}
	return err
}

func (s *site) getConversations(w http.ResponseWriter, r *http.Request) error {
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	view := &privateView{page: page{Title: "Messages", Here: "messages"}, Asked: r.URL.Query().Get("requests") == "true", Later: !before.IsZero()}
	switch {
	case view.Asked:
		view.Title = "Requests"
	case !view.Later:
		view.Shows = "talks"
	}
	if err := s.fillPrivate(r, view, before); err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

// conversationAt returns the viewer's conversation with the member that the address names; it may not have begun.
func (s *site) conversationAt(r *http.Request) (cruddur.Conversation, error) {
	handle, err := handleAt(r)
	if err != nil {
		return cruddur.Conversation{}, err
	}
	v := visitOf(r)
	return s.Store.ConversationWith(r.Context(), v.viewer.UUID, handle, v.now)
}

func (s *site) getConversation(w http.ResponseWriter, r *http.Request) error {
	view, err := s.privateForm(r, nil)
	if err != nil {
		return err
	}
	view.frame().Posted = draftID(r.URL.Query().Get("draft"))
	s.render(w, r, http.StatusOK, view)
	return nil
}

// privateForm is the page of a conversation with the form for a message. If the other member cannot be reached any
// more, a text that was sent comes back on a page of its own: nothing typed may be lost.
func (s *site) privateForm(r *http.Request, e *entry) (view, error) {
	v := visitOf(r)
	if v.viewer == nil {
		return s.privateLost(e, v.lang.Text("You are not signed in any more. Your text is not lost: sign in in another tab, then send this again."), r.URL.Path)
	}
	c, err := s.conversationAt(r)
	if cruddur.KindOf(err) == cruddur.KindNotFound && e != nil && strings.TrimSpace(e.values.Get("message")) != "" {
		return s.privateLost(e, v.lang.Text("Whom you write to is gone, or was never here. This is what you wrote; it was not sent:"), "")
	}
	if err != nil {
		return nil, err
	}
	before, err := beforeOf(r)
	if err != nil {
		return nil, err
	}
	view := &privateView{page: page{Title: v.lang.Text("Messages with @{handle}", "handle", c.Handle), Here: "messages"}, Asked: c.Request}
	if before.IsZero() {
		view.Shows = "talk:" + c.Handle
	}
	if view.Open, err = s.privateBoxOf(r, &c, before, e); err != nil {
		return nil, err
	}
	if err := s.fillPrivate(r, view, cruddur.UUID{}); err != nil {
		return nil, err
	}
	for _, l := range view.Lines {
		l.Here = l.Handle == c.Handle
	}
	return view, nil
}

// privateLost shows a message that could not be sent: with the form to send it again to the address path, if there is
// one.
func (s *site) privateLost(e *entry, lead, path string) (view, error) {
	if e == nil {
		return nil, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	text := strings.ToValidUTF8(e.values.Get("message"), "\ufffd")
	view := &formView{page: page{Title: "Not sent", Fixed: path == ""}, Lead: lead}
	if path == "" {
		view.Quote = linkifyPrivate(text)
		view.Form = form{Action: "/messages/new", Submit: "Write to somebody else", Fields: []field{toField()}}
		return view, nil
	}
	view.Form = form{Action: path, Submit: "Send", SignIn: true, Banner: e.banner, Fields: []field{
		{Name: "message", Label: "Your message", Type: "area", Value: text},
	}}
	return view, nil
}

func toField() field {
	return field{Name: "to", Label: "Handle", Type: "text", Autocomplete: "off", Hint: "The handle of the member to whom you want to write, with or without @."}
}

// newMessageForm asks for the handle of a member, and offers those whom the viewer follows.
func (s *site) newMessageForm(r *http.Request, e *entry) (view, error) {
	to := toField()
	to.Value, to.Focus = r.FormValue("to"), true
	view := &formView{page: page{Title: "New message", Here: "messages"}, Lead: "Only the two of you can read it, and it has an end like everything here."}
	view.Form = form{Action: "/messages/new", Submit: "Write", Cancel: "/messages", Fields: []field{to}}.with(e)
	v := visitOf(r)
	if v.viewer == nil {
		return view, nil
	}
	list, err := s.Store.Following(r.Context(), v.viewer.UUID, cruddur.UUID{}, cruddur.PageSize)
	if err != nil {
		return nil, err
	}
	if view.People, err = s.peopleOf(r, list); err != nil {
		return nil, err
	}
	for _, p := range view.People {
		p.Path, p.Button = privatePath(p.Handle), false
	}
	return view, nil
}

func (s *site) getNewMessage(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("to") != "" {
		return s.postNewMessage(w, r)
	}
	return s.getForm(s.newMessageForm)(w, r)
}

// postNewMessage leads to the conversation with the member whose handle was typed.
func (s *site) postNewMessage(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	unreachable := &cruddur.Error{Kind: cruddur.KindNotFound, Codes: []string{"member_unreachable"}, Field: "to"}
	handle, err := cruddur.CheckHandle(strings.TrimPrefix(strings.TrimSpace(r.FormValue("to")), "@"))
	if err != nil {
		return unreachable.Wrap(err)
	}
	c, err := s.Store.ConversationWith(r.Context(), v.viewer.UUID, handle, v.now)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return unreachable.Wrap(err)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, privatePath(c.Handle), http.StatusSeeOther)
	return nil
}

// linkifyPrivate is linkify for a private message, in which tags lead nowhere: nothing is found by them.
func linkifyPrivate(message string) template.HTML { return linked(message, "", false) }
