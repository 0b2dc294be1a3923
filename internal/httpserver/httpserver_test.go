package httpserver_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cruddur/internal/httpserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// safeBuffer is a log that many goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

type running struct {
	t           *testing.T
	addr, admin string
	log         *safeBuffer
	stop        context.CancelFunc
	done        chan error
	client      *http.Client
}

// start runs a server on a free port until the test ends.
func start(t *testing.T, c httpserver.Config) *running {
	t.Helper()
	r := &running{t: t, log: &safeBuffer{}, done: make(chan error, 1)}
	if c.Listener == nil {
		var err error
		if c.Listener, err = httpserver.Listen(t.Context(), httpserver.Addresses{Main: "127.0.0.1:0", Admin: "127.0.0.1:0"}); err != nil {
			t.Fatal(err)
		}
	}
	c.Log = slog.New(slog.NewTextHandler(r.log, nil))
	c.AccessLog = true
	if c.API == nil {
		c.API = http.NotFoundHandler()
	}
	if c.Web == nil {
		c.Web = http.NotFoundHandler()
	}
	ready := make(chan struct{})
	c.Listening = func(main, admin net.Addr) {
		if r.addr = main.String(); admin != nil {
			r.admin = admin.String()
		}
		close(ready)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { r.done <- httpserver.New(c).Run(ctx) }()
	transport := &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	r.client = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	t.Cleanup(func() {
		cancel()
		transport.CloseIdleConnections()
		if err := <-r.done; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-r.done:
		t.Fatal(err)
	}
	return r
}

func (r *running) get(url string, header ...string) (*http.Response, string) {
	r.t.Helper()
	return r.send("GET", url, nil, header...)
}

func (r *running) send(method, url string, body io.Reader, header ...string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res, string(b)
}

func text(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, s)
	})
}

func TestRouting(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{API: text("api"), Web: text("web")})
	for path, want := range map[string]string{
		"/api": "api", "/api/": "api", "/api/x": "api", "/.well-known/jwks.json": "api", "/": "web", "/apis": "web", "/x/api": "web", "/livez": "ok\n", "/readyz": "ok\n",
	} {
		if _, got := r.get("http://" + r.addr + path); got != want {
			t.Errorf("%s answers %q, want %q", path, got, want)
		}
	}
	if res, _ := r.get("http://" + r.addr + "/metrics"); res.StatusCode == 200 && res.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Error("the public listener serves metrics")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{API: text("api"), Web: text("web"), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	api, _ := r.get("http://" + r.addr + "/api/x")
	page, _ := r.get("http://" + r.addr + "/")
	other, _ := r.get("http://" + r.addr + "/")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "",
	} {
		if got := page.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if api.Header.Get("X-Content-Type-Options") != "nosniff" || api.Header.Get("Server") != "" {
		t.Errorf("header = %v", api.Header)
	}
	if a, b := page.Header.Get("X-Request-Id"), other.Header.Get("X-Request-Id"); len(a) != 16 || a == b {
		t.Errorf("request ids %q and %q", a, b)
	}
	behind, _ := r.get("http://"+r.addr+"/", "X-Forwarded-Proto: https", "X-Request-Id: forged")
	if got := behind.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=63072000") {
		t.Errorf("behind TLS: Strict-Transport-Security = %q", got)
	}
	if behind.Header.Get("X-Request-Id") == "forged" {
		t.Error("a client chooses its request id")
	}
}

// Whoever is told that we cannot now is told when to try again.
func TestUnavailableSaysWhen(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/own" {
			w.Header().Set("Retry-After", "7")
		}
		w.WriteHeader(503)
	})})
	for path, want := range map[string]string{"/": "5", "/own": "7"} {
		if res, _ := r.get("http://" + r.addr + path); res.Header.Get("Retry-After") != want {
			t.Errorf("%s: Retry-After = %q, want %s", path, res.Header.Get("Retry-After"), want)
		}
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	boom := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if strings.HasSuffix(r.URL.Path, "late") {
			io.WriteString(w, strings.Repeat("half an answer ", 1000))
			http.NewResponseController(w).Flush()
		}
		panic("secret=hunter2")
	})
	r := start(t, httpserver.Config{API: boom, Web: boom})
	for _, encoding := range []string{"identity", "gzip"} {
		res, body := r.get("http://"+r.addr+"/api/x", "Accept-Encoding: "+encoding)
		if res.StatusCode != 500 || body != `["internal"]` || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("api: %d %q %v", res.StatusCode, body, res.Header)
		}
		res, body = r.get("http://"+r.addr+"/x", "Accept-Encoding: "+encoding)
		if res.StatusCode != 500 || !strings.Contains(body, res.Header.Get("X-Request-Id")) || strings.Contains(body, "hunter2") {
			t.Errorf("page: %d %q", res.StatusCode, body)
		}
		req, _ := http.NewRequest("GET", "http://"+r.addr+"/late", nil)
		req.Header.Set("Accept-Encoding", encoding)
		if late, err := r.client.Do(req); err == nil {
			_, err = io.ReadAll(late.Body)
			late.Body.Close()
			if err == nil {
				t.Error("half an answer looks like a whole one")
			}
		}
	}
	if log := r.log.String(); !strings.Contains(log, "hunter2") || !strings.Contains(log, "httpserver_test.go") {
		t.Errorf("the log lacks the panic and its stack: %s", log)
	}
}

