package identitytest

import (
	"slices"
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/identity"
)

func confirmMakesMember(t *testing.T, s *suite) {
	u := s.member(t)
	tokens := s.signIn(t, u.Email, u.Password)
	claims, err := s.Provider.Verify(t.Context(), tokens.Access, s.Now())
	s.must(t, err)
	if claims.Subject == "" || claims.Subject != tokens.Subject {
		t.Errorf("Verify() names the subject %q, SignIn() %q", claims.Subject, tokens.Subject)
	}
	if life := claims.ExpiresAt.Sub(s.Now()); life <= 0 || life > tokens.ExpiresIn {
		t.Errorf("the token expires in %v, ExpiresIn says %v", life, tokens.ExpiresIn)
	}
	m, err := s.Member(t.Context(), claims.Subject)
	s.must(t, err)
	if m.Handle != u.Handle || m.DisplayName != u.Name || m.Email != u.Email {
		t.Errorf("the member is %+v, signed up was %+v", m, u)
	}
	if claims.Member == nil || *claims.Member != m {
		t.Errorf("Verify() brings %+v along, want %+v", claims.Member, m)
	}
}

func signUpNamesFaults(t *testing.T, s *suite) {
	for _, c := range []struct {
		name   string
		change func(*identity.SignUp)
		codes  []string
	}{
		{"no name", func(u *identity.SignUp) { u.Name = " " }, []string{"name_blank"}},
		{"no address", func(u *identity.SignUp) { u.Email = "nobody" }, []string{"email_invalid"}},
		{"two addresses", func(u *identity.SignUp) { u.Email = "a@example.org,b@example.org" }, []string{"email_invalid"}},
		{"a header in the address", func(u *identity.SignUp) { u.Email = "a@example.org\r\nBcc: b@example.org" }, []string{"email_invalid"}},
		{"a bad handle", func(u *identity.SignUp) { u.Handle = "ä!" }, []string{"handle_invalid"}},
		{"seven characters", func(u *identity.SignUp) { u.Password = "xk7.Qw2" }, []string{"password_too_short"}},
		{"129 characters", func(u *identity.SignUp) { u.Password = strings.Repeat("xk7.Qw2é", 16) + "x" }, []string{"password_too_long"}},
		{"a megabyte", func(u *identity.SignUp) { u.Password = strings.Repeat("xk7.Qw2é", 1<<17) }, []string{"password_too_long"}},
		{"a common password", func(u *identity.SignUp) { u.Password = "PassWord1" }, []string{"password_too_common"}},
		{"the address as password", func(u *identity.SignUp) { u.Password = u.Email }, []string{"password_too_common"}},
		{"all of it", func(u *identity.SignUp) { *u = identity.SignUp{} }, []string{"name_blank", "email_invalid", "handle_invalid", "password_too_short"}},
	} {
		u := s.fresh()
		c.change(&u)
		want(t, "SignUp() with "+c.name, s.Provider.SignUp(t.Context(), u, s.Now()), c.codes...)
	}
	u := s.member(t)
	second := s.fresh()
	second.Handle = strings.ToUpper(u.Handle)
	want(t, "SignUp() with a taken handle", s.Provider.SignUp(t.Context(), second, s.Now()), "handle_taken")
}

func takenAddress(t *testing.T, s *suite) {
	u := s.member(t)
	second := s.fresh()
	second.Email, second.Password = u.Email, "another-Password-7"
	if err := s.Provider.SignUp(t.Context(), second, s.Now()); err != nil {
		t.Fatalf("SignUp() with a taken address = %v, want nil as for a free one", err)
	}
	s.signIn(t, u.Email, u.Password)
	if _, err := s.Provider.SignIn(t.Context(), u.Email, second.Password, s.Now()); err == nil {
		t.Error("the password of a stranger's sign-up signs in")
	}
}

func wrongCode(t *testing.T, s *suite) {
	u := s.fresh()
	s.must(t, s.Provider.SignUp(t.Context(), u, s.Now()))
	code := s.Code(t, u.Email)
	for _, bad := range []string{otherCode(code), "", "12345", "1234567", "abcdef", "１２３４５６", strings.Repeat("1", 1<<16)} {
		want(t, "Confirm() with a wrong code", s.Provider.Confirm(t.Context(), u.Email, bad, s.Now()), "code_mismatch")
	}
	s.must(t, s.Provider.Confirm(t.Context(), u.Email, code[:3]+" "+code[3:], s.Now()))
}

