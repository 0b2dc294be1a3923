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

// ended is what is true of a command that ends in the middle, by Ctrl-C or --timeout. A command notes each
// step that stays; one that changes something otherwise than in a transaction says what is true meanwhile.
type ended struct {
	steps     []string // done, and not undone
	meanwhile string   // of the step that runs; "" is that it changes nothing before it is over
}

// did says that a step is done and stays.
func (r *run) did(format string, args ...any) {
	r.Say(format, args...)
	r.steps = append(r.steps, fmt.Sprintf(format, args...))
	r.meanwhile = ""
}

// while notes what will be true when the step that begins is cut off.
func (r *run) while(format string, args ...any) { r.meanwhile = fmt.Sprintf(format, args...) }

// cutOff is err, or after Ctrl-C what is true then.
func (r *run) cutOff(ctx context.Context, err error) error {
	if _, decided := errors.AsType[*command.ExitError](err); decided || err == nil || ctx.Err() == nil {
		return err
	}
	return command.Exit(command.ExitInterrupted, errors.New("interrupted; "+r.truth(err)))
}

// truth is what has become of the database when err has ended the command.
func (e *ended) truth(err error) string {
	now := ""
	outside, isOutside := errors.AsType[*postgres.OutsideError](err)
	end, isEnd := errors.AsType[*dbadmin.EndError](err)
	switch {
	case isOutside && outside.Statements > 0:
		now = fmt.Sprintf("%s wants no transaction: its first %d statements stay, the next was told to stop and may leave an invalid index (see: cruddur db doctor)", outside.File, outside.Statements)
	case isOutside:
		now = fmt.Sprintf("%s wants no transaction: its statement was told to stop and may leave an invalid index (see: cruddur db doctor)", outside.File)
	case isEnd && end.End == dbadmin.Unknown:
		now = "the server could not be asked whether it has rolled back; what was not committed it rolls back by itself"
	case isEnd:
		now = "the server has rolled back"
	case e.meanwhile != "":
		now = e.meanwhile
	}
	switch {
	case len(e.steps) > 0 && now != "":
		return now + "\ndone before, and it stays: " + strings.Join(e.steps, "; ")
	case len(e.steps) > 0:
		return "done before, and it stays: " + strings.Join(e.steps, "; ")
	case now == "":
		return "nothing was changed"
	case isEnd && end.End == dbadmin.RolledBack && !isOutside:
		return now + "; nothing was changed"
	}
	return now
}
