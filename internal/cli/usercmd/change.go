package usercmd

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/identity/cognito"
)

// quiet returns a logger that writes nothing: a command prints what it does itself.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (p *group) passwordCommand() *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:   "password MEMBER",
		Short: "Start a reset of a member's password",
		Long: strings.TrimSpace(`
Start a reset: the member gets a code by mail and chooses a new password with it, which ends all sessions of
the account. If no SMTP server is configured, or with --print, the code is printed on stdout, for you to hand
over. An operator never chooses a member's password.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				m, err := a.member(ctx, args[0])
				if err != nil {
					return err
				}
				byMail := a.smtp && !show
				code, err := a.RecoverByHand(ctx, m.Email, byMail, a.now)
				if err != nil {
					return err
				}
				if byMail {
					a.out.Say("A code for a new password is on its way to %s.", m.Email)
					return nil
				}
				a.out.Say("The code for a new password of %s, valid for ten minutes at %s/reset:", m.Email, a.site)
				fmt.Fprintln(a.out.Out, code)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&show, "print", false, "print the code instead of mailing it")
	return cmd
}

func (p *group) sessionsCommand() *cobra.Command {
	var end string
	var endAll bool
	cmd := &cobra.Command{
		Use:   "sessions MEMBER",
		Short: "List a member's sessions, or end them",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				m, err := a.member(ctx, args[0])
				switch {
				case err != nil:
					return err
				case endAll:
					return a.endSessions(ctx, m)
				case end != "":
					return a.endSession(ctx, m, end)
				}
				return a.listSessions(ctx, m)
			})
		},
	}
	cmd.Flags().StringVar(&end, "end", "", "end the session with this id")
	cmd.Flags().BoolVar(&endAll, "end-all", false, "end every session and token of the member")
	cmd.Flags().Bool("json", false, "print one JSON document")
	cmd.MarkFlagsMutuallyExclusive("end", "end-all")
	return cmd
}

func (a *accounts) listSessions(ctx context.Context, m cruddur.Member) error {
	list, err := a.db.SessionsOf(ctx, m.UUID, a.now)
	if err != nil {
		return err
	}
	t := &terminal.Table{
		Columns: []terminal.Column{{Title: "ID"}, {Title: "LAST USED"}, {Title: "SINCE"}, {Title: "ADDRESS"}, {Title: "BROWSER", Least: 16}},
		Empty:   "@" + m.Handle + " has no sessions.",
	}
	documents := []any{}
	for _, s := range list {
		t.Add(s.UUID.String(), terminal.When(&s.LastUsedAt), terminal.When(&s.CreatedAt), s.Address, s.UserAgent)
		documents = append(documents, map[string]any{
			"uuid": s.UUID.String(), "last_used_at": s.LastUsedAt.UTC(), "created_at": s.CreatedAt.UTC(),
			"address": s.Address, "user_agent": s.UserAgent,
		})
	}
	return a.out.Print(map[string]any{"sessions": documents}, t)
}

func (a *accounts) endSession(ctx context.Context, m cruddur.Member, id string) error {
	session, err := cruddur.ParseUUID(id)
	if err == nil {
		err = a.db.EndSession(ctx, m.UUID, session)
	}
	if err != nil && cruddur.KindOf(err) == cruddur.KindNotFound {
		return command.Exit(command.ExitNotFound, fmt.Errorf("@%s has no session %s", m.Handle, id))
	}
	if err == nil {
		a.out.Say("The session is over.")
	}
	return err
}

func (a *accounts) endSessions(ctx context.Context, m cruddur.Member) error {
	n, err := a.db.EndSessions(ctx, m.UUID, cruddur.UUID{})
	if err != nil {
		return err
	}
	if m.HasAccount {
		if err := a.SignOutEverywhere(ctx, m.Subject, a.now); err != nil {
			return err
		}
	} else if err := a.db.CutOff(ctx, m.Subject, a.now, a.now.Add(cognito.LongestRefreshToken)); err != nil {
		return err
	}
	a.out.Say("@%s is signed out everywhere (%d sessions).", m.Handle, n)
	return nil
}

func (p *group) suspendCommand() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "suspend MEMBER",
		Short: "Lock a member out, and hide what they wrote",
		Long: strings.TrimSpace(`
Lock a member out: their sessions and tokens end, and they cannot sign in. What they wrote is hidden at
once, with every reply to it, and their likes, reposts and follows no longer count. Nothing is deleted
before it expires; unsuspend shows again what has not expired by then.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				m, err := a.member(ctx, args[0])
				if err == nil {
					err = a.db.SuspendBy(ctx, m, cruddur.AtCommandLine, why, a.now)
				}
				if err == nil {
					a.out.Say("@%s is suspended, and what they wrote is hidden. To show it again: cruddur user unsuspend %s", m.Handle, m.Handle)
				}
				return err
			})
		},
	}
	noteFlag(cmd, &why)
	return cmd
}

