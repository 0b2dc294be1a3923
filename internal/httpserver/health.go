package httpserver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cruddur/internal/request"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Admin returns the handler of the listener for operators. It must not be public: it has no authentication. On a
// loopback address it answers only requests for names of this machine.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", s.livez)
	mux.HandleFunc("GET /readyz", s.readyz)
	if !request.LocalHost(s.c.AdminListen) {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !localHost(r) {
			refuseHost(w, r, "CRUDDUR_ADMIN_LISTEN on another address answers to any name.")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// livez says that the process runs. It ignores the database, because a restart does not help if the database is
// unreachable.
func (s *Server) livez(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK, "ok\n") }

// readyz says whether requests should be sent here.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		w.Header().Set("Retry-After", "10")
		health(w, http.StatusServiceUnavailable, "draining\n")
		return
	}
	if err := s.ready.check(); err != nil {
		s.c.Refusals.Log(r.Context(), s.c.Log, slog.LevelWarn, "not ready", "not ready", "request", request.ID(r.Context()), "err", err)
		w.Header().Set("Retry-After", "5")
		health(w, http.StatusServiceUnavailable, notReady(err))
		return
	}
	health(w, http.StatusOK, "ok\n")
}

func health(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(text))
}

// notReady returns the public part of the reason why the process is not ready; the cause goes to the log. An error
// may add details with a method Public, a text without secrets.
func notReady(err error) string {
	if e, ok := errors.AsType[interface {
		error
		Public() string
	}](err); ok {
		return e.Public() + "\n"
	}
	return "the database does not answer\n"
}

// readiness caches an answer for half a second: /readyz is open to everybody and must not be usable to overload the
// database.
type readiness struct {
	ask func(context.Context) error
	now func() time.Time
	mu  sync.Mutex
	at  time.Time
	err error
}

func (r *readiness) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.at.IsZero() || now.Sub(r.at) >= 500*time.Millisecond || now.Before(r.at) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		r.err, r.at = r.ask(ctx), now
	}
	return r.err
}
