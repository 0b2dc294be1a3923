package local_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cruddur"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
	"cruddur/internal/postgres"
)

func TestSigningKeys(t *testing.T) {
	t.Parallel()
	w := newWorldWithoutKey(t)
	ctx := t.Context()
	u := w.member(t, "ada")
	second := newProvider(t, w.db, w.box) // another server
	count := func() int {
		t.Helper()
		keys, err := w.db.SigningKeys(ctx)
		must(t, err)
		return len(keys)
	}
	t.Run("servers that start at once make one", func(t *testing.T) {
		var wg sync.WaitGroup
		for _, p := range []*local.Provider{w.Provider, second} {
			for range 2 {
				wg.Go(func() { must2(p.SignIn(ctx, u.Email, u.Password, start))(t) })
			}
		}
		wg.Wait()
		if count() != 1 {
			t.Errorf("there are %d keys, want 1", count())
		}
	})
	t.Run("a new one each month, the old one verifies on", func(t *testing.T) {
		later := start.Add(30*24*time.Hour - time.Minute)
		old, err := w.SignIn(ctx, u.Email, u.Password, later)
		must(t, err)
		later = later.Add(2 * time.Minute)
		fresh, err := w.SignIn(ctx, u.Email, u.Password, later)
		must(t, err)
		if count() != 2 {
			t.Fatalf("there are %d keys, want 2", count())
		}
		for name, token := range map[string]string{"old": old.Access, "new": fresh.Access} {
			if _, err := w.Verify(ctx, token, later); err != nil {
				t.Errorf("Verify() by the %s key = %v", name, err)
			}
		}
		third := newProvider(t, w.db, w.box)
		must2(third.Verify(ctx, fresh.Access, later))(t)
		must2(w.db.SweepAccounts(ctx, later.Add(23*time.Hour), 100))(t)
		if count() != 2 {
			t.Errorf("the old key is gone within a day")
		}
		must2(w.db.SweepAccounts(ctx, later.Add(25*time.Hour), 100))(t)
		if count() != 1 {
			t.Errorf("the old key is still there after a day")
		}
	})
	t.Run("rotating by hand ends what was signed", func(t *testing.T) {
		now := start.Add(40 * 24 * time.Hour)
		before, err := w.SignIn(ctx, u.Email, u.Password, now)
		must(t, err)
		must2(w.Verify(ctx, before.Access, now))(t) // and remembered
		must2(w.RotateKey(ctx, now))(t)
		if _, err := w.Verify(ctx, before.Access, now); codes(err) != "unauthenticated" {
			t.Errorf("Verify() by the old key = %v, want unauthenticated", err)
		}
		after, err := w.Refresh(ctx, before.Refresh, now)
		must(t, err)
		must2(w.Verify(ctx, after.Access, now))(t)
	})
	var set jose.JSONWebKeySet
	raw, err := w.JWKS(ctx)
	must(t, err)
	must(t, json.Unmarshal(raw, &set))
	for _, k := range set.Keys {
		if !k.IsPublic() || k.Algorithm != "RS256" || k.Use != "sig" || k.KeyID == "" {
			t.Errorf("JWKS() shows %+v", k)
		}
	}
	if strings.Contains(string(raw), `"d":`) {
		t.Error("JWKS() shows a private exponent")
	}
}

// Tokens of unknown keys cost one query a second, not one each.
func TestUnknownKeyIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	counter := &keyCounter{DB: w.db}
	p := newProvider(t, counter, mail.NewMailbox(nil))
	tokens, err := p.SignIn(t.Context(), u.Email, u.Password, start)
	must(t, err)
	parts := strings.Split(tokens.Access, ".")
	parts[0] = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"invented"}`))
	counter.n.Store(0)
	began := time.Now()
	for range 200 {
		if _, err := p.Verify(t.Context(), strings.Join(parts, "."), start); codes(err) != "unauthenticated" {
			t.Fatal(err)
		}
	}
	if most := int64(time.Since(began)/time.Second) + 1; counter.n.Load() > most {
		t.Errorf("200 invented key ids cost %d queries, want %d at most", counter.n.Load(), most)
	}
}

type keyCounter struct {
	*postgres.DB
	n atomic.Int64
}

func (k *keyCounter) SigningKeys(ctx context.Context) ([]cruddur.SigningKey, error) {
	k.n.Add(1)
	return k.DB.SigningKeys(ctx)
}
