package clitest

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"cruddur/internal/cli"
	"cruddur/internal/cli/command"
	"cruddur/internal/rds/awsfake"
)

// Amazon is a fake AWS with the environment of the commands that use it.
type Amazon struct {
	*awsfake.Server
	T   *testing.T
	Env map[string]string // of the commands
}

// NewAmazon starts a fake AWS that stops when the test ends.
func NewAmazon(t *testing.T) *Amazon {
	t.Helper()
	s := awsfake.New()
	t.Cleanup(s.Close)
	none := filepath.Join(t.TempDir(), "none")
	return &Amazon{s, t, map[string]string{
		"AWS_ACCESS_KEY_ID": awsfake.AccessKey, "AWS_SECRET_ACCESS_KEY": awsfake.SecretKey, "AWS_DEFAULT_REGION": awsfake.Region,
		"AWS_ENDPOINT_URL": s.URL, "AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "USER": "anna",
		"CRUDDUR_ADDRESS_SOURCES": s.URL + "/checkip?a," + s.URL + "/checkip?b",
	}}
}

// Run runs one command line of cruddur rds with the fake's clock. stdin is what a person types.
func (a *Amazon) Run(stdin string, args ...string) (code int, stdout, stderr string) {
	a.T.Helper()
	return a.RunContext(a.T.Context(), stdin, args...)
}

// RunContext is Run with a context that can be cancelled.
func (a *Amazon) RunContext(ctx context.Context, stdin string, args ...string) (code int, stdout, stderr string) {
	return a.command(ctx, stdin, append([]string{"rds"}, args...))
}

// Whole runs a command line of any group of commands.
func (a *Amazon) Whole(args ...string) (code int, stdout, stderr string) {
	return a.command(a.T.Context(), "", args)
}

func (a *Amazon) command(ctx context.Context, stdin string, args []string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	p := &command.Program{
		Getenv: func(k string) string { return a.Env[k] }, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Now: a.Now, Sleep: a.Sleep,
	}
	code = cli.Execute(ctx, p, args)
	return code, out.String(), errs.String()
}

// Must runs a command and fails the test unless it succeeds.
func (a *Amazon) Must(args ...string) string {
	a.T.Helper()
	code, stdout, stderr := a.Run("", args...)
	if code != command.ExitOK {
		a.T.Fatalf("rds %s: exit %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// Wants runs a command and fails the test unless its exit code is code and its output contains words.
func (a *Amazon) Wants(code int, words string, stdin string, args ...string) {
	a.T.Helper()
	got, stdout, stderr := a.Run(stdin, args...)
	if got != code || !strings.Contains(stdout+stderr, words) {
		a.T.Errorf("rds %s: exit %d, want %d with %q:\n%s%s", strings.Join(args, " "), got, code, words, stdout, stderr)
	}
}
