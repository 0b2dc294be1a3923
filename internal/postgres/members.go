package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

func memberColumns(m *cruddur.Member) []any {
	return []any{
		(*[16]byte)(&m.UUID), &m.Handle, &m.DisplayName, &m.Email, &m.Subject, &m.CreatedAt,
		(*nullTime)(&m.SuspendedAt), (*nullTime)(&m.SilencedAt), (*role)(&m.Role), &m.HasAccount, &m.Sessions,
	}
}

// Members returns the next page of members after one, the zero UUID for the first page: in the order in which
// they joined, at most a thousand; an empty page is the end.
func (d *DB) Members(ctx context.Context, after cruddur.UUID, now time.Time) ([]cruddur.Member, error) {
	return queryAll(ctx, d.pool, mustStatement("accounts/list"), args{"after": [16]byte(after), "now": now}, 1000,
		func(rows pgx.Rows, m *cruddur.Member) error { return rows.Scan(memberColumns(m)...) })
}

// FindMember returns the member with an e-mail address or handle, ignoring case.
func (d *DB) FindMember(ctx context.Context, name string, now time.Time) (cruddur.Member, error) {
	var m cruddur.Member
	err := d.queryRow(ctx, "accounts/find", args{"name": name, "now": now}, memberColumns(&m)...)
	return m, err
}

// Suspend locks a member out and hides all that they have written and what hangs on it; what they like and
// have reposted is no longer counted. Their sessions and tokens end. All of it is one transaction. A member
// who is suspended already stays so.
func (d *DB) Suspend(ctx context.Context, user cruddur.UUID, now time.Time) error {
	return d.setSuspended(ctx, user, &now, func(tx pgx.Tx, _ bool) error { return endAccess(ctx, tx, user, now) })
}

// endAccess ends the sessions and tokens of a member.
func endAccess(ctx context.Context, tx pgx.Tx, user cruddur.UUID, now time.Time) error {
	if _, err := execIn(ctx, tx, "tokens/end_user", args{"user_uuid": [16]byte(user)}); err != nil {
		return err
	}
	if _, err := execIn(ctx, tx, "tokens/cut_off_user", args{"user_uuid": [16]byte(user), "now": micro(now)}); err != nil {
		return err
	}
	_, err := execIn(ctx, tx, "sessions/end_all", args{"user_uuid": [16]byte(user), "except": [16]byte{}})
	return err
}

// Unsuspend lets a member in again. What they have written is shown again, as far as it has not expired.
func (d *DB) Unsuspend(ctx context.Context, user cruddur.UUID) error {
	return d.setSuspended(ctx, user, nil, func(pgx.Tx, bool) error { return nil })
}

// setSuspended suspends a member, or ends that, and does what belongs to it, which learns whether that has changed
// anything.
func (d *DB) setSuspended(ctx context.Context, user cruddur.UUID, at *time.Time, also func(tx pgx.Tx, changed bool) error) error {
	if at != nil {
		t := micro(*at)
		at = &t
	}
	err := d.transact(ctx, func(tx pgx.Tx) error {
		was, err := lockMember(ctx, tx, user)
		if err != nil {
			return err
		}
		err = queryRowIn(ctx, tx, mustStatement("accounts/suspend"), args{"uuid": [16]byte(user), "suspended_at": at}, new([16]byte))
		if err == nil && was != (at != nil) {
			err = hide(ctx, tx, user, at != nil)
		}
		if err != nil {
			return err
		}
		return also(tx, was != (at != nil))
	})
	d.tell(err, Watcher.Changed)
	return err
}

// lockMember takes the lock under which members are suspended and deleted, and says whether this one is
// suspended.
func lockMember(ctx context.Context, tx pgx.Tx, user cruddur.UUID) (suspended bool, err error) {
	if err := queryRowIn(ctx, tx, mustStatement("members/turn"), nil, new(string)); err != nil {
		return false, err
	}
	err = queryRowIn(ctx, tx, mustStatement("members/lock"), args{"uuid": [16]byte(user)}, new([16]byte), &suspended)
	return suspended, err
}

// hide hides what a member has written, or shows it again.
func hide(ctx context.Context, tx pgx.Tx, user cruddur.UUID, hidden bool) error {
	times := 1
	if !hidden {
		times = -1
	}
	if _, err := execIn(ctx, tx, "members/hide", args{"user_uuid": [16]byte(user), "times": times}); err != nil {
		return err
	}
	return countMarks(ctx, tx, user, -times)
}

// countMarks adds times to the counters of all that a member likes or has reposted.
func countMarks(ctx context.Context, tx pgx.Tx, user cruddur.UUID, times int) error {
	for _, name := range []string{"members/count_likes", "members/count_reposts"} {
		if _, err := execIn(ctx, tx, name, args{"user_uuid": [16]byte(user), "times": times}); err != nil {
			return err
		}
	}
	return nil
}
