package pgserver

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// quick are settings that only a test may have.
var quick = map[string]string{"fsync": "off", "shared_buffers": "16MB"}

// newDir is a folder, not yet made, in one that every user can enter; t.TempDir is closed to
// the user whom root becomes.
func newDir(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("/tmp", "pgs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(parent, "d")
}

// run starts a server that is stopped at the end of the test.
func run(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), Config{Dir: dir, Settings: quick})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("Stop() = %v", err)
	}
}

// psql asks the server one thing by its URL, with the client that operators use.
func psql(t *testing.T, s *Server, sql string) string {
	t.Helper()
	bin, _, err := FindBinaries("")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", s.URL("postgres"), "-c", sql).CombinedOutput()
	if err != nil {
		t.Fatalf("psql -c %q: %v: %s", sql, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestStart(t *testing.T) {
	t.Parallel()
	s := run(t, newDir(t))
	if s.Attached() {
		t.Error("Attached() = true for the first")
	}
	for sql, want := range map[string]string{
		"select current_user":          "cruddur",
		"show listen_addresses":        "",
		"show server_encoding":         "UTF8",
		"show data_checksums":          "on",
		"show timezone":                "UTC",
		"show log_timezone":            "UTC",
		"show max_connections":         "100",
		"show autovacuum":              "on",
		"show shared_buffers":          "16MB",
		"select lower('ÄÖ')":           "äö",
		"select 'Z' < 'a' and 'a'<'ä'": "t",
	} {
		if got := psql(t, s, sql); got != want {
			t.Errorf("%s = %q, want %q", sql, got, want)
		}
	}
}
