package lambdacmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/lambda"
	"cruddur/internal/localhost"
	"cruddur/internal/rds"
	"cruddur/internal/writefile"
)

// packageBinary makes the zip of a binary: the one at path, or this program.
func packageBinary(path string) (archive []byte, arch types.Architecture, err error) {
	if path == "" {
		if path, err = os.Executable(); err != nil {
			return nil, "", fmt.Errorf("find this program: %w", err)
		}
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		return nil, "", command.Exit(command.ExitUsage, err)
	}
	return lambda.Package(binary)
}

func (p *group) packageCommand(f *flags) *cobra.Command {
	var binary, out string
	c := &cobra.Command{
		Use:   "package",
		Short: "Make the function's zip",
		Long: strings.TrimSpace(`
Make the zip file for AWS Lambda (runtime provided.al2023): this program under the name bootstrap. On
a system other than Linux, or for another architecture, build a binary first:

  CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -ldflags "-s -w" -o cruddur-arm64 ./cmd/cruddur
  cruddur lambda package --binary cruddur-arm64`),
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			archive, arch, err := packageBinary(binary)
			if err != nil {
				return err
			}
			if err := writefile.All(out, archive, 0o644); err != nil {
				return err
			}
			path, err := filepath.Abs(out)
			if err != nil {
				return err
			}
			o := p.output(f)
			if o.JSON {
				return o.Document(map[string]any{"path": path, "architecture": arch, "bytes": len(archive)})
			}
			o.Say("%s, %.1f MB", arch, float64(len(archive))/(1<<20))
			fmt.Fprintln(o.Out, path)
			return nil
		},
	}
	c.Flags().StringVar(&binary, "binary", "", "the Linux binary to pack (default: this program)")
	c.Flags().StringVarP(&out, "output", "o", "cruddur-lambda.zip", "the zip file to write")
	return c
}

// deployFlags are the flags of deploy only.
type deployFlags struct {
	url, binary, instance  string
	subnets, groups        []string
	memory, reserved, days int32
	dryRun, replace        bool
}

func (p *group) deployCommand(f *flags) *cobra.Command {
	d := new(deployFlags)
	c := &cobra.Command{
		Use:   "deploy",
		Short: "Create or update the function and the pool's trigger",
		Long: strings.TrimSpace(`
Create the role with the least privilege, the log group, the function, its permission for this pool of this
account, and the pool's post-confirmation trigger. All other settings of the pool stay: they are compared
afterwards, and restored if they differ.

What is right already is left alone, so deploy can be run again at any time, also after an error.

The database is that of --url or PROD_CONNECTION_URL. If the URL contains cruddur_auth=iam ("cruddur rds
url --auth iam --user NAME" prints such a URL), the function needs no password and, in a VPC, neither NAT
nor a VPC endpoint.`),
		Example: strings.TrimRight(`
  cruddur lambda deploy --subnet subnet-0a… --subnet subnet-0b… --security-group sg-0c… --dry-run
  cruddur lambda deploy --binary cruddur-arm64 --url "$(cruddur rds url --auth iam --user cruddur_lambda)"`, "\n"),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.deploy(cmd.Context(), f, d) },
	}
	flags := c.Flags()
	flags.StringVar(&d.url, "url", "", "the function's connection URL ($PROD_CONNECTION_URL)")
	flags.StringVar(&d.binary, "binary", "", "the Linux binary to deploy (default: this program)")
	flags.StringVar(&d.instance, "db-resource-id", "", "limit IAM authentication to the instance with this DbiResourceId (default: every instance)")
	flags.StringSliceVar(&d.subnets, "subnet", nil, "a subnet of the VPC; repeat it for at least two, in different zones")
	flags.StringSliceVar(&d.groups, "security-group", nil, "the function's security group; the database's group must allow it")
	flags.Int32Var(&d.memory, "memory", 256, "memory in MB; Lambda gives CPU in proportion")
	flags.Int32Var(&d.reserved, "reserved", 5, "reserved concurrency: the maximum number that run at once, each with one database connection; -1: no reservation")
	flags.Int32Var(&d.days, "retention", 30, "keep the log for this many days")
	flags.BoolVar(&d.replace, "replace-trigger", false, "replace another function as the pool's trigger")
	flags.BoolVar(&d.dryRun, "dry-run", false, "change nothing; print the plan and the equivalent aws commands")
	return c
}

