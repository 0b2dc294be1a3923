package local_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cruddur/internal/identity"
	"cruddur/internal/mail"
)

// codeFor is the newest code that was mailed for a handle, once n mails have come.
func (w *world) codeFor(t testing.TB, handle string, n int) string {
	t.Helper()
	for _, m := range w.mails(t, n) {
		if strings.Contains(m.Text, "@"+handle+".") || strings.Contains(m.Text, "@"+handle+":") {
			return codeIn(t, m)
		}
	}
	t.Fatalf("no mail names @%s", handle)
	return ""
}

// CVE-2024-25618 (Mastodon), CVE-2024-38351, CVE-2026-44166 (PocketBase): who signed up first with another's address
// kept a way into the account.
//
// A code activates the password of the attempt that it was sent for: whoever signs up with the address
// of somebody who will sign up too gains nothing.
func TestAdvisoryPreHijacking(t *testing.T) {
	t.Parallel()
	mallory := identity.SignUp{Name: "Mallory", Email: "Victim@example.org", Handle: "mallory", Password: "mallory's password"}
	victim := identity.SignUp{Name: "Victim", Email: "victim@example.org", Handle: "victim", Password: "victim's password"}
	for name, order := range map[string][]identity.SignUp{
		"the stranger first": {mallory, victim},
		"the stranger last":  {victim, mallory},
	} {
		for _, resent := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, resent %v", name, resent), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				for i, s := range order {
					if err := w.SignUp(t.Context(), s, start.Add(time.Duration(i)*time.Second)); err != nil {
						t.Fatal(err)
					}
				}
				sent := 2
				w.mails(t, sent)
				if resent {
					sent = 4
					if err := w.Resend(t.Context(), victim.Email, start.Add(time.Minute)); err != nil {
						t.Fatal(err)
					}
				}
				code := w.codeFor(t, "victim", sent)
				if err := w.Confirm(t.Context(), victim.Email, code, start.Add(2*time.Minute)); err != nil {
					t.Fatal(err)
				}
				if _, err := w.SignIn(t.Context(), victim.Email, mallory.Password, start.Add(3*time.Minute)); codes(err) != "credentials_mismatch" {
					t.Errorf("SignIn() with the stranger's password = %v, want credentials_mismatch", err)
				}
				if _, err := w.SignIn(t.Context(), victim.Email, victim.Password, start.Add(3*time.Minute)); err != nil {
					t.Errorf("SignIn() with the owner's password = %v", err)
				}
				stranger := w.codeFor(t, "mallory", sent)
				if err := w.Confirm(t.Context(), victim.Email, stranger, start.Add(4*time.Minute)); codes(err) != "code_mismatch" {
					t.Errorf("Confirm() of the stranger's attempt afterwards = %v, want code_mismatch", err)
				}
			})
		}
	}
}

func TestCodeLife(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		wrong int
		after time.Duration
		want  string
	}{
		{"at once", 0, 0, ""},
		{"just before ten minutes", 4, 10*time.Minute - time.Microsecond, ""},
		{"at ten minutes", 0, 10 * time.Minute, "code_expired"},
		{"after four wrong ones", 4, time.Minute, ""},
		{"after five wrong ones", 5, time.Minute, "code_expired"},
		{"when the sign-up is a day old", 0, 24 * time.Hour, "code_mismatch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := signUp("ada")
			must(t, w.SignUp(t.Context(), s, start))
			code := codeIn(t, w.mails(t, 1)[0])
			for range c.wrong {
				if err := w.Confirm(t.Context(), s.Email, wrong(code), start.Add(time.Second)); codes(err) != "code_mismatch" {
					t.Fatalf("Confirm() of a wrong code = %v", err)
				}
			}
			if err := w.Confirm(t.Context(), s.Email, code, start.Add(c.after)); codes(err) != c.want {
				t.Errorf("Confirm() of the right code = %v, want %q", err, c.want)
			}
		})
	}
	t.Run("a new code after five wrong ones", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := signUp("ada")
		must(t, w.SignUp(t.Context(), s, start))
		code := codeIn(t, w.mails(t, 1)[0])
		for range 5 {
			w.Confirm(t.Context(), s.Email, wrong(code), start)
		}
		must(t, w.Resend(t.Context(), s.Email, start.Add(time.Hour)))
		must(t, w.Confirm(t.Context(), s.Email, codeIn(t, w.mails(t, 2)[0]), start.Add(time.Hour)))
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// Many guesses at once are no way around the limit of five.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := signUp("ada")
	must(t, w.SignUp(t.Context(), ada, start))
	code := codeIn(t, w.mails(t, 1)[0])
	bob := w.member(t, "bob")
	must(t, w.Forgot(t.Context(), bob.Email, start))
	recovery := codeIn(t, w.mails(t, 2)[0])
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() { w.Confirm(t.Context(), ada.Email, wrong(code), start) })
		wg.Go(func() { w.Reset(t.Context(), bob.Email, wrong(recovery), "a new long password", start) })
	}
	wg.Wait()
	if err := w.Confirm(t.Context(), ada.Email, code, start); codes(err) != "code_expired" {
		t.Errorf("Confirm() after 40 guesses at once = %v, want code_expired", err)
	}
	if err := w.Reset(t.Context(), bob.Email, recovery, "a new long password", start); codes(err) != "code_expired" {
		t.Errorf("Reset() after 40 guesses at once = %v, want code_expired", err)
	}
}

func TestConfirmAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := signUp("ada")
	must(t, w.SignUp(t.Context(), s, start))
	code := codeIn(t, w.mails(t, 1)[0])
	var wg sync.WaitGroup
	var done atomic.Int32
	for range 5 {
		wg.Go(func() {
			if err := w.Confirm(t.Context(), s.Email, code, start); err == nil {
				done.Add(1)
			} else if codes(err) != "code_mismatch" {
				t.Errorf("Confirm() = %v, want nil or code_mismatch", err)
			}
		})
	}
	wg.Wait()
	if done.Load() != 1 {
		t.Errorf("%d of 5 confirmations at once succeeded, want 1", done.Load())
	}
}

// A sign-up does not reserve its handle; whoever confirms second gets a suffix.
func TestHandleTakenMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := signUp("ada"), signUp("ada")
	second.Email = "other@example.org"
	must(t, w.SignUp(t.Context(), first, start))
	code := codeIn(t, w.mails(t, 1)[0])
	must(t, w.SignUp(t.Context(), second, start))
	other := codeIn(t, w.mails(t, 2)[0])
	must(t, w.Confirm(t.Context(), first.Email, code, start))
	must(t, w.Confirm(t.Context(), second.Email, other, start))
	m, err := w.db.FindMember(t.Context(), second.Email, start)
	if err != nil || !strings.HasPrefix(m.Handle, "ada_") {
		t.Errorf("the second member is @%s, %v, want @ada_ and a suffix", m.Handle, err)
	}
}

// The oldest of an address's attempts make room: three codes live at most.
func TestThreeAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var codesSent []string
	for i := range 4 {
		s := signUp(fmt.Sprintf("ada%d", i))
		s.Email = "ada@example.org"
		must(t, w.SignUp(t.Context(), s, start.Add(time.Duration(i)*time.Second)))
		codesSent = append(codesSent, codeIn(t, w.mails(t, i+1)[0]))
	}
	if err := w.Confirm(t.Context(), "ada@example.org", codesSent[0], start.Add(time.Minute)); codes(err) != "code_mismatch" {
		t.Errorf("Confirm() of the fourth newest = %v, want code_mismatch", err)
	}
	must(t, w.Confirm(t.Context(), "ada@example.org", codesSent[1], start.Add(time.Minute)))
}

func TestTakenAddressGetsAMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	s := signUp("eve")
	s.Email = u.Email
	must(t, w.SignUp(t.Context(), s, start))
	m := w.mails(t, 1)[0]
	if m.To != u.Email || m.Subject != "You already have a Cruddur account" || codePattern.MatchString(m.Text) {
		t.Errorf("the mail to a member is %+v, want one without a code", m)
	}
	must(t, w.Resend(t.Context(), u.Email, start))
	if m := w.mails(t, 2)[0]; codePattern.MatchString(m.Text) {
		t.Errorf("Resend() to a member sent a code: %+v", m)
	}
}

var _ mail.Mailer = (*mail.Mailbox)(nil)
