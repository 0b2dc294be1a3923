package certificate_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur/internal/certificate"
	"cruddur/internal/certificate/pebbletest"
	"cruddur/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const domain = "cruddur.example"

// life is that of a certificate of Let's Encrypt.
const life = 90 * 24 * time.Hour

// oneLock is the lock of servers that share a folder.
type oneLock struct{ sync.Mutex }

func (l *oneLock) WithLock(ctx context.Context, _ string, fn func(context.Context) error) error {
	l.Lock()
	defer l.Unlock()
	return fn(ctx)
}

// later gives nobody the lock until it is open.
type later struct {
	certificate.Locker
	open chan struct{}
}

func (l *later) WithLock(ctx context.Context, name string, fn func(context.Context) error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-l.open:
		return l.Locker.WithLock(ctx, name, fn)
	}
}

// server is a Keeper at work, on the ports where Pebble looks.
type server struct {
	*certificate.Keeper
	t    *testing.T
	host string
	log  *lines
	stop func()
}

type options struct {
	store  certificate.Store
	locker certificate.Locker
	now    func() time.Time
	closed string // the port that does not answer, "" for none
}

func start(t *testing.T, p *pebbletest.Pebble, host string, o options) *server {
	t.Helper()
	b, err := os.ReadFile(p.Root)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(b)
	s := &server{t: t, host: host, log: &lines{}}
	s.Keeper = certificate.New(certificate.Config{
		Domain: domain, Email: "ada@cruddur.example", Directory: p.Directory, Roots: roots, Agent: "cruddur/test", Log: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	s.SetPause(func(int, error) time.Duration { return 20 * time.Millisecond })
	if o.now != nil {
		s.SetNow(o.now)
	}
	if o.locker == nil {
		o.locker = &oneLock{}
	}
	pages := &http.Server{TLSConfig: s.TLSConfig(), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("page")) }), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	plain := &http.Server{Handler: s.Plain("https://" + domain)}
	var closers []func()
	for port, server := range map[string]*http.Server{pebbletest.TLSPort: pages, pebbletest.HTTPPort: plain} {
		if port == o.closed {
			continue
		}
		l, err := net.Listen("tcp", host+":"+port)
		if err != nil {
			t.Fatal(err)
		}
		if server == pages {
			go server.ServeTLS(l, "", "")
		} else {
			go server.Serve(l)
		}
		closers = append(closers, func() { server.Close() })
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx, o.store, o.locker)
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
		for _, c := range closers {
			c()
		}
	})
	t.Cleanup(s.stop)
	return s
}

