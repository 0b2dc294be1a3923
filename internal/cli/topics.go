package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
)

// helpCommand is cobra's own, but an unknown name is an error; cobra prints the first page.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		Long:  "Help about any command or topic of this program: cruddur help NAME.",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || about == nil || len(rest) > 0 {
				return command.Exit(command.ExitUsage, fmt.Errorf("no help for %q\ntry: %s help", strings.Join(args, " "), cmd.Root().Name()))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			about, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range about.Commands() {
				if (c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand()) && strings.HasPrefix(c.Name(), toComplete) {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// helpTopics are the pages of the manual that do not belong to a command: cruddur help NAME.
func helpTopics(options []command.Option) []*cobra.Command {
	var b strings.Builder
	b.WriteString(`A flag overrides the environment, the environment overrides the default. A secret may also be read from
the file that NAME_FILE names. "cruddur config" prints the effective values, with secrets left out.
`)
	for _, o := range options {
		fmt.Fprintf(&b, "\n  %s\n      %s", o.Env, o.Help)
		switch {
		case o.Secret:
			fmt.Fprintf(&b, " (secret; or %s_FILE)", o.Env)
		case o.Value != "":
			fmt.Fprintf(&b, " (default %s)", o.Value)
		}
	}
	return []*cobra.Command{
		{Use: "environment", Short: "Every environment variable", Long: b.String()},
		{Use: "exit-codes", Short: "The meaning of a command's exit code", Long: strings.Trim(exitCodesHelp, "\n")},
	}
}

const exitCodesHelp = `
    0  done, or nothing to do
    1  failed
    2  wrong usage: a wrong flag, argument or option
    3  refused by a guard, or not confirmed
    4  the target does not exist: a database, a migration, a member, an instance
    5  pending or drifted: migrations wait, a file differs
    6  an audit or the doctor has findings
    7  no connection, or the server refused the login
    8  another program is needed and not installed
  124  the time of --timeout was over
  130  interrupted by Ctrl-C
`
