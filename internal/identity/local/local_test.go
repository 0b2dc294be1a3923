package local_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var start = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

const password = "correct horse battery"

// world is a provider on a database of its own, with a mailbox.
type world struct {
	*local.Provider
	db  *postgres.DB
	box *mail.Mailbox
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := newWorldWithoutKey(t)
	_, err := w.db.EnsureSigningKey(t.Context(), start.Add(-time.Hour), start, func() (cruddur.SigningKey, error) { return testKey() })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// testKey is made once: an RSA key for each test would be most of the tests' time.
var testKey = sync.OnceValues(local.GenerateKey)

// newWorldWithoutKey leaves making the signing key to the provider.
func newWorldWithoutKey(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), box: mail.NewMailbox(nil)}
	w.Provider = newProvider(t, w.db, w.box)
	return w
}

func newProvider(t testing.TB, store local.Store, mailer mail.Mailer) *local.Provider {
	t.Helper()
	p, err := local.New(local.Config{Store: store, Mailer: mailer, Issuer: "https://cruddur.example", HashWait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	local.Cheap(p)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return p
}

// mails waits until the mailbox holds n messages, and returns them, newest first.
func (w *world) mails(t testing.TB, n int) []mail.Message {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if m := w.box.Messages(); len(m) >= n {
			return m
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d mails came, want %d", len(w.box.Messages()), n)
		}
	}
}

var codePattern = regexp.MustCompile(`(?m)^ {4}(\d{3} \d{3})$`)

func codeIn(t testing.TB, m mail.Message) string {
	t.Helper()
	found := codePattern.FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("no code in the mail %q:\n%s", m.Subject, m.Text)
	}
	return strings.ReplaceAll(found[1], " ", "")
}

func signUp(handle string) identity.SignUp {
	return identity.SignUp{Name: "Name of " + handle, Email: handle + "@example.org", Handle: handle, Password: password}
}

// member signs up and confirms.
func (w *world) member(t testing.TB, handle string) identity.SignUp {
	t.Helper()
	s := signUp(handle)
	if err := w.Create(t.Context(), s, start); err != nil {
		t.Fatal(err)
	}
	return s
}

func codes(err error) string {
	if err == nil {
		return ""
	}
	return strings.Join(cruddur.CodesOf(err), ",")
}

func TestSignUpToSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	s := signUp("ada")
	if err := w.SignUp(ctx, s, start); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SignIn(ctx, s.Email, s.Password, start); codes(err) != "account_unconfirmed" {
		t.Fatalf("SignIn() before the code = %v, want account_unconfirmed", err)
	}
	code := codeIn(t, w.mails(t, 1)[0])
	if err := w.Confirm(ctx, s.Email, code[:3]+" "+code[3:], start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	tokens, err := w.SignIn(ctx, strings.ToUpper(s.Email), s.Password, start.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := w.Verify(ctx, tokens.Access, start.Add(3*time.Minute))
	if err != nil || claims.Subject != tokens.Subject {
		t.Fatalf("Verify() = %+v, %v, want the subject %s", claims, err, tokens.Subject)
	}
	sessions := identity.NewSessions(w.db)
	cookie, err := sessions.Begin(ctx, claims.Subject, identity.Browser{UserAgent: "Test/1", Address: "::1"}, start)
	if err != nil {
		t.Fatal(err)
	}
	u, session, err := sessions.Resume(ctx, cookie, start.Add(time.Hour))
	if err != nil || u.Handle != "ada" || u.DisplayName != "Name of ada" || session.UserAgent != "Test/1" {
		t.Fatalf("Resume() = %+v, %+v, %v", u, session, err)
	}
}
