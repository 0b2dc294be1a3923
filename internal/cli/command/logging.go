package command

import (
	"bufio"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Logger returns a logger that writes to stderr in the format of CRUDDUR_LOG. A line waits in memory for at
// most 0.1 s, so that not each log line is a system call; the returned function writes the lines that still
// wait.
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
	_ = w.buffer.Flush() // without stderr the error cannot be reported
}

var _ io.Writer = (*lazyWriter)(nil)
