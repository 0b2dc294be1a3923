package cli

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/lambda"
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
	p := &program{&command.Program{Getenv: func(name string) string { return env[name] }, Stderr: new(bytes.Buffer)}}
	p.Config = command.NewConfig(p.Getenv)
	db, err := p.openLambdaDatabase(t.Context())
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

// TestLambdaVerdict is the end of status: only what was seen to be well is well.
func TestLambdaVerdict(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status lambda.Status
		want   []string // nothing: no error
	}{
		"well":              {lambda.Status{Warnings: []string{"one zone"}}, nil},
		"broken":            {lambda.Status{Problems: []string{"stopped"}}, []string{"a confirmation does not reach the database", "\n  stopped"}},
		"not known":         {lambda.Status{Unknown: []string{"denied"}}, []string{"cannot be said", "\n  UNKNOWN: denied"}},
		"broken, and worse": {lambda.Status{Problems: []string{"stopped"}, Unknown: []string{"denied"}}, []string{"does not reach", "stopped", "UNKNOWN: denied"}},
	} {
		err := verdict(&test.status)
		if (err == nil) != (test.want == nil) || err != nil && command.ExitCode(t.Context(), err) != command.ExitPending {
			t.Errorf("%s: %v", name, err)
		}
		for _, w := range test.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %q", name, err, w)
			}
		}
	}
}

// TestLambdaDeployWarns tells what deploy does not make and a confirmation needs.
func TestLambdaDeployWarns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	warnOfDatabase(&terminal.Output{Err: &out}, lambda.Reached{
		Instance: "cruddur", ResourceID: "db-A", Problems: []string{"not admitted (aws ec2 authorize-security-group-ingress)"}, Unknown: []string{"routes"}, Warnings: []string{"one zone"},
	}, &lambda.Settings{DBUser: "u", DBResourceID: "db-B"})
	for _, want := range []string{"warning: not admitted (aws ec2", "warning: not checked: routes", "warning: one zone", "--db-resource-id db-B is not that of cruddur"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("deploy lacks %q:\n%s", want, out.String())
		}
	}
}
