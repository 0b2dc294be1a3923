package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
)

// transcript is what a command writes while the test reads it.
type transcript struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *transcript) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// serving is "cruddur serve" at work.
type serving struct {
	t      *testing.T
	stderr *transcript
	url    string
	stop   context.CancelFunc
	code   chan int
}

// serve starts the command with an environment and returns once it is listening.
func serve(t *testing.T, env map[string]string, args ...string) *serving {
	t.Helper()
	s := &serving{t: t, stderr: &transcript{}, code: make(chan int, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	getenv := func(name string) string {
		if v, ok := env[name]; ok {
			return v
		}
		return map[string]string{"CRUDDUR_LISTEN": "127.0.0.1:0", "CRUDDUR_ADMIN_LISTEN": "127.0.0.1:0"}[name]
	}
	go func() {
		s.code <- Run(ctx, append([]string{"serve"}, args...), getenv, strings.NewReader(""), io.Discard, s.stderr)
	}()
	t.Cleanup(func() { s.end() })
	s.url = s.await(regexp.MustCompile(`ready at (https?://\S+)`))
	return s
}

// await waits until stderr says something and returns its first group.
func (s *serving) await(re *regexp.Regexp) string {
	s.t.Helper()
	for range 12000 { // two minutes: an initdb on a slow disk, beside a whole test run
		if m := re.FindStringSubmatch(s.stderr.String()); m != nil {
			return m[len(m)-1]
		}
		select {
		case code := <-s.code:
			s.code <- code
			s.t.Fatalf("serve ended with %d:\n%s", code, s.stderr)
		case <-time.After(10 * time.Millisecond):
		}
	}
	s.t.Fatalf("serve does not say %v:\n%s", re, s.stderr)
	return ""
}

// end is Ctrl-C; it returns the exit code.
func (s *serving) end() int {
	s.stop()
	code := <-s.code
	s.code <- code
	return code
}

func (s *serving) get(path string) (status int, body, retry string) {
	s.t.Helper()
	client := http.Client{Timeout: 15 * time.Second}
	res, err := client.Get(s.url + path)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, s.stderr)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header.Get("Retry-After")
}

// recovered waits until everything works again. That is promised within five seconds; more is only logged,
// because it may be the machine's fault, up to twenty.
func (s *serving) recovered(since time.Time) {
	s.t.Helper()
	for {
		ready, _, _ := s.get("/readyz")
		home := 0
		if ready == 200 { // it would cost the limit of strangers' requests
			home, _, _ = s.get("/api/activities/home")
		}
		took := time.Since(since)
		if took > 20*time.Second {
			s.t.Fatalf("it does not recover within %v:\n%s", took, s.stderr)
		}
		if ready == 200 && home == 200 {
			if took > 5*time.Second {
				s.t.Logf("it took %v to recover", took)
			}
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// openDir is a folder that a server started as root for another user can reach.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cruddur-cli-")
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o711)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}

func TestServePrivate(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := serve(t, nil, "--data-dir", dir, "--demo")
	for path, want := range map[string]int{"/api/health-check": 200, "/api/activities/home": 200, "/readyz": 200, "/livez": 200, "/": 200} {
		if got, body, _ := s.get(path); got != want {
			t.Errorf("%s = %d %s", path, got, body)
		}
	}
	if !strings.Contains(s.stderr.String(), "its data in "+dir) {
		t.Errorf("it does not say where the data is:\n%s", s.stderr)
	}
	password := s.await(regexp.MustCompile(`sign in as demo@example.com with the password (\S+)`))
	res, err := http.Post(s.url+"/api/auth/signin", "application/json", strings.NewReader(fmt.Sprintf(`{"email":"demo@example.com","password":%q}`, password)))
	if err != nil {
		t.Fatal(err)
	}
	demoTalks(t, s.url, res)
	if _, home, _ := s.get("/api/activities/home"); home == "[]" {
		t.Error("--demo leaves nothing to look at")
	}
	box := s.await(regexp.MustCompile(`Mails are not sent but shown at (\S+)`))
	checkMailbox(t, s, box, dir)
	hostile(t, s)
	checkMetrics(t, s)
	pid := postmasterPID(t, dir)
	if code := s.end(); code != 0 {
		t.Errorf("Ctrl-C ends it with %d, want 0:\n%s", code, s.stderr)
	}
	if strings.Contains(s.stderr.String(), password+" ") || syscall.Kill(pid, 0) == nil {
		t.Errorf("PostgreSQL %d still runs", pid)
	}
	again := serve(t, nil, "--data-dir", dir, "--demo")
	if kept := again.await(regexp.MustCompile(`Mails are not sent but shown at \S+key=(\S+)`)); !strings.HasSuffix(box, "="+kept) {
		t.Errorf("after a restart the mailbox opens by another key than %s", box)
	}
	if kept := again.await(regexp.MustCompile(`sign in as demo@example.com with the password (\S+)`)); kept != password {
		t.Errorf("after a restart the demo member's password is printed as %s, not %s", kept, password)
	}
	if code := again.end(); code != 0 {
		t.Errorf("the second time: %d", code)
	}
}

// checkMetrics reads the operator's listener.
func checkMetrics(t *testing.T, s *serving) {
	t.Helper()
	page := s.metrics()
	for _, want := range []string{
		`cruddur_http_requests_total{method="GET",route="/api/activities/home",status="200"}`, "cruddur_purge_lag_seconds 0\n",
		"cruddur_db_up 1\n", "cruddur_db_pool_max 8\n", "cruddur_sweep_leader",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

// hostile sends over a real connection what no client of ours would, and finds the process unharmed.
func hostile(t *testing.T, s *serving) {
	t.Helper()
	client := http.Client{Timeout: 15 * time.Second}
	for name, c := range map[string]struct {
		body   func() io.Reader
		status int
		code   string
	}{
		"10MB":           {func() io.Reader { return bytes.NewReader(make([]byte, 10<<20)) }, 413, `["body_too_large"]`},
		"10MBUnmeasured": {func() io.Reader { return struct{ io.Reader }{bytes.NewReader(make([]byte, 10<<20))} }, 413, `["body_too_large"]`},
		"InvalidUTF8":    {func() io.Reader { return strings.NewReader("{\"email\":\"\xff\"}") }, 400, `["invalid_json"]`},
		"Deep":           {func() io.Reader { return strings.NewReader(strings.Repeat(`{"a":`, 10000)) }, 400, `["invalid_json"]`},
	} {
		res, err := client.Post(s.url+"/api/auth/signin", "application/json", c.body())
		if err != nil { // the server hangs up on a body that is too large, sometimes before its answer is read
			res, err = client.Post(s.url+"/api/auth/signin", "application/json", c.body())
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != c.status || string(b) != c.code {
			t.Errorf("%s = %d %s, %v, want %d %s", name, res.StatusCode, b, err, c.status, c.code)
		}
	}
	if status, _, _ := s.get("/api/health-check"); status != 200 {
		t.Errorf("afterwards: %d", status)
	}
}

func postmasterPID(t *testing.T, dir string) (pid int) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(b), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// A killed private server is restarted, and within five seconds after that requests work.
func TestServeRestartsPrivateServer(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := serve(t, nil, "--data-dir", dir)
	pid := postmasterPID(t, dir)
	syscall.Kill(pid, syscall.SIGQUIT)
	s.await(regexp.MustCompile(`the private PostgreSQL has stopped unexpectedly`))
	s.await(regexp.MustCompile(`the private PostgreSQL is running again`))
	s.recovered(time.Now())
	if again := postmasterPID(t, dir); again == pid {
		t.Error("it is still the same server")
	}
}

// A foreign server that goes away and comes back: 503 while it is away, all well within five seconds,
// without a restart. It may be away at the start, too.
func TestServeWithoutDatabase(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	server, err := pgserver.Start(t.Context(), pgserver.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	url := server.URL("cruddur")
	if err := postgres.EnsureDatabase(t.Context(), server.URL("postgres"), "cruddur"); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { stop() })
	stop()
	s := serve(t, map[string]string{"CONNECTION_URL": url}, "--migrate")
	away := func(when string) {
		t.Helper()
		for path, want := range map[string]string{"/api/activities/home": `["unavailable"]`, "/readyz": "the database does not answer\n"} {
			if status, body, retry := s.get(path); status != 503 || body != want || retry == "" {
				t.Errorf("%s: %s = %d %q, Retry-After %q", when, path, status, body, retry)
			}
		}
		if status, _, retry := s.get("/"); status != 503 || retry == "" {
			t.Errorf("%s: the page = %d, Retry-After %q", when, status, retry)
		}
		if status, _, _ := s.get("/livez"); status != 200 {
			t.Errorf("%s: livez = %d", when, status)
		}
	}
	away("at the start")
	for range 2 {
		if server, err = pgserver.Start(t.Context(), pgserver.Config{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		s.recovered(time.Now())
		stop()
		for range 200 { // an answer of /readyz is kept for half a second, the newest page for one
			if ready, _, _ := s.get("/readyz"); ready == 503 {
				if home, _, _ := s.get("/api/activities/home"); home == 503 {
					break
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		away("after it went")
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// An old schema on a server that is not ours is not touched.
func TestServeRefusesOldSchema(t *testing.T) {
	t.Parallel()
	server, err := pgserver.Start(t.Context(), pgserver.Config{Dir: openDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop(context.Background()) })
	env := map[string]string{"CONNECTION_URL": server.URL("postgres"), "CRUDDUR_LISTEN": "127.0.0.1:0", "CRUDDUR_ADMIN_LISTEN": "off"}
	stderr := &transcript{}
	code := Run(t.Context(), []string{"serve"}, func(name string) string { return env[name] }, strings.NewReader(""), io.Discard, stderr)
	if code != command.ExitPending || !strings.Contains(stderr.String(), "--migrate") {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
	env["CRUDDUR_ADMIN_LISTEN"] = "127.0.0.1:0"
	s := serve(t, env, "--migrate")
	if status, body, _ := s.get("/api/activities/home"); status != 200 {
		t.Errorf("home = %d %s", status, body)
	}
	if code := Run(t.Context(), []string{"serve", "--demo"}, func(name string) string { return env[name] }, strings.NewReader(""), io.Discard, stderr); code != command.ExitRefused {
		t.Errorf("--demo on a foreign database: exit code %d", code)
	}
}

func TestServeUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		code int
		says string
	}{
		"Listen":     {map[string]string{"CRUDDUR_LISTEN": "4567"}, command.ExitUsage, "host:port"},
		"Port":       {map[string]string{"CRUDDUR_LISTEN": "127.0.0.1:99999"}, command.ExitUsage, "host:port"},
		"HalfOfTLS":  {map[string]string{"CRUDDUR_TLS_CERT": "cert.pem"}, command.ExitUsage, "must be set together"},
		"Domain":     {map[string]string{"CRUDDUR_DOMAIN": "https://cruddur.example"}, command.ExitUsage, "without https://"},
		"DomainTLS":  {map[string]string{"CRUDDUR_DOMAIN": "cruddur.example", "CRUDDUR_TLS_CERT": "c.pem", "CRUDDUR_TLS_KEY": "k.pem"}, command.ExitUsage, "exclude each other"},
		"DomainHTTP": {map[string]string{"CRUDDUR_DOMAIN": "cruddur.example", "BACKEND_URL": "http://cruddur.example"}, command.ExitUsage, "must begin with https://"},
		"ACMERoot":   {map[string]string{"CRUDDUR_DOMAIN": "cruddur.example", "CRUDDUR_ACME_ROOT": "/nowhere.pem"}, command.ExitUsage, "CRUDDUR_ACME_ROOT"},
		"Directory":  {map[string]string{"CRUDDUR_DOMAIN": "cruddur.example", "CRUDDUR_ACME_DIRECTORY": "http://ca.example"}, command.ExitUsage, "https URL"},
		"Email":      {map[string]string{"CRUDDUR_DOMAIN": "cruddur.example", "CRUDDUR_ACME_EMAIL": "ada"}, command.ExitUsage, "want an address"},
		"Proxies":    {map[string]string{"CRUDDUR_TRUSTED_PROXIES": "10.0.0.0/8, everybody"}, command.ExitUsage, "everybody"},
		"AllProxies": {map[string]string{"CRUDDUR_TRUSTED_PROXIES": "0.0.0.0/0"}, command.ExitUsage, "trust everybody"},
		"BackendURL": {map[string]string{"BACKEND_URL": "cruddur.example"}, command.ExitUsage, "want a URL"},
		"Log":        {map[string]string{"CRUDDUR_LOG": "xml"}, command.ExitUsage, "text or json"},
		"Limit":      {map[string]string{"CRUDDUR_API_LIMIT": "-1"}, command.ExitUsage, "want a number"},
		"Database":   {map[string]string{"CONNECTION_URL": "postgresql://u:p@ss@h/db"}, command.ExitUsage, "two ways"},
	} {
		t.Run(name, func(t *testing.T) {
			stderr := &transcript{}
			getenv := func(k string) string {
				// Should a wrong setting be taken, nothing but this machine is asked or listened on.
				safe := map[string]string{"HOME": t.TempDir(), "CRUDDUR_LISTEN": "127.0.0.1:0", "CRUDDUR_HTTP_LISTEN": "127.0.0.1:0", "CRUDDUR_ADMIN_LISTEN": "off", "CRUDDUR_ACME_DIRECTORY": "https://127.0.0.1:1/dir"}
				return cmp.Or(c.env[k], safe[k])
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			code := Run(ctx, []string{"serve", "--data-dir", openDir(t)}, getenv, strings.NewReader(""), io.Discard, stderr)
			if code != c.code || !strings.Contains(stderr.String(), c.says) {
				t.Errorf("exit code %d, want %d:\n%s", code, c.code, stderr)
			}
			if strings.Contains(stderr.String(), "p@ss") {
				t.Errorf("a password is shown:\n%s", stderr)
			}
		})
	}
}
