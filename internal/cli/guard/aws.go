package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
)

// Operator is the person at the terminal of a command.
type Operator struct {
	In  io.Reader // stdin
	Out io.Writer // stderr
}

// Ask is terminal.Ask on the operator's streams.
func (o Operator) Ask(ctx context.Context, question string) (string, error) {
	return terminal.Ask(ctx, o.In, o.Out, question)
}

// Answer asks before a change at AWS, and returns the answer without surrounding blanks. It returns
// terminal.ErrNobody also at the end of the input, and an error after Ctrl-C.
func Answer(ctx context.Context, a Asker, question string) (string, error) {
	line, err := a.Ask(ctx, question)
	switch {
	case ctx.Err() != nil:
		return "", command.Exit(command.ExitInterrupted, errors.New("interrupted; nothing was changed"))
	case errors.Is(err, io.EOF):
		return "", terminal.ErrNobody
	}
	return strings.TrimSpace(line), err
}

// Typed requires the name of an AWS resource, either typed or as confirm, the value of --confirm. With
// anything else it returns an error, and nothing may be changed. what completes "to …".
func Typed(ctx context.Context, a Asker, what, name, confirm string) error {
	if confirm == name {
		return nil
	}
	if confirm != "" {
		return command.Exit(command.ExitRefused, fmt.Errorf("--confirm %s is not the name %s; nothing was changed", confirm, name))
	}
	line, err := Answer(ctx, a, fmt.Sprintf("Type %s to %s: ", name, what))
	switch {
	case errors.Is(err, terminal.ErrNobody):
		return command.Exit(command.ExitRefused, fmt.Errorf("refused to %s without a confirmation; nothing was changed\n  next: add --confirm %s", what, name))
	case err != nil:
		return err
	case line != name:
		return command.Exit(command.ExitRefused, fmt.Errorf("%q is not %s; nothing was changed", line, name))
	}
	return nil
}
