package api

import (
	"context"
	"slices"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// PrivateMessages is the part of the Store with which two members write to each other.
type PrivateMessages interface {
	Conversations(ctx context.Context, viewer cruddur.UUID, requests bool, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Conversation, error)
	Conversation(ctx context.Context, viewer, id cruddur.UUID, now time.Time) (cruddur.Conversation, error)
	ConversationWith(ctx context.Context, viewer cruddur.UUID, handle string, now time.Time) (cruddur.Conversation, error)
	Messages(ctx context.Context, viewer, conversation, before cruddur.UUID, limit int, now time.Time) ([]cruddur.PrivateMessage, error)
	SendTo(ctx context.Context, sender, other cruddur.UUID, key, message string, now time.Time) (cruddur.PrivateMessage, error)
	SendIn(ctx context.Context, sender, conversation cruddur.UUID, key, message string, now time.Time) (cruddur.PrivateMessage, error)
	UnreadMessages(ctx context.Context, viewer cruddur.UUID, now time.Time) (int, error)
	Requests(ctx context.Context, viewer cruddur.UUID, now time.Time) (int, error)
	Accept(ctx context.Context, user, id cruddur.UUID, now time.Time) error
	SetTimer(ctx context.Context, user, id cruddur.UUID, timer cruddur.TTL, now time.Time) error
	Seen(ctx context.Context, user, id, message cruddur.UUID, now time.Time) error
	DeleteConversation(ctx context.Context, user, id cruddur.UUID, now time.Time) error
	DeleteMessage(ctx context.Context, user, id cruddur.UUID, now time.Time) error
}

// pageToShow is page for a list that the original's client reads: it knows neither limit nor Link, so without a limit
// it gets as much as it can show.
func (c *call) pageToShow() (paging, error) {
	p, err := c.page(cruddur.PageSize)
	if err == nil && !p.named && c.fromFrontend() {
		p.limit = cruddur.MaxPageSize
	}
	return p, err
}

// getGroups answers the viewer's conversations, which the original calls message groups.
func (c *call) getGroups() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	p, err := c.pageToShow()
	if err != nil {
		return err
	}
	requests := false
	switch c.r.URL.Query().Get("requests") {
	case "", "false":
	case "true":
		requests, p.also = true, map[string][]string{"requests": {"true"}}
	default:
		return cruddur.Invalid("requests", "requests_invalid")
	}
	list, err := c.Store.Conversations(c.r.Context(), u.UUID, requests, p.cursor, p.limit, c.now)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		c.link(p, len(list), list[len(list)-1].Place)
	}
	return c.answerPrivate(func(b []byte) []byte { return appendGroups(b, list) })
}

func (c *call) getMessages() error {
	return c.messages(func(u *cruddur.User) (cruddur.Conversation, error) { return c.group(u) })
}

func (c *call) getMessagesWith() error {
	return c.messages(func(u *cruddur.User) (cruddur.Conversation, error) { return c.with(u, c.r.PathValue("handle")) })
}

// messages answers a page of a conversation, the oldest first; the next page is the one with older ones.
func (c *call) messages(find func(*cruddur.User) (cruddur.Conversation, error)) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	p, err := c.pageToShow()
	if err != nil {
		return err
	}
	g, err := find(&u)
	if err != nil {
		return err
	}
	list, err := c.Store.Messages(c.r.Context(), u.UUID, g.UUID, p.cursor, p.limit, c.now)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		c.link(p, len(list), list[len(list)-1].UUID)
	}
	slices.Reverse(list)
	return c.answerPrivate(func(b []byte) []byte { return appendMessages(b, list) })
}

// group returns the viewer's conversation that the path names.
func (c *call) group(u *cruddur.User) (cruddur.Conversation, error) {
	id, err := c.uuid()
	if err != nil {
		return cruddur.Conversation{}, err
	}
	return c.Store.Conversation(c.r.Context(), u.UUID, id, c.now)
}

// with returns the viewer's conversation with a member, which may not have begun.
func (c *call) with(u *cruddur.User, handle string) (cruddur.Conversation, error) {
	if !couldBeHandle(handle) {
		return cruddur.Conversation{}, cruddur.NewError(cruddur.KindNotFound)
	}
	return c.Store.ConversationWith(c.r.Context(), u.UUID, handle, c.now)
}

// outgoing is the body of postMessage. The original's client sends either a handle or a message_group_uuid.
type outgoing struct {
	Message *string `json:"message"`
	Handle  *string `json:"handle"`
	Group   *string `json:"message_group_uuid"`
}

