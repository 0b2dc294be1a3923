package postgres

import (
	"context"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

var messagePages = pages("messages/page")

func messageColumns(m *cruddur.PrivateMessage) []any {
	return []any{
		(*[16]byte)(&m.UUID), (*[16]byte)(&m.Conversation), (*[16]byte)(&m.UserUUID), &m.Handle, &m.DisplayName, &m.Message, &m.CreatedAt, &m.ExpiresAt,
	}
}

// Messages returns the newest messages of a member's conversation that are alive at now, newest first, in pages
// like Home's. A conversation that Conversation does not return has none.
func (d *DB) Messages(ctx context.Context, viewer, conversation, before cruddur.UUID, limit int, now time.Time) ([]cruddur.PrivateMessage, error) {
	a := args{"viewer_uuid": [16]byte(viewer), "conversation_uuid": [16]byte(conversation), "before": cursor(before), "now": now}
	list, err := pipelined(ctx, d.reads, messagePages[cruddur.PageSlot(limit)], a, func(rows pgx.Rows, out *[]cruddur.PrivateMessage) error {
		*out = make([]cruddur.PrivateMessage, 0, limit)
		for rows.Next() {
			var m cruddur.PrivateMessage
			if err := rows.Scan(messageColumns(&m)...); err != nil {
				return err
			}
			*out = append(*out, m)
		}
		return rows.Err()
	})
	if len(list) > limit {
		list = list[:limit]
	}
	return list, err
}

// SendTo sends a message, which has been checked, to another member, and begins a conversation if the two have
// none. A member who cannot be reached is KindNotFound. More than cruddur.MaxUnanswered messages to a member who
// has not answered are request_unanswered. A key works as in CreateActivityOnce.
func (d *DB) SendTo(ctx context.Context, sender, other cruddur.UUID, key, message string, now time.Time) (cruddur.PrivateMessage, error) {
	return d.sendOnce(ctx, outgoing{sender: sender, other: other, key: key, message: message, now: micro(now)})
}

// SendIn is SendTo in a conversation that exists; one that Conversation does not return is KindNotFound.
func (d *DB) SendIn(ctx context.Context, sender, conversation cruddur.UUID, key, message string, now time.Time) (cruddur.PrivateMessage, error) {
	c, err := d.Conversation(ctx, sender, conversation, now)
	if err != nil {
		return cruddur.PrivateMessage{}, err
	}
	return d.sendOnce(ctx, outgoing{sender: sender, other: c.Other, conversation: conversation, key: key, message: message, now: micro(now)})
}

// outgoing is a message on its way.
type outgoing struct {
	sender, other cruddur.UUID
	conversation  cruddur.UUID // the nil UUID: the one that the two have, or a new one
	key, message  string
	now           time.Time
}

// sendOnce sends a message. If the key belongs to one that has expired and waits for the sweeper, its sender no
// longer sees it, so the key is free.
func (d *DB) sendOnce(ctx context.Context, o outgoing) (cruddur.PrivateMessage, error) {
	m, in, err := d.send(ctx, o)
	if err == nil && !m.ExpiresAt.After(o.now) {
		_, err = d.exec(ctx, "messages/forget_key", args{"user_uuid": [16]byte(o.sender), "idempotency_key": o.key, "now": o.now})
		if err == nil {
			m, in, err = d.send(ctx, o)
		}
	}
	if err == nil && (m.Message != o.message || m.Conversation != in) || cruddur.KindOf(err) == cruddur.KindNotFound && d.keyUsed(ctx, o) {
		err = errKeyReused()
	}
	if err != nil {
		return cruddur.PrivateMessage{}, err
	}
	return m, nil
}

// keyUsed reports whether no conversation was begun because the key belongs to a message to somebody else.
func (d *DB) keyUsed(ctx context.Context, o outgoing) (used bool) {
	if o.key == "" || !o.conversation.IsZero() {
		return false
	}
	err := d.queryRow(ctx, "messages/key_used", args{"user_uuid": [16]byte(o.sender), "idempotency_key": o.key, "now": o.now}, &used)
	return err == nil && used
}

// send returns the message that the key names, and the conversation in which it should be.
func (d *DB) send(ctx context.Context, o outgoing) (m cruddur.PrivateMessage, in cruddur.UUID, err error) {
	pair := args{"user_uuid": [16]byte(o.sender), "other_uuid": [16]byte(o.other)}
	with := func(more args) args {
		maps.Copy(more, pair)
		return more
	}
	steps := []step{{s: mustStatement("messages/hold_members"), args: pair}}
	var conversation *[16]byte
	if o.conversation.IsZero() {
		steps = append(steps, step{s: mustStatement("conversations/forget"), args: with(args{"now": o.now})},
			step{s: mustStatement("conversations/begin"), args: with(args{"idempotency_key": nullable(o.key), "now": o.now})})
	} else {
		conversation = (*[16]byte)(&o.conversation)
	}
	var refused bool
	var handle, name, text *string
	var created, end *time.Time
	err = d.pool.atOnce(ctx, append(steps,
		step{s: mustStatement("conversations/hold_pair"), args: pair},
		one("messages/send", with(args{
			"conversation_uuid": conversation, "message": o.message, "idempotency_key": nullable(o.key), "now": o.now,
		}), &refused, (*[16]byte)(&in), (*nullUUID)(&m.UUID), (*nullUUID)(&m.Conversation), (*nullUUID)(&m.UserUUID), &handle, &name, &text, &created, &end))...)
	if err == nil && refused {
		err = cruddur.Invalid("message", "request_unanswered")
	}
	if err == nil {
		m.Handle, m.DisplayName, m.Message, m.CreatedAt, m.ExpiresAt = *handle, *name, *text, created.UTC(), end.UTC()
	}
	return m, in, err
}

// MessageTo returns a message that a member may read at now; KindNotFound if there is none.
func (d *DB) MessageTo(ctx context.Context, viewer, id cruddur.UUID, now time.Time) (m cruddur.PrivateMessage, err error) {
	a := args{"viewer_uuid": [16]byte(viewer), "uuid": [16]byte(id), "now": now}
	err = d.queryRow(ctx, "messages/received", a, messageColumns(&m)...)
	return m, err
}

// DeleteMessage deletes a member's own message, for both members. Another member's message is KindForbidden while
// it is visible; one that is not is KindNotFound.
func (d *DB) DeleteMessage(ctx context.Context, user, id cruddur.UUID, now time.Time) error {
	own := args{"uuid": [16]byte(id), "user_uuid": [16]byte(user)}
	err := d.pool.atOnce(ctx, step{s: mustStatement("conversations/hold"), args: own},
		one("messages/delete", args{"uuid": [16]byte(id), "user_uuid": [16]byte(user), "now": micro(now)}, new([16]byte)))
	if cruddur.KindOf(err) != cruddur.KindNotFound {
		return err
	}
	var sender cruddur.UUID
	shown := d.queryRow(ctx, "messages/show", args{"viewer_uuid": [16]byte(user), "uuid": [16]byte(id), "now": now}, (*[16]byte)(&sender))
	if shown == nil && sender != user {
		return cruddur.NewError(cruddur.KindForbidden)
	}
	return err
}

// SweepMessages deletes messages that have expired, and then conversations that have been without one for
// cruddur.QuietLife, both at now and at the server's own time, at most batch of them. It returns how many rows it
// deleted; fewer than batch means that none is left. It does not wait for locks.
func (d *DB) SweepMessages(ctx context.Context, now time.Time, batch int) (n int, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		var s string
		if err := queryRowIn(ctx, tx, mustStatement("activities/sweep_settings"), nil, &s, &s, &s, &s); err != nil {
			return err
		}
		a := args{"now": micro(now), "batch": batch}
		if err := queryRowIn(ctx, tx, mustStatement("messages/sweep"), a, &n); err != nil || n >= batch {
			return err
		}
		var quiet int
		err := queryRowIn(ctx, tx, mustStatement("conversations/sweep"), a, &quiet)
		n = max(n, quiet)
		return err
	})
	return n, err
}
