package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

var (
	homePages          = pages("activities/home")
	byUserPages        = pages("activities/by_user")
	repliesByUserPages = pages("activities/replies_by_user")
)

// pageStatements has one statement for each of cruddur.PageSizes; a smaller page is cut from the next larger
// one.
type pageStatements [len(cruddur.PageSizes)]*statement

func pages(name string) (p pageStatements) {
	for i, n := range cruddur.PageSizes {
		p[i] = mustStatement(name)
		if i > 0 {
			p[i] = p[0].withLimit(n)
		}
	}
	return p
}

func cursor(before cruddur.UUID) [16]byte {
	if before.IsZero() {
		return cruddur.MaxUUID
	}
	return before
}

// Home returns the newest cruds of all members that are alive at now: at most limit of them, 1 to 100, older
// than the crud before (the nil UUID: from the newest on).
func (d *DB) Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.activities(ctx, limit, homePages, args{"now": now, "before": cursor(before)})
}

// ActivitiesOf returns a member's newest cruds that are alive at now, in pages like Home's.
func (d *DB) ActivitiesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.activities(ctx, limit, byUserPages, args{"now": now, "before": cursor(before), "user_uuid": [16]byte(user)})
}

// RepliesOf returns a member's newest replies that are alive at now, in pages like Home's.
func (d *DB) RepliesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.activities(ctx, limit, repliesByUserPages, args{"now": now, "before": cursor(before), "user_uuid": [16]byte(user)})
}

func (d *DB) activities(ctx context.Context, limit int, p pageStatements, a args) ([]cruddur.Activity, error) {
	list, err := pipelined(ctx, d.reads, p[cruddur.PageSlot(limit)], a, func(rows pgx.Rows, out *[]cruddur.Activity) error {
		*out = make([]cruddur.Activity, 0, limit)
		return scanActivities(rows, out)
	})
	if len(list) > limit {
		list = list[:limit]
	}
	return d.withPictures(ctx, list, a["now"].(time.Time), err)
}

// activityColumns returns the scan targets for the columns of every statement that returns activities.
func activityColumns(a *cruddur.Activity) []any {
	return []any{
		(*[16]byte)(&a.UUID), (*[16]byte)(&a.UserUUID), &a.Handle, &a.DisplayName, &a.Message,
		(*nullUUID)(&a.ReplyTo), (*nullUUID)(&a.Root), &a.RepliesCount, &a.RepostsCount, &a.LikesCount, &a.CreatedAt, &a.ExpiresAt,
		&a.PicturesCount, (*nullUUID)(&a.Avatar), (*nullText)(&a.Warning), &a.Silenced,
	}
}

// Activity returns one activity that is alive at now. An expired, a deleted and an unknown activity are all
// KindNotFound.
func (d *DB) Activity(ctx context.Context, id cruddur.UUID, now time.Time) (cruddur.Activity, error) {
	a, err := pipelined(ctx, d.reads, mustStatement("activities/show"), args{"uuid": [16]byte(id), "now": now}, scanRow(activityColumns))
	return d.withItsPictures(ctx, a, now, err)
}

// CreateActivity stores a crud whose message has been checked, and returns it. With an empty ttl the author's
// default is used. An author who does not exist (any more) is KindNotFound.
func (d *DB) CreateActivity(ctx context.Context, author cruddur.UUID, message string, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error) {
	return d.CreateActivityOnce(ctx, author, "", message, ttl, now)
}

// CreateActivityOnce is a repeatable CreateActivity: while the crud is alive, the same author and key get the
// crud that was stored first. If that crud has another message or lifetime, the error is
// idempotency_key_reused. A key has 1 to cruddur.MaxIdempotencyKey characters; "" means no key.
func (d *DB) CreateActivityOnce(ctx context.Context, author cruddur.UUID, key, message string, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error) {
	return d.CreateWith(ctx, author, cruddur.Draft{Message: message, TTL: ttl, Key: key}, now)
}

// CreateWith is CreateActivityOnce with all that a draft may have. If one of its pictures cannot be used, nothing is
// stored and the error is pictures_invalid. A key also stands for the content warning and the pictures.
func (d *DB) CreateWith(ctx context.Context, author cruddur.UUID, draft cruddur.Draft, now time.Time) (cruddur.Activity, error) {
	life := lifeOf(draft.TTL)
	a, err := d.once(ctx, author, draft.Key, now, func() (cruddur.Activity, error) {
		if len(draft.Pictures) == 0 {
			return d.posts.do(ctx, author, draft, now)
		}
		return d.storeWith(ctx, author, draft.Pictures, now, func(a *cruddur.Activity) []step {
			return []step{one("activities/create", draftArgs(author, &draft, micro(now)), activityColumns(a)...)}
		})
	})
	a, err = d.withItsPictures(ctx, a, now, err)
	d.tell(err, func(w Watcher) { w.Created(a) })
	if err == nil && (!says(&a, &draft) || life != nil && a.ExpiresAt.Sub(a.CreatedAt) != *life || !a.ReplyTo.IsZero()) {
		return cruddur.Activity{}, errKeyReused()
	}
	return a, err
}

