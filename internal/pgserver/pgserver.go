// Package pgserver finds, initialises, starts, attaches to and stops the private PostgreSQL of
// a cruddur that is given no other database. It must not know what the database is for: it
// runs no SQL, reads no option of the product and imports no other package of it. It must never
// delete or overwrite a data directory, whatever has gone wrong.
//
// The folder [Config.Dir] holds:
//
//	cruddur.lock   flock held by the process that runs the server, and by the server itself
//	data/          the cluster; appears by rename, so it is complete or absent
//	run/           the Unix socket, mode 0700 (elsewhere when the path is too long for one)
//	postgres.log   the server's log; bounded, with one predecessor postgres.log.1
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Superuser is the role that owns the private cluster and every database in it.
const Superuser = "cruddur"

// Port is part of the socket's file name. Nothing listens on it over TCP.
const Port = "5432"

// Config describes the private PostgreSQL. Only Dir is required.
type Config struct {
	Dir      string            // the folder for the data; if missing it is created, closed to other users
	Bin      string            // the folder of initdb and postgres; "" = search for it
	Settings map[string]string // extra server settings, which override postgresql.conf
	Log      *slog.Logger      // progress for the operator; nil = discard
	Existing bool              // only use an existing cluster: a mistyped folder must not become a new one
}

// NoClusterError says that Config.Existing is set and there is no cluster.
type NoClusterError struct{ Dir string }

// Error names the folder.
func (e *NoClusterError) Error() string { return "there is no private PostgreSQL in " + e.Dir }

// Server is a running private PostgreSQL, started by this process or only used by it.
type Server struct {
	home    *home
	socket  string      // the folder of the socket
	version int         // major
	process *os.Process // nil if attached
	log     *slog.Logger
	done    chan struct{} // closed by finish
	once    sync.Once
	gone    chan struct{} // closed when the process has ended; nil if attached

	made     bool // the cluster did not exist before
	attached bool
	pid      int      // if attached: the server's process id
	lock     *os.File // if attached: only for checking whether a process still holds it
	letGo    func()   // if attached: ends the watch

	stopping atomic.Bool
	left     atomic.Bool // this process has started the server and stopped using it, others still use it
	mu       sync.Mutex
	users    *os.File // this process's end of the pipe of users, or nil
	err      error
}

// busyError says that another process holds the lock and its server does not answer yet.
type busyError struct{ why string }

func (e *busyError) Error() string { return e.why }

// patience is how long Start waits for another process that holds the lock and neither answers nor releases
// it. Creating a cluster on a slow disk takes tens of seconds.
const patience = 2 * time.Minute

// Start returns a server that accepts connections: it creates the cluster if there is none, starts
// PostgreSQL, or attaches to the server that another process has started in c.Dir. If ctx ends before Start
// returns, the attempt ends and leaves nothing running; after that ctx has no effect. Several processes may
// call Start at the same moment, also after the process that ran the server has ended: one starts it and the
// others attach.
//
// A folder that cannot be used safely is refused with an error that says what to do, and is not changed. If
// PostgreSQL is not installed the error is a [*MissingError].
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s, err := start(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, c Config) (*Server, error) {
	if err := checkSettings(c.Settings); err != nil {
		return nil, err
	}
	dir, err := absolute(c.Dir)
	if err != nil {
		return nil, err
	}
	c.Dir = dir
	began, told := time.Now(), time.Now()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		s, err := startOrAttach(ctx, c, time.Since(began))
		busy, isBusy := errors.AsType[*busyError](err)
		if !isBusy {
			return s, err
		}
		if time.Since(began) > patience {
			return nil, fmt.Errorf("%w; if that process hangs, end it and start again", err)
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			c.Log.Info("waiting for the private PostgreSQL of another process", "why", busy.why)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(wait):
		}
	}
}

// startOrAttach makes one attempt.
func startOrAttach(ctx context.Context, c Config, waited time.Duration) (*Server, error) {
	h, err := openHome(c.Dir)
	if err != nil {
		return nil, err
	}
	lock, held, err := h.lock()
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	if !held {
		s, err := attach(ctx, c, h, lock, waited)
		if err != nil {
			lock.Close()
			h.close()
		}
		return s, err
	}
	s, err := own(ctx, c, h, lock)
	if err != nil {
		h.undo()
		lock.Close()
		h.close()
		return nil, err
	}
	return s, nil
}

