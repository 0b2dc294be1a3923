package rdscmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

func (p *group) modifyCommand(f *flags) *cobra.Command {
	var now, dryRun, yes bool
	var set *apiFlags
	c := &cobra.Command{
		Use:   "modify INSTANCE",
		Short: "Change settings, and say which are immediate, which wait and which restart the instance",
		Long: strings.TrimSpace(`
Change settings of the instance, each by a flag with the AWS CLI's name.

A change that is not immediate waits for the maintenance window, unless --apply-immediately is given; that
also applies changes that wait already. Before a change that interrupts the service, the command asks.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			change := rds.NewChange(args[0], now)
			if err := set.each(change.Set); err != nil {
				return err
			}
			if err := change.Check(); err != nil {
				return err
			}
			return p.onInstance(cmd.Context(), f, args[0], func(client *rds.Client, o *terminal.Output, i *rds.Instance) error {
				return p.modify(cmd.Context(), client, o, i, change, dryRun, yes)
			})
		},
	}
	c.Flags().BoolVar(&now, "apply-immediately", false, "do not wait for the maintenance window")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print what would happen, change nothing")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask before an interruption")
	set = bindAPI(c.Flags(), rds.ModifyFlags())
	return c
}

func (p *group) modify(ctx context.Context, client *rds.Client, o *terminal.Output, i *rds.Instance, change *rds.Change, dryRun, yes bool) error {
	effects := change.Effects()
	t := &terminal.Table{Columns: []terminal.Column{{Title: "SETTING"}, {Title: "WHEN"}, {Title: "INTERRUPTS", Least: 20}}}
	interrupts := false
	for _, e := range effects {
		when := e.When
		if when != "at once" {
			when += " (" + i.Maintenance + " UTC)"
		}
		t.Add(e.Setting, when, e.Restart)
		interrupts = interrupts || e.When == "at once" && !strings.HasPrefix(e.Restart, "none")
	}
	if dryRun {
		if o.JSON {
			return o.Document(map[string]any{"effects": effects, "command": change.Command()})
		}
		if err := t.Write(o); err != nil {
			return err
		}
		fmt.Fprintln(o.Out, change.Command())
		return nil
	}
	if len(effects) > 0 && !o.JSON {
		if err := t.Write(o); err != nil {
			return err
		}
	}
	if interrupts && !yes {
		if err := guard.Typed(ctx, guard.Operator{In: p.Stdin, Out: p.Stderr}, "interrupt it", i.ID, ""); err != nil {
			return fmt.Errorf("%w (here: --yes)", err)
		}
	}
	after, err := client.Modify(ctx, change)
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Document(map[string]any{"effects": effects, "instance": after})
	}
	if len(after.Pending) > 0 {
		o.Say("waiting for %s UTC: %s", after.Maintenance, strings.Join(after.Pending, ", "))
	}
	o.Say("to wait for it: cruddur rds wait %s", i.ID)
	return nil
}
