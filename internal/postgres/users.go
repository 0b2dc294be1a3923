package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

func userColumns(u *cruddur.User, life *time.Duration) []any {
	return []any{
		(*[16]byte)(&u.UUID), &u.Handle, &u.DisplayName, &u.Bio, life, &u.CreatedAt, &u.Email, &u.Subject,
		(*nullUUID)(&u.Avatar), (*nullUUID)(&u.Banner),
	}
}

func (d *DB) user(ctx context.Context, name string, a args) (cruddur.User, error) {
	var u cruddur.User
	var life time.Duration
	err := d.queryRow(ctx, name, a, userColumns(&u, &life)...)
	u.DefaultTTL = cruddur.TTLOf(life)
	return u, err
}

func scanReader(rows pgx.Rows, u *cruddur.User) error {
	var life time.Duration
	err := scanOne(rows, append(userColumns(u, &life), &u.Ignores, (*role)(&u.Role)))
	u.DefaultTTL = cruddur.TTLOf(life)
	return err
}

// UserBySubject returns the member with a subject of the identity provider. Only it and CutoffOf report
// whether the member is suspended.
func (d *DB) UserBySubject(ctx context.Context, subject string) (cruddur.User, error) {
	var u cruddur.User
	var life time.Duration
	err := d.queryRow(ctx, "users/by_subject", args{"cognito_user_id": subject}, append(userColumns(&u, &life), &u.Suspended, &u.Ignores, (*role)(&u.Role))...)
	u.DefaultTTL = cruddur.TTLOf(life)
	return u, err
}

// EmailVerified reports whether the address of the member with a subject is verified.
func (d *DB) EmailVerified(ctx context.Context, subject string) (verified bool, err error) {
	err = d.queryRow(ctx, "users/email_verified", args{"cognito_user_id": subject}, &verified)
	return verified, err
}

// User returns one member.
func (d *DB) User(ctx context.Context, id cruddur.UUID) (cruddur.User, error) {
	return d.user(ctx, "users/by_uuid", args{"uuid": [16]byte(id)})
}

// UpsertUser stores the member of a confirmed account. A handle of another member is KindConflict
// handle_taken, an address email_taken. A verified address is taken from a member who has not verified it.
func (d *DB) UpsertUser(ctx context.Context, u cruddur.User, now time.Time) (cruddur.User, error) {
	u, err := d.user(ctx, "users/upsert", args{
		"handle": u.Handle, "display_name": u.DisplayName, "email": u.Email, "email_verified": u.EmailVerified, "cognito_user_id": u.Subject, "now": now,
	})
	d.nameWords(ctx, u, err)
	return u, err
}

// nameWords lets the search find a member by a new name. If it fails the name has been stored all the same, and
// the indexer makes up for it.
func (d *DB) nameWords(ctx context.Context, u cruddur.User, err error) {
	if err == nil {
		_, _ = addNames(ctx, d.pool, []cruddur.User{u})
	}
}

// ProfileChange holds what a member changes in their profile; nil leaves a field as it is.
type ProfileChange struct {
	DisplayName *string
	Bio         *string
	DefaultTTL  cruddur.TTL // "" leaves it
	LikesPublic *bool       // others may see what the member likes
	Language    *string     // BCP 47, or "" for the browser's
}

// UpdateProfile applies a change whose texts have been checked.
func (d *DB) UpdateProfile(ctx context.Context, id cruddur.UUID, c ProfileChange, now time.Time) (cruddur.User, error) {
	var life *time.Duration
	if length, ok := c.DefaultTTL.Duration(); ok {
		life = &length
	}
	u, err := d.user(ctx, "users/update_profile", args{
		"uuid": [16]byte(id), "display_name": c.DisplayName, "bio": c.Bio, "default_ttl": life,
		"likes_public": c.LikesPublic, "language": c.Language, "now": now,
	})
	d.tell(err, Watcher.Changed)
	if c.DisplayName != nil {
		d.nameWords(ctx, u, err)
	}
	return u, err
}

// DeleteUser deletes a member and everything they wrote.
func (d *DB) DeleteUser(ctx context.Context, id cruddur.UUID) error {
	err := d.transact(ctx, func(tx pgx.Tx) error { return deleteUser(ctx, tx, id) })
	d.tell(err, Watcher.Changed)
	return err
}

// deleteUser deletes a member after what they like and have reposted is no longer counted.
func deleteUser(ctx context.Context, tx pgx.Tx, id cruddur.UUID) error {
	suspended, err := lockMember(ctx, tx, id)
	if err != nil {
		return err
	}
	if !suspended { // otherwise it is not counted already
		if err := countMarks(ctx, tx, id, -1); err != nil {
			return err
		}
	}
	if _, err := execIn(ctx, tx, "conversations/hold_member", args{"user_uuid": [16]byte(id)}); err != nil {
		return err
	}
	return queryRowIn(ctx, tx, mustStatement("users/delete"), args{"uuid": [16]byte(id)}, new([16]byte))
}

// HandleTaken reports whether a member has the handle, ignoring case.
func (d *DB) HandleTaken(ctx context.Context, handle string) (bool, error) {
	var taken bool
	err := d.queryRow(ctx, "users/handle_exists", args{"handle": handle}, &taken)
	return taken, err
}

// Profile returns what everybody may see of a member, as of now.
func (d *DB) Profile(ctx context.Context, handle string, now time.Time) (cruddur.Profile, error) {
	var p cruddur.Profile
	err := d.queryRow(ctx, "users/profile", args{"handle": handle, "now": now},
		(*[16]byte)(&p.UUID), &p.Handle, &p.DisplayName, &p.Bio, &p.CreatedAt, &p.LikesPublic, (*nullUUID)(&p.Avatar), (*nullUUID)(&p.Banner),
		&p.CrudsCount, &p.FollowersCount, &p.FollowingCount)
	return p, err
}
