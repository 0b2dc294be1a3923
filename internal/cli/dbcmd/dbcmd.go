// Package dbcmd is cruddur db: a command parses its arguments, asks the guard, calls internal/dbadmin and
// prints. It must not use another group of commands.
package dbcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
	"cruddur/internal/postgres"
)

// flags are the flags of every cruddur db command.
type flags struct {
	env, url, color, confirm, maintenance string
	json, quiet, noBackup                 bool
	timeout                               time.Duration
}

// run is one run of a cruddur db command on its target.
type run struct {
	*group
	*terminal.Output
	flags  *flags
	admin  *dbadmin.Admin
	guard  *guard.Guard
	tools  dbadmin.Tools
	cmd    *cobra.Command
	marker *dbadmin.Marker // of the database as consent found it
	dumped string          // the file of the automatic dump, or "" if there is none
	notes  map[string]any  // what --json prints for a command that has no table
	ended                  // what is true when the command ends early
}

// guardOf returns the guard for this run's target.
func (r *run) guardOf(admin *dbadmin.Admin) *guard.Guard {
	return &guard.Guard{
		Target:     admin,
		Asker:      guard.Operator{In: r.Stdin, Out: r.Stderr},
		Dumper:     &guard.Dumps{Admin: admin, Tools: r.tools, Getenv: r.Getenv},
		Out:        r.Output,
		Prohibited: func() (bool, error) { return r.Config.Bool("CRUDDUR_PROHIBIT_DESTRUCTIVE") },
		Confirm:    r.flags.confirm,
		NoBackup:   r.flags.noBackup,
	}
}

// consent asks the guard for permission, and stores what it has found and done.
func (r *run) consent(ctx context.Context, verb string, dump bool) (*dbadmin.Fingerprint, error) {
	c, err := r.guard.Destroy(ctx, verb, dump)
	if err != nil {
		return nil, err
	}
	r.marker = c.Fingerprint.Marker
	if r.dumped = c.Dumped; c.Dumped != "" {
		r.note("backup", c.Dumped)
	}
	return c.Fingerprint, nil
}

// note stores a fact for --json; the command prints its one document when it ends.
func (r *run) note(key string, value any) {
	if r.notes == nil {
		r.notes = map[string]any{}
	}
	r.notes[key] = value
}

// action describes a command of the group.
type action struct {
	use, short, long string
	example          string
	least, most      int    // positional arguments, not counting prod
	heading          string // the heading that the original's scripts print: db-drop
	offline          bool   // needs no database
	destroys         bool   // takes --confirm and --no-backup
	flags            func(*pflag.FlagSet)
	run              func(context.Context, *run, []string) error
}

// group creates the commands of one program.
type group struct{ *command.Program }

