package servicecmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/systemd"
)

// world is a system in a folder, whose systemd only notes what it is told.
type world struct {
	*group
	t     *testing.T
	calls []string
	show  map[string]string // what systemctl show answers, by unit
	none  error             // why there is no system to work on
	ran   []string          // what "service run" has run
	with  map[string]string // and its settings
	out   strings.Builder
	errs  strings.Builder
}

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, show: map[string]string{}}
	program := &command.Program{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &w.out, Stderr: &w.errs, Now: func() time.Time { return noon }}
	program.Config = command.NewConfig(program.Getenv)
	w.group = &group{Program: program, system: t.TempDir()}
	w.group.host = func() (*systemd.Host, error) {
		if w.none != nil {
			return nil, w.none
		}
		return &systemd.Host{Root: w.system, Live: true, Run: func(_ context.Context, name string, args ...string) (string, error) {
			if args[0] == "show" {
				return w.show[args[1]], nil
			}
			w.calls = append(w.calls, strings.Join(append([]string{name}, args...), " "))
			return "", nil
		}}, nil
	}
	w.outside = Outside{
		Run: func(_ context.Context, settings map[string]string, args []string) error {
			w.ran, w.with = args, settings
			return nil
		},
		Place: func(settings map[string]string) (Place, error) {
			return Place{URL: "https://" + settings["CRUDDUR_DOMAIN"], Listen: "127.0.0.1:1", Domain: settings["CRUDDUR_DOMAIN"]}, nil
		},
	}
	w.program("/usr/local/bin/cruddur", 0o755)
	return w
}

// program puts a program into the system.
func (w *world) program(path string, mode os.FileMode) string {
	w.t.Helper()
	full := w.system + path
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte("#!/bin/sh\n"), mode); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chmod(full, mode); err != nil { // whatever the umask is
		w.t.Fatal(err)
	}
	return full
}

// run runs a command line of the group and returns its exit code and what it prints.
func (w *world) run(line string) (code int, out string) {
	w.t.Helper()
	w.out.Reset()
	w.errs.Reset()
	cmd := w.command()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(strings.Fields(line))
	cmd.SetOut(&w.out)
	err := cmd.ExecuteContext(w.t.Context())
	code = command.ExitCode(w.t.Context(), err)
	out = w.out.String() + w.errs.String()
	if e, ok := errors.AsType[*command.ExitError](err); err != nil && (!ok || e.Err != nil) {
		out += err.Error()
	}
	return code, out
}

func (w *world) wants(line string, code int, says ...string) {
	w.t.Helper()
	got, out := w.run(line)
	if got != code {
		w.t.Errorf("service %s: exit code %d, want %d\n%s", line, got, code, out)
	}
	for _, s := range says {
		if !strings.Contains(out, s) {
			w.t.Errorf("service %s does not say %q:\n%s", line, s, out)
		}
	}
}

func TestInstall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// The folder of the test is under /tmp, which a unit does not see; --root says where the system begins.
	image := " --root " + w.system
	w.wants("install --dry-run --domain Cruddur.Example."+image, 0, "CRUDDUR_DOMAIN=cruddur.example\n", "AmbientCapabilities=CAP_NET_BIND_SERVICE", "OnCalendar=*-*-* 03:30:00", "### commands")
	if _, err := os.Stat(w.system + "/etc"); err == nil {
		t.Error("--dry-run writes")
	}
	w.wants("install --domain cruddur.example --acme-email ada@cruddur.example --keep 3 --backup-at daily"+image, 0, "wrote "+w.system+"/etc/cruddur/cruddur.env")
	b, err := os.ReadFile(w.system + "/etc/systemd/system/cruddur-backup.service")
	if err != nil || !strings.Contains(string(b), "ExecStart=/usr/local/bin/cruddur db dump --quiet --into /var/lib/cruddur-backups --keep 3\n") {
		t.Errorf("the unit of the backup: %v\n%s", err, b)
	}
	w.wants("install --keep 3 --backup-at daily"+image, 0, "Everything was there already")
	w.wants("install"+image, 0, "Everything was there already") // what was chosen before holds
	for line, says := range map[string]string{
		"--domain https://x.example": "without https://", "--acme-email ada": "want an address", "--keep 0": "at least one",
		"--program cruddur": "want the absolute path", "--program /nowhere/cruddur": "want the absolute path",
		"--program " + strings.TrimPrefix(w.program("/home/ada/cruddur", 0o755), w.system):            "the unit cannot see /home/ada/cruddur",
		"--program " + strings.TrimPrefix(w.program("/usr/local/bin/open", 0o777), w.system):          "other users can change it",
		"--program " + strings.TrimPrefix(w.program("/usr/local/bin/not-a-program", 0o644), w.system): "it is not a program",
	} {
		w.wants("install "+line+image, command.ExitUsage, says)
	}
	w.wants("install --root /nowhere", command.ExitUsage, "is not a folder")
}

