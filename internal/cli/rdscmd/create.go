package rdscmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

// createFlags are the flags of rds create, except those named like the AWS CLI's.
type createFlags struct {
	profile, passwordFile, vpc string
	subnets                    []string
	dryRun, noWait             bool
	timeout                    time.Duration
	set                        *apiFlags
}

func (p *group) createCommand(f *flags) *cobra.Command {
	a := new(createFlags)
	c := &cobra.Command{
		Use:   "create [INSTANCE]",
		Short: "Create a database that is secure from the start, and wait for it",
		Long: strings.TrimSpace(`
Create an encrypted PostgreSQL instance that is not public, in private subnets, behind its own security
group that allows nobody, with forced TLS, IAM authentication, a master password kept by Secrets Manager,
backups, log exports and, with --profile prod, a standby and deletion protection. --profile dev omits the
last two and keeps backups for one day.

Every choice can be overridden by a flag with the AWS CLI's name, a boolean one also as --no-NAME; the
defaults below are those of prod. --dry-run asks AWS what it offers, prints the plan, an estimated price and
the AWS CLI's command, and creates nothing.

After Ctrl-C AWS continues to create the instance; run the same command again to wait for it.`),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.create(cmd.Context(), f, a, first(args)) },
	}
	flags := c.Flags()
	flags.StringVar(&a.profile, "profile", "prod", "prod or dev")
	flags.StringVar(&a.passwordFile, "master-user-password-file", "", "read the master password from this file, - for stdin, instead of a managed one")
	flags.String("master-user-password", "", "")
	_ = flags.MarkHidden("master-user-password")
	flags.StringVar(&a.vpc, "vpc-id", "", "use the subnets of this VPC")
	flags.StringSliceVar(&a.subnets, "subnet-ids", nil, "the subnets, in two zones or more")
	flags.BoolVar(&a.dryRun, "dry-run", false, "print what would be created, create nothing")
	flags.BoolVar(&a.noWait, "no-wait", false, "do not wait until the instance is available")
	flags.DurationVar(&a.timeout, "timeout", 40*time.Minute, "how long to wait")
	a.set = bindAPI(flags, rds.CreateFlags())
	return c
}

// apiFlags are the flags named like the AWS CLI's, each boolean one also as --no-NAME.
type apiFlags struct {
	flags *pflag.FlagSet
	list  []rds.Flag
}

func bindAPI(flags *pflag.FlagSet, list []rds.Flag) *apiFlags {
	for _, f := range list {
		if f.Default != "" {
			f.Help += " (default " + map[string]string{"true": "yes", "false": "no"}[f.Default] + map[bool]string{false: f.Default}[f.Bool] + ")"
		}
		switch {
		case f.Bool:
			flags.Bool(f.Name, false, f.Help)
			flags.Bool("no-"+f.Name, false, "")
			_ = flags.MarkHidden("no-" + f.Name)
		case f.List:
			flags.StringSlice(f.Name, nil, f.Help)
		default:
			flags.String(f.Name, "", f.Help)
		}
	}
	return &apiFlags{flags, list}
}

