package guard_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
)

func TestTyped(t *testing.T) {
	t.Parallel()
	const name = "cruddur-db"
	for what, c := range map[string]struct {
		confirm, answer string
		err             error
		code            int
		words           string
	}{
		"--confirm":                 {name, "", errors.New("not asked"), command.ExitOK, ""},
		"another name by --confirm": {"other", name, nil, command.ExitRefused, "--confirm other is not the name cruddur-db; nothing was changed"},
		"typed":                     {"", name, nil, command.ExitOK, ""},
		"typed with blanks":         {"", " " + name + " ", nil, command.ExitOK, ""},
		"another name typed":        {"", "cruddur", nil, command.ExitRefused, `"cruddur" is not cruddur-db; nothing was changed`},
		"yes":                       {"", "yes", nil, command.ExitRefused, "nothing was changed"},
		"nothing typed":             {"", "", nil, command.ExitRefused, "nothing was changed"},
		"the end of the input":      {"", "", io.EOF, command.ExitRefused, "add --confirm cruddur-db"},
		"no terminal":               {"", "", terminal.ErrNobody, command.ExitRefused, "refused to delete it without a confirmation"},
		"an error":                  {"", name, errors.New("the terminal is gone"), command.ExitFailed, "the terminal is gone"},
	} {
		d := newDesk(true)
		d.answer, d.askErr = c.answer, c.err
		err := guard.Typed(t.Context(), d, "delete it", name, c.confirm)
		if command.ExitCode(t.Context(), err) != c.code || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: Typed() = %v, want exit code %d and %q", what, err, c.code, c.words)
		}
		if asks := c.confirm == ""; asks != (len(d.asked) == 1) || asks && d.asked[0] != "Type cruddur-db to delete it: " {
			t.Errorf("%s: asks %q", what, d.asked)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := newDesk(true)
	d.answer, d.askErr = name, ctx.Err()
	if err := guard.Typed(ctx, d, "delete it", name, ""); command.ExitCode(t.Context(), err) != command.ExitInterrupted || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("Typed() after Ctrl-C = %v", err)
	}
}

// The operator's answer comes from the streams of the command.
func TestOperator(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if answer, err := (guard.Operator{In: strings.NewReader("prod\n"), Out: &out}).Ask(t.Context(), "which? "); answer != "prod" || err != nil || out.String() != "which? " {
		t.Errorf("Ask() = %q, %v and shows %q", answer, err, out.String())
	}
}
