package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Addresses say where a server listens.
type Addresses struct {
	Main  string // host:port of pages and API
	Admin string // host:port of /metrics, /livez and /readyz; "" for none
	// TLSCert and TLSKey are PEM files; both or neither. With them HTTP/2 is spoken too.
	TLSCert, TLSKey string
}

// Listener holds the bound addresses of a server. Clients that connect before Run are queued by the system.
type Listener struct {
	main, admin net.Listener
	adminErr    error
}

// Listen binds the addresses. It comes before everything that takes long or changes something, so that a
// taken port is known at once. The metrics are not worth a server that does not start: without their address
// the server goes on, and AdminError says why they are missing.
func Listen(ctx context.Context, a Addresses) (*Listener, error) {
	var config *tls.Config
	if a.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(a.TLSCert, a.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("TLS: %w", err)
		}
		config = &tls.Config{
			Certificates: []tls.Certificate{pair},
			NextProtos:   []string{"h2", "http/1.1"},
			MinVersion:   tls.VersionTLS12,
		}
	}
	var lc net.ListenConfig
	main, err := lc.Listen(ctx, "tcp", a.Main)
	if err != nil {
		return nil, listenError(err, a.Main, "choose another address for the pages with --listen or CRUDDUR_LISTEN")
	}
	if config != nil {
		main = tls.NewListener(main, config)
	}
	l := &Listener{main: main}
	if a.Admin != "" {
		if l.admin, err = lc.Listen(ctx, "tcp", a.Admin); err != nil {
			l.adminErr = listenError(err, a.Admin, "choose another address for the metrics with CRUDDUR_ADMIN_LISTEN, or \"off\" for none")
		}
	}
	return l, nil
}

// AdminError says why the address of the metrics is not bound, and what to do; nil if it is, or if none is
// wanted.
func (l *Listener) AdminError() error { return l.adminErr }

// Addr is where pages and API are served.
func (l *Listener) Addr() net.Addr { return l.main.Addr() }

// Close gives the addresses back. After Run it does nothing.
func (l *Listener) Close() {
	l.main.Close()
	if l.admin != nil {
		l.admin.Close()
	}
}

// listenError says what to do where another program, most often a server that was forgotten, has the address.
func listenError(err error, address, other string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on %s already (%w)\nend it, or %s", address, err, other)
	}
	return fmt.Errorf("%w\n%s", err, other)
}