// No secret of a request stands in the log, and a client cannot forge a line.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{API: text("ok")})
	r.send("POST", "http://"+r.addr+"/api/x%0alevel=ERROR?code=123456&term=private", strings.NewReader(`{"password":"hunter2"}`),
		"Authorization: Bearer token-abc", "Cookie: session=cookie-abc")
	r.get("http://" + r.addr + "/livez")
	var log string
	for range 100 {
		if log = r.log.String(); log != "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, secret := range []string{"123456", "private", "hunter2", "token-abc", "cookie-abc", "\nlevel", "livez"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log contains %q: %s", secret, log)
		}
	}
	for _, part := range []string{"method=POST", `path="/api/x\nlevel=ERROR"`, "status=200", "bytes=2", "client=127.0.0.1", "request="} {
		if !strings.Contains(log, part) {
			t.Errorf("the log lacks %q: %s", part, log)
		}
	}
}

func TestReadyAndDrain(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	release, entered := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		select {
		case <-release:
			io.WriteString(w, "whole")
		case <-r.Context().Done():
			io.WriteString(w, "cut off")
		}
	})
	clock := struct {
		mu sync.Mutex
		t  time.Time
	}{t: time.Now()}
	r := start(t, httpserver.Config{
		Web: slow,
		Ready: func(context.Context) error {
			if down.Load() {
				return errors.New("away")
			}
			return nil
		},
		Now: func() time.Time {
			clock.mu.Lock()
			defer clock.mu.Unlock()
			clock.t = clock.t.Add(time.Second)
			return clock.t
		},
	})
	status := func(url string) (int, string) {
		res, _ := r.get(url)
		return res.StatusCode, res.Header.Get("Retry-After")
	}
	for _, base := range []string{r.addr, r.admin} {
		down.Store(false)
		if s, _ := status("http://" + base + "/readyz"); s != 200 {
			t.Errorf("ready: %d", s)
		}
		down.Store(true)
		if s, retry := status("http://" + base + "/readyz"); s != 503 || retry != "5" {
			t.Errorf("not ready: %d, Retry-After %q", s, retry)
		}
		if s, _ := status("http://" + base + "/livez"); s != 200 {
			t.Errorf("livez: %d", s)
		}
	}
	down.Store(false)
	body := make(chan string, 1)
	go func() {
		_, b := r.get("http://" + r.addr + "/slow")
		body <- b
	}()
	<-entered
	r.stop()
	for i := 0; ; i++ {
		if s, retry := status("http://" + r.admin + "/readyz"); s == 503 {
			if retry != "10" {
				t.Errorf("Retry-After = %q", retry)
			}
			break
		}
		if i == 200 {
			t.Fatal("readyz does not flip")
		}
		time.Sleep(5 * time.Millisecond)
	}
	for i := 0; ; i++ {
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			break
		}
		conn.Close()
		if i == 200 {
			t.Fatal("new connections are still taken")
		}
		time.Sleep(5 * time.Millisecond)
	}
	close(release)
	if b := <-body; b != "whole" {
		t.Errorf("the request in flight got %q", b)
	}
}

// A request that does not end is cut off when the time for draining is over.
func TestDrainEnds(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	r := start(t, httpserver.Config{Drain: 50 * time.Millisecond, Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})})
	go func() {
		if res, err := r.client.Get("http://" + r.addr + "/"); err == nil {
			res.Body.Close()
		}
	}()
	<-entered
	begun := time.Now()
	r.stop()
	err := <-r.done
	r.done <- err
	if took := time.Since(begun); took > 5*time.Second || err != nil {
		t.Errorf("Run() = %v after %v", err, took)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = "/api/activities/{uuid}"
		w.WriteHeader(404)
	})})
	r.get("http://" + r.addr + "/api/activities/some-secret-path")
	r.send("BREW", "http://"+r.addr+"/anything", nil)
	var got string
	for range 100 { // the figure is counted after the answer has gone
		if _, got = r.get("http://" + r.admin + "/metrics"); strings.Contains(got, "other") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, want := range []string{
		`cruddur_http_requests_total{method="GET",route="/api/activities/{uuid}",status="404"} 1`,
		`cruddur_http_requests_total{method="other",route="none",status="404"} 1`,
		`cruddur_http_request_duration_seconds_count{route="/api/activities/{uuid}"} 1`,
		"go_goroutines", "process_resident_memory_bytes",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(got, "some-secret-path") {
		t.Error("a path became a label")
	}
}
