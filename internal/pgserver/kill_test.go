package pgserver

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
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
		// The keeper has seen the end of the one, or the coming of the next: both are right, and a server that
		// answers is not about to go.
		s := run(t, dir)
		for range 20 {
			psql(t, s.URL("postgres"), "select 1")
		}
	})
}

// TestLastOneOut runs several processes on one server: it runs until the last user has ended, in whatever
// way, whichever started it, and no session is ended before.
func TestLastOneOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(*testing.T, *process)
	}{
		{"each lets go", func(_ *testing.T, p *process) { p.in.Close(); p.cmd.Wait() }},
		{"each is killed", func(t *testing.T, p *process) { p.kill(t) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := newDir(t)
			owner := spawn(t, "start", dir)
			url := owner.read(t).URL
			psql(t, url, "create table kept (n int); insert into kept values (42)")
			pid := serverPid(t, dir)
			a, b := spawn(t, "survivor", dir), spawn(t, "survivor", dir)
			for _, p := range []*process{a, b} {
				if !p.read(t).Attached {
					t.Fatal("a second process did not attach")
				}
			}
			session := exec.Command("psql", "-XAtq", url)
			in, err := session.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			session.Stdout, session.Stderr = &said, &said
			if err := session.Start(); err != nil {
				t.Fatal(err)
			}
			io.WriteString(in, "select n from kept;\n")
			for _, p := range []*process{owner, a} {
				c.end(t, p)
				if got := psql(t, url, "select n from kept"); got != "42" || serverPid(t, dir) != pid {
					t.Errorf("row = %q of process %d, want 42 of the same server, %d", got, serverPid(t, dir), pid)
				}
			}
			io.WriteString(in, "select n + 1 from kept;\n")
			in.Close()
			if err := session.Wait(); err != nil || said.String() != "42\n43\n" {
				t.Errorf("an open session: %v, %q", err, said.String())
			}
			c.end(t, b)
			awaitGone(t, pid)
			if log := readLog(t, dir); !strings.Contains(log, "database system is shut down") {
				t.Errorf("the server did not shut down in order:\n%s", log)
			}
		})
	}
}

// TestKilledKeeper: without the shell that watches over the users a server goes on, and the next cruddur
// gives it another one.
func TestKilledKeeper(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	owner := spawn(t, "start", dir)
	owner.read(t)
	pid := serverPid(t, dir)
	out, err := exec.Command("pgrep", "-f", "sh "+strconv.Itoa(pid)+" "+filepath.Join(dir, dataName)).Output()
	if err != nil {
		t.Fatalf("there is no keeper: %v", err)
	}
	for field := range strings.FieldsSeq(string(out)) {
		syscall.Kill(atoi(field), syscall.SIGKILL)
	}
	owner.kill(t) // it would wait for its child
	for field := range strings.FieldsSeq(string(out)) {
		awaitGone(t, atoi(field))
	}
	if !alive(pid) {
		t.Fatal("the server has gone with its owner")
	}
	next := run(t, dir)
	if !next.Attached() || serverPid(t, dir) != pid {
		t.Errorf("Attached() = %v to %d, want to %d", next.Attached(), serverPid(t, dir), pid)
	}
	stop(t, next)
	awaitGone(t, pid)
}

// TestManyAtOnce is what a script with several jobs does: each works to its end, and nothing remains.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	var jobs sync.WaitGroup
	for range 8 {
		jobs.Go(func() {
			for range 3 {
				p := spawn(t, "start", dir)
				url := p.read(t).URL
				if out, err := exec.Command("psql", "-XAtq", url, "-c", "select 42").CombinedOutput(); err != nil || string(out) != "42\n" {
					t.Errorf("a job: %v: %s", err, out)
				}
				p.in.Close()
				if err := p.cmd.Wait(); err != nil {
					t.Errorf("a job ends with %v: %s", err, p.err.String())
				}
			}
		})
	}
	jobs.Wait()
	s := run(t, dir) // once nobody stops it any more
	if s.Attached() {
		t.Error("a server remains after the last job")
	}
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
	wantError(t, other.Err(), "has stopped")
	again := run(t, dir)
	if again.Attached() {
		t.Error("Attached() = true, to a server that is dead")
	}
	if got := psql(t, again.URL("postgres"), "select n from kept"); got != "42" {
		t.Errorf("row = %q, want 42", got)
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
	for name, pid := range map[string]int{"process gone": dead.Process.Pid, "number in use by a stranger": stranger.Process.Pid, "empty": 0} {
		t.Run(name, func(t *testing.T) {
			_, rest, _ := strings.Cut(string(pidText), "\n")
			stale := strconv.Itoa(pid) + "\n" + rest
			if pid == 0 {
				stale = "" // as a power cut leaves it
			}
			for _, path := range []string{"data/" + pidName, "run/" + socketName + ".lock"} {
				path = filepath.Join(dir, path)
				write(t, path, stale)
				if err := os.Lchown(path, s.home.user.uid, s.home.user.gid); err != nil {
					t.Fatal(err)
				}
				old := time.Now().Add(-time.Minute)
				if err := os.Chtimes(path, old, old); err != nil {
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
