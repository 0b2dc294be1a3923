package cognito_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cruddur"
	"cruddur/internal/identity/cognito"
)

const (
	poolID   = "ca-central-1_Example01"
	clientID = "client-of-the-site"
)

var (
	now     = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	poolKey = sync.OnceValue(newKey)
	hisKey  = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}

// keyServer is a pool's key address that can be changed and cut.
type keyServer struct {
	*httptest.Server
	mu    sync.Mutex
	keys  map[string]*rsa.PublicKey
	away  bool
	asked atomic.Int64
}

func newKeyServer(t *testing.T) *keyServer {
	t.Helper()
	s := &keyServer{keys: map[string]*rsa.PublicKey{"pool-key": &poolKey().PublicKey}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.away || r.URL.Path != "/"+poolID+"/.well-known/jwks.json" {
			http.Error(w, "<html>away</html>", http.StatusBadGateway)
			return
		}
		var set jose.JSONWebKeySet
		for kid, k := range s.keys {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: k, KeyID: kid, Algorithm: "RS256", Use: "sig"})
		}
		json.NewEncoder(w).Encode(set)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *keyServer) set(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// noStore is for tests that never reach the database.
type noStore struct{ cognito.Store }

func verifier(t *testing.T, endpoint string) *cognito.Provider {
	t.Helper()
	p, err := cognito.New(cognito.Config{PoolID: poolID, ClientID: clientID, Endpoint: endpoint, Store: noStore{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func part(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// sign makes a token by hand: a library would not make the bad ones.
func sign(key *rsa.PrivateKey, header, claims map[string]any) string {
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func header() map[string]any { return map[string]any{"alg": "RS256", "kid": "pool-key"} }

func claims(issuer string) map[string]any {
	return map[string]any{
		"sub": "subject-1", "iss": issuer, "token_use": "access", "client_id": clientID, "username": "subject-1",
		"scope": "aws.cognito.signin.user.admin", "auth_time": now.Unix() - 60, "iat": now.Unix() - 60, "exp": now.Unix() + 3540, "jti": "j",
	}
}

func with(m map[string]any, change map[string]any) map[string]any {
	m = maps.Clone(m)
	for k, v := range change {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	return m
}

func TestVerify(t *testing.T) {
	t.Parallel()
	server := newKeyServer(t)
	p := verifier(t, server.URL)
	issuer := server.URL + "/" + poolID
	good := sign(poolKey(), header(), claims(issuer))

	got, err := p.Verify(t.Context(), good, now)
	if err != nil || got.Subject != "subject-1" || !got.ExpiresAt.Equal(now.Add(59*time.Minute)) {
		t.Fatalf("Verify(a good token) = %+v, %v", got, err)
	}
	pemKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(&poolKey().PublicKey))})
	hs256 := func(secret []byte) string {
		text := part(map[string]any{"alg": "HS256", "kid": "pool-key"}) + "." + part(claims(issuer))
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	pieces := strings.Split(good, ".")
	his := map[string]any{"kty": "RSA", "kid": "pool-key", "n": base64.RawURLEncoding.EncodeToString(hisKey().N.Bytes()), "e": "AQAB"}
	for name, token := range map[string]string{
		"nothing":                            "",
		"Bearer null":                        "null",
		"two dots and nothing":               "..",
		"no signature":                       pieces[0] + "." + pieces[1] + ".",
		"an ID token":                        sign(poolKey(), header(), with(claims(issuer), map[string]any{"token_use": "id", "aud": clientID, "client_id": nil})),
		"an ID token with a client_id":       sign(poolKey(), header(), with(claims(issuer), map[string]any{"token_use": "id"})),
		"no token_use":                       sign(poolKey(), header(), with(claims(issuer), map[string]any{"token_use": nil})),
		"alg none":                           part(map[string]any{"alg": "none", "kid": "pool-key"}) + "." + pieces[1] + ".",
		"alg none in capitals":               part(map[string]any{"alg": "NONE", "kid": "pool-key"}) + "." + pieces[1] + ".",
		"HS256 with the public key's PEM":    hs256(pemKey),
		"HS256 with the public key's DER":    hs256(must(x509.MarshalPKIXPublicKey(&poolKey().PublicKey))),
		"HS256 with the modulus":             hs256(poolKey().N.Bytes()),
		"RS512":                              sign(poolKey(), map[string]any{"alg": "RS512", "kid": "pool-key"}, claims(issuer)),
		"no kid":                             sign(poolKey(), map[string]any{"alg": "RS256"}, claims(issuer)),
		"an unknown kid":                     sign(hisKey(), map[string]any{"alg": "RS256", "kid": "his-key"}, claims(issuer)),
		"another key under the pool's kid":   sign(hisKey(), header(), claims(issuer)),
		"its own key in the header (jwk)":    sign(hisKey(), map[string]any{"alg": "RS256", "kid": "pool-key", "jwk": his}, claims(issuer)),
		"a key address in the header (jku)":  sign(hisKey(), map[string]any{"alg": "RS256", "kid": "his-key", "jku": "http://127.0.0.1:1/"}, claims(issuer)),
		"a critical header":                  sign(poolKey(), map[string]any{"alg": "RS256", "kid": "pool-key", "crit": []string{"exp"}}, claims(issuer)),
		"another pool's token":               sign(poolKey(), header(), claims(server.URL+"/ca-central-1_Another01")),
		"another issuer":                     sign(poolKey(), header(), claims("https://example.org/"+poolID)),
		"another app client's token":         sign(poolKey(), header(), with(claims(issuer), map[string]any{"client_id": "another"})),
		"expired this second":                sign(poolKey(), header(), with(claims(issuer), map[string]any{"exp": now.Unix()})),
		"no exp":                             sign(poolKey(), header(), with(claims(issuer), map[string]any{"exp": nil})),
		"exp in words":                       sign(poolKey(), header(), with(claims(issuer), map[string]any{"exp": "tomorrow"})),
		"issued tomorrow":                    sign(poolKey(), header(), with(claims(issuer), map[string]any{"iat": now.Unix() + 86400})),
		"no subject":                         sign(poolKey(), header(), with(claims(issuer), map[string]any{"sub": ""})),
		"a machine's token, without user":    sign(poolKey(), header(), with(claims(issuer), map[string]any{"username": nil, "sub": clientID})),
		"other claims under that signature":  pieces[0] + "." + part(with(claims(issuer), map[string]any{"sub": "somebody"})) + "." + pieces[2],
		"a general JSON serialisation":       `{"payload":"` + pieces[1] + `","protected":"` + pieces[0] + `","signature":"` + pieces[2] + `"}`,
		"17 kB":                              good + strings.Repeat("A", 17<<10),
		"a signature with a bit turned over": flip(good),
	} {
		t.Run(name, func(t *testing.T) {
			if c, err := p.Verify(t.Context(), token, now); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
				t.Errorf("Verify() = %+v, %v, want unauthenticated", c, err)
			}
		})
	}
}

func flip(token string) string {
	i := strings.LastIndexByte(token, '.') + 10
	b := []byte(token)
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestVerifyKeys(t *testing.T) {
	t.Parallel()
	server := newKeyServer(t)
	p := verifier(t, server.URL)
	issuer := server.URL + "/" + poolID
	good := sign(poolKey(), header(), claims(issuer))
	later := with(claims(issuer), map[string]any{"exp": now.Add(24 * time.Hour).Unix()})
	turned := sign(hisKey(), map[string]any{"alg": "RS256", "kid": "next-key"}, later)
	wantAsked := func(n int64) {
		t.Helper()
		if got := server.asked.Load(); got != n {
			t.Errorf("the key address was asked %d times, want %d", got, n)
		}
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := p.Verify(t.Context(), good, now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantAsked(1) // at first, by all of them together

	for range 50 {
		if _, err := p.Verify(t.Context(), turned, now.Add(30*time.Second)); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
			t.Fatalf("an unknown key: %v", err)
		}
	}
	wantAsked(1) // not within the minute

	server.set(func() { server.keys["next-key"] = &hisKey().PublicKey })
	if _, err := p.Verify(t.Context(), turned, now.Add(61*time.Second)); err != nil {
		t.Errorf("after the pool's key has turned: %v", err)
	}
	wantAsked(2)

	server.set(func() { server.away = true })
	unknown := sign(hisKey(), map[string]any{"alg": "RS256", "kid": "third"}, later)
	if _, err := p.Verify(t.Context(), unknown, now.Add(10*time.Minute)); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
		t.Errorf("an unknown key during an outage: %v", err)
	}
	wantAsked(3)
	for _, at := range []time.Duration{11 * time.Minute, 8 * time.Hour} {
		if _, err := p.Verify(t.Context(), turned, now.Add(at)); err != nil {
			t.Errorf("a known key %v after the outage began: %v", at, err)
		}
	}
	if raw, err := p.JWKS(t.Context()); err != nil || !strings.Contains(string(raw), "next-key") {
		t.Errorf("JWKS() = %s, %v", raw, err)
	}
}

func TestVerifyKeysNeverRead(t *testing.T) {
	t.Parallel()
	server := newKeyServer(t)
	server.set(func() { server.away = true })
	p := verifier(t, server.URL)
	good := sign(poolKey(), header(), claims(server.URL+"/"+poolID))
	if _, err := p.Verify(t.Context(), good, now); cruddur.KindOf(err) != cruddur.KindUnavailable {
		t.Errorf("Verify() = %v, want unavailable: nobody can say that the token is bad", err)
	}
	server.set(func() { server.away = false })
	if _, err := p.Verify(t.Context(), good, now.Add(61*time.Second)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// A reader that goes away must not end what others wait for.
func TestVerifyCancelled(t *testing.T) {
	t.Parallel()
	server := newKeyServer(t)
	p := verifier(t, server.URL)
	good := sign(poolKey(), header(), claims(server.URL+"/"+poolID))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	p.Verify(gone, good, now)
	if _, err := p.Verify(t.Context(), good, now); err != nil {
		t.Errorf("the next reader: %v", err)
	}
}

func TestVerifyAfterSignOutEverywhere(t *testing.T) {
	t.Parallel()
	server := newKeyServer(t)
	issuer := server.URL + "/" + poolID
	p := verifier(t, server.URL)
	if err := p.SignOutEverywhere(t.Context(), "subject-1", now); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change map[string]any
		ok     bool
	}{
		"issued before":                       {nil, false},
		"refreshed after, signed in before":   {map[string]any{"iat": now.Unix() + 5}, false},
		"signed in after":                     {map[string]any{"iat": now.Unix() + 5, "auth_time": now.Unix() + 5}, true},
		"another member's, issued before":     {map[string]any{"sub": "subject-2"}, true},
		"signed in after, without auth_time":  {map[string]any{"iat": now.Unix() + 5, "auth_time": nil}, true},
		"issued before, without an auth_time": {map[string]any{"auth_time": nil}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.Verify(t.Context(), sign(poolKey(), header(), with(claims(issuer), test.change)), now.Add(10*time.Second))
			if (err == nil) != test.ok {
				t.Errorf("Verify() = %v, want ok %v", err, test.ok)
			}
		})
	}
}
