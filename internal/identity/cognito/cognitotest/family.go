package cognitotest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// families are the origin_jti of refresh tokens. Cognito puts it into every access token of one sign-in if token
// revocation is on, which is the default; cognito-local does not, so the double adds it and signs the token again
// with the emulator's own key.
type families struct {
	mu  sync.Mutex
	of  map[string]string
	key *rsa.PrivateKey
}

// load reads the key that cognito-local signs with; it is the same in every installation.
func (f *families) load(home string) error {
	b, err := os.ReadFile(filepath.Join(home, "node_modules", "cognito-local", "lib", "keys", "cognitoLocal.private.json"))
	if err != nil {
		return err
	}
	var file struct{ JWK jose.JSONWebKey }
	if err := json.Unmarshal(b, &file); err != nil {
		return err
	}
	f.of = map[string]string{}
	f.key, _ = file.JWK.Key.(*rsa.PrivateKey)
	return nil
}

// addFamily adds origin_jti to the access token of an answer. refresh is the token that was exchanged
// for it, or "".
func (p *Pool) addFamily(out map[string]any, refresh string) {
	result, ok := out["AuthenticationResult"].(map[string]any)
	if !ok {
		return
	}
	f := &p.families
	f.mu.Lock()
	defer f.mu.Unlock()
	family := f.of[refresh]
	if family == "" {
		family = rand.Text()
	}
	if given, ok := result["RefreshToken"].(string); ok && given != "" {
		f.of[given] = family
	}
	if access, ok := result["AccessToken"].(string); ok {
		if signed, err := f.sign(access, family); err == nil {
			result["AccessToken"] = signed
		}
	}
}

func (f *families) sign(access, family string) (string, error) {
	parts := strings.Split(access, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	claims["origin_jti"], _ = json.Marshal(family)
	changed, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: f.key, KeyID: "CognitoLocal"}}, nil)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(changed)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
