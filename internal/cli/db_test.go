package cli

import (
	"context"
	"errors"
	"testing"

	"cruddur"
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
		"done":                   {nil, exitOK},
		"an error of SQL":        {errors.New("x"), exitFailed},
		"a database in use":      {&dbadmin.InUseError{}, exitFailed},
		"a lock":                 {&postgres.LockError{}, exitFailed},
		"a URL":                  {kind(cruddur.KindInvalid), exitUsage},
		"a right":                {kind(cruddur.KindForbidden), exitRefused},
		"no such database":       {kind(cruddur.KindNotFound), exitNotFound},
		"no connection":          {kind(cruddur.KindUnavailable), exitConnect},
		"a program":              {&dbadmin.MissingTool{Program: "pg_dump"}, exitMissing},
		"a program, wrapped":     {errors.Join(errors.New("no dump"), &dbadmin.MissingTool{Program: "pg_dump"}), exitMissing},
		"edited files":           {drifted(&postgres.MigrationsError{}), exitPending},
		"what a command decides": {exitWith(exitFindings, errors.New("x")), exitFindings},
	} {
		if got := exitCode(t.Context(), dbError(t.Context(), test.err)); got != test.want {
			t.Errorf("%s: exit code %d, want %d", name, got, test.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := exitCode(ctx, dbError(ctx, errors.New("x"))); got != exitInterrupted {
		t.Errorf("Ctrl-C: exit code %d, want %d", got, exitInterrupted)
	}
}
