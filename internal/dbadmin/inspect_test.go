package dbadmin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Which columns hold the times: total_time until 12, total_exec_time from 13, blk_read_time until 16,
// shared_blk_read_time from 17. Only 15 is on this machine; the others are chosen from their columns.
func TestSlowChoosesColumns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		columns    string
		want, dont string
	}{
		"12":            {"total_time mean_time max_time blk_read_time blk_write_time", "s.total_time", "exec_time"},
		"15":            {"total_exec_time mean_exec_time max_exec_time blk_read_time blk_write_time", "s.blk_read_time + s.blk_write_time", "shared_blk_read"},
		"17":            {"total_exec_time mean_exec_time max_exec_time shared_blk_read_time shared_blk_write_time local_blk_read_time", "s.shared_blk_read_time + s.shared_blk_write_time", "s.blk_read"},
		"of the future": {"calls", "(0)::float8 as total", "exec_time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			have := map[string]bool{}
			for _, c := range strings.Fields(test.columns) {
				have[c] = true
			}
			got := slowSQL("public.pg_stat_statements", have)
			if !strings.Contains(got, test.want) || strings.Contains(got, test.dont) {
				t.Errorf("slowSQL() = %s", got)
			}
		})
	}
}

func TestLockTree(t *testing.T) {
	t.Parallel()
	lock := func(pid int32, by ...int32) Lock { return Lock{Session: Session{PID: pid}, BlockedBy: by} }
	type place struct {
		PID   int32
		Depth int
	}
	for name, test := range map[string]struct {
		list []Lock
		want []place
	}{
		"nobody":             {nil, []place{}},
		"a chain":            {[]Lock{lock(3, 2), lock(2, 1), lock(1)}, []place{{1, 0}, {2, 1}, {3, 2}}},
		"two behind one":     {[]Lock{lock(1), lock(2, 1), lock(3, 1)}, []place{{1, 0}, {2, 1}, {3, 1}}},
		"behind two":         {[]Lock{lock(1), lock(2), lock(3, 1, 2)}, []place{{1, 0}, {3, 1}, {2, 0}, {3, 1}}},
		"a ring":             {[]Lock{lock(1, 2), lock(2, 1)}, []place{{1, 0}, {2, 1}}},
		"the same one twice": {[]Lock{lock(1), lock(2, 1, 1)}, []place{{1, 0}, {2, 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := []place{}
			for _, l := range lockTree(test.list) {
				got = append(got, place{l.PID, l.Depth})
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("lockTree() (-want +got):\n%s", diff)
			}
		})
	}
}

// A client older than the server cannot read it, and pg_dump says so late and badly.
func TestToolsOlderThanTheServer(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	write := func(folder, version string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\necho 'pg_dump (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(dir, folder, "pg_dump"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tools := Tools{Places: []string{filepath.Join(dir, "*")}}
	_, err := tools.Find(t.Context(), "pg_dump", 15)
	if err == nil || !strings.Contains(err.Error(), "is not on this machine") {
		t.Errorf("Find() of none = %v", err)
	}
	write(".", "13.4")
	write("14", "14.9 (Debian 14.9-1)")
	_, err = tools.Find(t.Context(), "pg_dump", 15)
	missing, ok := err.(*MissingTool)
	if !ok || missing.Found != 14 || missing.Want != 15 || !strings.Contains(err.Error(), "pg_dump 14 is older than the server, 15") {
		t.Errorf("Find() of older ones = %v", err)
	}
	write("17", "17.1")
	path, err := tools.Find(t.Context(), "pg_dump", 15)
	if err != nil || path != filepath.Join(dir, "17", "pg_dump") {
		t.Errorf("Find() = %s, %v", path, err)
	}
}

func TestScramSecret(t *testing.T) {
	t.Parallel()
	if _, err := scramSecret("pässword"); err == nil {
		t.Error("a password that SASLprep might change was taken")
	}
	a, err := scramSecret("correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := scramSecret("correct horse battery")
	if a == b || !strings.HasPrefix(a, "SCRAM-SHA-256$4096:") {
		t.Errorf("scramSecret() = %s twice", a)
	}
}
