package api

import (
	"strings"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// postReply replies to the activity of the path. Its uuid in the body, which the original's client sends too, is
// ignored.
func (c *call) postReply() error {
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
	ttl, ttlErr := optionalTTL(in.TTL)
	message, messageErr := cruddur.CheckReply(text(in.Message))
	warning, warningErr := cruddur.CheckWarning(text(in.Warning))
	key, keyErr := idempotencyKey(c.r.Header["Idempotency-Key"])
	pictures, picturesErr := pictureIDs(in.Pictures)
	if err := join(ttlErr, messageErr, warningErr, keyErr, picturesErr); err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Posts, u.UUID.String()); err != nil {
		return err
	}
	parent, err := c.uuid() // last: what cannot be a uuid answers like one that nothing has
	if err != nil {
		return err
	}
	draft := cruddur.Draft{Message: message, Warning: warning, TTL: ttl, Pictures: pictures, Key: key}
	a, err := c.Store.ReplyWith(c.r.Context(), u.UUID, parent, draft, c.now)
	if err != nil {
		return err
	}
	return c.answerActivity(&a)
}

// optionalTTL reads a lifetime that may be missing: then the activity lives with its thread.
func optionalTTL(s *string) (cruddur.TTL, error) {
	if s == nil {
		return "", nil
	}
	return cruddur.ParseTTL(*s)
}

// getStatus serves a crud with its conversation at the original's address, which includes the author; a wrong author is
// not_found.
func (c *call) getStatus() error {
	p, err := c.pageOfThread()
	if err != nil {
		return err
	}
	id, err := c.uuid()
	if err != nil {
		return err
	}
	t, err := c.Store.Thread(c.r.Context(), id, p.cursor, c.now)
	if err != nil {
		return err
	}
	if !strings.EqualFold(t.Activity.Handle, c.r.PathValue("handle")) {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	above := len(t.Ancestors)
	list := make([]cruddur.Activity, 0, above+1+len(t.Replies))
	list = append(append(append(list, t.Ancestors...), t.Activity), t.Replies...)
	if list, err = c.marked(list); err != nil {
		return err
	}
	c.linkActivities(p, list[above+1:])
	return c.answer(func(b []byte) []byte { return appendThread(b, list[:above], &list[above], list[above+1:], t.Total) })
}

// putEnd gives one of the viewer's activities a new life from now on. Without one, a reply lives with its thread.
func (c *call) putEnd() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in struct {
		TTL *string `json:"ttl"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	ttl, err := optionalTTL(in.TTL)
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Writes, u.UUID.String()); err != nil {
		return err
	}
	a, err := c.activity()
	switch {
	case err != nil:
		return err
	case a.UserUUID != u.UUID:
		return cruddur.NewError(cruddur.KindForbidden)
	case ttl == "" && a.ReplyTo.IsZero():
		return cruddur.Invalid("ttl", "ttl_blank") // it began the thread
	}
	if a, err = c.Store.MoveEnd(c.r.Context(), a.UUID, u.UUID, ttl, c.now); err != nil {
		return err
	}
	list, err := c.Store.OfViewer(c.r.Context(), u.UUID, []cruddur.Activity{a})
	if err != nil {
		return err
	}
	return c.answerActivity(&list[0])
}
