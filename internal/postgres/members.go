package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

func memberColumns(m *cruddur.Member, suspended **time.Time) []any {
	return []any{
		(*[16]byte)(&m.UUID), &m.Handle, &m.DisplayName, &m.Email, &m.Subject, &m.CreatedAt,
		suspended, &m.HasAccount, &m.Sessions,
	}
}

// Members returns the next page of members after one, the zero UUID for the first page: in the order in which
// they joined, at most a thousand; an empty page is the end.
func (d *DB) Members(ctx context.Context, after cruddur.UUID, now time.Time) ([]cruddur.Member, error) {
	return queryAll(ctx, d.pool, mustStatement("accounts/list"), args{"after": [16]byte(after), "now": now}, 1000,
		func(rows pgx.Rows, m *cruddur.Member) error {
			var suspended *time.Time
			err := rows.Scan(memberColumns(m, &suspended)...)
			if suspended != nil {
				m.SuspendedAt = *suspended
			}
			return err
		})
}

// FindMember returns the member with an e-mail address or handle, ignoring case.
func (d *DB) FindMember(ctx context.Context, name string, now time.Time) (cruddur.Member, error) {
	var m cruddur.Member
	var suspended *time.Time
	err := d.queryRow(ctx, "accounts/find", args{"name": name, "now": now}, memberColumns(&m, &suspended)...)
	if suspended != nil {
		m.SuspendedAt = *suspended
	}
	return m, err
}

// Suspend locks a member out, and ends their sessions and tokens in the same transaction.
func (d *DB) Suspend(ctx context.Context, user cruddur.UUID, now time.Time) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		err := queryRowIn(ctx, tx, mustStatement("accounts/suspend"),
			args{"uuid": [16]byte(user), "suspended_at": micro(now)}, new([16]byte))
		if err != nil {
			return err
		}
		if _, err = execIn(ctx, tx, "tokens/end_user", args{"user_uuid": [16]byte(user)}); err != nil {
			return err
		}
		if _, err = execIn(ctx, tx, "tokens/cut_off_user", args{"user_uuid": [16]byte(user), "now": micro(now)}); err != nil {
			return err
		}
		_, err = execIn(ctx, tx, "sessions/end_all", args{"user_uuid": [16]byte(user), "except": [16]byte{}})
		return err
	})
}

// Unsuspend lets a member in again.
func (d *DB) Unsuspend(ctx context.Context, user cruddur.UUID) error {
	return d.queryRow(ctx, "accounts/suspend", args{"uuid": [16]byte(user), "suspended_at": (*time.Time)(nil)}, new([16]byte))
}
