package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"
	"github.com/spf13/cobra"

	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

// rdsFlags are the flags of every rds command.
type rdsFlags struct {
	region, profile, color string
	json, quiet            bool
}

func (p *program) rdsCommand() *cobra.Command {
	f := new(rdsFlags)
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
		p.rdsCreate(f), p.rdsStatus(f), p.rdsWait(f), p.rdsStop(f), p.rdsStart(f), p.rdsModify(f), p.rdsDelete(f), p.rdsSnapshot(f),
		p.rdsURL(f), p.rdsAllowIP(f), p.rdsRevokeExpired(f), p.rdsAudit(f), p.rdsPolicy(f),
	)
	return group
}

func (p *program) rdsOutput(f *rdsFlags) *terminal.Output {
	o := p.newOutput(f.color)
	o.JSON, o.Quiet = f.json, f.quiet
	return o
}

// awsConfig is the SDK's configuration: what the environment and the flags of this process say
// goes before the shared files.
func (p *program) awsConfig(ctx context.Context, region, profile string) (aws.Config, error) {
	// The SDK's own log lines would stand between a command's; errors say what matters.
	options := []func(*awsconfig.LoadOptions) error{awsconfig.WithLogger(logging.Nop{})}
	for _, r := range []string{region, p.getenv("AWS_REGION"), p.getenv("AWS_DEFAULT_REGION")} {
		if r != "" {
			options = append(options, awsconfig.WithRegion(r))
			break
		}
	}
	if profile == "" {
		profile = p.getenv("AWS_PROFILE")
	}
	if profile != "" {
		options = append(options, awsconfig.WithSharedConfigProfile(profile))
	} else if key := p.getenv("AWS_ACCESS_KEY_ID"); key != "" {
		options = append(options, awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, p.getenv("AWS_SECRET_ACCESS_KEY"), p.getenv("AWS_SESSION_TOKEN"))))
	}
	if file := p.getenv("AWS_CONFIG_FILE"); file != "" {
		options = append(options, awsconfig.WithSharedConfigFiles([]string{file}))
	}
	if file := p.getenv("AWS_SHARED_CREDENTIALS_FILE"); file != "" {
		options = append(options, awsconfig.WithSharedCredentialsFiles([]string{file}))
	}
	if endpoint := p.getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		options = append(options, awsconfig.WithBaseEndpoint(endpoint))
	}
	if p.sleep != nil { // a clock of the tests: no pause between attempts either
		options = append(options, awsconfig.WithRetryer(quickRetry))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, exitWith(exitUsage, fmt.Errorf("the AWS configuration cannot be read: %w", err))
	}
	return cfg, nil
}

func (p *program) rdsClient(ctx context.Context, f *rdsFlags) (*rds.Client, error) {
	cfg, err := p.awsConfig(ctx, f.region, f.profile)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, rds.NoRegion()
	}
	c := rds.New(cfg)
	if p.now != nil {
		c.Now = p.now
	}
	if p.sleep != nil {
		c.Sleep = p.sleep
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
		return exitWith(exitUsage, fmt.Errorf("%s exclude each other", strings.Join(given, " and ")))
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

// ask puts a question to the operator.
func (p *program) ask(ctx context.Context, question string) (string, error) {
	line, err := terminal.Ask(ctx, p.stdin, p.stderr, question)
	switch {
	case ctx.Err() != nil:
		return "", exitWith(exitInterrupted, errors.New("interrupted; nothing was changed"))
	case errors.Is(err, io.EOF):
		return "", terminal.ErrNobody
	}
	return strings.TrimSpace(line), err
}

// typed wants the name typed, or --confirm with it. Anything else refuses and changes nothing.
func (p *program) typed(ctx context.Context, what, name, confirm string) error {
	if confirm == name {
		return nil
	}
	if confirm != "" {
		return exitWith(exitRefused, fmt.Errorf("--confirm %s is not the name %s; nothing was changed", confirm, name))
	}
	line, err := p.ask(ctx, fmt.Sprintf("Type %s to %s: ", name, what))
	switch {
	case errors.Is(err, terminal.ErrNobody):
		return exitWith(exitRefused, fmt.Errorf("refused to %s without a confirmation; nothing was changed\n  next: add --confirm %s", what, name))
	case err != nil:
		return err
	case line != name:
		return exitWith(exitRefused, fmt.Errorf("%q is not %s; nothing was changed", line, name))
	}
	return nil
}
