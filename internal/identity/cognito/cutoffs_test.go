package cognito_test

import (
	"log/slog"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/identity/cognito"
	"cruddur/internal/pgtest"
)

// What one server ends, another over the same database refuses at once; so does one that is started later.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	another := func() *cognito.Provider {
		p, err := cognito.New(e.config())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Wait)
		return p
	}
	second := another()
	const fresh = "Another-Horse-8-Battery"
	for name, end := range map[string]func(t *testing.T, email string, tokens identity.Tokens) error{
		"signout": func(t *testing.T, _ string, tokens identity.Tokens) error {
			return e.SignOut(t.Context(), tokens.Refresh, time.Now())
		},
		"everywhere": func(t *testing.T, _ string, tokens identity.Tokens) error {
			return e.SignOutEverywhere(t.Context(), tokens.Subject, time.Now())
		},
		"change": func(t *testing.T, email string, _ identity.Tokens) error {
			return e.ChangePassword(t.Context(), email, password, fresh, time.Now())
		},
		"reset": func(t *testing.T, email string, _ identity.Tokens) error {
			if err := e.Forgot(t.Context(), email, time.Now()); err != nil {
				return err
			}
			return e.Reset(t.Context(), email, e.pool.Code(t, email), fresh, time.Now())
		},
		"delete": func(t *testing.T, email string, _ identity.Tokens) error {
			return e.Delete(t.Context(), email, password, time.Now())
		},
		"suspend": func(t *testing.T, _ string, tokens identity.Tokens) error { // lifted at once: the tokens stay dead
			u, err := e.db.UserBySubject(t.Context(), tokens.Subject)
			if err == nil {
				err = e.db.Suspend(t.Context(), u.UUID, time.Now())
			}
			if err == nil {
				err = e.db.Unsuspend(t.Context(), u.UUID)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			email := e.join(t, name)
			tokens, err := e.SignIn(t.Context(), email, password, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			claims, err := second.Verify(t.Context(), tokens.Access, time.Now())
			if err != nil || claims.Member == nil || claims.Member.Handle != name {
				t.Fatalf("the second server, before: %+v, %v", claims, err)
			}
			if err := end(t, email, tokens); err != nil {
				t.Fatal(err)
			}
			for which, p := range map[string]*cognito.Provider{"first": e.Provider, "second": second, "restarted": another()} {
				if _, err := p.Verify(t.Context(), tokens.Access, time.Now()); err == nil || cruddur.KindOf(err) != cruddur.KindUnauthenticated {
					t.Errorf("the %s server: Verify() = %v", which, err)
				}
				// After a suspension nobody ends the refresh token at Cognito. What it gives is refused by the time of
				// its sign-in, which the emulator, other than Cognito, sets anew: see TestCutoffOutlivesTheSweep.
				if name == "suspend" {
					continue
				}
				if _, err := p.Refresh(t.Context(), tokens.Refresh, time.Now()); err == nil || cruddur.KindOf(err) != cruddur.KindUnauthenticated {
					t.Errorf("the %s server: Refresh() = %v", which, err)
				}
			}
		})
	}
}

// Without AWS credentials Cognito's refresh tokens go on for as long as the app client lets them, up to ten
// years, and what they give is of the sign-in that has ended.
func TestCutoffOutlivesTheSweep(t *testing.T) {
	t.Parallel()
	db, keys := pgtest.New(t), newKeyServer(t)
	p, err := cognito.New(cognito.Config{
		PoolID: poolID, ClientID: clientID, Endpoint: keys.URL, Store: db, Cutoffs: db, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SignOutEverywhere(t.Context(), "subject-1", now); err != nil {
		t.Fatal(err)
	}
	later := now.Add(29 * 24 * time.Hour)
	if _, err := db.SweepAccounts(t.Context(), later, 100); err != nil {
		t.Fatal(err)
	}
	token := func(signedIn time.Time) string {
		return sign(poolKey(), header(), with(claims(keys.URL+"/"+poolID), map[string]any{
			"sub": "subject-1", "auth_time": signedIn.Unix(), "iat": later.Unix(), "exp": later.Add(time.Hour).Unix(),
		}))
	}
	_, err = p.Verify(t.Context(), token(now.Add(-time.Hour)), later)
	wantCodes(t, "Verify(refreshed)", err, "unauthenticated")
	if _, err := p.Verify(t.Context(), token(now.Add(time.Hour)), later); err != nil {
		t.Errorf("of a later sign-in: Verify() = %v", err)
	}
}
