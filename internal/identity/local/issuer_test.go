package local_test

import (
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
)

// server is a provider as a server at some address has it, on the world's database.
func (w *world) server(t *testing.T, change func(*local.Config)) *local.Provider {
	t.Helper()
	c := local.Config{Store: w.db, Issuers: w.db, Mailer: mail.NewMailbox(nil), HashWait: time.Minute}
	change(&c)
	p, err := local.New(c)
	must(t, err)
	local.Cheap(p)
	t.Cleanup(func() { p.Close(t.Context()) })
	return p
}

func at(address string) func(*local.Config) {
	return func(c *local.Config) { c.Issuer = address }
}

func named(address string) func(*local.Config) {
	return func(c *local.Config) { c.Issuer, c.Named = address, true }
}

// before is a server of a version that knew only its own address.
func before(address string) func(*local.Config) {
	return func(c *local.Config) { c.Issuer, c.Issuers = address, nil }
}

// The issuer belongs to the place: whatever its servers' addresses are, they issue under one name and
// accept each other's tokens.
func TestIssuer(t *testing.T) {
	t.Parallel()
	const a, b, c = "http://127.0.0.1:4001", "http://127.0.0.1:4002/", "https://cruddur.example"
	w := newWorld(t)
	u := w.member(t, "ada")
	token := func(p *local.Provider, now time.Time) string {
		t.Helper()
		tokens, err := p.SignIn(t.Context(), u.Email, u.Password, now)
		must(t, err)
		return tokens.Access
	}
	accepts := func(what string, p *local.Provider, access string, now time.Time, want bool) {
		t.Helper()
		_, err := p.Verify(t.Context(), access, now)
		if got := err == nil; got != want {
			t.Errorf("%s: %v, want %v (%v)", what, got, want, err)
		}
		if err != nil && cruddur.KindOf(err) != cruddur.KindUnauthenticated {
			t.Errorf("%s: %v", what, err)
		}
	}
	issuer := func(access string) any { return payloadOf(t, access)["iss"] }

	old := token(w.server(t, before(b)), start)
	oldElsewhere := token(w.server(t, before("http://127.0.0.1:4003")), start)
	first, second := w.server(t, at(a)), w.server(t, at(b))
	one := token(first, start)
	two := token(second, start)
	if issuer(one) != a || issuer(two) != a {
		t.Errorf("the issuers are %v and %v, want %s", issuer(one), issuer(two), a)
	}
	accepts("the first server's token at the second", second, one, start, true)
	accepts("the second server's token at the first", first, two, start, true)
	accepts("a token from before the upgrade, at the same address", second, old, start, true)
	accepts("one from another address", second, oldElsewhere, start, false)

	// An operator names the place.
	later := start.Add(10 * time.Minute)
	third := w.server(t, named(c))
	accepts("a token of the former name before the new one is used", third, one, later, true)
	three := token(third, later)
	if issuer(three) != c {
		t.Errorf("BACKEND_URL names the issuer %v", issuer(three))
	}
	if again := token(w.server(t, at(a)), later); issuer(again) != c {
		t.Errorf("a server that nobody has named takes the name back: %v", issuer(again))
	}
	accepts("a token of the former name", third, one, later, true)
	accepts("a token of the former name after its end", third, one, start.Add(time.Hour), false)
	soon(t, func() bool { // a name that is not known is asked for once a second
		_, err := first.Verify(t.Context(), three, later)
		return err == nil
	})
	// What bears a former name long after its end was not issued by a server that has heard of the new one.
	accepts("an old name in a new token", third, token(w.server(t, before(a)), later.Add(time.Hour)), later.Add(time.Hour), false)

	// The other name comes back, for instance of a server with another BACKEND_URL.
	back := token(w.server(t, named("http://127.0.0.1:4001")), later)
	if issuer(back) != a {
		t.Errorf("the issuer is %v", issuer(back))
	}
	soon(t, func() bool {
		_, err := third.Verify(t.Context(), back, later)
		return err == nil
	})
	list, err := w.db.Issuers(t.Context())
	must(t, err)
	if len(list) != 2 || list[0].Name != a || !list[0].EndedAt.IsZero() || list[1].Name != c || list[1].EndedAt.IsZero() {
		t.Errorf("the place's names are %+v", list)
	}
}

func soon(t *testing.T, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it does not come true")
}

// Servers that start at once agree on one name.
func TestIssuerAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	got := make(chan any, 5) // of one account the sixth sign-in at the same moment is refused as a guess
	for i := range cap(got) {
		p := w.server(t, at("http://127.0.0.1:400"+string(rune('0'+i))))
		go func() {
			tokens, err := p.SignIn(t.Context(), u.Email, u.Password, start)
			if err != nil {
				got <- err
				return
			}
			got <- payloadOf(t, tokens.Access)["iss"]
		}()
	}
	first := <-got
	for range cap(got) - 1 {
		if next := <-got; next != first {
			t.Errorf("two servers issue under %v and %v", first, next)
		}
	}
}
