package systemd_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur/internal/systemd"
)

func options(t *testing.T, low bool) systemd.Options {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return systemd.Options{Program: program, LowPorts: low, Keep: 7, BackupAt: "*-*-* 03:30:00"}
}

// Only a server with a domain may have a capability, and only one.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	capability := regexp.MustCompile(`(?m)^(?:CapabilityBoundingSet|AmbientCapabilities)=(.*)$`)
	for low, want := range map[bool][]string{true: {"CAP_NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", ""}, false: {"", ""}} {
		var got []string
		for _, f := range systemd.Files(options(t, low)) {
			for _, m := range capability.FindAllStringSubmatch(f.Content, -1) {
				got = append(got, m[1])
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("low ports %v (-want +got):\n%s", low, diff)
		}
	}
}

// host is a system in a folder whose programs only note how they are called.
type host struct {
	systemd.Host
	calls   []string
	answers map[string]string // by the beginning of the call
	fails   string            // the call that fails
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{answers: map[string]string{}}
	h.Root, h.Live = t.TempDir(), true
	h.Run = func(_ context.Context, name string, args ...string) (string, error) {
		call := strings.Join(append([]string{name}, args...), " ")
		h.calls = append(h.calls, call)
		if h.fails != "" && strings.HasPrefix(call, h.fails) {
			return "", errors.New("no")
		}
		for begin, answer := range h.answers {
			if strings.HasPrefix(call, begin) {
				return answer, nil
			}
		}
		return "", nil
	}
	return h
}

func (h *host) install(t *testing.T, change func(*systemd.Settings)) (written []string) {
	t.Helper()
	s, _, err := systemd.ReadSettings(h.Root)
	if err != nil {
		t.Fatal(err)
	}
	change(s)
	files, err := h.Install(t.Context(), options(t, true), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		written = append(written, f.Path)
	}
	return written
}

// A second installation writes nothing, and keeps what was edited.
func TestInstallTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	domain := func(s *systemd.Settings) { s.Set("CRUDDUR_DOMAIN", "cruddur.example") }
	if written := h.install(t, domain); len(written) != 5 {
		t.Errorf("it wrote %v, want five files", written)
	}
	want := []string{
		"systemd-analyze calendar *-*-* 03:30:00",
		"systemd-sysusers /etc/sysusers.d/cruddur.conf", "systemctl daemon-reload", "systemctl enable cruddur.service cruddur-backup.timer",
		"systemctl restart cruddur.service", "systemctl start cruddur-backup.timer",
	}
	if diff := cmp.Diff(want, h.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	path := h.Root + systemd.SettingsFile
	for file, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, h.Root + "/etc/systemd/system/cruddur.service": 0o644} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v, want %v", file, info.Mode(), err, want)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(b), "#CRUDDUR_SMTP_URL=", "CRUDDUR_SMTP_URL=", 1) + "# my own words\n"
	if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	if written := h.install(t, func(*systemd.Settings) {}); len(written) != 0 {
		t.Errorf("the second time it wrote %v", written)
	}
	if written := h.install(t, func(s *systemd.Settings) { s.Set("CRUDDUR_DOMAIN", "other.example") }); !slices.Equal(written, []string{systemd.SettingsFile}) {
		t.Errorf("with another domain it wrote %v", written)
	}
	b, err = os.ReadFile(path)
	if want := strings.Replace(edited, "CRUDDUR_DOMAIN=cruddur.example", "CRUDDUR_DOMAIN=other.example", 1); err != nil || string(b) != want {
		t.Errorf("the settings (-want +got), %v:\n%s", err, cmp.Diff(want, string(b)))
	}
}

