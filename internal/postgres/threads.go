package postgres

import (
	"context"
	"time"

	"cruddur"
)

// Reply stores a reply whose message has been checked, and returns it. It ends no later than the activity
// parent: with "" exactly then, and whenever the parent's end moves it moves along. A parent that is not
// visible, and an author who does not exist (any more), are KindNotFound. A key works as in
// CreateActivityOnce.
func (d *DB) Reply(ctx context.Context, author, parent cruddur.UUID, key, message string, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error) {
	return d.ReplyWith(ctx, author, parent, cruddur.Draft{Message: message, TTL: ttl, Key: key}, now)
}

// ReplyWith is Reply with all that a draft may have, as in CreateWith.
func (d *DB) ReplyWith(ctx context.Context, author, parent cruddur.UUID, draft cruddur.Draft, now time.Time) (cruddur.Activity, error) {
	now = micro(now)
	steps := func(a *cruddur.Activity) []step {
		reply := draftArgs(author, &draft, now)
		reply["parent_uuid"] = [16]byte(parent)
		return []step{
			{s: mustStatement("activities/hold_root"), args: args{"uuid": [16]byte(parent)}},
			{s: holdCounted, args: args{"activity_uuids": [][16]byte{parent}}},
			one("activities/reply", reply, activityColumns(a)...),
		}
	}
	a, err := d.once(ctx, author, draft.Key, now, func() (a cruddur.Activity, err error) {
		if len(draft.Pictures) > 0 {
			return d.storeWith(ctx, author, draft.Pictures, now, steps)
		}
		err = d.pool.atOnce(ctx, steps(&a)...)
		return a, err
	})
	a, err = d.withItsPictures(ctx, a, now, err)
	if err != nil {
		d.tell(err, nil)
		return a, err
	}
	d.reread(ctx, parent, now)
	if !says(&a, &draft) || a.ReplyTo != parent {
		return cruddur.Activity{}, errKeyReused()
	}
	return a, nil
}

// Thread returns an activity that is visible at now, with what it hangs on and a page of what hangs on it:
// the replies after one (the nil UUID: from the oldest on).
func (d *DB) Thread(ctx context.Context, id, after cruddur.UUID, now time.Time) (t cruddur.Thread, err error) {
	if t.Activity, err = d.Activity(ctx, id, now); err != nil {
		return t, err
	}
	below := "activities/thread"
	if !t.Activity.ReplyTo.IsZero() {
		below = "activities/below"
		if t.Ancestors, err = d.list(ctx, "activities/ancestors", args{"uuid": [16]byte(id), "now": now}); err != nil {
			return t, err
		}
	}
	if t.Activity.RepliesCount == 0 {
		return t, nil
	}
	if t.Replies, err = d.list(ctx, below, args{"uuid": [16]byte(id), "after": [16]byte(after), "now": now}); err != nil {
		return t, err
	}
	if t.Total = len(t.Replies); t.Total < cruddur.ThreadPageSize && after.IsZero() {
		return t, nil
	}
	t.Total, err = d.CountBelow(ctx, id, now)
	return t, err
}

// CountBelow returns how many replies hang on an activity, at any depth, that are visible at now.
func (d *DB) CountBelow(ctx context.Context, id cruddur.UUID, now time.Time) (n int, err error) {
	err = d.queryRow(ctx, "activities/count_below", args{"uuid": [16]byte(id), "now": now}, &n)
	return n, err
}

func (d *DB) list(ctx context.Context, name string, a args) ([]cruddur.Activity, error) {
	list, err := pipelined(ctx, d.reads, mustStatement(name), a, scanActivities)
	return d.withPictures(ctx, list, a["now"].(time.Time), err)
}

// MoveEnd gives a member's own activity a new life, counted from now, and moves what lives with it along. With
// "" a reply lives with its thread from now on; a crud that began one must have a life. No activity ends after
// what it hangs on, or lives longer than cruddur.MaxLife from its creation. It returns the activity. The errors
// are those of DeleteActivity.
func (d *DB) MoveEnd(ctx context.Context, id, user cruddur.UUID, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error) {
	now = micro(now)
	var end *time.Time
	if life := lifeOf(ttl); life != nil {
		t := now.Add(*life)
		end = &t
	}
	err := d.holding(ctx, id, user, now, one("activities/move_end", args{
		"uuid": [16]byte(id), "user_uuid": [16]byte(user), "expires_at": end, "most": cruddur.MaxLife, "now": now,
	}, new(time.Time)))
	if err != nil {
		d.tell(err, nil)
		return cruddur.Activity{}, err
	}
	d.reread(ctx, id, now)
	return d.Activity(ctx, id, now)
}
