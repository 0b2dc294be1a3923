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

// The SQL is embedded, so a mutant of a statement needs no compiler: its text is written over the original's
// in the test binary, at the same length. That is a second's work where compiling and linking is ten.

// testBinary is the test binary of a package, made once.
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

// overwrite is the binary with another text in the place of an embedded one.
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

// fit gives a text of SQL a length: by empty lines at its end, or by taking from its first comment.
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

// testSQL answers whether a test of the package fails with is in the place of the embedded text was.
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
