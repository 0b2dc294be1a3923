package rds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Credentials provides the password for each new connection.
//
// Password is called for every connection that is opened. Refresh is called after the server has refused it (SQLSTATE
// 28P01 or 28000): if it returns nil, the connection should be opened again. Both are safe for concurrent use.
type Credentials interface {
	Password(ctx context.Context, host string, port uint16, user string) (string, error)
	Refresh(ctx context.Context) error
}

// Credentials returns the credentials for the target, or nil if its password is in the URL.
func (c *Client) Credentials(t *Target) Credentials {
	switch {
	case t.IAM:
		return &tokens{cfg: c.cfg, region: t.Region}
	case t.Secret != "":
		return &secret{client: c.secrets, id: t.Secret, settle: settle}
	}
	return nil
}

// tokens signs a token for each connection. A token is a signed request that is valid for fifteen minutes; signing is
// a local computation, so tokens are not cached. The region of the database may differ from that of the
// configuration.
type tokens struct {
	cfg    aws.Config
	region string
}

func (t *tokens) Password(ctx context.Context, host string, port uint16, user string) (string, error) {
	token, err := auth.BuildAuthToken(ctx, fmt.Sprintf("%s:%d", host, port), t.region, user, t.cfg.Credentials)
	if err != nil {
		return "", explain("sign a token for "+user, err)
	}
	return token, nil
}

// Refresh cannot help: the next connection gets a new token anyway, so the server's refusal is
// about something else (rds_iam is not granted, the policy lacks rds-db:connect).
func (t *tokens) Refresh(context.Context) error {
	if cache, ok := t.cfg.Credentials.(*aws.CredentialsCache); ok {
		cache.Invalidate() // expired role credentials sign tokens that are refused
		return nil
	}
	return errors.New("the server refuses IAM tokens of this user: GRANT rds_iam TO it, and allow rds-db:connect (cruddur rds policy connect)")
}

// secret is a password in Secrets Manager that is rotated. It is read once and cached, and read again after a
// refusal: a rotation changes the database first and marks the new version as current a moment later, so in between
// the right password is the pending one.
type secret struct {
	client *secretsmanager.Client
	id     string
	settle time.Duration

	mu        sync.Mutex
	user      string
	password  string // the password for connections; "" until it was read
	before    string // the current password, which the pending one replaced
	pendingAt time.Time
	readAt    time.Time
}

// settle is how long an accepted pending password is kept despite refusals: connections that began with the previous
// password are refused after the switch. It is shorter than the 3 s for which a refused connection is retried, so
// that a wrong pending password, left by a failed rotation, does no harm either.
const settle = 2 * time.Second

func (s *secret) Password(ctx context.Context, _ string, _ uint16, user string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.password == "" {
		name, password, err := s.read(ctx, "AWSCURRENT")
		if err != nil {
			return "", err
		}
		s.user, s.password = name, password
	}
	if s.user != "" && s.user != user {
		return "", fmt.Errorf("the secret is that of the database user %s, the connection URL names %s", s.user, user)
	}
	return s.password, nil
}

// Refresh reads the secret again and, if it is still the refused one, the pending version. It does not know which
// password was refused: see settle. The user name must not change: a rotation that alternates between two users is
// refused.
func (s *secret) Refresh(ctx context.Context) error {
	asked := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readAt.After(asked) {
		return nil // another connection has read it while this one waited: one call serves a whole pool
	}
	name, password, err := s.read(ctx, "AWSCURRENT")
	if err != nil {
		return err
	}
	switch {
	case password == s.password:
		if n, p, err := s.read(ctx, "AWSPENDING"); err == nil {
			s.before, s.pendingAt = password, time.Now()
			name, password = n, p
		}
	case password == s.before && time.Since(s.pendingAt) < s.settle:
		name, password = s.user, s.password
	}
	s.user, s.password, s.readAt = name, password, time.Now()
	return nil
}

func (s *secret) read(ctx context.Context, stage string) (user, password string, err error) {
	out, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.id, VersionStage: &stage})
	if err != nil {
		return "", "", explain("read the database's secret", err)
	}
	text := aws.ToString(out.SecretString)
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		if text == "" {
			return "", "", errors.New("the database's secret holds no text")
		}
		return "", text, nil
	}
	var v struct{ Username, Password string }
	if json.Unmarshal([]byte(text), &v) != nil || v.Password == "" {
		return "", "", errors.New("the database's secret has no password in it")
	}
	return v.Username, v.Password, nil
}
