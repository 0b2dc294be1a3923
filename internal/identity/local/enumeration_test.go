package local_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// recorder is the trace of a database: which statements ran, and how many rows each touched.
type recorder struct {
	mu  sync.Mutex
	log []string
}

var tracedLine = regexp.MustCompile(`^(\S*)  [0-9.]+ ms  (\d+) rows`)

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := tracedLine.FindSubmatch(b); m != nil {
		name := string(m[1])
		if name == "" { // begin, commit
			_, rest, _ := strings.Cut(string(b), "\n")
			name, _, _ = strings.Cut(rest, "\n")
		}
		r.log = append(r.log, name+" "+string(m[2]))
	}
	return len(b), nil
}

func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := strings.Join(r.log, "\n")
	r.log = nil
	return s
}

// cost is all that an operation does and says, but for its duration.
type cost struct {
	Answer     string
	Hashes     int64
	Statements string
}

// Neither text nor status nor cost tells whether an address has an account. Cost is counted, not
// timed: runs of argon2, statements, and rows that they touch, each of which may be a write to disk.
func TestNoEnumeration(t *testing.T) {
	t.Parallel()
	trace := &recorder{}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.URL(t), Trace: trace, MaxConns: 1})
	must(t, err)
	t.Cleanup(db.Close)
	w := &world{db: db, box: mail.NewMailbox(nil)}
	w.Provider = newProvider(t, db, w.box)
	w.member(t, "known")
	w.member(t, "signed_up_again")
	again := signUp("somebody")
	again.Email, again.Password = "signed_up_again@example.org", "mallory's password"
	must(t, w.SignUp(t.Context(), again, start))
	again.Email = "waiting@example.org"
	must(t, w.SignUp(t.Context(), again, start))
	var hashes atomic.Int64
	local.OnHash(w.Provider, func() { hashes.Add(1) })
	must(t, db.Ping(t.Context()))

	measure := func(ask func(email string) error, email string) cost {
		trace.take()
		hashes.Store(0)
		err := ask(email)
		c := cost{"ok", hashes.Load(), trace.take()}
		if e, ok := err.(*cruddur.Error); ok {
			c.Answer = fmt.Sprint(e.Kind, e.Codes, e.Field, e.RetryAfter)
		} else if err != nil {
			t.Errorf("%s: %v is not a *cruddur.Error", email, err)
		}
		return c
	}
	ctx := t.Context()
	n := 0
	for _, c := range []struct {
		name       string
		ask        func(email string) error
		with, none string // an address with an account, and one without
	}{
		{"SignUp", func(email string) error {
			n++
			s := signUp(fmt.Sprintf("new%d", n))
			s.Email, s.Browser = email, make([]byte, 32)
			return w.SignUp(ctx, s, start)
		}, "known", "free"},
		{"ConfirmIn", func(email string) error {
			_, err := w.ConfirmIn(ctx, email, "123456", make([]byte, 32), start)
			return err
		}, "signed_up_again", "waiting"},
		{"SignIn, wrong password", func(email string) error { _, err := w.SignIn(ctx, email, "wrong password", start); return err }, "known", "nobody"},
		{"SignIn, endless password", func(email string) error {
			_, err := w.SignIn(ctx, email, strings.Repeat("x", 1<<16), start)
			return err
		}, "known", "nobody"},
		{"SignIn, a stranger's sign-up", func(email string) error {
			_, err := w.SignIn(ctx, email, "mallory's password", start)
			return err
		}, "signed_up_again", "waiting"},
		{"Confirm", func(email string) error { return w.Confirm(ctx, email, "123456", start) }, "signed_up_again", "waiting"},
		{"Confirm, no sign-up", func(email string) error { return w.Confirm(ctx, email, "123456", start) }, "third", "fourth"},
		{"Resend", func(email string) error { return w.Resend(ctx, email, start) }, "signed_up_again", "waiting"},
		{"Forgot", func(email string) error { return w.Forgot(ctx, email, start) }, "known", "nobody"},
		{"Reset", func(email string) error { return w.Reset(ctx, email, "123456", "a new long password", start) }, "known", "nobody"},
		{"ChangePassword", func(email string) error {
			return w.ChangePassword(ctx, email, "wrong password", "a new long password", start)
		}, "known", "nobody"},
		{"Delete", func(email string) error { return w.Delete(ctx, email, "wrong password", start) }, "known", "nobody"},
	} {
		if c.with == "third" {
			w.member(t, "third")
		}
		known, unknown := measure(c.ask, c.with+"@example.org"), measure(c.ask, c.none+"@example.org")
		if known != unknown {
			t.Errorf("%s tells members apart:\nknown   %+v\nunknown %+v", c.name, known, unknown)
		}
		if known.Statements == "" {
			t.Errorf("%s: no statement was recorded, so nothing was compared", c.name)
		}
	}
}

