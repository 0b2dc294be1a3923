package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

var (
	notificationPages         = pages("notifications/page")
	notificationActivityPages = pages("notifications/activities")
)

// Notifications returns a member's notifications of which something is visible to them at now, the newest first, in
// pages like Home's; the cursor is a Notification's UUID. With mentions there are only replies and mentions.
func (d *DB) Notifications(ctx context.Context, user, before cruddur.UUID, limit int, mentions bool, now time.Time) ([]cruddur.Notification, error) {
	type row struct {
		cruddur.Notification
		about cruddur.UUID
	}
	rows, err := pipelined(ctx, d.reads, notificationPages[cruddur.PageSlot(limit)],
		args{"viewer_uuid": [16]byte(user), "before": cursor(before), "mentions": mentions, "now": now},
		func(rows pgx.Rows, out *[]row) error {
			for rows.Next() {
				var x row
				var uuids [][16]byte
				var handles, names []string
				var avatars []nullUUID
				var talk cruddur.UUID
				var message *string
				var sent, ends *time.Time
				err := rows.Scan((*[16]byte)(&x.UUID), &x.Kind, (*nullUUID)(&x.about), &x.Unread,
					&x.ActorsCount, &uuids, &handles, &names, &avatars, (*nullUUID)(&talk), &message, &sent, &ends, &x.MessagesCount)
				if err != nil {
					return err
				}
				x.CreatedAt = x.UUID.Time()
				for i := range uuids {
					x.Actors = append(x.Actors, cruddur.Person{UUID: uuids[i], Handle: handles[i], DisplayName: names[i], Avatar: cruddur.UUID(avatars[i])})
				}
				if message != nil {
					p := &x.Actors[0]
					x.Message = &cruddur.PrivateMessage{
						UUID: x.UUID, Conversation: talk, UserUUID: p.UUID, Handle: p.Handle, DisplayName: p.DisplayName,
						Message: *message, CreatedAt: sent.UTC(), ExpiresAt: ends.UTC(),
					}
				}
				*out = append(*out, x)
			}
			return rows.Err()
		})
	if err != nil {
		return nil, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
	}
	var about [][16]byte
	for i := range rows {
		if !rows[i].about.IsZero() {
			about = append(about, rows[i].about)
		}
	}
	activities := map[cruddur.UUID]*cruddur.Activity{}
	if len(about) > 0 {
		list, err := d.list(ctx, "activities/those", args{"uuids": about, "now": now})
		if err != nil {
			return nil, err
		}
		for i := range list {
			activities[list[i].UUID] = &list[i]
		}
	}
	out := make([]cruddur.Notification, 0, len(rows))
	for i := range rows {
		n := rows[i].Notification
		if n.Activity = activities[rows[i].about]; n.Activity == nil && n.Message == nil && n.Kind != cruddur.NotifyFollow || len(n.Actors) == 0 {
			continue // gone between the two statements
		}
		out = append(out, n)
	}
	return out, nil
}

// NotificationActivities returns the activities that reply to a member or mention them and that are visible at now, the
// newest first, in pages like Home's.
func (d *DB) NotificationActivities(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.activities(ctx, limit, notificationActivityPages, args{"viewer_uuid": [16]byte(user), "before": cursor(before), "now": now})
}

// Unread counts a member's notifications that are visible to them at now and newer than what they have seen.
func (d *DB) Unread(ctx context.Context, user cruddur.UUID, now time.Time) (cruddur.Unread, error) {
	return pipelined(ctx, d.reads, mustStatement("notifications/unread"), args{"viewer_uuid": [16]byte(user), "now": now},
		scanRow(func(u *cruddur.Unread) []any { return []any{&u.Count, &u.Answer} }))
}

// SeeNotifications notes that a member has seen their notifications up to one, a Notification's UUID; it never goes back.
func (d *DB) SeeNotifications(ctx context.Context, user, seen cruddur.UUID) error {
	_, err := d.exec(ctx, "notifications/mark", args{"user_uuid": [16]byte(user), "seen": [16]byte(seen)})
	return err
}

// SweepNotifications deletes what tells of followers and has ended, as Sweep does; all other notifications go with their
// activity.
func (d *DB) SweepNotifications(ctx context.Context, now time.Time, batch int) (n int, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		var s string
		if err := queryRowIn(ctx, tx, mustStatement("activities/sweep_settings"), nil, &s, &s, &s, &s); err != nil {
			return err
		}
		return queryRowIn(ctx, tx, mustStatement("notifications/sweep"), args{"now": now, "batch": batch}, &n)
	})
	return n, err
}
