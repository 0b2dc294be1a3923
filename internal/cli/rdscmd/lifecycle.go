package rdscmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

func (p *group) waitCommand(f *flags) *cobra.Command {
	var want string
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "wait [INSTANCE]",
		Short: "Wait until the instance is available, stopped or deleted",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if want == "deleted" && len(args) == 1 { // it may not exist any more, which is the awaited state
				client, err := p.client(cmd.Context(), f)
				if err != nil {
					return err
				}
				return p.follow(cmd.Context(), client, p.output(f), args[0], want, timeout)
			}
			return p.onInstance(cmd.Context(), f, first(args), func(client *rds.Client, o *terminal.Output, i *rds.Instance) error {
				return p.follow(cmd.Context(), client, o, i.ID, want, timeout)
			})
		},
	}
	c.Flags().StringVar(&want, "for", "available", strings.Join(rds.Waits, ", "))
	c.Flags().DurationVar(&timeout, "timeout", 30*time.Minute, "how long to wait; 0: forever")
	return c
}

// onInstance finds the client and the instance of a command.
func (p *group) onInstance(ctx context.Context, f *flags, id string, run func(*rds.Client, *terminal.Output, *rds.Instance) error) error {
	client, err := p.client(ctx, f)
	if err != nil {
		return err
	}
	i, err := client.One(ctx, id)
	if err != nil {
		return err
	}
	return run(client, p.output(f), i)
}

func (p *group) stopCommand(f *flags) *cobra.Command {
	var snapshot bool
	var wait bool
	c := &cobra.Command{
		Use:   "stop [INSTANCE]",
		Short: "Stop the instance; AWS starts it again after seven days",
		Long: strings.TrimSpace(`
Stop the instance. While it is stopped, AWS bills no instance hours, but its disk and its backups.

AWS starts it again after seven days. Its public IP address is released (the host name stays), automatic
backups pause, changes that wait for the maintenance window are dropped, and it cannot be modified until it
runs again.`),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.onInstance(cmd.Context(), f, first(args), func(client *rds.Client, o *terminal.Output, i *rds.Instance) error {
				return p.stop(cmd.Context(), client, o, i, snapshot, wait)
			})
		},
	}
	c.Flags().BoolVar(&snapshot, "snapshot", false, "take a snapshot first")
	c.Flags().BoolVar(&wait, "wait", true, "wait until it has stopped")
	return c
}

func (p *group) stop(ctx context.Context, client *rds.Client, o *terminal.Output, i *rds.Instance, snapshot, wait bool) error {
	name := ""
	if snapshot {
		name = client.SnapshotName(i.ID)
		o.Say("snapshot %s is taken first", name)
	}
	restarts, err := p.stopOnce(ctx, client, o, i, name)
	if err != nil {
		return err
	}
	if wait {
		if err := p.follow(ctx, client, o, i.ID, "stopped", 60*time.Minute); err != nil {
			return err
		}
		if i, err = client.One(ctx, i.ID); err != nil {
			return err
		}
		if i.RestartsAt != nil {
			restarts = *i.RestartsAt
		}
	}
	if o.JSON {
		return o.Document(map[string]any{"instance": i, "restarts_at": restarts.UTC()})
	}
	fmt.Fprintf(o.Out, "%s is %s; AWS starts it again at %s. Its disk is billed meanwhile.\n", i.ID, map[bool]string{true: "stopped", false: "stopping"}[wait || i.Status == "stopped"], terminal.When(&restarts))
	return nil
}

// stopOnce stops the instance unless it is stopped or stopping; in that case it only takes the snapshot.
func (p *group) stopOnce(ctx context.Context, client *rds.Client, o *terminal.Output, i *rds.Instance, snapshot string) (restarts time.Time, err error) {
	if i.Status != "stopped" && i.Status != "stopping" {
		if len(i.Pending) > 0 {
			o.Warn("these pending changes are dropped: %s", strings.Join(i.Pending, ", "))
		}
		return client.Stop(ctx, i.ID, snapshot)
	}
	o.Say("%s is already %s: nothing was changed", i.ID, i.Status)
	if i.RestartsAt != nil {
		restarts = *i.RestartsAt
	} else {
		restarts = client.Now().Add(7 * 24 * time.Hour)
	}
	if snapshot == "" {
		return restarts, nil
	}
	if i.Status == "stopping" {
		if err := p.follow(ctx, client, o, i.ID, "stopped", 60*time.Minute); err != nil {
			return restarts, err
		}
	}
	_, err = client.Snapshot(ctx, i.ID, snapshot)
	return restarts, err
}

func (p *group) startCommand(f *flags) *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use:   "start [INSTANCE]",
		Short: "Start a stopped instance",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.onInstance(cmd.Context(), f, first(args), func(client *rds.Client, o *terminal.Output, i *rds.Instance) error {
				switch i.Status {
				case "available", "starting":
					o.Say("%s is already %s: nothing was changed", i.ID, i.Status)
				default:
					if err := client.Start(cmd.Context(), i.ID); err != nil {
						return err
					}
				}
				if wait && i.Status != "available" {
					if err := p.follow(cmd.Context(), client, o, i.ID, "available", 60*time.Minute); err != nil {
						return err
					}
				}
				if o.JSON {
					return o.Document(map[string]any{"instance": i.ID, "waited": wait})
				}
				fmt.Fprintf(o.Out, "%s is %s\n", i.ID, map[bool]string{true: "available", false: "starting"}[wait || i.Status == "available"])
				return nil
			})
		},
	}
	c.Flags().BoolVar(&wait, "wait", true, "wait until it is available")
	return c
}

