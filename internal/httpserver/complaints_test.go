package httpserver

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// exhausted is a listener of a process that has no file descriptor left for a while.
type exhausted struct {
	mu    sync.Mutex
	fails int
}

func (l *exhausted) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails--; l.fails < 0 {
		return nil, net.ErrClosed
	}
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
}

func (l *exhausted) Close() error   { return nil }
func (l *exhausted) Addr() net.Addr { return &net.TCPAddr{} }

// A process without file descriptors says so once, at level error, and what clients do wrong stays out of
// the log.
func TestAcceptErrorIsLogged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := New(Config{Log: slog.New(slog.NewTextHandler(&out, nil)), API: http.NotFoundHandler(), Web: http.NotFoundHandler()})
	server := s.server(context.Background(), http.NotFoundHandler())
	if err := server.Serve(&exhausted{fails: 4}); err == nil {
		t.Fatal("Serve() = nil")
	}
	server.ErrorLog.Print("http: TLS handshake error from 192.0.2.1:1234: EOF")
	log := out.String()
	if strings.Count(log, "\n") != 1 || !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "too many open files") || !strings.Contains(log, "ulimit -n") {
		t.Errorf("the log says:\n%s", log)
	}
}
