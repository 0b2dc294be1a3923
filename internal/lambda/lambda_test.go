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

// binary is the program itself, built once for the tests of this package.
var binary struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	if binary.dir != "" {
		os.RemoveAll(binary.dir)
	}
	os.Exit(code)
}

// build returns the path of the program's binary, made as `make` makes the one that is deployed.
func build(t testing.TB) string {
	t.Helper()
	binary.once.Do(func() {
		if binary.dir, binary.err = os.MkdirTemp("", "cruddur-lambda-test-"); binary.err != nil {
			return
		}
		binary.path = filepath.Join(binary.dir, "cruddur")
		cmd := exec.Command("go", "build", "-trimpath", "-o", binary.path, "cruddur/cmd/cruddur")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			binary.err = fmt.Errorf("build the program: %w\n%s", err, out)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}
