package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// permitted records an act, unless it changed nothing, if the moderator may act on the member: by the roles that both have
// now. Otherwise it is moderation_forbidden, and the transaction changes nothing. It comes after the transaction's locks.
func permitted(ctx context.Context, tx pgx.Tx, by cruddur.Moderator, member cruddur.UUID, changed bool, act cruddur.Act, now time.Time) error {
	moderator, err := moderatorArg(by)
	if err != nil {
		return err
	}
	var may bool
	err = queryRowIn(ctx, tx, mustStatement("members/may_moderate"), args{"moderator_uuid": moderator, "member_uuid": [16]byte(member)}, &may)
	if err == nil && !may {
		err = cruddur.NewError(cruddur.KindForbidden, "moderation_forbidden")
	}
	if err != nil || !changed {
		return err
	}
	act.Actor = by.Name()
	return recordAct(ctx, tx, act, now)
}

// SuspendBy is Suspend by a moderator, recorded in the audit log if it changes anything.
func (d *DB) SuspendBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return d.setSuspended(ctx, m.UUID, &now, func(tx pgx.Tx, changed bool) error {
		if err := endAccess(ctx, tx, m.UUID, now); err != nil {
			return err
		}
		return permitted(ctx, tx, by, m.UUID, changed, cruddur.Act{Act: cruddur.ActSuspend, Target: "@" + m.Handle, Note: note}, now)
	})
}

// UnsuspendBy is Unsuspend by a moderator, recorded as SuspendBy does.
func (d *DB) UnsuspendBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return d.setSuspended(ctx, m.UUID, nil, func(tx pgx.Tx, changed bool) error {
		return permitted(ctx, tx, by, m.UUID, changed, cruddur.Act{Act: cruddur.ActUnsuspend, Target: "@" + m.Handle, Note: note}, now)
	})
}

// SilenceBy is Silence by a moderator, recorded as SuspendBy does.
func (d *DB) SilenceBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return d.silenceBy(ctx, m, true, by, note, now)
}

// UnsilenceBy ends what SilenceBy began.
func (d *DB) UnsilenceBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return d.silenceBy(ctx, m, false, by, note, now)
}

func (d *DB) silenceBy(ctx context.Context, m cruddur.Member, on bool, by cruddur.Moderator, note string, now time.Time) error {
	return d.setSilenced(ctx, m.UUID, on, now, func(tx pgx.Tx, done string, changed bool) error {
		return permitted(ctx, tx, by, m.UUID, changed, cruddur.Act{Act: done, Target: "@" + m.Handle, Note: note}, now)
	})
}

// NoteOn records what a moderator notes about a member, which changes nothing else.
func (d *DB) NoteOn(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		return permitted(ctx, tx, by, m.UUID, true, cruddur.Act{Act: cruddur.ActNote, Target: "@" + m.Handle, Note: note}, now)
	})
}

// DeleteActivityBy deletes an activity and what hangs on it for a moderator, also one that a suspension hides. It returns
// how many visible replies went with it. One that has ended, is deleted or was never there is KindNotFound.
func (d *DB) DeleteActivityBy(ctx context.Context, id cruddur.UUID, by cruddur.Moderator, note string, now time.Time) (replies int, err error) {
	var parent, author cruddur.UUID
	err = d.transact(ctx, func(tx pgx.Tx) error {
		var handle string
		err := queryRowIn(ctx, tx, mustStatement("activities/moderated"), args{"uuid": [16]byte(id), "now": now}, (*[16]byte)(&author), &handle)
		if err != nil {
			return err
		}
		own := args{"uuid": [16]byte(id), "user_uuid": [16]byte(author)}
		err = inOrder(ctx, tx, []step{
			{s: mustStatement("activities/hold"), args: own},
			{s: holdWhole, args: args{"uuids": [][16]byte{id}, "user_uuid": [16]byte(author)}},
			one("activities/count_below", args{"uuid": [16]byte(id), "now": now}, &replies),
		})
		if err != nil {
			return err
		}
		err = queryRowIn(ctx, tx, mustStatement("activities/delete_moderated"), args{"uuid": [16]byte(id), "now": now}, (*nullUUID)(&parent))
		if err != nil {
			return err
		}
		return permitted(ctx, tx, by, author, true, cruddur.Act{Act: cruddur.ActDeleteActivity, Target: cruddur.CrudTarget(handle, id), Note: note}, now)
	})
	d.tell(err, func(w Watcher) { w.Deleted(id) })
	if err == nil && !parent.IsZero() {
		d.reread(ctx, parent, now)
	}
	return replies, err
}

// Moderated returns the handle of the author of an activity that DeleteActivityBy would delete, and how many visible
// replies hang on it. The errors are the same.
func (d *DB) Moderated(ctx context.Context, id cruddur.UUID, now time.Time) (handle string, replies int, err error) {
	err = d.queryRow(ctx, "activities/moderated", args{"uuid": [16]byte(id), "now": now}, new([16]byte), &handle)
	if err == nil {
		replies, err = d.CountBelow(ctx, id, now)
	}
	return handle, replies, err
}

// DeleteMemberBy deletes a member, their account if it is in this database, and everything they wrote, and records it.
// KindNotFound: they were deleted already.
func (d *DB) DeleteMemberBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	err := d.transact(ctx, func(tx pgx.Tx) error {
		// Before the member is locked, as in DeleteAccount.
		if err := queryRowIn(ctx, tx, mustStatement("members/turn"), nil, new(string)); err != nil {
			return err
		}
		act := cruddur.Act{Act: cruddur.ActDeleteMember, Target: "@" + m.Handle, Note: note}
		if err := permitted(ctx, tx, by, m.UUID, true, act, now); err != nil {
			return err
		}
		if account, err := cruddur.ParseUUID(m.Subject); m.HasAccount && err == nil {
			if err := queryRowIn(ctx, tx, mustStatement("accounts/delete"), args{"uuid": [16]byte(account)}, new([16]byte)); err != nil {
				return err
			}
		}
		return deleteUser(ctx, tx, m.UUID)
	})
	d.tell(err, Watcher.Changed)
	return err
}

// ActsOn returns the newest entries of the audit log about a member, at most limit of them.
func (d *DB) ActsOn(ctx context.Context, m cruddur.Member, limit int, now time.Time) ([]cruddur.Act, error) {
	a := args{"target": "@" + m.Handle, "since": m.CreatedAt, "limit": limit, "now": micro(now)}
	return queryAll(ctx, d.pool, mustStatement("audit_log/of_member"), a, limit, scanAct)
}

func scanAct(rows pgx.Rows, a *cruddur.Act) error {
	return rows.Scan((*[16]byte)(&a.UUID), &a.Actor, &a.Act, &a.Target, &a.Note, &a.CreatedAt)
}
