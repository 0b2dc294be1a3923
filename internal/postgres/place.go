package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// nullableUUID is the argument for a UUID that may be missing.
func nullableUUID(id cruddur.UUID) any {
	if id.IsZero() {
		return nil
	}
	return [16]byte(id)
}

// Place returns what the host says about the place.
func (d *DB) Place(ctx context.Context) (cruddur.Place, error) {
	return placeIn(ctx, d.pool)
}

func placeIn(ctx context.Context, q querier) (p cruddur.Place, err error) {
	var domains string
	err = queryRowIn(ctx, q, mustStatement("place/show"), nil,
		&p.Name, &p.Line, &p.Rules, &p.Contact, &p.Colour, (*string)(&p.SignUp), &domains, (*string)(&p.Reading))
	p.Domains = strings.Fields(domains)
	return p, err
}

// ChangePlace reads the place, lets change change it, and stores the result if Check agrees; one change at a time, so
// that none undoes another. The act is recorded if anything has changed.
func (d *DB) ChangePlace(ctx context.Context, change func(*cruddur.Place) error, actor string, now time.Time) (p cruddur.Place, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		if _, err := execIn(ctx, tx, "place/hold", nil); err != nil {
			return err
		}
		if p, err = placeIn(ctx, tx); err != nil {
			return err
		}
		was := p
		if err = change(&p); err == nil {
			p, err = p.Check()
		}
		changed := was.Differences(p)
		if err != nil || len(changed) == 0 {
			return err
		}
		if _, err := execIn(ctx, tx, "place/set", args{
			"name": p.Name, "line": p.Line, "rules": p.Rules, "contact": p.Contact, "colour": p.Colour, "sign_up": string(p.SignUp),
			"domains": strings.Join(p.Domains, " "), "reading": string(p.Reading),
		}); err != nil {
			return err
		}
		return recordAct(ctx, tx, cruddur.Act{Actor: actor, Act: "place_changed", Target: cruddur.Cut(strings.Join(changed, ", "), cruddur.MaxActTarget)}, now)
	})
	return p, err
}

// admitIn counts the invitation of a sign-up and asks whether the place admits its address.
func admitIn(ctx context.Context, tx pgx.Tx, s cruddur.PendingSignUp) error {
	p, err := placeIn(ctx, tx)
	if err != nil {
		return err
	}
	invited := false
	if !s.Invitation.IsZero() && p.SignUp != cruddur.SignUpClosed {
		err := queryRowIn(ctx, tx, mustStatement("invitations/use"), args{"uuid": [16]byte(s.Invitation), "times": 1}, new([16]byte))
		if err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
			return err
		}
		invited = err == nil
	}
	err = p.Admit(s.Email, invited)
	if err != nil && !s.Invitation.IsZero() && p.SignUp == cruddur.SignUpInvite {
		return cruddur.NewError(cruddur.KindInvalid, "invitation_used_up")
	}
	return err
}

// Admit asks whether somebody with an address may sign up, with the invitation of a link or without one (a nil hash).
// It returns the invitation's UUID if they have one that holds. Whether the address is a member's changes nothing.
func (d *DB) Admit(ctx context.Context, email string, tokenHash []byte, now time.Time) (invitation cruddur.UUID, err error) {
	p, err := d.Place(ctx)
	if err != nil {
		return invitation, err
	}
	if len(tokenHash) > 0 && p.SignUp != cruddur.SignUpClosed {
		i, err := d.Invitation(ctx, tokenHash, now)
		switch {
		case err == nil:
			invitation = i.UUID
		case cruddur.KindOf(err) != cruddur.KindNotFound:
			return invitation, err
		case p.Admit(email, false) != nil:
			return invitation, cruddur.Invalid("invitation", "invitation_invalid")
		}
	}
	return invitation, p.Admit(email, !invitation.IsZero())
}

// UseInvitation counts one more who comes by an invitation, or, with back, takes that back. invitation_used_up: it is
// used up, or was withdrawn.
func (d *DB) UseInvitation(ctx context.Context, id cruddur.UUID, back bool) error {
	times := 1
	if back {
		times = -1
	}
	err := d.queryRow(ctx, "invitations/use", args{"uuid": [16]byte(id), "times": times}, new([16]byte))
	if err != nil && cruddur.KindOf(err) == cruddur.KindNotFound {
		return cruddur.NewError(cruddur.KindInvalid, "invitation_used_up")
	}
	return err
}

func invitationColumns(i *cruddur.Invitation) []any {
	return []any{(*[16]byte)(&i.UUID), &i.Note, &i.Uses, &i.Used, &i.CreatedBy, &i.CreatedAt, &i.ExpiresAt}
}

// Invitation returns the invitation of a link. KindNotFound: there is none that holds and is not used up.
func (d *DB) Invitation(ctx context.Context, tokenHash []byte, now time.Time) (i cruddur.Invitation, err error) {
	err = d.queryRow(ctx, "invitations/find", args{"token_hash": tokenHash, "now": micro(now)}, invitationColumns(&i)...)
	return i, err
}

// Invitations returns the invitations that hold, newest first, at most 1000.
func (d *DB) Invitations(ctx context.Context, now time.Time) ([]cruddur.Invitation, error) {
	return queryAll(ctx, d.pool, mustStatement("invitations/list"), args{"now": micro(now)}, 8,
		func(rows pgx.Rows, i *cruddur.Invitation) error { return rows.Scan(invitationColumns(i)...) })
}

// Invite stores an invitation that has passed CheckInvitation, and records who made it.
func (d *DB) Invite(ctx context.Context, i cruddur.Invitation, tokenHash []byte, now time.Time) (cruddur.Invitation, error) {
	i.CreatedAt, i.ExpiresAt = micro(now), micro(i.ExpiresAt)
	err := d.transact(ctx, func(tx pgx.Tx) error {
		err := queryRowIn(ctx, tx, mustStatement("invitations/add"), args{
			"token_hash": tokenHash, "note": i.Note, "uses": i.Uses, "created_by": i.CreatedBy, "now": i.CreatedAt, "expires_at": i.ExpiresAt,
		}, (*[16]byte)(&i.UUID))
		if err != nil {
			return err
		}
		return recordAct(ctx, tx, cruddur.Act{Actor: i.CreatedBy, Act: "invitation_created", Target: i.UUID.String(), Note: i.Note}, now)
	})
	return i, err
}

// RevokeInvitation withdraws an invitation at once, also for sign-ups that wait for their confirmation.
func (d *DB) RevokeInvitation(ctx context.Context, id cruddur.UUID, actor string, now time.Time) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		var note string
		if err := queryRowIn(ctx, tx, mustStatement("invitations/remove"), args{"uuid": [16]byte(id)}, &note); err != nil {
			return err
		}
		return recordAct(ctx, tx, cruddur.Act{Actor: actor, Act: "invitation_revoked", Target: id.String(), Note: note}, now)
	})
}
