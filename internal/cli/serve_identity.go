package cli

import (
	"context"
	"errors"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
)

// closeIdentity sends the mails that still wait, for at most ten seconds.
func (s *service) closeIdentity(provider *local.Provider) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := provider.Close(ctx); err != nil {
		s.log.Error("mails were not sent before the end", "error", err)
	}
}

// serveCognito serves with the accounts of a user pool. Cognito mails the codes itself; the mailer sends the
// mails that Cognito does not have. Without SMTP (then mailbox is not nil) those are not sent.
func (s *service) serveCognito(ctx context.Context, mailer mail.Mailer, mailbox *mail.Mailbox, migrate, demo bool) error {
	if demo {
		return command.Exit(command.ExitUsage, errors.New("a demo member needs an account of this database; unset AWS_COGNITO_USER_POOL_ID"))
	}
	if mailbox != nil {
		mailer = nil
	}
	provider, err := s.CognitoIdentity(ctx, s.db.DB, mailer, s.log, s.options.site())
	if err != nil {
		return err
	}
	defer provider.Wait()
	s.identity = provider
	return s.run(ctx, migrate)
}
