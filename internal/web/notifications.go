package web

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"cruddur"
)

// noticesView is the page of what others did.
type noticesView struct {
	page
	Tabs     []tab
	Lines    []notice
	Older    string
	Newest   bool // the first page
	Mentions bool // replies and mentions alone
}

func (*noticesView) template() string { return "notifications" }

// notice is one line of the page.
type notice struct {
	Kind, Icon string
	New        bool
	Faces      []face
	Others     string // "4 others"; "" if there is but one more, who is Second
	Second     *face
	Everybody  template.URL // who all of them are
	Did        string
	About      template.URL // the crud; "" if somebody follows the viewer
	Excerpt    template.HTML
	Ends       string       // when what it is about ends; "" if it is no crud
	When, Ago  string       // RFC 3339, and how long ago that was
	Reply      template.URL // "" if it asks for no answer
}

// face is a member who did something.
type face struct {
	Path        template.URL
	DisplayName string
	Avatar      avatar
}

// getNotifications shows what others did. The first page of all of it counts as read once it has been shown, but not
// when a browser only fetches it in advance. The page of mentions marks nothing: what stands between them was not seen.
func (s *site) getNotifications(w http.ResponseWriter, r *http.Request) error {
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := &noticesView{Newest: before.IsZero(), Mentions: r.URL.Query().Get("kind") == "mentions"}
	view.Title, view.Here, view.NoIndex, view.Talk, view.Return = "Notifications", "notifications", true, true, here(r)
	view.Tabs = []tab{{"All", "/notifications", !view.Mentions}, {"Mentions", "/notifications?kind=mentions", view.Mentions}}
	list, err := s.Store.Notifications(r.Context(), v.viewer.UUID, before, cruddur.PageSize, view.Mentions, v.now)
	if err != nil {
		return err
	}
	for i := range list {
		view.Lines = append(view.Lines, noticeOf(&list[i], v))
	}
	if len(list) == cruddur.PageSize {
		view.Older = "/notifications?before=" + list[len(list)-1].UUID.String()
		if view.Mentions {
			view.Older = "/notifications?kind=mentions&before=" + list[len(list)-1].UUID.String()
		}
	}
	if len(list) == 0 && view.Newest {
		if err := s.suggest(r, &view.page); err != nil {
			return err
		}
	}
	seen := view.Newest && !view.Mentions && r.Method == http.MethodGet && !strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch")
	if view.Newest && !view.Mentions {
		v.unread = func() (cruddur.Unread, error) { return cruddur.Unread{}, nil } // they are all on the page
	}
	s.render(w, r, http.StatusOK, view)
	if seen && len(list) > 0 && list[0].Unread {
		// The page is on its way: an error is for the operator alone, and the lines stay new.
		if err := s.Store.SeeNotifications(r.Context(), v.viewer.UUID, list[0].UUID); err != nil {
			s.Log.WarnContext(r.Context(), "cannot mark notifications as read", "error", err)
		}
	}
	return nil
}

// noticeOf makes the line of a notification.
func noticeOf(n *cruddur.Notification, v *visit) notice {
	x := notice{Kind: string(n.Kind), Icon: "i-" + string(n.Kind), New: n.Unread, When: wire(n.CreatedAt), Ago: cruddur.Ago(v.now.Sub(n.CreatedAt))}
	for i := range n.Actors {
		p := &n.Actors[i]
		name := cruddur.ShownName(p.DisplayName, p.Handle)
		x.Faces = append(x.Faces, face{profilePath(p.Handle), name, avatarOf(p.Handle, name)})
	}
	switch others := n.ActorsCount - 1; {
	case others == 1 && len(x.Faces) > 1:
		x.Second = &x.Faces[1]
	case others > 0 && n.Kind == cruddur.NotifyFollow && n.ActorsCount >= cruddur.MostCounted:
		x.Others = thousands(cruddur.MostCounted-1) + " or more others"
	case others > 0:
		x.Others = thousands(others) + " others"
	}
	if n.Activity == nil {
		x.Did, x.Everybody = "followed you", profilePath(v.viewer.Handle)+"/followers"
		return x
	}
	a, crud := n.Activity, "crud"
	if !a.ReplyTo.IsZero() {
		crud = "reply"
	}
	x.About = crudPath(a.Handle, a.UUID.String())
	x.Excerpt, x.Ends = template.HTML(template.HTMLEscapeString(cruddur.Balance(excerpt(a.Message, 120)))), wire(a.ExpiresAt)
	switch n.Kind {
	case cruddur.NotifyReply:
		x.Did, x.Reply = "replied to you", x.About+"/reply"
	case cruddur.NotifyMention:
		x.Did, x.Reply = "mentioned you", x.About+"/reply"
	case cruddur.NotifyLike:
		x.Did, x.Everybody = "liked your "+crud, x.About+"/likes"
	case cruddur.NotifyRepost:
		x.Did, x.Everybody = "reposted your "+crud, x.About+"/reposts"
	}
	return x
}

// news says how much a member has not read.
type news struct {
	Text   string // the number
	Answer bool   // something asks for an answer: the number is shown, not only a dot
}

// newsOf returns nil if there is nothing new.
func newsOf(u cruddur.Unread) *news {
	switch {
	case u.Count == 0:
		return nil
	case u.Count >= cruddur.MostUnread:
		return &news{strconv.Itoa(cruddur.MostUnread-1) + "+", u.Answer}
	}
	return &news{strconv.Itoa(u.Count), u.Answer}
}

// countUnread counts what the viewer of a page has not read. The counts are on their way at once, so that they travel
// with the reads of the page.
func (s *site) countUnread(r *http.Request) {
	v := visitOf(r)
	ctx, viewer, now := r.Context(), v.viewer.UUID, v.now
	count := sync.OnceValues(func() (cruddur.Unread, error) { return s.Store.Unread(ctx, viewer, now) })
	messages := sync.OnceValue(func() string { return s.unread(ctx, viewer, now) })
	v.unread, v.messages = count, messages
	if r.Method == http.MethodGet {
		go func() { _, _ = count() }()                    // fill asks again, and learns of an error
		if !strings.HasPrefix(r.URL.Path, messagesPath) { // a conversation is marked as read first
			go messages()
		}
	}
}
