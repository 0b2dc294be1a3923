package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// launch starts postgres and waits until it accepts connections. The server inherits the lock, so it holds it
// until its last process has ended, even if cruddur is killed before.
func (s *Server) launch(ctx context.Context, bin string, settings map[string]string, lock *os.File) error {
	log, err := s.home.openLog()
	if err != nil {
		return err
	}
	begin := log.size()
	cmd := exec.Command(filepath.Join(bin, "postgres"), s.arguments(settings)...)
	cmd.Dir = s.home.data()
	cmd.Env = environ()
	cmd.Stdout, cmd.Stderr = log.file, log.file
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = s.home.user.attr()
	if err := makeUsers(s.socket, s.home.user); err != nil {
		log.file.Close()
		return err
	}
	if err := cmd.Start(); err != nil {
		log.file.Close()
		return err
	}
	s.process = cmd.Process
	end, err := s.home.keep(s.socket, cmd.Process.Pid)
	if err != nil { // otherwise the server would outlive a killed cruddur
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
		log.file.Close()
		return fmt.Errorf("keep the server: %w", err)
	}
	s.users = end
	go func() {
		err := cmd.Wait()
		s.over()
		s.ended(err, log, begin)
		s.removeSocketDir()
		lock.Close()
		s.home.close()
		close(s.gone)
		s.finish()
	}()
	if err := s.awaitReady(ctx); err != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		_ = s.Stop(end) // the caller needs err
		return err
	}
	go log.bound(s.done)
	return nil
}

// arguments returns the arguments of postgres: our settings, then the caller's, then the fixed ones.
func (s *Server) arguments(settings map[string]string) []string {
	// No JIT, whatever postgresql.conf says: our statements are too short for it, and a unit with
	// MemoryDenyWriteExecute lets each statement fail that is compiled.
	args := []string{"-D", s.home.data(), "-c", "listen_addresses=", "-c", "jit=off"}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return append(args,
		"-c", "unix_socket_directories="+s.socket, "-c", "unix_socket_permissions=0700", "-c", "port="+Port,
		"-c", "log_destination=stderr", "-c", "logging_collector=off", "-c", "external_pid_file=")
}

// awaitReady waits until the server has reported that it is ready, and answers.
func (s *Server) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	told := time.Now()
	for {
		select {
		case <-s.gone:
			return s.Err()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		pf, err := readPidFile(s.home.data())
		if err == nil && pf.pid == s.process.Pid && pf.ready() {
			err := ping(ctx, s.socket)
			if err == nil {
				return nil
			}
			if _, ok := errors.AsType[*serverError](err); ok {
				return err
			}
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			s.log.Info("waiting for the private PostgreSQL; after a crash it repairs itself first", "log", s.home.logPath())
		}
	}
}

// ended records why the server has stopped: nil if it was told to.
func (s *Server) ended(err error, log *logFile, begin int64) {
	defer log.file.Close()
	if s.stopping.Load() && err == nil {
		return
	}
	how := "was stopped from outside"
	if err != nil {
		how = "ended: " + err.Error()
	}
	s.fail(fmt.Errorf("the server of %s %s. The end of %s:\n%s", s.home.path, how, s.home.logPath(), log.since(begin)))
}

func (s *Server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// finish closes done, once.
func (s *Server) finish() { s.once.Do(func() { close(s.done) }) }

// Stop stops using the server. The last user, in whatever process, ends it with a fast shutdown, which ends
// sessions and needs no recovery afterwards, and waits for it. If ctx ends first, the shutdown continues. A
// second Stop waits for the same end.
func (s *Server) Stop(ctx context.Context) error {
	kept := s.using()
	others := s.leave()
	if s.attached {
		s.letGo()
		<-s.done
		if s.Err() != nil {
			return nil // it has stopped already
		}
		defer s.lock.Close()
		if others || !kept {
			return nil
		}
		return s.awaitUnused(ctx)
	}
	if others {
		s.left.Store(true)
		s.finish()
	}
	if s.left.Load() {
		return nil
	}
	s.stopping.Store(true)
	select {
	case <-s.gone:
		return nil
	default:
	}
	if err := s.process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("private PostgreSQL: stop process %d: %w", s.process.Pid, err)
	}
	select {
	case <-s.gone:
		return s.Err()
	case <-ctx.Done():
		return fmt.Errorf("private PostgreSQL: stopping, not yet stopped: %w", context.Cause(ctx))
	}
}

// using reports whether this process has an end of the pipe open.
func (s *Server) using() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users != nil
}

// watch ends s when the server that it is attached to has stopped: its postmaster.pid is missing or another
// server's, or the lock is free.
func (s *Server) watch(ctx context.Context, first pidFile) {
	defer s.finish()
	defer s.home.close()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n%240 == 0 { // once a minute; the process that started the server may have ended
			if log, err := s.home.openLog(); err == nil {
				log.file.Close() // opening the log shortens it if it is too long
			}
		}
		pf, err := readPidFile(s.home.data())
		same := err == nil && pf.pid == first.pid && pf.started == first.started
		unclear := err != nil && !errors.Is(err, fs.ErrNotExist) // for example no file descriptor is left
		if (same || unclear) && !s.lockFree() {
			continue
		}
		s.over()
		s.lock.Close()
		s.fail(fmt.Errorf("the server of %s, started by another process, has stopped", s.home.path))
		return
	}
}

// lockFree tries the lock and releases it.
func (s *Server) lockFree() bool {
	fd := int(s.lock.Fd())
	if syscall.Flock(fd, syscall.LOCK_SH|syscall.LOCK_NB) != nil {
		return false
	}
	syscall.Flock(fd, syscall.LOCK_UN)
	return true
}
