package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// PageSizes are the limits that have a statement of their own; a smaller page is cut from the next.
var PageSizes = []int{20, 40, 100}

var (
	homePages   = pages("activities/home")
	byUserPages = pages("activities/by_user")
)

func pages(name string) map[int]*statement {
	m := map[int]*statement{20: mustStatement(name)}
	for _, n := range PageSizes[1:] {
		m[n] = m[20].withLimit(n)
	}
	return m
}

// pageStatement is the statement whose limit is the smallest that holds the page.
func pageStatement(m map[int]*statement, limit int) *statement {
	for _, n := range PageSizes {
		if limit <= n {
			return m[n]
		}
	}
	return m[PageSizes[len(PageSizes)-1]]
}

func cursor(before cruddur.UUID) [16]byte {
	if before.IsZero() {
		return cruddur.MaxUUID
	}
	return before
}

// Home is the newest cruds of everybody that are alive at now, from before the one that before names
// (the nil UUID: from the newest on), at most limit of them, which is 1 to 100.
func (d *DB) Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.activities(ctx, limit, homePages, args{"now": now, "before": cursor(before)})
}

// ActivitiesOf is a member's newest cruds that are alive at now, paged like Home.
func (d *DB) ActivitiesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.activities(ctx, limit, byUserPages, args{"now": now, "before": cursor(before), "user_uuid": [16]byte(user)})
}

func (d *DB) activities(ctx context.Context, limit int, m map[int]*statement, a args) ([]cruddur.Activity, error) {
	list, err := queryAll(ctx, d.pool, pageStatement(m, limit), a, limit, scanActivity)
	if len(list) > limit {
		list = list[:limit]
	}
	return list, err
}

func scanActivity(rows pgx.Rows, a *cruddur.Activity) error {
	return rows.Scan(activityColumns(a)...)
}

// activityColumns are where the columns of every statement that answers activities go.
func activityColumns(a *cruddur.Activity) []any {
	return []any{
		(*[16]byte)(&a.UUID), (*[16]byte)(&a.UserUUID), &a.Handle, &a.DisplayName, &a.Message,
		(*nullUUID)(&a.ReplyTo), &a.RepliesCount, &a.RepostsCount, &a.LikesCount, &a.CreatedAt, &a.ExpiresAt,
	}
}

// Activity is one activity that is alive at now; expired, deleted and never existed are all
// KindNotFound.
func (d *DB) Activity(ctx context.Context, id cruddur.UUID, now time.Time) (cruddur.Activity, error) {
	var a cruddur.Activity
	err := d.queryRow(ctx, "activities/show", args{"uuid": [16]byte(id), "now": now}, activityColumns(&a)...)
	return a, err
}

// CreateActivity stores a crud whose message has been checked, and returns it. An empty ttl is the
// author's default. An author who does not exist (any more) is KindNotFound.
func (d *DB) CreateActivity(ctx context.Context, author cruddur.UUID, message string, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error) {
	var life *time.Duration
	if length, ok := ttl.Duration(); ok {
		life = &length
	}
	var a cruddur.Activity
	err := d.queryRow(ctx, "activities/create",
		args{"user_uuid": [16]byte(author), "message": message, "ttl": life, "now": now.Truncate(time.Microsecond)},
		activityColumns(&a)...)
	return a, err
}

// DeleteActivity deletes a member's own activity. Another's is KindForbidden while it is alive; what
// is not alive is KindNotFound.
func (d *DB) DeleteActivity(ctx context.Context, id, user cruddur.UUID, now time.Time) error {
	var found, deleted bool
	err := d.queryRow(ctx, "activities/delete",
		args{"uuid": [16]byte(id), "user_uuid": [16]byte(user), "now": now}, &found, &deleted)
	switch {
	case err != nil:
		return err
	case !found:
		return cruddur.NewError(cruddur.KindNotFound)
	case !deleted:
		return cruddur.NewError(cruddur.KindForbidden)
	}
	return nil
}

// Sweep deletes at most batch rows that have expired at now and returns how many they were, with the
// replies that went with their roots not counted.
func (d *DB) Sweep(ctx context.Context, now time.Time, batch int) (int, error) {
	var n int
	err := d.queryRow(ctx, "activities/sweep", args{"now": now, "batch": batch}, &n)
	return n, err
}

// PurgeLag counts the rows that have expired at now and are still stored, and tells since when the
// oldest of them waits; 0 where there is none.
func (d *DB) PurgeLag(ctx context.Context, now time.Time) (rows int64, lag time.Duration, err error) {
	var oldest *time.Time
	err = d.queryRow(ctx, "activities/purge_lag", args{"now": now}, &rows, &oldest)
	if oldest != nil {
		lag = now.Sub(*oldest)
	}
	return rows, lag, err
}
