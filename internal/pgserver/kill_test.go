package pgserver

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestKilledCruddur(t *testing.T) {
	t.Parallel()
	t.Run("leaves no orphan and no damage", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		p := spawn(t, "start", dir)
		url := p.read(t).URL
		psql(t, url, "create table kept (n int); insert into kept values (42)")
		pid := serverPid(t, dir)
		p.kill(t)
		awaitGone(t, pid)
		log := readLog(t, dir)
		if !strings.Contains(log, "database system is shut down") {
			t.Errorf("the server did not shut down in order:\n%s", log)
		}
		checkCleanStart(t, dir, log)
	})
	t.Run("in the middle of initdb", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		p := spawn(t, "start", dir)
		awaitUnfinished(t, dir)
		p.kill(t)
		s := run(t, dir)
		psql(t, s.URL("postgres"), "select 1")
		if left, _ := filepath.Glob(filepath.Join(dir, newName+"*")); len(left) > 0 {
			t.Errorf("%q were left", left)
		}
	})
	t.Run("while its server cannot stop: nobody starts a second", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		p := spawn(t, "start", dir)
		p.read(t)
		pid := serverPid(t, dir)
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		p.kill(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := Start(ctx, Config{Dir: dir, Settings: quick})
		wantError(t, err, strconv.Itoa(pid), "deadline")
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		if s := run(t, dir); s.Attached() {
			t.Error("Attached() = true, to a server that goes down")
		}
	})
}

// TestSurvivors is two processes that lose their server at the same moment: one starts it, one attaches.
func TestSurvivors(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	owner := spawn(t, "start", dir)
	url := owner.read(t).URL
	psql(t, url, "create table kept (n int); insert into kept values (42)")
	a, b := spawn(t, "survivor", dir), spawn(t, "survivor", dir)
	for _, p := range []*process{a, b} {
		if !p.read(t).Attached {
			t.Fatal("a second process did not attach")
		}
	}
	owner.kill(t)
	ra, rb := a.read(t), b.read(t)
	if ra.Attached == rb.Attached {
		t.Errorf("Attached() = %v and %v, want one of each", ra.Attached, rb.Attached)
	}
	if ra.URL != url || rb.URL != url {
		t.Errorf("URL() = %s and %s, want %s as before", ra.URL, rb.URL, url)
	}
	if got := psql(t, url, "select n from kept"); got != "42" {
		t.Errorf("row = %q, want 42", got)
	}
	attached, second := a, b
	if rb.Attached {
		attached, second = b, a
	}
	attached.in.Close() // or it would start the server once more
	attached.cmd.Wait()
	second.in.Close()
}

func TestKilledServer(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := run(t, dir)
	psql(t, s.URL("postgres"), "create table kept (n int); insert into kept values (42)")
	other := run(t, dir)
	if err := syscall.Kill(serverPid(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []*Server{s, other} {
		select {
		case <-gone.Done():
		case <-time.After(10 * time.Second):
			t.Fatal("Done() is not closed")
		}
	}
	wantError(t, s.Err(), "signal: killed", "ready to accept connections", logName)
	wantError(t, other.Err(), "has gone")
	again := run(t, dir)
	if again.Attached() {
		t.Error("Attached() = true, to a server that is dead")
	}
	if got := psql(t, again.URL("postgres"), "select n from kept"); got != "42" {
		t.Errorf("row = %q, want 42", got)
	}
}

// TestShellWatch is about systems without Pdeathsig; it runs here because a shell is everywhere.
func TestShellWatch(t *testing.T) {
	t.Parallel()
	for _, killed := range []bool{true, false} {
		t.Run("parent killed "+strconv.FormatBool(killed), func(t *testing.T) {
			t.Parallel()
			victim := exec.Command("sleep", "600")
			if err := victim.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- victim.Wait() }()
			defer victim.Process.Kill()
			if killed {
				p := spawn(t, "watched", strconv.Itoa(victim.Process.Pid))
				p.read(t)
				p.kill(t)
				select {
				case err := <-ended:
					if err == nil || err.Error() != "signal: interrupt" {
						t.Errorf("victim ended with %v, want an interrupt", err)
					}
				case <-time.After(10 * time.Second):
					t.Error("the victim outlives the process that watches over it")
				}
				return
			}
			shellWatch(victim.Process.Pid)()
			if !alive(victim.Process.Pid) || len(ended) > 0 {
				t.Error("the victim was ended by the release")
			}
		})
	}
}

func TestStaleFiles(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := run(t, dir)
	psql(t, s.URL("postgres"), "create table kept (n int); insert into kept values (42)")
	pidText, err := os.ReadFile(filepath.Join(dir, dataName, pidName))
	if err != nil {
		t.Fatal(err)
	}
	stop(t, s)

	// After a power cut the number in the files may by now be any process of the same user.
	stranger := exec.Command("sleep", "600")
	stranger.SysProcAttr = s.home.user.attr()
	stranger.Dir = "/"
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer stranger.Wait()
	defer stranger.Process.Kill()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	if got := psRunsIn(stranger.Process.Pid, s.home.data()); got != no {
		t.Errorf("psRunsIn(stranger) = %v, want no", got)
	}
	for name, pid := range map[string]int{"process gone": dead.Process.Pid, "number in use by a stranger": stranger.Process.Pid} {
		t.Run(name, func(t *testing.T) {
			_, rest, _ := strings.Cut(string(pidText), "\n")
			stale := strconv.Itoa(pid) + "\n" + rest
			for _, path := range []string{"data/" + pidName, "run/" + socketName + ".lock"} {
				path = filepath.Join(dir, path)
				write(t, path, stale)
				if err := os.Lchown(path, s.home.user.uid, s.home.user.gid); err != nil {
					t.Fatal(err)
				}
			}
			write(t, filepath.Join(dir, "run", socketName), "")
			write(t, filepath.Join(dir, lockName), stale)
			again := run(t, dir)
			defer stop(t, again)
			if got := psql(t, again.URL("postgres"), "select n from kept"); again.Attached() || got != "42" {
				t.Errorf("Attached() = %v, row = %q, want a started server and 42", again.Attached(), got)
			}
		})
	}
}

func TestServerStartedByHand(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := run(t, dir)
	bin, _, err := s.home.binaries("")
	if err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	hand := exec.Command(filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, dataName), "-k", s.socket, "-c", "listen_addresses=")
	hand.SysProcAttr, hand.Dir = s.home.user.attr(), "/"
	if err := hand.Start(); err != nil {
		t.Fatal(err)
	}
	defer hand.Wait()
	defer hand.Process.Signal(syscall.SIGINT)
	for ping(t.Context(), s.socket) != nil {
		time.Sleep(10 * time.Millisecond)
	}
	for name, ask := range map[string]func(int, string) answer{"ps": psRunsIn, "the system": runsIn} {
		if got := ask(hand.Process.Pid, s.home.data()); got != yes {
			t.Errorf("%s says %v of the server, want yes", name, got)
		}
	}
	_, err = Start(t.Context(), Config{Dir: dir, Settings: quick})
	wantError(t, err, "did not start", "pg_ctl stop -D "+filepath.Join(dir, dataName))
	if err := ping(t.Context(), s.socket); err != nil {
		t.Errorf("the server started by hand was harmed: %v", err)
	}
}
