// Package lambdacmd is cruddur lambda, and the function itself, which is the same program without arguments:
// a command parses its arguments, calls internal/lambda and prints. It must not use another group of
// commands.
package lambdacmd

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/lambda"
	"cruddur/internal/rds"
)

// flags are the flags of every lambda command.
type flags struct {
	region, profile, color string
	name, role, pool       string
	json, quiet            bool
}

// group creates the commands of one program.
type group struct{ *command.Program }

// Command returns cruddur lambda with its sub-commands.
func Command(outside *command.Program) *cobra.Command {
	p := &group{outside}
	f := new(flags)
	group := &cobra.Command{
		Use:     "lambda",
		GroupID: "aws",
		Short:   "Deploy and watch the function that stores members confirmed by Amazon Cognito",
		Long: strings.TrimSpace(`
Amazon Cognito keeps the accounts. When an account is confirmed, Cognito calls an AWS Lambda function, which
stores the member. That function is this program.

  cruddur lambda deploy --dry-run   what would be created, and the equivalent aws commands
  cruddur lambda deploy             create or update it
  cruddur lambda status             whether a confirmation reaches the database
  cruddur lambda logs --follow      its log
  cruddur lambda serve              run it on this machine, for an emulator of Cognito
  cruddur user sync                 add members whose row is missing after a failed call

docs/lambda.md explains every step from an empty account to a working trigger.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := group.PersistentFlags()
	flags.StringVar(&f.region, "region", "", "the AWS region (default: the user pool's)")
	flags.StringVar(&f.profile, "aws-profile", "", "the AWS CLI's profile ($AWS_PROFILE)")
	flags.StringVar(&f.name, "name", lambda.DefaultName, "the function's name")
	flags.StringVar(&f.role, "role", "", "the name of the function's role (default: the function's name with -role)")
	flags.StringVar(&f.pool, "pool", "", "the user pool's id ($AWS_COGNITO_USER_POOL_ID)")
	flags.StringVar(&f.color, "color", "auto", "colour the output: auto, always or never")
	flags.BoolVar(&f.json, "json", false, "print one JSON document instead of tables")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print no progress")
	group.AddCommand(p.packageCommand(f), p.deployCommand(f), p.statusCommand(f), p.logsCommand(f), p.removeCommand(f), p.serveCommand(f))
	return group
}

func (p *group) output(f *flags) *terminal.Output {
	o := p.NewOutput(f.color)
	o.JSON, o.Quiet = f.json, f.quiet
	return o
}

// settings returns the settings that the flags of every command give.
func (p *group) settings(f *flags) (lambda.Settings, error) {
	pool, err := p.Config.Text("AWS_COGNITO_USER_POOL_ID")
	if err != nil {
		return lambda.Settings{}, err
	}
	s := lambda.Settings{Name: f.name, RoleName: f.role, PoolID: cmp.Or(f.pool, pool)}
	if s.PoolID == "" {
		return s, command.Exit(command.ExitUsage, errors.New("no user pool: give --pool or set AWS_COGNITO_USER_POOL_ID"))
	}
	return s, nil
}

// client returns a client for the AWS account. If no region is given it is the pool's, because a trigger must
// be in the pool's region.
func (p *group) client(ctx context.Context, f *flags, pool string) (*lambda.Client, error) {
	region, _, _ := strings.Cut(pool, "_")
	if pool == "" {
		region = ""
	}
	cfg, err := p.AWSConfig(ctx, cmp.Or(f.region, p.Getenv("AWS_REGION"), p.Getenv("AWS_DEFAULT_REGION"), region), f.profile)
	if err != nil {
		return nil, err
	}
	client := lambda.New(cfg)
	client.Reach = func(ctx context.Context, url string, subnets, groups []string) lambda.Reached {
		r := rds.New(cfg).Reach(ctx, rds.Caller{URL: url, Subnets: subnets, Groups: groups})
		return lambda.Reached{
			Instance: r.Instance, ResourceID: r.Resource, DBUser: r.User, Secret: r.Secret,
			Problems: r.Problems, Unknown: r.Unknown, Warnings: r.Warnings,
		}
	}
	return client, nil
}