// Without root or systemd the commands say what to do.
func TestNoSystem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, line := range []string{"install", "status", "uninstall"} {
		w.none = systemd.ErrNotRoot
		w.wants(line, command.ExitRefused, "this needs root: sudo cruddur service "+line)
		w.none = systemd.ErrNoSystemd
		w.wants(line, command.ExitMissing, "systemd does not run this system", "--dry-run")
	}
}

// The data goes only if the name was typed.
func TestUninstallData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, dir := range systemd.Data() {
		if err := os.MkdirAll(w.system+dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() bool {
		_, err := os.Stat(w.system + systemd.DataDir)
		return err == nil
	}
	w.wants("uninstall", 0, "These stay: /var/lib/cruddur, /var/lib/cruddur-backups, /etc/cruddur")
	w.wants("uninstall --data --confirm cruddr", command.ExitRefused, "nothing was done")
	w.Stdin = strings.NewReader("yes\n")
	w.wants("uninstall --data", command.ExitRefused, "every backup", "Type cruddur to delete it: ", "nothing was done")
	if !kept() {
		t.Fatal("the data is gone without a confirmation")
	}
	w.Stdin = strings.NewReader("cruddur\n")
	w.wants("uninstall --data", 0, "are deleted")
	if kept() {
		t.Error("the data is still there")
	}
}

// Another command runs with the settings of the service.
func TestRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants("run user list", command.ExitNotFound, "cruddur service install makes it")
	w.wants("install --domain cruddur.example --root "+w.system, 0)
	w.wants("run user list --limit 3", 0)
	want := map[string]string{"CRUDDUR_DOMAIN": "cruddur.example", "CRUDDUR_DATA_DIR": "/var/lib/cruddur"}
	if strings.Join(w.ran, " ") != "user list --limit 3" || !maps.Equal(w.with, want) {
		t.Errorf("it ran %v with %v", w.ran, w.with)
	}
	w.wants("run service install", command.ExitUsage, "cannot run cruddur service")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants("status", command.ExitNotFound, "not installed")
	w.wants("install --root "+w.system, 0)
	at := func(d time.Duration) string { return fmt.Sprintf("@%d", noon.Add(d).Unix()) }
	w.show[systemd.Service] = "LoadState=loaded\nActiveState=active\nActiveEnterTimestamp=" + at(-3*time.Hour) + "\nNRestarts=0\n"
	w.show[systemd.BackupService] = "Result=success\n"
	w.show[systemd.BackupTimer] = "NextElapseUSecRealtime=" + at(15*time.Hour) + "\n"
	w.wants("status", command.ExitFindings, "active since 2026-11-27 09:00 UTC (3 hours)", "there is no backup yet", "2026-11-28 03:00 UTC (in 15 hours)")
	dump := w.program(systemd.BackupDir+"/private-cruddur-1.dump", 0o600)
	backup := func(age time.Duration) {
		if err := os.Chtimes(dump, noon.Add(-age), noon.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	backup(48 * time.Hour)
	w.wants("status", 0, "2 days ago, 10 B, /var/lib/cruddur-backups/private-cruddur-1.dump")
	w.wants("status --json", 0, `"active": "active"`, `"age_seconds": 172800`, `"findings": null`)
	backup(48*time.Hour + time.Second)
	w.wants("status", command.ExitFindings, "older than two days")
	backup(0)
	w.show[systemd.BackupService] = "Result=exit-code\n"
	w.wants("status", command.ExitFindings, "the last backup has failed (exit-code)")
	w.show[systemd.BackupService] = "Result=success\n"
	w.show[systemd.BackupTimer] = "NextElapseUSecRealtime=n/a\n"
	w.wants("status", command.ExitFindings, "no backup is planned")
	w.show[systemd.BackupTimer] = "NextElapseUSecRealtime=" + at(time.Hour) + "\n"
	w.show[systemd.Service] = "LoadState=loaded\nActiveState=failed\nActiveEnterTimestamp=n/a\nNRestarts=5\n"
	w.wants("status", command.ExitFindings, "failed; restarts by systemd: 5", "the server does not run: journalctl -u cruddur")
	w.show[systemd.Service] = "LoadState=loaded\nActiveState=active\nActiveEnterTimestamp=" + at(0) + "\nNRestarts=0\n"
	w.wants("install --domain cruddur.example --root "+w.system, 0)
	w.wants("status", command.ExitFindings, "https://cruddur.example", "there is no certificate (dial tcp 127.0.0.1:1")
}

// The end of the certificate is judged with the value just inside and just outside.
func TestCertificateSoon(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]int{certificateSoon: 0, certificateSoon - time.Second: 1} {
		r := newReport(noon, "https://cruddur.example")
		r.certificate(noon.Add(left), nil)
		if len(r.findings) != want {
			t.Errorf("with %v left: %v", left, r.findings)
		}
	}
}
