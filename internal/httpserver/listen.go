package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Addresses are the addresses where a server listens.
type Addresses struct {
	Main  string // host:port of pages and API
	Admin string // host:port of /metrics, /livez and /readyz; "" for none
	Plain string // host:port that leads to Main by http; "" for none
	// TLSCert and TLSKey are PEM files; both or neither. With them the server also supports HTTP/2.
	TLSCert, TLSKey string
	// TLS, if set, is used instead of the two files.
	TLS *tls.Config
}

// Listener holds the bound addresses of a server. Clients that connect before Run are queued by the system.
type Listener struct {
	main, plain, admin net.Listener // plain and admin may be nil
	adminErr           error
}

// Listen binds the addresses. Call it before everything that takes long or changes something, so that a taken port is
// noticed at once. If the address of the metrics cannot be bound, the server still starts, and AdminError says why.
func Listen(ctx context.Context, a Addresses) (*Listener, error) {
	config := a.TLS
	if config == nil && a.TLSCert != "" {
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
	} else {
		main = gatherer{main}
	}
	l := &Listener{main: main}
	if a.Plain != "" {
		if l.plain, err = lc.Listen(ctx, "tcp", a.Plain); err != nil {
			main.Close()
			return nil, listenError(err, a.Plain, "choose another address for the redirect to https with CRUDDUR_HTTP_LISTEN, or \"off\" for none")
		}
	}
	if a.Admin != "" {
		if l.admin, err = lc.Listen(ctx, "tcp", a.Admin); err != nil {
			l.adminErr = listenError(err, a.Admin, "choose another address for the metrics with CRUDDUR_ADMIN_LISTEN, or \"off\" for none")
		}
	}
	return l, nil
}

// AdminError says why the address of the metrics is not bound, and what to do; nil if it is bound or not configured.
func (l *Listener) AdminError() error { return l.adminErr }

// Addr returns the address of pages and API.
func (l *Listener) Addr() net.Addr { return l.main.Addr() }

// PlainAddr returns the address that leads to https, or nil if there is none.
func (l *Listener) PlainAddr() net.Addr {
	if l.plain == nil {
		return nil
	}
	return l.plain.Addr()
}

// Close releases the addresses. After Run it does nothing.
func (l *Listener) Close() {
	for _, listener := range []net.Listener{l.main, l.plain, l.admin} {
		if listener != nil {
			listener.Close()
		}
	}
}

// listenError says what to do if another program, most often a forgotten server, has the address, or if the port is
// one of those below 1024, for which Linux wants a right.
func listenError(err error, address, other string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another program listens on %s already (%w)\nend it, or %s", address, err, other)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("this user may not listen on %s (%w)\nthe unit of \"cruddur service install\" has the right; otherwise give it to the program, as root: "+
			"setcap cap_net_bind_service=+ep \"$(readlink -f \"$(command -v cruddur)\")\"\nor %s", address, err, other)
	}
	return fmt.Errorf("%w\n%s", err, other)
}
