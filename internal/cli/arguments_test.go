package cli

import (
	"io"
	"strings"
	"testing"

	"cruddur/internal/cli/command"
)

// No command prints a control character of its arguments to the terminal.
func TestNoArgumentReachesTheTerminal(t *testing.T) {
	t.Chdir(t.TempDir()) // some commands write files
	const evil = "\x1b]0;owned\x07\x1b[31m\u009b2J\u202ex"
	dir := openDir(t)
	var words [][]string
	var walk func(path []string)
	root := (&program{&command.Program{Getenv: func(string) string { return "" }, Config: command.NewConfig(func(string) string { return "" })}}).root()
	walk = func(path []string) {
		cmd, _, err := root.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, path)
		for _, c := range cmd.Commands() {
			if c.Name() != "serve" && c.Name() != "completion" && c.Name() != "runtime" && c.Name() != "local" {
				walk(append(append([]string{}, path...), c.Name()))
			}
		}
	}
	walk(nil)
	getenv := func(name string) string {
		switch name {
		case "CRUDDUR_DATA_DIR":
			return dir
		case "CONNECTION_URL":
			return "postgresql://nobody@127.0.0.1:1/none" // nothing is there: the arguments are what counts
		case "AWS_EC2_METADATA_DISABLED":
			return "true"
		}
		return ""
	}
	for _, path := range words {
		for _, args := range [][]string{{evil}, {evil, evil}, {"--" + evil}, {"--json=" + evil}} {
			if len(path) > 0 && path[0] == "rds" && len(args) == 1 && !strings.HasPrefix(args[0], "--") {
				continue // they would ask Amazon
			}
			var out, errs transcript
			Run(t.Context(), append(append([]string{}, path...), args...), getenv, strings.NewReader(""), io.MultiWriter(&out), &errs)
			for _, text := range []string{out.String(), errs.String()} {
				if strings.ContainsAny(text, "\x1b\x07\u009b\u202e") {
					t.Errorf("cruddur %s: passes it on: %q", strings.Join(append(path, args...), " "), text)
				}
			}
		}
	}
	if len(words) < 50 {
		t.Errorf("only %d commands were tried", len(words))
	}
}
