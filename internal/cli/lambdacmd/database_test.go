package lambdacmd_test

import (
	"bytes"
	"net/url"
	"testing"

	"cruddur/internal/cli/clitest"
	"cruddur/internal/cli/command"
	"cruddur/internal/cli/lambdacmd"
	"cruddur/internal/rds/awsfake"
)

// TestLambdaDatabase opens the function's database as the function does: with an IAM token where the URL
// asks for one, through one connection, and within its two seconds.
func TestLambdaDatabase(t *testing.T) {
	t.Parallel()
	f, _ := clitest.NewFront(t, true)
	a := clitest.NewAmazon(t)
	env := a.Env
	env["CONNECTION_URL"] = "postgresql://app@" + f.Addr + "/postgres?sslmode=verify-full&sslrootcert=" + url.QueryEscape(f.CA) + "&cruddur_auth=iam&cruddur_region=" + awsfake.Region
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
	if n := f.Tokens.Load(); n != 1 {
		t.Errorf("%d tokens were accepted, want 1", n)
	}
	if calls := a.Calls(); len(calls) != 0 {
		t.Errorf("AWS was called: %v; in a VPC without NAT nobody would answer", calls)
	}
	if _, _, most := db.Stats(); most != 1 {
		t.Errorf("the pool holds %d connections, want 1", most)
	}
}
