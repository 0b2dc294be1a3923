package api

import (
	"errors"
	"net/url"
	"strconv"

	"cruddur"
)

// paging is the page of a list that a request names.
type paging struct {
	limit, usual int          // the number of rows, and what it is if the request does not name it
	named        bool         // the request names it
	cursor       cruddur.UUID // the page begins behind it; the nil UUID: the first page
	also         url.Values   // what else the address of the next page says
	direction    string       // the parameter with the cursor: "before", or "after" in a list that begins with the oldest
}

// page reads ?limit= and ?before=. A limit above the maximum counts as the maximum.
func (c *call) page(usual int) (p paging, err error) {
	p = paging{limit: usual, usual: usual, direction: "before"}
	if c.r.URL.RawQuery == "" {
		return p, nil
	}
	q := c.r.URL.Query()
	if s := q.Get("limit"); s != "" {
		p.named = true
		if p.limit, err = parseLimit(s); err != nil {
			return p, err
		}
	}
	if s := q.Get("before"); s != "" {
		p.cursor, err = cruddur.ParseUUID(s)
	}
	return p, err
}

// pageOfThread reads ?after=. The pages of a thread have one length.
func (c *call) pageOfThread() (p paging, err error) {
	p = paging{limit: cruddur.ThreadPageSize, usual: cruddur.ThreadPageSize, direction: "after"}
	if c.r.URL.RawQuery == "" {
		return p, nil
	}
	if s := c.r.URL.Query().Get("after"); s != "" {
		p.cursor, err = cruddur.ParseUUID(s)
	}
	return p, err
}

func parseLimit(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil && !errors.Is(err, strconv.ErrRange) || n < 1 {
		return 0, cruddur.Invalid("limit", "limit_invalid")
	}
	return min(n, cruddur.MaxPageSize), nil
}

// link sets the Link header for the page that begins behind last, if this one has as many rows as were wanted
// (RFC 8288).
func (c *call) link(p paging, rows int, last cruddur.UUID) {
	c.linkSince(p, rows, last, cruddur.UUID{})
}

// linkSince is link for a list that pages on as it was at an instant.
func (c *call) linkSince(p paging, rows int, last, since cruddur.UUID) {
	if rows < p.limit {
		return
	}
	b := make([]byte, 0, 200)
	b = append(append(append(b, '<'), c.BackendURL...), c.r.URL.EscapedPath()...)
	b = append(b, '?')
	if p.named || p.limit != p.usual {
		b = append(strconv.AppendInt(append(b, "limit="...), int64(p.limit), 10), '&')
	}
	if len(p.also) > 0 {
		b = append(append(b, p.also.Encode()...), '&')
	}
	b = last.AppendText(append(append(b, p.direction...), '='))
	if !since.IsZero() {
		b = since.AppendText(append(b, "&since="...))
	}
	c.w.Header()["Link"] = []string{string(append(b, `>; rel="next"`...))}
}

// linkActivities is link for a page of activities.
func (c *call) linkActivities(p paging, list []cruddur.Activity) {
	if len(list) > 0 {
		c.link(p, len(list), list[len(list)-1].Cursor())
	}
}
