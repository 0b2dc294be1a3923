package systemd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"cruddur/internal/writefile"
)

// Host is the system whose units are written.
type Host struct {
	Root string // where its files are; "" for this system
	Live bool   // its systemd runs, and is told of what changes
	// Run runs a program and returns what it prints; nil for the real one.
	Run func(ctx context.Context, name string, args ...string) (string, error)
}

// ErrNotRoot says that this user may not change the system's units.
var ErrNotRoot = errors.New("this needs root")

// ErrNoSystemd says that this system is not run by systemd.
var ErrNoSystemd = errors.New("systemd does not run this system")

// ThisHost returns this system.
func ThisHost() (*Host, error) {
	if _, err := os.Stat("/run/systemd/system"); err != nil { // sd_booted(3)
		return nil, ErrNoSystemd
	}
	if os.Geteuid() != 0 {
		return nil, ErrNotRoot
	}
	return &Host{Live: true}, nil
}

func (h *Host) run(ctx context.Context, name string, args ...string) (string, error) {
	if h.Run != nil {
		return h.Run(ctx, name, args...)
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C") // systemctl writes some times for people only; see parseTime
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// commands tell systemd of the units. Sysusers first: the service needs its user.
func (h *Host) commands() [][]string {
	if !h.Live {
		return [][]string{{"systemctl", "--root=" + h.Root, "enable", Service, BackupTimer}} // the user is made when the system starts
	}
	return [][]string{
		{"systemd-sysusers", sysusersFile},
		{"systemctl", "daemon-reload"},
		{"systemctl", "enable", Service, BackupTimer},
		{"systemctl", "restart", Service},
		{"systemctl", "start", BackupTimer},
	}
}

// Plan returns what Install writes, with the settings only if they change, and the commands that it runs then.
func (h *Host) Plan(o Options, s *Settings) (files []File, commands [][]string, err error) {
	for _, f := range append(Files(o), File{SettingsFile, 0o600, s.text}) {
		if f.Path != SettingsFile && strings.Contains(f.Content, "\x00") {
			return nil, nil, fmt.Errorf("%s: a zero byte", f.Path)
		}
		b, err := os.ReadFile(h.Root + f.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
		if err != nil || string(b) != f.Content {
			files = append(files, f)
		}
	}
	return files, h.commands(), nil
}

// Install writes what differs and starts the units, again if they run already.
func (h *Host) Install(ctx context.Context, o Options, s *Settings) (written []File, err error) {
	files, commands, err := h.Plan(o, s)
	if err != nil {
		return nil, err
	}
	if h.Live { // before anything is written
		if _, err := h.run(ctx, "systemd-analyze", "calendar", o.BackupAt); err != nil {
			return nil, fmt.Errorf("systemd does not understand when to make a backup: %w", err)
		}
	}
	for _, f := range files {
		mode := fs.FileMode(0o755)
		if f.Mode&0o077 == 0 {
			mode = 0o700
		}
		if err := os.MkdirAll(filepath.Dir(h.Root+f.Path), mode); err != nil {
			return written, err
		}
		if err := writefile.All(h.Root+f.Path, []byte(f.Content), f.Mode); err != nil {
			return written, err
		}
		written = append(written, f)
	}
	for _, c := range commands {
		if _, err := h.run(ctx, c[0], c[1:]...); err != nil {
			return written, err
		}
	}
	return written, nil
}

// Data are the folders that hold what members have written, the settings and the backups.
func Data() []string { return []string{DataDir, BackupDir, SettingsDir} }

// Uninstall stops the units and removes them. With data it also deletes the folders of Data and the user.
func (h *Host) Uninstall(ctx context.Context, data bool) error {
	if h.Live {
		if _, err := h.run(ctx, "systemctl", "disable", "--now", BackupTimer, BackupService, Service); err != nil && h.installed() {
			return err
		}
	} else if _, err := h.run(ctx, "systemctl", "--root="+h.Root, "disable", Service, BackupTimer); err != nil && h.installed() {
		return err
	}
	for _, f := range Files(Options{}) {
		if f.Path == sysusersFile && !data {
			continue // the data still belongs to the user
		}
		if err := os.Remove(h.Root + f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if h.Live {
		if _, err := h.run(ctx, "systemctl", "daemon-reload"); err != nil {
			return err
		}
	}
	if !data {
		return nil
	}
	for _, dir := range Data() {
		if err := os.RemoveAll(h.Root + dir); err != nil {
			return err
		}
	}
	if h.Live {
		_, err := h.run(ctx, "userdel", User)
		return err
	}
	return nil
}

func (h *Host) installed() bool {
	_, err := os.Lstat(h.Root + unitDir + Service)
	return err == nil
}
