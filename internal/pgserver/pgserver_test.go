package pgserver

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestStart(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := run(t, dir)
	if s.Attached() || s.Dir() != dir || s.Err() != nil || s.Version() < oldest {
		t.Errorf("Attached, Dir, Err, Version = %v, %q, %v, %d", s.Attached(), s.Dir(), s.Err(), s.Version())
	}
	checkServer(t, s)
	if got := psql(t, s.URL("postgres"), "show shared_buffers"); got != "16MB" {
		t.Errorf("shared_buffers = %q, want the 16MB of Config.Settings", got)
	}
	t.Run("is closed to others", func(t *testing.T) {
		for name, want := range map[string]os.FileMode{"data": 0o700, "run": 0o700, ".": s.home.wantMode()} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != want {
				t.Errorf("mode of %s = %o, want %o", name, info.Mode().Perm(), want)
			}
		}
	})
	t.Run("does not run as root", func(t *testing.T) {
		info, err := os.Stat(filepath.Join(dir, "run", socketName))
		if err != nil {
			t.Fatal(err)
		}
		if uid := ownerOf(info); uid == 0 || uid != s.home.user.uid || os.Geteuid() != 0 && uid != os.Geteuid() {
			t.Errorf("owner of the socket = %d, want %d", uid, s.home.user.uid)
		}
	})
	t.Run("is out of reach of Ctrl-C", func(t *testing.T) {
		pgid, err := syscall.Getpgid(serverPid(t, dir))
		if err != nil || pgid == syscall.Getpgrp() {
			t.Errorf("process group = %d, %v, want another than ours", pgid, err)
		}
	})
}