// A time that systemd does not understand is noticed before anything is written.
func TestInstallWrongTime(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.fails = "systemd-analyze calendar"
	s, _, err := systemd.ReadSettings(h.Root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Install(t.Context(), options(t, true), s); err == nil || !strings.Contains(err.Error(), "when to make a backup") {
		t.Errorf("Install() = %v", err)
	}
	if entries, _ := os.ReadDir(h.Root); len(entries) > 0 {
		t.Errorf("it wrote %v", entries)
	}
}

// In an image nothing is started: systemctl enables the units there.
func TestInstallImage(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.Live = false
	h.install(t, func(*systemd.Settings) {})
	if want := []string{"systemctl --root=" + h.Root + " enable cruddur.service cruddur-backup.timer"}; !slices.Equal(h.calls, want) {
		t.Errorf("calls %v, want %v", h.calls, want)
	}
}

// An uninstallation leaves the data, the settings and the user, unless they are to go.
func TestUninstall(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.install(t, func(*systemd.Settings) {})
	for _, dir := range []string{systemd.DataDir, systemd.BackupDir} {
		if err := os.MkdirAll(h.Root+dir+"/data", 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.fails = "systemctl disable"
	if err := h.Uninstall(t.Context(), true); err == nil {
		t.Error("it goes on although the server could not be stopped")
	}
	there := func(paths ...string) (found []string) {
		for _, p := range paths {
			if _, err := os.Lstat(h.Root + p); err == nil {
				found = append(found, p)
			}
		}
		return found
	}
	units := []string{"/etc/systemd/system/cruddur.service", "/etc/systemd/system/cruddur-backup.service", "/etc/systemd/system/cruddur-backup.timer"}
	kept := append(systemd.Data(), "/etc/sysusers.d/cruddur.conf")
	if got := there(append(units, kept...)...); len(got) != len(units)+len(kept) {
		t.Errorf("after a failure only %v are there", got)
	}
	h.fails, h.calls = "", nil
	if err := h.Uninstall(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if got := there(append(units, kept...)...); !slices.Equal(got, kept) {
		t.Errorf("it leaves %v, want %v", got, kept)
	}
	if slices.ContainsFunc(h.calls, func(c string) bool { return strings.HasPrefix(c, "userdel") }) {
		t.Error("the owner of the data is deleted")
	}
	if err := h.Uninstall(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if got := there(kept...); len(got) > 0 || h.calls[len(h.calls)-1] != "userdel cruddur" {
		t.Errorf("--data leaves %v; calls %v", got, h.calls)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.answers["systemctl show cruddur.service"] = "LoadState=loaded\nActiveState=active\nActiveEnterTimestamp=@1764255600\nNRestarts=2\n"
	h.answers["systemctl show cruddur-backup.service"] = "Result=exit-code\n"
	h.answers["systemctl show cruddur-backup.timer"] = "NextElapseUSecRealtime=Fri 2025-11-28 03:30:00 UTC\n"
	if err := os.MkdirAll(h.Root+systemd.BackupDir, 0o700); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1764214200, 0)
	for name, age := range map[string]time.Duration{"private-cruddur-2.dump": 0, "private-cruddur-1.dump": 24 * time.Hour, "notes.txt": -time.Hour} {
		path := h.Root + systemd.BackupDir + "/" + name
		if err := os.WriteFile(path, []byte("dump"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at.Add(-age), at.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.Status(t.Context())
	want := systemd.Status{
		Installed: true, Active: "active", Since: time.Unix(1764255600, 0).UTC(), Restarts: 2,
		LastBackup: systemd.BackupDir + "/private-cruddur-2.dump", BackedUpAt: at, BackupBytes: 4, BackupResult: "exit-code", NextBackup: time.Unix(1764300600, 0).UTC(),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Status() (-want +got), %v:\n%s", err, diff)
	}
	h.answers["systemctl show cruddur.service"] = "LoadState=not-found\nActiveState=inactive\nActiveEnterTimestamp=n/a\nNRestarts=0\n"
	if got, err := h.Status(t.Context()); err != nil || got.Installed || !got.Since.IsZero() {
		t.Errorf("without the unit: %+v, %v", got, err)
	}
}

// Settings are read as systemd.exec(5) has it, and what is set is read back.
func TestSettings(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.MkdirAll(root+systemd.SettingsDir, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "# a comment\n; another\n\nPLAIN=a b c  \nQUOTED=\"a \\\"b\\\" \\\\ \\n\"\nSINGLE='a \"b\" \\n'\nSPLIT=one\\\ntwo\nEMPTY=\nURL=smtp://u:p%40ss@h:587?x=y#z\nBACK=a\\ b\n"
	if err := os.WriteFile(root+systemd.SettingsFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, exists, err := systemd.ReadSettings(root)
	if err != nil || !exists {
		t.Fatal(exists, err)
	}
	for _, v := range []string{`a "b" \ 'c'`, "Cruddur <ada@example.org>", "x"} {
		s.Set("MINE", v)
		values, err := s.Values()
		want := map[string]string{
			"PLAIN": "a b c", "QUOTED": `a "b" \ \n`, "SINGLE": `a "b" \n`, "SPLIT": "onetwo", "EMPTY": "", "URL": "smtp://u:p%40ss@h:587?x=y#z", "BACK": "a b", "MINE": v,
		}
		if diff := cmp.Diff(want, values); err != nil || diff != "" {
			t.Errorf("Values() (-want +got), %v:\n%s", err, diff)
		}
	}
	if strings.Contains(s.Redacted(), "p%40ss") {
		t.Errorf("a password is shown:\n%s", s.Redacted())
	}
	if err := os.WriteFile(root+systemd.SettingsFile, []byte("export A=b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, _, _ = systemd.ReadSettings(root); s != nil {
		if _, err := s.Values(); err == nil || !strings.Contains(err.Error(), "line 1: want NAME=value") {
			t.Errorf("a line of shell: %v", err)
		}
	}
}

// Both services have the whole sandbox, whatever systemd-analyze makes of a part of it.
func TestSandbox(t *testing.T) {
	t.Parallel()
	for _, f := range systemd.Files(options(t, true))[1:3] {
		for _, line := range []string{
			"User=cruddur", "UMask=0077", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
			"MemoryDenyWriteExecute=yes", "RestrictNamespaces=yes", "SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources",
			"StateDirectoryMode=0700", "EnvironmentFile=/etc/cruddur/cruddur.env",
		} {
			if !strings.Contains(f.Content, "\n"+line+"\n") {
				t.Errorf("%s lacks %s", f.Path, line)
			}
		}
	}
}
