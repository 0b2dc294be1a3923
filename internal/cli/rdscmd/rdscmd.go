// Package rdscmd is cruddur rds: a command parses its arguments, asks before something is lost, calls
// internal/rds and prints. It must not use another group of commands.
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

// group creates the commands of one program.
type group struct{ *command.Program }

// Command returns cruddur rds with its sub-commands.
func Command(outside *command.Program) *cobra.Command {
	p := &group{outside}
	f := new(flags)
	group := &cobra.Command{
		Use:     "rds",
		GroupID: "aws",
		Short:   "Create, watch, secure, audit, stop and delete a database on Amazon RDS",
		Long: strings.TrimSpace(`
Manage a PostgreSQL database on Amazon RDS that is secure from the start.

  cruddur rds create --dry-run     the plan, its monthly cost and the AWS CLI's command
  cruddur rds create               create it and wait for it
  cruddur rds allow-ip             allow this machine's address for eight hours
  cruddur rds url                  the URL for PROD_CONNECTION_URL
  cruddur rds audit                find security problems, with remedies

Credentials and region come from the same sources as the AWS CLI's.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := group.PersistentFlags()
	flags.StringVar(&f.region, "region", "", "the AWS region ($AWS_DEFAULT_REGION)")
	flags.StringVar(&f.profile, "aws-profile", "", "the AWS CLI's profile ($AWS_PROFILE)")
	flags.StringVar(&f.color, "color", "auto", "colour the output: auto, always or never")
	flags.BoolVar(&f.json, "json", false, "print one JSON document instead of tables")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print no progress")
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

// exclusive returns an error if two of the named flags are given. Cobra's own check would use another exit
// code.
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

// first returns the optional single argument, or "".
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
