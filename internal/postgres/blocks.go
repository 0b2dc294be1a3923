package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

var (
	blockedPages = pages("blocks/list")
	mutedPages   = pages("mutes/list")
)

// Block lets a member block another (on) or no longer block them. It may be repeated. From then on neither
// follows the other. A member who is suspended or does not exist is KindNotFound; oneself is block_oneself.
func (d *DB) Block(ctx context.Context, blocker, blocked cruddur.UUID, on bool, now time.Time) error {
	if blocker == blocked {
		return cruddur.Invalid("handle", "block_oneself")
	}
	pair := args{"blocker_uuid": [16]byte(blocker), "blocked_uuid": [16]byte(blocked)}
	if !on {
		_, err := d.exec(ctx, "blocks/remove", pair)
		return err
	}
	pair["now"] = micro(now)
	var found bool
	err := d.pool.atOnce(ctx, holdPair(blocker, blocked), one("blocks/add", pair, &found))
	if err == nil && !found {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	return classify(err)
}

// Mute lets a member mute another until an instant; the zero time: for good. A second mute replaces the first.
// The errors are those of Block, with mute_oneself.
func (d *DB) Mute(ctx context.Context, muter, muted cruddur.UUID, until, now time.Time) error {
	if muter == muted {
		return cruddur.Invalid("handle", "mute_oneself")
	}
	a := args{"muter_uuid": [16]byte(muter), "muted_uuid": [16]byte(muted), "ends_at": nil, "now": micro(now)}
	if !until.IsZero() {
		a["ends_at"] = micro(until)
	}
	var found bool
	err := d.queryRow(ctx, "mutes/add", a, &found)
	if err == nil && !found {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	return err
}

// Unmute ends a mute, if there is one.
func (d *DB) Unmute(ctx context.Context, muter, muted cruddur.UUID) error {
	_, err := d.exec(ctx, "mutes/remove", args{"muter_uuid": [16]byte(muter), "muted_uuid": [16]byte(muted)})
	return err
}

// Blocked returns whom a member blocks, the newest block first, in pages like Home's; the cursor is a Person's
// Place.
func (d *DB) Blocked(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error) {
	return d.shunned(ctx, limit, blockedPages, args{"user_uuid": [16]byte(user), "before": cursor(before)})
}

// Muted returns whom a member mutes at now, as Blocked does, with the ends of the mutes.
func (d *DB) Muted(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error) {
	return d.shunned(ctx, limit, mutedPages, args{"user_uuid": [16]byte(user), "before": cursor(before), "now": now})
}

func (d *DB) shunned(ctx context.Context, limit int, p pageStatements, a args) ([]cruddur.Person, error) {
	list, err := queryAll(ctx, d.pool, p[cruddur.PageSlot(limit)], a, limit, func(rows pgx.Rows, x *cruddur.Person) error {
		var ends *time.Time
		err := rows.Scan((*[16]byte)(&x.UUID), &x.Handle, &x.DisplayName, &x.Bio, (*nullUUID)(&x.Avatar), (*[16]byte)(&x.Place), &ends)
		if ends != nil {
			x.MutedUntil = *ends
		}
		return err
	})
	if len(list) > limit {
		list = list[:limit]
	}
	return list, err
}

// Ignored returns everybody whom a member does not see at now.
func (d *DB) Ignored(ctx context.Context, viewer cruddur.UUID, now time.Time) (*cruddur.Ignored, error) {
	return pipelined(ctx, d.reads, mustStatement("ignored/list"), args{"viewer_uuid": [16]byte(viewer), "now": now},
		func(rows pgx.Rows, out **cruddur.Ignored) error {
			*out = new(cruddur.Ignored)
			for rows.Next() {
				var id cruddur.UUID
				var handle string
				var muted, blocked, blocks bool
				if err := rows.Scan((*[16]byte)(&id), &handle, &muted, &blocked, &blocks); err != nil {
					return err
				}
				var why cruddur.Ignoring
				for reason, is := range map[cruddur.Ignoring]bool{cruddur.Muting: muted, cruddur.Blocking: blocked, cruddur.BlockedBy: blocks} {
					if is {
						why |= reason
					}
				}
				(*out).Add(id, handle, why)
			}
			return rows.Err()
		})
}

// Without takes out of the numbers of activities what members did whom the reader does not see. It returns a
// copy, unless nothing changes.
func (d *DB) Without(ctx context.Context, ignored *cruddur.Ignored, list []cruddur.Activity, now time.Time) ([]cruddur.Activity, error) {
	if ignored.Empty() || len(list) == 0 {
		return list, nil
	}
	ids := make([][16]byte, len(list))
	for i := range list {
		ids[i] = list[i].UUID
	}
	type numbers struct {
		place                   int
		replies, reposts, likes int32
	}
	less, err := queryAll(ctx, d.pool, mustStatement("ignored/counts"), args{"uuids": ids, "ignored_uuids": uuids(ignored), "now": now}, len(list),
		func(rows pgx.Rows, n *numbers) error { return rows.Scan(&n.place, &n.replies, &n.reposts, &n.likes) })
	if err != nil {
		return nil, err
	}
	out := append([]cruddur.Activity(nil), list...)
	for _, n := range less {
		a := &out[n.place-1]
		a.RepliesCount, a.RepostsCount, a.LikesCount = a.RepliesCount-n.replies, a.RepostsCount-n.reposts, a.LikesCount-n.likes
	}
	return out, nil
}

// CountBelowWithout is CountBelow for a reader who does not see some members: their replies, and what hangs on
// these, are not counted.
func (d *DB) CountBelowWithout(ctx context.Context, ignored *cruddur.Ignored, id cruddur.UUID, now time.Time) (n int, err error) {
	err = d.queryRow(ctx, "activities/count_below_without", args{"uuid": [16]byte(id), "ignored_uuids": uuids(ignored), "now": now}, &n)
	return n, err
}

// HiddenAbove returns which replies of a page below an activity hang on replies of members whom the reader does
// not see.
func (d *DB) HiddenAbove(ctx context.Context, ignored *cruddur.Ignored, top cruddur.UUID, page []cruddur.Activity, now time.Time) (map[cruddur.UUID]bool, error) {
	ids := make([][16]byte, len(page))
	for i := range page {
		ids[i] = page[i].UUID
	}
	list, err := queryAll(ctx, d.pool, mustStatement("ignored/above"), args{"uuids": ids, "top_uuid": [16]byte(top), "ignored_uuids": uuids(ignored), "now": now}, 0,
		func(rows pgx.Rows, id *[16]byte) error { return rows.Scan(id) })
	out := make(map[cruddur.UUID]bool, len(list))
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

func uuids(i *cruddur.Ignored) [][16]byte {
	out := [][16]byte{}
	for _, id := range i.UUIDs() {
		out = append(out, id)
	}
	return out
}
