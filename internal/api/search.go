package api

import (
	"net/url"
	"strconv"

	"cruddur"
)

func (c *call) getSearch() error {
	term, termErr := cruddur.ParseSearch(c.r.URL.Query().Get("term"))
	p, err := c.page(cruddur.PageSize)
	if err := join(termErr, err); err != nil {
		return err
	}
	list, err := c.Store.Search(c.r.Context(), term, p.cursor, p.limit, c.now)
	if err != nil {
		return err
	}
	p.also = url.Values{"term": {term.Term}}
	return c.answerPage(p, list)
}

func (c *call) getTag() error {
	tag, err := cruddur.CheckTag(c.r.PathValue("tag"))
	if err != nil {
		return err
	}
	p, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	list, err := c.Store.Tagged(c.r.Context(), tag, p.cursor, p.limit, c.now)
	if err != nil {
		return err
	}
	return c.answerPage(p, list)
}

// answerPage answers a page of activities as the reader sees them.
func (c *call) answerPage(p paging, list []cruddur.Activity) error {
	c.linkActivities(p, list)
	list, err := c.marked(list)
	if err != nil {
		return err
	}
	return c.answer(func(b []byte) []byte { return appendActivities(b, list) })
}

// mostTrends is how many trends the API returns.
const mostTrends = 10

func (c *call) getTrends() error {
	var list []cruddur.Trend
	if c.Trends != nil {
		var err error
		if list, err = c.Trends.Trends(c.r.Context(), mostTrends, c.now); err != nil {
			return err
		}
	}
	return c.answer(func(b []byte) []byte {
		b = append(b, '[')
		for i, t := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(append(b, `{"tag":`...), t.Tag)
			b = strconv.AppendInt(append(b, `,"authors_count":`...), int64(t.Authors), 10)
			b = append(b, '}')
		}
		return append(b, ']')
	})
}
