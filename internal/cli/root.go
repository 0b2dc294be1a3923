// Package cli is the command tree: the root with its help, config, version, health and serve, and the groups db,
// user, rds and lambda, each a room below. Only cli and its rooms read flags and environment variables. A command
// parses, calls one package and prints; what is more than that belongs into a package of its own.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/lambdacmd"
	"cruddur/internal/cli/terminal"
)

// program is the whole command tree.
type program struct{ *command.Program }

// Run runs one command line and returns its exit code. args excludes the program's name. When
// ctx ends, the command stops what it does and Run returns 130.
func Run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Execute(ctx, &command.Program{Getenv: getenv, Stdin: stdin, Stdout: stdout, Stderr: stderr}, args)
}

// Execute is Run with all that a command needs in one, the clock included. It sets the options and the version.
func Execute(ctx context.Context, outside *command.Program, args []string) int {
	p := &program{outside}
	p.Config, p.Version = command.NewConfig(p.Getenv), version
	if len(args) == 0 && p.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		return lambdacmd.Runtime(ctx, outside)
	}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(ctx)
	if e, ok := errors.AsType[*command.ExitError](err); err != nil && (!ok || e.Err != nil) {
		fmt.Fprintln(p.Stderr, "cruddur: "+terminal.Printable(command.Sentence(err)))
	}
	return command.ExitCode(ctx, err)
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "cruddur",
		Short: "A micro-blog in which every post has a time to live",
		Long: strings.TrimSpace(`
Cruddur is a micro-blog in which every post has a time to live: when its time is up it is gone,
from every page, answer and cache at once, and from the disk within a minute.

Everything is in this one program: the server, the care of its database from a laptop to Amazon RDS,
and the AWS side of accounts. Without any configuration it brings its own private PostgreSQL.`),
		Example: strings.Trim(`
  cruddur serve                       start; the address is printed when it is ready
  cruddur serve --demo                the same, with a small world to look at
  cruddur user create                 make a member without any mail
  cruddur db doctor                   is the database well, and if not, what helps
  cruddur db dump -o friday.dump      keep a copy
  cruddur db setup prod               production, from $PROD_CONNECTION_URL; asks before it destroys
  cruddur rds create --dry-run        what a safe database on Amazon would be, and cost
  cruddur config                      every option, where its value comes from`, "\n"),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return command.Exit(command.ExitUsage, fmt.Errorf("%w\ntry: %s --help", flagError(err), cmd.CommandPath()))
	})
	root.AddGroup(
		&cobra.Group{ID: "everybody", Title: "For everybody:"},
		&cobra.Group{ID: "operator", Title: "For the operator:"},
		&cobra.Group{ID: "aws", Title: "For the operator on AWS:"},
	)
	root.SetHelpCommandGroupID("everybody")
	root.SetCompletionCommandGroupID("operator")
	p.Config.Bind(root.PersistentFlags(), "")
	for _, command := range p.commands() {
		root.AddCommand(command)
	}
	root.AddCommand(helpTopics(p.Config.Options)...)
	root.SetHelpCommand(helpCommand())
	usageErrors(root)
	return root
}

// usageErrors makes wrong arguments (an unknown sub-command, one argument too many, a blank one) end with
// the exit code of a usage error; cobra itself returns a plain error for them.
func usageErrors(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.ArbitraryArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err != nil && cmd.HasSubCommands() && len(args) > 0 {
			cmd.SuggestionsMinimumDistance = 2
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
			}
		}
		if err == nil {
			err = notBlank(cmd.Flags(), args)
		}
		if err != nil {
			return command.Exit(command.ExitUsage, fmt.Errorf("%w\ntry: %s --help", flagError(err), cmd.CommandPath()))
		}
		return nil
	}
	for _, c := range cmd.Commands() {
		usageErrors(c)
	}
}

// flagError says what a flag wants instead of a value that is none. pflag quotes the functions that have tried
// to read it.
func flagError(err error) error {
	e, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	want := map[string]string{"int": "a whole number", "int64": "a whole number", "float64": "a number", "bool": "true or false", "duration": "a time such as 30s or 5m"}
	kind := want[e.GetFlag().Value.Type()]
	if kind == "" {
		return err
	}
	return fmt.Errorf("--%s: %q: want %s", e.GetFlag().Name, e.GetValue(), kind)
}

// notBlank refuses a flag or an argument that is given without a value. In a script that is a variable which
// is not set, and what is left out means something: of --url "$STAGING" the private database would remain.
func notBlank(flags *pflag.FlagSet, args []string) error {
	var err error
	flags.Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			if values = list.GetSlice(); len(values) == 0 {
				values = []string{""}
			}
		}
		for _, v := range values {
			if err == nil && strings.TrimSpace(v) == "" {
				err = fmt.Errorf("--%s is given without a value; is a variable not set?", f.Name)
			}
		}
	})
	for _, a := range args {
		if err == nil && strings.TrimSpace(a) == "" {
			err = errors.New("an argument is blank; is a variable not set?")
		}
	}
	return err
}
