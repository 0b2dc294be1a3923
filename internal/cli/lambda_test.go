package cli

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/lambdacmd"
	"cruddur/internal/rds/awsfake"
)

// TestLambdaDatabase opens the function's database as the function does: with an IAM token where the URL
// asks for one, through one connection, and within its two seconds.
func TestLambdaDatabase(t *testing.T) {
	t.Parallel()
	f, _ := newFront(t, true)
	a := newAmazon(t)
	env := a.env
	env["CONNECTION_URL"] = "postgresql://app@" + f.addr + "/postgres?sslmode=verify-full&sslrootcert=" + url.QueryEscape(f.ca) + "&cruddur_auth=iam&cruddur_region=" + awsfake.Region
	p := &command.Program{Getenv: func(name string) string { return env[name] }, Stderr: new(bytes.Buffer)}
	p.Config = command.NewConfig(p.Getenv)
	db, err := lambdacmd.OpenDatabase(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := f.tokens.Load(); n != 1 {
		t.Errorf("%d tokens were accepted, want 1", n)
	}
	if calls := a.Calls(); len(calls) != 0 {
		t.Errorf("AWS was called: %v; in a VPC without NAT nobody would answer", calls)
	}
	if _, _, most := db.Stats(); most != 1 {
		t.Errorf("the pool holds %d connections, want 1", most)
	}
}

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
