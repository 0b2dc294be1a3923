package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"cruddur/internal/certificate"
	"cruddur/internal/cli/command"
)

// acmeOptions say where the certificate of the domain comes from.
type acmeOptions struct{ email, directory, root string }

// applyDomain sets what follows from the domain: the addresses to listen on, and the URLs, unless they are given.
func (p *program) applyDomain(o *serveOptions) (err error) {
	if o.domain == "" {
		o.httpListen = ""
		return nil
	}
	if o.tlsCert != "" {
		return command.Exit(command.ExitUsage, errors.New("CRUDDUR_DOMAIN and CRUDDUR_TLS_CERT exclude each other: with a domain, serve gets the certificate by itself"))
	}
	if o.domain, err = certificate.ParseDomain(o.domain); err != nil {
		return err
	}
	if _, source, _ := p.Config.Get("CRUDDUR_LISTEN"); source == "default" {
		o.listen = ":443"
	}
	if o.httpListen == "off" {
		o.httpListen = ""
	}
	if o.backendURL == "" {
		o.backendURL = "https://" + o.domain
	}
	if !strings.HasPrefix(o.backendURL, "https://") { // port 80 leads there, and would lead to itself
		return command.Exit(command.ExitUsage, fmt.Errorf("BACKEND_URL: %q: with CRUDDUR_DOMAIN it must begin with https://; leave it out, and it follows from the domain", o.backendURL))
	}
	if o.frontendURL == "" {
		o.frontendURL = o.site()
	}
	return nil
}

// keeper returns what keeps the certificate of the domain, or nil without a domain.
func (p *program) keeper(o serveOptions, log *slog.Logger) (*certificate.Keeper, error) {
	if o.domain == "" {
		return nil, nil
	}
	var roots *x509.CertPool
	if o.acme.root != "" {
		b, err := os.ReadFile(o.acme.root)
		if err != nil {
			return nil, command.Exit(command.ExitUsage, fmt.Errorf("CRUDDUR_ACME_ROOT: %w", err))
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(b) {
			return nil, command.Exit(command.ExitUsage, fmt.Errorf("CRUDDUR_ACME_ROOT: there is no certificate in PEM in %s", o.acme.root))
		}
	}
	return certificate.New(certificate.Config{
		Domain: o.domain, Email: o.acme.email, Directory: o.acme.directory, Roots: roots, Agent: "cruddur/" + p.Version, Log: log,
	}), nil
}

// keepCertificate gets and renews the certificate of the domain until ctx ends. Servers of one database share it
// there; a server with a private database keeps it beside the data, which no dump holds.
func (s *service) keepCertificate(ctx context.Context) error {
	if s.keeper == nil {
		return nil
	}
	var store certificate.Store = s.db.CertificateStore()
	if dir := s.db.Dir(); dir != "" {
		folder, err := certificate.OpenFolder(filepath.Join(dir, "certificates"))
		if err != nil {
			return err
		}
		store = folder
	}
	s.keeper.Run(ctx, store, s.db)
	return nil
}
