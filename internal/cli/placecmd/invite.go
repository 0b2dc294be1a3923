package placecmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/identity"
)

// InviteCommand returns cruddur invite with its sub-commands.
func InviteCommand(outside *command.Program, site Site) *cobra.Command {
	p := &group{outside, site}
	cmd := &cobra.Command{
		Use:     "invite",
		GroupID: "operator",
		Short:   "Make, list and withdraw invitations",
		Long: strings.TrimSpace(`
Make, list and withdraw invitations. An invitation is a link: whoever has it may sign up, until it ends or as
many people have come as it is made for. It counts who has confirmed their address.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.createCommand(), p.listCommand(), p.revokeCommand())
	return cmd
}

func (p *group) createCommand() *cobra.Command {
	var uses, days int
	var note string
	cmd := &cobra.Command{
		Use:   "create [--uses N] [--days N] [--note TEXT]",
		Short: "Make an invitation and print its link",
		Long: strings.TrimSpace(`
Make an invitation and print its link on stdout, once: only a hash of it is stored. The link begins with the
address of the pages, which BACKEND_URL or --domain says.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			address, _, err := p.site()
			if err != nil {
				return err
			}
			if days < 1 || days > int(cruddur.MaxInvitationLife/(24*time.Hour)) {
				return explained(cruddur.Invalid("days", "days_invalid"))
			}
			life := time.Duration(days) * 24 * time.Hour
			if note, err = cruddur.CheckInvitation(note, uses, life); err != nil {
				return explained(err)
			}
			return p.with(cmd, func(ctx context.Context, h *host) error { return h.invite(ctx, address, note, uses, life) })
		},
	}
	cmd.Flags().IntVar(&uses, "uses", 1, "how many people may come by it, 1 to 10,000")
	cmd.Flags().IntVar(&days, "days", 14, "how many days it holds, 1 to 365")
	cmd.Flags().StringVar(&note, "note", "", "for whom it is; only operators see it")
	cmd.Flags().Bool("json", false, "print one JSON document")
	return cmd
}

func (h *host) invite(ctx context.Context, address, note string, uses int, life time.Duration) error {
	token, hash := identity.NewToken()
	i, err := h.db.Invite(ctx, cruddur.Invitation{Note: note, Uses: uses, CreatedBy: cruddur.CommandLine, ExpiresAt: h.now.Add(life)}, hash, h.now)
	if err != nil {
		return err
	}
	link := address + "/invite/" + token
	if h.out.JSON {
		d := document(i)
		d["link"] = link
		return h.out.Document(d)
	}
	people := fmt.Sprintf("%d people", uses)
	if uses == 1 {
		people = "one person"
	}
	h.out.Say("For %s, until %s. The link, shown only once:", people, i.ExpiresAt.UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Fprintln(h.out.Out, link)
	if p, err := h.db.Place(ctx); err == nil && p.SignUp == cruddur.SignUpClosed {
		h.out.Say("But nobody can sign up at the moment: cruddur place set --sign-up invite")
	}
	return nil
}

func document(i cruddur.Invitation) map[string]any {
	return map[string]any{
		"uuid": i.UUID.String(), "note": i.Note, "uses": i.Uses, "used": i.Used, "created_by": i.CreatedBy,
		"created_at": i.CreatedAt.UTC(), "expires_at": i.ExpiresAt.UTC(),
	}
}

func (p *group) listCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the invitations that hold",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context, h *host) error {
				list, err := h.db.Invitations(ctx, h.now)
				if err != nil {
					return err
				}
				t := &terminal.Table{
					Columns: []terminal.Column{{Title: "ID"}, {Title: "USED", Right: true}, {Title: "OF", Right: true}, {Title: "UNTIL"}, {Title: "BY", Drop: 1}, {Title: "NOTE", Least: 12}},
					Empty:   "No invitation holds.",
				}
				documents := []any{}
				for _, i := range list {
					t.Add(i.UUID.String(), fmt.Sprint(i.Used), fmt.Sprint(i.Uses), terminal.When(&i.ExpiresAt), i.CreatedBy, i.Note)
					documents = append(documents, document(i))
				}
				return h.out.Print(map[string]any{"invitations": documents}, t)
			})
		},
	}
	cmd.Flags().Bool("json", false, "print one JSON document")
	return cmd
}

func (p *group) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "Withdraw an invitation",
		Long: strings.TrimSpace(`
Withdraw an invitation: its link leads nowhere any more, and sign-ups that were begun with it are not
confirmed. Whoever is a member already stays one.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context, h *host) error {
				id, err := cruddur.ParseUUID(args[0])
				if err == nil {
					err = h.db.RevokeInvitation(ctx, id, cruddur.CommandLine, h.now)
				}
				if err != nil && cruddur.KindOf(err) == cruddur.KindNotFound {
					return command.Exit(command.ExitNotFound, fmt.Errorf("there is no invitation %s", args[0]))
				}
				if err == nil {
					h.out.Say("The invitation is withdrawn.")
				}
				return err
			})
		},
	}
}
