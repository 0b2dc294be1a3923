package lambda_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"cruddur/internal/pgtest"
)

// built is the program itself, built once for the tests of this package.
var built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// build returns the path of the program's binary. It is built as the tests are: with the flags of a
// release (CGO_ENABLED=0 -trimpath) every dependency would be compiled once more, for minutes.
func build(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "cruddur-lambda-test-"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "cruddur")
		cmd := exec.Command("go", "build", "-o", built.path, "cruddur/cmd/cruddur")
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("build the program: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// static is the smallest Linux binary that needs no C library, for what only looks at one.
var static = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "cruddur-static-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	source, out := filepath.Join(dir, "main.go"), filepath.Join(dir, "out")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "build", "-o", out, source)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, text)
	}
	return os.ReadFile(out)
})
