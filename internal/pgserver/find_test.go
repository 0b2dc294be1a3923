package pgserver

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAsOrdinaryUser runs all the tests once more as nobody when they run as root.
func TestAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return // then every test here is that of an ordinary user
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := newDir(t)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "pgserver.test")
	program, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	writeProgram(t, copied, program)
	// What is about versions, settings and many servers is the same for everybody.
	const same = "^(TestUpgradeAdvice|TestEveryVersion|TestManyAtOnce|TestNoJIT|TestFindBinaries|TestKilledKeeper|TestStopIsFastAndClean|TestTwoStartsAtOnce)$"
	cmd := exec.CommandContext(t.Context(), copied, "-test.v", "-test.timeout=10m", "-test.skip="+same)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "CRUDDUR_TEST_POSTGRES_BINS=" + os.Getenv("CRUDDUR_TEST_POSTGRES_BINS")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("--- PASS: TestStart ")) {
		t.Errorf("as nobody TestStart did not run:\n%s", out)
	}
}

func TestFindBinaries(t *testing.T) {
	t.Parallel()
	dir, major, err := FindBinaries("")
	if err != nil || major < oldest {
		t.Fatalf("FindBinaries() = %q, %d, %v", dir, major, err)
	}
	t.Run("the folder that is named", func(t *testing.T) {
		t.Parallel()
		got, m, err := FindBinaries(dir)
		if got != dir || m != major || err != nil {
			t.Errorf("FindBinaries(%q) = %q, %d, %v", dir, got, m, err)
		}
		for _, wrong := range []string{"/nowhere", "/etc", "/usr/bin"} {
			if _, _, err := FindBinaries(wrong); err == nil {
				t.Errorf("FindBinaries(%q) found something", wrong)
			}
		}
	})
	t.Run("the first that is new enough, or of the version that is asked for", func(t *testing.T) {
		t.Parallel()
		fake := func(version string) string {
			dir := t.TempDir()
			for _, name := range []string{"initdb", "postgres"} {
				script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
				writeProgram(t, filepath.Join(dir, name), []byte(script))
			}
			return dir
		}
		old, new18, new17 := fake("9.6.24"), fake("18beta1"), fake("17.4 (Debian 17.4-1)")
		dirs := []string{"/nowhere", old, new18, new17}
		if got, m, err := pick(dirs, 0); got != new18 || m != 18 || err != nil {
			t.Errorf("pick any = %q, %d, %v, want %q", got, m, err, new18)
		}
		if got, m, err := pick(dirs, 17); got != new17 || m != 17 || err != nil {
			t.Errorf("pick 17 = %q, %d, %v, want %q", got, m, err, new17)
		}
		_, _, err := pick([]string{old}, 0)
		if _, ok := errors.AsType[*MissingError](err); !ok {
			t.Errorf("pick 9 = %v, want a MissingError", err)
		}
		wantError(t, err, "15 or newer", "only 9")
		_, _, err = pick(dirs, 16)
		wantError(t, err, "PostgreSQL 16")
		_, _, err = pick(nil, 0)
		wantError(t, err, "not on this machine", "install")
		_, _, err = FindBinaries(old)
		wantError(t, err, "too old")
	})
}

func TestInstallCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		program   string
		uid, want int
		command   string
	}{
		{"apt-get", 0, 0, "apt-get install -y postgresql"},
		{"apt-get", 1000, 16, "sudo apt-get install -y postgresql-16"},
		{"dnf", 1000, 0, "sudo dnf install -y postgresql-server"},
		{"apk", 0, 17, "apk add postgresql17"},
		{"brew", 501, 0, "brew install postgresql@17"},
		{"pacman", 0, 16, ""},
		{"none", 0, 0, ""},
	} {
		look := func(name string) (string, error) {
			if name == c.program {
				return "/bin/" + name, nil
			}
			return "", exec.ErrNotFound
		}
		if got := installWith(look, c.uid, c.want); got != c.command {
			t.Errorf("with %s, user %d, version %d: %q, want %q", c.program, c.uid, c.want, got, c.command)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		uid  int
		env  map[string]string
		want string
	}{
		"root":           {0, map[string]string{"HOME": "/root", "XDG_DATA_HOME": "/x"}, "/var/lib/cruddur"},
		"XDG":            {1000, map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "/x"}, "/x/cruddur"},
		"relative XDG":   {1000, map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "x"}, "/home/a/.local/share/cruddur"},
		"home":           {1000, map[string]string{"HOME": "/home/a"}, "/home/a/.local/share/cruddur"},
		"neither":        {1000, nil, ""},
		"home of no use": {1000, map[string]string{"HOME": "."}, ""},
	} {
		if got := defaultDir(func(k string) string { return c.env[k] }, c.uid); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	_, err := Start(t.Context(), Config{})
	wantError(t, err, "CRUDDUR_DATA_DIR")
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := run(t, dir)
	l, err := s.home.openLog()
	if err != nil {
		t.Fatal(err)
	}
	defer l.file.Close()
	l.limit = 4 << 10
	for range 3 {
		psql(t, s.URL("postgres"), "do $$ begin for i in 1..200 loop raise log 'line % of many', i; end loop; end $$")
		if err := l.cut(); err != nil {
			t.Fatal(err)
		}
	}
	psql(t, s.URL("postgres"), "do $$ begin raise log 'the last'; end $$")
	if got := readLog(t, dir); !strings.Contains(got, "the last") || len(got) > 4<<10 || got[0] == 0 {
		t.Errorf("log of %d bytes, want the last line in at most 4096:\n%.200q", len(got), got)
	}
	old, err := os.ReadFile(filepath.Join(dir, logName+".1"))
	if err != nil || len(old) != 4<<10 || !bytes.Contains(old, []byte("line 200 of many")) {
		t.Errorf("%s.1: %d bytes, %v", logName, len(old), err)
	}
}

// TestSecretsStayOut checks that the server, whose superuser can read its environment, gets none of our
// secrets.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	p := spawn(t, "start", newDir(t), "CONNECTION_URL=postgres://u:opensesame@h/d", "PGDATA=/nowhere", "PGPORT=1")
	url := p.read(t).URL
	names := psql(t, url, "create temp table env (line text); copy env from program 'env'; "+
		"select string_agg(split_part(line, '=', 1), ' ') from env")
	for name := range strings.FieldsSeq(names) {
		if name == "CONNECTION_URL" || name == "PGPORT" || name == "HOME" {
			t.Errorf("the server's environment has %s", name)
		}
	}
	if !strings.Contains(names, "PATH") {
		t.Errorf("environment = %q, want at least PATH", names)
	}
	if d := cmp.Diff("5432", psql(t, url, "show port")); d != "" {
		t.Error(d)
	}
}

// TestComplaint: of all that a server has logged since a moment, the worst.
func TestComplaint(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := run(t, dir)
	path := filepath.Join(dir, logName)
	add := func(lines string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(lines); err != nil {
			t.Fatal(err)
		}
	}
	add("x [1] PANIC:  of yesterday\n")
	begin := s.LogSize()
	for _, c := range []struct{ lines, want string }{
		{"x [1] LOG:  all is well\nx [2] FATAL:  the database system is in recovery mode\n", ""},
		{"x [1] ERROR:  could not extend file: No space left on device\n", "ERROR: could not extend file: No space left on device"},
		{"x [1] PANIC:  could not write to file: No space left on device\n", "PANIC: could not write to file: No space left on device"},
	} {
		add(c.lines)
		if got := s.Complaint(begin); got != c.want {
			t.Errorf("Complaint() = %q, want %q", got, c.want)
		}
	}
}
