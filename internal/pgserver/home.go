package pgserver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	dataName = "data"
	runName  = "run"
	lockName = "cruddur.lock"
	logName  = "postgres.log"
)

// home is the folder of one private PostgreSQL. Everything in it is created through root, an os.Root, so that
// a folder of another user cannot lead a cruddur that runs as root elsewhere.
type home struct {
	path   string
	root   *os.Root
	made   []string // the folders that this attempt has created, outermost first
	exists bool     // data contains a cluster
	user   account  // the user that PostgreSQL runs as
}

func (h *home) data() string { return filepath.Join(h.path, dataName) }

func (h *home) close() error { return h.root.Close() }

// openHome examines dir, creates it if it is missing, and refuses a folder that is not cruddur's before
// anything is changed.
func openHome(dir string) (*home, error) {
	h := &home{path: dir}
	if err := h.inspect(); err != nil {
		return nil, err
	}
	if err := h.make(); err != nil {
		h.unmake()
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; run cruddur as the user who owns it, or choose another folder with CRUDDUR_DATA_DIR", err)
	}
	h.root = root
	return h, nil
}

// inspect finds out what exists and which user the server must run as. It only reads.
func (h *home) inspect() error {
	if _, err := os.Lstat(filepath.Join(h.path, "PG_VERSION")); err == nil {
		return fmt.Errorf("%s is itself the data directory of a PostgreSQL, not a folder of cruddur; "+
			"leave it to its server and use that by CONNECTION_URL, or choose another folder with CRUDDUR_DATA_DIR", h.path)
	}
	// Look at the data before the lock: in a folder of ours the lock always exists before the data.
	names, err := os.ReadDir(h.data())
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("%w; run cruddur as the user who owns it, or choose another folder with CRUDDUR_DATA_DIR", err)
	case len(names) == 0:
	default:
		if _, err := os.Lstat(filepath.Join(h.data(), "PG_VERSION")); err != nil {
			return fmt.Errorf("%s is not empty and contains no PostgreSQL data (no PG_VERSION); "+
				"move it away, or choose another folder with CRUDDUR_DATA_DIR", h.data())
		}
		if _, err := os.Lstat(filepath.Join(h.path, lockName)); err != nil {
			return fmt.Errorf("%s contains a PostgreSQL that cruddur did not make; "+
				"use it by CONNECTION_URL, or choose another folder with CRUDDUR_DATA_DIR. "+
				"If it is a copy of cruddur's own, allow its use with: touch %s", h.data(), shellQuote(filepath.Join(h.path, lockName)))
		}
		h.exists = true
	}
	h.user, err = h.choose()
	return err
}

