package web

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"cruddur"
	"cruddur/internal/lang"
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
	Everybody  template.URL  // who all of them are
	Did        template.HTML // what they did, with their names
	About      template.URL  // the crud, or the conversation; "" if somebody follows the viewer
	Excerpt    template.HTML
	Ends       string       // when what it is about ends; "" if somebody follows the viewer
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
	if view.Newest && !view.Mentions {
		view.Shows = "notifications"
	}
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
	seen := view.Newest && !view.Mentions && !prefetched(r)
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
	x := notice{Kind: string(n.Kind), Icon: "i-" + string(n.Kind), New: n.Unread, When: wire(n.CreatedAt), Ago: v.lang.Ago(v.now.Sub(n.CreatedAt))}
	for i := range n.Actors {
		p := &n.Actors[i]
		name := cruddur.ShownName(p.DisplayName, p.Handle)
		x.Faces = append(x.Faces, face{profilePath(p.Handle), name, avatarOf(p.Handle, name).of(p.Avatar)})
	}
	switch others := n.ActorsCount - 1; {
	case others == 1 && len(x.Faces) > 1:
		x.Second = &x.Faces[1]
	case others > 0 && n.Kind == cruddur.NotifyFollow && n.ActorsCount >= cruddur.MostCounted:
		x.Others = v.lang.Count("{n} or more others", cruddur.MostCounted-1)
	case others > 0:
		x.Others = v.lang.Count("{n} others", others)
	}
	if m := n.Message; m != nil {
		x.About = template.URL(privatePath(m.Handle))
		x.Excerpt, x.Ends, x.Reply = escaped(cruddur.Balance(excerpt(m.Message, mostExcerpt))), wire(m.ExpiresAt), x.About
		x.Did = x.sent(v.lang, n.MessagesCount)
		return x
	}
	if n.Activity == nil {
		x.Everybody = profilePath(v.viewer.Handle) + "/followers"
		x.Did = x.did(v.lang, "{who} followed you", n.ActorsCount)
		return x
	}
	a := n.Activity
	x.About = crudPath(a.Handle, a.UUID.String())
	x.Excerpt, x.Ends = escaped(excerptOf(a, v.lang, mostExcerpt)), wire(a.ExpiresAt)
	switch n.Kind {
	case cruddur.NotifyReply, cruddur.NotifyMention:
		x.Reply = x.About + "/reply"
	case cruddur.NotifyLike:
		x.Everybody = x.About + "/likes"
	case cruddur.NotifyRepost:
		x.Everybody = x.About + "/reposts"
	}
	deed := deeds[n.Kind]
	if a.ReplyTo.IsZero() {
		x.Did = x.did(v.lang, deed.crud, n.ActorsCount)
	} else {
		x.Did = x.did(v.lang, deed.reply, n.ActorsCount)
	}
	return x
}

// deed is what somebody did with a crud and with a reply.
type deed struct{ crud, reply string }

var deeds = map[cruddur.NotificationKind]deed{
	cruddur.NotifyReply:   {"{who} replied to you", "{who} replied to you"},
	cruddur.NotifyMention: {"{who} mentioned you", "{who} mentioned you"},
	cruddur.NotifyLike:    {"{who} liked your crud", "{who} liked your reply"},
	cruddur.NotifyRepost:  {"{who} reposted your crud", "{who} reposted your reply"},
}

// did is a sentence about those who did something, as HTML: their names lead to them, the rest to what it is about.
// The verb agrees with how many they are.
func (x *notice) did(l *lang.Language, english string, actors int) template.HTML {
	return x.sentence(l.Counted(english, actors), l)
}

// sent says how many messages are not read; a conversation that is read has at least one.
func (x *notice) sent(l *lang.Language, n int) template.HTML {
	n = max(n, 1)
	return x.sentence(strings.ReplaceAll(l.Counted("{who} sent you {n} messages", n), "{n}", unreadText(n)), l)
}

// sentence puts the names into a sentence with the place {who}.
func (x *notice) sentence(text string, l *lang.Language) template.HTML {
	var b bytes.Buffer
	name := func(f *face) string {
		var b bytes.Buffer
		linkTo(&b, "", string(f.Path), func() {
			b.WriteString("<b><bdi>")
			escapeTo(&b, f.DisplayName)
			b.WriteString("</bdi></b>")
		})
		return b.String()
	}
	who := ""
	if len(x.Faces) > 0 {
		who = name(&x.Faces[0])
	}
	other := ""
	switch {
	case x.Second != nil:
		other = name(x.Second)
	case x.Others != "":
		var o bytes.Buffer
		linkTo(&o, "", string(x.Everybody), func() { escapeTo(&o, x.Others) })
		other = o.String()
	}
	if other != "" {
		both := template.HTMLEscapeString(l.Text("{one} and {other}"))
		who = strings.NewReplacer("{one}", who, "{other}", other).Replace(both)
	}
	before, after, _ := strings.Cut(text, "{who}")
	about := func(text string) {
		trimmed := strings.TrimSpace(text)
		if trimmed == "" || x.About == "" {
			escapeTo(&b, text)
			return
		}
		lead, rest, _ := strings.Cut(text, trimmed)
		escapeTo(&b, lead)
		linkTo(&b, "note-about", string(x.About), func() { escapeTo(&b, trimmed) })
		escapeTo(&b, rest)
	}
	about(before)
	b.WriteString(who)
	about(after)
	return template.HTML(b.String())
}

// linkTo writes a link around what inside writes.
func linkTo(b *bytes.Buffer, class, to string, inside func()) {
	b.WriteString("<a")
	if class != "" {
		b.WriteString(` class="` + class + `"`)
	}
	b.WriteString(` href="`)
	escapeTo(b, to)
	b.WriteString(`">`)
	inside()
	b.WriteString("</a>")
}

// mostExcerpt is the length of an excerpt below a line, in code points.
const mostExcerpt = 120

func escaped(text string) template.HTML { return template.HTML(template.HTMLEscapeString(text)) }

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
	if r.URL.Path == "/" {
		told, known, put := v.reader.Told(now)
		if known {
			v.unread = func() (cruddur.Unread, error) { return told.Unread, nil }
			v.messages = func() string { return told.Messages }
			return
		}
		v.remember = put
	}
	count := sync.OnceValues(func() (cruddur.Unread, error) { return s.Store.Unread(ctx, viewer, now) })
	messages := sync.OnceValue(func() string { return s.unread(ctx, viewer, now) })
	v.unread, v.messages = count, messages
	if r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, messagesPath) { // a conversation is marked as read first
		go func() { _, _ = count() }() // fill asks again, and learns of an error
		go messages()
	}
}