// CVE-2022-2166 (Mastodon), CVE-2022-4797 (Memos): a password could be guessed without limit.
//
// The lockout is kept by address, account or not, and its curve is 1 s at the fifth failure, doubling
// up to a quarter of an hour.
func TestAdvisoryUnlimitedSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := w.member(t, "known").Email
	for _, email := range []string{known, "nobody@example.org"} {
		now := start
		var waits []int
		for n := 1; n <= 18; n++ {
			if _, err := w.SignIn(t.Context(), email, "wrong password", now); codes(err) != "credentials_mismatch" {
				t.Fatalf("%s: failure %d = %v, want credentials_mismatch", email, n, err)
			}
			if n < 5 {
				continue
			}
			_, err := w.SignIn(t.Context(), email, password, now)
			e, ok := err.(*cruddur.Error)
			if !ok || codes(err) != "account_locked" || e.Kind != cruddur.KindTooMany {
				t.Fatalf("%s: the right password after %d failures = %v, want account_locked", email, n, err)
			}
			waits = append(waits, e.RetryAfter)
			now = now.Add(time.Duration(e.RetryAfter) * time.Second)
		}
		if want := "[1 2 4 8 16 32 64 128 256 512 900 900 900 900]"; fmt.Sprint(waits) != want {
			t.Errorf("%s: locked for %v seconds, want %s", email, waits, want)
		}
		if email == known {
			must2(w.SignIn(t.Context(), email, password, now))(t)
		}
	}
}

func must2[T any](_ T, err error) func(testing.TB) {
	return func(t testing.TB) { t.Helper(); must(t, err) }
}

func TestLockoutEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	fail := func(n int, now time.Time) {
		for range n {
			w.SignIn(t.Context(), u.Email, "wrong password", now)
		}
	}
	t.Run("attempts during it do not count", func(t *testing.T) {
		fail(50, start)
		must2(w.SignIn(t.Context(), u.Email, password, start.Add(time.Second)))(t)
	})
	t.Run("success begins the count anew", func(t *testing.T) {
		fail(4, start)
		must2(w.SignIn(t.Context(), u.Email, password, start))(t)
		fail(4, start)
		must2(w.SignIn(t.Context(), u.Email, password, start))(t)
	})
	t.Run("a quarter of an hour begins it anew", func(t *testing.T) {
		fail(4, start)
		later := start.Add(15 * time.Minute)
		fail(4, later)
		must2(w.SignIn(t.Context(), u.Email, password, later))(t)
	})
	t.Run("recovery stays possible and ends it", func(t *testing.T) {
		fail(5, start)
		must(t, w.Forgot(t.Context(), u.Email, start))
		must(t, w.Reset(t.Context(), u.Email, codeIn(t, w.mails(t, 1)[0]), "a new long password", start))
		must2(w.SignIn(t.Context(), u.Email, "a new long password", start))(t)
	})
}

// Attempts are counted before they are checked.
func TestAttemptsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	var wg sync.WaitGroup
	var checked, locked atomic.Int32
	for range 30 {
		wg.Go(func() {
			switch _, err := w.SignIn(t.Context(), u.Email, "wrong password", start); codes(err) {
			case "credentials_mismatch":
				checked.Add(1)
			case "account_locked":
				locked.Add(1)
			default:
				t.Errorf("SignIn() = %v", err)
			}
		})
	}
	wg.Wait()
	if checked.Load() != 5 || locked.Load() != 25 {
		t.Errorf("%d of 30 attempts at once were checked and %d refused, want 5 and 25", checked.Load(), locked.Load())
	}
}

// A server that is busy turns everybody away and counts nobody's attempt.
func TestBusy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	p, err := local.New(local.Config{Store: w.db, Mailer: w.box, Issuer: "https://cruddur.example", HashWait: time.Millisecond})
	must(t, err)
	t.Cleanup(func() { p.Close(t.Context()) })
	release := local.HoldHashes(p)
	for range 10 {
		_, err := p.SignIn(t.Context(), u.Email, password, start)
		e, ok := err.(*cruddur.Error)
		if !ok || e.Kind != cruddur.KindUnavailable || e.RetryAfter == 0 {
			t.Fatalf("SignIn() on a busy server = %v, want unavailable with a time to wait", err)
		}
	}
	if err := p.SignUp(t.Context(), signUp("bob"), start); cruddur.KindOf(err) != cruddur.KindUnavailable {
		t.Errorf("SignUp() on a busy server = %v, want unavailable", err)
	}
	release()
	must2(p.SignIn(t.Context(), u.Email, password, start))(t)
}

var _ identity.Provider = (*local.Provider)(nil)

// BenchmarkWrongPassword is the clock's word on what TestNoEnumeration counts: a member's address and
// nobody's should cost the same.
func BenchmarkWrongPassword(b *testing.B) {
	w := newWorld(b)
	local.Dear(w.Provider)
	w.member(b, "known")
	for _, name := range []string{"known", "nobody"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := w.SignIn(b.Context(), name+"@example.org", "wrong password", start); codes(err) != "credentials_mismatch" {
					b.Fatal(err)
				}
				b.StopTimer()
				must(b, w.db.ClearAttempts(b.Context(), local.AddressHash(name+"@example.org")))
				b.StartTimer()
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	u := w.member(b, "ada")
	tokens, err := w.SignIn(b.Context(), u.Email, u.Password, start)
	must(b, err)
	for b.Loop() {
		must2(w.Verify(b.Context(), tokens.Access, start))(b)
	}
}
