package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"cruddur/internal/pgserver"
	"cruddur/internal/pgtest"
)

var serial atomic.Int64

// TestDB runs every script under testdata/script against a real server. Each has a database of its own,
// which does not exist at the start: $DB by name and in CONNECTION_URL. $STRICT is a second server with
// passwords, TCP, prepared transactions, logical slots and pg_stat_statements.
func TestDB(t *testing.T) {
	admin := pgtest.AdminURL(t)
	strict := pgtest.StartStrict(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			db := fmt.Sprintf("script_%d_%d", os.Getpid(), serial.Add(1))
			e.Setenv("DB", db)
			e.Setenv("ADMIN", admin)
			e.Setenv("CONNECTION_URL", pgtest.WithDatabase(admin, db))
			e.Setenv("TWO", pgtest.WithDatabase(admin, db+"_two"))
			e.Setenv("BLIND", strings.Replace(pgtest.WithDatabase(admin, db), "user=cruddur", "user=blind_"+db, 1))
			e.Setenv("STRICT", strict.URL("postgres", db))
			e.Setenv("STRICT_ADMIN", strict.URL("postgres", "postgres"))
			e.Setenv("STRICT_ADDRESS", strict.Address)
			e.Setenv("STRICT_HOST", strings.TrimSuffix(strict.Address, ":"+pgserver.Port))
			e.Setenv("STRICT_SOCKET", pgtest.WithDatabase(strict.Socket, db))
			e.Setenv("STRICT_SOCKET_TWO", pgtest.WithDatabase(strict.Socket, db+"_two"))
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			private, err := privateDir()
			if err != nil {
				return err
			}
			e.Setenv("CRUDDUR_DATA_DIR", filepath.Join(private, "data"))
			e.Setenv("CRUDDUR_POSTGRES_BIN", os.Getenv("CRUDDUR_POSTGRES_BIN"))
			e.Setenv("TERM", "xterm")
			if testing.CoverMode() != "" { // else each program complains, on the screen that a script compares
				counts := filepath.Join(e.WorkDir, "cover")
				if err := os.Mkdir(counts, 0o755); err != nil {
					return err
				}
				e.Setenv("GOCOVERDIR", counts)
			}
			e.Defer(func() {
				os.RemoveAll(private)
				for _, server := range []string{admin, strict.URL("postgres", "postgres")} {
					for _, name := range []string{db, db + "_two"} {
						exec.Command("psql", "-Xq", server, "-c", "drop database if exists "+name+" with (force)").Run()
					}
				}
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": cmdCode, "sql": cmdSQL, "await": cmdAwait, "golden": cmdGolden, "interrupt": cmdInterrupt, "tty": cmdTTY, "replace": cmdReplace, "memory": cmdMemory, "pooler": cmdPooler, "json": cmdJSON,
		},
	})
}

// privateDir is a folder that another user can enter: under root, the private PostgreSQL runs as the user
// nobody.
func privateDir() (string, error) {
	dir, err := os.MkdirTemp("", "cruddur-private-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	return dir, err
}

// cmdCode is "code N program args…": the program must end with that exit code.
func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program args…")
	}
	got := exitOf(ts.Exec(args[1], args[2:]...))
	if want, _ := strconv.Atoi(args[0]); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func exitOf(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// cmdSQL is "sql URL statement": its rows go to stdout.
func cmdSQL(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: sql URL statement")
	}
	out, err := exec.Command("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", args[0], "-c", args[1]).CombinedOutput()
	fmt.Fprintf(ts.Stdout(), "%s", out)
	if (err != nil) != neg {
		ts.Fatalf("%s: %v: %s", args[1], err, out)
	}
}

// cmdAwait is "await URL statement": it asks until the answer is t.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await URL statement")
	}
	awaitSQL(ts, args[0], args[1])
}

func awaitSQL(ts *testscript.TestScript, url, statement string) {
	var out []byte
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		out, _ = exec.Command("psql", "-XAtq", url, "-c", statement).CombinedOutput()
		if strings.TrimSpace(string(out)) == "t" {
			return
		}
	}
	ts.Fatalf("%s is not true after 10 s: %s", statement, out)
}

// cmdInterrupt is "interrupt URL condition program args…": Ctrl-C once the condition holds; the program
// must end with 130. "interrupt said pattern program args…" waits for its output instead.
func cmdInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: interrupt URL condition program args…")
	}
	cmd := exec.Command(args[2], args[3:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), environ(ts)
	var said lockedBuffer
	cmd.Stdout, cmd.Stderr = &said, ts.Stderr()
	ts.Check(cmd.Start())
	if args[0] == "said" {
		said.await(ts, args[1])
	} else {
		awaitSQL(ts, args[0], args[1])
	}
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	got := exitOf(cmd.Wait())
	fmt.Fprint(ts.Stdout(), said.String())
	if got != 130 {
		ts.Fatalf("exit code %d after Ctrl-C, want 130", got)
	}
}

