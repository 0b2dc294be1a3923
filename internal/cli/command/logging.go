package command

import (
	"bufio"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Logger writes to stderr as CRUDDUR_LOG says. The returned function writes what is still in memory; a
// line waits there for a tenth of a second at most, so that a log line is not a system call of its own.
func (p *Program) Logger() (*slog.Logger, func(), error) {
	format, err := p.Config.Text("CRUDDUR_LOG")
	if err != nil {
		return nil, nil, err
	}
	out := &lazyWriter{buffer: bufio.NewWriterSize(p.Stderr, 32<<10)}
	var h slog.Handler = slog.NewTextHandler(out, nil)
	if format == "json" {
		h = slog.NewJSONHandler(out, nil)
	}
	return slog.New(h), out.flush, nil
}

type lazyWriter struct {
	mu     sync.Mutex
	buffer *bufio.Writer
	timer  *time.Timer
	due    bool
}

func (w *lazyWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.due {
		w.due = true
		if w.timer == nil {
			w.timer = time.AfterFunc(100*time.Millisecond, w.flush)
		} else {
			w.timer.Reset(100 * time.Millisecond)
		}
	}
	return w.buffer.Write(b)
}

func (w *lazyWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = false
	_ = w.buffer.Flush() // where stderr is gone nobody can be told
}

var _ io.Writer = (*lazyWriter)(nil)