func (p *group) snapshotCommand(f *flags) *cobra.Command {
	var name string
	var wait bool
	c := &cobra.Command{
		Use:   "snapshot [INSTANCE]",
		Short: "Take a snapshot",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return p.onInstance(ctx, f, first(args), func(client *rds.Client, o *terminal.Output, i *rds.Instance) error {
				name, err := client.Snapshot(ctx, i.ID, name)
				if err != nil {
					return err
				}
				o.Say("snapshot %s is being taken", name)
				for wait {
					ready, err := client.SnapshotReady(ctx, name)
					if err != nil {
						return err
					}
					if ready {
						break
					}
					if err := client.Sleep(ctx, rds.Poll); err != nil {
						return err
					}
				}
				if o.JSON {
					return o.Document(map[string]any{"snapshot": name, "instance": i.ID})
				}
				fmt.Fprintln(o.Out, name)
				return nil
			})
		},
	}
	c.Flags().StringVar(&name, "db-snapshot-identifier", "", "the snapshot's name (default: the instance's name with the time)")
	c.Flags().BoolVar(&wait, "wait", true, "wait until it can be restored")
	return c
}

// deleteFlags are the flags of rds delete.
type deleteFlags struct {
	snapshot, confirm           string
	skip, keep, unprotect, wait bool
}

func (p *group) deleteCommand(f *flags) *cobra.Command {
	d := new(deleteFlags)
	c := &cobra.Command{
		Use:   "delete INSTANCE",
		Short: "Delete the instance, after a final snapshot",
		Long: strings.TrimSpace(`
Delete the instance. A final snapshot is taken unless --skip-final-snapshot is given; it costs some cents a
month, and all data can be restored from it. The name must be typed, or given with --confirm.

An instance with deletion protection is deleted only with --disable-deletion-protection.`),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exclusive(cmd, "final-db-snapshot-identifier", "skip-final-snapshot"); err != nil {
				return err
			}
			return p.onInstance(cmd.Context(), f, args[0], func(client *rds.Client, o *terminal.Output, i *rds.Instance) error {
				return p.delete(cmd.Context(), client, o, i, d)
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&d.snapshot, "final-db-snapshot-identifier", "", "the final snapshot's name (default: the instance's name with the time)")
	flags.BoolVar(&d.skip, "skip-final-snapshot", false, "take no final snapshot: the data is lost")
	flags.BoolVar(&d.keep, "keep-backups", false, "keep the automatic backups for their retention period")
	flags.BoolVar(&d.unprotect, "disable-deletion-protection", false, "switch deletion protection off first")
	flags.StringVar(&d.confirm, "confirm", "", "the instance's name, instead of typing it")
	flags.BoolVar(&d.wait, "wait", true, "wait until it is deleted")
	return c
}

func (p *group) delete(ctx context.Context, client *rds.Client, o *terminal.Output, i *rds.Instance, d *deleteFlags) error {
	if i.Status == "deleting" {
		return p.deleting(ctx, client, o, i, d)
	}
	r := rds.Removal{ID: i.ID, Snapshot: d.snapshot, KeepBackups: d.keep, Unprotect: d.unprotect}
	if r.Snapshot == "" && !d.skip {
		r.Snapshot = client.SnapshotName(i.ID) + "-final"
	}
	if !i.Protected || d.unprotect { // a protected one is refused below without a question
		fmt.Fprintf(p.Stderr, "about to delete:\n  instance   %s (%s, PostgreSQL %s, %d GiB, %s)\n  endpoint   %s:%d\n  snapshot   %s\n  backups    %s\n",
			i.ID, i.Class, i.Version, i.StorageGiB, i.Status, cmp.Or(i.Host, "none"), i.Port, cmp.Or(r.Snapshot, "none: the data is lost"),
			map[bool]string{true: "kept for their retention period", false: "deleted with it"}[d.keep])
		if err := guard.Typed(ctx, guard.Operator{In: p.Stdin, Out: p.Stderr}, "delete it", i.ID, d.confirm); err != nil {
			return err
		}
	}
	leftovers, err := client.Leftovers(ctx, i.ID)
	if err != nil {
		return err
	}
	if err := client.Delete(ctx, r); err != nil {
		return err
	}
	return p.gone(ctx, client, o, i.ID, &r.Snapshot, leftovers, d.wait)
}

// deleting waits for a deletion that has already begun: whether it takes a snapshot was decided then.
func (p *group) deleting(ctx context.Context, client *rds.Client, o *terminal.Output, i *rds.Instance, d *deleteFlags) error {
	leftovers, err := client.Leftovers(ctx, i.ID)
	if err != nil {
		return err
	}
	o.Say("%s is already being deleted; whether it takes a final snapshot was decided then", i.ID)
	return p.gone(ctx, client, o, i.ID, nil, leftovers, d.wait)
}

// gone waits until an instance is deleted, and lists what remains. snapshot is the name of the final
// snapshot, "" for none; nil means that another command has decided on it.
func (p *group) gone(ctx context.Context, client *rds.Client, o *terminal.Output, id string, snapshot *string, leftovers []string, wait bool) error {
	if wait {
		if err := p.follow(ctx, client, o, id, "deleted", 60*time.Minute); err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	if o.JSON {
		return o.Document(map[string]any{"deleted": id, "snapshot": snapshot, "leftovers": leftovers})
	}
	line := id + " is " + map[bool]string{true: "gone", false: "being deleted"}[wait]
	if snapshot != nil {
		line += "; final snapshot: " + cmp.Or(*snapshot, "none")
	}
	fmt.Fprintln(o.Out, line)
	if len(leftovers) > 0 {
		o.Say("other resources of the instance remain and cost nothing; delete them with:")
		for _, l := range leftovers {
			o.Say("  %s", l)
		}
	}
	return nil
}
