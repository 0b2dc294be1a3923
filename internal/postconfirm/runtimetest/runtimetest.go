// Package runtimetest is a small AWS Lambda Runtime API (version 2018-06-01) for tests: it sends events to a function
// and receives the answers. Only _test files import it; it must not depend on what the function does.
package runtimetest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Server is a Runtime API on loopback.
type Server struct {
	Addr   string // for AWS_LAMBDA_RUNTIME_API: host:port
	events chan *invocation
	serial atomic.Int64
	open   atomic.Pointer[invocation] // the event that the function is processing
	asked  chan struct{}              // closed when the function asks for its first event
	first  atomic.Bool
}

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	done     chan Result
}

// Result is the function's answer to one event.
type Result struct {
	Body   string // the answer, or the JSON of the error
	Failed bool
}

// New starts a Runtime API that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{events: make(chan *invocation), asked: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", s.answer(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", s.answer(true))
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	s.Addr = strings.TrimPrefix(server.URL, "http://")
	return s
}

// Asked is closed when the function has asked for its first event: its initialisation is done.
func (s *Server) Asked() <-chan struct{} { return s.asked }

// Invoke sends the function one event with its time limit, and waits for the answer until ctx ends.
func (s *Server) Invoke(ctx context.Context, payload string, timeout time.Duration) (Result, error) {
	in := &invocation{
		id:       fmt.Sprintf("request-%d", s.serial.Add(1)),
		payload:  []byte(payload),
		deadline: time.Now().Add(timeout),
		done:     make(chan Result, 1),
	}
	select {
	case s.events <- in:
	case <-ctx.Done():
		return Result{}, fmt.Errorf("the function asks for no event: %w", ctx.Err())
	}
	select {
	case r := <-in.done:
		return r, nil
	case <-ctx.Done():
		return Result{}, fmt.Errorf("the function does not answer: %w", ctx.Err())
	}
}

func (s *Server) next(w http.ResponseWriter, r *http.Request) {
	if s.first.CompareAndSwap(false, true) {
		close(s.asked)
	}
	select {
	case in := <-s.events:
		s.open.Store(in)
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", in.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:ca-central-1:123456789012:function:cruddur-post-confirm")
		w.Header().Set("Content-Type", "application/json")
		w.Write(in.payload)
	case <-r.Context().Done():
	}
}

func (s *Server) answer(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		in := s.open.Load()
		if err != nil || in == nil || in.id != r.PathValue("id") {
			http.Error(w, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		in.done <- Result{Body: string(body), Failed: failed}
		s.open.CompareAndSwap(in, nil)
	}
}
