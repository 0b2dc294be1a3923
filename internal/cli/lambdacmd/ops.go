package lambdacmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/lambda"
	"cruddur/internal/postconfirm/lambdahandler"
)

func (p *group) statusCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the function, and check that a confirmation reaches the database",
		Long: strings.TrimSpace(`
Show the function, and check everything that a confirmation needs to reach the database: the pool's trigger
and permission, the function's role, its connection URL, the database instance and its state, and the
subnets, routes and security groups between them.

The exit code is 4 if there is no function, and 5 if something keeps a confirmation from the database or
could not be read; each finding is printed with its reason and what to do.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.settings(f)
			if err != nil {
				return err
			}
			client, err := p.client(cmd.Context(), f, s.PoolID)
			if err != nil {
				return err
			}
			st, err := client.Status(cmd.Context(), s)
			if err != nil {
				return err
			}
			o := p.output(f)
			if err := o.Print(map[string]any{"status": st}, statusTable(&st)); err != nil {
				return err
			}
			for _, w := range st.Warnings {
				o.Warn("%s", w)
			}
			return verdict(&st)
		},
	}
}

// verdict returns the error for a confirmation that does not arrive, or whose arrival could not be checked.
func verdict(st *lambda.Status) error {
	if len(st.Problems)+len(st.Unknown) == 0 {
		return nil
	}
	text := "it is unknown whether a confirmation reaches the database"
	if len(st.Problems) > 0 {
		text = "a confirmation does not reach the database"
	}
	for _, line := range st.Problems {
		text += "\n  " + line
	}
	for _, line := range st.Unknown {
		text += "\n  UNKNOWN: " + line
	}
	return command.Exit(command.ExitPending, errors.New(text))
}

func statusTable(st *lambda.Status) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{{Title: "FUNCTION"}, {Title: st.Function, Least: 20}}}
	reserved := "none"
	if st.Reserved != nil {
		reserved = fmt.Sprint(*st.Reserved)
	}
	days := "for ever"
	if st.LogDays > 0 {
		days = fmt.Sprintf("for %d days", st.LogDays)
	}
	where := "outside any VPC"
	if len(st.Subnets) > 0 {
		where = strings.Join(st.Subnets, " ") + " as " + strings.Join(st.Groups, " ")
	}
	for _, row := range [][2]string{
		{"state", strings.TrimSpace(st.State + " " + st.Reason)},
		{"last update", st.LastUpdate + " " + st.Modified},
		{"runtime", fmt.Sprintf("%s, %s, %d MB, %d s", st.Runtime, st.Architecture, st.MemoryMB, st.TimeoutS)},
		{"code", st.CodeSHA256},
		{"network", where},
		{"at once", reserved},
		{"role", st.Role},
		{"Cognito may call it", terminal.YesNo(st.Permission)},
		{"pool calls", st.Trigger},
		{"database", cmp.Or(st.Instance, "no instance in this region")},
		{"log", st.LogGroup + ", kept " + days},
	} {
		t.Add(row[0], row[1])
	}
	return t
}

func (p *group) logsCommand(f *flags) *cobra.Command {
	var since time.Duration
	var follow bool
	c := &cobra.Command{
		Use:   "logs",
		Short: "Print the function's log",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pool, err := p.Config.Text("AWS_COGNITO_USER_POOL_ID")
			if err != nil {
				return err
			}
			if f.pool != "" {
				pool = f.pool
			}
			client, err := p.client(cmd.Context(), f, pool)
			if err != nil {
				return err
			}
			return client.ReadLogs(cmd.Context(), f.name, time.Now().Add(-since), follow, func(e lambda.LogEvent) {
				fmt.Fprintf(p.Stdout, "%s %s\n", e.At.Format("2006-01-02T15:04:05.000Z"), terminal.Clean(e.Text))
			})
		},
	}
	c.Flags().DurationVar(&since, "since", time.Hour, "show the log from this long ago")
	c.Flags().BoolVar(&follow, "follow", false, "keep printing new lines until Ctrl-C")
	return c
}

func (p *group) removeCommand(f *flags) *cobra.Command {
	var logs, dryRun bool
	var confirm string
	c := &cobra.Command{
		Use:   "remove",
		Short: "Remove the trigger, the function and its role",
		Long: strings.TrimSpace(`
Remove what deploy has created: the pool's trigger first, then the function, its role and, with --logs, its
log. Members stay; new ones get their row at their first sign-in or by "cruddur user sync".`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.remove(cmd.Context(), f, logs, dryRun, confirm)
		},
	}
	c.Flags().BoolVar(&logs, "logs", false, "delete the log too")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "change nothing; print the plan and the equivalent aws commands")
	c.Flags().StringVar(&confirm, "confirm", "", "the function's name, instead of typing it")
	return c
}

func (p *group) remove(ctx context.Context, f *flags, logs, dryRun bool, confirm string) error {
	o := p.output(f)
	s, err := p.settings(f)
	if err != nil {
		return err
	}
	client, err := p.client(ctx, f, s.PoolID)
	if err != nil {
		return err
	}
	plan, err := client.Remove(ctx, s, logs, true, func(lambda.Step) {})
	if err != nil {
		return err
	}
	if dryRun || plan.Changes() == 0 {
		return printSteps(o, &plan, true)
	}
	for _, step := range plan.Steps {
		if step.Action != lambda.Unchanged {
			o.Say("to be deleted: %s %s%s", step.What, step.Name, detail(step))
		}
	}
	if err := guard.Typed(ctx, guard.Operator{In: p.Stdin, Out: p.Stderr}, "remove it from AWS", f.name, confirm); err != nil {
		return err
	}
	plan, err = client.Remove(ctx, s, logs, false, tellStep(o, false))
	if err != nil {
		return err
	}
	return printSteps(o, &plan, false)
}

func (p *group) serveCommand(f *flags) *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the function on a loopback address, for an emulator of Cognito",
		Long: strings.TrimSpace(`
Run the function behind AWS Lambda's Invoke API, POST /2015-03-31/functions/NAME/invocations, on a
loopback address, until Ctrl-C. It uses the database of CONNECTION_URL, or cruddur's private one.

For cognito-local, put this into .cognito/config.json:

  {"LambdaClient": {"endpoint": "http://127.0.0.1:9001", "region": "local"},
   "TriggerFunctions": {"PostConfirmation": "cruddur-post-confirm"}}`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), f, address) },
	}
	c.Flags().StringVar(&address, "address", "127.0.0.1:9001", "the loopback address to listen on")
	return c
}

func (p *group) serve(ctx context.Context, f *flags, address string) error {
	l, err := lambda.Listen(ctx, address)
	if err != nil {
		return err
	}
	defer l.Close()
	db, end, err := p.ReadyDatabase(ctx, true)
	if err != nil {
		return err
	}
	defer end()
	fmt.Fprintf(p.Stderr, "The function %s is at http://%s\n", f.name, l.Addr())
	return lambda.Serve(ctx, l, f.name, lambdahandler.New(lambdahandler.Config{Store: db, Log: db.Log}))
}
