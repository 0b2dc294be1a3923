package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// signUp stores a sign-up with the password hash "hash n", which ends in an hour.
func signUp(t *testing.T, db *postgres.DB, email string, n byte) (taken bool) {
	t.Helper()
	taken, err := db.BeginSignUp(t.Context(), cruddur.PendingSignUp{
		Email: email, DisplayName: "A", Handle: "ada", PasswordHash: fmt.Sprint("hash ", n),
		CodeHash: hash(n), CodeExpiresAt: now.Add(30 * time.Minute), ExpiresAt: now.Add(time.Hour),
	}, now)
	must(t, err)
	return taken
}

// An address is taken by an account and by a member of another identity provider, in whatever case.
func TestTakenAddress(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	account(t, db, "ada")
	member(t, db, "bo")                                                                                                                          // at Amazon Cognito: no account here
	mustExec(t, db, "insert into accounts (email, password_hash, password_changed_at, created_at) values ('Eve@example.com', 'x', $1, $1)", now) // no member yet
	for email, want := range map[string]bool{
		"ada@example.com": true, "ADA@example.com": true, "bo@example.com": true, "Bo@Example.com": true, "eve@example.com": true,
		"new@example.com": false, "da@example.com": false,
	} {
		if got := signUp(t, db, email, 1); got != want {
			t.Errorf("%s is taken: %v, want %v", email, got, want)
		}
		list, err := db.WaitingSignUps(ctx, email, now)
		must(t, err)
		if len(list) == 0 || list[0].Taken != want {
			t.Errorf("of %s wait %+v", email, list)
			continue
		}
		if want {
			wantKind(t, db.ConfirmSignUp(ctx, list[0].UUID, true, now, storeMember(new(cruddur.UUID))), cruddur.KindNotFound)
		}
	}
	list, err := db.AllWaitingSignUps(ctx, now)
	if err != nil || len(list) != 2 {
		t.Errorf("AllWaitingSignUps() = %+v, %v, want the two that are not taken", list, err)
	}
	if list, err = db.AllWaitingSignUps(ctx, now.Add(time.Hour)); err != nil || len(list) != 0 {
		t.Errorf("AllWaitingSignUps() at their end = %+v, %v", list, err)
	}
}

// The three newest sign-ups of an address wait, the newest decides the password, and another address's are
// left alone.
func TestNewestSignUps(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	signUp(t, db, "bo@example.com", 9)
	for n := range byte(5) {
		signUp(t, db, []string{"ada@example.com", "Ada@Example.com"}[n%2], n)
	}
	list, err := db.WaitingSignUps(ctx, "ADA@example.com", now)
	var got []string
	for _, s := range list {
		got = append(got, s.PasswordHash)
	}
	wantTexts(t, "WaitingSignUps()", got, err, "hash 4", "hash 3", "hash 2")
	all, err := db.AllWaitingSignUps(ctx, now)
	got = nil
	for _, s := range all {
		got = append(got, s.PasswordHash)
	}
	wantTexts(t, "AllWaitingSignUps()", got, err, "hash 4", "hash 3", "hash 2", "hash 9")
	for _, c := range []struct {
		at   time.Time
		want string
	}{{now.Add(time.Hour - time.Microsecond), "hash 4"}, {now.Add(time.Hour), ""}} {
		if cred, err := db.Credentials(ctx, "ada@EXAMPLE.com", c.at); err != nil || cred.SignUpPasswordHash != c.want || !cred.Account.IsZero() {
			t.Errorf("Credentials() at %v = %+v, %v, want the sign-up's %q", c.at, cred, err, c.want)
		}
	}
	if waiting, err := db.WaitingSignUps(ctx, "ada@example.com", now.Add(time.Hour)); err != nil || len(waiting) != 0 {
		t.Errorf("at their end %v wait, %v", waiting, err)
	}
	must(t, db.ConfirmSignUp(ctx, list[0].UUID, true, now, storeMember(new(cruddur.UUID))))
	if left, err := db.AllWaitingSignUps(ctx, now); err != nil || len(left) != 1 || left[0].Email != "bo@example.com" {
		t.Errorf("afterwards %+v wait, %v, want bo's alone", left, err)
	}
}

// The codes of an address are valid for five attempts in all and a limited time. A new code starts again.
func TestSignUpTries(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	signUp(t, db, "ada@example.com", 1)
	signUp(t, db, "bo@example.com", 2)
	s, err := db.WaitingSignUps(ctx, "ada@example.com", now)
	must(t, err)
	id := s[0].UUID
	try := func(what string, at time.Time, want int) {
		t.Helper()
		if alive, err := db.TrySignUp(ctx, "ADA@example.com", at); err != nil || len(alive) != want || want == 1 && alive[0] != id {
			t.Errorf("%s: TrySignUp() = %v, %v, want %d", what, alive, err, want)
		}
	}
	for range 5 {
		try("one of five tries", now.Add(30*time.Minute-time.Microsecond), 1)
	}
	try("a try too many", now, 0)
	must(t, db.NewSignUpCode(ctx, id, hash(3), now.Add(20*time.Minute)))
	try("at the end of the new code", now.Add(20*time.Minute), 0)
	for range 5 {
		try("one of five tries of the new code", now.Add(20*time.Minute-time.Microsecond), 1)
	}
	try("a try too many of the new code", now, 0)
	must(t, db.NewSignUpCode(ctx, id, hash(4), now.Add(2*time.Hour)))
	try("just before the sign-up's own end", now.Add(time.Hour-time.Microsecond), 1)
	try("at the sign-up's own end", now.Add(time.Hour), 0)
	if bo, err := db.WaitingSignUps(ctx, "bo@example.com", now); err != nil || len(bo) != 1 || bo[0].Tries != 0 {
		t.Errorf("another address has %+v, %v", bo, err)
	}
	wantKind(t, db.ConfirmSignUp(ctx, id, true, now.Add(time.Hour), storeMember(new(cruddur.UUID))), cruddur.KindNotFound)
	must(t, db.ConfirmSignUp(ctx, id, true, now.Add(time.Hour-time.Microsecond), storeMember(new(cruddur.UUID))))
}
