// Package cli is the command tree: the root with its help, config, version, health and serve, and the groups
// db, user, report, activity, rds and lambda, each in a sub-package. Only cli and its sub-packages read flags and environment
// variables. A command parses its arguments, calls one package and prints; more than that belongs in another
// package.
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

// Run runs one command line and returns its exit code. args excludes the program's name. When ctx ends, the
// command stops and Run returns 130.
func Run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Execute(ctx, &command.Program{Getenv: getenv, Stdin: stdin, Stdout: stdout, Stderr: stderr}, args)
}

// Execute is Run with everything that a command needs in one value, including the clock. It sets the options
// and the version.
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
Cruddur is a micro-blog in which every post has a time to live. When it expires, it disappears
from every page, API answer and cache at once, and from the disk within a minute.

This one program contains the server, the tools for its database, from a laptop to Amazon RDS,
and the AWS side of accounts. Without any configuration it runs its own private PostgreSQL.`),
		Example: strings.Trim(`
  cruddur serve                       start; the address is printed when it is ready
  cruddur serve --demo                the same, with sample data
  cruddur user create                 make a member without any mail
  cruddur db doctor                   check the database's health and suggest fixes
  cruddur db dump -o friday.dump      back up the database
  cruddur db setup prod               rebuild production, $PROD_CONNECTION_URL; asks before it destroys anything
  cruddur rds create --dry-run        plan a secure database on Amazon RDS, with its cost
  cruddur config                      every option, and where its value comes from`, "\n"),
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

// usageErrors gives wrong arguments (an unknown sub-command, too many arguments, a blank one) the exit code
// of a usage error; cobra itself returns a plain error for them.
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

// flagError says what value a flag needs instead of an invalid one. pflag's own text quotes the function that
// tried to read it.
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

// notBlank returns an error for a flag or an argument with an empty value. In a script that is a variable
// that is not set, and an omitted value has a meaning: with --url "$STAGING" the private database would be
// used.
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
