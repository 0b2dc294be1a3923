package command

import (
	"context"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
	"cruddur/internal/rds"
)

// OnRDS configures a connection as its URL asks of Amazon RDS: a password for each new connection, and the CA
// certificates of RDS to trust. A URL without such parameters stays as it is, and AWS is not called.
func (p *Program) OnRDS(ctx context.Context, c *postgres.Config) error {
	target, credentials, err := p.rdsTarget(ctx, c.URL)
	if err != nil {
		return err
	}
	c.URL = target.URL
	if credentials != nil {
		c.Password, c.Refused = credentials.Password, credentials.Refresh
	}
	return nil
}

// rdsTarget removes this tool's parameters from a URL; credentials is nil if the URL has none of them.
func (p *Program) rdsTarget(ctx context.Context, raw string) (*rds.Target, rds.Credentials, error) {
	target, err := rds.ParseURL(raw)
	if err != nil {
		return nil, nil, err
	}
	if target.NeedsBundle() {
		path, err := p.rdsBundle()
		if err != nil {
			return nil, nil, err
		}
		target.URL += "&sslrootcert=" + url.QueryEscape(path) // the URL has a sslmode parameter before it
	}
	if !target.IAM && target.Secret == "" {
		return target, nil, nil
	}
	cfg, err := p.AWSConfig(ctx, target.Region, "")
	if err != nil {
		return nil, nil, err
	}
	return target, rds.New(cfg).Credentials(target), nil
}

// rdsBundle writes the CA certificates of RDS into the data folder. If that is not writable, it uses a new
// temporary folder with an unpredictable name.
func (p *Program) rdsBundle() (string, error) {
	dir, err := p.Config.Text("CRUDDUR_DATA_DIR")
	if err != nil {
		return "", err
	}
	if dir == "" {
		dir = pgserver.DefaultDir(p.Getenv)
	}
	if dir != "" {
		if path, err := rds.WriteBundle(dir); err == nil {
			return path, nil
		}
	}
	if dir, err = os.MkdirTemp("", "cruddur-ca-"); err != nil {
		return "", err
	}
	return rds.WriteBundle(dir)
}

// ResolveRDS is for programs that take a whole URL, such as psql: it puts a current password into the URL.
// The password stays in this process; those programs get it through PGPASSWORD.
func (p *Program) ResolveRDS(ctx context.Context, raw string) (string, error) {
	target, credentials, err := p.rdsTarget(ctx, raw)
	if err != nil || credentials == nil {
		if err == nil {
			raw = target.URL
		}
		return raw, err
	}
	u, err := url.Parse(target.URL)
	if err != nil {
		return "", err
	}
	port, _ := strconv.ParseUint(u.Port(), 10, 16)
	if port == 0 {
		port = 5432
	}
	password, err := credentials.Password(ctx, u.Hostname(), uint16(port), target.User)
	if err != nil {
		return "", err
	}
	u.User = url.UserPassword(target.User, password)
	u.Host = net.JoinHostPort(u.Hostname(), strconv.FormatUint(port, 10))
	return u.String(), nil
}

// WithoutRDS returns a URL without this tool's parameters, for comparisons.
func WithoutRDS(raw string) string {
	if target, err := rds.ParseURL(raw); err == nil {
		return target.URL
	}
	return strings.TrimSpace(raw)
}
