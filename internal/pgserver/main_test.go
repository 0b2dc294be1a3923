package pgserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// helperEnv makes the test binary run as a separate process, such as a cruddur that is killed.
const helperEnv = "PGSERVER_TEST_HELPER"

func TestMain(m *testing.M) {
	if role := os.Getenv(helperEnv); role != "" {
		os.Exit(helper(role, os.Args[1]))
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// report is the one line that a helper prints once its server is there.
type report struct {
	Attached bool
	URL, Err string
}

// helper starts or attaches to a server and stops when told to: by the end of its input, or by SIGTERM. As
// "survivor" it starts again when the server has stopped, and reports again.
func helper(role, arg string) int {
	ctx, stopNotify := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stopNotify()
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	for {
		s, err := Start(ctx, Config{Dir: arg, Settings: quick})
		if err != nil {
			json.NewEncoder(os.Stdout).Encode(report{Err: err.Error()})
			return 1
		}
		json.NewEncoder(os.Stdout).Encode(report{Attached: s.Attached(), URL: s.URL("postgres")})
		select {
		case <-s.Done():
			if role == "survivor" {
				continue
			}
			return 1
		case <-ctx.Done():
			if err := s.Stop(context.Background()); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			return 0
		}
	}
}

// process is a helper that runs.
type process struct {
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
	err bytes.Buffer
}

func spawn(t *testing.T, role, arg string, env ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(exe, arg)}
	p.cmd.Env = append(os.Environ(), append(env, helperEnv+"="+role)...)
	p.cmd.Stderr = &p.err
	p.in, err = p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.in.Close()
		p.cmd.Wait()
	})
	return p
}

// read waits for the next report.
func (p *process) read(t *testing.T) report {
	t.Helper()
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("helper: %v: %s", err, p.err.String())
	}
	var r report
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fatalf("helper said %q: %v", line, err)
	}
	if r.Err != "" {
		t.Fatalf("helper: %s", r.Err)
	}
	return r
}

// kill is kill -9.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.cmd.Wait()
}

func atoi(s string) (n int) {
	fmt.Sscan(s, &n)
	return n
}

// quick are settings that only a test may have.
var quick = map[string]string{"fsync": "off", "shared_buffers": "16MB"}

// newDir is a folder, not yet made, in one that every user can enter; t.TempDir is closed to
// the user whom root becomes.
func newDir(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("/tmp", "pgs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(parent); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(parent, "d")
}

// run starts a server that is stopped at the end of the test.
func run(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), Config{Dir: dir, Settings: quick})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("Stop() = %v", err)
	}
}

// psql asks one thing by a server's URL, with the client that operators use.
func psql(t *testing.T, url, sql string) string {
	t.Helper()
	bin, _, err := FindBinaries("")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "psql"),
		"-XAtq", "-v", "ON_ERROR_STOP=1", url, "-c", sql).CombinedOutput()
	if err != nil {
		t.Fatalf("psql -c %q: %v: %s", sql, err, out)
	}
	return strings.TrimSpace(string(out))
}

// serverPid is the process of the server that runs in dir.
func serverPid(t *testing.T, dir string) int {
	t.Helper()
	pf, err := readPidFile(filepath.Join(dir, dataName))
	if err != nil {
		t.Fatal(err)
	}
	return pf.pid
}

// awaitGone waits for the end of a process that is not our child.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

// readLog is all that the server of dir has logged.
func readLog(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, logName))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// tree describes every file below dir: mode, owner, time and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var content []byte
		if info.Mode().IsRegular() {
			if content, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		found[path] = fmt.Sprintf("%v %d %v %q", info.Mode(), ownerOf(info), info.ModTime(), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// write makes a file with its folders.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeProgram makes an executable file. Meanwhile nothing is forked: a child that still has the
// file open for writing keeps everybody from running it (ETXTBSY).
func writeProgram(t *testing.T, path string, content []byte) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
}