// fillSettings completes the settings that deploy needs, and warns about risks in the database's URL.
func (p *group) fillSettings(s *lambda.Settings, d *deployFlags, o *terminal.Output) error {
	prod, err := p.Config.Text("PROD_CONNECTION_URL")
	if err != nil {
		return err
	}
	url := cmp.Or(d.url, prod)
	if url == "" {
		return command.Exit(command.ExitUsage, errors.New("no database for the function: give --url or set PROD_CONNECTION_URL"))
	}
	target, err := rds.ParseURL(url)
	if err != nil {
		return command.Exit(command.ExitUsage, err)
	}
	if localhost.IsDatabase(target.Host) {
		return command.Exit(command.ExitUsage, errors.New("the connection URL names no host that a function could reach"))
	}
	switch {
	case target.IAM:
		s.DBUser, s.DBResourceID = target.User, d.instance
	case target.Secret != "" && !strings.HasPrefix(target.Secret, "arn:"):
		return command.Exit(command.ExitUsage, errors.New("cruddur_secret must be the secret's ARN: the function's policy names it"))
	case target.Secret != "":
		s.SecretARN = target.Secret
		if len(d.subnets) > 0 {
			o.Warn("in a VPC without NAT the function reaches Secrets Manager through an interface endpoint only; cruddur_auth=iam needs neither")
		}
	default:
		o.Warn("the function's environment will hold the connection URL as it is; with cruddur_auth=iam it would hold no password")
	}
	if len(d.subnets) == 0 {
		o.Warn("without --subnet the function runs outside the VPC and reaches a public database only")
	}
	s.Environment = map[string]string{"CONNECTION_URL": url}
	s.Subnets, s.SecurityGroups = d.subnets, d.groups
	s.MemoryMB, s.Reserved, s.RetentionDays, s.ReplaceTrigger = d.memory, d.reserved, d.days, d.replace
	s.Zip, s.Architecture, err = packageBinary(d.binary)
	return err
}

func (p *group) deploy(ctx context.Context, f *flags, d *deployFlags) error {
	o := p.output(f)
	s, err := p.settings(f)
	if err != nil {
		return err
	}
	if err := p.fillSettings(&s, d, o); err != nil {
		return err
	}
	client, err := p.client(ctx, f, s.PoolID)
	if err != nil {
		return err
	}
	plan, err := client.Deploy(ctx, s, d.dryRun, tellStep(o, d.dryRun))
	if err != nil {
		return err
	}
	err = printSteps(o, &plan, d.dryRun)
	warnOfDatabase(o, client.Reach(ctx, s.Environment["CONNECTION_URL"], s.Subnets, s.SecurityGroups), &s)
	return err
}

// warnOfDatabase warns of what will keep the function from its database, with the command that fixes it. It
// never stops the deployment: what is missing may be on its way.
func warnOfDatabase(o *terminal.Output, r lambda.Reached, s *lambda.Settings) {
	for _, text := range append(r.Problems, r.Warnings...) {
		o.Warn("%s", text)
	}
	for _, text := range r.Unknown {
		o.Warn("not checked: %s", text)
	}
	switch {
	case s.DBUser == "" || r.ResourceID == "" || r.ResourceID == s.DBResourceID:
	case s.DBResourceID == "":
		o.Warn("the function may sign in to every instance as %s; --db-resource-id %s limits it to this one", s.DBUser, r.ResourceID)
	default:
		o.Warn("--db-resource-id %s is not that of %s: the database will refuse the function's tokens (--db-resource-id %s)", s.DBResourceID, r.Instance, r.ResourceID)
	}
}

// tellStep prints each step on stderr when it is done; a dry run prints all steps at the end.
func tellStep(o *terminal.Output, dry bool) func(lambda.Step) {
	return func(s lambda.Step) {
		if !dry {
			o.Say("%-9s %-13s %s%s", s.Action, s.What, s.Name, detail(s))
		}
	}
}

func detail(s lambda.Step) string {
	if s.Detail == "" {
		return ""
	}
	return " (" + s.Detail + ")"
}

// printSteps prints the steps and, in a dry run, the equivalent commands.
func printSteps(o *terminal.Output, plan *lambda.Plan, dry bool) error {
	steps := make([]map[string]any, 0, len(plan.Steps))
	t := &terminal.Table{Columns: []terminal.Column{{Title: "ACTION"}, {Title: "WHAT"}, {Title: "NAME", Least: 12}, {Title: "DETAIL", Least: 20, Drop: 1}}}
	for _, s := range plan.Steps {
		steps = append(steps, map[string]any{"action": s.Action, "what": s.What, "name": s.Name, "detail": s.Detail, "commands": s.Calls})
		t.Add(string(s.Action), s.What, s.Name, s.Detail)
	}
	document := map[string]any{"function": plan.ARN, "changes": plan.Changes(), "dry_run": dry, "steps": steps, "files": plan.Files}
	if o.JSON {
		return o.Document(document)
	}
	if !dry {
		o.Say("%d changes", plan.Changes())
		return nil
	}
	if err := t.Write(o); err != nil {
		return err
	}
	printCommands(o, plan)
	return nil
}

func printCommands(o *terminal.Output, plan *lambda.Plan) {
	if plan.Changes() == 0 {
		o.Say("nothing to do")
		return
	}
	fmt.Fprintln(o.Out, "\n# The same with the AWS CLI (function.zip is made by cruddur lambda package):")
	for _, s := range plan.Steps {
		for _, c := range s.Calls {
			fmt.Fprintln(o.Out, c)
		}
	}
	for _, name := range []string{"trust.json", "policy.json", "environment.json", "user-pool.json"} {
		if content, ok := plan.Files[name]; ok {
			fmt.Fprintf(o.Out, "\n# %s\n%s\n", name, content)
		}
	}
}
