package postgres_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// A change of the profile changes what it names, of that member alone.
func TestUpdateProfile(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	want := ana
	for _, c := range []struct {
		name   string
		change postgres.ProfileChange
		apply  func()
	}{
		{"the name", postgres.ProfileChange{DisplayName: new("Ana")}, func() { want.DisplayName = "Ana" }},
		{"the bio", postgres.ProfileChange{Bio: new("writes")}, func() { want.Bio = "writes" }},
		{"the life", postgres.ProfileChange{DefaultTTL: "1-hour"}, func() { want.DefaultTTL = "1-hour" }},
		{"no bio", postgres.ProfileChange{Bio: new("")}, func() { want.Bio = "" }},
		{"nothing", postgres.ProfileChange{}, func() {}},
	} {
		c.apply()
		got, err := db.UpdateProfile(ctx, ana.UUID, c.change, now.Add(time.Hour))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, want -, got +\n%s", c.name, err, diff)
		}
		stored, err := db.User(ctx, ana.UUID)
		if diff := cmp.Diff(want, stored); diff != "" || err != nil {
			t.Errorf("%s, stored: %v, want -, got +\n%s", c.name, err, diff)
		}
	}
	if got, err := db.User(ctx, bo.UUID); err != nil || got != bo {
		t.Errorf("another member is %+v, %v, want %+v", got, err, bo)
	}
	var updated time.Time
	must(t, db.Pool().QueryRow(ctx, "select updated_at from users where handle = 'ana'").Scan(&updated))
	if !updated.Equal(now.Add(time.Hour)) {
		t.Errorf("updated_at = %v", updated)
	}
	_, err := db.UpdateProfile(ctx, cruddur.UUID{1}, postgres.ProfileChange{}, now)
	wantKind(t, err, cruddur.KindNotFound)
}

// A handle is one in whatever case, and a suspended member is told apart only by their subject.
func TestMembersByName(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	member(t, db, "bo")
	for handle, want := range map[string]bool{"ana": true, "ANA": true, "an": false, "anab": false, "": false} {
		if taken, err := db.HandleTaken(ctx, handle); err != nil || taken != want {
			t.Errorf("HandleTaken(%q) = %v, %v", handle, taken, err)
		}
		p, err := db.Profile(ctx, handle, now)
		if found := err == nil; found != want || found && p.UUID != ana.UUID {
			t.Errorf("Profile(%q) = %+v, %v", handle, p, err)
		}
	}
	must(t, db.Suspend(ctx, ana.UUID, now))
	for subject, want := range map[string]bool{ana.Subject: true, "subject-bo": false} {
		if u, err := db.UserBySubject(ctx, subject); err != nil || u.Subject != subject || u.Suspended != want {
			t.Errorf("UserBySubject(%q) = %+v, %v, want suspended: %v", subject, u, err, want)
		}
	}
	must(t, db.DeleteUser(ctx, ana.UUID))
	wantKind(t, db.DeleteUser(ctx, ana.UUID), cruddur.KindNotFound)
	if _, err := db.UserBySubject(ctx, "subject-bo"); err != nil {
		t.Errorf("another member is gone too: %v", err)
	}
}

// Deleting an account deletes its member and everything of theirs, and nothing of others.
func TestDeleteAccount(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ada := account(t, db, "ada")
	account(t, db, "bea")
	u, err := db.UserBySubject(ctx, ada.String())
	must(t, err)
	crud(t, db, u, "hers", "1-day", now)
	must(t, db.DeleteAccount(ctx, ada))
	wantKind(t, db.DeleteAccount(ctx, ada), cruddur.KindNotFound)
	list, err := db.Members(ctx, cruddur.UUID{}, now)
	if err != nil || len(list) != 1 || list[0].Handle != "bea" || !list[0].HasAccount {
		t.Errorf("left are %+v, %v, want bea with her account", list, err)
	}
	if home, err := db.Home(ctx, cruddur.UUID{}, 20, now); err != nil || len(home) != 0 {
		t.Errorf("Home() = %v, %v, want nothing", home, err)
	}
}

