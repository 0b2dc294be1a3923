package rdscmd

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

func (p *group) statusCommand(f *flags) *cobra.Command {
	var watch time.Duration
	c := &cobra.Command{
		Use:   "status [INSTANCE]",
		Short: "Show one database instance, or all of the region",
		Args: func(cmd *cobra.Command, args []string) error {
			_, args = watchInterval(watch, args)
			return cobra.MaximumNArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			watch, args = watchInterval(watch, args)
			client, err := p.client(cmd.Context(), f)
			if err != nil {
				return err
			}
			o := p.output(f)
			if watch == 0 {
				return p.showStatus(cmd.Context(), client, o, args)
			}
			return p.watchStatus(cmd.Context(), client, o, args, max(watch, time.Second))
		},
	}
	c.Flags().DurationVar(&watch, "watch", 0, "repeat at this interval (default 5s)")
	c.Flags().Lookup("watch").NoOptDefVal = "5s"
	return c
}

// watchInterval reads the interval of --watch in both forms, --watch=2s and --watch 2s: no instance's name
// begins with a digit.
func watchInterval(watch time.Duration, args []string) (time.Duration, []string) {
	if n := len(args); watch > 0 && n > 0 {
		if d, err := time.ParseDuration(args[n-1]); err == nil {
			return d, args[:n-1]
		}
	}
	return watch, args
}

// watchStatus repaints a terminal; elsewhere it prints one line of JSON per interval.
func (p *group) watchStatus(ctx context.Context, client *rds.Client, o *terminal.Output, ids []string, every time.Duration) error {
	for {
		if o.Terminal && !o.JSON {
			o.Clear()
			if err := p.showStatus(ctx, client, o, ids); err != nil {
				return err
			}
		} else {
			all, err := client.Status(ctx, ids...)
			if err != nil {
				return err
			}
			if err := json.NewEncoder(o.Out).Encode(map[string]any{"schema_version": 1, "at": client.Now().UTC(), "region": client.Region(), "instances": all}); err != nil {
				return err
			}
		}
		if client.Sleep(ctx, every) != nil {
			return command.Exit(command.ExitInterrupted, nil)
		}
	}
}

func (p *group) showStatus(ctx context.Context, client *rds.Client, o *terminal.Output, ids []string) error {
	all, err := client.Status(ctx, ids...)
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Document(map[string]any{"region": client.Region(), "instances": all})
	}
	t := &terminal.Table{Empty: "no PostgreSQL instance in " + client.Region() + "; cruddur rds create makes one", Columns: []terminal.Column{
		{Title: "INSTANCE"},
		{Title: "STATUS", Paint: paintStatus},
		{Title: "VERSION"},
		{Title: "CLASS", Drop: 2},
		{Title: "GIB", Right: true, Drop: 3},
		{Title: "STANDBY", Drop: 4},
		{Title: "PUBLIC", Drop: 1, Paint: func(s string) string { return map[string]string{"yes": terminal.PaintBad}[s] }},
		{Title: "ENDPOINT", Drop: 5},
		{Title: "NOTE", Least: 20},
	}}
	for _, i := range all {
		endpoint := ""
		if i.Host != "" {
			endpoint = fmt.Sprintf("%s:%d", i.Host, i.Port)
		}
		t.Add(i.ID, i.Status, i.Version, i.Class, fmt.Sprint(i.StorageGiB), terminal.YesNo(i.MultiAZ), terminal.YesNo(i.Public), endpoint, note(i))
	}
	return t.Write(o)
}

// note returns what a person should know about an instance besides its columns.
func note(i rds.Instance) string {
	switch {
	case i.RestartsAt != nil:
		return "AWS starts it " + terminal.When(i.RestartsAt)
	case len(i.Pending) > 0:
		return fmt.Sprintf("%d changes wait for %s UTC", len(i.Pending), i.Maintenance)
	case i.Progress != "":
		return i.Progress + " %"
	case i.Broken():
		return "needs help: see docs/rds.md"
	}
	return ""
}

func paintStatus(s string) string {
	i := rds.Instance{Status: s}
	switch {
	case s == "available":
		return terminal.PaintGood
	case i.Broken():
		return terminal.PaintBad
	case s == "stopped":
		return terminal.PaintDim
	}
	return terminal.PaintWarn
}
