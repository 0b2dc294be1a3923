package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"cruddur/internal/request"
)

// Config configures a server. API and Web are required, and Listener for Run.
type Config struct {
	Listener       *Listener    // the addresses, which Listen has bound; Run closes them
	AdminListen    string       // the address of the metrics; if it is not loopback, /readyz gives no details
	API            http.Handler // everything under /api and /.well-known
	Web            http.Handler // everything else
	Plain          http.Handler // everything that arrives at the Listener's address for plain http, if it has one
	TrustedProxies []netip.Prefix
	// LocalOnly says that only this machine uses the server, so that a request for another name comes from a foreign
	// page (see localHost) and is refused.
	LocalOnly bool
	Log       *slog.Logger
	Refusals  *request.Refusals // if nil, New makes its own
	AccessLog bool              // a line for every request, at level info
	// Ready returns the reason why the process cannot work, or nil if it can. It is called at most twice a second in
	// total.
	Ready func(ctx context.Context) error
	// Collectors are metrics of other packages for /metrics.
	Collectors []prometheus.Collector
	// Listening is called once with the addresses, before the first request. admin is nil if there are no metrics.
	Listening func(main, admin net.Addr)
	// Streams are paths whose answers continue until the client disconnects or Draining is called: their handlers
	// have no deadline, and extend the write deadline themselves (http.ResponseController).
	Streams []string
	// Uploads, if set, reports whether a request brings pictures: it may be larger and take longer than others.
	Uploads func(*http.Request) bool
	// Draining is called when the server stops: streams should end now.
	Draining func()
	Now      func() time.Time

	// Timeouts, which tests set lower; zero means the default.
	HeaderTimeout  time.Duration // until the headers are read, 10 s
	ReadTimeout    time.Duration // until the body is read, 30 s
	WriteTimeout   time.Duration // until the answer is written, 60 s
	IdleTimeout    time.Duration // between two requests of a connection, 2 min
	QueryTimeout   time.Duration // for the handler of a GET or HEAD, 5 s: people wait no longer if the database is unreachable
	RequestTimeout time.Duration // for the handler of anything else, 20 s
	Drain          time.Duration // for the requests in flight at the end, 10 s
}

// Limits of what a client may send.
const (
	maxHeader = 32 << 10
	maxBody   = 64 << 10
	maxUpload = 34 << 20        // four pictures and a form
	uploading = 5 * time.Minute // 34 MB at 1 Mbit/s
)

// Server serves until the context of Run ends.
type Server struct {
	c        Config
	metrics  *metrics
	ready    *readiness
	draining atomic.Bool
}

// New returns a server; Run starts it.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Refusals == nil {
		c.Refusals = new(request.Refusals)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	for d, fallback := range map[*time.Duration]time.Duration{
		&c.HeaderTimeout: 10 * time.Second, &c.ReadTimeout: 30 * time.Second, &c.WriteTimeout: time.Minute,
		&c.IdleTimeout: 2 * time.Minute, &c.QueryTimeout: 5 * time.Second, &c.RequestTimeout: 20 * time.Second, &c.Drain: 10 * time.Second,
	} {
		if *d == 0 {
			*d = fallback
		}
	}
	s := &Server{c: c, metrics: newMetrics(c.Collectors)}
	s.ready = &readiness{ask: c.Ready, now: c.Now}
	return s
}

// Run serves until ctx ends; then it accepts no more connections, lets the requests in flight finish, and returns
// nil. It returns an error only if a listener fails.
func (s *Server) Run(ctx context.Context) error {
	main, plain, admin := s.c.Listener.main, s.c.Listener.plain, s.c.Listener.admin
	// Requests may outlive ctx by the time that draining takes.
	base := context.WithoutCancel(ctx)
	servers := []*http.Server{s.server(base, s.Handler())}
	listeners := []net.Listener{main}
	if plain != nil {
		servers, listeners = append(servers, s.server(base, s.c.Plain)), append(listeners, plain)
	}
	var adminAddr net.Addr
	if admin != nil {
		servers, listeners = append(servers, s.server(base, s.Admin())), append(listeners, admin)
		adminAddr = admin.Addr()
	}
	if s.c.Listening != nil {
		s.c.Listening(main.Addr(), adminAddr)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for i, server := range servers {
		group.Go(func() error {
			if err := server.Serve(listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", listeners[i].Addr(), err)
			}
			return nil
		})
	}
	group.Go(func() error {
		<-groupCtx.Done()
		s.drain(servers)
		return nil
	})
	return group.Wait()
}

// drain makes /readyz fail, stops the public server and, last, the admin server that reports it.
func (s *Server) drain(servers []*http.Server) {
	s.draining.Store(true)
	if s.c.Draining != nil {
		s.c.Draining()
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.c.Drain)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			s.c.Log.Warn("requests were cut off", "after", s.c.Drain, "err", err)
			_ = server.Close()
		}
	}
}

func (s *Server) server(base context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: s.c.HeaderTimeout,
		ReadTimeout:       s.c.ReadTimeout,
		WriteTimeout:      s.c.WriteTimeout,
		IdleTimeout:       s.c.IdleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       withConn,
		ErrorLog:          log.New(complaints{s.c}, "", 0),
	}
}

// isAPI reports whether a path belongs to the API, whose every answer is JSON.
func isAPI(path string) bool {
	return path == "/api" || strings.HasPrefix(path, "/api/") || path == "/.well-known/jwks.json" || strings.HasPrefix(path, "/avatars/")
}
