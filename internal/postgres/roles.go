package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// role scans the name of a role; null, where there is no member, is that of a member.
type role cruddur.Role

// Scan implements sql.Scanner.
func (r *role) Scan(v any) error {
	if v == nil {
		*r = role(cruddur.RoleMember)
		return nil
	}
	name, ok := v.(string)
	if !ok {
		return fmt.Errorf("a role is a %T", v)
	}
	parsed, err := cruddur.ParseRole(name)
	*r = role(parsed)
	return err
}

// SetRole gives a member a role, and records who did it if that changes anything.
func (d *DB) SetRole(ctx context.Context, user cruddur.UUID, r cruddur.Role, act cruddur.Act, now time.Time) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		var was cruddur.Role
		err := queryRowIn(ctx, tx, mustStatement("members/set_role"), args{"uuid": [16]byte(user), "role": r.String()}, (*role)(&was))
		if err != nil || was == r {
			return err
		}
		act.Act = "role_" + r.String()
		return recordAct(ctx, tx, act, now)
	})
}

// recordAct adds an entry to the audit log within the transaction that acts, so that nothing is done unrecorded.
func recordAct(ctx context.Context, tx pgx.Tx, a cruddur.Act, now time.Time) error {
	_, err := execIn(ctx, tx, "audit_log/add", args{
		"actor": a.Actor, "act": a.Act, "target": a.Target, "note": a.Note, "now": micro(now), "life": cruddur.ActLife,
	})
	return err
}

// Acts returns the newest entries of the audit log before a cursor (the nil UUID: from the newest on), at most limit of
// them.
func (d *DB) Acts(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Act, error) {
	return queryAll(ctx, d.pool, mustStatement("audit_log/page"), args{"before": cursor(before), "now": micro(now), "limit": limit}, limit, scanAct)
}