// TestFolderMadeBefore is a folder that the operator has prepared: the server runs as its owner.
func TestFolderMadeBefore(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	owner := os.Geteuid()
	attr := &syscall.SysProcAttr{}
	if owner == 0 {
		const nobody = 65534
		owner = nobody
		if err := os.Lchown(dir, nobody, 0); err != nil {
			t.Fatal(err)
		}
		attr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	s := run(t, dir)
	if os.Geteuid() == 0 && s.home.user.gid == 0 {
		t.Error("the server runs with the group of root")
	}
	psql(t, s.URL("postgres"), "create table kept (n int); insert into kept values (42)")
	for path := range tree(t, dir) {
		info, err := os.Lstat(path)
		if err == nil && ownerOf(info) != owner {
			t.Errorf("%s belongs to %d, want %d, as the folder", path, ownerOf(info), owner)
		}
	}
	ask := exec.Command("psql", "-XAtc", "select n from kept", s.URL("postgres"))
	ask.SysProcAttr, ask.Dir = attr, "/"
	if out, err := ask.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "42" {
		t.Errorf("its owner reads %q, %v, want 42", out, err)
	}
	stop(t, s)
	checkCleanStart(t, dir, readLog(t, dir))
}

// wantMode is the mode of the folder: root keeps it and lets the server's group through.
func (h *home) wantMode() os.FileMode {
	if h.user.drop {
		return 0o710
	}
	return 0o700
}

func TestAttach(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	first := run(t, dir)
	p := spawn(t, "start", dir)
	if r := p.read(t); !r.Attached || r.URL != first.URL("postgres") {
		t.Errorf("second process: %+v, want attached to %s", r, first.URL("postgres"))
	}
	second, third := run(t, dir), run(t, dir)
	if !second.Attached() || second.URL("x") != first.URL("x") || second.Version() != first.Version() {
		t.Errorf("second: Attached, URL = %v, %s", second.Attached(), second.URL("x"))
	}
	t.Run("Stop only lets go", func(t *testing.T) {
		stop(t, third)
		<-third.Done()
		if third.Err() != nil {
			t.Errorf("Err() = %v after Stop", third.Err())
		}
		p.in.Close()
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("second process: %v: %s", err, p.err.String())
		}
		psql(t, first.URL("postgres"), "select 1")
	})
	t.Run("the one that has started it leaves it to the others", func(t *testing.T) {
		stop(t, first)
		<-first.Done()
		if first.Err() != nil {
			t.Errorf("Err() = %v after Stop", first.Err())
		}
		psql(t, second.URL("postgres"), "select 1")
	})
	t.Run("Done tells that the server has gone", func(t *testing.T) {
		select {
		case <-second.Done():
			t.Fatal("Done() is closed while the server runs")
		default:
		}
		if err := syscall.Kill(serverPid(t, dir), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		select {
		case <-second.Done():
		case <-time.After(10 * time.Second):
			t.Fatal("Done() of the attached server is not closed")
		}
		if second.Err() == nil {
			t.Error("Err() = nil where the server has gone by itself")
		}
	})
}

func TestTwoStartsAtOnce(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	a, b := spawn(t, "start", dir), spawn(t, "start", dir)
	servers := make([]*Server, 4)
	var group sync.WaitGroup
	for i := range servers {
		group.Go(func() {
			s, err := Start(t.Context(), Config{Dir: dir, Settings: quick})
			if err != nil {
				t.Error(err)
				return
			}
			servers[i] = s
		})
	}
	group.Wait()
	owners := 0
	for _, p := range []*process{a, b} {
		if !p.read(t).Attached {
			owners++
		}
	}
	for _, s := range servers {
		if s == nil {
			continue
		}
		if !s.Attached() {
			owners++
		}
		defer stop(t, s)
	}
	if owners != 1 {
		t.Errorf("%d of six started a server, want one", owners)
	}
	if n := strings.Count(readLog(t, dir), "starting PostgreSQL"); n != 1 {
		t.Errorf("%d servers started, want one", n)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 40)
	for name, base := range map[string]string{
		"spaces and signs": "a b  & c's 100% + é #?=",
		"too long":         long,
		"comma":            "a, b",
		"quote":            `say "it"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(newDir(t), base)
			if os.Geteuid() == 0 { // a parent that root makes must be open to the server's user
				if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			s := run(t, dir)
			t.Cleanup(func() {
				stop(t, s)
				if !strings.HasPrefix(s.socket, dir) {
					os.RemoveAll(s.socket)
				}
			})
			if got := psql(t, s.URL("postgres"), "show data_directory"); got != filepath.Join(dir, "data") {
				t.Errorf("data_directory = %q", got)
			}
			psql(t, s.URL("postgres"), `create database "a b/c?d&e"`)
			if got := psql(t, s.URL("a b/c?d&e"), "select current_database()"); got != "a b/c?d&e" {
				t.Errorf("current_database() = %q", got)
			}
			info, err := os.Stat(s.socket)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o700 || ownerOf(info) != s.home.user.uid {
				t.Errorf("folder of the socket: mode %o, owner %d", info.Mode().Perm(), ownerOf(info))
			}
			if again := run(t, dir); !again.Attached() || again.URL("x") != s.URL("x") {
				t.Errorf("second: Attached, URL = %v, %s", again.Attached(), again.URL("x"))
			}
		})
	}
	t.Run("a folder of the socket that is somebody else's trap", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(newDir(t), long)
		s := run(t, dir)
		stop(t, s)
		t.Cleanup(func() { os.RemoveAll(s.socket) })
		if _, err := os.Stat(s.socket); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the folder of the socket stays after the server: %v", err)
		}
		if err := errors.Join(os.Mkdir(s.socket, 0o700), os.Chmod(s.socket, 0o777)); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), Config{Dir: dir, Settings: quick})
		wantError(t, err, s.socket, "mode 0700", "remove it")
	})
}

func TestStopIsFastAndClean(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	p := spawn(t, "start", dir)
	url := p.read(t).URL
	psql(t, url, "create table kept (n int); insert into kept values (42)")
	bin, _, err := FindBinaries("")
	if err != nil {
		t.Fatal(err)
	}
	idle := exec.Command(filepath.Join(bin, "psql"), "-X", url, "-c", "select pg_sleep(600)")
	if err := idle.Start(); err != nil {
		t.Fatal(err)
	}
	defer idle.Wait()
	for psql(t, url, "select count(*) from pg_stat_activity where query ~ '^select pg_sleep'") != "1" {
		time.Sleep(10 * time.Millisecond)
	}
	pid := serverPid(t, dir)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v: %s", err, p.err.String())
	}
	if alive(pid) {
		t.Errorf("server %d outlives its cruddur", pid)
	}
	log := readLog(t, dir)
	if !strings.Contains(log, "received fast shutdown request") || !strings.Contains(log, "database system is shut down") {
		t.Errorf("log shows no fast shutdown:\n%s", log)
	}
	checkCleanStart(t, dir, log)
}

// checkCleanStart starts the server of dir, whose log contained before, and requires the row of table kept
// and no recovery.
func checkCleanStart(t *testing.T, dir, before string) {
	t.Helper()
	s := run(t, dir)
	if got := psql(t, s.URL("postgres"), "select n from kept"); got != "42" {
		t.Errorf("row = %q, want 42", got)
	}
	log := strings.TrimPrefix(readLog(t, dir), before)
	if strings.Contains(log, "recovery") || strings.Contains(log, "interrupted") || !strings.Contains(log, "database system was shut down at") {
		t.Errorf("next start had to repair:\n%s", log)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	t.Run("ended before", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Start(ctx, Config{Dir: dir}); !errors.Is(err, context.Canceled) {
			t.Errorf("Start() = %v, want canceled", err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s was made", dir)
		}
	})
	t.Run("ended while the cluster is made", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer cancel()
			awaitUnfinished(t, dir)
		}()
		if _, err := Start(ctx, Config{Dir: dir, Settings: quick}); !errors.Is(err, context.Canceled) {
			t.Errorf("Start() = %v, want canceled", err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("something was left behind: %v", tree(t, dir))
		}
		run(t, dir)
	})
	t.Run("ended afterwards means nothing", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s, err := Start(ctx, Config{Dir: newDir(t), Settings: quick})
		if err != nil {
			t.Fatal(err)
		}
		defer stop(t, s)
		cancel()
		psql(t, s.URL("postgres"), "select 1")
	})
}

// awaitUnfinished waits until initdb is at work in dir.
func awaitUnfinished(t *testing.T, dir string) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(dir, newName+"*", "base")); len(found) > 0 {
			return
		}
	}
	t.Error("initdb does not begin")
}

// wantError checks that err says all the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}

// Statements are never compiled, whatever postgresql.conf says: where the unit forbids memory that is written and
// executed, each that was would fail.
func TestNoJIT(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	stop(t, run(t, dir))
	conf, err := os.OpenFile(filepath.Join(dir, "data", "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conf.WriteString("jit = on\n"); err != nil {
		t.Fatal(err)
	}
	conf.Close()
	if got := psql(t, run(t, dir).URL("postgres"), "show jit"); got != "off" {
		t.Errorf("jit = %q, want off", got)
	}
}