// Command returns cruddur db with its sub-commands.
func Command(outside *command.Program) *cobra.Command {
	p := &group{outside}
	f := &flags{}
	db := &cobra.Command{
		Use:     "db",
		GroupID: "operator",
		Short:   "Create, migrate, examine and back up the database, local or production",
		Long: `Every command works on one database, from any folder:
  nothing named     CONNECTION_URL, or if it is not set cruddur's private PostgreSQL
  prod              PROD_CONNECTION_URL
  --env NAME        NAME_CONNECTION_URL
  --url URL         the database at this URL

A destructive command asks first if the target is protected: by the marker in the database (cruddur db
protect), by a host that is not this machine, by the name prod, or because PROD_CONNECTION_URL names the
same database. For other targets it does not ask.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := db.PersistentFlags()
	flags.StringVar(&f.env, "env", "", "an environment NAME: use the database of NAME_CONNECTION_URL")
	flags.StringVar(&f.url, "url", "", "the database's connection URL; pass a password in the environment instead, other users can read arguments")
	flags.BoolVar(&f.json, "json", false, "print one JSON document on stdout")
	flags.StringVar(&f.color, "color", "auto", "colour the output: auto, always or never")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only results and errors")
	flags.DurationVar(&f.timeout, "timeout", 0, "give up after this time, with exit code 124")
	flags.StringVar(&f.maintenance, "maintenance-db", "", "the database to connect to for creating and dropping others (default postgres, then template1)")
	p.addAll(db, f)
	return db
}

// sub creates the command that spec describes.
func (p *group) sub(f *flags, spec action) *cobra.Command {
	cmd := &cobra.Command{
		Use: spec.use + " [prod]", Short: spec.short, Long: spec.long, Example: spec.example,
		DisableFlagsInUseLine: false,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.main(cmd, f, spec, args)
		},
	}
	if spec.destroys {
		cmd.Flags().StringVar(&f.confirm, "confirm", "", "the database's name, instead of typing it (protected targets)")
		cmd.Flags().BoolVar(&f.noBackup, "no-backup", false, "do not dump the database first")
	}
	if spec.flags != nil {
		spec.flags(cmd.Flags())
	}
	return cmd
}

// main resolves the target, runs the command and reports how it ended.
func (p *group) main(cmd *cobra.Command, f *flags, spec action, args []string) (err error) {
	prod := false
	if i := slices.Index(args, "prod"); i >= 0 {
		prod, args = true, slices.Delete(slices.Clone(args), i, i+1)
	}
	if len(args) < spec.least || len(args) > spec.most {
		return command.Exit(command.ExitUsage, fmt.Errorf("%s: %s\ntry: %s --help", cmd.CommandPath(), wantArguments(spec, args), cmd.CommandPath()))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, f.color) {
		return command.Exit(command.ExitUsage, fmt.Errorf("--color %s: want auto, always or never", f.color))
	}
	outer := cmd.Context()
	ctx := outer
	if f.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.timeout)
		defer cancel()
	}
	r := &run{group: p, Output: p.NewOutput(f.color), flags: f, cmd: cmd}
	r.JSON, r.Quiet = f.json, f.quiet
	if r.tools.Bin, err = p.Config.Text("CRUDDUR_POSTGRES_BIN"); err != nil {
		return err
	}
	if spec.heading != "" {
		r.Heading(spec.heading)
	}
	if spec.offline {
		err := spec.run(ctx, r, args)
		if err == nil && r.JSON && r.notes != nil {
			err = r.Document(r.notes)
		}
		return withCode(outer, r.cutOff(outer, err))
	}
	err = r.onTarget(ctx, guard.Named{Prod: prod, Env: f.env, URL: f.url}, spec, args)
	if end, ok := ctx.Deadline(); ok && err != nil && time.Until(end) < 10*time.Millisecond {
		<-ctx.Done() // the connection's deadline is a moment before the command's
	}
	_, decided := errors.AsType[*command.ExitError](err)
	if err != nil && !decided && outer.Err() == nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return command.Exit(command.ExitTimeout, fmt.Errorf("gave up after %s (--timeout); %s", f.timeout, r.truth(err)))
	}
	return withCode(outer, r.cutOff(outer, err))
}

// onTarget runs the command on the named database.
func (r *run) onTarget(ctx context.Context, named guard.Named, spec action, args []string) error {
	trace, err := r.Config.Bool("CRUDDUR_TRACE_SQL")
	if err != nil {
		return err
	}
	admin, stop, err := guard.Resolve(ctx, r.Program, named, r.cmd.Name(), r.Output)
	if err != nil {
		return err
	}
	r.admin, r.guard = admin, r.guardOf(admin)
	admin.Maintenance = r.flags.maintenance
	if trace {
		admin.Trace = r.Stderr
	}
	admin.Say = func(s string) { r.Say("%s", s) }
	err = spec.run(ctx, r, args)
	if postgres.IsLost(err) && admin.Complaint != nil && ctx.Err() == nil {
		if said := admin.Complaint(); said != "" {
			r.Warn("the server's log says: %s", said)
		}
	}
	stop()
	if err == nil && r.JSON && r.notes != nil {
		err = r.Document(r.notes)
	}
	return err
}

func wantArguments(spec action, args []string) string {
	switch {
	case len(args) < spec.least:
		return "an argument is missing: " + spec.use
	case spec.most == 0:
		return fmt.Sprintf("unknown argument %q", args[0])
	}
	return "too many arguments: " + spec.use
}

// withCode gives an error its exit code and removes from its text the program's name for the error's kind.
func withCode(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, decided := errors.AsType[*command.ExitError](err); decided {
		return err
	}
	if ctx.Err() != nil {
		return command.Exit(command.ExitInterrupted, errors.New("interrupted"))
	}
	if _, missing := errors.AsType[*dbadmin.MissingTool](err); missing {
		return command.Exit(command.ExitMissing, err)
	}
	if postgres.IsReadOnly(err) {
		return command.Exit(command.ExitRefused, &textError{dbadmin.Explain(err) + "\n" + guard.ReadOnlyAdvice, err})
	}
	return command.Exit(command.ExitCode(ctx, err), plain(err))
}

// textError shows a different text and wraps the original error.
type textError struct {
	text string
	err  error
}

func (e *textError) Error() string { return e.text }
func (e *textError) Unwrap() error { return e.err }

// plain removes the name of the kind from the text: the exit code carries it.
func plain(err error) error {
	return &textError{dbadmin.Explain(err), err}
}
