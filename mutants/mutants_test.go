package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every replacement fits the current code, and names an existing test. Running them takes long; this test shows at
// once that a line no longer matches its list.
func TestReplacementsFit(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, r := range allRows() {
		if names[r.name] {
			t.Errorf("two rows are called %s", r.name)
		}
		names[r.name] = true
	}
	for _, l := range replacements {
		for _, m := range l.repl {
			text, err := os.ReadFile(filepath.Join("..", m.file))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), m.from); n != 1 || m.from == m.to {
				t.Errorf("%s: %q stands there %d times, want once, and becomes %q", m.file, m.from, n, m.to)
			}
			if m.test != "" && !hasTest(t, filepath.Join("..", l.packages(m)[0]), m.test) {
				t.Errorf("%s: %q: there is no test %s", m.file, m.from, m.test)
			}
			if filepath.Ext(m.file) == ".sql" {
				if _, err := fit([]byte(strings.Replace(string(text), m.from, m.to, 1)), len(text)); err != nil {
					t.Errorf("%s: %q: %v", m.file, m.from, err)
				}
			}
			if m.same != "" && m.test != "" {
				t.Errorf("%s: %q: no test can notice, and %s does?", m.file, m.from, m.test)
			}
		}
	}
}

func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		b, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(b), "\nfunc "+name+"(t ")
	})
}

// An SQL text can be fitted to the length of another.
func TestOverwrite(t *testing.T) {
	t.Parallel()
	const was = "-- A comment.\nselect 1 < 2\n"
	for is, want := range map[string]string{
		"-- A comment.\nselect 1 <= 2\n": "--  comment.\nselect 1 <= 2\n",
		"-- A comment.\nselect 1\n":      "-- A comment.\nselect 1\n\n\n\n\n",
		"-- A comment.\nselect 2 < 1\n":  "-- A comment.\nselect 2 < 1\n",
	} {
		if got, err := overwrite([]byte("x"+was+"y"), []byte(was), []byte(is)); err != nil || string(got) != "x"+want+"y" {
			t.Errorf("overwrite() with %q = %q, %v, want %q", is, got, err, want)
		}
	}
	for _, binary := range []string{"", was + was} {
		if _, err := overwrite([]byte(binary), []byte(was), []byte(was)); err == nil {
			t.Errorf("overwrite() of %q takes it", binary)
		}
	}
	if _, err := fit([]byte("-- A\nselect 1 + 1 + 1\n"), 8); err == nil {
		t.Error("a comment gives more than it has")
	}
}

// The lines of accepted mutants are in the code, and the files for gremlins exist.
func TestPackagesFit(t *testing.T) {
	t.Parallel()
	for _, s := range sames {
		text, err := os.ReadFile(filepath.Join("..", s.file))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for line := range strings.Lines(string(text)) {
			found = found || strings.TrimSpace(line) == s.line
		}
		if _, known := swaps[s.kind]; !found || !known || s.because == "" {
			t.Errorf("%s: %q (%s) does not fit", s.file, s.line, s.kind)
		}
	}
	for _, p := range packages {
		if _, err := p.excluded(".."); err != nil {
			t.Error(err)
		}
	}
}

// A mutant replaces only the operator that gremlins names.
func TestApply(t *testing.T) {
	t.Parallel()
	lines := []string{"if a <= b && c {", "\tn += x - y"}
	for _, tt := range []struct {
		m    mutation
		want string
	}{
		{mutation{Type: "CONDITIONALS_BOUNDARY", Line: 1, Column: 6}, "if a < b && c {\n\tn += x - y"},
		{mutation{Type: "CONDITIONALS_NEGATION", Line: 1, Column: 6}, "if a > b && c {\n\tn += x - y"},
		{mutation{Type: "INVERT_LOGICAL", Line: 1, Column: 11}, "if a <= b || c {\n\tn += x - y"},
		{mutation{Type: "REMOVE_SELF_ASSIGNMENTS", Line: 2, Column: 4}, "if a <= b && c {\n\tn = x - y"},
		{mutation{Type: "ARITHMETIC_BASE", Line: 2, Column: 9}, "if a <= b && c {\n\tn += x + y"},
	} {
		if got, err := tt.m.apply("a.go", lines); err != nil || string(got) != tt.want {
			t.Errorf("%+v: %q, %v, want %q", tt.m, got, err, tt.want)
		}
	}
	if _, err := (mutation{Type: "INVERT_LOGICAL", Line: 1, Column: 6}).apply("a.go", lines); err == nil {
		t.Error("a mutant that is not there is applied")
	}
}

// Go's coverage does not include the conditions after case and the code outside functions.
func TestOutsideCoverage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.go")
	const text = "package a\n\nconst b = 1 + 2\n\nfunc c(d int) bool {\n\tswitch {\n\tcase d > 1:\n\t\treturn d > 2\n\t}\n\treturn d > 3\n}\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		line, column int
		want         bool
	}{{3, 13, true}, {7, 9, true}, {8, 12, false}, {10, 11, false}} {
		if got := outsideCoverage(path, tt.line, tt.column); got != tt.want {
			t.Errorf("line %d, column %d: %v, want %v", tt.line, tt.column, got, tt.want)
		}
	}
}
