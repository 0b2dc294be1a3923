package cognito

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cruddur/internal/identity"
)

// accessClaims are the claims of an access token that Verify uses: "Understanding the access token" in Cognito's
// developer guide.
type accessClaims struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	TokenUse  string `json:"token_use"`
	ClientID  string `json:"client_id"`
	Username  string `json:"username"`
	IssuedAt  int64  `json:"iat"`
	AuthTime  int64  `json:"auth_time"` // time of the sign-in; a refresh does not change it
	ExpiresAt int64  `json:"exp"`
	NotBefore int64  `json:"nbf"`
	Family    string `json:"origin_jti"` // the same in every token of one sign-in; "" without token revocation
}

// maxToken is the maximum length of a token, in bytes; Cognito's access tokens have about 1,000 bytes, more with
// groups.
const maxToken = 16 << 10

// clockSkew is how far this machine's clock may be behind Cognito's.
const clockSkew = 2 * time.Minute

// Verify implements identity.Provider. Only RS256 with a key of the pool is accepted, so "none", and HS256 with the
// public key as the secret, are refused because of their header.
func (p *Provider) Verify(ctx context.Context, access string, now time.Time) (identity.Claims, error) {
	if access == "" || len(access) > maxToken {
		return identity.Claims{}, errToken
	}
	jws, err := jose.ParseSignedCompact(access, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return identity.Claims{}, errToken.Wrap(err)
	}
	kid := jws.Signatures[0].Protected.KeyID
	if kid == "" {
		return identity.Claims{}, errToken.Wrap(errors.New("the token names no key"))
	}
	key, err := p.keys.key(ctx, kid, now)
	if err != nil {
		return identity.Claims{}, err
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return identity.Claims{}, errToken.Wrap(err)
	}
	var c accessClaims
	if err := json.Unmarshal(payload, &c); err != nil {
		return identity.Claims{}, errToken.Wrap(err)
	}
	if err := p.check(&c, now); err != nil {
		return identity.Claims{}, errToken.Wrap(err)
	}
	after, member, err := p.c.Cutoffs.CutoffOf(ctx, c.Subject, family(c.Family))
	if err != nil {
		return identity.Claims{}, fmt.Errorf("verify: %w", err)
	}
	if member != nil && member.Suspended {
		return identity.Claims{}, errToken.Wrap(errSuspended)
	}
	// Cognito's times are whole seconds: a token from the second of the sign-out counts as older.
	if !after.IsZero() && (!time.Unix(c.IssuedAt, 0).After(after) || c.AuthTime != 0 && !time.Unix(c.AuthTime, 0).After(after)) {
		return identity.Claims{}, errToken.Wrap(errors.New("signed out since"))
	}
	p.recheck(ctx, access, &c, now)
	return identity.Claims{
		Subject: c.Subject, IssuedAt: time.Unix(c.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(c.ExpiresAt, 0).UTC(), Member: member,
	}, nil
}

// check compares a signed token's claims with those of an access token of this pool and app client.
func (p *Provider) check(c *accessClaims, now time.Time) error {
	switch {
	case c.Issuer != p.issuer:
		return fmt.Errorf("the token was issued by %.100q", c.Issuer)
	case c.TokenUse != "access":
		return fmt.Errorf("the token is for %.20q", c.TokenUse)
	case c.ClientID != p.c.ClientID:
		return fmt.Errorf("the token is of the app client %.60q", c.ClientID)
	case c.Subject == "" || len(c.Subject) > 128 || len(c.Family) > 128 || c.Username == "":
		return errors.New("the token has no user") // a token from the client credentials grant has no user
	case now.Unix() >= c.ExpiresAt:
		return errors.New("the token has expired")
	case time.Unix(c.IssuedAt, 0).After(now.Add(clockSkew)) || time.Unix(c.NotBefore, 0).After(now.Add(clockSkew)):
		return errors.New("the token is from the future")
	}
	return nil
}

// unverified reads a token's claims without checking it.
func unverified(token string) (accessClaims, error) {
	var c accessClaims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errors.New("not a JSON web token")
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, err
	}
	if c.Subject == "" {
		return c, errors.New("a token without a subject")
	}
	return c, nil
}