// each calls set for every flag that was given.
func (a *apiFlags) each(set func(name, value string) error) error {
	for _, f := range a.list {
		value, given := "", a.flags.Changed(f.Name)
		if flag := a.flags.Lookup(f.Name); given {
			value = flag.Value.String()
			if f.List {
				value = strings.Join(flag.Value.(pflag.SliceValue).GetSlice(), ",")
			}
		}
		if f.Bool && a.flags.Changed("no-"+f.Name) {
			if given {
				return command.Exit(command.ExitUsage, fmt.Errorf("--%s and --no-%s exclude each other", f.Name, f.Name))
			}
			value, given = map[string]string{"true": "false", "false": "true"}[a.flags.Lookup("no-"+f.Name).Value.String()], true
		}
		if given {
			if err := set(f.Name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *group) create(ctx context.Context, f *flags, a *createFlags, name string) error {
	o := p.output(f)
	plan, err := p.plan(a, name)
	if err != nil {
		return err
	}
	client, err := p.client(ctx, f)
	if err != nil {
		return err
	}
	if err := p.allowedRegion(client.Region()); err != nil {
		return err
	}
	have, err := client.Existing(ctx, plan)
	if err != nil {
		return err
	}
	if have != nil && !a.dryRun {
		return p.createdBefore(ctx, client, o, a, plan, have)
	}
	if err := client.Prepare(ctx, plan, rds.Network{VPC: a.vpc, SubnetIDs: a.subnets}); err != nil {
		return client.Unfinished(ctx, plan.ID(), err)
	}
	if a.dryRun {
		if have != nil {
			o.Warn("instance %s exists already (%s): without --dry-run, create would only wait for it", have.ID, have.Status)
			if err := warnOfDifferences(ctx, client, o, plan, rds.Network{VPC: a.vpc, SubnetIDs: a.subnets}); err != nil {
				return err
			}
		}
		return printPlan(o, plan, client.Region())
	}
	for _, w := range plan.Warnings() {
		o.Warn("%s", w)
	}
	for _, n := range plan.Notes {
		o.Say("%s", n)
	}
	i, err := client.Create(ctx, plan, func(line string) { o.Say("%s", line) })
	if err != nil {
		return err
	}
	return p.createWait(ctx, client, o, a, i.ID)
}

// createdBefore continues with an instance that an earlier create has made. If it differs from what is asked
// for now, it lists each difference and returns the exit code for drift.
func (p *group) createdBefore(ctx context.Context, client *rds.Client, o *terminal.Output, a *createFlags, plan *rds.Plan, have *rds.Instance) error {
	o.Say("instance %s exists already (%s); it is left as it is", have.ID, have.Status)
	if err := p.createWait(ctx, client, o, a, have.ID); err != nil {
		return err
	}
	// Compare only now: while the instance is being created, AWS's answer is incomplete.
	all, err := client.Differences(ctx, plan, rds.Network{VPC: a.vpc, SubnetIDs: a.subnets})
	if err != nil {
		return err
	}
	if len(have.Pending) > 0 {
		o.Say("waiting for %s UTC: %s", have.Maintenance, strings.Join(have.Pending, ", "))
	}
	if len(all) == 0 {
		return nil
	}
	return command.Exit(command.ExitPending, errors.New(differences(have.ID, all)))
}

func warnOfDifferences(ctx context.Context, client *rds.Client, o *terminal.Output, plan *rds.Plan, n rds.Network) error {
	all, err := client.Differences(ctx, plan, n)
	if err == nil && len(all) > 0 {
		o.Warn("%s", differences(plan.ID(), all))
	}
	return err
}

// differences lists what was asked for next to what exists, and the commands that change it.
func differences(id string, all []rds.Difference) string {
	text := "instance " + id + " is not what was asked for; nothing was changed"
	var modify, never []string
	for _, d := range all {
		text += "\n  " + d.Setting + ": asked for " + d.Asked + ", it is " + d.Is
		if d.Modify != "" {
			modify = append(modify, d.Modify)
		} else {
			never = append(never, d.Setting)
		}
	}
	if len(modify) > 0 {
		text += "\n  next: cruddur rds modify " + id + " " + strings.Join(modify, " ") + "   (or create again with the flags of what exists)"
	}
	if len(never) > 0 {
		text += "\n  rds modify does not change " + strings.Join(never, ", ") + ": another instance would have it (cruddur rds create ANOTHER-NAME)"
	}
	return text
}

// plan returns the profile's plan, changed by the flags.
func (p *group) plan(a *createFlags, name string) (*rds.Plan, error) {
	if a.set.flags.Changed("master-user-password") {
		return nil, command.Exit(command.ExitUsage, errors.New("--master-user-password would show the password to every user of this machine (ps, the shell's history)\n  next: --master-user-password-file FILE, or - for stdin; or omit it: Secrets Manager makes and keeps one"))
	}
	plan, err := rds.NewPlan(rds.Profile(a.profile))
	if err != nil {
		return nil, err
	}
	if err := a.set.each(plan.Set); err != nil {
		return nil, err
	}
	if name != "" {
		if err := plan.Set("db-instance-identifier", name); err != nil {
			return nil, err
		}
	}
	if a.passwordFile == "" {
		return plan, nil
	}
	password, err := p.readSecret(a.passwordFile)
	if err != nil {
		return nil, command.Exit(command.ExitUsage, fmt.Errorf("--master-user-password-file: %w", err))
	}
	return plan, plan.SetPassword(password)
}

// readSecret reads the first line of a file, or of stdin.
func (p *group) readSecret(path string) (string, error) {
	in := p.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer file.Close()
		in = file
	}
	b, err := io.ReadAll(io.LimitReader(in, 4096))
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(line, "\r"), err
}

func (p *group) allowedRegion(region string) error {
	list, err := p.Config.Text("CRUDDUR_ALLOWED_REGIONS")
	if err != nil || list == "" || region == "" {
		return err
	}
	for r := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(r) == region {
			return nil
		}
	}
	return command.Exit(command.ExitRefused, fmt.Errorf("%s is not one of the allowed regions (CRUDDUR_ALLOWED_REGIONS=%s); nothing was made", region, list))
}

func (p *group) createWait(ctx context.Context, client *rds.Client, o *terminal.Output, a *createFlags, id string) error {
	if a.noWait {
		o.Say("to wait for it: cruddur rds wait %s", id)
	} else if err := p.follow(ctx, client, o, id, "available", a.timeout); err != nil {
		return client.Unfinished(ctx, id, err)
	}
	i, err := client.One(ctx, id)
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Document(map[string]any{"instance": i})
	}
	if i.Host == "" {
		return nil
	}
	link, err := i.ConnectionURL(urlAuth(i), i.MasterUser, cmp.Or(i.Database, "postgres"))
	if err != nil {
		return err
	}
	fmt.Fprintln(o.Out, link)
	o.Say("\nnext:")
	if !i.Public {
		o.Say(noPublicAddress, strings.Join(i.Groups, ","), i.Port)
	}
	for _, step := range [][2]string{
		{"cruddur rds allow-ip " + i.ID, "let this machine in"},
		{"export PROD_CONNECTION_URL='…'", "the URL above"},
		{"cruddur db setup prod", ""},
		{"cruddur db roles create cruddur_app prod --app --iam", "the application's own role"},
		{"cruddur rds url " + i.ID + " --user cruddur_app", "its URL, for cruddur serve"},
		{"cruddur rds audit " + i.ID, ""},
	} {
		if i.Public || !strings.Contains(step[0], "allow-ip") {
			o.Say("  %-53s %s", step[0], step[1])
		}
	}
	return nil
}

