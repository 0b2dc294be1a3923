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

// run runs a page's blocks in their order and returns what is not as the page says. It stops where a command fails
// that is not shown, or that stands in a block without output, because what follows builds upon it. With update, an
// output that differs is written into the page instead.
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
	r := &runner{page: p, sandbox: s, shell: startShell(t, s.clone, s.scratch, s.env), update: update, log: t.Logf}
	for i := range p.blocks {
		if !r.block(&p.blocks[i]) {
			break
		}
	}
	for _, c := range slices.Backward(r.corrections) {
		p.lines = slices.Replace(p.lines, c.begin, c.end, c.printed...)
	}
	return r.complaints
}

// runner runs one page.
type runner struct {
	*page
	*sandbox
	*shell
	update      bool
	log         func(format string, args ...any)
	complaints  []string
	corrections []correction
}

// block runs one block. It returns false where nothing can follow.
func (r *runner) block(b *block) bool {
	if b.steps == nil {
		return true
	}
	for _, command := range b.before {
		if out, code, err := r.run(command, ""); err != nil || code != 0 {
			r.complain(b.line, "before the block: %s\n%s\n%s", command, indent(out), failure(code, err))
			return false
		}
	}
	for _, st := range b.steps {
		out, code, err := r.run(st.command, b.typed)
		if testing.Verbose() {
			r.log("$ %s\n%s", st.command, strings.Join(out, "\n"))
		}
		switch {
		case err != nil, b.language == commands && code != 0:
			r.complain(b.line, "%s\n%s\n%s", st.command, indent(out), failure(code, err))
			return false
		case b.language == transcript:
			r.compare(st, out, code)
		}
	}
	return true
}

// run runs a command of the page and returns what it prints as the page would show it.
func (r *runner) run(command, typed string) (out []string, code int, err error) {
	out, code, err = r.shell.run(r.real.Replace(command), typed)
	for i := range out {
		out[i] = secret.ReplaceAllString(r.shown.Replace(out[i]), "(32 characters)")
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out, code, err
}

func (r *runner) compare(st step, out []string, code int) {
	want := r.lines[st.begin:st.end]
	holds := same(want, out)
	if code != 0 { // "…" does not stand for it
		last := fmt.Sprintf("[exit code %d]", code)
		holds = len(want) > 0 && want[len(want)-1] == last && same(want[:len(want)-1], out)
		out = append(out, last)
	}
	switch {
	case holds:
	case r.update:
		r.corrections = append(r.corrections, correction{st, out})
	default:
		r.complain(st.begin-1, "$ %s\nthe page says:\n%s\nit prints:\n%s", st.command, indent(want), indent(out))
	}
}

func (r *runner) complain(line int, format string, args ...any) {
	r.complaints = append(r.complaints, fmt.Sprintf("%s:%d: ", r.name, line+1)+fmt.Sprintf(format, args...))
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