// make creates the folder, accessible only to its owner and, for root, the group of the user that the server
// runs as. An empty folder of root's is treated as new.
func (h *home) make() error {
	mode := fs.FileMode(0o700)
	if h.user.drop {
		mode = 0o755
	}
	for dir := filepath.Dir(h.path); !there(dir); dir = filepath.Dir(dir) {
		h.made = slices.Insert(h.made, 0, dir)
	}
	if err := os.MkdirAll(filepath.Dir(h.path), mode); err != nil {
		return err
	}
	err := os.Mkdir(h.path, 0o700)
	if err == nil {
		h.made = append(h.made, h.path)
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if !h.user.drop {
		return nil
	}
	info, err := os.Lstat(h.path)
	if err != nil {
		return err
	}
	names, err := os.ReadDir(h.path)
	if err != nil {
		return err
	}
	if !info.IsDir() || ownerOf(info) != 0 || len(names) > 0 {
		return nil
	}
	if err := os.Lchown(h.path, 0, h.user.gid); err != nil { // for example in a user namespace with one user
		return fmt.Errorf("root runs PostgreSQL as the user %s and may not give files away here; run cruddur as an ordinary user: %w", h.user.name, err)
	}
	return os.Chmod(h.path, 0o710)
}

// lock opens the lock file and tries to lock it. Only its holder unlinks the file, so a lock on a file that
// no longer exists does not count.
func (h *home) lock() (f *os.File, held bool, err error) {
	for {
		f, err := h.create(lockName, os.O_RDWR)
		if err != nil {
			return nil, false, err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return f, false, nil
		}
		if err != nil {
			f.Close()
			return nil, false, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		mine, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, false, err
		}
		if there, err := h.root.Lstat(lockName); err == nil && os.SameFile(mine, there) {
			return f, true, h.again()
		}
		f.Close()
	}
}

// again repeats the inspection after the lock was taken: before that another process may have created the
// cluster.
func (h *home) again() error { return h.inspect() }

// create opens a file in the folder; if it is missing it is created for the folder's owner.
func (h *home) create(name string, flag int) (*os.File, error) {
	f, err := h.root.OpenFile(name, flag|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return h.root.OpenFile(name, flag, 0)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &busyError{h.path + " is being removed"}
	}
	if err != nil || !h.user.drop {
		return f, err
	}
	info, err := h.root.Stat(".")
	if err == nil {
		err = f.Chown(int(ownerOf(info)), h.user.gid)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// undo removes what a failed first start has created. A complete cluster stays.
func (h *home) undo() {
	if _, err := h.root.Lstat(dataName); err == nil {
		return
	}
	h.root.Remove(lockName) // the log and the socket's folder are created after the cluster
	h.unmake()
}

// unmake removes the folders that this attempt has created, if they are empty.
func (h *home) unmake() {
	for _, dir := range slices.Backward(h.made) {
		os.Remove(dir)
	}
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// socketDir returns a folder of mode 0700 that belongs to the server's user. Its path is short enough for a
// socket address and contains nothing that libpq reads as a list of hosts.
func (h *home) socketDir() (string, error) {
	dir := filepath.Join(h.path, runName)
	var err error
	if socketFits(dir) {
		err = h.root.Mkdir(runName, 0o700)
		if err == nil && h.user.drop {
			err = h.root.Lchown(runName, h.user.uid, h.user.gid)
		}
	} else {
		sum := sha256.Sum256([]byte(h.path))
		dir = fmt.Sprintf("/tmp/cruddur-%d-%x", h.user.uid, sum[:8])
		err = os.Mkdir(dir, 0o700)
		if err == nil && h.user.drop {
			err = os.Lchown(dir, h.user.uid, h.user.gid)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || ownerOf(info) != h.user.uid || info.Mode().Perm() != 0o700 {
		return "", fmt.Errorf("%s, the folder for its socket, is not a folder of mode 0700 that belongs to %s; "+
			"remove it, cruddur makes it again", dir, h.user.name)
	}
	// A killed server leaves both behind; by now the process id in the .lock may be another process's.
	for _, name := range []string{socketName, socketName + ".lock", usersName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return dir, nil
}

const socketName = ".s.PGSQL." + Port

// socketFits reports whether the system and libpq accept the address of a socket in dir.
func socketFits(dir string) bool {
	limit := 103 // sun_path of the BSDs and macOS, less the NUL
	if runtime.GOOS == "linux" {
		limit = 107
	}
	return len(dir)+1+len(socketName) <= limit && !strings.ContainsAny(dir, `,"`)
}

// clearStale removes a postmaster.pid that would keep PostgreSQL from starting although no server runs: one
// whose process id now belongs to another process, or one that a power cut has left without an id. It returns
// an error if a server that was started by hand really runs. The lock is held, so no server of ours runs.
func (h *home) clearStale(log *slog.Logger) error {
	path := filepath.Join(h.data(), pidName)
	pf, err := readPidFile(h.data())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		info, statErr := os.Lstat(path)
		if statErr != nil || !info.Mode().IsRegular() {
			return errors.Join(err, statErr)
		}
		if age := time.Since(info.ModTime()); age >= 0 && age < unwrittenAge {
			return &busyError{fmt.Sprintf("%s is being written, perhaps by a PostgreSQL that was started by hand", path)}
		}
		log.Warn("removing a postmaster.pid that names no process", "data", h.data())
		return os.Remove(path)
	}
	if !alive(pf.pid) {
		return nil // PostgreSQL recognises this itself
	}
	switch runsIn(pf.pid, h.data()) {
	case no:
		log.Warn("removing the postmaster.pid of a server that no longer runs", "data", h.data(), "pid", pf.pid)
		return os.Remove(path)
	case yes:
		return fmt.Errorf("a PostgreSQL that cruddur did not start, process %d, runs on %s; stop it with: pg_ctl stop -D %s",
			pf.pid, h.data(), shellQuote(h.data()))
	}
	return nil
}

// unwrittenAge is how long a postmaster.pid may be without a process id: a starting server writes it at once.
const unwrittenAge = 2 * time.Second

// alive reports whether a process with this id exists.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// checkReach checks as the server's user that the folder can be entered and PostgreSQL can run.
func (h *home) checkReach(ctx context.Context, bin string) error {
	if !h.user.drop {
		return nil
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version")
	cmd.Dir = h.path
	cmd.Env = environ()
	cmd.SysProcAttr = h.user.attr()
	err := cmd.Run()
	if err == nil {
		return nil
	}
	for _, path := range []string{h.path, bin} {
		if closed := h.user.shutOut(path); closed != "" {
			return fmt.Errorf("root runs PostgreSQL as the user %s, and %s cannot enter %s; "+
				"put the data elsewhere (CRUDDUR_DATA_DIR=/var/lib/cruddur), or run cruddur as an ordinary user: %w",
				h.user.name, h.user.name, closed, err)
		}
	}
	return fmt.Errorf("root runs PostgreSQL as the user %s, and that does not work here; run cruddur as an ordinary user: %w", h.user.name, err)
}

// writeOwner writes the process id of the lock's holder into the lock file, for messages and for people.
func writeOwner(lock *os.File) {
	if lock.Truncate(0) == nil {
		_, _ = lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) // without it a message cannot name the process
	}
}

// holder returns " N" if the lock file names the process that holds it.
func holder(lock *os.File) string {
	b, _ := io.ReadAll(io.NewSectionReader(lock, 0, 20))
	if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
		return fmt.Sprintf(" (%d)", n)
	}
	return ""
}

// shellQuote quotes a path for a shell.
func shellQuote(path string) string {
	if path != "" && strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