// postMessage sends a message: into a conversation, and answers the message; or to a handle, and answers the
// conversation.
func (c *call) postMessage() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in outgoing
	if err := c.read(&in); err != nil {
		return err
	}
	var to error
	switch {
	case in.Group != nil && *in.Group == "":
		to = cruddur.Invalid("message_group_uuid", "message_group_uuid_blank")
	case in.Group == nil && text(in.Handle) == "":
		to = cruddur.Invalid("handle", "user_reciever_handle_blank")
	}
	message, messageErr := cruddur.CheckPrivateMessage(text(in.Message))
	key, keyErr := idempotencyKey(c.r.Header["Idempotency-Key"])
	if err := join(messageErr, to, keyErr); err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Messages, u.UUID.String()); err != nil {
		return err
	}
	if in.Group != nil {
		return c.sendIn(&u, *in.Group, key, message)
	}
	return c.sendTo(&u, *in.Handle, key, message)
}

func (c *call) sendIn(u *cruddur.User, group, key, message string) error {
	id, err := cruddur.ParseUUID(group)
	if err != nil {
		return err
	}
	m, err := c.Store.SendIn(c.r.Context(), u.UUID, id, key, message, c.now)
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte {
		b = appendMessage(b, &m)
		b = appendUUID(append(b[:len(b)-1], `,"message_group_uuid":`...), m.Conversation)
		return append(b, '}')
	})
}

func (c *call) sendTo(u *cruddur.User, handle, key, message string) error {
	g, err := c.with(u, handle)
	if err != nil {
		return err
	}
	if g.UUID.IsZero() {
		if err := c.limitBy(ratelimit.Conversations, u.UUID.String()); err != nil {
			return err
		}
	}
	m, err := c.Store.SendTo(c.r.Context(), u.UUID, g.Other, key, message, c.now)
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte {
		return append(appendUUID(append(b, `{"message_group_uuid":`...), m.Conversation), '}')
	})
}

func (c *call) getUnreadMessages() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	unread, err := c.Store.UnreadMessages(c.r.Context(), u.UUID, c.now)
	if err != nil {
		return err
	}
	requests, err := c.Store.Requests(c.r.Context(), u.UUID, c.now)
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte { return appendUnread(b, unread, requests) })
}

func (c *call) putAccept() error {
	return c.changeGroup(func(u, id cruddur.UUID) error { return c.Store.Accept(c.r.Context(), u, id, c.now) })
}

func (c *call) putTimer() error {
	return c.changeGroup(func(u, id cruddur.UUID) error {
		var in struct {
			TTL *string `json:"ttl"`
		}
		if err := c.read(&in); err != nil {
			return err
		}
		timer, err := cruddur.ParseTTL(text(in.TTL))
		if err != nil {
			return err
		}
		return c.Store.SetTimer(c.r.Context(), u, id, timer, c.now)
	})
}

// putGroupSeen marks messages as read: up to the one that the body names, or all if there is no body.
func (c *call) putGroupSeen() error {
	return c.changeGroup(func(u, id cruddur.UUID) error {
		var in struct {
			Message *string `json:"message_uuid"`
		}
		var message cruddur.UUID
		if c.r.ContentLength != 0 {
			if err := c.read(&in); err != nil {
				return err
			}
		}
		if in.Message != nil {
			var err error
			if message, err = cruddur.ParseUUID(*in.Message); err != nil {
				return cruddur.Invalid("message_uuid", "message_uuid_invalid")
			}
		}
		return c.Store.Seen(c.r.Context(), u, id, message, c.now)
	})
}

// changeGroup changes the viewer's conversation that the path names, and answers it as the viewer now sees it.
func (c *call) changeGroup(change func(user, id cruddur.UUID) error) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Talks, u.UUID.String()); err != nil {
		return err
	}
	g, err := c.group(&u)
	if err != nil {
		return err
	}
	if err := change(u.UUID, g.UUID); err != nil {
		return err
	}
	if g, err = c.Store.Conversation(c.r.Context(), u.UUID, g.UUID, c.now); err != nil {
		return err
	}
	list, err := c.Store.Messages(c.r.Context(), u.UUID, g.UUID, cruddur.UUID{}, 1, c.now)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		g.Last = list[0]
	}
	return c.answerPrivate(func(b []byte) []byte { return appendGroup(b, &g) })
}

func (c *call) deleteGroup() error   { return c.deleteTalk(c.Store.DeleteConversation) }
func (c *call) deleteMessage() error { return c.deleteTalk(c.Store.DeleteMessage) }

func (c *call) deleteTalk(remove func(ctx context.Context, user, id cruddur.UUID, now time.Time) error) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Talks, u.UUID.String()); err != nil {
		return err
	}
	id, err := c.uuid()
	if err != nil {
		return err
	}
	if err := remove(c.r.Context(), u.UUID, id, c.now); err != nil {
		return err
	}
	return c.answerNothing()
}
