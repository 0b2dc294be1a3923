package local_test

import (
	"strings"
	"testing"
	"time"

	"cruddur/internal/identity"
)

// An access token counts from a minute before it was signed, for clocks differ, until its end.
func TestAccessTokenTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	at := start.Add(500 * time.Millisecond) // whole seconds stand in the token
	tokens, err := w.SignIn(t.Context(), u.Email, u.Password, at)
	must(t, err)
	life := tokens.ExpiresIn.Truncate(time.Second)
	for _, known := range []bool{false, true} { // its signature was seen before
		for _, tt := range []struct {
			at   time.Duration
			want bool
		}{{-time.Minute - time.Second, false}, {-time.Minute, true}, {0, true}, {life - time.Second, true}, {life, false}, {life + time.Second, false}} {
			p := w.Provider
			if !known {
				p = newProvider(t, w.db, w.box)
			}
			if _, err := p.Verify(t.Context(), tokens.Access, start.Add(tt.at)); (err == nil) != tt.want || err != nil && codes(err) != "unauthenticated" {
				t.Errorf("seen before %v, at %v: Verify() = %v, want it good: %v", known, tt.at, err, tt.want)
			}
		}
		_, err := w.Verify(t.Context(), tokens.Access, at) // now it is known
		must(t, err)
	}
	if _, err := w.Verify(t.Context(), tokens.Access+strings.Repeat("x", 5000), at); codes(err) != "unauthenticated" {
		t.Errorf("Verify() of an endless token = %v", err)
	}
	claims, err := w.Verify(t.Context(), tokens.Access, at)
	if err != nil || !claims.IssuedAt.Equal(start) || !claims.ExpiresAt.Equal(start.Add(life)) || claims.Member == nil || claims.Member.Handle != "ada" {
		t.Errorf("Verify() = %+v, %v", claims, err)
	}
}

// A member whose address several people have tried gets one mail about it for all of them.
func TestResendTellsAMemberOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	for _, handle := range []string{"eve", "mallory"} {
		s := signUp(handle)
		s.Email = u.Email
		must(t, w.SignUp(t.Context(), s, start))
	}
	w.mails(t, 2)
	must(t, w.Resend(t.Context(), u.Email, start))
	must(t, w.Close(t.Context())) // what waits is sent
	if n := len(w.box.Messages()); n != 3 {
		t.Errorf("%d mails, want one for each sign-up and one for all", n)
	}
}

// A queue that is full or closed turns everybody away alike, before anything is stored.
func TestClosedQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	must(t, w.Close(t.Context()))
	for name, err := range map[string]error{
		"SignUp":               w.SignUp(t.Context(), signUp("bea"), start),
		"Resend":               w.Resend(t.Context(), u.Email, start),
		"Forgot of a member":   w.Forgot(t.Context(), u.Email, start),
		"Forgot of a stranger": w.Forgot(t.Context(), "nobody@example.org", start),
	} {
		if codes(err) != "unavailable" {
			t.Errorf("%s = %v, want unavailable", name, err)
		}
	}
	if list, err := w.db.AllWaitingSignUps(t.Context(), start); err != nil || len(list) != 0 {
		t.Errorf("sign-ups wait: %v, %v", list, err)
	}
	must(t, w.ChangePassword(t.Context(), u.Email, u.Password, "another long password", start)) // its mail is dropped
}

// What a suspended, an unknown and a mistaken member are told, and that the password is checked first.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	m, err := w.db.FindMember(t.Context(), "ada", start)
	must(t, err)
	must(t, w.db.Suspend(t.Context(), m.UUID, start))
	for _, tt := range []struct{ email, password, want string }{
		{u.Email, u.Password, "account_suspended"},
		{u.Email, "wrong password", "credentials_mismatch"},
		{"nobody@example.org", u.Password, "credentials_mismatch"},
		{"no address", u.Password, "credentials_mismatch"},
		{u.Email, strings.Repeat("x", 129), "credentials_mismatch"},
	} {
		if _, err := w.SignIn(t.Context(), tt.email, tt.password, start); codes(err) != tt.want {
			t.Errorf("SignIn(%s) = %v, want %s", tt.email, err, tt.want)
		}
	}
	if err := w.SignOut(t.Context(), "no token", start); err != nil {
		t.Errorf("SignOut() of no token = %v", err)
	}
	if err := w.SignOutEverywhere(t.Context(), "no subject", start); err != nil {
		t.Errorf("SignOutEverywhere() of no subject = %v", err)
	}
	if err := w.Create(t.Context(), identity.SignUp{Name: "A", Email: "b@example.org", Handle: "ADA", Password: password}, start); codes(err) != "handle_taken" {
		t.Errorf("Create() with a taken handle = %v", err)
	}
}

// Whoever's password was reset by a code is told, for it may not have been them.
func TestResetIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	must(t, w.Forgot(t.Context(), u.Email, start))
	code := codeIn(t, w.mails(t, 1)[0])
	must(t, w.Reset(t.Context(), u.Email, code, "another long password", start))
	if m := w.mails(t, 2)[0]; m.To != u.Email || codePattern.MatchString(m.Text) {
		t.Errorf("after the reset came %+v, want word of it without a code", m)
	}
}
