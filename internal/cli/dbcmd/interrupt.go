package dbcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cruddur/internal/cli/command"
	"cruddur/internal/dbadmin"
	"cruddur/internal/postgres"
)

// ended records what is true when a command ends early, by Ctrl-C or --timeout. A command notes each step
// that stays; a command that makes changes outside a transaction also says what is true during a step.
type ended struct {
	steps     []string // completed and not rolled back
	meanwhile string   // what is true during the running step; "" if it changes nothing before it ends
}

// did reports that a step is complete and stays.
func (r *run) did(format string, args ...any) {
	r.Say(format, args...)
	r.steps = append(r.steps, fmt.Sprintf(format, args...))
	r.meanwhile = ""
}

// while notes what will be true if the step that begins now is interrupted.
func (r *run) while(format string, args ...any) { r.meanwhile = fmt.Sprintf(format, args...) }

// cutOff returns err, or after Ctrl-C an error that says what is true then.
func (r *run) cutOff(ctx context.Context, err error) error {
	if _, decided := errors.AsType[*command.ExitError](err); decided || err == nil || ctx.Err() == nil {
		return err
	}
	return command.Exit(command.ExitInterrupted, errors.New("interrupted; "+r.truth(err)))
}

// truth describes the state of the database after err has ended the command.
func (e *ended) truth(err error) string {
	now := ""
	outside, isOutside := errors.AsType[*postgres.OutsideError](err)
	end, isEnd := errors.AsType[*dbadmin.EndError](err)
	switch {
	case isOutside && outside.Statements > 0:
		now = fmt.Sprintf("%s runs without a transaction: its first %d statements stay, the next was told to stop and may leave an invalid index (see: cruddur db doctor)", outside.File, outside.Statements)
	case isOutside:
		now = fmt.Sprintf("%s runs without a transaction: its statement was told to stop and may leave an invalid index (see: cruddur db doctor)", outside.File)
	case isEnd && end.End == dbadmin.Unknown:
		now = "the server could not be asked whether it has rolled back; it rolls back what was not committed"
	case isEnd:
		now = "the server has rolled back"
	case e.meanwhile != "":
		now = e.meanwhile
	}
	switch {
	case len(e.steps) > 0 && now != "":
		return now + "\ndone before, and not undone: " + strings.Join(e.steps, "; ")
	case len(e.steps) > 0:
		return "done before, and not undone: " + strings.Join(e.steps, "; ")
	case now == "":
		return "nothing was changed"
	case isEnd && end.End == dbadmin.RolledBack && !isOutside:
		return now + "; nothing was changed"
	}
	return now
}
