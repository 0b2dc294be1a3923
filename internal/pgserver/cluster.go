package pgserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// newName is the prefix of a cluster's name until initdb has finished.
const newName = "data.unfinished-"

// ownConf is appended to the postgresql.conf of a new cluster. After that the file belongs to the operator.
const ownConf = `
# From here on written by cruddur when it made this cluster; yours to change. What cruddur needs
# (no TCP, no JIT, the socket's folder, the log) it gives on the command line, above this file.
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_checkpoints = off
log_lock_waits = on
wal_compression = on
max_wal_size = 512MB
random_page_cost = 1.1
# Cruds expire all the time: clean up often and in small portions.
autovacuum_naptime = 20s
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.05
`

// binaries picks the programs: those of the data's own major version if data exists.
func (h *home) binaries(bin string) (dir string, major int, err error) {
	if !h.exists {
		return findBinaries(bin, 0)
	}
	have, err := readVersion(h.data())
	if err != nil {
		return "", 0, err
	}
	dir, major, err = findBinaries(bin, have)
	if err == nil && major == have {
		return dir, major, nil
	}
	if err != nil && bin != "" {
		return "", 0, err
	}
	if err != nil {
		newer, got, errAny := findBinaries("", 0)
		if errAny != nil {
			return "", 0, err // a MissingError for the version of the data
		}
		dir, major = newer, got
	}
	return "", 0, h.mismatch(have, dir, major)
}

// VersionError says that the data is of another major version than the installed PostgreSQL.
type VersionError struct {
	Path         string // of the data
	Data, Server int    // the major versions
	Advice       string // what to do, in commands
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s is of PostgreSQL %d, and the installed version is %d; nothing was changed. %s", e.Path, e.Data, e.Server, e.Advice)
}

func (h *home) mismatch(have int, bin string, major int) error {
	e := &VersionError{Path: h.data(), Data: have, Server: major}
	back := fmt.Sprintf("use PostgreSQL %d", have)
	if c := installCommand(have); c != "" {
		back += " (" + c + ", or set CRUDDUR_POSTGRES_BIN if it is installed elsewhere)"
	}
	if major < have {
		e.Advice = "PostgreSQL cannot read data of a newer version: " + back
		return e
	}
	as := ""
	if h.user.drop {
		as = "runuser -u " + h.user.name + " -- "
	}
	data, next := shellQuote(h.data()), shellQuote(h.data()+"."+strconv.Itoa(major))
	e.Advice = fmt.Sprintf(`Either %s, or upgrade the data, with cruddur stopped and both versions installed:
  mkdir -m 700 %[2]s%[6]s && cd %[2]s
  %[3]s%[4]s/initdb -D %[2]s -U %[7]s -E UTF8 --locale=C.UTF-8 --data-checksums --auth-local=trust --auth-host=scram-sha-256
  %[3]s%[4]s/pg_upgrade -b OLD_BIN -B %[4]s -d %[5]s -D %[2]s -U %[7]s
  mv %[5]s %[5]s.old && mv %[2]s %[5]s
where OLD_BIN is the folder of PostgreSQL %[8]d (/usr/lib/postgresql/%[8]d/bin on Debian)`,
		back, next, as, shellQuote(bin), data, chownTo(h.user, next), Superuser, have)
	return e
}

func chownTo(a account, path string) string {
	if !a.drop {
		return ""
	}
	return " && chown " + a.name + ": " + path
}

// readVersion returns the major version that made the cluster.
func readVersion(data string) (int, error) {
	path := filepath.Join(data, "PG_VERSION")
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(string(b))
	major, err := strconv.Atoi(strings.SplitN(text, ".", 2)[0]) // 9.6 and before
	if err != nil {
		return 0, fmt.Errorf("%s says %.20q, which is not a version of PostgreSQL", path, text)
	}
	return major, nil
}

// initialise creates the cluster under a temporary name and renames it when it is complete.
func (h *home) initialise(ctx context.Context, c Config, bin string, major int, lock *os.File) error {
	if err := h.removeUnfinished(); err != nil {
		return err
	}
	name := newName + strconv.Itoa(os.Getpid())
	if err := h.root.Mkdir(name, 0o700); err != nil {
		return err
	}
	defer h.root.RemoveAll(name) // nothing is there any more after the rename
	if h.user.drop {
		if err := h.root.Lchown(name, h.user.uid, h.user.gid); err != nil {
			return err
		}
	}
	began := time.Now()
	c.Log.Info("making the private PostgreSQL", "version", major, "data", h.path, "user", h.user.name)
	if err := h.initdb(ctx, c, bin, major, name, lock); err != nil {
		return err
	}
	if err := h.configure(name); err != nil {
		return err
	}
	if err := h.root.Rename(name, dataName); err != nil {
		return err
	}
	h.exists = true
	c.Log.Debug("made the private PostgreSQL", "took", time.Since(began).Round(time.Millisecond))
	return h.sync()
}

// removeUnfinished removes what a killed initdb has left. The lock is held, and a running initdb holds it
// too, so none is running.
func (h *home) removeUnfinished() error {
	dir, err := h.root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasPrefix(name, newName) {
			if err := h.root.RemoveAll(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// localeArgs returns the ways to ask for Unicode characters sorted by code point, best first. Version 17
// introduced its own provider, the same on every system; before, C.UTF-8 comes from the C library, and older
// macOS lacks it.
func localeArgs(major int) [][]string {
	if major >= 17 {
		return [][]string{{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}}
	}
	return [][]string{
		{"--locale-provider=libc", "--locale=C.UTF-8"},
		{"--locale-provider=libc", "--locale=C"},
	}
}

func (h *home) initdb(ctx context.Context, c Config, bin string, major int, name string, lock *os.File) error {
	var out []byte
	var err error
	for _, locale := range localeArgs(major) {
		args := append([]string{
			"-D", filepath.Join(h.path, name), "-U", Superuser, "--encoding=UTF8", "--data-checksums",
			"--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions",
		}, locale...)
		if c.Settings["fsync"] == "off" {
			args = append(args, "--no-sync")
		}
		out, err = h.run(ctx, lock, name, filepath.Join(bin, "initdb"), args...)
		if err == nil || !bytes.Contains(out, []byte("invalid locale name")) {
			break
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("initdb in %s: %w; nothing was left behind. It said:\n%s", h.path, err, lastLines(out))
	}
	return nil
}

// run runs a program as the server's user and waits for its end. The program dies with this process if the
// system supports that, and it holds the lock while it lives.
func (h *home) run(ctx context.Context, lock *os.File, dir, program string, args ...string) (out []byte, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = filepath.Join(h.path, dir)
	cmd.Env = environ()
	cmd.SysProcAttr = h.user.attr()
	cmd.ExtraFiles = []*os.File{lock}
	dieWithParent(cmd.SysProcAttr, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		out, err = cmd.CombinedOutput()
	}()
	<-done
	return out, err
}

// configure appends our settings. It opens the folder as a root of its own: the folder belongs to the
// server's user, who must not be able to lead root elsewhere.
func (h *home) configure(name string) error {
	root, err := h.root.OpenRoot(name)
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.OpenFile("postgresql.conf", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(ownConf); err != nil {
		return err
	}
	return f.Sync()
}

// sync makes the rename durable.
func (h *home) sync() error {
	dir, err := h.root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// environ returns the part of our environment that the server's programs get, because the environment
// contains secrets: just enough for the programs to run. LC_ALL gives their messages the language that this
// package reads, and keeps macOS from making the server multithreaded.
func environ() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}
