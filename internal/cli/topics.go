package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// helpTopics are the pages of the manual that belong to no command: cruddur help NAME.
func helpTopics(options []option) []*cobra.Command {
	var b strings.Builder
	b.WriteString(`A flag stands above the environment, the environment above the default. A secret may also be read from
the file that NAME_FILE names. "cruddur config" prints what is in force, secrets left out.
`)
	for _, o := range options {
		fmt.Fprintf(&b, "\n  %s\n      %s", o.env, o.help)
		switch {
		case o.secret:
			fmt.Fprintf(&b, " (secret; or %s_FILE)", o.env)
		case o.value != "":
			fmt.Fprintf(&b, " (default %s)", o.value)
		}
	}
	return []*cobra.Command{
		{Use: "environment", Short: "The environment variables, one by one", Long: b.String()},
		{Use: "exit-codes", Short: "What a command's exit code says", Long: strings.Trim(exitCodesHelp, "\n")},
	}
}

const exitCodesHelp = `
    0  done, or nothing to do
    1  failed
    2  wrong usage: a flag, an argument or an option that cannot be meant
    3  refused by a guard, or not confirmed
    4  the target does not exist: a database, a migration, a member, an instance
    5  pending or drifted: migrations wait, a file differs
    6  an audit or the doctor has findings
    7  no connection, or not let in
    8  another program is needed and not installed
  124  the time given by --timeout was over
  130  interrupted by Ctrl-C
`
