package local_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
)

// The same password typed on another system comes in other code points.
func TestPasswordNormalForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := signUp("ada")
	s.Password = "cre\u0301me bru\u0302le\u0301e" // decomposed
	must(t, w.Create(t.Context(), s, start))
	must2(w.SignIn(t.Context(), s.Email, "cr\u00e9me br\u00fbl\u00e9e", start))(t)
	for _, other := range []string{"creme brulee", "CR\u00c9ME BR\u00dbL\u00c9E", "cr\u00e9me br\u00fbl\u00e9e ", " cr\u00e9me br\u00fbl\u00e9e"} {
		if _, err := w.SignIn(t.Context(), s.Email, other, start); codes(err) != "credentials_mismatch" {
			t.Errorf("SignIn(%q) = %v, want credentials_mismatch", other, err)
		}
	}
}

// Nothing is cut off, and spaces count.
func TestLongPasswords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := signUp("ada")
	s.Password = " " + strings.Repeat("\U0001F600x", 63) + " "
	must(t, w.Create(t.Context(), s, start))
	must2(w.SignIn(t.Context(), s.Email, s.Password, start))(t)
	for _, other := range []string{s.Password[:len(s.Password)-1], strings.TrimSpace(s.Password), s.Password + "x"} {
		if _, err := w.SignIn(t.Context(), s.Email, other, start); codes(err) != "credentials_mismatch" {
			t.Errorf("SignIn() with a part of the password = %v, want credentials_mismatch", err)
		}
	}
}

// A hash with less than today's cost is replaced when its password is given, and at no other time.
func TestRehash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	stored := func() string {
		t.Helper()
		c, err := w.db.Credentials(t.Context(), u.Email, start)
		must(t, err)
		return c.PasswordHash
	}
	weak := stored()
	if !strings.HasPrefix(weak, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("the weak hash is %q", weak)
	}
	local.Dear(w.Provider)
	w.SignIn(t.Context(), u.Email, "wrong password", start)
	if stored() != weak {
		t.Error("a wrong password changed the hash")
	}
	must2(w.SignIn(t.Context(), u.Email, u.Password, start))(t)
	now := stored()
	if !strings.HasPrefix(now, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %q, want today's parameters", now)
	}
	must2(w.SignIn(t.Context(), u.Email, u.Password, start))(t)
	if stored() != now {
		t.Error("a hash of today was replaced")
	}
}

// A mail server that hangs or fails holds nobody up.
func TestMailIsSentBehindTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hang := make(chan struct{})
	p := newProvider(t, w.db, mailerFunc(func(ctx context.Context, _ mail.Message) error {
		select {
		case <-hang:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}))
	t.Cleanup(func() { close(hang) })
	done := make(chan error, 1)
	go func() { done <- p.SignUp(t.Context(), signUp("ada"), start) }()
	select {
	case err := <-done:
		must(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("SignUp() waits for the mail server")
	}
	// When the queue is full, everybody is turned away, whether or not a mail would have been written.
	var err error
	for range 300 {
		if err = p.Resend(t.Context(), "ada@example.org", start); err != nil {
			break
		}
	}
	if cruddur.KindOf(err) != cruddur.KindUnavailable {
		t.Errorf("Resend() into a full queue = %v, want unavailable", err)
	}
	for _, email := range []string{"ada@example.org", "nobody@example.org", w.member(t, "bob").Email} {
		if err := p.Resend(t.Context(), email, start); cruddur.KindOf(err) != cruddur.KindUnavailable {
			t.Errorf("Resend(%s) into a full queue = %v, want unavailable", email, err)
		}
	}
}

type mailerFunc func(context.Context, mail.Message) error

func (f mailerFunc) Send(ctx context.Context, m mail.Message) error { return f(ctx, m) }

func TestPasswordChangedMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	must(t, w.ChangePassword(t.Context(), u.Email, u.Password, "a new long password", start))
	m := w.mails(t, 1)[0]
	if m.To != u.Email || m.Subject != "Your Cruddur password was changed" || !strings.Contains(m.Text, "24 Nov 2026, 06:00 UTC") {
		t.Errorf("the mail is %+v", m)
	}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	s := signUp("ada")
	must(t, w.SignUp(ctx, s, start))
	other := signUp("eve")
	other.Email = s.Email
	must(t, w.SignUp(ctx, other, start))
	if err := w.ConfirmByHand(ctx, s.Email, "", start); cruddur.KindOf(err) != cruddur.KindConflict || !strings.Contains(err.Error(), "@ada") {
		t.Errorf("ConfirmByHand() of two attempts = %v, want a conflict that names them", err)
	}
	must(t, w.ConfirmByHand(ctx, s.Email, "@Ada", start))
	must2(w.SignIn(ctx, s.Email, s.Password, start))(t)
	if err := w.ConfirmByHand(ctx, s.Email, "", start); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("ConfirmByHand() again = %v, want not_found", err)
	}
	code, err := w.RecoverByHand(ctx, s.Email, false, start)
	must(t, err)
	must(t, w.Reset(ctx, s.Email, code, "a new long password", start))
	if _, err := w.RecoverByHand(ctx, "nobody@example.org", false, start); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("RecoverByHand() of nobody = %v, want not_found", err)
	}
	taken := signUp("ada")
	taken.Email = "new@example.org"
	if err := w.Create(ctx, taken, start); codes(err) != "handle_taken" {
		t.Errorf("Create() with a taken handle = %v", err)
	}
	taken = signUp("neu")
	taken.Email = s.Email
	if err := w.Create(ctx, taken, start); codes(err) != "email_taken" {
		t.Errorf("Create() with a taken address = %v", err)
	}
}

// The sweep deletes what has run out and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	u := w.member(t, "ada")
	must(t, w.SignUp(ctx, signUp("bob"), start))
	must(t, w.Forgot(ctx, u.Email, start))
	must(t, w.Forgot(ctx, "nobody@example.org", start))
	must2(w.SignIn(ctx, u.Email, u.Password, start))(t)
	w.SignIn(ctx, "nobody@example.org", "wrong password", start)
	for _, step := range []struct {
		after time.Duration
		want  int
		what  string
	}{
		{10*time.Minute - time.Microsecond, 0, "nothing"},
		{10 * time.Minute, 2, "two recovery codes"},
		{15 * time.Minute, 1, "the failed attempts"},
		{24 * time.Hour, 1, "the sign-up"},
		{30 * 24 * time.Hour, 1, "the family of tokens"},
		{365 * 24 * time.Hour, 0, "nothing more"},
	} {
		n, err := w.db.SweepAccounts(ctx, start.Add(step.after), 100)
		if err != nil || n != step.want {
			t.Errorf("the sweep after %v deleted %d rows, %v, want %s", step.after, n, err, step.what)
		}
	}
	must2(w.SignIn(ctx, u.Email, u.Password, start.Add(400*24*time.Hour)))(t)
}

func TestNewWantsItsParts(t *testing.T) {
	t.Parallel()
	if _, err := local.New(local.Config{}); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("New() without anything = %v, want an error", err)
	}
}
