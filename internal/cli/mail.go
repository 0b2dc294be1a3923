package cli

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/lang"
	"cruddur/internal/mail"
)

func (p *program) mailCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "mail",
		GroupID: "operator",
		Short:   "Try the mail server",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.mailTestCommand())
	return cmd
}

func (p *program) mailTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test ADDRESS",
		Short: "Send one mail as the server would, and say what happens",
		Long: strings.TrimSpace(`
Send one mail to ADDRESS with the settings that the server uses, CRUDDUR_SMTP_URL and CRUDDUR_MAIL_FROM, and
say each step: which mail server, whether the connection is encrypted, and whether the mail was accepted. No
database is needed, and no password is shown.

Exit code 0: the mail server has accepted the mail. 1: it has refused something. 2: no mail server is
configured, or a setting is wrong. 7: it cannot be reached.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.mailTest(cmd, args[0]) },
	}
}

func (p *program) mailTest(cmd *cobra.Command, address string) error {
	to, err := cruddur.CheckEmail(address)
	if err != nil {
		return command.Exit(command.ExitUsage, fmt.Errorf("%q is no e-mail address", address))
	}
	site, _, err := p.site()
	if err != nil {
		return err
	}
	mailer, box, err := p.Mailer(nil)
	if err != nil {
		return err
	}
	smtp, ok := mailer.(*mail.SMTP)
	if box != nil || !ok {
		return command.Exit(command.ExitUsage, errors.New("no mail server is configured, so the server sends no mail: set CRUDDUR_SMTP_URL and CRUDDUR_MAIL_FROM"))
	}
	out := p.NewOutput("auto")
	s := smtp.Settings()
	out.Say("Mail server: %s (%s)", s.Server, s.TLS)
	user := "nobody signs in there"
	if s.User != "" {
		user = s.User
	}
	out.Say("User: %s", user)
	out.Say("Sender: %s", s.Sender)
	ctx := cmd.Context()
	reached := false
	err = smtp.SendTelling(ctx, mail.Trial(lang.From(ctx), to, site, time.Now().UTC()), func(version string) {
		reached = true
		with := "without TLS"
		if version != "" {
			with = "with " + version
		}
		if s.User != "" {
			with += ", and signed in"
		}
		out.Say("Connected %s.", with)
	})
	if err == nil {
		out.Say("Accepted: the mail server has taken the mail for %s. Look into that mailbox, and into its spam folder.", to)
		return nil
	}
	if _, unreachable := errors.AsType[*net.OpError](err); unreachable && !reached {
		return command.Exit(command.ExitConnect, err)
	}
	if reached {
		return fmt.Errorf("the mail server does not take the mail: %w", err)
	}
	return fmt.Errorf("the mail server does not let this program in: %w", err)
}