// own starts the server of h; this process holds its lock.
func own(ctx context.Context, c Config, h *home, lock *os.File) (*Server, error) {
	if c.Existing && !h.exists {
		return nil, &NoClusterError{h.path}
	}
	made := !h.exists
	bin, major, err := h.binaries(c.Bin)
	if err != nil {
		return nil, err
	}
	if err := h.checkReach(ctx, bin); err != nil {
		return nil, err
	}
	writeOwner(lock)
	if !h.exists {
		if err := h.initialise(ctx, c, bin, major, lock); err != nil {
			return nil, err
		}
	}
	if err := h.clearStale(c.Log); err != nil {
		return nil, err
	}
	socket, err := h.socketDir()
	if err != nil {
		return nil, err
	}
	s := &Server{home: h, socket: socket, version: major, log: c.Log, done: make(chan struct{}), gone: make(chan struct{}), made: made}
	if err := s.launch(ctx, bin, c.Settings, lock); err != nil {
		return nil, err
	}
	c.Log.Debug("private PostgreSQL is ready", "version", major, "data", h.path,
		"another", "set CONNECTION_URL to use another server")
	return s, nil
}

// attach uses the server that the holder of the lock has started.
func attach(ctx context.Context, c Config, h *home, lock *os.File, waited time.Duration) (*Server, error) {
	pf, err := readPidFile(h.data())
	if err != nil {
		return nil, &busyError{fmt.Sprintf("another process%s is starting the server of %s", holder(lock), h.path)}
	}
	if !pf.ready() {
		return nil, &busyError{fmt.Sprintf("the server of %s, process %d, is %s", h.path, pf.pid, pf.status)}
	}
	end, err := joinUsers(pf.socket)
	if errors.Is(err, errNoKeeper) && waited > adoptAfter {
		end, err = h.keep(pf.socket, pf.pid)
	}
	if errors.Is(err, errNoKeeper) {
		return nil, &busyError{fmt.Sprintf("the server of %s, process %d, is stopping", h.path, pf.pid)}
	} else if err != nil {
		return nil, err
	}
	if err := h.checkKept(ctx, pf, end); err != nil {
		if end != nil {
			end.Close()
		}
		return nil, err
	}
	major, err := readVersion(h.data())
	if err != nil {
		return nil, err
	}
	watch, cancel := context.WithCancel(context.Background())
	s := &Server{
		home: h, socket: pf.socket, version: major, log: c.Log, done: make(chan struct{}),
		attached: true, pid: pf.pid, lock: lock, letGo: cancel, users: end,
	}
	go s.watch(watch, pf)
	c.Log.Debug("using the private PostgreSQL of another process", "version", major, "data", h.path, "pid", pf.pid)
	return s, nil
}

// checkKept checks that a server accepts queries. After that the pipe is tried once more: the last other user
// may have left just before this process came, and then the server is about to stop.
func (h *home) checkKept(ctx context.Context, pf pidFile, end *os.File) error {
	if err := ping(ctx, pf.socket); err != nil {
		return &busyError{fmt.Sprintf("the server of %s, process %d: %v", h.path, pf.pid, err)}
	}
	if end == nil {
		return nil
	}
	again, err := joinUsers(pf.socket)
	if err != nil || again == nil {
		return &busyError{fmt.Sprintf("the server of %s, process %d, is stopping", h.path, pf.pid)}
	}
	return again.Close()
}

// URL returns the connection string of a database of the server, for pgx and psql.
func (s *Server) URL(database string) string {
	return "postgresql:///" + escape(database) + "?host=" + escape(s.socket) + "&port=" + Port + "&user=" + Superuser
}

// escape percent-encodes in a way that libpq understands too: libpq does not read + as a space.
func escape(v string) string { return strings.ReplaceAll(url.QueryEscape(v), "+", "%20") }

// Attached reports whether another process has started the server.
func (s *Server) Attached() bool { return s.attached }

// Made reports whether Start has created the cluster.
func (s *Server) Made() bool { return s.made }

// Dir returns the absolute path of the folder that contains the data.
func (s *Server) Dir() string { return s.home.path }

// Version returns the server's major version, 15 or more.
func (s *Server) Version() int { return s.version }

// Done returns a channel that is closed when the server has stopped, by Stop or unexpectedly; then Start may
// be called again. For an attached server this takes up to half a second.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err returns nil while the server runs and after Stop; otherwise why it has stopped.
func (s *Server) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// absolute returns dir as an absolute path that fits into a line of postmaster.pid.
func absolute(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no folder for its data: set CRUDDUR_DATA_DIR or --data-dir")
	}
	if strings.ContainsAny(dir, "\n\r\x00") {
		return "", fmt.Errorf("%q cannot be its data folder: the path contains a line break", dir)
	}
	return filepath.Abs(dir)
}

// fixed are the settings that this package depends on.
var fixed = []string{"data_directory", "unix_socket_directories", "port", "logging_collector", "external_pid_file"}

func checkSettings(settings map[string]string) error {
	for _, name := range fixed {
		if _, ok := settings[name]; ok {
			return fmt.Errorf("setting %s cannot be changed", name)
		}
	}
	return nil
}
