package postgres_test

import (
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// A family lives until 30 days after its last use and at most 90 days, for access tokens and for refresh
// tokens alike.
func TestFamilyLife(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, c := range []struct {
		name string
		use  []time.Duration // after the beginning
		end  time.Duration
	}{
		{"never used", nil, 10 * day},
		{"used once", []time.Duration{day}, 31 * day},
		{"used until the 60th day", []time.Duration{9 * day, 35 * day, 60 * day}, 90 * day},
		{"used later still", []time.Duration{9 * day, 35 * day, 60 * day, 89 * day}, 90 * day},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			ada := account(t, db, "ada")
			f, err := db.BeginTokens(ctx, ada, "hash", hash(0), now.Add(10*day), now)
			must(t, err)
			for i, use := range c.use {
				got, err := db.RotateToken(ctx, hash(byte(i)), hash(byte(i+1)), now.Add(use))
				if err != nil || got != f {
					t.Fatalf("RotateToken() = %+v, %v, want %+v", got, err, f)
				}
			}
			last := byte(len(c.use))
			_, err = db.TokenMember(ctx, f.UUID, ada.String(), now.Add(c.end-time.Microsecond))
			must(t, err)
			_, err = db.TokenMember(ctx, f.UUID, ada.String(), now.Add(c.end))
			wantKind(t, err, cruddur.KindNotFound)
			_, err = db.RotateToken(ctx, hash(last), hash(100), now.Add(c.end))
			wantKind(t, err, cruddur.KindNotFound)
			_, err = db.RotateToken(ctx, hash(last), hash(100), now.Add(c.end-time.Microsecond))
			must(t, err)
		})
	}
}

// A token counts for its own member and family alone, is used once, and not at all by who is suspended.
func TestTokensOfSeveral(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ada, bea := account(t, db, "ada"), account(t, db, "bea")
	var families []cruddur.TokenFamily
	for n, of := range []cruddur.UUID{ada, ada, bea, bea} {
		f, err := db.BeginTokens(ctx, of, "hash", hash(byte(n)), now.Add(day), now)
		must(t, err)
		families = append(families, f)
	}
	alive := func() (list []int) {
		for i, f := range families {
			if u, err := db.TokenMember(ctx, f.UUID, f.Account.String(), now); err == nil && u.Subject == f.Account.String() {
				list = append(list, i)
			}
		}
		return list
	}
	want := func(what string, left ...int) {
		t.Helper()
		if got := alive(); len(got) != len(left) || len(left) > 0 && got[0] != left[0] {
			t.Errorf("%s: families %v are alive, want %v", what, got, left)
		}
	}
	want("at first", 0, 1, 2, 3)
	_, err := db.TokenMember(ctx, families[0].UUID, bea.String(), now)
	wantKind(t, err, cruddur.KindNotFound)
	_, err = db.RotateToken(ctx, hash(0), hash(10), now)
	must(t, err)
	_, err = db.RotateToken(ctx, hash(0), hash(11), now)
	wantKind(t, err, cruddur.KindNotFound)
	if found, err := db.EndFamily(ctx, hash(0)); err != nil || !found { // by a token that is used
		t.Errorf("EndFamily() = %v, %v", found, err)
	}
	want("after the end of one", 1, 2, 3)
	if found, err := db.EndFamily(ctx, hash(0)); err != nil || found {
		t.Errorf("EndFamily() again = %v, %v", found, err)
	}
	u, err := db.UserBySubject(ctx, bea.String())
	must(t, err)
	mustExec(t, db, "update users set suspended_at = $1 where uuid = $2", now, uuidArg(u)) // without what Suspend does beside it
	want("of a suspended member", 1)
	_, err = db.RotateToken(ctx, hash(2), hash(12), now)
	wantKind(t, err, cruddur.KindNotFound)
	must(t, db.Unsuspend(ctx, u.UUID))
	want("of one who is no longer suspended", 1, 2, 3)
	must(t, db.EndTokens(ctx, ada))
	want("after the end of one account's", 2, 3)
	must(t, db.Suspend(ctx, u.UUID, now))
	must(t, db.Unsuspend(ctx, u.UUID))
	want("after a suspension")
}

// A suspension counts from the first time, ends only that member's tokens, and cuts off the tokens that
// Amazon Cognito issued, which an account in this database does not have.
func TestSuspend(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	account(t, db, "ada")
	own, err := db.FindMember(ctx, "ADA", now)
	must(t, err)
	cognitos, other := member(t, db, "bo"), member(t, db, "cy")
	session(t, db, cognitos, 1, now)
	session(t, db, other, 2, now)
	for _, id := range []cruddur.UUID{own.UUID, cognitos.UUID} {
		must(t, db.Suspend(ctx, id, now))
		must(t, db.Suspend(ctx, id, now.Add(time.Hour)))
	}
	for handle, want := range map[string]time.Time{"ada": now, "bo@EXAMPLE.com": now, "cy": {}} {
		if m, err := db.FindMember(ctx, handle, now); err != nil || !m.SuspendedAt.Equal(want) {
			t.Errorf("%s is suspended since %v, %v, want %v", handle, m.SuspendedAt, err, want)
		}
	}
	for subject, want := range map[string]time.Time{own.Subject: {}, cognitos.Subject: now.Add(time.Hour), other.Subject: {}} {
		if at, _, err := db.CutoffOf(ctx, subject, ""); err != nil || !at.Equal(want) {
			t.Errorf("the tokens of %s are cut off at %v, %v, want %v", subject, at, err, want)
		}
	}
	if c, err := db.Credentials(ctx, "Ada@example.com", now); err != nil || !c.Suspended || c.DisplayName != "ada" || c.Email != "ada@example.com" {
		t.Errorf("Credentials() of a suspended member = %+v, %v", c, err)
	}
	if n := len(browsers(t, db, other, now)); n != 1 {
		t.Errorf("who is not suspended has %d sessions, want 1", n)
	}
	if n, err := db.SweepAccounts(ctx, now.Add(3650*day), 10); err != nil || n != 1 {
		t.Errorf("SweepAccounts() of ten years later = %d, %v, want the session alone", n, err)
	}
	if n, err := db.SweepAccounts(ctx, now.Add(3650*day+time.Hour), 10); err != nil || n != 1 {
		t.Errorf("SweepAccounts() an hour after = %d, %v, want the cutoff", n, err)
	}
	for _, id := range []cruddur.UUID{own.UUID, cognitos.UUID} {
		must(t, db.Unsuspend(ctx, id))
	}
	if u, err := db.UserBySubject(ctx, cognitos.Subject); err != nil || u.Suspended {
		t.Errorf("after Unsuspend() %+v, %v", u, err)
	}
	wantKind(t, db.Suspend(ctx, cruddur.UUID{1}, now), cruddur.KindNotFound)
}
