package postgres_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func setPlace(t *testing.T, db *postgres.DB, change func(*cruddur.Place)) cruddur.Place {
	t.Helper()
	p, err := db.ChangePlace(t.Context(), func(p *cruddur.Place) error { change(p); return nil }, cruddur.CommandLine, now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A place begins open, is changed field by field, and each change is recorded with what it changed.
func TestChangePlace(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	p, err := db.Place(ctx)
	if err != nil || p.SignUp != cruddur.SignUpOpen || p.Reading != cruddur.ReadingEverybody || p.Name != "Cruddur" {
		t.Fatalf("at first the place is %+v, %v", p, err)
	}
	want := setPlace(t, db, func(p *cruddur.Place) {
		p.Name, p.Rules, p.Colour, p.SignUp = " Class 7b ", "Be kind.\r\nBe brief.", "#ABCDEF", cruddur.SignUpDomain
		p.Domains = []string{"School.Example", "*.school.example.", "school.example"}
	})
	if want.Name != "Class 7b" || want.Rules != "Be kind.\nBe brief." || want.Colour != "#abcdef" || !slices.Equal(want.Domains, []string{"*.school.example", "school.example"}) {
		t.Errorf("the place is %+v", want)
	}
	setPlace(t, db, func(*cruddur.Place) {})
	got, err := db.Place(ctx)
	if err != nil || len(want.Differences(got)) > 0 {
		t.Errorf("stored is %+v, %v", got, err)
	}
	if _, err := db.ChangePlace(ctx, func(p *cruddur.Place) error { p.Name = ""; return nil }, "@eve", now); err == nil || cruddur.CodesOf(err)[0] != "name_blank" {
		t.Errorf("a place without a name: %v", err)
	}
	mine := errors.New("mine")
	if _, err := db.ChangePlace(ctx, func(p *cruddur.Place) error { p.Name = "other"; return mine }, "@eve", now); !errors.Is(err, mine) {
		t.Errorf("a change that fails: %v", err)
	}
	acts, err := db.Acts(ctx, cruddur.UUID{}, 10, now)
	if err != nil || len(acts) != 1 || acts[0].Act != "place_changed" || acts[0].Target != "name, rules, colour, sign_up, domains" {
		t.Errorf("recorded is %+v, %v", acts, err)
	}
}

// Two who change the place at the same time both have their way.
func TestChangePlaceAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var all sync.WaitGroup
	for _, change := range []func(*cruddur.Place){
		func(p *cruddur.Place) { p.Name = "Name" }, func(p *cruddur.Place) { p.Line = "Line" }, func(p *cruddur.Place) { p.Contact = "Contact" },
		func(p *cruddur.Place) { p.Rules = "Rules" }, func(p *cruddur.Place) { p.Reading = cruddur.ReadingMembers },
	} {
		all.Go(func() {
			if _, err := db.ChangePlace(t.Context(), func(p *cruddur.Place) error { change(p); return nil }, "@eve", now); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p, err := db.Place(t.Context())
	if err != nil || p.Name != "Name" || p.Line != "Line" || p.Contact != "Contact" || p.Rules != "Rules" || p.Reading != cruddur.ReadingMembers {
		t.Errorf("the place is %+v, %v", p, err)
	}
}

func invite(t *testing.T, db *postgres.DB, uses int, life time.Duration, b byte) cruddur.Invitation {
	t.Helper()
	i, err := db.Invite(t.Context(), cruddur.Invitation{Note: "class", Uses: uses, CreatedBy: "@eve", ExpiresAt: now.Add(life)}, hash(b), now)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Whom a place admits, by its mode, the address and the invitation.
func TestAdmit(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	good := invite(t, db, 2, time.Hour, 1)
	invite(t, db, 1, time.Hour, 2)
	invite(t, db, 1, time.Minute, 3)
	revoked := invite(t, db, 1, time.Hour, 4)
	must(t, db.RevokeInvitation(ctx, revoked.UUID, "@eve", now))
	wantKind(t, db.RevokeInvitation(ctx, revoked.UUID, "@eve", now), cruddur.KindNotFound)
	list, err := db.Invitations(ctx, now)
	must(t, err)
	for _, i := range list {
		if i.Uses == 1 && i.ExpiresAt.Equal(now.Add(time.Hour)) {
			must(t, db.UseInvitation(ctx, i.UUID, false))
		}
	}
	at := now.Add(time.Minute)
	for _, tt := range []struct {
		mode   cruddur.SignUpMode
		email  string
		token  []byte
		code   string
		counts bool
	}{
		{cruddur.SignUpOpen, "ada@any.example", nil, "", false},
		{cruddur.SignUpOpen, "ada@any.example", hash(1), "", true},
		{cruddur.SignUpOpen, "ada@any.example", hash(9), "", false},
		{cruddur.SignUpInvite, "ada@school.example", nil, "invitation_blank", false},
		{cruddur.SignUpInvite, "ada@school.example", hash(1), "", true},
		{cruddur.SignUpInvite, "ada@school.example", hash(9), "invitation_invalid", false},
		{cruddur.SignUpInvite, "ada@school.example", hash(2), "invitation_invalid", false}, // used up
		{cruddur.SignUpInvite, "ada@school.example", hash(3), "invitation_invalid", false}, // over
		{cruddur.SignUpInvite, "ada@school.example", hash(4), "invitation_invalid", false}, // withdrawn
		{cruddur.SignUpDomain, "ada@SCHOOL.example", nil, "", false},
		{cruddur.SignUpDomain, "ada@school.example", hash(9), "", false},
		{cruddur.SignUpDomain, "ada@sub.school.example", nil, "email_domain_refused", false},
		{cruddur.SignUpDomain, "ada@notschool.example", nil, "email_domain_refused", false},
		{cruddur.SignUpDomain, "ada@school.example.evil.example", nil, "email_domain_refused", false},
		{cruddur.SignUpDomain, "ada@a.b.club.example", nil, "", false},
		{cruddur.SignUpDomain, "ada@club.example", nil, "email_domain_refused", false},
		{cruddur.SignUpDomain, "ada@evilclub.example", nil, "email_domain_refused", false},
		{cruddur.SignUpDomain, "ada@any.example", hash(1), "", true},
		{cruddur.SignUpDomain, "ada@any.example", hash(9), "invitation_invalid", false},
		{cruddur.SignUpDomain, "ada@xn--zrich-kva.example", nil, "", false},
		{cruddur.SignUpClosed, "ada@school.example", nil, "sign_up_closed", false},
		{cruddur.SignUpClosed, "ada@school.example", hash(1), "sign_up_closed", false},
	} {
		setPlace(t, db, func(p *cruddur.Place) {
			p.SignUp, p.Domains = tt.mode, []string{"school.example", "*.club.example", "xn--zrich-kva.example"}
		})
		id, err := db.Admit(ctx, tt.email, tt.token, at)
		code := ""
		if err != nil {
			code = cruddur.CodesOf(err)[0]
		}
		if code != tt.code || (id == good.UUID) != tt.counts {
			t.Errorf("%s, %s, link %v: %q, invitation %v", tt.mode, tt.email, tt.token[:min(1, len(tt.token))], code, id)
		}
	}
	if _, err := db.Invitation(ctx, hash(3), at.Add(-time.Microsecond)); err != nil {
		t.Errorf("an invitation just before its end: %v", err)
	}
}

// Fifty confirm at once for the last three uses: three become members, and the others may confirm when there is room.
func TestLastUseAtOnce(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	setPlace(t, db, func(p *cruddur.Place) { p.SignUp = cruddur.SignUpInvite })
	i := invite(t, db, 3, time.Hour, 1)
	names := make([]string, 50)
	for n := range names {
		names[n] = "u" + string(rune('a'+n/26)) + string(rune('a'+n%26))
		_, err := db.BeginSignUp(ctx, cruddur.PendingSignUp{
			Email: names[n] + "@example.com", DisplayName: names[n], Handle: names[n], PasswordHash: "hash", CodeHash: hash(byte(n)),
			Invitation: i.UUID, CodeExpiresAt: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour),
		}, now)
		must(t, err)
	}
	confirm := func(name string, admit bool) error {
		waiting, err := db.WaitingSignUps(ctx, name+"@example.com", now)
		if err != nil || len(waiting) != 1 {
			t.Errorf("%s has %d sign-ups, %v", name, len(waiting), err)
			return err
		}
		return db.ConfirmSignUp(ctx, waiting[0].UUID, admit, now, storeMember(new(cruddur.UUID)))
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	in, out := []string{}, []string{}
	for _, name := range names {
		all.Go(func() {
			err := confirm(name, true)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				in = append(in, name)
			case cruddur.CodesOf(err)[0] == "invitation_used_up":
				out = append(out, name)
			default:
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
	if len(in) != 3 || len(out) != 47 {
		t.Fatalf("%d became members, and %d not", len(in), len(out))
	}
	list, err := db.Invitations(ctx, now)
	if err != nil || list[0].Used != 3 {
		t.Errorf("the invitation is %+v, %v", list, err)
	}
	members, err := db.Members(ctx, cruddur.UUID{}, now)
	if err != nil || len(members) != 3 {
		t.Errorf("there are %d members, %v", len(members), err)
	}
	must(t, confirm(out[0], false)) // the operator vouches for them
	setPlace(t, db, func(p *cruddur.Place) { p.SignUp = cruddur.SignUpClosed })
	if err := confirm(out[1], true); err == nil || cruddur.CodesOf(err)[0] != "sign_up_closed" {
		t.Errorf("confirming in a closed place: %v", err)
	}
	setPlace(t, db, func(p *cruddur.Place) { p.SignUp = cruddur.SignUpOpen })
	must(t, confirm(out[1], true))
	must(t, db.UseInvitation(ctx, i.UUID, true))
	setPlace(t, db, func(p *cruddur.Place) { p.SignUp = cruddur.SignUpInvite })
	must(t, confirm(out[2], true))
	// Withdrawn, and swept a day after its end.
	must(t, db.RevokeInvitation(ctx, i.UUID, "@eve", now))
	if err := confirm(out[3], true); err == nil || cruddur.CodesOf(err)[0] != "invitation_used_up" {
		t.Errorf("confirming with a withdrawn invitation: %v", err)
	}
	invite(t, db, 1, time.Hour, 7)
	for at, want := range map[time.Time]int{now.Add(time.Hour): 0, now.Add(25*time.Hour - time.Microsecond): 0} {
		if n, err := db.SweepAccounts(ctx, at, 1000); err != nil || n > len(names) || n < want {
			t.Errorf("the sweep at %v: %d, %v", at, n, err)
		}
	}
	var left int
	must(t, db.Pool().QueryRow(ctx, "select count(*) from invitations").Scan(&left))
	if n, err := db.SweepAccounts(ctx, now.Add(25*time.Hour), 1000); left != 1 || n != 1 || err != nil {
		t.Errorf("%d are left, and the sweep a day after the end deletes %d, %v", left, n, err)
	}
}
