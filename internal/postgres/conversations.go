package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

var conversationPages = pages("conversations/list")

// conversationRow scans a conversation.
type conversationRow struct {
	cruddur.Conversation
	timer          time.Duration
	timerChangedAt *time.Time
}

func (r *conversationRow) columns() []any {
	return []any{
		(*nullUUID)(&r.UUID), (*[16]byte)(&r.Other), &r.Handle, &r.DisplayName, (*nullUUID)(&r.Avatar), &r.timer, (*nullUUID)(&r.TimerChangedBy), &r.timerChangedAt,
		&r.Request, &r.Waits, &r.Muted, (*nullUUID)(&r.Read), (*nullUUID)(&r.Place), &r.CreatedAt, &r.Unread,
	}
}

func (r *conversationRow) conversation() cruddur.Conversation {
	c := r.Conversation
	c.Timer = cruddur.TTLOf(r.timer)
	if r.timerChangedAt != nil {
		c.TimerChangedAt = r.timerChangedAt.UTC()
	}
	return c
}

// Conversations returns the conversations that a member has at now, or the requests to them: where something was
// sent last comes first, in pages like Home's; the cursor is a Conversation's Place.
func (d *DB) Conversations(ctx context.Context, viewer cruddur.UUID, requests bool, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Conversation, error) {
	a := args{"viewer_uuid": [16]byte(viewer), "requests": requests, "before": cursor(before), "now": now}
	list, err := pipelined(ctx, d.reads, conversationPages[cruddur.PageSlot(limit)], a, func(rows pgx.Rows, out *[]cruddur.Conversation) error {
		*out = make([]cruddur.Conversation, 0, limit)
		for rows.Next() {
			c, err := scanListed(rows)
			if err != nil {
				return err
			}
			*out = append(*out, c)
		}
		return rows.Err()
	})
	if len(list) > limit {
		list = list[:limit]
	}
	return list, err
}

// scanListed scans a conversation with its newest message, if it has one.
func scanListed(rows pgx.Rows) (cruddur.Conversation, error) {
	var r conversationRow
	var last cruddur.PrivateMessage
	var message *string
	var sent, end *time.Time
	err := rows.Scan(append(r.columns(), (*nullUUID)(&last.UUID), (*nullUUID)(&last.UserUUID), &message, &sent, &end)...)
	c := r.conversation()
	if err == nil && message != nil {
		last.Conversation, last.Message, last.CreatedAt, last.ExpiresAt = c.UUID, *message, sent.UTC(), end.UTC()
		c.Last = last
	}
	return c, err
}

// Conversation returns one conversation of a member. One that is over, of others, or with somebody who is
// blocked, blocking or suspended is KindNotFound, as one that never was.
func (d *DB) Conversation(ctx context.Context, viewer, id cruddur.UUID, now time.Time) (cruddur.Conversation, error) {
	return d.conversation(ctx, "conversations/show", args{"viewer_uuid": [16]byte(viewer), "uuid": [16]byte(id), "now": now})
}

// ConversationWith returns the conversation of a member with the one of a handle; without a UUID as long as they
// have none. A member who cannot be reached is KindNotFound, as a handle that never was, and so is the member.
func (d *DB) ConversationWith(ctx context.Context, viewer cruddur.UUID, handle string, now time.Time) (cruddur.Conversation, error) {
	return d.conversation(ctx, "conversations/with", args{"viewer_uuid": [16]byte(viewer), "handle": handle, "now": now})
}

func (d *DB) conversation(ctx context.Context, name string, a args) (cruddur.Conversation, error) {
	r, err := pipelined(ctx, d.reads, mustStatement(name), a, scanRow((*conversationRow).columns))
	if err != nil {
		return cruddur.Conversation{}, err
	}
	return r.conversation(), nil
}

// Requests counts the requests that wait for a member's answer, at most cruddur.MostUnread.
func (d *DB) Requests(ctx context.Context, viewer cruddur.UUID, now time.Time) (int, error) {
	return d.counted(ctx, "conversations/requests", args{"viewer_uuid": [16]byte(viewer), "now": now})
}

// UnreadMessages counts the messages that a member has not seen, at most cruddur.MostUnread: none of requests, and none of
// members whom they have muted.
func (d *DB) UnreadMessages(ctx context.Context, viewer cruddur.UUID, now time.Time) (int, error) {
	return d.counted(ctx, "messages/unread", args{"viewer_uuid": [16]byte(viewer), "now": now})
}

// CountMessages counts what DeleteConversation would delete of what is alive, at most cruddur.MostCounted.
func (d *DB) CountMessages(ctx context.Context, viewer, id cruddur.UUID, now time.Time) (int, error) {
	return d.counted(ctx, "messages/count", args{"viewer_uuid": [16]byte(viewer), "conversation_uuid": [16]byte(id), "now": now})
}

func (d *DB) counted(ctx context.Context, name string, a args) (int, error) {
	return pipelined(ctx, d.reads, mustStatement(name), a, scanRow(func(n *int) []any { return []any{n} }))
}

// Accept accepts a request. It may be repeated. The errors are those of Conversation.
func (d *DB) Accept(ctx context.Context, user, id cruddur.UUID, now time.Time) error {
	return d.change(ctx, "conversations/accept", user, id, args{"now": micro(now)})
}

// SetTimer sets how long messages that are sent from now on live. The errors are those of Conversation.
func (d *DB) SetTimer(ctx context.Context, user, id cruddur.UUID, timer cruddur.TTL, now time.Time) error {
	return d.change(ctx, "conversations/set_timer", user, id, args{"timer": lifeOf(timer), "now": micro(now)})
}

// Seen marks what a member has seen of a conversation, up to a message; the mark moves forward only. The nil UUID
// marks everything. The errors are those of Conversation.
func (d *DB) Seen(ctx context.Context, user, id, message cruddur.UUID, now time.Time) error {
	return d.change(ctx, "conversations/seen", user, id, args{"seen_uuid": cursor(message), "now": micro(now)})
}

// DeleteConversation deletes a conversation and all its messages, for both members. The errors are those of
// Conversation.
func (d *DB) DeleteConversation(ctx context.Context, user, id cruddur.UUID, now time.Time) error {
	return d.change(ctx, "conversations/delete", user, id, args{"now": micro(now)})
}

// change runs a statement that changes a conversation of a member and returns its UUID.
func (d *DB) change(ctx context.Context, name string, user, id cruddur.UUID, a args) error {
	a["user_uuid"], a["uuid"] = [16]byte(user), [16]byte(id)
	return d.queryRow(ctx, name, a, new([16]byte))
}
