// Package cognito is the identity.Provider that delegates to an Amazon Cognito user pool. It verifies access tokens
// itself, with the pool's public keys. It must not use pages, routes or SQL, and it must not call Cognito while a
// request is being verified.
package cognito

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/postconfirm"
)

// Store is the part of the database that the provider needs.
type Store interface {
	postconfirm.Store
	UserBySubject(ctx context.Context, subject string) (cruddur.User, error)
	EmailVerified(ctx context.Context, subject string) (bool, error)
	FindMember(ctx context.Context, address string, now time.Time) (cruddur.Member, error)
	HandleTaken(ctx context.Context, handle string) (bool, error)
	DeleteUser(ctx context.Context, id cruddur.UUID) error
	Admit(ctx context.Context, email string, tokenHash []byte, now time.Time) (invitation cruddur.UUID, err error)
	UseInvitation(ctx context.Context, id cruddur.UUID, back bool) error
}

// Sessions ends the browser sessions of a member; identity.Sessions implements it.
type Sessions interface {
	EndAll(ctx context.Context, user, except cruddur.UUID) error
}

// Config configures the user pool and its use.
type Config struct {
	PoolID       string // such as ca-central-1_AbCdEfGhI
	ClientID     string
	ClientSecret string // of a confidential app client, else ""
	Region       string // default: the part of PoolID before the _
	// Endpoint, if set, is an emulator's URL; the issuer and the address of the keys are derived from it.
	Endpoint string
	// Credentials sign the operations that need IAM: reading a member by subject, signing out
	// everywhere, listing users. Without them the rest works.
	Credentials aws.CredentialsProvider

	Store    Store
	Sessions Sessions // may be nil: then no sessions are ended
	Cutoffs  Cutoffs  // those of the database; default: in this process only, where other servers cannot end a token
	// Recheck is how often Cognito is asked, in the background, whether a sign-in is still valid; 0 means never.
	Recheck time.Duration
	// AlreadyMember, if set, notifies the owner of an address that somebody tried to sign up with it.
	AlreadyMember func(ctx context.Context, email string, now time.Time) error
	Log           *slog.Logger
	HTTP          *http.Client // default: one with a timeout of 5 s
}

// callTimeout is the time limit for one operation with all its retries; a browser waits for it.
const callTimeout = 8 * time.Second

// Provider is an Amazon Cognito user pool.
type Provider struct {
	c        Config
	public   *idp.Client // operations that need only the app client's id
	admin    *idp.Client // operations that need IAM permissions, or nil
	issuer   string
	keys     *keySet
	rechecks *rechecks
	after    sync.WaitGroup // background work after answers
}

var _ identity.Provider = (*Provider)(nil)

// New returns a Provider. It makes no calls: the first use notices a pool that cannot be reached.
func New(c Config) (*Provider, error) {
	region, _, ok := strings.Cut(c.PoolID, "_")
	if !ok || c.ClientID == "" {
		return nil, cruddur.Errorf(cruddur.KindInvalid, "a Cognito user pool's id looks like ca-central-1_AbCdEfGhI and needs an app client's id: got %q and %q", c.PoolID, c.ClientID)
	}
	if c.Region == "" || c.Endpoint == "" {
		if c.Region != "" && c.Region != region {
			return nil, cruddur.Errorf(cruddur.KindInvalid, "the user pool %s is not in the region %s", c.PoolID, c.Region)
		}
		c.Region = region
	}
	if c.Store == nil {
		return nil, errors.New("cognito: a Store is needed")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: 5 * time.Second}
	}
	if c.Cutoffs == nil {
		c.Cutoffs = newMemoryCutoffs()
	}
	p := &Provider{c: c, issuer: issuerOf(c.Endpoint, c.Region, c.PoolID)}
	p.public = p.client(aws.AnonymousCredentials{})
	if c.Credentials != nil {
		p.admin = p.client(c.Credentials)
	}
	p.rechecks = newRechecks(c.Recheck)
	p.keys = newKeySet(p.issuer+"/.well-known/jwks.json", c.HTTP, c.Log)
	return p, nil
}

func (p *Provider) client(credentials aws.CredentialsProvider) *idp.Client {
	retryer := retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(accountLimit)}, o.Retryables...)
	})
	o := idp.Options{Region: p.c.Region, Credentials: credentials, HTTPClient: p.c.HTTP, Retryer: retryer}
	if p.c.Endpoint != "" {
		o.BaseEndpoint = aws.String(p.c.Endpoint)
	}
	return idp.New(o)
}

// accountLimit keeps the SDK from retrying when an account's own limit is reached: retries are useless, and the delay
// would reveal that the account exists.
func accountLimit(err error) aws.Ternary {
	if hasCode(err, "LimitExceededException", "TooManyFailedAttemptsException") {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// issuerOf is the iss claim of a pool's tokens: see "Verifying JSON web tokens" in Cognito's developer
// guide. China's regions have a domain of their own.
func issuerOf(endpoint, region, pool string) string {
	if endpoint != "" {
		return strings.TrimRight(endpoint, "/") + "/" + pool
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	return fmt.Sprintf("https://cognito-idp.%s.%s/%s", region, domain, pool)
}

// Wait returns when all background work is done; a server calls it when it stops.
func (p *Provider) Wait() { p.after.Wait() }

// JWKS implements identity.Provider: the pool's own key set.
func (p *Provider) JWKS(ctx context.Context) ([]byte, error) { return p.keys.json(ctx) }
