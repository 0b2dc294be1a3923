package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// BeginSession opens a browser's session for the member with a subject; KindNotFound if there is no such
// member, or they are suspended.
func (d *DB) BeginSession(ctx context.Context, subject string, tokenHash []byte, userAgent, address string, now time.Time) error {
	return d.queryRow(ctx, "sessions/begin", args{
		"cognito_user_id": subject, "token_hash": tokenHash, "user_agent": userAgent, "address": address, "now": micro(now),
	}, new([16]byte))
}

// ResumeSession returns the member and the session of a cookie, and records the use at most once in five
// minutes; KindNotFound if the session has expired.
func (d *DB) ResumeSession(ctx context.Context, tokenHash []byte, now time.Time) (cruddur.User, cruddur.BrowserSession, error) {
	type found struct {
		user       cruddur.User
		session    cruddur.BrowserSession
		life       time.Duration
		unrecorded bool
	}
	f, err := pipelined(ctx, d.reads, mustStatement("sessions/resume"), args{"token_hash": tokenHash, "now": micro(now)},
		scanRow(func(f *found) []any {
			u, s := &f.user, &f.session
			dest := []any{(*[16]byte)(&s.UUID), &s.CreatedAt, &s.LastUsedAt, &s.UserAgent, &s.Address}
			return append(append(dest, userColumns(u, &f.life)...), &u.Ignores, &u.Language, (*role)(&u.Role), &f.unrecorded)
		}))
	if err == nil && f.unrecorded {
		_, err = d.exec(ctx, "sessions/use", args{"uuid": [16]byte(f.session.UUID), "now": micro(now)})
	}
	f.user.DefaultTTL = cruddur.TTLOf(f.life)
	return f.user, f.session, err
}

// SessionsOf returns a member's live sessions, the last used first, at most 200.
func (d *DB) SessionsOf(ctx context.Context, user cruddur.UUID, now time.Time) ([]cruddur.BrowserSession, error) {
	return queryAll(ctx, d.pool, mustStatement("sessions/list"), args{"user_uuid": [16]byte(user), "now": now}, 4,
		func(rows pgx.Rows, s *cruddur.BrowserSession) error {
			return rows.Scan((*[16]byte)(&s.UUID), &s.CreatedAt, &s.LastUsedAt, &s.UserAgent, &s.Address)
		})
}

// EndSession ends one of a member's own sessions; KindNotFound if it is not theirs.
func (d *DB) EndSession(ctx context.Context, user, session cruddur.UUID) error {
	return d.queryRow(ctx, "sessions/end", args{"user_uuid": [16]byte(user), "uuid": [16]byte(session)}, new([16]byte))
}

// EndSessions ends a member's sessions, except the one with the UUID except, if that is not the nil UUID.
func (d *DB) EndSessions(ctx context.Context, user, except cruddur.UUID) (int64, error) {
	return d.exec(ctx, "sessions/end_all", args{"user_uuid": [16]byte(user), "except": [16]byte(except)})
}
