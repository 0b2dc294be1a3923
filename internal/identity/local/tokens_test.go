package local_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/postgres"
)

func payloadOf(t testing.TB, token string) map[string]any {
	t.Helper()
	var m map[string]any
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	must(t, err)
	must(t, json.Unmarshal(b, &m))
	return m
}

func TestClaimsAreCognitos(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	tokens, err := w.SignIn(t.Context(), u.Email, u.Password, start)
	must(t, err)
	m := payloadOf(t, tokens.Access)
	want := []string{"auth_time", "client_id", "exp", "iat", "iss", "jti", "origin_jti", "scope", "sub", "token_use", "username"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(m))); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if m["iss"] != "https://cruddur.example" || m["token_use"] != "access" || m["exp"].(float64)-m["iat"].(float64) != 3600 {
		t.Errorf("claims = %v", m)
	}
	if len(tokens.Access) > 1500 {
		t.Errorf("an access token of %d bytes is too long for a header", len(tokens.Access))
	}
}

// What the server's own key has signed is not yet an access token of this server.
func TestOwnKeyForgeries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	tokens, err := w.SignIn(t.Context(), u.Email, u.Password, start)
	must(t, err)
	keys, err := w.db.SigningKeys(t.Context())
	must(t, err)
	parsed, err := x509.ParsePKCS8PrivateKey(keys[0].PrivateKey)
	must(t, err)
	private := parsed.(*rsa.PrivateKey)
	other := w.member(t, "bob")
	others, err := w.SignIn(t.Context(), other.Email, other.Password, start)
	must(t, err)
	good := payloadOf(t, tokens.Access)
	for _, k := range []string{"exp", "iat", "auth_time"} {
		good[k] = int64(good[k].(float64))
	}
	sign := func(alg jose.SignatureAlgorithm, kid string, changes map[string]any) string {
		claims := maps.Clone(good)
		for k, v := range changes {
			if claims[k] = v; v == nil {
				delete(claims, k)
			}
		}
		options := (&jose.SignerOptions{}).WithType("JWT")
		if kid != "" {
			options = options.WithHeader("kid", kid)
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: private}, options)
		must(t, err)
		token, err := jwt.Signed(signer).Claims(claims).Serialize()
		must(t, err)
		return token
	}
	if _, err := w.Verify(t.Context(), sign(jose.RS256, keys[0].ID, nil), start); err != nil {
		t.Fatalf("Verify() of an honest copy = %v", err)
	}
	for name, token := range map[string]string{
		"no kid":                 sign(jose.RS256, "", nil),
		"RS512":                  sign(jose.RS512, keys[0].ID, nil),
		"PS256":                  sign(jose.PS256, keys[0].ID, nil),
		"another issuer":         sign(jose.RS256, keys[0].ID, map[string]any{"iss": "https://cruddur.example.evil"}),
		"no issuer":              sign(jose.RS256, keys[0].ID, map[string]any{"iss": nil}),
		"an ID token":            sign(jose.RS256, keys[0].ID, map[string]any{"token_use": "id", "aud": "cruddur"}),
		"no use":                 sign(jose.RS256, keys[0].ID, map[string]any{"token_use": nil}),
		"another client":         sign(jose.RS256, keys[0].ID, map[string]any{"client_id": "elsewhere"}),
		"no expiry":              sign(jose.RS256, keys[0].ID, map[string]any{"exp": nil}),
		"an expiry that is text": sign(jose.RS256, keys[0].ID, map[string]any{"exp": "tomorrow"}),
		"from the future":        sign(jose.RS256, keys[0].ID, map[string]any{"iat": start.Add(time.Hour).Unix(), "exp": start.Add(2 * time.Hour).Unix()}),
		"no family":              sign(jose.RS256, keys[0].ID, map[string]any{"origin_jti": nil}),
		"another's family":       sign(jose.RS256, keys[0].ID, map[string]any{"origin_jti": payloadOf(t, others.Access)["origin_jti"]}),
		"another's subject":      sign(jose.RS256, keys[0].ID, map[string]any{"sub": others.Subject}),
		"no subject":             sign(jose.RS256, keys[0].ID, map[string]any{"sub": nil}),
		"a subject with a NUL":   sign(jose.RS256, keys[0].ID, map[string]any{"sub": "\x00"}),
	} {
		if _, err := w.Verify(t.Context(), token, start); codes(err) != "unauthenticated" {
			t.Errorf("Verify() of %s = %v, want unauthenticated", name, err)
		}
	}
	must2(w.Verify(t.Context(), tokens.Access, start))(t) // and remembered
	for name, now := range map[string]time.Time{"at its expiry": start.Add(time.Hour), "two minutes before it was issued": start.Add(-2 * time.Minute)} {
		if _, err := w.Verify(t.Context(), tokens.Access, now); codes(err) != "unauthenticated" {
			t.Errorf("Verify() %s = %v, want unauthenticated", name, err)
		}
	}
	if _, err := w.Verify(t.Context(), tokens.Access, start.Add(time.Hour-time.Second)); err != nil {
		t.Errorf("Verify() in its last second = %v", err)
	}
}

func TestRefreshLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	idle, err := w.SignIn(t.Context(), u.Email, u.Password, start)
	must(t, err)
	if _, err := w.Refresh(t.Context(), idle.Refresh, start.Add(30*24*time.Hour)); codes(err) != "unauthenticated" {
		t.Errorf("Refresh() after 30 idle days = %v, want unauthenticated", err)
	}
	used, err := w.SignIn(t.Context(), u.Email, u.Password, start)
	must(t, err)
	for _, days := range []int{29, 58, 87} {
		used, err = w.Refresh(t.Context(), used.Refresh, start.Add(time.Duration(days)*24*time.Hour))
		must(t, err)
	}
	if _, err := w.Refresh(t.Context(), used.Refresh, start.Add(90*24*time.Hour)); codes(err) != "unauthenticated" {
		t.Errorf("Refresh() after 90 days = %v, want unauthenticated", err)
	}
}

func TestRefreshAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	tokens, err := w.SignIn(t.Context(), u.Email, u.Password, start)
	must(t, err)
	var wg sync.WaitGroup
	var got atomic.Int32
	for range 10 {
		wg.Go(func() {
			if _, err := w.Refresh(t.Context(), tokens.Refresh, start); err == nil {
				got.Add(1)
			} else if codes(err) != "unauthenticated" {
				t.Errorf("Refresh() = %v", err)
			}
		})
	}
	wg.Wait()
	if got.Load() > 1 {
		t.Errorf("a refresh token served %d times at once, want once at most", got.Load())
	}
	if _, err := w.Verify(t.Context(), tokens.Access, start); codes(err) != "unauthenticated" {
		t.Errorf("the family lives on after its token was used ten times: %v", err)
	}
}

// meddler lets something happen between the check of a password and the tokens for it.
type meddler struct {
	*postgres.DB
	between func()
}

func (m meddler) BeginTokens(ctx context.Context, account cruddur.UUID, passwordHash string, tokenHash []byte, expiresAt, now time.Time) (cruddur.TokenFamily, error) {
	m.between()
	return m.DB.BeginTokens(ctx, account, passwordHash, tokenHash, expiresAt, now)
}

// A sign-in that is under way while the password is reset gets no token out of the old one.
func TestResetDuringSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	p := newProvider(t, meddler{w.db, func() {
		must(t, w.ChangePassword(t.Context(), u.Email, u.Password, "a new long password", start))
	}}, w.box)
	if _, err := p.SignIn(t.Context(), u.Email, u.Password, start); codes(err) != "credentials_mismatch" {
		t.Errorf("SignIn() with a password that was changed meanwhile = %v, want credentials_mismatch", err)
	}
}

// However sign-ins and a change of password interleave, no token outlives the change.
func TestSignInsAgainstChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada")
	var mu sync.Mutex
	var issued []identity.Tokens
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if tokens, err := w.SignIn(t.Context(), u.Email, u.Password, start); err == nil {
				mu.Lock()
				issued = append(issued, tokens)
				mu.Unlock()
			}
		})
	}
	m, err := w.db.FindMember(t.Context(), "ada", start)
	must(t, err)
	account, err := cruddur.ParseUUID(m.Subject)
	must(t, err)
	c, err := w.db.Credentials(t.Context(), u.Email, start)
	must(t, err)
	must(t, w.db.ChangePassword(t.Context(), account, c.PasswordHash, "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", start))
	wg.Wait()
	for _, tokens := range issued {
		if _, err := w.Verify(t.Context(), tokens.Access, start); codes(err) != "unauthenticated" {
			t.Errorf("a token outlived the change of password: %v", err)
		}
	}
}

