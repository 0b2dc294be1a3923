package api

import (
	"errors"

	"cruddur"
	"cruddur/internal/ratelimit"
)

func (c *call) getHealthCheck() error {
	return c.answer(func(b []byte) []byte { return append(b, `{"success":true,"ver":1}`...) })
}

func (c *call) getHome() error {
	p, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	if !p.named && c.fromFrontend() {
		p.limit = cruddur.MaxPageSize
	}
	list, err := c.Feed.Home(c.r.Context(), p.cursor, p.limit, c.now)
	if err != nil {
		return err
	}
	c.linkActivities(p, list)
	shown, err := c.marked(list)
	if err != nil {
		return err
	}
	if len(list) > 0 && p.cursor.IsZero() && &shown[0] == &list[0] {
		return c.writeKept(c.rendered.of(list))
	}
	return c.answer(func(b []byte) []byte { return appendActivities(b, shown) })
}

// fromFrontend reports whether a page of the front end sends the request. The original's client knows neither limit nor
// Link, so without a limit it gets as much as it can show.
func (c *call) fromFrontend() bool {
	lines := c.r.Header["Origin"]
	return len(lines) == 1 && c.front != "" && lines[0] == c.front
}

func (c *call) postActivity() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in struct {
		Message  *string  `json:"message"`
		Warning  *string  `json:"content_warning"`
		TTL      *string  `json:"ttl"`
		Pictures []string `json:"pictures"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	ttl, ttlErr := cruddur.ParseTTL(text(in.TTL))
	message, messageErr := cruddur.CheckMessage(text(in.Message))
	warning, warningErr := cruddur.CheckWarning(text(in.Warning))
	key, keyErr := idempotencyKey(c.r.Header["Idempotency-Key"])
	pictures, picturesErr := pictureIDs(in.Pictures)
	if err := join(ttlErr, messageErr, warningErr, keyErr, picturesErr); err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Posts, u.UUID.String()); err != nil {
		return err
	}
	draft := cruddur.Draft{Message: message, Warning: warning, TTL: ttl, Pictures: pictures, Key: key}
	a, err := c.Store.CreateWith(c.r.Context(), u.UUID, draft, c.now)
	if err != nil {
		return err
	}
	return c.answerActivity(&a)
}

// answerActivity answers a write with the activity as its member now sees it.
func (c *call) answerActivity(a *cruddur.Activity) error {
	c.w.Header()["Cache-Control"] = headerNoStore
	c.write(200, appendActivity(make([]byte, 0, 1024), a))
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
	list, err := c.marked([]cruddur.Activity{a})
	if err != nil {
		return err
	}
	return c.answer(func(b []byte) []byte { return appendActivity(b, &list[0]) })
}

// uuid returns the UUID that the path names.
func (c *call) uuid() (cruddur.UUID, error) { return cruddur.ParseUUID(c.r.PathValue("uuid")) }

// activity returns the activity that the path names.
func (c *call) activity() (cruddur.Activity, error) {
	id, err := c.uuid()
	if err != nil {
		return cruddur.Activity{}, err
	}
	return c.Store.Activity(c.r.Context(), id, c.now)
}

func (c *call) deleteActivity() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	id, err := c.uuid()
	if err != nil {
		return err
	}
	if err := c.Store.DeleteActivity(c.r.Context(), id, u.UUID, c.now); err != nil {
		return err
	}
	return c.answerNothing()
}