// lines is the log of a server.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// leaf connects as a browser that asks for a name, and returns the certificate that it gets.
func (s *server) leaf(name string) (*x509.Certificate, error) {
	conn, err := tls.Dial("tcp", s.host+":"+pebbletest.TLSPort, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

// await waits for a condition.
func (s *server) await(what string, holds func() bool) {
	s.t.Helper()
	for range 1000 {
		if holds() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("no %s:\n%s", what, s.log)
}

// served waits for a certificate with another serial number than before, and returns it.
func (s *server) served(before *x509.Certificate) (cert *x509.Certificate) {
	s.t.Helper()
	s.await("certificate", func() bool {
		var err error
		cert, err = s.leaf(domain)
		return err == nil && (before == nil || cert.SerialNumber.Cmp(before.SerialNumber) != 0)
	})
	return cert
}

func (s *server) said(text string) bool { return strings.Contains(s.log.String(), text) }

// plain asks port 80 and returns status, body and Location.
func (s *server) plain(method, path string) (status int, location string) {
	s.t.Helper()
	r, err := http.NewRequest(method, "http://"+s.host+":"+pebbletest.HTTPPort+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = "evil.example"
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode, res.Header.Get("Location")
}

func folder(t *testing.T) *certificate.Folder {
	t.Helper()
	f, err := certificate.OpenFolder(filepath.Join(t.TempDir(), "certificates"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The first start gets a certificate and keeps it for its owner's eyes only. No other name gets one.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	host := pgtest.LoopbackAddress(t)
	p := pebbletest.New(t, host, life).Start(t)
	dir := filepath.Join(t.TempDir(), "certificates")
	store, err := certificate.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, p, host, options{store: store})
	leaf := s.served(nil)
	for _, want := range []string{"ordering a certificate", "accepting the authority's terms", "there is a new certificate"} {
		if !s.said(want) {
			t.Errorf("the log does not say %q:\n%s", want, s.log)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: domain, Roots: p.Roots(t), Intermediates: s.intermediates()}); err != nil {
		t.Errorf("the certificate: %v", err)
	}
	for _, name := range []string{"CRUDDUR.example", "cruddur.example."} {
		if _, err := s.leaf(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"other.example", "www.cruddur.example", "example", ""} {
		if _, err := s.leaf(name); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
			t.Errorf("a client that asks for %q: %v", name, err)
		}
	}
	if status, location := s.plain("GET", "/@ada?page=2"); status != 301 || location != "https://"+domain+"/@ada?page=2" {
		t.Errorf("port 80 = %d to %s", status, location)
	}
	if status, _ := s.plain("POST", "/signin"); status != 400 {
		t.Errorf("a form sent to port 80: %d", status)
	}
	if status, _ := s.plain("GET", "/.well-known/acme-challenge/guessed"); status != 404 {
		t.Errorf("a guessed challenge: %d", status)
	}
	s.stop() // the answer to the challenge is removed after the certificate has come
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v; want the account and the certificate", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	if p.Issued() != 1 {
		t.Errorf("%d certificates were issued", p.Issued())
	}
}

// intermediates are the certificates that the server sends with its own.
func (s *server) intermediates() *x509.CertPool {
	s.t.Helper()
	conn, err := tls.Dial("tcp", s.host+":"+pebbletest.TLSPort, &tls.Config{ServerName: domain, InsecureSkipVerify: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	pool := x509.NewCertPool()
	for _, c := range conn.ConnectionState().PeerCertificates[1:] {
		pool.AddCert(c)
	}
	return pool
}

// Where port 80 does not answer, the domain is proved on port 443.
func TestFirstStartByALPN(t *testing.T) {
	t.Parallel()
	host := pgtest.LoopbackAddress(t)
	p := pebbletest.New(t, host, life).Start(t)
	s := start(t, p, host, options{store: folder(t), closed: pebbletest.HTTPPort})
	s.served(nil)
	if !s.said("prove by http-01 that cruddur.example leads here") {
		t.Errorf("the log does not say that port 80 is closed:\n%s", s.log)
	}
}

// A second server on the database uses the first one's certificate, and answers the authority for the one that has
// ordered, on whichever port it is asked.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	for name, closed := range map[string]string{"HTTP": "", "ALPN": pebbletest.HTTPPort} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			first, second := pgtest.LoopbackAddress(t), pgtest.LoopbackAddress(t)
			p := pebbletest.New(t, first, life).Start(t)
			o := options{store: db.CertificateStore(), locker: &later{Locker: db, open: make(chan struct{})}, closed: closed}
			a := start(t, p, first, o) // the domain leads to it, but it may not order yet
			b := start(t, p, second, options{store: o.store, locker: db})
			leaf := b.served(nil)
			close(o.locker.(*later).open)
			if other := a.served(nil); other.SerialNumber.Cmp(leaf.SerialNumber) != 0 {
				t.Errorf("the servers have different certificates, %v and %v", leaf.SerialNumber, other.SerialNumber)
			}
			if p.Issued() != 1 {
				t.Errorf("%d certificates were issued, want 1", p.Issued())
			}
		})
	}
}

// Thirty days before its end the certificate is renewed, by one server for all.
func TestRenewal(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	host := pgtest.LoopbackAddress(t)
	p := pebbletest.New(t, host, life).Start(t)
	o := options{store: db.CertificateStore(), locker: db}
	s := start(t, p, host, o)
	leaf := s.served(nil)
	s.stop()
	at := func(before time.Duration) func() time.Time {
		return func() time.Time { return leaf.NotAfter.Add(-before) }
	}
	o.now = at(30*24*time.Hour + time.Minute)
	s = start(t, p, host, o)
	if kept := s.served(nil); kept.SerialNumber.Cmp(leaf.SerialNumber) != 0 || p.Issued() != 1 {
		t.Errorf("a minute too early it was renewed")
	}
	s.stop()
	// From now on it may be renewed. The new one is issued by the real clock, and is due by the keeper's, which it says.
	o.now = at(30*24*time.Hour - time.Minute)
	s = start(t, p, host, o)
	s.served(leaf)
	s.await("word of the clock", func() bool { return s.said("is the clock of this machine right?") })
}

// While the directory is away, what is kept is served, and a warning says that it was not renewed.
func TestAwayWithCertificate(t *testing.T) {
	t.Parallel()
	host := pgtest.LoopbackAddress(t)
	p := pebbletest.New(t, host, life).Start(t)
	store := folder(t)
	s := start(t, p, host, options{store: store})
	leaf := s.served(nil)
	s.stop()
	p.Stop()
	s = start(t, p, host, options{store: store, now: func() time.Time { return leaf.NotAfter.Add(-time.Hour) }})
	s.await("warning", func() bool { return s.said("level=WARN msg=\"the certificate was not renewed; the kept one is served") })
	if kept := s.served(nil); kept.SerialNumber.Cmp(leaf.SerialNumber) != 0 {
		t.Error("it serves another certificate than the kept one")
	}
	if status, _ := s.plain("GET", "/"); status != 301 {
		t.Errorf("port 80: %d", status)
	}
}

// Without a kept certificate port 80 says so, and the certificate comes when the directory is back.
func TestAwayWithout(t *testing.T) {
	t.Parallel()
	host := pgtest.LoopbackAddress(t)
	p := pebbletest.New(t, host, life)
	s := start(t, p, host, options{store: folder(t)})
	s.await("error", func() bool {
		return s.said("level=ERROR msg=\"there is no certificate") && s.said("connection refused")
	})
	if status, _ := s.plain("GET", "/"); status != 503 {
		t.Errorf("port 80 = %d, want 503", status)
	}
	if _, err := s.leaf(domain); err == nil {
		t.Error("there is a certificate")
	}
	p.Start(t)
	s.served(nil)
	if status, _ := s.plain("GET", "/"); status != 301 {
		t.Errorf("port 80 = %d, want 301", status)
	}
}

// A kept certificate that has ended is none: port 80 says so.
func TestEnded(t *testing.T) {
	t.Parallel()
	host := pgtest.LoopbackAddress(t)
	p := pebbletest.New(t, host, life).Start(t)
	store := folder(t)
	s := start(t, p, host, options{store: store})
	leaf := s.served(nil)
	s.stop()
	p.Stop()
	s = start(t, p, host, options{store: store, now: func() time.Time { return leaf.NotAfter }})
	s.await("error", func() bool { return s.said("level=ERROR msg=\"there is no certificate") })
	if status, _ := s.plain("GET", "/"); status != 503 {
		t.Errorf("port 80 = %d, want 503", status)
	}
}
