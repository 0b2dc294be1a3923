package guard_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

// found is what Resolve makes of a name in an environment.
type found struct {
	admin *dbadmin.Admin
	stop  func()
	said  *bytes.Buffer // on stderr
	err   error
}

func resolve(t *testing.T, env map[string]string, named guard.Named, action string) found {
	t.Helper()
	getenv := func(k string) string { return env[k] }
	f := found{said: new(bytes.Buffer)}
	out := &terminal.Output{Out: f.said, Err: f.said}
	f.admin, f.stop, f.err = guard.Resolve(t.Context(), &command.Program{Getenv: getenv, Config: command.NewConfig(getenv), Stderr: f.said}, named, action, out)
	return f
}

// TestNamed holds which variable a name leads to, and what the commands of an advice call it.
func TestNamed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("postgresql://ana@127.0.0.1:1/from_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"CONNECTION_URL": "postgresql://ana@127.0.0.1:1/own", "PROD_CONNECTION_URL": "postgresql://ana@prod.example.org:1/prod",
		"STAGING_CONNECTION_URL": " postgresql://ana@127.0.0.1:1/staging ", "EU_WEST_CONNECTION_URL": "postgresql://ana@127.0.0.1:1/eu",
		"KEPT_CONNECTION_URL_FILE": file,
	}
	with := func(name, value string) map[string]string {
		more := map[string]string{name: value}
		for k, v := range env {
			more[k] = v
		}
		return more
	}
	for what, c := range map[string]struct {
		env                            map[string]string
		named                          guard.Named
		database, command, environment string
		source                         string
	}{
		"nothing":               {env, guard.Named{}, "own", "cruddur db drop", "development", "CONNECTION_URL"},
		"prod":                  {env, guard.Named{Prod: true}, "prod", "cruddur db drop prod", "production", "PROD_CONNECTION_URL"},
		"--env staging":         {env, guard.Named{Env: "staging"}, "staging", "cruddur db drop --env staging", "staging", "STAGING_CONNECTION_URL"},
		"a name with a dash":    {env, guard.Named{Env: "eu-west"}, "eu", "cruddur db drop --env eu-west", "eu-west", "EU_WEST_CONNECTION_URL"},
		"a file":                {env, guard.Named{Env: "kept"}, "from_file", "cruddur db drop --env kept", "kept", "KEPT_CONNECTION_URL"},
		"--url":                 {env, guard.Named{URL: "postgresql://ana@127.0.0.1:1/given"}, "given", "cruddur db drop --url …", "development", "--url"},
		"production":            {env, guard.Named{Env: "production"}, "prod", "cruddur db drop --env production", "production", "PROD_CONNECTION_URL"},
		"production, by itself": {with("PRODUCTION_CONNECTION_URL", "postgresql://ana@127.0.0.1:1/other"), guard.Named{Env: "production"}, "other", "cruddur db drop --env production", "production", "PRODUCTION_CONNECTION_URL"},
		"production, in a file": {with("PRODUCTION_CONNECTION_URL_FILE", file), guard.Named{Env: "production"}, "from_file", "cruddur db drop --env production", "production", "PRODUCTION_CONNECTION_URL"},
		"production's by --url": {env, guard.Named{URL: "postgresql://bob@prod.example.org:1/prod"}, "prod", "cruddur db drop --url …", "production", "--url"},
	} {
		f := resolve(t, c.env, c.named, "drop")
		if f.err != nil {
			t.Errorf("%s: Resolve() = %v", what, f.err)
			continue
		}
		f.stop()
		if f.admin.Database() != c.database || f.admin.Command("drop") != c.command || f.admin.Environment != c.environment || f.admin.Source != c.source || f.admin.Private {
			t.Errorf("%s: %q, %q, %q from %q, private %v, want %+v", what, f.admin.Database(), f.admin.Command("drop"), f.admin.Environment, f.admin.Source, f.admin.Private, c)
		}
		if f.admin.Production != env["PROD_CONNECTION_URL"] {
			t.Errorf("%s: compared with %q, want production's URL", what, f.admin.Production)
		}
		if f.said.Len() > 0 {
			t.Errorf("%s: it says %q", what, f.said)
		}
	}
}

