package local

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"cruddur"
	"cruddur/internal/identity"
)

// claims are the claims of a Cognito access token. origin_jti is the family; tokens are revoked by family.
type claims struct {
	Subject   string `json:"sub"`
	Issuer    string `json:"iss"`
	ClientID  string `json:"client_id"`
	Family    string `json:"origin_jti"`
	TokenUse  string `json:"token_use"`
	Scope     string `json:"scope"`
	AuthTime  int64  `json:"auth_time"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
	ID        string `json:"jti"`
	Username  string `json:"username"`
}

const (
	scope       = "aws.cognito.signin.user.admin"
	useAccess   = "access"
	maxToken    = 4096 // bytes; ours are below 1000
	futureAllow = time.Minute
)

// issue signs an access token and returns it with a refresh token. The caller fetches the key before it uses up
// anything that works only once.
func (p *Provider) issue(key signingKey, f cruddur.TokenFamily, refresh string, now time.Time) (identity.Tokens, error) {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key.private, KeyID: key.id}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return identity.Tokens{}, fmt.Errorf("sign: %w", err)
	}
	subject := f.Account.String()
	access, err := jwt.Signed(signer).Claims(claims{
		Subject:   subject,
		Issuer:    key.issuer,
		ClientID:  p.config.ClientID,
		Family:    f.UUID.String(),
		TokenUse:  useAccess,
		Scope:     scope,
		AuthTime:  f.CreatedAt.Unix(),
		IssuedAt:  now.Unix(),
		ExpiresAt: now.Add(accessLife).Unix(),
		ID:        rand.Text(),
		Username:  subject,
	}).Serialize()
	if err != nil {
		return identity.Tokens{}, fmt.Errorf("sign: %w", err)
	}
	return identity.Tokens{Access: access, Refresh: refresh, ExpiresIn: accessLife, Subject: subject}, nil
}

// Verify implements identity.Provider: it checks the signature here, and with one indexed query whether the family is
// valid and which member it is, so that a revocation takes effect at the next request.
func (p *Provider) Verify(ctx context.Context, access string, now time.Time) (identity.Claims, error) {
	t, err := p.parse(ctx, access, now)
	if err != nil {
		return identity.Claims{}, err
	}
	member, err := p.store.TokenMember(ctx, t.family, t.subject, now)
	if notFound(err) {
		return identity.Claims{}, errToken
	}
	if err != nil {
		return identity.Claims{}, fmt.Errorf("verify: %w", err)
	}
	return identity.Claims{Subject: t.subject, IssuedAt: time.Unix(t.issuedAt, 0).UTC(), ExpiresAt: time.Unix(t.expiresAt, 0).UTC(), Member: &member}, nil
}

// parse checks everything in an access token; only the first request with it computes the signature.
func (p *Provider) parse(ctx context.Context, access string, now time.Time) (signedToken, error) {
	if len(access) > maxToken {
		return signedToken{}, errToken
	}
	hash := sha256.Sum256([]byte(access))
	t, known := p.signed.find(hash)
	if known {
		key, ok, err := p.keys.find(ctx, t.kid)
		if err != nil {
			return t, err
		}
		if !ok || !key.private.PublicKey.Equal(t.key) {
			return t, errToken // an operator has deleted the key
		}
	} else {
		var err error
		if t, err = p.parseSigned(ctx, access); err != nil {
			return t, err
		}
	}
	if now.Unix() >= t.expiresAt || now.Add(futureAllow).Unix() < t.issuedAt {
		return t, errToken
	}
	if !known {
		p.signed.keep(hash, t, now)
	}
	return t, nil
}

// parseSigned checks the signature and every claim but the times. The algorithm is fixed, never taken from the token.
func (p *Provider) parseSigned(ctx context.Context, access string) (t signedToken, err error) {
	token, err := jwt.ParseSigned(access, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(token.Headers) != 1 || token.Headers[0].KeyID == "" {
		return t, errToken.Wrap(err)
	}
	key, ok, err := p.keys.find(ctx, token.Headers[0].KeyID)
	if err != nil {
		return t, err
	}
	if !ok {
		return t, errToken
	}
	var c claims
	if err := token.Claims(&key.private.PublicKey, &c); err != nil {
		return t, errToken.Wrap(err)
	}
	ours, err := p.keys.accepts(ctx, c.Issuer, time.Unix(c.IssuedAt, 0))
	if err != nil {
		return t, err
	}
	family, err := cruddur.ParseUUID(c.Family)
	_, bad := cruddur.ParseUUID(c.Subject)
	if err != nil || bad != nil || !ours || c.ClientID != p.config.ClientID || c.TokenUse != useAccess {
		return t, errToken
	}
	public := key.private.PublicKey // a copy, or the cached token would keep the private key in memory too
	return signedToken{key.id, &public, c.Subject, family, c.IssuedAt, c.ExpiresAt}, nil
}

// Refresh implements identity.Provider.
func (p *Provider) Refresh(ctx context.Context, refresh string, now time.Time) (identity.Tokens, error) {
	old, ok := identity.HashToken(refresh)
	if !ok {
		return identity.Tokens{}, errToken
	}
	key, err := p.keys.signer(ctx, now)
	if err != nil {
		return identity.Tokens{}, fmt.Errorf("refresh: %w", err)
	}
	next, nextHash := identity.NewToken()
	f, err := p.store.RotateToken(ctx, old, nextHash, now)
	if notFound(err) {
		// The token is unknown, expired or used; if it was used, somebody else has it too.
		if ended, err := p.store.EndFamily(ctx, old); err != nil {
			return identity.Tokens{}, fmt.Errorf("end the family: %w", err)
		} else if ended {
			p.log.WarnContext(ctx, "a refresh token was used twice or too late: its family is ended")
		}
		return identity.Tokens{}, errToken.Wrap(err)
	}
	if err != nil {
		return identity.Tokens{}, fmt.Errorf("refresh: %w", err)
	}
	return p.issue(key, f, next, now)
}

// SignOut implements identity.Provider.
func (p *Provider) SignOut(ctx context.Context, refresh string, _ time.Time) error {
	hash, ok := identity.HashToken(refresh)
	if !ok {
		return nil
	}
	_, err := p.store.EndFamily(ctx, hash)
	return err
}

// SignOutEverywhere implements identity.Provider.
func (p *Provider) SignOutEverywhere(ctx context.Context, subject string, _ time.Time) error {
	account, err := cruddur.ParseUUID(subject)
	if err != nil {
		return nil // not one of our accounts
	}
	return p.store.EndTokens(ctx, account)
}

// JWKS implements identity.Provider.
func (p *Provider) JWKS(ctx context.Context) ([]byte, error) {
	if err := p.keys.refresh(ctx, keysFresh); err != nil {
		return nil, err
	}
	return json.Marshal(p.keys.all())
}