const noPublicAddress = `  the instance has no public address: continue on a machine in its VPC, or through
  a tunnel (docs/rds.md). Let the application's security group in:
    aws ec2 authorize-security-group-ingress --group-id %s \
      --protocol tcp --port %d --source-group SG_OF_THE_APPLICATION`

// follow waits with progress on stderr, and says after Ctrl-C how to continue.
func (p *group) follow(ctx context.Context, client *rds.Client, o *terminal.Output, id, want string, timeout time.Duration) error {
	start := client.Now()
	err := client.Wait(ctx, id, want, timeout, func(line string) {
		o.Say("%6s  %s", client.Now().Sub(start).Round(time.Second), line)
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		o.Warn("stopped waiting; AWS continues. To wait again: cruddur rds wait %s --for %s", id, want)
		return command.Exit(command.ExitInterrupted, nil)
	case errors.Is(err, rds.ErrPending):
		return command.Exit(command.ExitPending, err)
	}
	return err
}

func urlAuth(i *rds.Instance) string {
	switch {
	case i.Secret != "":
		return "secret"
	default:
		return "none"
	}
}

// printPlan prints the plan of --dry-run.
func printPlan(o *terminal.Output, plan *rds.Plan, region string) error {
	cost := plan.Cost(region)
	if o.JSON {
		return o.Document(map[string]any{
			"region": region, "profile": plan.Profile, "makes": plan.Made(), "notes": nonNil(plan.Notes), "warnings": nonNil(plan.Warnings()), "cost": cost, "command": plan.Command(), "commands": plan.Commands(),
		})
	}
	head := func(s string) { fmt.Fprintln(o.Out, terminal.Paint(o.Color, terminal.PaintBold, s)) }
	head("would create in " + region + " (profile " + string(plan.Profile) + ")")
	for _, m := range plan.Made() {
		fmt.Fprintln(o.Out, "  "+m)
	}
	for _, n := range plan.Notes {
		fmt.Fprintln(o.Out, "  "+terminal.Paint(o.Color, terminal.PaintDim, n))
	}
	for _, w := range plan.Warnings() {
		fmt.Fprintln(o.Out, "  "+terminal.Paint(o.Color, terminal.PaintWarn, "less safe: ")+w)
	}
	head("\nestimated cost per month (from a built-in table, not from AWS; without traffic, logs and backups larger than the disk)")
	for _, l := range cost.Lines {
		fmt.Fprintf(o.Out, "  %8.2f USD  %s\n", l.USD, l.Item)
	}
	if cost.Known {
		fmt.Fprintf(o.Out, "  %8.2f USD\n", cost.Total)
	}
	head("\nthe same with the AWS CLI")
	for _, c := range plan.Commands() {
		fmt.Fprintln(o.Out, c)
	}
	return nil
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
