package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"cruddur"
)

// BeginTokens begins a family of tokens with its first refresh token. KindNotFound: the password was changed
// after it was checked.
func (d *DB) BeginTokens(ctx context.Context, account cruddur.UUID, passwordHash string, tokenHash []byte, expiresAt, now time.Time) (cruddur.TokenFamily, error) {
	f := cruddur.TokenFamily{Account: account, CreatedAt: micro(now)}
	err := d.transact(ctx, func(tx pgx.Tx) error {
		err := queryRowIn(ctx, tx, mustStatement("tokens/begin"), args{
			"account_uuid": [16]byte(account), "password_hash": passwordHash, "expires_at": micro(expiresAt), "now": micro(now),
		}, (*[16]byte)(&f.UUID))
		if err != nil {
			return err
		}
		_, err = execIn(ctx, tx, "tokens/add", args{"token_hash": tokenHash, "family_uuid": [16]byte(f.UUID), "now": micro(now)})
		return err
	})
	return f, err
}

// RotateToken consumes a refresh token and stores its successor. KindNotFound: the token is unknown, used or
// expired.
func (d *DB) RotateToken(ctx context.Context, old, next []byte, now time.Time) (cruddur.TokenFamily, error) {
	var f cruddur.TokenFamily
	err := d.transact(ctx, func(tx pgx.Tx) error {
		err := queryRowIn(ctx, tx, mustStatement("tokens/use"), args{"token_hash": old, "now": micro(now)},
			(*[16]byte)(&f.UUID), (*[16]byte)(&f.Account), &f.CreatedAt)
		if err != nil {
			return err
		}
		if _, err = execIn(ctx, tx, "tokens/touch", args{"uuid": [16]byte(f.UUID), "now": micro(now)}); err != nil {
			return err
		}
		_, err = execIn(ctx, tx, "tokens/add", args{"token_hash": next, "family_uuid": [16]byte(f.UUID), "now": micro(now)})
		return err
	})
	return f, err
}

// EndFamily ends the family of a refresh token, used or not, and reports whether there was one.
func (d *DB) EndFamily(ctx context.Context, tokenHash []byte) (bool, error) {
	n, err := d.exec(ctx, "tokens/end_family", args{"token_hash": tokenHash})
	return n > 0, err
}

// EndTokens ends every token of an account.
func (d *DB) EndTokens(ctx context.Context, account cruddur.UUID) error {
	_, err := d.exec(ctx, "tokens/end_all", args{"account_uuid": [16]byte(account)})
	return err
}

// TokenMember returns the member of an access token of the family. KindNotFound: the token was revoked,
// because the member has signed out, changed the password, was suspended or deleted.
func (d *DB) TokenMember(ctx context.Context, family cruddur.UUID, subject string, now time.Time) (cruddur.User, error) {
	return pipelined(ctx, d.reads, mustStatement("tokens/alive"), args{"family_uuid": [16]byte(family), "subject": subject, "now": micro(now)}, scanReader)
}

// CutOff revokes the tokens that another provider issued under the key until at. The row may be swept from
// expiresAt on.
func (d *DB) CutOff(ctx context.Context, key string, at, expiresAt time.Time) error {
	_, err := d.exec(ctx, "tokens/cut_off", args{"key": key, "ended_at": micro(at), "expires_at": micro(expiresAt)})
	return err
}

// CutoffOf returns the later cutoff of a subject and a family ("" has none), or the zero time, and the member
// with the subject, or nil: one query for both, because every request needs them.
func (d *DB) CutoffOf(ctx context.Context, subject, family string) (time.Time, *cruddur.User, error) {
	var at zeronull.Timestamptz
	var u cruddur.User
	var life *time.Duration
	err := d.queryRow(ctx, "tokens/cutoff", args{"subject": subject, "family": family},
		&at, (*nullUUID)(&u.UUID), (*zeronull.Text)(&u.Handle), (*zeronull.Text)(&u.DisplayName), (*zeronull.Text)(&u.Bio), &life,
		(*zeronull.Timestamptz)(&u.CreatedAt), (*zeronull.Text)(&u.Email), (*zeronull.Text)(&u.Subject),
		(*nullUUID)(&u.Avatar), (*nullUUID)(&u.Banner), &u.Suspended, &u.Ignores, (*role)(&u.Role))
	if err != nil || life == nil {
		return time.Time(at), nil, err
	}
	u.DefaultTTL = cruddur.TTLOf(*life)
	return time.Time(at), &u, nil
}

func scanKey(rows pgx.Rows, k *cruddur.SigningKey) error {
	return rows.Scan(&k.ID, &k.PrivateKey, &k.CreatedAt)
}

// SigningKeys returns the keys that sign and verify access tokens, newest first.
func (d *DB) SigningKeys(ctx context.Context) ([]cruddur.SigningKey, error) {
	return queryAll(ctx, d.pool, mustStatement("signing_keys/list"), nil, 2, scanKey)
}

// EnsureSigningKey returns the keys, after it has made one if none is younger than since. Servers that need a
// key at the same time take turns, so that only one is made.
func (d *DB) EnsureSigningKey(ctx context.Context, since, now time.Time, generate func() (cruddur.SigningKey, error)) (keys []cruddur.SigningKey, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		if err := queryRowIn(ctx, tx, mustStatement("signing_keys/lock"), nil, new(string)); err != nil {
			return err
		}
		keys, err = queryAll(ctx, tx, mustStatement("signing_keys/list"), nil, 2, scanKey)
		if err != nil || len(keys) > 0 && keys[0].CreatedAt.After(since) {
			return err
		}
		key, err := generate()
		if err != nil {
			return err
		}
		key.CreatedAt = micro(now)
		_, err = execIn(ctx, tx, "signing_keys/create", args{"kid": key.ID, "private_key": key.PrivateKey, "now": key.CreatedAt})
		keys = append([]cruddur.SigningKey{key}, keys...)
		return err
	})
	return keys, err
}

// DropOtherSigningKeys deletes every signing key except one, which invalidates the tokens signed with them.
func (d *DB) DropOtherSigningKeys(ctx context.Context, kid string) (int64, error) {
	return d.exec(ctx, "signing_keys/drop_others", args{"kid": kid})
}