func confirmOnce(t *testing.T, s *suite) {
	u := s.fresh()
	s.must(t, s.Provider.SignUp(t.Context(), u, s.Now()))
	code := s.Code(t, u.Email)
	s.must(t, s.Provider.Confirm(t.Context(), u.Email, code, s.Now()))
	want(t, "Confirm() a second time", s.Provider.Confirm(t.Context(), u.Email, code, s.Now()), "code_mismatch")
	s.signIn(t, u.Email, u.Password)
}

// sameBrowser checks that a code signs in only the browser where the sign-up began, even if other sign-ups of the
// same address are pending.
func sameBrowser(t *testing.T, s *suite) {
	p, ok := s.Provider.(identity.SameBrowser)
	if !ok {
		s.lacking(t, "knowing browsers again")
		return
	}
	_, mine := identity.NewToken()
	_, theirs := identity.NewToken()
	for _, c := range []struct {
		name        string
		begun, asks []byte
		signedIn    bool
	}{
		{"the same browser", mine, mine, true},
		{"another browser", mine, theirs, false},
		{"a program after a browser", mine, nil, false},
		{"a browser after a program", nil, mine, false},
		{"a program", nil, nil, false},
		{"an empty secret after a program", nil, []byte{}, false},
		{"a part of the secret", mine, mine[:16], false},
	} {
		u := s.fresh()
		u.Browser = c.begun
		s.must(t, s.Provider.SignUp(t.Context(), u, s.Now()))
		code := s.Code(t, u.Email)
		_, err := p.ConfirmIn(t.Context(), u.Email, otherCode(code), c.asks, s.Now())
		want(t, c.name+": ConfirmIn() with a wrong code", err, "code_mismatch")
		subject, err := p.ConfirmIn(t.Context(), u.Email, code, c.asks, s.Now())
		s.must(t, err)
		tokens := s.signIn(t, u.Email, u.Password)
		if subject != "" && subject != tokens.Subject || (subject != "") != c.signedIn {
			t.Errorf("%s: ConfirmIn() = %q, signed in %t, the subject is %q", c.name, subject, c.signedIn, tokens.Subject)
		}
	}
	// Somebody else began a sign-up with the address: the owner's code must not sign in their browser.
	owner, other := s.fresh(), s.fresh()
	owner.Browser, other.Email, other.Browser = mine, owner.Email, theirs
	s.must(t, s.Provider.SignUp(t.Context(), owner, s.Now()))
	code := s.Code(t, owner.Email)
	s.must(t, s.Provider.SignUp(t.Context(), other, s.Now()))
	if subject, err := p.ConfirmIn(t.Context(), owner.Email, code, theirs, s.Now()); subject != "" || err != nil {
		t.Errorf("another's browser with the owner's code: ConfirmIn() = %q, %v", subject, err)
	}
}

func unconfirmed(t *testing.T, s *suite) {
	u := s.fresh()
	s.must(t, s.Provider.SignUp(t.Context(), u, s.Now()))
	_, err := s.Provider.SignIn(t.Context(), u.Email, u.Password, s.Now())
	want(t, "SignIn() with the right password", err, "account_unconfirmed")
	_, err = s.Provider.SignIn(t.Context(), u.Email, "wrong "+u.Password, s.Now())
	want(t, "SignIn() with a wrong password", err, "credentials_mismatch")
}

// unknownAddress compares every answer for an unknown address with the answer for a member's address.
func unknownAddress(t *testing.T, s *suite) {
	u := s.member(t)
	nobody := s.fresh()
	ctx, p, now := t.Context(), s.Provider, s.Now()
	for _, c := range []struct {
		name string
		ask  func(email string) error
	}{
		{"SignIn", func(email string) error { _, err := p.SignIn(ctx, email, "wrong "+Password, now); return err }},
		{"Confirm", func(email string) error { return p.Confirm(ctx, email, "123456", now) }},
		{"Resend", func(email string) error {
			if s.Lacks[Resending] {
				return nil
			}
			return p.Resend(ctx, email, now)
		}},
		{"Forgot", func(email string) error { return p.Forgot(ctx, email, now) }},
		{"Reset", func(email string) error { return p.Reset(ctx, email, "123456", "another-Password-7", now) }},
		{"Delete", func(email string) error { return p.Delete(ctx, email, "wrong "+Password, now) }},
	} {
		known, unknown := c.ask(u.Email), c.ask(nobody.Email)
		if answer(known) != answer(unknown) {
			t.Errorf("%s() answers %q for a member and %q for nobody", c.name, answer(known), answer(unknown))
		}
	}
}

