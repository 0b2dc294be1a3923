// Package usercmd is cruddur user: a command parses its arguments, calls the provider of accounts or the
// database, and prints. It must not use another group of commands.
package usercmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
)

// Site returns the address of the pages, and whether BACKEND_URL names it. Its options are those of cruddur
// serve, which checks them.
type Site func() (address string, named bool, err error)

// group creates the commands of one program.
type group struct {
	*command.Program
	site Site
}

// Command returns cruddur user with its sub-commands: the care of members and their accounts.
func Command(outside *command.Program, site Site) *cobra.Command {
	p := &group{outside, site}
	cmd := &cobra.Command{
		Use:     "user",
		GroupID: "operator",
		Short:   "List, create, confirm, silence, suspend and delete members, and give them roles",
		Long: strings.TrimSpace(`
Manage the members and their accounts.

A member is named by e-mail address or handle. Members whose account is at Amazon Cognito are listed,
suspended and deleted here too; Cognito keeps their passwords.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.listCommand(), p.createCommand(), p.confirmCommand(), p.passwordCommand(), p.sessionsCommand(),
		p.silenceCommand(), p.unsilenceCommand(), p.suspendCommand(), p.unsuspendCommand(), p.roleCommand(), p.exportCommand(), p.deleteCommand(), p.rotateKeyCommand(), p.syncCommand())
	return cmd
}

// accounts holds what a user command works with.
type accounts struct {
	*local.Provider
	db   *command.Database
	out  *terminal.Output
	smtp bool
	site string
	now  time.Time
}

// withAccounts opens the database, runs fn, and sends the mails that fn has queued.
func (p *group) withAccounts(cmd *cobra.Command, fn func(ctx context.Context, a *accounts) error) error {
	ctx := cmd.Context()
	site, named, err := p.site()
	if err != nil {
		return err
	}
	mailer, box, err := p.Mailer(nil)
	if err != nil {
		return err
	}
	db, end, err := p.ReadyDatabase(ctx, cmd.Name() != "create")
	if err != nil {
		return err
	}
	defer end()
	var unsent error
	provider, err := p.LocalIdentity(db, keepErrors{mailer, &unsent}, quiet(), site, named)
	if err != nil {
		return err
	}
	a := &accounts{Provider: provider, db: db, out: p.NewOutput("auto"), smtp: box == nil, site: site, now: time.Now().UTC()}
	if f := cmd.Flags().Lookup("json"); f != nil {
		a.out.JSON = f.Value.String() == "true"
	}
	err = fn(ctx, a)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if closed := provider.Close(closing); err == nil && closed != nil {
		err = fmt.Errorf("send the mail: %w", closed)
	}
	if err == nil {
		err = unsent
	}
	return err
}

// member finds a member by address or handle.
func (a *accounts) member(ctx context.Context, name string) (cruddur.Member, error) {
	m, err := a.db.FindMember(ctx, strings.TrimPrefix(strings.TrimSpace(name), "@"), a.now)
	if cruddur.KindOf(err) == cruddur.KindNotFound && err != nil {
		return m, command.Exit(command.ExitNotFound, fmt.Errorf("no member has the address or handle %q", name))
	}
	return m, err
}

func (p *group) listCommand() *cobra.Command {
	var waiting bool
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the members, or the sign-ups that wait for confirmation",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return command.Exit(command.ExitUsage, errors.New("--limit: want a number of members, or 0 for all"))
			}
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				if waiting {
					return a.listWaiting(ctx)
				}
				return a.list(ctx, limit)
			})
		},
	}
	cmd.Flags().Bool("json", false, "print one JSON document")
	cmd.Flags().IntVar(&limit, "limit", 0, "list at most this many, the oldest members first; 0: all")
	cmd.Flags().BoolVar(&waiting, "waiting", false, "list the sign-ups that wait for confirmation")
	return cmd
}

// list prints page after page, so that it needs no more memory for a million members than for ten.
func (a *accounts) list(ctx context.Context, limit int) error {
	t := &terminal.Table{
		Columns: []terminal.Column{{Title: "HANDLE"}, {Title: "NAME", Least: 12}, {Title: "EMAIL"}, {Title: "SINCE", Drop: 2}, {Title: "ACCOUNT", Drop: 3}, {Title: "SESSIONS", Right: true, Drop: 1}, {Title: "ROLE"}, {Title: "STATE"}},
		Empty:   "There are no members yet.",
	}
	list := a.out.Stream("users", t)
	var after cruddur.UUID
	for n := 0; ; {
		members, err := a.db.Members(ctx, after, a.now)
		if err != nil {
			return err
		}
		if limit > 0 {
			members = members[:min(len(members), limit-n)]
		}
		if len(members) == 0 {
			return list.End()
		}
		n += len(members)
		after = members[len(members)-1].UUID
		for _, m := range members {
			account := "elsewhere"
			if m.HasAccount {
				account = "local"
			}
			list.Add(map[string]any{
				"uuid": m.UUID.String(), "handle": m.Handle, "display_name": m.DisplayName, "email": m.Email,
				"created_at": m.CreatedAt.UTC(), "account": account, "sessions": m.Sessions, "role": m.Role.String(), "state": stateOf(m),
			}, "@"+m.Handle, m.DisplayName, m.Email, day(m.CreatedAt), account, fmt.Sprint(m.Sessions), m.Role.String(), stateOf(m))
		}
		if err := list.Flush(); err != nil {
			return err
		}
	}
}

func (a *accounts) listWaiting(ctx context.Context) error {
	list, err := a.db.AllWaitingSignUps(ctx, a.now)
	if err != nil {
		return err
	}
	t := &terminal.Table{
		Columns: []terminal.Column{{Title: "EMAIL"}, {Title: "HANDLE"}, {Title: "NAME", Least: 12}, {Title: "SINCE"}},
		Empty:   "No sign-up waits for confirmation.",
	}
	documents := []any{}
	for _, s := range list {
		t.Add(s.Email, "@"+s.Handle, s.DisplayName, terminal.When(&s.CreatedAt))
		documents = append(documents, map[string]any{
			"email": s.Email, "handle": s.Handle, "display_name": s.DisplayName, "created_at": s.CreatedAt.UTC(),
		})
	}
	return a.out.Print(map[string]any{"sign_ups": documents}, t)
}

func (p *group) createCommand() *cobra.Command {
	var s identity.SignUp
	var stdin bool
	cmd := &cobra.Command{
		Use:   "create --email ADDRESS --handle HANDLE",
		Short: "Make a confirmed member",
		Long: strings.TrimSpace(`
Make a confirmed member, without any mail. The password is random and printed once, on stdout. With
--password-stdin it is the first line of stdin instead, so that no list of processes shows it.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.Email == "" || s.Handle == "" {
				return command.Exit(command.ExitUsage, errors.New("both --email and --handle are required"))
			}
			s.Password = local.RandomPassword()
			if stdin {
				var err error
				if s.Password, err = firstLine(p.Stdin); err != nil {
					return err
				}
			}
			if s.Name == "" {
				s.Name = strings.TrimPrefix(s.Handle, "@")
			}
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error { return a.create(ctx, s, !stdin) })
		},
	}
	cmd.Flags().StringVar(&s.Email, "email", "", "the member's e-mail address")
	cmd.Flags().StringVar(&s.Handle, "handle", "", "the member's handle")
	cmd.Flags().StringVar(&s.Name, "name", "", "the member's name; default: the handle")
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from stdin")
	cmd.Flags().Bool("json", false, "print one JSON document")
	return cmd
}

