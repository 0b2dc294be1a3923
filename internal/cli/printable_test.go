package cli

import (
	"io"
	"strings"
	"testing"
	"unicode"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                         "",
		"plain – “text” שלום 🙂\nb": "plain – “text” שלום 🙂\nb",
		"a\x1b[31mred":             `a\x1b[31mred`,
		"a\rb\x07\x7f\x00":         `a\rb\a\u007f\x00`,
		"\u009b31m\u202ex\u2069":   `\u009b31m\u202ex\u2069`,
		"\x9b31m\xff":              `\x9b31m\xff`,
		"tab\there �":              "tab\there �",
	} {
		got := printable(in)
		if strings.ReplaceAll(got, `\u007f`, `\x7f`) != strings.ReplaceAll(want, `\u007f`, `\x7f`) {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
	for r := rune(0); r < 0x3000; r++ {
		if (unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)) && strings.ContainsRune(printable(string(r)), r) {
			t.Errorf("%U passes", r)
		}
	}
}

// No command passes a control character of its own arguments on to the terminal.
func TestNoArgumentReachesTheTerminal(t *testing.T) {
	t.Chdir(t.TempDir()) // some commands write files
	const evil = "\x1b]0;owned\x07\x1b[31m\u009b2J\u202ex"
	dir := openDir(t)
	var words [][]string
	var walk func(path []string)
	root := (&program{getenv: func(string) string { return "" }, config: newConfig(func(string) string { return "" })}).root()
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