// What a second confirmation of the same account changes is the address, if the new one is worth more.
func TestUpsertAgain(t *testing.T) {
	t.Parallel()
	const placeholder = "subject-1@no-address.invalid"
	for _, c := range []struct {
		name           string
		first, second  string
		before, after  bool // verified
		want           string
		wantIsVerified bool
	}{
		{"a new address", "a@example.com", "b@example.com", false, false, "b@example.com", false},
		{"a new one, verified", "a@example.com", "b@example.com", false, true, "b@example.com", true},
		{"a verified one after another", "a@example.com", "b@example.com", true, true, "b@example.com", true},
		{"one that is not verified after one that is", "a@example.com", "b@example.com", true, false, "a@example.com", true},
		{"a placeholder", "a@example.com", placeholder, false, false, "a@example.com", false},
		{"after a placeholder", placeholder, "b@example.com", false, false, "b@example.com", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, db := t.Context(), pgtest.New(t)
			u := cruddur.User{Handle: "ana", DisplayName: "Ana", Email: c.first, EmailVerified: c.before, Subject: "subject-1"}
			_, err := db.UpsertUser(ctx, u, now)
			must(t, err)
			u.Email, u.EmailVerified, u.Handle, u.DisplayName = c.second, c.after, "other", "Other"
			got, err := db.UpsertUser(ctx, u, now)
			if err != nil || got.Email != c.want || got.Handle != "ana" || got.DisplayName != "Ana" {
				t.Errorf("UpsertUser() again = %+v, %v, want %s", got, err, c.want)
			}
			if verified, err := db.EmailVerified(ctx, "subject-1"); err != nil || verified != c.wantIsVerified {
				t.Errorf("EmailVerified() = %v, %v, want %v", verified, err, c.wantIsVerified)
			}
		})
	}
}

// A verified address is taken from a member who has not verified it, in any case, and from no other member.
func TestAddressYields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		theirs, mine  bool // verified
		yields        bool
		address, want string
	}{
		{"verified, from one who is not", false, true, true, "A@example.com", "subject-1@no-address.invalid"},
		{"verified, from one who is too", true, true, false, "a@example.com", "a@example.com"},
		{"not verified, from one who is not either", false, false, false, "a@example.com", "a@example.com"},
		{"another address", false, true, true, "b@example.com", "a@example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, db := t.Context(), pgtest.New(t)
			_, err := db.UpsertUser(ctx, cruddur.User{Handle: "first", DisplayName: "F", Email: "a@example.com", EmailVerified: c.theirs, Subject: "subject-1"}, now)
			must(t, err)
			_, err = db.UpsertUser(ctx, cruddur.User{Handle: "second", DisplayName: "S", Email: c.address, EmailVerified: c.mine, Subject: "subject-2"}, now)
			if c.yields && err != nil {
				t.Errorf("UpsertUser() = %v", err)
			} else if !c.yields {
				wantKind(t, err, cruddur.KindConflict, "email_taken")
			}
			if u, err := db.UserBySubject(ctx, "subject-1"); err != nil || u.Email != c.want {
				t.Errorf("the first has %q, %v, want %q", u.Email, err, c.want)
			}
		})
	}
}

// Whether the likes are public stays as it is where a change does not name it.
func TestLikesPublic(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	for _, c := range []struct {
		name   string
		change postgres.ProfileChange
		want   bool
	}{
		{"a newcomer", postgres.ProfileChange{}, false},
		{"opened", postgres.ProfileChange{LikesPublic: new(true)}, true},
		{"not named", postgres.ProfileChange{Bio: new("writes")}, true},
		{"closed", postgres.ProfileChange{LikesPublic: new(false)}, false},
	} {
		if _, err := db.UpdateProfile(ctx, ana.UUID, c.change, now); err != nil {
			t.Fatal(err)
		}
		if p, err := db.Profile(ctx, "ana", now); err != nil || p.LikesPublic != c.want {
			t.Errorf("%s: the likes are public: %t, %v, want %t", c.name, p.LikesPublic, err, c.want)
		}
	}
}
