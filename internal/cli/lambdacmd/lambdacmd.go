// Package lambdacmd is cruddur lambda, and the function itself, which is the same program without arguments: a
// command parses, calls internal/lambda and prints. It knows no other group of commands.
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

// group makes the commands of one program.
type group struct{ *command.Program }

// Command is cruddur lambda with everything below it.
func Command(outside *command.Program) *cobra.Command {
	p := &group{outside}
	f := new(flags)
	group := &cobra.Command{
		Use:     "lambda",
		GroupID: "aws",
		Short:   "The function that stores a member whom Amazon Cognito has confirmed",
		Long: strings.TrimSpace(`
Amazon Cognito keeps the accounts; when one is confirmed, it calls an AWS Lambda function, which stores
the member. That function is this very program.

  cruddur lambda deploy --dry-run   what would be made, and the same as aws commands
  cruddur lambda deploy             make it, or bring it up to date
  cruddur lambda status             whether a confirmation reaches the database
  cruddur lambda logs --follow      what it says
  cruddur lambda serve              the same on this machine, for an emulator of Cognito
  cruddur user sync                 members whom a failed call has left without a row

docs/lambda.md leads from an empty account to a working trigger.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := group.PersistentFlags()
	flags.StringVar(&f.region, "region", "", "the region of AWS (default: the user pool's)")
	flags.StringVar(&f.profile, "aws-profile", "", "the profile of the AWS CLI ($AWS_PROFILE)")
	flags.StringVar(&f.name, "name", lambda.DefaultName, "the function's name")
	flags.StringVar(&f.role, "role", "", "the name of the function's role (default: its own name and -role)")
	flags.StringVar(&f.pool, "pool", "", "the user pool's id ($AWS_COGNITO_USER_POOL_ID)")
	flags.StringVar(&f.color, "color", "auto", "auto, always or never")
	flags.BoolVar(&f.json, "json", false, "one JSON document instead of tables")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress")
	group.AddCommand(p.packageCommand(f), p.deployCommand(f), p.statusCommand(f), p.logsCommand(f), p.removeCommand(f), p.serveCommand(f))
	return group
}

func (p *group) output(f *flags) *terminal.Output {
	o := p.NewOutput(f.color)
	o.JSON, o.Quiet = f.json, f.quiet
	return o
}

// settings are what the flags say of every command.
func (p *group) settings(f *flags) (lambda.Settings, error) {
	pool, err := p.Config.Text("AWS_COGNITO_USER_POOL_ID")
	if err != nil {
		return lambda.Settings{}, err
	}
	s := lambda.Settings{Name: f.name, RoleName: f.role, PoolID: cmp.Or(f.pool, pool)}
	if s.PoolID == "" {
		return s, command.Exit(command.ExitUsage, errors.New("which user pool? Give --pool or set AWS_COGNITO_USER_POOL_ID"))
	}
	return s, nil
}

// client is the AWS account; the region is the pool's where nobody says otherwise, for a trigger
// must be in it.
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
