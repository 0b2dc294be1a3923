// Package local keeps accounts in this database: argon2id passwords, six-digit codes by mail, access tokens signed by
// its own key, with the claims of Amazon Cognito's. It must not use pages or routes, nor limit requests:
// identity.Allow does that.
package local

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/mail"
)

// Lifetimes.
const (
	signUpLife  = 24 * time.Hour
	codeLife    = 10 * time.Minute
	accessLife  = time.Hour
	refreshLife = 30 * 24 * time.Hour // since the last use; the total limit of 90 days is in sql/tokens/touch.sql
	keyLife     = 30 * 24 * time.Hour // after this the next key signs
)

// upsertUser is the type of postgres.UpsertUser, written out because this package does not import postgres.
type upsertUser = func(ctx context.Context, u cruddur.User, now time.Time) (cruddur.User, error)

// insertMember stores the member of a new account with upsert.
type insertMember = func(ctx context.Context, upsert upsertUser, account cruddur.UUID, s cruddur.PendingSignUp) error

// Store is the part of the database that the provider needs; *postgres.DB implements it. KindNotFound means that a
// row does not exist, or no longer matches.
type Store interface {
	HandleTaken(ctx context.Context, handle string) (bool, error)

	Admit(ctx context.Context, email string, tokenHash []byte, now time.Time) (invitation cruddur.UUID, err error)
	BeginSignUp(ctx context.Context, s cruddur.PendingSignUp, now time.Time) (taken bool, err error)
	WaitingSignUps(ctx context.Context, email string, now time.Time) ([]cruddur.PendingSignUp, error)
	TrySignUp(ctx context.Context, email string, now time.Time) ([]cruddur.UUID, error)
	NewSignUpCode(ctx context.Context, id cruddur.UUID, codeHash []byte, expiresAt time.Time) error
	ConfirmSignUp(ctx context.Context, id cruddur.UUID, admit bool, now time.Time, insert insertMember) error
	CreateAccount(ctx context.Context, s cruddur.PendingSignUp, now time.Time, insert insertMember) error

	Credentials(ctx context.Context, email string, now time.Time) (cruddur.Credentials, error)
	CountAttempt(ctx context.Context, addressHash []byte, now time.Time) (locked time.Duration, err error)
	ClearAttempts(ctx context.Context, addressHash []byte) error
	Rehash(ctx context.Context, account cruddur.UUID, old, hash string) error
	ChangePassword(ctx context.Context, account cruddur.UUID, old, hash string, now time.Time) error
	BeginRecovery(ctx context.Context, email string, addressHash, codeHash []byte, expiresAt, now time.Time) (cruddur.UUID, string, error)
	TryRecovery(ctx context.Context, addressHash []byte, now time.Time) (cruddur.Recovery, error)
	Recover(ctx context.Context, addressHash, codeHash []byte, hash string, now time.Time) (email string, err error)
	DeleteAccount(ctx context.Context, account cruddur.UUID) error

	BeginTokens(ctx context.Context, account cruddur.UUID, passwordHash string, tokenHash []byte, expiresAt, now time.Time) (cruddur.TokenFamily, error)
	RotateToken(ctx context.Context, old, next []byte, now time.Time) (cruddur.TokenFamily, error)
	EndFamily(ctx context.Context, tokenHash []byte) (bool, error)
	EndTokens(ctx context.Context, account cruddur.UUID) error
	TokenMember(ctx context.Context, family cruddur.UUID, subject string, now time.Time) (cruddur.User, error)
	SigningKeys(ctx context.Context) ([]cruddur.SigningKey, error)
	EnsureSigningKey(ctx context.Context, since, now time.Time, generate func() (cruddur.SigningKey, error)) ([]cruddur.SigningKey, error)
	DropOtherSigningKeys(ctx context.Context, kid string) (int64, error)
}

// Config configures a Provider. Store, Mailer and Issuer are required.
type Config struct {
	Store    Store
	Mailer   mail.Mailer
	Log      *slog.Logger
	Issuer   string        // this server's address, without a slash at the end: iss of the access tokens, unless Issuers has another
	Named    bool          // an operator has configured Issuer, so it becomes the installation's
	Issuers  Issuers       // the issuer names that all servers of the installation share; nil: only Issuer
	Site     string        // address of the pages, for the mails; default: Issuer
	ClientID string        // client_id of the access tokens; default "cruddur"
	HashWait time.Duration // maximum time that a request may wait to hash a password; default 3 s
	Cheap    bool          // for tests only: passwords are hashed at a fraction of the cost, and hardly protected
}

// Provider is the identity.Provider of this database.
type Provider struct {
	store  Store
	queue  *mail.Queue
	log    *slog.Logger
	config Config
	hasher *hasher
	keys   *keyring
	signed signedTokens
}

var (
	_ identity.Provider    = (*Provider)(nil)
	_ identity.SameBrowser = (*Provider)(nil)
)

// New returns a provider; it does not query the database yet. Close ends its background work.
func New(c Config) (*Provider, error) {
	if c.Store == nil || c.Mailer == nil || c.Issuer == "" {
		return nil, errors.New("identity/local: a store, a mailer and an issuer must be given")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Issuer = strings.TrimSuffix(c.Issuer, "/")
	if c.Site == "" {
		c.Site = c.Issuer
	}
	if c.ClientID == "" {
		c.ClientID = "cruddur"
	}
	if c.HashWait == 0 {
		c.HashWait = 3 * time.Second
	}
	p := &Provider{
		store:  c.Store,
		queue:  mail.NewQueue(c.Mailer, c.Log),
		log:    c.Log,
		config: c,
		hasher: newHasher(2*runtime.GOMAXPROCS(0), c.HashWait),
		keys:   &keyring{store: c.Store, issuers: c.Issuers, own: c.Issuer, named: c.Named, log: c.Log},
	}
	if c.Cheap {
		p.hasher.cost = cheap
	}
	return p, nil
}

// Close sends the queued mails, until ctx ends.
func (p *Provider) Close(ctx context.Context) error {
	return p.queue.Close(ctx)
}
