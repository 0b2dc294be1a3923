package httpserver

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"cruddur/internal/request"
)

// These header values are shared; never modify them.
var (
	headerNoSniff     = []string{"nosniff"}
	headerReferrer    = []string{"same-origin"}
	headerFrames      = []string{"DENY"}
	headerOpener      = []string{"same-origin"}
	headerPermissions = []string{"camera=(), geolocation=(), microphone=(), payment=(), usb=()"}
	headerHSTS        = []string{"max-age=63072000"}
	headerRetry       = []string{"5"}
	headerEncoding    = []string{"Accept-Encoding"}
)

// Handler returns the handler of the public listener: health, API and pages behind the middleware.
func (s *Server) Handler() http.Handler {
	compressed := &compressor{next: http.HandlerFunc(s.route)}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, compressed) })
}

func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case s.c.LocalOnly && !localHost(r) && path != "/livez" && path != "/readyz":
		r.Pattern = "none"
		s.c.Refusals.Log(r.Context(), s.c.Log, slog.LevelWarn, "host unknown",
			"refused a request for a name that is not this machine's; if people use it, set BACKEND_URL to its address", "host", r.Host)
		refuseHost(w, r, "If people use another one, set BACKEND_URL to its address.")
	case isAPI(path):
		s.c.API.ServeHTTP(w, r)
	case path == "/livez":
		r.Pattern = path
		s.livez(w, r)
	case path == "/readyz":
		r.Pattern = path
		s.readyz(w, r)
	default:
		h := w.Header()
		h["Referrer-Policy"] = headerReferrer
		h["X-Frame-Options"] = headerFrames
		h["Cross-Origin-Opener-Policy"] = headerOpener
		h["Permissions-Policy"] = headerPermissions
		s.c.Web.ServeHTTP(w, r)
	}
}

// serve is the whole middleware in one function and one wrapper: it prepares a request before it is handled, and logs
// and counts it afterwards.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	begun := time.Now()
	client, secure := request.Origin(r, s.c.TrustedProxies)
	info := request.Info{ID: newID(), Client: client, Secure: secure}
	ctx, cancel := s.deadline(request.With(r.Context(), info), r)
	defer cancel()
	out := &response{ResponseWriter: w}
	if r.Method != http.MethodHead { // which sends no body
		out.conn, _ = r.Context().Value(connKey{}).(*gathered)
	}
	h := w.Header()
	h["X-Request-Id"] = []string{info.ID}
	h["X-Content-Type-Options"] = headerNoSniff
	h["Vary"] = headerEncoding
	if secure {
		h["Strict-Transport-Security"] = headerHSTS
	}
	r = r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(w, r.Body, s.mostBody(w, r))
	}
	defer s.finish(out, r, info, begun)
	next.ServeHTTP(out, r)
	s.readRest(r)
}

// readRest reads what is left of an upload that was answered before it had come, such as one for which there is no room now.
// Otherwise the connection would be closed while the client still writes, and it would see that instead of the
// answer. A client that waits for "100 Continue" reads the answer first.
func (s *Server) readRest(r *http.Request) {
	if s.uploads(r) && r.ContentLength <= maxUpload && r.Header.Get("Expect") == "" {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// deadline limits the time of a handler; reads fail sooner than writes.
func (s *Server) deadline(ctx context.Context, r *http.Request) (context.Context, context.CancelFunc) {
	switch {
	case slices.Contains(s.c.Streams, r.URL.Path):
		return context.WithCancel(ctx)
	case s.uploads(r):
		return context.WithTimeout(ctx, uploading+s.c.RequestTimeout)
	}
	limit := s.c.RequestTimeout
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		limit = s.c.QueryTimeout
	}
	l := newLimited(ctx, limit)
	return l, l.end
}

func (s *Server) uploads(r *http.Request) bool { return s.c.Uploads != nil && s.c.Uploads(r) }

// mostBody returns how much of a body is read, and gives an upload the time that a slow line needs.
func (s *Server) mostBody(w http.ResponseWriter, r *http.Request) int64 {
	if !s.uploads(r) {
		return maxBody
	}
	// An error means a connection without deadlines, as in tests.
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(uploading))
	_ = c.SetWriteDeadline(time.Now().Add(uploading + s.c.WriteTimeout))
	return maxUpload
}

// finish counts and logs a request, also one that panicked.
func (s *Server) finish(out *response, r *http.Request, info request.Info, begun time.Time) {
	p := recover()
	if p != nil && p != http.ErrAbortHandler {
		s.c.Log.Error("panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()), "request", info.ID)
		if out.status == 0 {
			answerPanic(out, r)
			p = nil
		}
	}
	status := out.status
	if status == 0 {
		status = http.StatusOK
	}
	took := time.Since(begun)
	s.metrics.observe(r, status, took)
	if s.c.AccessLog && r.Pattern != "/livez" && r.Pattern != "/readyz" {
		s.logRequest(r, info, status, out.bytes, took)
	}
	if p != nil {
		panic(http.ErrAbortHandler) // a partial answer must not look complete
	}
}

func answerPanic(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if isAPI(r.URL.Path) {
		h.Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		w.Write([]byte(`["internal"]`))
		return
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, "Something went wrong on our side. If you tell the operator, give this number: %s\n", request.ID(r.Context()))
}

// newID returns 64 random bits: enough to find a request in a log, and not a secret.
func newID() string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i, n := 0, rand.Uint64(); i < len(b); i, n = i+1, n>>4 {
		b[i] = digits[n&0xf]
	}
	return string(b[:])
}

// response records a handler's status and the number of bytes.
type response struct {
	http.ResponseWriter
	status int
	bytes  int64
	conn   *gathered // nil: the parts of an answer cannot be gathered
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		if h := w.Header(); status == http.StatusServiceUnavailable && len(h["Retry-After"]) == 0 {
			h["Retry-After"] = headerRetry
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.conn != nil && w.bytes == 0 && len(b) > netHTTPBuffer && w.whole(len(b)) {
		w.conn.follows()
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// whole reports whether n bytes are all of an answer with a body.
func (w *response) whole(n int) bool {
	length := w.Header()["Content-Length"]
	return w.status == http.StatusOK && len(length) == 1 && length[0] == strconv.Itoa(n)
}

// Unwrap lets http.ResponseController through.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
