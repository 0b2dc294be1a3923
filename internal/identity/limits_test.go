package identity_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

func from(t testing.TB, address string) context.Context {
	return request.WithClient(t.Context(), netip.MustParseAddr(address))
}

// Every action has a limit by client, and whatever sends a mail or tries a secret one by its owner too.
func TestEveryActionIsLimited(t *testing.T) {
	t.Parallel()
	owner := map[identity.Action]identity.Key{
		identity.ActionSignUp: identity.ByEmail, identity.ActionConfirm: identity.ByEmail, identity.ActionResend: identity.ByEmail,
		identity.ActionSignIn: identity.ByEmail, identity.ActionForgot: identity.ByEmail, identity.ActionReset: identity.ByEmail,
		identity.ActionChangePassword: identity.ByAccount, identity.ActionDelete: identity.ByAccount,
		identity.ActionRefresh: identity.ByClient, identity.ActionSignOut: identity.ByClient,
	}
	names := map[string]bool{}
	for action, limits := range identity.Limits {
		keys := map[identity.Key]bool{}
		for _, l := range limits {
			keys[l.By] = true
			if names[l.Name] {
				t.Errorf("the rule %s is used twice: two actions would share its count", l.Name)
			}
			names[l.Name] = true
		}
		if !keys[identity.ByClient] || !keys[owner[action]] {
			t.Errorf("%s is limited by %v", action, keys)
		}
	}
	if len(identity.Limits) != len(owner) {
		t.Errorf("%d actions have limits, want %d", len(identity.Limits), len(owner))
	}
}

// uses counts how often an action is allowed before it is not.
func uses(t testing.TB, l *ratelimit.Limiter, ctx func(i int) context.Context, a identity.Action, who func(i int) identity.Who, now time.Time) (n, wait int) {
	t.Helper()
	for i := range 1000 {
		err := identity.Allow(ctx(i), l, a, who(i), now)
		if err == nil {
			n++
			continue
		}
		e, ok := err.(*cruddur.Error)
		if !ok || e.Kind != cruddur.KindTooMany || e.RetryAfter < 1 {
			t.Fatalf("Allow() = %v, want too_many_requests with a time to wait", err)
		}
		return n, e.RetryAfter
	}
	t.Fatalf("%s is never limited", a)
	return 0, 0
}

func TestAllow(t *testing.T) {
	t.Parallel()
	oneClient := func(t testing.TB) func(int) context.Context {
		return func(int) context.Context { return from(t, "192.0.2.1") }
	}
	manyClients := func(t testing.TB) func(int) context.Context {
		return func(i int) context.Context { return from(t, fmt.Sprintf("192.0.%d.%d", i/250, i%250)) }
	}
	oneNet := func(t testing.TB) func(int) context.Context {
		return func(i int) context.Context { return from(t, fmt.Sprintf("2001:db8:1:2::%x", i+1)) }
	}
	manyEmails := func(i int) identity.Who {
		return identity.Who{Email: fmt.Sprintf("m%d@example.org", i), Account: cruddur.UUID{byte(i), byte(i >> 8), 1}}
	}
	oneEmail := func(i int) identity.Who {
		return identity.Who{Email: []string{"ada@example.org", "ADA@example.org", " ada@EXAMPLE.org "}[i%3], Account: cruddur.UUID{1}}
	}
	for _, c := range []struct {
		action            identity.Action
		byClient, byOwner int
	}{
		{identity.ActionSignUp, 60, 5},
		{identity.ActionConfirm, 60, 5},
		{identity.ActionResend, 25, 5},
		{identity.ActionSignIn, 25, 25},
		{identity.ActionForgot, 25, 5},
		{identity.ActionReset, 25, 5},
		{identity.ActionChangePassword, 25, 5},
		{identity.ActionDelete, 25, 5},
	} {
		t.Run(string(c.action), func(t *testing.T) {
			t.Parallel()
			if n, _ := uses(t, ratelimit.New(), oneClient(t), c.action, manyEmails, start); n != c.byClient {
				t.Errorf("one client has %d uses, want %d", n, c.byClient)
			}
			if n, _ := uses(t, ratelimit.New(), oneNet(t), c.action, manyEmails, start); n != c.byClient {
				t.Errorf("one /64 has %d uses, want %d", n, c.byClient)
			}
			if n, _ := uses(t, ratelimit.New(), manyClients(t), c.action, oneEmail, start); n != c.byOwner {
				t.Errorf("one address, however written, has %d uses from many clients, want %d", n, c.byOwner)
			}
		})
	}
	t.Run("actions do not share", func(t *testing.T) {
		t.Parallel()
		l := ratelimit.New()
		uses(t, l, oneClient(t), identity.ActionSignUp, oneEmail, start)
		for action := range identity.Limits {
			if err := identity.Allow(from(t, "192.0.2.1"), l, action, oneEmail(0), start); (err == nil) != (action != identity.ActionSignUp) {
				t.Errorf("%s after too many sign-ups = %v", action, err)
			}
		}
	})
	t.Run("waiting helps", func(t *testing.T) {
		t.Parallel()
		l := ratelimit.New()
		_, wait := uses(t, l, oneClient(t), identity.ActionForgot, oneEmail, start)
		if err := identity.Allow(from(t, "192.0.2.1"), l, identity.ActionForgot, oneEmail(0), start.Add(time.Duration(wait)*time.Second)); err != nil {
			t.Errorf("after the %d seconds to wait: %v", wait, err)
		}
	})
	t.Run("an action without limits is refused", func(t *testing.T) {
		t.Parallel()
		if err := identity.Allow(t.Context(), ratelimit.New(), "unheard of", identity.Who{}, start); err == nil {
			t.Error("Allow() = nil")
		}
	})
}
