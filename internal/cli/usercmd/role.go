package usercmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
)

func (p *group) roleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "role MEMBER [member|moderator|operator]",
		Short: "Show a member's role, or give them another",
		Long: strings.TrimSpace(`
Show a member's role, or give them another; it holds from the member's next request on.

Moderators look after reports and members. Operators also look after the place itself and after the
moderators. Whoever can run this command needs no role: it is how a place gets its first operator.`),
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted := cruddur.RoleMember
			if len(args) == 2 {
				var err error
				if wanted, err = cruddur.ParseRole(args[1]); err != nil {
					return command.Exit(command.ExitUsage, fmt.Errorf("there is no role %q: want member, moderator or operator", args[1]))
				}
			}
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				m, err := a.member(ctx, args[0])
				switch {
				case err != nil:
					return err
				case len(args) == 1:
					fmt.Fprintln(a.out.Out, m.Role)
					return nil
				case m.Role == wanted:
					a.out.Say("The role of @%s is %s already.", m.Handle, wanted)
					return nil
				}
				act := cruddur.Act{Actor: cruddur.CommandLine, Target: "@" + m.Handle}
				if err := a.db.SetRole(ctx, m.UUID, wanted, act, a.now); err != nil {
					return err
				}
				a.out.Say("The role of @%s is %s now; it was %s.", m.Handle, wanted, m.Role)
				return nil
			})
		},
	}
}
