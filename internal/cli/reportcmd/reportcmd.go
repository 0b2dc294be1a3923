// Package reportcmd is cruddur report and cruddur activity: what moderators do on their pages, for whoever runs the
// program. It must not use another group of commands.
package reportcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
)

// group creates the commands of one program.
type group struct{ *command.Program }

// desk holds what a command works with.
type desk struct {
	*group
	db  *command.Database
	out *terminal.Output
	now time.Time
}

// Command returns cruddur report with its sub-commands: the care of what members have reported.
func Command(outside *command.Program) *cobra.Command {
	p := &group{outside}
	cmd := &cobra.Command{
		Use:     "report",
		GroupID: "operator",
		Short:   "List, show and close what members have reported",
		Long: strings.TrimSpace(`
Look after what members have reported: cruds, replies, private messages and members. All reports of one thing
are one case. It holds a copy of what was reported, which stays whatever happens to the original, until the case
is closed or thirty days old. Moderators do the same on their pages, at /moderation.`),
		Args: cobra.NoArgs,
		RunE: help,
	}
	cmd.AddCommand(p.listCommand(), p.showCommand(), p.closeCommand())
	return cmd
}

// ActivityCommand returns cruddur activity with its sub-commands.
func ActivityCommand(outside *command.Program) *cobra.Command {
	p := &group{outside}
	cmd := &cobra.Command{
		Use:     "activity",
		GroupID: "operator",
		Short:   "Show and delete a crud or a reply",
		Args:    cobra.NoArgs,
		RunE:    help,
	}
	cmd.AddCommand(p.showActivityCommand(), p.deleteActivityCommand())
	return cmd
}

func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// with opens the database and runs fn.
func (p *group) with(cmd *cobra.Command, fn func(ctx context.Context, d *desk) error) error {
	db, end, err := p.ReadyDatabase(cmd.Context(), true)
	if err != nil {
		return err
	}
	defer end()
	d := &desk{group: p, db: db, out: p.NewOutput("auto"), now: time.Now().UTC()}
	if f := cmd.Flags().Lookup("json"); f != nil {
		d.out.JSON = f.Value.String() == "true"
	}
	return fn(cmd.Context(), d)
}

// note adds the flag --note, and returns the checked note.
func note(cmd *cobra.Command) func() (string, error) {
	text := cmd.Flags().String("note", "", "why, for the audit log")
	return func() (string, error) {
		checked, err := cruddur.CheckNote(*text)
		if err != nil {
			return "", command.Exit(command.ExitUsage, fmt.Errorf("--note: want at most %d characters of text", cruddur.MaxActNote))
		}
		return checked, nil
	}
}

// parse returns the UUID of an argument; kind says what it should name.
func parse(kind, text string) (cruddur.UUID, error) {
	id, err := cruddur.ParseUUID(strings.TrimSpace(text))
	if err != nil {
		return id, command.Exit(command.ExitUsage, fmt.Errorf("%q is not the UUID of a %s", text, kind))
	}
	return id, nil
}

// sure requires the handle, typed or given with --confirm. With anything else it returns an error: what was not done,
// such as "the case was not closed".
func (d *desk) sure(ctx context.Context, handle, confirm, question, not string) error {
	if confirm == "" {
		var err error
		confirm, err = terminal.Ask(ctx, d.Stdin, d.Stderr, question+"\nType the handle to confirm: ")
		if ctx.Err() != nil {
			return err
		}
	}
	if strings.TrimPrefix(strings.TrimSpace(confirm), "@") == handle {
		return nil
	}
	return command.Exit(command.ExitRefused, fmt.Errorf("%s: confirm it with --confirm %s", not, handle))
}

// absent gives KindNotFound its exit code and a sentence.
func absent(err error, says string) error {
	if err != nil && cruddur.KindOf(err) == cruddur.KindNotFound {
		return command.Exit(command.ExitNotFound, errors.New(says))
	}
	return err
}