func (a *accounts) create(ctx context.Context, s identity.SignUp, show bool) error {
	if err := a.Create(ctx, s, a.now); err != nil {
		return err
	}
	if a.out.JSON {
		m, err := a.member(ctx, s.Email)
		if err != nil {
			return err
		}
		d := map[string]any{"uuid": m.UUID.String(), "handle": m.Handle, "email": m.Email}
		if show {
			d["password"] = s.Password
		}
		return a.out.Document(d)
	}
	a.out.Say("@%s is a member and can sign in as %s.", strings.ToLower(strings.TrimPrefix(s.Handle, "@")), s.Email)
	if show {
		a.out.Say("The password, shown only once:")
		fmt.Fprintln(a.out.Out, s.Password)
	}
	return nil
}

// firstLine reads a secret from a pipe.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (p *group) confirmCommand() *cobra.Command {
	var handle string
	cmd := &cobra.Command{
		Use:   "confirm ADDRESS",
		Short: "Confirm a sign-up without its code",
		Long: strings.TrimSpace(`
Confirm the sign-up of an address without its code, for a server that sends no mail. First make sure by other
means that the address belongs to the person who signed up. If several sign-ups of the address wait,
--handle chooses one.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				if err := a.ConfirmByHand(ctx, args[0], handle, a.now); err != nil {
					return err
				}
				m, err := a.member(ctx, args[0])
				if err == nil {
					a.out.Say("@%s is confirmed and can sign in.", m.Handle)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&handle, "handle", "", "the handle of the sign-up, if several wait")
	return cmd
}

// keepErrors is a mailer that keeps its last error, for a command that returns it.
type keepErrors struct {
	mail.Mailer
	err *error // read after the queue is closed
}

func (k keepErrors) Send(ctx context.Context, m mail.Message) error {
	*k.err = k.Mailer.Send(ctx, m)
	return *k.err
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