// answer is the part of an error that leaves the server.
func answer(err error) string {
	if err == nil {
		return "ok"
	}
	return string(cruddur.KindOf(err)) + " " + strings.Join(cruddur.CodesOf(err), " ")
}

func resend(t *testing.T, s *suite) {
	u := s.fresh()
	s.must(t, s.Provider.SignUp(t.Context(), u, s.Now()))
	old := s.Code(t, u.Email)
	s.must(t, s.Provider.Resend(t.Context(), u.Email, s.Now()))
	code := s.Code(t, u.Email)
	want(t, "Confirm() with the old code", s.Provider.Confirm(t.Context(), u.Email, old, s.Now()), "code_mismatch")
	s.must(t, s.Provider.Confirm(t.Context(), u.Email, code, s.Now()))
}

const newPassword = "a-different-Phrase-9"

func reset(t *testing.T, s *suite) {
	u := s.member(t)
	ctx, p := t.Context(), s.Provider
	s.must(t, p.Forgot(ctx, u.Email, s.Now()))
	code := s.Code(t, u.Email)
	want(t, "Reset() with a wrong code", p.Reset(ctx, u.Email, otherCode(code), newPassword, s.Now()), "code_mismatch")
	want(t, "Reset() to a short password", p.Reset(ctx, u.Email, code, "short", s.Now()), "password_too_short")
	s.must(t, p.Reset(ctx, u.Email, code, newPassword, s.Now()))
	_, err := p.SignIn(ctx, u.Email, u.Password, s.Now())
	want(t, "SignIn() with the old password", err, "credentials_mismatch")
	s.signIn(t, u.Email, newPassword)
	if err := p.Reset(ctx, u.Email, code, "yet-another-Phrase-9", s.Now()); err == nil {
		t.Error("a code for a new password serves twice")
	}
}

// ended fails unless access and refresh token are both dead.
func (s *suite) ended(t *testing.T, what string, tokens identity.Tokens) {
	t.Helper()
	_, err := s.Provider.Verify(t.Context(), tokens.Access, s.Now())
	want(t, "Verify() "+what, err, "unauthenticated")
	_, err = s.Provider.Refresh(t.Context(), tokens.Refresh, s.Now())
	want(t, "Refresh() "+what, err, "unauthenticated")
}

func resetEndsTokens(t *testing.T, s *suite) {
	u := s.member(t)
	before := s.signIn(t, u.Email, u.Password)
	s.must(t, s.Provider.Forgot(t.Context(), u.Email, s.Now()))
	s.must(t, s.Provider.Reset(t.Context(), u.Email, s.Code(t, u.Email), newPassword, s.Now()))
	s.ended(t, "after a reset", before)
	after := s.signIn(t, u.Email, newPassword)
	if _, err := s.Provider.Verify(t.Context(), after.Access, s.Now()); err != nil {
		t.Errorf("Verify() of a token issued in the second of the reset = %v", err)
	}
}

func changePassword(t *testing.T, s *suite) {
	u := s.member(t)
	ctx, p := t.Context(), s.Provider
	before := s.signIn(t, u.Email, u.Password)
	want(t, "ChangePassword() by a wrong one", p.ChangePassword(ctx, u.Email, "wrong "+u.Password, newPassword, s.Now()), "credentials_mismatch")
	want(t, "ChangePassword() to a common one", p.ChangePassword(ctx, u.Email, u.Password, "password1", s.Now()), "password_too_common")
	s.must(t, p.ChangePassword(ctx, u.Email, u.Password, newPassword, s.Now()))
	_, err := p.SignIn(ctx, u.Email, u.Password, s.Now())
	want(t, "SignIn() with the old password", err, "credentials_mismatch")
	s.signIn(t, u.Email, newPassword)
	if !s.Lacks[RevokesAccess] {
		s.ended(t, "after a change", before)
	}
}

func refresh(t *testing.T, s *suite) {
	u := s.member(t)
	tokens := s.signIn(t, u.Email, u.Password)
	next, err := s.Provider.Refresh(t.Context(), tokens.Refresh, s.Now())
	s.must(t, err)
	claims, err := s.Provider.Verify(t.Context(), next.Access, s.Now())
	s.must(t, err)
	if claims.Subject != tokens.Subject || next.Subject != tokens.Subject {
		t.Errorf("Refresh() speaks for %q and %q, want %q", claims.Subject, next.Subject, tokens.Subject)
	}
	for _, bad := range []string{"", "null", tokens.Access, strings.Repeat("A", 43), strings.Repeat("A", 1<<16), "\x00"} {
		_, err := s.Provider.Refresh(t.Context(), bad, s.Now())
		want(t, "Refresh() of what is none", err, "unauthenticated")
	}
}

