package docs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cruddur/internal/pgtest"
)

var update = flag.Bool("update", false, "write what the commands print into the pages")

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "cruddur-docs-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err == nil {
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docs: build cruddur:", err)
		os.Exit(1)
	}
	code := pgtest.Main(m)
	os.RemoveAll(dir)
	os.Exit(code)
}

// TestPages runs the pages, README among them.
func TestPages(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no page: %v", err)
	}
	for _, path := range append(paths, "../README.md", "../CONTRIBUTING.md") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".md"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			p, complaints := parse(filepath.Base(path), string(text))
			for _, c := range complaints {
				t.Error(c)
			}
			if t.Failed() {
				return
			}
			if !slices.ContainsFunc(p.blocks, func(b block) bool { return b.steps != nil }) {
				return
			}
			for _, c := range p.run(t, *update) {
				t.Error(c)
			}
			if after := strings.Join(p.lines, "\n"); *update && after != string(text) {
				if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// run runs a page's blocks in their order and returns what is not as the page says. It stops at a command that is
// not shown, or of a block without output, that fails: what follows builds upon it. With update an output that
// differs is written into the page instead.
func (p *page) run(t testing.TB, update bool) (complaints []string) {
	t.Helper()
	for _, n := range p.needs {
		if !slices.Contains(needs, n) {
			return []string{fmt.Sprintf("%s: runs with %q, want some of %v", p.name, n, needs)}
		}
	}
	s, ok := newSandbox(t, p.needs)
	if !ok {
		return nil
	}
	sh := startShell(t, s.clone, s.scratch, s.env)
	var corrections []correction
	defer func() {
		for _, c := range slices.Backward(corrections) {
			p.lines = slices.Replace(p.lines, c.begin, c.end, c.printed...)
		}
	}()
	for _, b := range p.blocks {
		if b.steps == nil {
			continue
		}
		for _, command := range b.before {
			if out, code, err := sh.run(s.real.Replace(command), ""); err != nil || code != 0 {
				return append(complaints, fmt.Sprintf("%s:%d: before the block: %s\n%s\n%s", p.name, b.line+1, command, strings.Join(out, "\n"), failure(code, err)))
			}
		}
		for _, st := range b.steps {
			out, code, err := sh.run(s.real.Replace(st.command), b.typed)
			for i := range out {
				out[i] = secret.ReplaceAllString(s.shown.Replace(out[i]), "(32 characters)")
			}
			if testing.Verbose() {
				t.Logf("$ %s\n%s", st.command, strings.Join(out, "\n"))
			}
			switch {
			case err != nil, b.language == commands && code != 0:
				return append(complaints, fmt.Sprintf("%s:%d: %s\n%s\n%s", p.name, b.line+1, st.command, strings.Join(out, "\n"), failure(code, err)))
			case b.language == commands:
				continue
			}
			for len(out) > 0 && out[len(out)-1] == "" {
				out = out[:len(out)-1]
			}
			want := p.lines[st.begin:st.end]
			holds := same(want, out)
			if code != 0 { // "…" does not stand for it
				last := fmt.Sprintf("[exit code %d]", code)
				holds = len(want) > 0 && want[len(want)-1] == last && same(want[:len(want)-1], out)
				out = append(out, last)
			}
			if !holds {
				if update {
					corrections = append(corrections, correction{st, out})
					continue
				}
				complaints = append(complaints, fmt.Sprintf("%s:%d: $ %s\nthe page says:\n%s\nit prints:\n%s", p.name, st.begin, st.command, indent(want), indent(out)))
			}
		}
	}
	return complaints
}

type correction struct {
	step
	printed []string
}

// secret is a line that is nothing but a generated password.
var secret = regexp.MustCompile(`^[A-Za-z0-9_-]{32}$`)

func failure(code int, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("exit code %d", code)
}

func indent(lines []string) string { return "  " + strings.Join(lines, "\n  ") }
