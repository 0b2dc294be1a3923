package api

import (
	"errors"
	"strconv"
	"strings"

	"cruddur"
	"cruddur/internal/ratelimit"
)

func (c *call) getHealthCheck() error {
	return c.answer(func(b []byte) []byte { return append(b, `{"success":true,"ver":1}`...) })
}

func (c *call) getHome() error {
	limit, before, err := c.page()
	if err != nil {
		return err
	}
	list, err := c.Feed.Home(c.r.Context(), before, limit, c.now)
	if err != nil {
		return err
	}
	c.link(list, limit)
	if len(list) > 0 && before.IsZero() {
		r := c.rendered.of(list)
		return c.writeTagged(r.body, r.tag)
	}
	return c.answer(func(b []byte) []byte { return appendActivities(b, list) })
}

// page reads ?limit= and ?before=. A limit above the maximum counts as the maximum.
func (c *call) page() (limit int, before cruddur.UUID, err error) {
	if c.r.URL.RawQuery == "" {
		return cruddur.PageSize, before, nil
	}
	q := c.r.URL.Query()
	limit, err = parseLimit(q.Get("limit"))
	if s := q.Get("before"); s != "" && err == nil {
		before, err = cruddur.ParseUUID(s)
	}
	return limit, before, err
}

func parseLimit(s string) (int, error) {
	if s == "" {
		return cruddur.PageSize, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil && !errors.Is(err, strconv.ErrRange) || n < 1 {
		return 0, cruddur.Invalid("limit", "limit_invalid")
	}
	return min(n, cruddur.MaxPageSize), nil
}

// link sets the Link header for the next page, if this one is full (RFC 8288).
func (c *call) link(list []cruddur.Activity, limit int) {
	if len(list) < limit {
		return
	}
	b := make([]byte, 0, 160)
	b = append(append(append(b, '<'), c.BackendURL...), c.r.URL.EscapedPath()...)
	b = append(b, '?')
	if limit != cruddur.PageSize && c.r.Pattern == "/api/activities/home" {
		b = append(strconv.AppendInt(append(b, "limit="...), int64(limit), 10), '&')
	}
	b = list[len(list)-1].UUID.AppendText(append(b, "before="...))
	c.w.Header()["Link"] = []string{string(append(b, `>; rel="next"`...))}
}

func (c *call) postActivity() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in struct {
		Message *string `json:"message"`
		TTL     *string `json:"ttl"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	ttl, ttlErr := cruddur.ParseTTL(text(in.TTL))
	message, messageErr := cruddur.CheckMessage(text(in.Message))
	key, keyErr := idempotencyKey(c.r.Header["Idempotency-Key"])
	if err := join(ttlErr, messageErr, keyErr); err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Posts, u.UUID.String()); err != nil {
		return err
	}
	a, err := c.Store.CreateActivityOnce(c.r.Context(), u.UUID, key, message, ttl, c.now)
	if err != nil {
		return err
	}
	c.w.Header()["Cache-Control"] = headerNoStore
	b := appendActivity(make([]byte, 0, 1024), &a)
	c.write(200, b)
	return nil
}

// text returns the sent text; a null or missing key is "".
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// join merges several errors of one request into one.
func join(errs ...error) error {
	var all *cruddur.Error
	for _, err := range errs {
		if err == nil {
			continue
		}
		e, ok := errors.AsType[*cruddur.Error](err)
		if !ok || e.Kind != cruddur.KindInvalid {
			return err
		}
		if all == nil {
			all = cruddur.NewError(cruddur.KindInvalid, e.Codes...)
			all.Field = e.Field
		} else {
			all.Codes = append(all.Codes[:len(all.Codes):len(all.Codes)], e.Codes...)
		}
	}
	if all == nil {
		return nil
	}
	return all
}

func (c *call) getActivity() error {
	a, err := c.activity()
	if err != nil {
		return err
	}
	return c.answer(func(b []byte) []byte { return appendActivity(b, &a) })
}

func (c *call) activity() (cruddur.Activity, error) {
	id, err := cruddur.ParseUUID(c.r.PathValue("uuid"))
	if err != nil {
		return cruddur.Activity{}, err
	}
	return c.Store.Activity(c.r.Context(), id, c.now)
}

// getStatus serves a crud at the original's address, which includes the author; a wrong author is not_found.
func (c *call) getStatus() error {
	a, err := c.activity()
	if err != nil {
		return err
	}
	if !strings.EqualFold(a.Handle, c.r.PathValue("handle")) {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	return c.answer(func(b []byte) []byte {
		b = appendActivity(append(b, `{"activity":`...), &a)
		return append(b, `,"replies":[]}`...)
	})
}

func (c *call) deleteActivity() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	id, err := cruddur.ParseUUID(c.r.PathValue("uuid"))
	if err != nil {
		return err
	}
	if err := c.Store.DeleteActivity(c.r.Context(), id, u.UUID, c.now); err != nil {
		return err
	}
	return c.answerNothing()
}
