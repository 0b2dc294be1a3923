// Package rdscmd is cruddur rds: a command parses, asks where something is lost, calls internal/rds and prints.
// It knows no other group of commands.
package rdscmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

// flags are the flags of every rds command.
type flags struct {
	region, profile, color string
	json, quiet            bool
}

// group makes the commands of one program.
type group struct{ *command.Program }

// Command is cruddur rds with everything below it.
func Command(outside *command.Program) *cobra.Command {
	p := &group{outside}
	f := new(flags)
	group := &cobra.Command{
		Use:     "rds",
		GroupID: "aws",
		Short:   "A database on Amazon RDS: make, watch, guard, audit, stop and delete it",
		Long: strings.TrimSpace(`
A PostgreSQL database on Amazon RDS that is safe from its first minute.

  cruddur rds create --dry-run     what would be made, what it costs a month, the AWS CLI's command
  cruddur rds create               make it and wait for it
  cruddur rds allow-ip             let this machine in, for eight hours
  cruddur rds url                  the URL for PROD_CONNECTION_URL
  cruddur rds audit                what is not as it should be, and the remedy

Credentials and region come from where the AWS CLI takes them.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := group.PersistentFlags()
	flags.StringVar(&f.region, "region", "", "the region of AWS ($AWS_DEFAULT_REGION)")
	flags.StringVar(&f.profile, "aws-profile", "", "the profile of the AWS CLI ($AWS_PROFILE)")
	flags.StringVar(&f.color, "color", "auto", "auto, always or never")
	flags.BoolVar(&f.json, "json", false, "one JSON document instead of tables")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress")
	group.AddCommand(
		p.createCommand(f), p.statusCommand(f), p.waitCommand(f), p.stopCommand(f), p.startCommand(f), p.modifyCommand(f), p.deleteCommand(f), p.snapshotCommand(f),
		p.urlCommand(f), p.allowIPCommand(f), p.revokeExpiredCommand(f), p.auditCommand(f), p.policyCommand(f),
	)
	return group
}

func (p *group) output(f *flags) *terminal.Output {
	o := p.NewOutput(f.color)
	o.JSON, o.Quiet = f.json, f.quiet
	return o
}

func (p *group) client(ctx context.Context, f *flags) (*rds.Client, error) {
	cfg, err := p.AWSConfig(ctx, f.region, f.profile)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, rds.NoRegion()
	}
	c := rds.New(cfg)
	if p.Now != nil {
		c.Now = p.Now
	}
	if p.Sleep != nil {
		c.Sleep = p.Sleep
	}
	return c, nil
}

// exclusive refuses two of the named flags together. Cobra's own check ends with another exit code.
func exclusive(cmd *cobra.Command, names ...string) error {
	var given []string
	for _, n := range names {
		if cmd.Flags().Changed(n) {
			given = append(given, "--"+n)
		}
	}
	if len(given) > 1 {
		return command.Exit(command.ExitUsage, fmt.Errorf("%s exclude each other", strings.Join(given, " and ")))
	}
	return nil
}

// first is the optional single argument.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
