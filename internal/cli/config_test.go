package cli

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/cli/command"
)

// outcome runs one command line that needs no database.
func outcome(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = Run(t.Context(), args, func(k string) string { return env[k] }, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestConfig(t *testing.T) {
	t.Parallel()
	env := map[string]string{"CONNECTION_URL": "postgresql://ana:hunter2@db/cruddur", "CRUDDUR_LISTEN": "127.0.0.1:1"}
	code, out, errs := outcome(t, env, "config", "--data-dir", "/somewhere")
	if code != command.ExitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, line := range []string{
		"OPTION\tVALUE\tFROM\tMEANING\n", "\nCRUDDUR_LISTEN\t127.0.0.1:1\tenvironment\t", "\nCRUDDUR_DATA_DIR\t/somewhere\tflag\t",
		"\nCONNECTION_URL\t(set)\tenvironment\t", "\nCRUDDUR_LOG\ttext\tdefault\t",
	} {
		if !strings.Contains("\n"+out, line) {
			t.Errorf("%q is missing in\n%s", line, out)
		}
	}
	code, document, errs := outcome(t, env, "config", "--json")
	var got struct {
		Options []struct{ Option, Value, From string }
	}
	if err := json.Unmarshal([]byte(document), &got); err != nil || code != command.ExitOK || len(got.Options) != len(command.Options()) {
		t.Errorf("--json: %d options, exit code %d, %v: %s", len(got.Options), code, err, errs)
	}
	if strings.Contains(out+document, "hunter2") {
		t.Errorf("a secret is shown:\n%s%s", out, document)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		"help": "cruddur db doctor", "help db": "PROD_CONNECTION_URL", "help db migrate": "pending migrations",
		"help environment": "CRUDDUR_SMTP_URL", "help exit-codes": "130", "serve --help": "--migrate",
	} {
		if code, out, errs := outcome(t, nil, strings.Fields(line)...); code != command.ExitOK || !strings.Contains(out, says) {
			t.Errorf("%s: exit code %d, %q is missing in\n%s%s", line, code, says, out, errs)
		}
	}
	for _, line := range []string{"help bogus", "help db bogus", "bogus", "db bogus", "serve here", "serve --bogus", "config --bogus", "user confirm"} {
		if code, out, errs := outcome(t, nil, strings.Fields(line)...); code != command.ExitUsage || out != "" || !strings.Contains(errs, "try: cruddur") {
			t.Errorf("%s: exit code %d, want %d\n%s%s", line, code, command.ExitUsage, out, errs)
		}
	}
}

// An error's text says what is wrong, without the kind, which the exit code carries.
func TestErrorsAreSentences(t *testing.T) {
	t.Parallel()
	code, _, errs := outcome(t, map[string]string{"CONNECTION_URL": "postgresql://u:p@ss@h/db"}, "user", "list")
	if code != command.ExitUsage || !strings.HasPrefix(errs, "cruddur: connection_url_invalid: the connection URL can be read in two ways") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for err, want := range map[error]string{
		cruddur.Errorf(cruddur.KindNotFound, "no such member"):                             "no such member",
		command.Exit(command.ExitPending, cruddur.Errorf(cruddur.KindConflict, "held")):    "held",
		cruddur.NewError(cruddur.KindConflict, "email_taken").Wrap(errors.New("accounts")): "email_taken: accounts",
		cruddur.NewError(cruddur.KindInvalid, "email_invalid", "handle_invalid"):           "email_invalid, handle_invalid",
		cruddur.NewError(cruddur.KindForbidden):                                            "forbidden",
		errors.New("plain"):                                                                "plain",
	} {
		if got := command.Sentence(err); got != want {
			t.Errorf("sentence(%v) = %q, want %q", err, got, want)
		}
	}
}

// A value that a flag cannot take is told with the flag's name and what it wants, not with the names of the
// functions that have tried to read it.
func TestFlagValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"user list --limit x", `--limit: "x": want a whole number`},
		{"user list --limit 99999999999999999999", "want a whole number"},
		{"db sessions --watch=soon", `--watch: "soon": want a time such as 30s or 5m`},
		{"serve --demo=perhaps", `--demo: "perhaps": want true or false`},
		{"serve --listen nonsense", `--listen: "nonsense": want host:port`},
		{"serve --listen 127.0.0.1:99999", "a port of 0 to 65535"},
	} {
		code, _, stderr := outcome(t, nil, strings.Fields(c.args)...)
		if code != command.ExitUsage || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "strconv") {
			t.Errorf("cruddur %s: exit code %d and %q, want %d and %q", c.args, code, stderr, command.ExitUsage, c.want)
		}
	}
}
