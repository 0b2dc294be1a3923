package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// News returns what has changed since floor, a News.Floor, and the activities that are alive at now and were made after
// since. It must be told to others within a second, and it is one round trip. A floor of math.MaxInt64 asks where to begin.
func (d *DB) News(ctx context.Context, floor int64, since, now time.Time) (n cruddur.News, err error) {
	err = d.pool.atOnce(ctx,
		step{s: mustStatement("changes/read"), args: args{"floor": floor}, scan: func(rows pgx.Rows) error { return scanChanges(rows, &n) }},
		step{s: mustStatement("changes/new"), args: args{"since": micro(since), "now": micro(now)}, scan: func(rows pgx.Rows) (err error) {
			n.Activities, err = scanUUIDs(rows)
			return err
		}})
	return n, err
}

func scanChanges(rows pgx.Rows, n *cruddur.News) error {
	n.Changes = nil
	var c cruddur.Change
	var id *int64
	var kind *string
	var members [][16]byte
	_, err := pgx.ForEachRow(rows, []any{
		&n.Floor, &n.Held, &id, &kind, (*nullUUID)(&c.Subject), (*nullUUID)(&c.Object),
		(*nullText)(&c.Handle), (*nullText)(&c.ObjectHandle), &members,
	}, func() error {
		if id != nil {
			c.ID, c.Kind, c.Members = *id, cruddur.ChangeKind(*kind), uuidsOf(members)
			n.Changes = append(n.Changes, c)
		}
		return nil
	})
	return err
}

func scanUUIDs(rows pgx.Rows) (list []cruddur.UUID, err error) {
	var id cruddur.UUID
	_, err = pgx.ForEachRow(rows, []any{(*[16]byte)(&id)}, func() error {
		list = append(list, id)
		return nil
	})
	return list, err
}

func uuidsOf(list [][16]byte) []cruddur.UUID {
	out := make([]cruddur.UUID, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

func bytesOf(list []cruddur.UUID) [][16]byte {
	out := make([][16]byte, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// TellCounts lets all servers know, this one too, that the numbers of some activities have changed. It is told after the
// writes and outside of them.
func (d *DB) TellCounts(ctx context.Context, activities []cruddur.UUID) error {
	_, err := d.exec(ctx, "changes/count", args{"uuids": bytesOf(activities)})
	return err
}

// Those returns some activities as far as they are visible at now, in the order of their UUIDs in the list.
func (d *DB) Those(ctx context.Context, activities []cruddur.UUID, now time.Time) ([]cruddur.Activity, error) {
	return d.list(ctx, "activities/those", args{"uuids": bytesOf(activities), "now": now})
}

// Above returns, for each of some activities that are alive at now, who wrote it and what it hangs on; nil for the others.
func (d *DB) Above(ctx context.Context, activities []cruddur.UUID, now time.Time) ([][]cruddur.UUID, error) {
	return pipelined(ctx, d.reads, mustStatement("changes/above"), args{"uuids": bytesOf(activities), "now": now},
		func(rows pgx.Rows, out *[][]cruddur.UUID) error {
			*out = make([][]cruddur.UUID, len(activities))
			var place int
			var members [][16]byte
			_, err := pgx.ForEachRow(rows, []any{&place, &members}, func() error {
				(*out)[place-1] = uuidsOf(members)
				return nil
			})
			return err
		})
}

// ToldOf returns whom notifications tell of some activities.
func (d *DB) ToldOf(ctx context.Context, activities []cruddur.UUID) ([]cruddur.UUID, error) {
	return pipelined(ctx, d.reads, mustStatement("changes/told"), args{"uuids": bytesOf(activities)},
		func(rows pgx.Rows, out *[]cruddur.UUID) (err error) {
			*out, err = scanUUIDs(rows)
			return err
		})
}

// TiesOf returns which of the viewers follow or ignore which of the others at now; pairs that do neither are left out.
func (d *DB) TiesOf(ctx context.Context, viewers, others []cruddur.UUID, now time.Time) ([]cruddur.Tie, error) {
	return pipelined(ctx, d.reads, mustStatement("changes/ties"), args{"viewer_uuids": bytesOf(viewers), "other_uuids": bytesOf(others), "now": now},
		func(rows pgx.Rows, out *[]cruddur.Tie) error {
			var t cruddur.Tie
			_, err := pgx.ForEachRow(rows, []any{(*[16]byte)(&t.Viewer), (*[16]byte)(&t.Other), &t.Follows, &t.Ignores}, func() error {
				*out = append(*out, t)
				return nil
			})
			return err
		})
}

// mostTogether is how many members UnreadOf asks for in one round trip.
const mostTogether = 200

// UnreadOf returns what some members have not read at now, in their order: the numbers of Unread and UnreadMessages, in
// one round trip for many.
func (d *DB) UnreadOf(ctx context.Context, members []cruddur.UUID, now time.Time) ([]cruddur.UnreadNumbers, error) {
	out := make([]cruddur.UnreadNumbers, len(members))
	for from := 0; from < len(members); from += mostTogether {
		var steps []step
		for i := from; i < min(from+mostTogether, len(members)); i++ {
			of := args{"viewer_uuid": [16]byte(members[i]), "now": now}
			steps = append(steps, one("notifications/unread", of, &out[i].Notifications, &out[i].Answer), one("messages/unread", of, &out[i].Messages))
		}
		if err := d.pool.atOnce(ctx, steps...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SweepChanges deletes changes that are older than a minute, as Sweep does: whoever has not read them by then must read
// everything again.
func (d *DB) SweepChanges(ctx context.Context, now time.Time, batch int) (n int, err error) {
	err = d.queryRow(ctx, "changes/sweep", args{"now": now, "batch": batch}, &n)
	return n, err
}
