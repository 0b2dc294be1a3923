package command

import (
	"errors"
	"fmt"
	"log/slog"

	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
)

// Mailer is how mails leave: by SMTP where it is configured, else into the mailbox, which is nil
// otherwise.
func (p *Program) Mailer(log *slog.Logger) (m mail.Mailer, box *mail.Mailbox, err error) {
	url, err := p.Config.Text("CRUDDUR_SMTP_URL")
	if err != nil {
		return nil, nil, err
	}
	if url == "" {
		box = mail.NewMailbox(log)
		return box, box, nil
	}
	from, err := p.Config.Text("CRUDDUR_MAIL_FROM")
	if err != nil {
		return nil, nil, err
	}
	if from == "" {
		return nil, nil, Exit(ExitUsage, errors.New("CRUDDUR_SMTP_URL needs CRUDDUR_MAIL_FROM, the sender of the mails"))
	}
	m, err = mail.NewSMTP(url, from)
	if err != nil {
		return nil, nil, Exit(ExitUsage, fmt.Errorf("CRUDDUR_SMTP_URL: %w", err))
	}
	return m, nil, nil
}

// LocalIdentity is the identity provider on this database. Whoever makes it closes it. site is where people find
// the pages; named says that BACKEND_URL names it, and then the tokens bear that name.
func (p *Program) LocalIdentity(db *Database, m mail.Mailer, log *slog.Logger, site string, named bool) (*local.Provider, error) {
	return local.New(local.Config{Store: db, Issuers: db, Mailer: m, Log: log, Issuer: site, Named: named})
}
