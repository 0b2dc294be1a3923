package usercmd

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"cruddur"
)

// stateOf returns the word for whether a member may do and show everything. A suspension hides more than a silence.
func stateOf(m cruddur.Member) string {
	switch {
	case !m.SuspendedAt.IsZero():
		return "suspended"
	case !m.SilencedAt.IsZero():
		return "silenced"
	}
	return "active"
}

func (p *group) silenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "silence MEMBER",
		Short: "Show what a member writes only to those who follow or ask",
		Long: strings.TrimSpace(`
Show what a member writes only to those who follow them, open their profile or have its address. It is no
longer in Everyone, under tags, in the trends, in suggestions, or in a search that does not name them with
from:. The member can still sign in and write, and nothing is deleted. The audit log says who did it.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.silence(cmd, args[0], true, "@MEMBER is silenced: only who follows or names them sees what they write. To end that: cruddur user unsilence MEMBER")
		},
	}
}

func (p *group) unsilenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unsilence MEMBER",
		Short: "Show what a silenced member writes to everybody again",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.silence(cmd, args[0], false, "What @MEMBER writes is shown to everybody again.")
		},
	}
}

// silence silences a member or ends that, and says so in a sentence in which MEMBER is replaced by the handle.
func (p *group) silence(cmd *cobra.Command, name string, on bool, done string) error {
	return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
		m, err := a.member(ctx, name)
		if err != nil {
			return err
		}
		if m.SilencedAt.IsZero() != on {
			already := "@%s is not silenced."
			if on {
				already = "@%s is silenced already."
			}
			a.out.Say(already, m.Handle)
			return nil
		}
		act := cruddur.Act{Actor: cruddur.CommandLine, Target: "@" + m.Handle}
		if err := a.db.Silence(ctx, m.UUID, on, act, a.now); err != nil {
			return err
		}
		a.out.Say("%s", strings.ReplaceAll(done, "MEMBER", m.Handle))
		return nil
	})
}
