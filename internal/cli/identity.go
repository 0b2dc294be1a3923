package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"time"

	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
)

// mailer is how mails leave: by SMTP where it is configured, else into the mailbox, which is nil
// otherwise.
func (p *program) mailer(log *slog.Logger) (m mail.Mailer, box *mail.Mailbox, err error) {
	url, err := p.config.text("CRUDDUR_SMTP_URL")
	if err != nil {
		return nil, nil, err
	}
	if url == "" {
		box = mail.NewMailbox(log)
		return box, box, nil
	}
	from, err := p.config.text("CRUDDUR_MAIL_FROM")
	if err != nil {
		return nil, nil, err
	}
	if from == "" {
		return nil, nil, exitWith(exitUsage, errors.New("CRUDDUR_SMTP_URL needs CRUDDUR_MAIL_FROM, the sender of the mails"))
	}
	m, err = mail.NewSMTP(url, from)
	if err != nil {
		return nil, nil, exitWith(exitUsage, fmt.Errorf("CRUDDUR_SMTP_URL: %w", err))
	}
	return m, nil, nil
}

// localIdentity is the identity provider on this database. Whoever makes it closes it. Its tokens bear the
// name of the place, which BACKEND_URL gives it.
func (p *program) localIdentity(db *database, m mail.Mailer, log *slog.Logger, o *serveOptions) (*local.Provider, error) {
	return local.New(local.Config{Store: db, Issuers: db, Mailer: m, Log: log, Issuer: o.site(), Named: o.named})
}

// closeIdentity sends the mails that still wait, for ten seconds at most.
func (s *service) closeIdentity(provider *local.Provider) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := provider.Close(ctx); err != nil {
		s.log.Error("mails were not sent before the end", "error", err)
	}
}

func checkSender(s string) error {
	if _, err := netmail.ParseAddress(s); err != nil {
		return errors.New("want an address such as Cruddur <cruddur@example.org>")
	}
	return nil
}