// noteFlag adds --note: the words that the audit log keeps beside what a command does.
func noteFlag(cmd *cobra.Command, why *string) {
	cmd.Flags().StringVar(why, "note", "", "why, for the audit log")
	cmd.PreRunE = func(*cobra.Command, []string) (err error) {
		if *why, err = cruddur.CheckNote(*why); err != nil {
			err = command.Exit(command.ExitUsage, fmt.Errorf("--note: want at most %d characters of text", cruddur.MaxActNote))
		}
		return err
	}
}

func (p *group) unsuspendCommand() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "unsuspend MEMBER",
		Short: "Let a suspended member in again, and show what they wrote",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				m, err := a.member(ctx, args[0])
				if err == nil {
					err = a.db.UnsuspendBy(ctx, m, cruddur.AtCommandLine, why, a.now)
				}
				if err == nil {
					a.out.Say("@%s can sign in again, and what they wrote is shown again.", m.Handle)
				}
				return err
			})
		},
	}
	noteFlag(cmd, &why)
	return cmd
}

func (p *group) deleteCommand() *cobra.Command {
	var confirm, why string
	cmd := &cobra.Command{
		Use:   "delete MEMBER",
		Short: "Delete a member, their account and everything they wrote",
		Long: strings.TrimSpace(`
Delete a member, their account and everything they wrote, with every reply to it. This cannot be undone,
so the handle must be typed, or given with --confirm if there is no terminal.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				m, err := a.member(ctx, args[0])
				if err != nil {
					return err
				}
				if err := p.confirmHandle(ctx, m, confirm); err != nil {
					return err
				}
				return a.delete(ctx, m, why)
			})
		},
	}
	cmd.Flags().StringVar(&confirm, "confirm", "", "the handle of the member, instead of typing it")
	noteFlag(cmd, &why)
	return cmd
}

// confirmHandle requires the handle, typed or given with --confirm. With anything else it returns an error.
func (p *group) confirmHandle(ctx context.Context, m cruddur.Member, confirm string) error {
	if confirm == "" {
		var err error
		confirm, err = terminal.Ask(ctx, p.Stdin, p.Stderr, fmt.Sprintf("This deletes @%s (%s, %s) and everything they wrote, with every reply to it, for good.\nType the handle to confirm: ", m.Handle, terminal.Clean(m.DisplayName), terminal.Clean(m.Email)))
		if ctx.Err() != nil {
			return err
		}
	}
	if strings.TrimPrefix(strings.TrimSpace(confirm), "@") == m.Handle {
		return nil
	}
	return command.Exit(command.ExitRefused, fmt.Errorf("@%s was not deleted: confirm it with --confirm %s", m.Handle, m.Handle))
}

func (a *accounts) delete(ctx context.Context, m cruddur.Member, why string) error {
	if !m.HasAccount {
		if err := a.db.CutOff(ctx, m.Subject, a.now, a.now.Add(cognito.LongestAccessToken)); err != nil {
			return err
		}
	}
	if err := a.db.DeleteMemberBy(ctx, m, cruddur.AtCommandLine, why, a.now); err != nil {
		return err
	}
	a.out.Say("@%s is deleted.", m.Handle)
	if !m.HasAccount {
		a.out.Warn("the account itself is in the user pool, and signing in with it would create the member again: delete it there too")
	}
	return nil
}

func (p *group) rotateKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate-key",
		Short: "Sign access tokens with a new key, and reject tokens signed with the old keys",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				kid, err := a.RotateKey(ctx, a.now)
				if err == nil {
					a.out.Say("The key %s signs from now on. Running servers use it within a minute; programs get new access tokens with their refresh tokens.", kid)
				}
				return err
			})
		},
	}
}
