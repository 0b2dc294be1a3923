package command

import (
	"errors"
	"fmt"
	"log/slog"

	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
)

// Mailer returns how mails are sent: by SMTP if it is configured, otherwise into the development mailbox. box
// is nil with SMTP.
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

// LocalIdentity returns the identity provider that keeps the accounts in this database. The caller closes it.
// site is the address of the pages; named says that it comes from BACKEND_URL, and then it is the issuer of
// the tokens.
func (p *Program) LocalIdentity(db *Database, m mail.Mailer, log *slog.Logger, site string, named bool) (*local.Provider, error) {
	return local.New(local.Config{Store: db, Issuers: db, Mailer: m, Log: log, Issuer: site, Named: named})
}
