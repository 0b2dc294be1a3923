package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// execIn is exec in a transaction.
func execIn(ctx context.Context, tx pgx.Tx, name string, a args) (int64, error) {
	s := mustStatement(name)
	values, err := s.bind(a)
	if err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, s.text, values...)
	return tag.RowsAffected(), s.wrap(err)
}

// micro returns the time at PostgreSQL's precision, in UTC.
func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Credentials returns what an address can sign in with. An unknown address is not an error.
func (d *DB) Credentials(ctx context.Context, email string, now time.Time) (cruddur.Credentials, error) {
	var c cruddur.Credentials
	var address, name, hash, signUp *string
	err := d.queryRow(ctx, "accounts/credentials", args{"email": email, "now": now},
		(*nullUUID)(&c.Account), &address, &hash, &c.Suspended, &name, &signUp)
	c.Email, c.DisplayName, c.PasswordHash, c.SignUpPasswordHash = text(address), text(name), text(hash), text(signUp)
	return c, err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// CountAttempt counts a sign-in attempt as failed before the password is checked. If the address is locked,
// it counts nothing and returns how long the lock lasts from now.
func (d *DB) CountAttempt(ctx context.Context, addressHash []byte, now time.Time) (locked time.Duration, err error) {
	now = micro(now)
	err = d.queryRow(ctx, "accounts/lockout", args{"address_hash": addressHash, "now": now}, new(int))
	if cruddur.KindOf(err) != cruddur.KindNotFound {
		return 0, err
	}
	var until time.Time
	err = d.queryRow(ctx, "accounts/locked_until", args{"address_hash": addressHash}, &until)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return time.Second, nil // it was unlocked meanwhile
	}
	return max(until.Sub(now), time.Millisecond), err
}

// ClearAttempts resets the count of failed attempts of an address.
func (d *DB) ClearAttempts(ctx context.Context, addressHash []byte) error {
	_, err := d.exec(ctx, "accounts/lockout_clear", args{"address_hash": addressHash})
	return err
}

// Rehash replaces the hash of an unchanged password.
func (d *DB) Rehash(ctx context.Context, account cruddur.UUID, old, hash string) error {
	_, err := d.exec(ctx, "accounts/rehash", args{"uuid": [16]byte(account), "old_password_hash": old, "password_hash": hash})
	return err
}

// ChangePassword replaces the hash old with a new one, and ends every token of the account. KindNotFound: the
// password was changed meanwhile.
func (d *DB) ChangePassword(ctx context.Context, account cruddur.UUID, old, hash string, now time.Time) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		_, err := setPassword(ctx, tx, account, &old, hash, now)
		return err
	})
}

// setPassword first locks the account's row and then deletes its tokens. A concurrent sign-in either waits
// and then finds the new hash, or has committed, and then its token is deleted here.
func setPassword(ctx context.Context, tx pgx.Tx, account cruddur.UUID, old *string, hash string, now time.Time) (email string, err error) {
	err = queryRowIn(ctx, tx, mustStatement("accounts/set_password"), args{
		"uuid": [16]byte(account), "old_password_hash": old, "password_hash": hash, "now": micro(now),
	}, &email)
	if err != nil {
		return "", err
	}
	_, err = execIn(ctx, tx, "tokens/end_all", args{"account_uuid": [16]byte(account)})
	return email, err
}

// BeginRecovery stores the hash of a code for a new password and returns the account and its address as
// stored; the zero UUID if there is no account.
func (d *DB) BeginRecovery(ctx context.Context, email string, addressHash, codeHash []byte, expiresAt, now time.Time) (cruddur.UUID, string, error) {
	var account cruddur.UUID
	var address *string
	err := d.queryRow(ctx, "recoveries/begin", args{
		"email": email, "address_hash": addressHash, "code_hash": codeHash, "expires_at": micro(expiresAt), "now": micro(now),
	}, (*nullUUID)(&account), &address)
	return account, text(address), err
}

// TryRecovery counts an attempt to use the address's code and returns the code's hash and account;
// KindNotFound if no code was requested.
func (d *DB) TryRecovery(ctx context.Context, addressHash []byte, now time.Time) (cruddur.Recovery, error) {
	var r cruddur.Recovery
	err := d.queryRow(ctx, "recoveries/try", args{"address_hash": addressHash, "now": micro(now)},
		(*nullUUID)(&r.Account), &r.CodeHash, &r.Alive)
	return r, err
}

// Recover consumes a code, sets the password and ends every token, session and lockout of the account.
// KindNotFound: the code was used meanwhile.
func (d *DB) Recover(ctx context.Context, addressHash, codeHash []byte, hash string, now time.Time) (email string, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		var account cruddur.UUID
		err := queryRowIn(ctx, tx, mustStatement("recoveries/take"),
			args{"address_hash": addressHash, "code_hash": codeHash}, (*nullUUID)(&account))
		if err != nil {
			return err
		}
		if email, err = setPassword(ctx, tx, account, nil, hash, now); err != nil {
			return err
		}
		if _, err = execIn(ctx, tx, "sessions/end_subject", args{"cognito_user_id": account.String()}); err != nil {
			return err
		}
		_, err = execIn(ctx, tx, "accounts/lockout_clear", args{"address_hash": addressHash})
		return err
	})
	return email, err
}

// DeleteAccount deletes an account, its member and everything they wrote. KindNotFound: it was deleted
// already.
func (d *DB) DeleteAccount(ctx context.Context, account cruddur.UUID) error {
	err := d.transact(ctx, func(tx pgx.Tx) error {
		// Before the member is locked: who likes or follows the member holds the turn and then wants the member's row.
		if err := queryRowIn(ctx, tx, mustStatement("members/turn"), nil, new(string)); err != nil {
			return err
		}
		if err := queryRowIn(ctx, tx, mustStatement("accounts/delete"), args{"uuid": [16]byte(account)}, new([16]byte)); err != nil {
			return err
		}
		var user [16]byte
		err := queryRowIn(ctx, tx, mustStatement("accounts/member"), args{"cognito_user_id": account.String()}, &user)
		if cruddur.KindOf(err) == cruddur.KindNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return deleteUser(ctx, tx, user)
	})
	d.tell(err, Watcher.Changed)
	return err
}

// SweepAccounts deletes expired sign-ups, codes, attempts, tokens, sessions, keys and cutoffs, at most batch
// of each, and returns how many rows it deleted. It does not wait for locks.
func (d *DB) SweepAccounts(ctx context.Context, now time.Time, batch int) (n int, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		var s string
		if err := queryRowIn(ctx, tx, mustStatement("activities/sweep_settings"), nil, &s, &s, &s, &s); err != nil {
			return err
		}
		return queryRowIn(ctx, tx, mustStatement("accounts/sweep"), args{"now": micro(now), "batch": batch}, &n)
	})
	return n, err
}