// TestProductionWithoutPassword compares with production's URL as the driver reads it: the words that are for
// cruddur alone are gone.
func TestProductionWithoutPassword(t *testing.T) {
	t.Parallel()
	f := resolve(t, map[string]string{"CONNECTION_URL": "postgresql://ana@127.0.0.1:1/own", "PROD_CONNECTION_URL": "postgresql://ana@prod.example.org:1/prod?cruddur_auth=iam&cruddur_region=eu-central-1&sslmode=verify-full"}, guard.Named{}, "drop")
	if f.err != nil {
		t.Fatal(f.err)
	}
	if p := f.admin.Production; strings.Contains(p, "cruddur_") || !strings.Contains(p, "prod.example.org:1/prod") || !strings.Contains(p, "sslmode=verify-full") {
		t.Errorf("compared with %q", p)
	}
}

// TestNamedTwice wants one name for a target, one that can be a variable's, and a URL behind it.
func TestNamedTwice(t *testing.T) {
	t.Parallel()
	env := map[string]string{"CONNECTION_URL": "postgresql://ana@127.0.0.1:1/own", "PROD_CONNECTION_URL": "postgresql://ana@127.0.0.1:1/prod", "STAGING_CONNECTION_URL": "postgresql://ana@127.0.0.1:1/staging"}
	const url = "postgresql://ana@127.0.0.1:1/given"
	for what, c := range map[string]struct {
		named guard.Named
		words string
	}{
		"prod and --env":       {guard.Named{Prod: true, Env: "staging"}, "give only one of them"},
		"prod and --url":       {guard.Named{Prod: true, URL: url}, "give only one of them"},
		"--env and --url":      {guard.Named{Env: "staging", URL: url}, "give only one of them"},
		"all three":            {guard.Named{Prod: true, Env: "staging", URL: url}, "give only one of them"},
		"a name that is none":  {guard.Named{Env: "stag ing"}, "want a name such as staging"},
		"a name with a digit":  {guard.Named{Env: "1st"}, "want a name such as staging"},
		"a name of 41 signs":   {guard.Named{Env: strings.Repeat("a", 41)}, "want a name such as staging"},
		"a name of 40 signs":   {guard.Named{Env: strings.Repeat("a", 40)}, strings.Repeat("A", 40) + "_CONNECTION_URL is not set"},
		"a name without a URL": {guard.Named{Env: "test"}, "TEST_CONNECTION_URL is not set, so there is no database for test"},
		"a URL that is none":   {guard.Named{URL: "http://127.0.0.1"}, "--url is not a usable connection URL"},
		"a URL of RDS":         {guard.Named{URL: "postgresql://ana@127.0.0.1/own?cruddur_auth=password"}, "cruddur_auth: want iam"},
	} {
		f := resolve(t, env, c.named, "drop")
		if f.err == nil || command.ExitCode(t.Context(), f.err) != command.ExitUsage && !strings.Contains(what, "URL that") || !strings.Contains(f.err.Error(), c.words) {
			t.Errorf("%s: Resolve() = %v (exit code %d), want %q", what, f.err, command.ExitCode(t.Context(), f.err), c.words)
		}
		if f.admin != nil {
			t.Errorf("%s: a target beside the error", what)
		}
	}
	if f := resolve(t, map[string]string{"STAGING_CONNECTION_URL_FILE": "/nowhere/url"}, guard.Named{Env: "staging"}, "drop"); f.err == nil || !strings.Contains(f.err.Error(), "STAGING_CONNECTION_URL_FILE") {
		t.Errorf("a file that is not there: %v", f.err)
	}
	if f := resolve(t, map[string]string{"PROD_CONNECTION_URL": " ", "CONNECTION_URL": "postgresql:///own"}, guard.Named{}, "drop"); f.err == nil {
		t.Error("a PROD_CONNECTION_URL of blanks is taken: nothing could be compared with it")
	}
	f := resolve(t, map[string]string{"CONNECTION_URL": "postgresql://ana@127.0.0.1:1"}, guard.Named{}, "drop")
	if f.err != nil || f.admin.Database() != dbadmin.DefaultDatabase || !strings.Contains(f.said.String(), "CONNECTION_URL names no database; using "+dbadmin.DefaultDatabase) {
		t.Errorf("a URL without a database: %v, says %q", f.err, f.said)
	}
}