// lockedBuffer is what a program writes while the script reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedBuffer) await(ts *testscript.TestScript, pattern string) {
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if re.MatchString(l.String()) {
			return
		}
	}
	ts.Fatalf("it has not said %s after 30 s: %s", pattern, l)
}

// environ is the script's environment for a program that the script does not start itself.
func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TERM", "CONNECTION_URL", "PROD_CONNECTION_URL", "STAGING_CONNECTION_URL", "XDG_STATE_HOME", "CRUDDUR_DATA_DIR",
		"NO_COLOR", "FORCE_COLOR", "COLUMNS", "CRUDDUR_PROHIBIT_DESTRUCTIVE", "CRUDDUR_POSTGRES_BIN",
		"GOCOVERDIR",
	} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

var variable = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`script_\d+_\d+`), "DATABASE"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?`), "TIME"},
	{regexp.MustCompile(`(host=|on |host +)/[^ &\n]+`), "${1}SOCKET"},
	{regexp.MustCompile(`\d+\.\d+ ?ms|\b\d+ms\b`), "DURATION"},
	{regexp.MustCompile(`PostgreSQL \d+\.\d+`), "PostgreSQL VERSION"},
	{regexp.MustCompile(`\r\n`), "\n"},
}

// cmdGolden is "golden FILE NAME": the file, or stdout, stderr or ttyout, with what differs from run to
// run replaced, must be testdata/golden/NAME.
func cmdGolden(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: golden FILE NAME")
	}
	got := ts.ReadFile(args[0])
	for _, v := range variable {
		got = v.pattern.ReplaceAllString(got, v.with)
	}
	path := filepath.Join(goldenDir, args[1])
	if *update {
		ts.Check(os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	ts.Check(err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		ts.Fatalf("%s (-golden +got):\n%s", args[1], diff)
	}
}

var goldenDir = func() string {
	dir, err := filepath.Abs("testdata/golden")
	if err != nil {
		panic(err)
	}
	return dir
}()

// cmdReplace is "replace FILE old new".
func cmdReplace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE old new")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o644))
}

// cmdJSON is "json KEY program args…": with --json added, stdout must be one document that holds the key.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: json KEY program args…")
	}
	ts.Check(ts.Exec(args[1], append(args[2:], "--json")...))
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	var document map[string]any
	ts.Check(d.Decode(&document))
	if d.More() {
		ts.Fatalf("more than one document")
	}
	if v, ok := document[args[0]]; !ok || v == nil || document["schema_version"] != 1.0 {
		ts.Fatalf("the document has no %s or no schema_version", args[0])
	}
}

// cmdMemory is "memory MB program args…": the program and its children must stay below.
func cmdMemory(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: memory MB program args…")
	}
	limit, _ := strconv.ParseInt(args[0], 10, 64)
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), environ(ts)
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	ts.Check(cmd.Start())
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	used := peak(ts, cmd, exited)
	ts.Logf("%d MB", used)
	if used >= limit {
		ts.Fatalf("%d MB of memory, want less than %d", used, limit)
	}
}

// peak waits for a program to end and returns the most memory, in MB, that it or one of its children has
// had. Linux counts what the test had at the moment of the fork into ru_maxrss, so there the high-water
// marks are read while it runs.
func peak(ts *testscript.TestScript, cmd *exec.Cmd, exited <-chan error) (mb int64) {
	for {
		select {
		case err := <-exited:
			ts.Check(err)
			most := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
			switch {
			case runtime.GOOS == "darwin":
				return most >> 20 // in bytes
			case mb == 0:
				return most >> 10
			}
			return mb
		case <-time.After(5 * time.Millisecond):
			mb = max(mb, highWater(cmd.Process.Pid)>>10)
		}
	}
}

var vmHWM = regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`)

// highWater is the largest VmHWM, in kB, of a process and its descendants; 0 where there is no /proc.
func highWater(pid int) (kb int64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if m := vmHWM.FindSubmatch(status); m != nil {
		kb, _ = strconv.ParseInt(string(m[1]), 10, 64)
	}
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range threads {
		children, _ := os.ReadFile(path)
		for _, child := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(child); err == nil {
				kb = max(kb, highWater(n))
			}
		}
	}
	return kb
}
