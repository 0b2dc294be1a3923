package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The SQL is embedded, so a mutant of a statement needs no compiler: its text overwrites the original in the test
// binary, at the same length. That takes one second, compiling and linking ten.

// testBinary returns the test binary of a package, which is built once.
func (w *workshop) testBinary(ctx context.Context, pkg string) ([]byte, error) {
	if b, ok := w.binaries[pkg]; ok {
		return b, nil
	}
	path := filepath.Join(w.dir, "original.test")
	if out, err := w.command(ctx, w.root, "go", "test", "-c", "-o", path, "./"+pkg).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile the tests of %s: %w\n%s", pkg, err, out)
	}
	b, err := os.ReadFile(path)
	w.binaries[pkg] = b
	return b, err
}

// overwrite returns the binary with an embedded text replaced by another.
func overwrite(binary, was, is []byte) ([]byte, error) {
	if n := bytes.Count(binary, was); n != 1 {
		return nil, fmt.Errorf("the text stands %d times in the test binary, want once", n)
	}
	is, err := fit(is, len(was))
	if err != nil {
		return nil, err
	}
	return bytes.Replace(binary, was, is, 1), nil
}

// fit gives an SQL text a length: it adds empty lines at its end, or shortens its first comment.
func fit(text []byte, length int) ([]byte, error) {
	if short := length - len(text); short >= 0 {
		return append(bytes.Clone(text), bytes.Repeat([]byte("\n"), short)...), nil
	}
	over := len(text) - length
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if !bytes.HasPrefix(line, []byte("-- ")) || bytes.Contains(line, []byte("+goose")) || len(line) < len("-- ")+over {
		return nil, fmt.Errorf("no comment at the beginning has %d characters to spare", over)
	}
	return append([]byte("-- "), text[len("-- ")+over:]...), nil
}

// testSQL reports whether a test of the package fails with the embedded text was replaced by is.
func (w *workshop) testSQL(ctx context.Context, pkg string, was, is []byte, args ...string) (failed bool, err error) {
	original, err := w.testBinary(ctx, pkg)
	if err != nil {
		return false, err
	}
	changed, err := overwrite(original, was, is)
	if err != nil {
		return false, err
	}
	path := filepath.Join(w.dir, strings.ReplaceAll(pkg, "/", "-")+".test")
	if err := os.WriteFile(path, changed, 0o755); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	err = w.command(ctx, filepath.Join(w.root, pkg), path, append([]string{"-test.failfast"}, args...)...).Run()
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return false, ctx.Err()
	case ctx.Err() != nil || errors.As(err, &exit): // one that does not end is noticed
		return true, nil
	}
	return false, err
}
