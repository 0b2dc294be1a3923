package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
)

// accounts is who keeps the accounts, with what it needs.
type accounts struct {
	provider identity.Provider
	local    *local.Provider // the provider, where it is this database
	mailbox  *mail.Mailbox   // nil with SMTP
}

// accounts makes the identity provider. Without SMTP the mails go to the log and to the mailbox page.
func (s *service) openAccounts() (*accounts, error) {
	a := &accounts{}
	smtp, err := s.config.text("CRUDDUR_SMTP_URL")
	if err != nil {
		return nil, err
	}
	from, err := s.config.text("CRUDDUR_MAIL_FROM")
	if err != nil {
		return nil, err
	}
	var mailer mail.Mailer
	if smtp == "" {
		a.mailbox = mail.NewMailbox(s.log)
		mailer = a.mailbox
	} else if mailer, err = mail.NewSMTP(smtp, from); err != nil {
		return nil, exitWith(exitUsage, fmt.Errorf("CRUDDUR_SMTP_URL: %w", err))
	}
	a.local, err = local.New(local.Config{Store: s.db, Mailer: mailer, Log: s.log, Issuer: s.options.backendURL, Site: s.options.site(), Sweep: true})
	a.provider = a.local
	return a, err
}

// close sends the mails that still wait.
func (a *accounts) close(s *service) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := a.local.Close(ctx); err != nil {
		s.log.Warn("mails were not sent", "err", err)
	}
}

// demoEmail is the account that serve --demo makes.
const demoEmail = "demo@example.com"

// demo makes a member to look around with, by a password that is known to nobody before.
func (s *service) demo(ctx context.Context, a *accounts) error {
	if !s.db.private() {
		return exitWith(exitRefused, errors.New("--demo is for the private database; a foreign one is not filled with examples"))
	}
	password := local.RandomPassword()
	err := a.local.Create(ctx, identity.SignUp{Name: "Demo", Email: demoEmail, Handle: "demo", Password: password}, time.Now().UTC())
	if cruddur.KindOf(err) == cruddur.KindConflict && err != nil {
		fmt.Fprintf(s.stderr, "Demo member: %s, whose password was printed when it was made\n", demoEmail)
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the demo member: %w", err)
	}
	fmt.Fprintf(s.stderr, "Demo member: sign in as %s with the password %s\n", demoEmail, password)
	return nil
}
