package dbcmd

import (
	"context"
	"errors"
	"testing"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/dbadmin"
	"cruddur/internal/postgres"
)

func TestExitCodesOfDB(t *testing.T) {
	t.Parallel()
	kind := func(k cruddur.Kind) error { return &dbadmin.Error{Kind: k, What: "x"} }
	for name, test := range map[string]struct {
		err  error
		want int
	}{
		"done":                   {nil, command.ExitOK},
		"an error of SQL":        {errors.New("x"), command.ExitFailed},
		"a database in use":      {&dbadmin.InUseError{}, command.ExitFailed},
		"a lock":                 {&postgres.LockError{}, command.ExitFailed},
		"a URL":                  {kind(cruddur.KindInvalid), command.ExitUsage},
		"a right":                {kind(cruddur.KindForbidden), command.ExitRefused},
		"no such database":       {kind(cruddur.KindNotFound), command.ExitNotFound},
		"no connection":          {kind(cruddur.KindUnavailable), command.ExitConnect},
		"a program":              {&dbadmin.MissingTool{Program: "pg_dump"}, command.ExitMissing},
		"a program, wrapped":     {errors.Join(errors.New("no dump"), &dbadmin.MissingTool{Program: "pg_dump"}), command.ExitMissing},
		"edited files":           {drifted(&postgres.MigrationsError{}), command.ExitPending},
		"what a command decides": {command.Exit(command.ExitFindings, errors.New("x")), command.ExitFindings},
	} {
		if got := command.ExitCode(t.Context(), withCode(t.Context(), test.err)); got != test.want {
			t.Errorf("%s: exit code %d, want %d", name, got, test.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := command.ExitCode(ctx, withCode(ctx, errors.New("x"))); got != command.ExitInterrupted {
		t.Errorf("Ctrl-C: exit code %d, want %d", got, command.ExitInterrupted)
	}
}
