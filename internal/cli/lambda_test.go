package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"cruddur/internal/cli/command"
)

// TestLambdaStarts is the choice between the command line and the function: by the environment alone.
func TestLambdaStarts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
		code int
	}{
		"no argument: the function, which here does not know its database": {nil, `"msg":"the function cannot start"`, command.ExitUsage},
		"an argument: the command line, as ever":                           {[]string{"version"}, "", command.ExitOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			getenv := func(name string) string { return map[string]string{"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}[name] }
			var out, log bytes.Buffer
			if code := Run(ctx, test.args, getenv, strings.NewReader(""), &out, &log); code != test.code || !strings.Contains(log.String(), test.want) {
				t.Errorf("Run() = %d, want %d; log: %s", code, test.code, log.String())
			}
		})
	}
}
