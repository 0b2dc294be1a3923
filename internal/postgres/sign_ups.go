package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// UpsertUser is DB.UpsertUser within the caller's transaction, which stays usable after an error, so that the
// call can be repeated.
type UpsertUser = func(ctx context.Context, u cruddur.User, now time.Time) (cruddur.User, error)

// BeginSignUp stores a sign-up, next to at most two others of the address, and reports whether the address is
// taken.
func (d *DB) BeginSignUp(ctx context.Context, s cruddur.PendingSignUp, now time.Time) (taken bool, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		err := queryRowIn(ctx, tx, mustStatement("sign_ups/begin"), args{
			"email": s.Email, "display_name": s.DisplayName, "handle": s.Handle, "password_hash": s.PasswordHash,
			"code_hash": s.CodeHash, "browser_hash": s.BrowserHash, "invitation_uuid": nullableUUID(s.Invitation), "code_expires_at": micro(s.CodeExpiresAt), "expires_at": micro(s.ExpiresAt), "now": micro(now),
		}, new([16]byte), &taken)
		if err != nil {
			return err
		}
		_, err = execIn(ctx, tx, "sign_ups/trim", args{"email": s.Email})
		return err
	})
	return taken, err
}

func scanSignUp(rows pgx.Rows, s *cruddur.PendingSignUp) error {
	return rows.Scan((*[16]byte)(&s.UUID), &s.Email, &s.DisplayName, &s.Handle, &s.PasswordHash, &s.Taken,
		&s.CodeHash, &s.BrowserHash, &s.CodeExpiresAt, &s.Tries, &s.CreatedAt)
}

// WaitingSignUps returns the sign-ups of an address that wait for confirmation, newest first, at most three.
func (d *DB) WaitingSignUps(ctx context.Context, email string, now time.Time) ([]cruddur.PendingSignUp, error) {
	return queryAll(ctx, d.pool, mustStatement("sign_ups/waiting"), args{"email": email, "now": now}, 3, scanSignUp)
}

// AllWaitingSignUps returns all sign-ups that wait for confirmation, newest first, at most 1000.
func (d *DB) AllWaitingSignUps(ctx context.Context, now time.Time) ([]cruddur.PendingSignUp, error) {
	return queryAll(ctx, d.pool, mustStatement("sign_ups/list"), args{"now": now}, 16, scanSignUp)
}

// TrySignUp counts an attempt to use an address's codes, and returns the sign-ups whose code was still valid.
func (d *DB) TrySignUp(ctx context.Context, email string, now time.Time) ([]cruddur.UUID, error) {
	return queryAll(ctx, d.pool, mustStatement("sign_ups/try"), args{"email": email, "now": micro(now)}, 3,
		func(rows pgx.Rows, id *cruddur.UUID) error { return rows.Scan((*[16]byte)(id)) })
}

// NewSignUpCode gives a sign-up a new code.
func (d *DB) NewSignUpCode(ctx context.Context, id cruddur.UUID, codeHash []byte, expiresAt time.Time) error {
	_, err := d.exec(ctx, "sign_ups/new_code", args{"uuid": [16]byte(id), "code_hash": codeHash, "code_expires_at": micro(expiresAt)})
	return err
}

// ConfirmSignUp turns a sign-up into an account and a member, in one transaction. insert stores the member
// with the function that it is given; it may call that function again after a conflict. With admit, the place must
// admit them (Place.Admit), and their invitation is counted. KindNotFound: the sign-up no longer exists.
func (d *DB) ConfirmSignUp(ctx context.Context, id cruddur.UUID, admit bool, now time.Time,
	insert func(ctx context.Context, upsert UpsertUser, account cruddur.UUID, s cruddur.PendingSignUp) error,
) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		var s cruddur.PendingSignUp
		err := queryRowIn(ctx, tx, mustStatement("sign_ups/take"), args{"uuid": [16]byte(id), "now": micro(now)},
			&s.Email, &s.DisplayName, &s.Handle, &s.PasswordHash, (*nullUUID)(&s.Invitation))
		if err == nil && admit {
			err = admitIn(ctx, tx, s)
		}
		if err != nil {
			return err
		}
		if err := createAccount(ctx, tx, s, now, insert); err != nil {
			return err
		}
		_, err = execIn(ctx, tx, "sign_ups/drop_all", args{"email": s.Email})
		return err
	})
}

// CreateAccount creates a confirmed account and its member without a sign-up, otherwise like ConfirmSignUp.
func (d *DB) CreateAccount(ctx context.Context, s cruddur.PendingSignUp, now time.Time,
	insert func(ctx context.Context, upsert UpsertUser, account cruddur.UUID, s cruddur.PendingSignUp) error,
) error {
	return d.transact(ctx, func(tx pgx.Tx) error { return createAccount(ctx, tx, s, now, insert) })
}

func createAccount(ctx context.Context, tx pgx.Tx, s cruddur.PendingSignUp, now time.Time,
	insert func(ctx context.Context, upsert UpsertUser, account cruddur.UUID, s cruddur.PendingSignUp) error,
) error {
	var account cruddur.UUID
	err := queryRowIn(ctx, tx, mustStatement("accounts/create"),
		args{"email": s.Email, "password_hash": s.PasswordHash, "now": micro(now)}, (*[16]byte)(&account))
	if err != nil {
		return err
	}
	upsert := func(ctx context.Context, u cruddur.User, now time.Time) (cruddur.User, error) {
		var life time.Duration
		err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint
			return queryRowIn(ctx, tx, mustStatement("users/upsert"), args{
				"handle": u.Handle, "display_name": u.DisplayName, "email": u.Email, "email_verified": u.EmailVerified,
				"cognito_user_id": u.Subject, "now": micro(now),
			}, userColumns(&u, &life)...)
		})
		u.DefaultTTL = cruddur.TTLOf(life)
		return u, err
	}
	return insert(ctx, upsert, account, s)
}
