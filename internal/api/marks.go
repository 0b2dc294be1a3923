package api

import (
	"context"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// reader returns the member who reads, or the nil UUID if nobody is signed in, also where the token's member does not
// exist or is suspended.
func (c *call) reader() (cruddur.UUID, error) {
	if c.subject == "" {
		return cruddur.UUID{}, nil
	}
	u, err := c.knownMember(c.r.Context())
	if err == nil && u.Suspended || err != nil && cruddur.KindOf(err) == cruddur.KindNotFound {
		return cruddur.UUID{}, nil
	}
	return u.UUID, err
}

// marked marks what the reader likes and has reposted. If that is nothing, it returns the list itself: the bytes of a
// shared list are shared too.
func (c *call) marked(list []cruddur.Activity) ([]cruddur.Activity, error) {
	reader, err := c.reader()
	if err != nil || reader.IsZero() {
		return list, err
	}
	return c.Store.OfViewer(c.r.Context(), reader, list)
}

func (c *call) putLike() error      { return c.mark(c.Store.Like, true) }
func (c *call) deleteLike() error   { return c.mark(c.Store.Like, false) }
func (c *call) putRepost() error    { return c.mark(c.Store.Repost, true) }
func (c *call) deleteRepost() error { return c.mark(c.Store.Repost, false) }

// mark sets or takes back a mark of the viewer, and answers the activity as they now see it.
func (c *call) mark(set func(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error), on bool) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Likes, u.UUID.String()); err != nil {
		return err
	}
	id, err := c.uuid()
	if err != nil {
		return err
	}
	a, err := set(c.r.Context(), u.UUID, id, on, c.now)
	if err != nil {
		return err
	}
	return c.answerActivity(&a)
}

func (c *call) getLikes() error   { return c.marking(c.Store.Likers) }
func (c *call) getReposts() error { return c.marking(c.Store.Reposters) }

// marking answers the members who have set a mark on an activity.
func (c *call) marking(read func(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)) error {
	p, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	id, err := c.uuid()
	if err != nil {
		return err
	}
	list, err := read(c.r.Context(), id, p.cursor, p.limit, c.now)
	if err == nil && len(list) == 0 {
		_, err = c.Store.Activity(c.r.Context(), id, c.now) // otherwise there is one
	}
	if err != nil {
		return err
	}
	return c.answerPeople(p, list)
}
