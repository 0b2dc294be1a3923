package systemd

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Status is how the units are.
type Status struct {
	Installed    bool
	Active       string    // of the service, as systemd says it: active, failed, …
	Since        time.Time // zero if it does not run
	Restarts     int       // by systemd itself, since the last start by hand
	LastBackup   string    // a file, "" for none
	BackedUpAt   time.Time
	BackupBytes  int64
	BackupResult string // of the last run: success, exit-code, …
	NextBackup   time.Time
}

// Status asks systemd, and looks for the newest backup.
func (h *Host) Status(ctx context.Context) (s Status, err error) {
	service, err := h.show(ctx, Service, "LoadState", "ActiveState", "ActiveEnterTimestamp", "NRestarts")
	if err != nil {
		return s, err
	}
	s.Installed = service["LoadState"] == "loaded"
	s.Active = service["ActiveState"]
	if s.Active == "active" {
		s.Since = parseTime(service["ActiveEnterTimestamp"])
	}
	s.Restarts, _ = strconv.Atoi(service["NRestarts"])
	backup, err := h.show(ctx, BackupService, "Result")
	if err != nil {
		return s, err
	}
	s.BackupResult = backup["Result"]
	timer, err := h.show(ctx, BackupTimer, "NextElapseUSecRealtime")
	if err != nil {
		return s, err
	}
	s.NextBackup = parseTime(timer["NextElapseUSecRealtime"])
	files, err := filepath.Glob(h.Root + BackupDir + "/*.dump")
	for _, path := range files {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(s.BackedUpAt) {
			s.LastBackup, s.BackedUpAt, s.BackupBytes = strings.TrimPrefix(path, h.Root), info.ModTime(), info.Size()
		}
	}
	return s, err
}

func (h *Host) show(ctx context.Context, unit string, properties ...string) (map[string]string, error) {
	out, err := h.run(ctx, "systemctl", "show", unit, "--timestamp=unix", "--property="+strings.Join(properties, ","))
	values := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = value
	}
	return values, err
}

// parseTime reads a time as systemctl writes it: with --timestamp=unix as @ and seconds, and some of them, such as
// that of a timer (systemd 252), for people all the same. An empty one, or "n/a", is zero.
func parseTime(s string) time.Time {
	if t, err := time.Parse("Mon 2006-01-02 15:04:05 MST", s); err == nil {
		return t
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "@"), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
