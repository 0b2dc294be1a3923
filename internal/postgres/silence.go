package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// Silence takes what a member writes out of what is shown to everybody, or shows it there again: the home feed, tags,
// trends, suggestions, and the search without from:. Who follows the member, opens their profile or has an address
// sees it as before. It records who did it if that changes anything.
func (d *DB) Silence(ctx context.Context, user cruddur.UUID, on bool, act cruddur.Act, now time.Time) error {
	return d.setSilenced(ctx, user, on, now, func(tx pgx.Tx, done string, changed bool) error {
		if !changed {
			return nil
		}
		act.Act = done
		return recordAct(ctx, tx, act, now)
	})
}

// setSilenced silences a member, or ends that, and records it: record learns the act, and whether that has changed
// anything.
func (d *DB) setSilenced(ctx context.Context, user cruddur.UUID, on bool, now time.Time, record func(tx pgx.Tx, done string, changed bool) error) error {
	at, done, changed := (*time.Time)(nil), cruddur.ActUnsilence, true
	if on {
		t := micro(now)
		at, done = &t, cruddur.ActSilence
	}
	err := d.transact(ctx, func(tx pgx.Tx) error {
		err := queryRowIn(ctx, tx, mustStatement("members/silence"), args{"uuid": [16]byte(user), "silenced_at": at}, new([16]byte))
		if cruddur.KindOf(err) == cruddur.KindNotFound { // there is nothing to change, or nobody
			changed = false
			err = queryRowIn(ctx, tx, mustStatement("members/exists"), args{"uuid": [16]byte(user)}, new([16]byte))
		}
		if err != nil {
			return err
		}
		return record(tx, done, changed)
	})
	if changed {
		d.tell(err, Watcher.Changed)
	}
	return err
}
