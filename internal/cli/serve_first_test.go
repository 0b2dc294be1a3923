package cli

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cruddur/internal/cli/command"
)

// TestServeDemoOwnPassword: no password is printed that is not the member's.
func TestServeDemoOwnPassword(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := serve(t, nil, "--data-dir", dir, "--demo")
	s.await(regexp.MustCompile(`with the password (\S+)`))
	s.end()
	if err := os.Remove(filepath.Join(dir, demoPassword.name)); err != nil {
		t.Fatal(err)
	}
	again := serve(t, nil, "--data-dir", dir, "--demo")
	again.await(regexp.MustCompile(`(Demo member: demo@example.com, with a password of its own \(forgotten\? "\S+ user password demo")`))
	if strings.Contains(again.stderr.String(), "with the password") {
		t.Errorf("a wrong password is printed:\n%s", again.stderr)
	}
}

// TestServePortTaken: a taken port ends serve before it has made a database, and says what to do.
func TestServePortTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir, stderr := openDir(t), new(strings.Builder)
	none := func(string) string { return "" }
	code := Run(t.Context(), []string{"serve", "--demo", "--data-dir", dir, "--listen", taken.Addr().String()}, none, strings.NewReader(""), io.Discard, stderr)
	if code != command.ExitFailed || !strings.Contains(stderr.String(), "choose another address for the pages with --listen or CRUDDUR_LISTEN") {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a database already: %v", err)
	}
}

// TestServeWithoutMetrics: a taken port of the metrics is a warning that names the option.
func TestServeWithoutMetrics(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := serve(t, map[string]string{"CRUDDUR_ADMIN_LISTEN": taken.Addr().String()}, "--data-dir", openDir(t))
	if status, _, _ := s.get("/"); status != 200 {
		t.Errorf("/ = %d", status)
	}
	s.await(regexp.MustCompile(`(there are no metrics: another program listens on \S+ already)`))
	if log := s.stderr.String(); !strings.Contains(log, "CRUDDUR_ADMIN_LISTEN") || strings.Contains(log, "Metrics are at") {
		t.Errorf("it does not say what to do:\n%s", log)
	}
}
