package api

import (
	"context"

	"cruddur"
	"cruddur/internal/ratelimit"
)

func (c *call) putFollow() error    { return c.follow(true) }
func (c *call) deleteFollow() error { return c.follow(false) }

// follow lets the viewer follow a member or no longer follow them, and answers the member's profile as they now see it.
func (c *call) follow(on bool) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Follows, u.UUID.String()); err != nil {
		return err
	}
	p, err := c.profile()
	if err != nil {
		return err
	}
	if err := c.Store.Follow(c.r.Context(), u.UUID, p.UUID, on, c.now); err != nil {
		return err
	}
	if p, err = c.Store.Profile(c.r.Context(), p.Handle, c.now); err != nil {
		return err
	}
	tie, err := c.tie(u.UUID, p.UUID)
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte { return appendProfile(b, &p, tie) })
}

// tie returns whether the reader follows a member, and whether the member follows them.
func (c *call) tie(reader, member cruddur.UUID) (cruddur.Person, error) {
	list := []cruddur.Person{{UUID: member}}
	if reader.IsZero() {
		return list[0], nil
	}
	err := c.Store.Ties(c.r.Context(), reader, list)
	return list[0], err
}

func (c *call) getFollowers() error { return c.people(c.Store.Followers) }
func (c *call) getFollowing() error { return c.people(c.Store.Following) }

func (c *call) people(read func(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error)) error {
	page, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	p, err := c.profile()
	if err != nil {
		return err
	}
	list, err := read(c.r.Context(), p.UUID, page.cursor, page.limit)
	if err != nil {
		return err
	}
	return c.answerPeople(page, list)
}

// answerPeople answers a page of members, with what binds them to the reader.
func (c *call) answerPeople(p paging, list []cruddur.Person) error {
	reader, err := c.reader()
	if err == nil && !reader.IsZero() {
		err = c.Store.Ties(c.r.Context(), reader, list)
	}
	if err != nil {
		return err
	}
	if len(list) > 0 {
		c.link(p, len(list), list[len(list)-1].Place)
	}
	return c.answer(func(b []byte) []byte { return appendPeople(b, list) })
}

// getSuggested answers members worth following; there is one page.
func (c *call) getSuggested() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	page, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	list, err := c.Store.Suggested(c.r.Context(), u.UUID, page.limit, c.now)
	if err == nil {
		err = c.Store.Ties(c.r.Context(), u.UUID, list)
	}
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte { return appendPeople(b, list) })
}

// getFollowingFeed answers the feed of those whom the viewer follows. Each page carries the instant at which the first
// one was read: a repost that came later must not move a crud from a page that is still to come to one that was read.
func (c *call) getFollowingFeed() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	p, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	since := cruddur.UUIDAfter(c.now)
	if s := c.r.URL.Query().Get("since"); s != "" {
		if since, err = cruddur.ParseUUID(s); err != nil {
			return err
		}
	}
	list, err := c.Store.FollowingFeed(c.r.Context(), u.UUID, p.cursor, since, p.limit, c.now)
	if err == nil {
		list, err = c.Store.OfViewer(c.r.Context(), u.UUID, list)
	}
	if err != nil {
		return err
	}
	if len(list) > 0 {
		c.linkSince(p, len(list), list[len(list)-1].Cursor(), since)
	}
	return c.answerPrivate(func(b []byte) []byte { return appendActivities(b, list) })
}
