package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// list is a list of replacements that share a line of the table.
type list struct {
	name  string
	tests []string // the packages whose tests must notice one of them; none: the file's own
	repl  []replacement
}

// replacement is one mutant: in file, from becomes to. It is an error if from does not occur exactly once, so that an
// outdated list is noticed.
type replacement struct {
	file, from, to string
	// test is the test of the first package that is expected to notice. It is run before the others, which saves most
	// of the time; if it passes, all the packages' tests decide.
	test string
	// same is the argument why no test can notice: such a mutant is not run and counts as accepted.
	same string
}

// replacements has all lists. Each list has its own file.
var replacements = []list{activitiesList, accountsList, signInsList, usersList, codeList, auditList, guardList, apiList, searchList, messagesList, foundList}

func (l list) run(ctx context.Context, w *workshop) (result, error) {
	var r result
	if err := l.sound(ctx, w); err != nil {
		return r, err
	}
	for _, m := range l.repl {
		text, err := os.ReadFile(filepath.Join(w.root, m.file))
		if err != nil {
			return r, err
		}
		if n := bytes.Count(text, []byte(m.from)); n != 1 {
			return r, fmt.Errorf("%s: %q stands there %d times, want once; mend the list", m.file, m.from, n)
		}
		if m.same != "" {
			r.accepted++
			continue
		}
		noticed, err := l.noticed(ctx, w, m, text)
		if err != nil {
			return r, fmt.Errorf("%s: %q -> %q: %w", m.file, m.from, m.to, err)
		}
		at := fmt.Sprintf("%s:%d %q -> %q", m.file, lineOf(text, bytes.Index(text, []byte(m.from))), m.from, m.to)
		if noticed {
			fmt.Fprintln(os.Stderr, "  KILLED", at)
			r.killed++
			continue
		}
		fmt.Fprintln(os.Stderr, "  LIVED", at)
		r.survived++
		r.survivors = append(r.survivors, at)
	}
	return r, nil
}

// sound returns an error if a test fails without any mutant: it would seem to notice all of them.
func (l list) sound(ctx context.Context, w *workshop) error {
	tests := map[string][]string{}
	for _, m := range l.repl {
		if pkg := l.packages(m)[0]; m.test != "" && !slices.Contains(tests[pkg], m.test) {
			tests[pkg] = append(tests[pkg], m.test)
		}
	}
	for pkg, names := range tests {
		cmd := w.command(ctx, w.root, "go", "test", "-run", "^("+strings.Join(names, "|")+")$", "./"+pkg)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("the tests of %s fail without any mutant: %w\n%s", pkg, err, out)
		}
	}
	return nil
}

// noticed runs the tests against the replacement. A plan test is left out: a plan that changes with the condition
// does not show whether the statement's result is tested.
func (l list) noticed(ctx context.Context, w *workshop, m replacement, text []byte) (bool, error) {
	changed := bytes.Replace(text, []byte(m.from), []byte(m.to), 1)
	test := func(pkg, flag, tests string) (bool, error) {
		if filepath.Ext(m.file) == ".sql" {
			return w.testSQL(ctx, pkg, text, changed, "-test."+flag, tests)
		}
		overlay, err := w.overlay(w.root, m.file, changed)
		if err != nil {
			return false, err
		}
		return w.test(ctx, w.root, overlay, "-"+flag, tests, "./"+pkg)
	}
	packages := l.packages(m)
	if m.test != "" {
		if failed, err := test(packages[0], "run", "^"+m.test+"$"); failed || err != nil {
			return failed, err
		}
	}
	for _, pkg := range packages {
		if failed, err := test(pkg, "skip", "^TestPlans$"); failed || err != nil {
			return failed, err
		}
	}
	return false, nil
}

func (l list) packages(m replacement) []string {
	if len(l.tests) == 0 {
		return []string{filepath.Dir(m.file)}
	}
	return l.tests
}

// test reports whether a test fails; it returns errNotGo if the test cannot be run.
func (w *workshop) test(ctx context.Context, root, overlay string, args ...string) (failed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	cmd := w.command(ctx, root, "go", append([]string{"test", "-overlay", overlay, "-failfast"}, args...)...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return false, ctx.Err()
	case ctx.Err() != nil: // it does not end, which is noticed
		return true, nil
	case bytes.Contains(out, []byte("[build failed]")) || bytes.Contains(out, []byte("[setup failed]")):
		return false, fmt.Errorf("%w:\n%s", errNotGo, out)
	case errors.As(err, &exit):
		return true, nil
	}
	return false, err
}
