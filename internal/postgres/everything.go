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
		err = d.transact(ctx, func(tx pgx.Tx) error {
			scan := func(rows pgx.Rows, id *[16]byte) error { return rows.Scan(id) }
			roots, err := queryAll(ctx, tx, mustStatement("activities/hold_own"), args{"user_uuid": [16]byte(user), "now": now}, 100, scan)
			if threads = len(roots); err != nil || threads == 0 {
				return err
			}
			own, err := queryAll(ctx, tx, mustStatement("activities/delete_own"),
				args{"user_uuid": [16]byte(user), "root_uuids": roots, "now": now}, threads, scan)
			deleted = len(own)
			return err
		})
		d.tell(err, Watcher.Changed)
		if err != nil || threads == 0 {
			return n, err
		}
		n += deleted
	}
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
