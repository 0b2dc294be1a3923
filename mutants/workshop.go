package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cruddur/internal/pgserver"
)

// workshop is the folder for the mutants, outside the working tree; it is deleted at the end.
type workshop struct {
	root     string // of the repository, only read
	dir      string // of the workshop
	gremlins string // the program
	server   *pgserver.Server
	binaries map[string][]byte // test binaries by their package
}

func newWorkshop(ctx context.Context, root string) (*workshop, error) {
	// The name is short: the sockets of the tests' PostgreSQL servers stand below it.
	dir, err := os.MkdirTemp("", "mut-")
	if err != nil {
		return nil, err
	}
	w := &workshop{root: root, dir: dir, binaries: map[string][]byte{}, gremlins: filepath.Join(dir, "gremlins")}
	// If this program runs as root, those servers run as another user, who must have access.
	if err := errors.Join(os.Chmod(dir, 0o711), os.Mkdir(w.temp(), 0o711)); err != nil {
		w.close()
		return nil, err
	}
	if w.server, err = startServer(ctx, filepath.Join(dir, "pg")); err != nil {
		w.close()
		return nil, err
	}
	build := w.command(ctx, root, "go", "build", "-modfile=mutants.mod", "-o", w.gremlins, "github.com/go-gremlins/gremlins/cmd/gremlins")
	if out, err := build.CombinedOutput(); err != nil {
		w.close()
		return nil, fmt.Errorf("build gremlins: %w\n%s", err, out)
	}
	return w, nil
}

// startServer starts the PostgreSQL of all tests. A new server for each mutant would take most of the time.
func startServer(ctx context.Context, dir string) (*pgserver.Server, error) {
	return pgserver.Start(ctx, pgserver.Config{
		Dir: dir,
		Bin: os.Getenv("CRUDDUR_POSTGRES_BIN"),
		Settings: map[string]string{ // as pgtest
			"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200",
		},
	})
}

func (w *workshop) close() {
	if w.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := w.server.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "mutants: stop PostgreSQL:", err)
		}
	}
	os.RemoveAll(w.dir)
}

// temp is the TMPDIR of all commands run here; files that a killed test leaves behind are deleted with it.
func (w *workshop) temp() string { return filepath.Join(w.dir, "t") }

// goFlags are for every go command. A cached result would make gremlins believe that the tests take no time, and
// shorten its time limit. A mutant that only vet reports is not noticed by a test. Without debugging information a
// mutant is linked in half the time.
const goFlags = "-count=1 -vet=off -ldflags=-w"

// command is a command in dir whose children end with it: `go test` is killed where a mutant does not
// end, and the test binary must not live on.
func (w *workshop) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+w.temp(), "GOFLAGS="+goFlags, "CRUDDUR_TEST_DATABASE_URL="+w.server.URL("postgres"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Gremlins does not stop when asked: it continues with its next mutant. The servers of the tests stop on their
	// own.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// copyFor copies the repository without the Go files of packages that pkg's tests do not need. Gremlins tests
// everything below a folder, so for the root package it would run every test.
func (w *workshop) copyFor(ctx context.Context, pkg string) (string, error) {
	list := w.command(ctx, w.root, "go", "list", "-deps", "-test", "-f", "{{if not .Standard}}{{.Dir}}{{end}}", "./"+pkg)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("list what it imports: %w", err)
	}
	needed := map[string]bool{}
	for _, dir := range strings.Fields(string(out)) {
		needed[dir] = true
	}
	dst, err := os.MkdirTemp(w.dir, "src-")
	if err != nil {
		return "", err
	}
	return dst, filepath.WalkDir(w.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(w.root, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dst, rel)
		switch {
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || rel == "bin" || rel == "tmp"):
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(to, 0o755)
		case !d.Type().IsRegular() || filepath.Ext(path) == ".go" && !needed[filepath.Dir(path)]:
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o644)
	})
}

// overlay writes the file for `-overlay`, which replaces a file of the repository by the given text.
func (w *workshop) overlay(root, file string, text []byte) (string, error) {
	changed := filepath.Join(w.dir, "changed"+filepath.Ext(file))
	b, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, file): changed}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(w.dir, "overlay.json")
	return path, errors.Join(os.WriteFile(changed, text, 0o644), os.WriteFile(path, b, 0o644))
}

// lineOf returns the number of the line with the byte at offset.
func lineOf(text []byte, offset int) int { return 1 + bytes.Count(text[:offset], []byte("\n")) }
