package web

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"

	"cruddur"
	"cruddur/internal/request"
)

// cards renders cruds one by one: one that fails is left out and logged, and the page shows the others.
type cards struct {
	*site
	r       *http.Request
	v       *visit
	b       *bytes.Buffer
	parents map[cruddur.UUID]string // the authors of what replies answer
	shown   int
}

// cardsFor prepares a page for the cruds in some lists. It lays over them what the viewer likes and has reposted, in
// place, with one statement; a stranger's page costs nothing.
func (s *site) cardsFor(r *http.Request, p *page, lists ...*[]cruddur.Activity) (*cards, error) {
	c := &cards{site: s, r: r, v: visitOf(r), b: buffers.Get().(*bytes.Buffer)}
	p.cards, p.Talk = c.b, true
	if c.v.viewer == nil {
		return c, nil
	}
	p.Return = here(r)
	var all []cruddur.Activity
	for _, list := range lists {
		all = append(all, *list...)
	}
	marked, err := s.Store.OfViewer(r.Context(), c.v.viewer.UUID, all)
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		n := len(*list)
		*list, marked = marked[:n:n], marked[n:]
	}
	return c, nil
}

// here is the address of a page, for forms that lead back to it, without the message that it showed.
func here(r *http.Request) string {
	if r.Method == http.MethodPost {
		return ""
	}
	q := r.URL.Query()
	q.Del("notice")
	q.Del("draft")
	return (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).RequestURI()
}

// add renders a crud; change may change its card.
func (c *cards) add(a *cruddur.Activity, change func(*card)) {
	if !a.Visible(c.v.now) {
		return
	}
	start := c.b.Len()
	x := cardOf(a, c.shown+1, c.v)
	if handle := c.parents[a.ReplyTo]; handle != "" {
		x.Parent, x.ParentAt = handle, crudPath(handle, a.ReplyTo.String())
	}
	if change != nil {
		change(&x)
	}
	if err := c.spoken[c.v.lang.Place].card.render(c.b, &x); err != nil {
		c.b.Truncate(start)
		c.Log.ErrorContext(c.r.Context(), "cannot render crud", "request", request.ID(c.r.Context()), "uuid", a.UUID.String(), "error", err)
		return
	}
	c.shown++
}

// html is what stands for the cards in the page's template.
func (c *cards) html() template.HTML {
	if c.shown == 0 {
		return ""
	}
	return feedMark
}

// renderCards renders a feed. A reply says whom it answers.
func (s *site) renderCards(r *http.Request, p *page, list []cruddur.Activity) (html template.HTML, shown int, err error) {
	c, err := s.cardsFor(r, p, &list)
	if err != nil {
		return "", 0, err
	}
	if c.parents, err = s.parentsOf(r, list, nil); err != nil {
		return "", 0, err
	}
	for i := range list {
		c.add(&list[i], nil)
	}
	return c.html(), c.shown, nil
}

// parentsOf returns the authors of what the replies of a list answer, except what the page shows anyway.
func (s *site) parentsOf(r *http.Request, list []cruddur.Activity, shown map[cruddur.UUID]bool) (map[cruddur.UUID]string, error) {
	var ids []cruddur.UUID
	for i := range list {
		if id := list[i].ReplyTo; !id.IsZero() && !shown[id] {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil, nil
	}
	return s.Store.Authors(r.Context(), ids, visitOf(r).now)
}
