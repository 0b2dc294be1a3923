package pgserver

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// logLimit is the size in bytes at which the log becomes postgres.log.1.
const logLimit = 8 << 20

// logFile is the server's log. The server appends to it directly, so that nothing is lost if cruddur is
// killed, and so that it can be shortened while the server runs.
type logFile struct {
	home  *home
	file  *os.File
	limit int64
}

func (h *home) logPath() string { return filepath.Join(h.path, logName) }

func (h *home) openLog() (*logFile, error) {
	f, err := h.create(logName, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	l := &logFile{home: h, file: f, limit: logLimit}
	return l, l.cut()
}

func (l *logFile) size() int64 {
	info, err := l.file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// bound keeps the log within its limit until done.
func (l *logFile) bound(done <-chan struct{}) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			_ = l.cut() // the next tick tries again
		}
	}
}

// cut moves the end of a log that is too long to postgres.log.1 and empties the log.
func (l *logFile) cut() error {
	size := l.size()
	if size <= l.limit {
		return nil
	}
	// Only one of several processes shortens it.
	if syscall.Flock(int(l.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil
	}
	defer syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	l.home.root.Remove(logName + ".1")
	old, err := l.home.create(logName+".1", os.O_WRONLY)
	if err != nil {
		return err
	}
	defer old.Close()
	if _, err := io.Copy(old, io.NewSectionReader(l.file, size-l.limit, l.limit)); err != nil {
		return err
	}
	return l.file.Truncate(0)
}

// LogSize returns the size of the server's log in bytes, for Complaint.
func (s *Server) LogSize() int64 {
	info, err := s.home.root.Stat(logName)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Complaint returns the worst line that the server has logged after begin: a panic, else a fatal error, else
// an error; "" if there is none.
func (s *Server) Complaint(begin int64) string {
	b, err := s.home.root.ReadFile(logName)
	if err != nil || int64(len(b)) < begin {
		return ""
	}
	for _, severity := range []string{"PANIC:  ", "FATAL:  ", "ERROR:  "} {
		for line := range strings.SplitSeq(string(b[begin:]), "\n") {
			_, text, ok := strings.Cut(line, severity)
			if ok && !strings.Contains(text, "the database system is") && !strings.Contains(text, "terminating connection") {
				return strings.TrimSuffix(severity, "  ") + " " + text
			}
		}
	}
	return ""
}

// since returns the last lines that were logged after begin.
func (l *logFile) since(begin int64) string {
	size := l.size()
	if size < begin {
		begin = 0
	}
	begin = max(begin, size-16<<10)
	b, _ := io.ReadAll(io.NewSectionReader(l.file, begin, size-begin))
	return lastLines(b)
}

// lastLines returns the end of a program's output, indented for an error.
func lastLines(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	lines = lines[max(0, len(lines)-12):]
	return "  " + strings.Join(lines, "\n  ")
}
