package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"cruddur/internal/rds"
)

func (p *program) rdsStatus(f *rdsFlags) *cobra.Command {
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
			client, err := p.rdsClient(cmd.Context(), f)
			if err != nil {
				return err
			}
			o := p.rdsOutput(f)
			if watch == 0 {
				return p.showStatus(cmd.Context(), client, o, args)
			}
			return p.watchStatus(cmd.Context(), client, o, args, max(watch, time.Second))
		},
	}
	c.Flags().DurationVar(&watch, "watch", 0, "show it again and again, at this interval")
	c.Flags().Lookup("watch").NoOptDefVal = "5s"
	return c
}

// watchInterval lets --watch be followed by its interval, as --watch=2s and as --watch 2s: no instance's
// name begins with a digit.
func watchInterval(watch time.Duration, args []string) (time.Duration, []string) {
	if n := len(args); watch > 0 && n > 0 {
		if d, err := time.ParseDuration(args[n-1]); err == nil {
			return d, args[:n-1]
		}
	}
	return watch, args
}

// watchStatus repaints a terminal; elsewhere each look is one line of JSON.
func (p *program) watchStatus(ctx context.Context, client *rds.Client, o *output, ids []string, every time.Duration) error {
	for {
		if o.terminal && !o.json {
			o.clear()
			if err := p.showStatus(ctx, client, o, ids); err != nil {
				return err
			}
		} else {
			all, err := client.Status(ctx, ids...)
			if err != nil {
				return err
			}
			if err := json.NewEncoder(o.out).Encode(map[string]any{"schema_version": 1, "at": client.Now().UTC(), "region": client.Region(), "instances": all}); err != nil {
				return err
			}
		}
		if client.Sleep(ctx, every) != nil {
			return exitWith(exitInterrupted, nil)
		}
	}
}

func (p *program) showStatus(ctx context.Context, client *rds.Client, o *output, ids []string) error {
	all, err := client.Status(ctx, ids...)
	if err != nil {
		return err
	}
	if o.json {
		return o.document(map[string]any{"region": client.Region(), "instances": all})
	}
	t := &table{empty: "no PostgreSQL instance in " + client.Region() + "; cruddur rds create makes one", columns: []column{
		{title: "INSTANCE"},
		{title: "STATUS", paint: paintStatus},
		{title: "VERSION"},
		{title: "CLASS", drop: 2},
		{title: "GIB", right: true, drop: 3},
		{title: "STANDBY", drop: 4},
		{title: "PUBLIC", drop: 1, paint: func(s string) string { return map[string]string{"yes": paintBad}[s] }},
		{title: "ENDPOINT", drop: 5},
		{title: "NOTE", least: 20},
	}}
	for _, i := range all {
		endpoint := ""
		if i.Host != "" {
			endpoint = fmt.Sprintf("%s:%d", i.Host, i.Port)
		}
		t.add(i.ID, i.Status, i.Version, i.Class, fmt.Sprint(i.StorageGiB), yesNo(i.MultiAZ), yesNo(i.Public), endpoint, note(i))
	}
	return t.write(o)
}

// note is what a person should know of an instance beyond its columns.
func note(i rds.Instance) string {
	switch {
	case i.RestartsAt != nil:
		return "AWS starts it " + when(i.RestartsAt)
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
		return paintGood
	case i.Broken():
		return paintBad
	case s == "stopped":
		return paintDim
	}
	return paintWarn
}