// TestPrivate makes cruddur's own server for a command that may make one; any other only finds it.
func TestPrivate(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "guard-") // short, for the socket stands below it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // for root, whose server is another user's
		t.Fatal(err)
	}
	env := map[string]string{"CRUDDUR_DATA_DIR": filepath.Join(dir, "data"), "CRUDDUR_POSTGRES_BIN": os.Getenv("CRUDDUR_POSTGRES_BIN"), "PATH": os.Getenv("PATH"), "HOME": dir}
	for _, action := range []string{"show", "dump", "seed", "migrate", ""} {
		if f := resolve(t, env, guard.Named{}, action); command.ExitCode(t.Context(), f.err) != command.ExitNotFound {
			t.Fatalf("%q without a server: %v, want it not found", action, f.err)
		}
	}
	f := resolve(t, env, guard.Named{}, "prepare")
	if f.err != nil {
		t.Fatal(f.err)
	}
	if !f.admin.Private || f.admin.Source != "the private PostgreSQL" || f.admin.Environment != "development" || f.admin.Command("drop") != "cruddur db drop" || f.admin.Complaint == nil {
		t.Errorf("the private server is %+v", f.admin.Target)
	}
	if want := "made a private PostgreSQL in " + env["CRUDDUR_DATA_DIR"]; !strings.Contains(f.said.String(), want) {
		t.Errorf("it says %q, want %q", f.said, want)
	}
	if complaint := f.admin.Complaint(); complaint != "" {
		t.Errorf("the server complains before it was asked anything: %s", complaint)
	}
	f.said.Reset()
	f.stop()
	if f.said.Len() > 0 {
		t.Errorf("when it stops it says %q", f.said)
	}
	if again := resolve(t, env, guard.Named{}, "show"); again.err != nil || again.said.Len() > 0 {
		t.Errorf("a server that is there: %v, says %q", again.err, again.said)
	} else {
		again.stop()
	}
}

// TestMakesServer holds which commands may make a private server: where PostgreSQL is not to be had they fail
// for that, the others because there is no server.
func TestMakesServer(t *testing.T) {
	t.Parallel()
	env := map[string]string{"CRUDDUR_DATA_DIR": filepath.Join(t.TempDir(), "data"), "CRUDDUR_POSTGRES_BIN": t.TempDir(), "HOME": t.TempDir()}
	for code, actions := range map[int][]string{
		command.ExitConnect:  {"create", "drop", "prepare", "setup", "reset", "wait"},
		command.ExitNotFound: {"show", "dump", "restore", "seed", "migrate", "rollback", "doctor", "psql", "protect", "roles", ""},
	} {
		for _, action := range actions {
			if f := resolve(t, env, guard.Named{}, action); command.ExitCode(t.Context(), f.err) != code {
				t.Errorf("%q: %v, want exit code %d", action, f.err, code)
			}
		}
	}
}

// TestDumpNowhere wants no dump where nobody says what folder it may go to.
func TestDumpNowhere(t *testing.T) {
	t.Parallel()
	d := &guard.Dumps{Getenv: func(string) string { return "" }}
	if path, size, err := d.Dump(context.Background()); err == nil || path != "" || size != 0 || !strings.Contains(err.Error(), "XDG_STATE_HOME") {
		t.Errorf("Dump() = %q, %d, %v", path, size, err)
	}
}
