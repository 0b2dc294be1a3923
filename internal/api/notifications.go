package api

import (
	"net/url"
	"strconv"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// getNotificationActivities serves the notifications of the original's client, which draws them like its home: the
// activities of those who have answered the viewer or mention them.
func (c *call) getNotificationActivities() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	p, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	if !p.named && c.fromFrontend() {
		p.limit = cruddur.MaxPageSize // as getHome
	}
	list, err := c.Store.NotificationActivities(c.r.Context(), u.UUID, p.cursor, p.limit, c.now)
	if err == nil {
		list, err = c.Store.OfViewer(c.r.Context(), u.UUID, list)
	}
	if err != nil {
		return err
	}
	c.linkActivities(p, list)
	return c.answerPrivate(func(b []byte) []byte { return appendActivities(b, list) })
}

// getNotifications answers what others did to the viewer; with ?kind=mentions replies and mentions alone.
func (c *call) getNotifications() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	p, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	mentions := false
	switch kind := c.r.URL.Query().Get("kind"); kind {
	case "", "all":
	case "mentions":
		mentions = true
		p.also = url.Values{"kind": {kind}}
	default:
		return cruddur.Invalid("kind", "kind_invalid")
	}
	list, err := c.Store.Notifications(c.r.Context(), u.UUID, p.cursor, p.limit, mentions, c.now)
	if err == nil {
		err = c.markNotifications(u.UUID, list)
	}
	if err != nil {
		return err
	}
	if len(list) > 0 {
		c.link(p, len(list), list[len(list)-1].UUID)
	}
	return c.answerPrivate(func(b []byte) []byte { return appendNotifications(b, list) })
}

// markNotifications marks what the viewer likes and has reposted.
func (c *call) markNotifications(viewer cruddur.UUID, list []cruddur.Notification) error {
	var about []cruddur.Activity
	for i := range list {
		if a := list[i].Activity; a != nil {
			about = append(about, *a)
		}
	}
	about, err := c.Store.OfViewer(c.r.Context(), viewer, about)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].Activity != nil {
			list[i].Activity, about = &about[0], about[1:]
		}
	}
	return nil
}

// getUnread answers how many notifications the viewer has not read.
func (c *call) getUnread() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	n, err := c.Store.Unread(c.r.Context(), u.UUID, c.now)
	if err != nil {
		return err
	}
	return c.answerUnread(n)
}

// maxAhead is how far the clocks of two servers may differ: what was seen cannot be of a later time.
const maxAhead = time.Minute

// putSeen notes how far the viewer has read, and answers what is left.
func (c *call) putSeen() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in struct {
		UUID *string `json:"uuid"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	seen, err := cruddur.ParseUUID(text(in.UUID))
	if err != nil || !seen.Time().Before(c.now.Add(maxAhead)) {
		return cruddur.Invalid("uuid", "uuid_invalid")
	}
	if err := c.limitBy(ratelimit.Writes, u.UUID.String()); err != nil {
		return err
	}
	if err := c.Store.SeeNotifications(c.r.Context(), u.UUID, seen); err != nil {
		return err
	}
	n, err := c.Store.Unread(c.r.Context(), u.UUID, c.now)
	if err != nil {
		return err
	}
	return c.answerUnread(n)
}

func (c *call) answerUnread(n cruddur.Unread) error {
	return c.answerPrivate(func(b []byte) []byte {
		return append(strconv.AppendInt(append(b, `{"count":`...), int64(n.Count), 10), '}')
	})
}

// appendNotifications appends a list of notifications.
func appendNotifications(b []byte, list []cruddur.Notification) []byte {
	b = append(b, '[')
	for i := range list {
		n := &list[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendUUID(append(b, `{"uuid":`...), n.UUID)
		b = appendString(append(b, `,"kind":`...), string(n.Kind))
		b = appendTime(append(b, `,"created_at":`...), n.CreatedAt)
		b = strconv.AppendBool(append(b, `,"unread":`...), n.Unread)
		b = append(b, `,"actors":[`...)
		for j := range n.Actors {
			p := &n.Actors[j]
			if j > 0 {
				b = append(b, ',')
			}
			b = appendUUID(append(b, `{"uuid":`...), p.UUID)
			b = appendString(append(b, `,"handle":`...), p.Handle)
			b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(p.DisplayName, p.Handle))
			b = append(appendFace(b, "avatar_url", p.Avatar), '}')
		}
		b = strconv.AppendInt(append(b, `],"actors_count":`...), int64(n.ActorsCount), 10)
		b = append(b, `,"activity":`...)
		if n.Activity == nil {
			b = append(b, "null"...)
		} else {
			b = appendActivity(b, n.Activity)
		}
		b = append(b, `,"message":`...)
		if n.Message == nil {
			b = append(b, `null,"message_group_uuid":null`...)
		} else {
			b = appendUUID(append(appendMessage(b, n.Message), `,"message_group_uuid":`...), n.Message.Conversation)
		}
		b = strconv.AppendInt(append(b, `,"messages_count":`...), int64(n.MessagesCount), 10)
		b = append(b, '}')
	}
	return append(b, ']')
}
