package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// marks stores likes, or reposts, that are made at the same time with one statement, one commit and one update
// of each counter: members who like the same crud at once do not wait for each other's fsync.
type marks struct {
	pool    *pool
	add     *statement
	lanes   *lanes[*mark] // nil: each is stored alone
	timeout time.Duration // of a batch
}

// mark is one like or repost that its member waits for.
type mark struct {
	waiter
	activity, user cruddur.UUID
	now            time.Time
}

// holdCounted goes before whatever changes a counter.
var holdCounted = mustStatement("activities/hold_counted")

func newMarks(pool *pool, table string, timeout time.Duration, count int) *marks {
	m := &marks{pool: pool, add: mustStatement(table + "/add"), timeout: timeout}
	if count > 0 {
		m.lanes = &lanes[*mark]{most: count, send: m.send}
	}
	return m
}

func (m *marks) do(ctx context.Context, activity, user cruddur.UUID, now time.Time) error {
	x := &mark{waiter: newWaiter(ctx), activity: activity, user: user, now: micro(now)}
	if m.lanes == nil {
		m.store(ctx, []*mark{x})
	} else {
		m.lanes.add(x)
	}
	return classify(x.wait())
}

// send stores a batch. If the server refuses it, it has stored nothing, and each is tried alone.
func (m *marks) send(batch []*mark) {
	ctx, cancel := context.WithTimeout(context.Background(), m.timeout)
	defer cancel()
	if !m.store(ctx, batch) {
		for _, x := range batch {
			go func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(x.ctx), m.timeout)
				defer cancel()
				m.store(ctx, []*mark{x})
			}()
		}
	}
}

// store stores a batch and finishes its marks. It reports false, and finishes none, if the server has refused
// several together.
func (m *marks) store(ctx context.Context, batch []*mark) bool {
	granted, err := m.exec(ctx, batch)
	if len(batch) > 1 && refused(err) {
		return false
	}
	for i, x := range batch {
		switch {
		case err != nil:
			x.finish(err)
		case !granted[i]:
			x.finish(m.add.wrap(pgx.ErrNoRows))
		default:
			x.finish(nil)
		}
	}
	return true
}

func (m *marks) exec(ctx context.Context, batch []*mark) (granted []bool, err error) {
	activities, users, nows := make([][16]byte, len(batch)), make([][16]byte, len(batch)), make([]time.Time, len(batch))
	for i, x := range batch {
		activities[i], users[i], nows[i] = x.activity, x.user, x.now
	}
	granted = make([]bool, len(batch))
	err = m.pool.atOnce(ctx,
		step{s: holdCounted, args: args{"activity_uuids": activities}},
		step{s: m.add, args: args{"activity_uuids": activities, "user_uuids": users, "nows": nows}, scan: func(rows pgx.Rows) error {
			var place int
			_, err := pgx.ForEachRow(rows, []any{&place}, func() error { granted[place-1] = true; return nil })
			return err
		}})
	return granted, err
}

// Like lets a member like an activity (on) or no longer like it. It may be repeated. It returns the activity as
// the member sees it; one that is not visible at now is KindNotFound.
func (d *DB) Like(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error) {
	return d.mark(ctx, d.likes, "likes/remove", user, activity, on, now)
}

// Repost lets a member repost an activity (on) or take the repost back, as Like does.
func (d *DB) Repost(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error) {
	return d.mark(ctx, d.reposts, "reposts/remove", user, activity, on, now)
}

func (d *DB) mark(ctx context.Context, m *marks, remove string, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error) {
	var err error
	if on {
		err = m.do(ctx, activity, user, now)
	} else {
		err = d.pool.atOnce(ctx, step{s: holdCounted, args: args{"activity_uuids": [][16]byte{activity}}},
			one(remove, args{"activity_uuid": [16]byte(activity), "user_uuid": [16]byte(user), "now": micro(now)}, new([16]byte)))
	}
	if err != nil {
		d.tell(err, nil)
		return cruddur.Activity{}, err
	}
	number := d.reports.Add(1)
	a, err := d.Activity(ctx, activity, now)
	if err != nil {
		d.tell(nil, Watcher.Changed)
		return a, err
	}
	d.tell(nil, func(w Watcher) { w.Updated(a, number) })
	list, err := d.OfViewer(ctx, user, []cruddur.Activity{a})
	if err != nil {
		return a, err
	}
	return list[0], nil
}

// OfViewer marks what a member likes and has reposted among some activities, and whose authors the member
// follows. If that is nothing, it returns
// the list itself, otherwise a copy.
func (d *DB) OfViewer(ctx context.Context, viewer cruddur.UUID, list []cruddur.Activity) ([]cruddur.Activity, error) {
	if len(list) == 0 {
		return list, nil
	}
	ids, authors := make([][16]byte, len(list)), make([][16]byte, len(list))
	for i := range list {
		ids[i], authors[i] = list[i].UUID, list[i].UserUUID
	}
	type flags struct{ liked, reposted, following bool }
	marked, err := pipelined(ctx, d.reads, mustStatement("activities/of_viewer"),
		args{"viewer_uuid": [16]byte(viewer), "uuids": ids, "user_uuids": authors},
		func(rows pgx.Rows, out *map[int]flags) error {
			*out = map[int]flags{}
			for rows.Next() {
				var place int
				var f flags
				if err := rows.Scan(&place, &f.liked, &f.reposted, &f.following); err != nil {
					return err
				}
				if f != (flags{}) {
					(*out)[place-1] = f
				}
			}
			return rows.Err()
		})
	if err != nil || len(marked) == 0 {
		return list, err
	}
	out := append([]cruddur.Activity(nil), list...)
	for i, f := range marked {
		out[i].Liked, out[i].Reposted, out[i].Following = f.liked, f.reposted, f.following
	}
	return out, nil
}
