package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cruddur/internal/systemd"
)

// mostExposed is what "systemd-analyze security" may say at most, of 10 for a service that may do everything.
const mostExposed = 2.0

// analyze returns the path of systemd-analyze. scripts/need installs it where it is missing.
func analyze(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Fatal("systemd-analyze is not here: run make test, which installs it, or install systemd's package")
	}
	return path
}

// write writes the units into a folder and returns their paths.
func write(t *testing.T, o systemd.Options) (units []string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range systemd.Files(o) {
		if !strings.Contains(f.Path, "/systemd/system/") {
			continue
		}
		path := filepath.Join(dir, filepath.Base(f.Path))
		if err := os.WriteFile(path, []byte(f.Content), 0o644); err != nil {
			t.Fatal(err)
		}
		units = append(units, path)
	}
	return units
}

// systemd finds nothing to complain about in the units, and little that they may do.
func TestUnits(t *testing.T) {
	t.Parallel()
	program := analyze(t)
	for name, low := range map[string]bool{"Domain": true, "NoDomain": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			units := write(t, options(t, low))
			if len(units) != 3 {
				t.Fatalf("the units are %v", units)
			}
			out, err := exec.Command(program, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("systemd-analyze verify: %v\n%s", err, out)
			}
			for _, unit := range units[:2] {
				out, err := exec.Command(program, "security", "--offline=true", "--no-pager", unit).CombinedOutput()
				found := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
				if err != nil || found == nil {
					t.Fatalf("systemd-analyze security: %v\n%s", err, out)
				}
				if level, _ := strconv.ParseFloat(string(found[1]), 64); level > mostExposed {
					t.Errorf("%s: exposure %v, want at most %v\n%s", filepath.Base(unit), level, mostExposed, out)
				}
			}
		})
	}
}
