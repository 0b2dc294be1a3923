package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// usersName is a named pipe next to the socket. Every cruddur that uses the server holds an end of it open
// for writing, and a shell, the keeper, reads from it: when the last user has closed it, even by a crash, the
// keeper reads the end of the pipe and stops the server.
const usersName = "cruddur.users"

// keeperScript is the keeper: $1 is the server's process id, $2 its postmaster.pid. It closes the pipe before
// it stops the server, so that a process that comes later finds no reader. The word in the pipe says that the
// server has stopped already; the id in postmaster.pid says that it is still the same server.
const keeperScript = `read -r word; exec </dev/null; [ "$word" = over ] && exit; read -r pid <"$2"; [ "$pid" = "$1" ] && kill -INT "$1"`

// adoptAfter is how long a server may run without a keeper before another process gives it one. A server that
// is stopping has none either, but its postmaster.pid soon shows that.
const adoptAfter = 3 * time.Second

// makeUsers creates the pipe again: the users of an old one use a server that has stopped.
func makeUsers(dir string, user account) error {
	path := filepath.Join(dir, usersName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return fmt.Errorf("make the pipe %s: %w", path, err)
	}
	if user.drop {
		return os.Lchown(path, user.uid, user.gid)
	}
	return nil
}

// errNoKeeper says that no process reads from the pipe: the server is stopping, or its keeper was killed.
var errNoKeeper = errors.New("the server has no keeper")

// joinUsers opens this process's end of the pipe. If there is no pipe, as with a server started by an older
// cruddur, it returns nil.
func joinUsers(dir string) (*os.File, error) {
	end, err := os.OpenFile(filepath.Join(dir, usersName), os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return nil, errNoKeeper
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if info, err := end.Stat(); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		end.Close()
		return nil, fmt.Errorf("%s is not the pipe that cruddur makes; remove it", end.Name())
	}
	return end, nil
}

// keep starts the keeper of the server with the process id pid, and returns this process's end of the pipe.
func (h *home) keep(dir string, pid int) (*os.File, error) {
	// A reader first: a pipe without one cannot be opened for writing.
	fd, err := syscall.Open(filepath.Join(dir, usersName), syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	reader := os.NewFile(uintptr(fd), usersName)
	defer reader.Close()
	end, err := joinUsers(dir)
	if err != nil {
		return nil, err
	}
	keeper := exec.Command("/bin/sh", "-c", keeperScript, "sh", strconv.Itoa(pid), filepath.Join(h.data(), pidName))
	keeper.Stdin = reader
	keeper.Dir = "/"
	keeper.Env = environ()
	keeper.SysProcAttr = h.user.attr()
	if err := keeper.Start(); err != nil {
		end.Close()
		return nil, err
	}
	go keeper.Wait()
	return end, nil
}

// leave closes this process's end of the pipe and reports whether others still use the server. Without a pipe
// it reports none.
func (s *Server) leave() (others bool) {
	s.mu.Lock()
	end := s.users
	s.users = nil
	s.mu.Unlock()
	if end == nil {
		return false
	}
	// Between fork and exec a child of this process has the end open too.
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	// A pipe without a writer returns its end; one with a writer has no data yet.
	fd, err := syscall.Open(filepath.Join(s.socket, usersName), syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	end.Close()
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	_, err = syscall.Read(fd, make([]byte, 1))
	return errors.Is(err, syscall.EAGAIN)
}

// over tells the keeper that the server has stopped already: its process id may soon belong to another
// process.
func (s *Server) over() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users != nil {
		_, _ = s.users.WriteString("over\n") // an error does not matter if the keeper has ended
		s.users.Close()
		s.users = nil
	}
}

// awaitUnused stops a server that another process has started and that no process uses any more. The keeper
// does the same, if there is one.
func (s *Server) awaitUnused(ctx context.Context) error {
	if pf, err := readPidFile(filepath.Join(s.home.path, dataName)); err == nil && pf.pid == s.pid {
		syscall.Kill(s.pid, syscall.SIGINT)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !s.lockFree() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("private PostgreSQL: stopping, not yet stopped: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
	if syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		s.removeSocketDir()
	}
	return nil
}

// removeSocketDir removes a folder for the socket outside the server's own folder, after the server has
// stopped. The lock must be held: the next server puts its socket in the same place.
func (s *Server) removeSocketDir() {
	if filepath.Dir(s.socket) != s.home.path {
		os.Remove(filepath.Join(s.socket, usersName))
		os.Remove(s.socket) // only if it is empty
	}
}