// says reports whether an activity has the texts and the pictures of a draft.
func says(a *cruddur.Activity, draft *cruddur.Draft) bool {
	return a.Message == draft.Message && a.Warning == draft.Warning && shows(*a, draft.Pictures)
}

func errKeyReused() error {
	return cruddur.NewError(cruddur.KindInvalid, "idempotency_key_reused")
}

// lifeOf returns the length of a lifetime, or nil for "".
func lifeOf(ttl cruddur.TTL) *time.Duration {
	if length, ok := ttl.Duration(); ok {
		return &length
	}
	return nil
}

// once stores an activity. If the key belongs to one that has expired and waits for the sweeper, its author no
// longer sees it, so the key is free.
func (d *DB) once(ctx context.Context, author cruddur.UUID, key string, now time.Time, store func() (cruddur.Activity, error)) (cruddur.Activity, error) {
	a, err := store()
	if err != nil || a.Visible(now) {
		return a, err
	}
	if _, err = d.exec(ctx, "activities/forget_key", args{"user_uuid": [16]byte(author), "idempotency_key": key, "now": now}); err != nil {
		return a, err
	}
	return store()
}

// DeleteActivity deletes a member's own activity and what hangs on it. Another member's activity is
// KindForbidden while it is visible; one that is not is KindNotFound.
func (d *DB) DeleteActivity(ctx context.Context, id, user cruddur.UUID, now time.Time) error {
	var parent cruddur.UUID
	err := d.holding(ctx, id, user, now, one("activities/delete",
		args{"uuid": [16]byte(id), "user_uuid": [16]byte(user), "now": now}, (*nullUUID)(&parent)))
	d.tell(err, func(w Watcher) { w.Deleted(id) })
	if err == nil && !parent.IsZero() {
		d.reread(ctx, parent, now)
	}
	return err
}

// holdWhole goes before whatever deletes activities or moves their ends.
var holdWhole = mustStatement("activities/hold_whole")

// holding runs a statement while it holds the thread of a member's own activity, and all that hangs on this,
// alone. Another member's activity is KindForbidden while it is visible; one that is not is KindNotFound.
func (d *DB) holding(ctx context.Context, id, user cruddur.UUID, now time.Time, do step) error {
	err := d.pool.atOnce(ctx,
		step{s: mustStatement("activities/hold"), args: args{"uuid": [16]byte(id), "user_uuid": [16]byte(user)}},
		step{s: holdWhole, args: args{"uuids": [][16]byte{id}, "user_uuid": [16]byte(user)}},
		do)
	if cruddur.KindOf(err) != cruddur.KindNotFound {
		return err
	}
	if a, shown := d.Activity(ctx, id, now); shown == nil && a.UserUUID != user {
		return cruddur.NewError(cruddur.KindForbidden)
	}
	return err
}

// Sweep deletes activities that have expired both at now and at the server's own time, at most batch of them,
// and before them the likes and reposts of those that have many, at most batch of each. It returns how many rows it deleted; fewer
// than batch means that none is left. Rows that another transaction has locked stay for a later call, and so
// do roots with locked replies.
func (d *DB) Sweep(ctx context.Context, now time.Time, batch int) (n int, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		var s string
		if err := queryRowIn(ctx, tx, mustStatement("activities/sweep_settings"), nil, &s, &s, &s, &s); err != nil {
			return err
		}
		a := args{"now": now, "batch": batch}
		var marks int
		if err := queryRowIn(ctx, tx, mustStatement("activities/sweep_marks"), a, &marks); err != nil || marks >= batch {
			n = marks
			return err
		}
		err := queryRowIn(ctx, tx, mustStatement("activities/sweep"), a, &n)
		n += marks
		return err
	})
	return n, err
}

// NextExpiry returns the earliest expiry of any stored activity, case, and picture that is not used, which may be
// in the past; the zero time if nothing is stored.
func (d *DB) NextExpiry(ctx context.Context) (time.Time, error) {
	var first time.Time
	for name, a := range map[string]args{"activities/next_expiry": nil, "pictures/next_expiry": {"life": cruddur.UnusedLife}, "cases/next_expiry": nil} {
		var next *time.Time
		if err := d.queryRow(ctx, name, a, &next); err != nil {
			return time.Time{}, err
		}
		if next != nil && (first.IsZero() || next.Before(first)) {
			first = next.UTC()
		}
	}
	return first, nil
}

// PurgeLag counts the rows that have expired at now and are still stored, at most 100,000 of each kind, and returns
// how long the oldest of them has waited; 0 if there is none. What is stored outside of the database and waits to
// be deleted is counted too, but since when it waits is not known.
func (d *DB) PurgeLag(ctx context.Context, now time.Time) (rows int64, lag time.Duration, err error) {
	for name, a := range map[string]args{"activities/purge_lag": {"now": now}, "pictures/purge_lag": {"now": now, "life": cruddur.UnusedLife}, "cases/purge_lag": {"now": now}} {
		var oldest *time.Time
		var n int64
		if err := d.planned(ctx, name, a, &n, &oldest); err != nil {
			return 0, 0, err
		}
		if rows += n; oldest != nil {
			lag = max(lag, now.Sub(*oldest))
		}
	}
	return rows, lag, nil
}