func refreshOnce(t *testing.T, s *suite) {
	u := s.member(t)
	first := s.signIn(t, u.Email, u.Password)
	other := s.signIn(t, u.Email, u.Password)
	second, err := s.Provider.Refresh(t.Context(), first.Refresh, s.Now())
	s.must(t, err)
	_, err = s.Provider.Refresh(t.Context(), first.Refresh, s.Now())
	want(t, "Refresh() a second time", err, "unauthenticated")
	s.ended(t, "after the reuse of its predecessor", second)
	if _, err := s.Provider.Refresh(t.Context(), other.Refresh, s.Now()); err != nil {
		t.Errorf("another family ended too: %v", err)
	}
}

func signOut(t *testing.T, s *suite) {
	u := s.member(t)
	tokens, other := s.signIn(t, u.Email, u.Password), s.signIn(t, u.Email, u.Password)
	s.must(t, s.Provider.SignOut(t.Context(), tokens.Refresh, s.Now()))
	_, err := s.Provider.Refresh(t.Context(), tokens.Refresh, s.Now())
	want(t, "Refresh() after SignOut()", err, "unauthenticated")
	if !s.Lacks[RevokesAccess] {
		s.ended(t, "after SignOut()", tokens)
	}
	if _, err := s.Provider.Refresh(t.Context(), other.Refresh, s.Now()); err != nil {
		t.Errorf("SignOut() ended another family: %v", err)
	}
	for _, unknown := range []string{"", "null", tokens.Refresh, strings.Repeat("A", 43)} {
		if err := s.Provider.SignOut(t.Context(), unknown, s.Now()); err != nil {
			t.Errorf("SignOut() of an unknown token = %v, want nil", err)
		}
	}
}

func everywhere(t *testing.T, s *suite) {
	u, v := s.member(t), s.member(t)
	list := []identity.Tokens{s.signIn(t, u.Email, u.Password), s.signIn(t, u.Email, u.Password)}
	stranger := s.signIn(t, v.Email, v.Password)
	s.must(t, s.Provider.SignOutEverywhere(t.Context(), list[0].Subject, s.Now()))
	for _, tokens := range list {
		s.ended(t, "after SignOutEverywhere()", tokens)
	}
	if _, err := s.Provider.Verify(t.Context(), stranger.Access, s.Now()); err != nil {
		t.Errorf("SignOutEverywhere() ended a stranger's token: %v", err)
	}
	s.signIn(t, u.Email, u.Password)
}

func deleteAccount(t *testing.T, s *suite) {
	u := s.member(t)
	tokens := s.signIn(t, u.Email, u.Password)
	want(t, "Delete() by a wrong password", s.Provider.Delete(t.Context(), u.Email, "wrong "+u.Password, s.Now()), "credentials_mismatch")
	s.must(t, s.Provider.Delete(t.Context(), u.Email, u.Password, s.Now()))
	_, err := s.Provider.SignIn(t.Context(), u.Email, u.Password, s.Now())
	want(t, "SignIn() after Delete()", err, "credentials_mismatch")
	if _, err := s.Member(t.Context(), tokens.Subject); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("the member's row after Delete(): %v, want not_found", err)
	}
	if !s.Lacks[RevokesAccess] {
		s.ended(t, "after Delete()", tokens)
	}
	again := u
	s.must(t, s.Provider.SignUp(t.Context(), again, s.Now()))
}

func lockout(t *testing.T, s *suite) {
	u := s.member(t)
	curve := func(email string) (out []string) {
		for range 7 {
			_, err := s.Provider.SignIn(t.Context(), email, "wrong "+Password, s.Now())
			out = append(out, answer(err))
		}
		return out
	}
	known, unknown := curve(u.Email), curve(s.fresh().Email)
	if !slices.Equal(known, unknown) {
		t.Errorf("lockout tells members apart: %v, %v", known, unknown)
	}
	if last := known[len(known)-1]; last != "too_many_requests account_locked" {
		t.Errorf("after seven failures the answer is %q, want account_locked", last)
	}
	s.must(t, s.Provider.Forgot(t.Context(), u.Email, s.Now()))
	s.must(t, s.Provider.Reset(t.Context(), u.Email, s.Code(t, u.Email), newPassword, s.Now()))
}
