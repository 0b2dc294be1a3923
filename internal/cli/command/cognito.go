package command

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"cruddur/internal/identity"
	"cruddur/internal/identity/cognito"
	"cruddur/internal/lang"
	"cruddur/internal/mail"
	"cruddur/internal/postgres"
)

// UsesCognito reports whether the accounts are in a Cognito user pool.
func (p *Program) UsesCognito() (bool, error) {
	pool, err := p.Config.Text("AWS_COGNITO_USER_POOL_ID")
	return pool != "", err
}

// CognitoIdentity returns the identity provider for the user pool that the options name. mailer may be nil;
// site is the server's address as mails show it.
func (p *Program) CognitoIdentity(ctx context.Context, db *postgres.DB, mailer mail.Mailer, log *slog.Logger, site string) (*cognito.Provider, error) {
	c := cognito.Config{Store: db, Cutoffs: db, Sessions: identity.NewSessions(db), Log: log, Recheck: 5 * time.Minute}
	for env, to := range map[string]*string{
		"AWS_COGNITO_USER_POOL_ID": &c.PoolID, "AWS_COGNITO_USER_POOL_CLIENT_ID": &c.ClientID, "AWS_COGNITO_USER_POOL_CLIENT_SECRET": &c.ClientSecret,
		"AWS_DEFAULT_REGION": &c.Region, "CRUDDUR_COGNITO_ENDPOINT": &c.Endpoint,
	} {
		var err error
		if *to, err = p.Config.Text(env); err != nil {
			return nil, err
		}
	}
	if c.ClientID == "" {
		return nil, Exit(ExitUsage, errors.New("AWS_COGNITO_USER_POOL_ID needs AWS_COGNITO_USER_POOL_CLIENT_ID, the pool's app client"))
	}
	if mailer != nil {
		c.AlreadyMember = func(ctx context.Context, email string, now time.Time) error {
			return mailer.Send(ctx, mail.AlreadyMember(lang.From(ctx), email, site, now))
		}
	}
	var err error
	if c.Credentials, err = p.cognitoCredentials(ctx, &c); err != nil {
		return nil, err
	}
	if c.Credentials == nil {
		log.Info("no AWS credentials: signing out everywhere does not revoke Cognito's own refresh tokens, and cruddur user sync cannot list the pool")
	}
	provider, err := cognito.New(c)
	if err != nil {
		return nil, Exit(ExitUsage, err)
	}
	return provider, nil
}

// cognitoCredentials returns the server's own AWS credentials, or nil if it has none. An emulator accepts
// any.
func (p *Program) cognitoCredentials(ctx context.Context, c *cognito.Config) (aws.CredentialsProvider, error) {
	if c.Endpoint != "" && p.Getenv("AWS_ACCESS_KEY_ID") == "" {
		return credentials.NewStaticCredentialsProvider("local", "local", ""), nil
	}
	region := c.Region
	if region == "" {
		region, _, _ = strings.Cut(c.PoolID, "_")
	}
	cfg, err := p.AWSConfig(ctx, region, "")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // outside AWS the metadata service, where a role's credentials would be, does not answer
	defer cancel()
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, nil // no credentials is a valid answer
	}
	return cfg.Credentials, nil
}
