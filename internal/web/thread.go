package web

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cruddur"
	"cruddur/internal/lang"
)

// crudView is the page of one crud, with the conversation around it.
type crudView struct {
	page
	Crud    *card
	Above   template.HTML // the cards of what it answers
	Below   template.HTML // the cards of its replies
	Replies string        // "12 replies", or "" for none
	End     string        // RFC 3339: when all of the conversation ends
	EndText string
	From    string // when the crud was posted
	To      string // and when it is gone
	More    string // address of the next page of replies, or ""
	Later   bool   // this is not the first page of replies
	Compose *composeBox
	SignIn  string // where a stranger signs in to reply
	Reposts string // "2 reposts", or ""
	Likes   string
}

func (*crudView) template() string { return "crud" }

func (s *site) getActivity(w http.ResponseWriter, r *http.Request) error {
	t, after, err := s.threadAt(r)
	if err != nil {
		return err
	}
	a := &t.Activity
	v := visitOf(r)
	view := &crudView{Later: !after.IsZero()}
	// The description omits the text: programs that show previews keep them longer than the crud lives.
	view.page = page{
		Title: cruddur.ShownName(a.DisplayName, a.Handle) + " (@" + a.Handle + ")", NoIndex: true,
		Description: v.lang.Text("A crud by @{handle}. It is gone after {time}.", "handle", a.Handle, "time", v.lang.Date(a.ExpiresAt)),
		Posted:      draftID(r.URL.Query().Get("draft")),
	}
	if !view.Later {
		view.Shows = "thread:" + a.UUID.String()
	}
	if err := s.fillThread(r, view, &t); err != nil {
		return err
	}
	path := string(view.Crud.Path)
	if len(t.Replies) == cruddur.ThreadPageSize && (t.Total > cruddur.ThreadPageSize || view.Later) {
		view.More = path + "?after=" + t.Replies[len(t.Replies)-1].UUID.String()
	}
	view.Replies, view.Reposts, view.Likes = counted(v.lang, "{n} replies", t.Total), counted(v.lang, "{n} reposts", int(a.RepostsCount)), counted(v.lang, "{n} likes", int(a.LikesCount))
	end := a.ExpiresAt
	if len(t.Ancestors) > 0 {
		end = t.Ancestors[0].ExpiresAt // nothing outlives what it hangs on
	}
	view.End, view.EndText, view.From, view.To = wire(end), v.lang.DayTime(end), v.lang.DayTime(a.CreatedAt), v.lang.DayTime(a.ExpiresAt)
	if v.viewer != nil {
		view.Compose = replyBoxOf(v, a, nil)
	} else {
		view.SignIn = "/signin?return_to=" + url.QueryEscape(path)
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

// threadAt returns the conversation around the crud that the address names, if it is alive and the handle is its
// author's.
func (s *site) threadAt(r *http.Request) (t cruddur.Thread, after cruddur.UUID, err error) {
	handle, err := handleAt(r)
	if err != nil {
		return t, after, err
	}
	id, err := cruddur.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return t, after, err
	}
	if text := r.URL.Query().Get("after"); text != "" {
		if after, err = cruddur.ParseUUID(text); err != nil {
			return t, after, err
		}
	}
	t, err = s.Store.Thread(r.Context(), id, after, visitOf(r).now)
	if err == nil && !strings.EqualFold(t.Activity.Handle, handle) {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	return t, after, err
}

// How deep replies are shown below a crud; beyond it, a link leads on. On a phone, the style sheet hides those below
// phoneDepth.
const (
	deepest    = 6
	phoneDepth = 3
)

// fillThread renders the crud, what it answers and what answers it.
func (s *site) fillThread(r *http.Request, view *crudView, t *cruddur.Thread) error {
	main := []cruddur.Activity{t.Activity}
	c, err := s.cardsFor(r, &view.page, &t.Ancestors, &main, &t.Replies)
	if err != nil {
		return err
	}
	shown := map[cruddur.UUID]bool{t.Activity.UUID: true}
	for i := range t.Ancestors {
		shown[t.Ancestors[i].UUID] = true
	}
	for i := range t.Replies {
		shown[t.Replies[i].UUID] = true
	}
	// What answers something on another page says so.
	if c.parents, err = s.parentsOf(r, append(t.Ancestors[:len(t.Ancestors):len(t.Ancestors)], t.Replies...), shown); err != nil {
		return err
	}
	for i := range t.Ancestors {
		c.add(&t.Ancestors[i], func(x *card) { x.Mods += " up" })
	}
	view.Above = template.HTML(c.b.String())
	c.b.Reset()
	c.shown = 0
	x := cardOf(&main[0], 1, c.v)
	view.Crud = &x
	for _, n := range nested(t) {
		c.add(&t.Replies[n.place], n.onto)
	}
	view.Below = c.html()
	return nil
}

// node is a reply in the order of a thread's page: each below what it answers.
type node struct {
	place, depth int
	replies      bool // something on this page answers it
}

// onto sets a card's indentation, and the link to what is too deep to be shown.
func (n node) onto(c *card) {
	if n.depth > 0 {
		c.Mods += " in d" + strconv.Itoa(n.depth)
	}
	switch {
	case !n.replies:
	case n.depth == deepest:
		c.Onward = "onward"
	case n.depth == phoneDepth:
		c.Onward = "onward phone"
	}
}

// nested brings the replies of a page, which are sorted by age, into the order in which they are read: each reply is
// followed by those that answer it. What is deeper than deepest is left out.
func nested(t *cruddur.Thread) []node {
	below := make(map[cruddur.UUID][]int, len(t.Replies))
	depths := t.Depths()
	var first []int
	for i := range t.Replies {
		if depths[i] == 0 {
			first = append(first, i)
		} else {
			below[t.Replies[i].ReplyTo] = append(below[t.Replies[i].ReplyTo], i)
		}
	}
	out := make([]node, 0, len(t.Replies))
	var walk func([]int)
	walk = func(places []int) {
		for _, i := range places {
			answers := below[t.Replies[i].UUID]
			out = append(out, node{i, depths[i], len(answers) > 0})
			if depths[i] < deepest {
				walk(answers)
			}
		}
	}
	walk(first)
	return out
}

// counted is Language.Count, but nothing for zero.
func counted(l *lang.Language, english string, n int) string {
	if n == 0 {
		return ""
	}
	return l.Count(english, n)
}
