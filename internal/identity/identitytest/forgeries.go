package identitytest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// forgeries tries tokens that can be forged from a valid token and the public keys.
func forgeries(t *testing.T, s *suite) {
	u := s.member(t)
	good := s.signIn(t, u.Email, u.Password)
	if _, err := s.Provider.Verify(t.Context(), good.Access, s.Now()); err != nil {
		t.Fatal(err)
	}
	head, payload, signature := parts(t, good.Access)
	kid, _ := head["kid"].(string)
	raw, err := s.Provider.JWKS(t.Context())
	s.must(t, err)
	var set jose.JSONWebKeySet
	s.must(t, json.Unmarshal(raw, &set))
	keys := set.Key(kid)
	if kid == "" || len(keys) != 1 || !keys[0].IsPublic() {
		t.Fatalf("the key set has %d keys with the kid %q of the token, want one public key", len(keys), kid)
	}
	public, err := x509.MarshalPKIXPublicKey(keys[0].Key)
	s.must(t, err)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	s.must(t, err)
	for name, token := range map[string]string{
		"empty":                        "",
		"null":                         "null",
		"two dots":                     "..",
		"a megabyte":                   strings.Repeat("a", 1<<20),
		"without signature":            strings.Join(strings.Split(good.Access, ".")[:2], ".") + ".",
		"a changed signature":          flip(good.Access),
		"a changed payload":            encode(t, head) + "." + encode(t, with(payload, "sub", "somebody-else")) + "." + signature,
		"alg none":                     encode(t, map[string]any{"alg": "none", "kid": kid}) + "." + encode(t, payload) + ".",
		"alg NONE with a signature":    encode(t, map[string]any{"alg": "NONE", "kid": kid}) + "." + encode(t, payload) + "." + signature,
		"HS256 by the public key":      sign(t, jose.HS256, publicPEM, kid, payload),
		"HS256 by the public key, DER": sign(t, jose.HS256, public, kid, payload),
		"a stranger's key":             sign(t, jose.RS256, stranger, kid, payload),
		"a stranger's key, no kid":     sign(t, jose.RS256, stranger, "", payload),
		"an unknown kid":               sign(t, jose.RS256, stranger, "unknown", payload),
		"PS256 by a stranger":          sign(t, jose.PS256, stranger, kid, payload),
		"a stranger's embedded key":    embedded(t, stranger, kid, payload),
		"no kid":                       encode(t, map[string]any{"alg": "RS256"}) + "." + encode(t, payload) + "." + signature,
		"the refresh token":            good.Refresh,
	} {
		_, err := s.Provider.Verify(t.Context(), token, s.Now())
		want(t, "Verify() of "+name, err, "unauthenticated")
	}
	_, err = s.Provider.Verify(t.Context(), good.Access, s.Now().Add(good.ExpiresIn+2*time.Minute))
	want(t, "Verify() after the expiry", err, "unauthenticated")
}

func parts(t testing.TB, token string) (head, payload map[string]any, signature string) {
	t.Helper()
	p := strings.Split(token, ".")
	if len(p) != 3 {
		t.Fatalf("the access token has %d parts, want 3", len(p))
	}
	for i, to := range []*map[string]any{&head, &payload} {
		b, err := base64.RawURLEncoding.DecodeString(p[i])
		if err == nil {
			err = json.Unmarshal(b, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return head, payload, p[2]
}

func encode(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func with(m map[string]any, key string, value any) map[string]any {
	out := map[string]any{key: value}
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// flip changes a bit in the middle of the signature.
func flip(token string) string {
	b := []byte(token)
	i := len(b) - 20
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, kid string, payload map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	return serialize(t, jose.SigningKey{Algorithm: alg, Key: key}, options, payload)
}

func embedded(t testing.TB, key *rsa.PrivateKey, kid string, payload map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType("JWT")
	return serialize(t, jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, options, payload)
}

func serialize(t testing.TB, key jose.SigningKey, options *jose.SignerOptions, payload map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(b)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
