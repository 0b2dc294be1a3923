package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// CountEverything counts what DeleteEverything would delete of what is visible at now.
func (d *DB) CountEverything(ctx context.Context, user cruddur.UUID, now time.Time) (e cruddur.Everything, err error) {
	err = d.queryRow(ctx, "activities/own_count", args{"user_uuid": [16]byte(user), "now": now}, &e.Cruds, &e.Replies, &e.Others)
	return e, err
}

// DeleteEverything deletes all that a member has written and that lives at now, and what hangs on it. It deletes
// some threads after the other, so an error leaves the rest; called again it goes on. It returns how many cruds
// and replies of the member are gone.
func (d *DB) DeleteEverything(ctx context.Context, user cruddur.UUID, now time.Time) (n int, err error) {
	for {
		threads, deleted := 0, 0
		err = d.transact(ctx, func(tx pgx.Tx) (err error) {
			threads, deleted, err = deleteSome(ctx, tx, user, now)
			return err
		})
		d.tell(err, Watcher.Changed)
		if err != nil || threads == 0 {
			return n, err
		}
		n += deleted
	}
}

// deleteSome deletes what a member has written in some threads. It returns how many threads these were, and how
// many rows of the member are gone: fewer than there were, if somebody else was quicker.
func deleteSome(ctx context.Context, tx pgx.Tx, user cruddur.UUID, now time.Time) (threads, deleted int, err error) {
	type thread struct {
		root [16]byte
		own  [][16]byte
	}
	list, err := queryAll(ctx, tx, mustStatement("activities/own_threads"), args{"user_uuid": [16]byte(user), "now": now}, 100,
		func(rows pgx.Rows, t *thread) error { return rows.Scan(&t.root, &t.own) })
	if err != nil || len(list) == 0 {
		return 0, 0, err
	}
	var steps []step
	var own [][16]byte
	for _, t := range list {
		steps = append(steps, step{s: mustStatement("activities/hold_thread"), args: args{"uuid": t.root}},
			step{s: holdWhole, args: args{"uuids": t.own, "user_uuid": [16]byte(user)}})
		own = append(own, t.own...)
	}
	steps = append(steps, step{
		s: mustStatement("activities/delete_own"), args: args{"user_uuid": [16]byte(user), "uuids": own, "now": now},
		scan: func(rows pgx.Rows) error {
			for rows.Next() {
				deleted++
			}
			return rows.Err()
		},
	})
	err = inOrder(ctx, tx, steps) // before deleted is read
	return len(list), deleted, err
}

// Authors returns the handle of each activity's author, for those that are visible at now.
func (d *DB) Authors(ctx context.Context, ids []cruddur.UUID, now time.Time) (map[cruddur.UUID]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list := make([][16]byte, len(ids))
	for i := range ids {
		list[i] = ids[i]
	}
	return pipelined(ctx, d.reads, mustStatement("activities/authors"), args{"uuids": list, "now": now},
		func(rows pgx.Rows, out *map[cruddur.UUID]string) error {
			*out = make(map[cruddur.UUID]string, len(ids))
			for rows.Next() {
				var place int
				var handle string
				if err := rows.Scan(&place, &handle); err != nil {
					return err
				}
				(*out)[ids[place-1]] = handle
			}
			return rows.Err()
		})
}