// CVE-2025-62175 (Mastodon): who was suspended stayed connected.
func TestAdvisorySuspendedStaysSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	u := w.member(t, "ada")
	sessions := identity.NewSessions(w.db)
	tokens, err := w.SignIn(ctx, u.Email, u.Password, start)
	must(t, err)
	cookie, err := sessions.Begin(ctx, tokens.Subject, identity.Browser{}, start)
	must(t, err)
	m, err := w.db.FindMember(ctx, "ADA", start)
	must(t, err)
	must(t, w.db.Suspend(ctx, m.UUID, start))
	if _, err := w.Verify(ctx, tokens.Access, start); codes(err) != "unauthenticated" {
		t.Errorf("Verify() = %v", err)
	}
	if _, _, err := sessions.Resume(ctx, cookie, start); codes(err) != "unauthenticated" {
		t.Errorf("Resume() = %v", err)
	}
	if _, err := sessions.Begin(ctx, tokens.Subject, identity.Browser{}, start); codes(err) != "unauthenticated" {
		t.Errorf("Begin() = %v", err)
	}
	if _, err := w.SignIn(ctx, u.Email, u.Password, start); codes(err) != "account_suspended" {
		t.Errorf("SignIn() with the right password = %v, want account_suspended", err)
	}
	if _, err := w.SignIn(ctx, u.Email, "wrong password", start); codes(err) != "credentials_mismatch" {
		t.Errorf("SignIn() with a wrong password = %v, want credentials_mismatch", err)
	}
	must(t, w.db.Unsuspend(ctx, m.UUID))
	must2(w.SignIn(ctx, u.Email, u.Password, start))(t)
	if _, _, err := sessions.Resume(ctx, cookie, start); codes(err) != "unauthenticated" {
		t.Errorf("the old session came back: %v", err)
	}
}

// CVE-2025-62174 (Mastodon), CVE-2024-21635 (Memos): sessions and tokens went on after the password was reset.
//
// Who resets a password or leaves for good ends the browsers' sessions too. Changing the password and
// signing out everywhere leave them to the page, which knows its own.
func TestAdvisoryResetLeavesSessions(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, u identity.SignUp, subject string) error{
		"reset by mail": func(w *world, u identity.SignUp, _ string) error {
			must(t, w.Forgot(t.Context(), u.Email, start))
			return w.Reset(t.Context(), u.Email, codeIn(t, w.mails(t, 1)[0]), "a new long password", start)
		},
		"reset by the command line": func(w *world, u identity.SignUp, _ string) error {
			code, err := w.RecoverByHand(t.Context(), u.Email, false, start)
			must(t, err)
			return w.Reset(t.Context(), u.Email, code, "a new long password", start)
		},
		"delete": func(w *world, u identity.SignUp, _ string) error {
			return w.Delete(t.Context(), u.Email, u.Password, start)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			u := w.member(t, "ada")
			tokens, err := w.SignIn(t.Context(), u.Email, u.Password, start)
			must(t, err)
			sessions := identity.NewSessions(w.db)
			cookie, err := sessions.Begin(t.Context(), tokens.Subject, identity.Browser{}, start)
			must(t, err)
			must(t, end(w, u, tokens.Subject))
			if _, _, err := sessions.Resume(t.Context(), cookie, start); codes(err) != "unauthenticated" {
				t.Errorf("Resume() = %v, want unauthenticated", err)
			}
			if _, err := w.Verify(t.Context(), tokens.Access, start); codes(err) != "unauthenticated" {
				t.Errorf("Verify() = %v, want unauthenticated", err)
			}
			if _, err := w.Refresh(t.Context(), tokens.Refresh, start); codes(err) != "unauthenticated" {
				t.Errorf("Refresh() = %v, want unauthenticated", err)
			}
			if _, err := w.SignIn(t.Context(), u.Email, u.Password, start); codes(err) != "credentials_mismatch" {
				t.Errorf("SignIn() with the old password = %v, want credentials_mismatch", err)
			}
		})
	}
}

// A reset between the check of the password and the browser's session leaves no session behind.
func TestResetBeforeTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	u := w.member(t, "ada")
	sessions := identity.NewSessions(w.db)
	tokens, err := w.SignIn(ctx, u.Email, u.Password, start)
	must(t, err)
	cookie, err := identity.BeginBrowser(ctx, w, sessions, tokens, identity.Browser{}, start)
	must(t, err)
	member, _, err := sessions.Resume(ctx, cookie, start)
	must(t, err)
	must(t, sessions.EndAll(ctx, member.UUID, cruddur.UUID{}))

	late, err := w.SignIn(ctx, u.Email, u.Password, start)
	must(t, err)
	must(t, w.ChangePassword(ctx, u.Email, u.Password, "a new long password", start))
	if _, err := identity.BeginBrowser(ctx, w, sessions, late, identity.Browser{}, start); codes(err) != "unauthenticated" {
		t.Errorf("BeginBrowser() after the password was changed = %v, want unauthenticated", err)
	}
	if list, err := sessions.List(ctx, member.UUID, start); err != nil || len(list) != 0 {
		t.Errorf("%d sessions are left, %v", len(list), err)
	}
}
