package cli

import (
	"context"
	"crypto/tls"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cruddur/internal/certificate/pebbletest"
	"cruddur/internal/cli/command"
	"cruddur/internal/pgtest"
)

// TestServeDomain: a domain and an address are enough for https.
func TestServeDomain(t *testing.T) {
	t.Parallel()
	host, dir := pgtest.LoopbackAddress(t), openDir(t)
	p := pebbletest.New(t, host, 90*24*time.Hour).Start(t)
	env := map[string]string{
		"CRUDDUR_DOMAIN": "cruddur.example", "CRUDDUR_ACME_EMAIL": "ada@cruddur.example",
		"CRUDDUR_ACME_DIRECTORY": p.Directory, "CRUDDUR_ACME_ROOT": p.Root,
		"CRUDDUR_LISTEN": host + ":" + pebbletest.TLSPort, "CRUDDUR_HTTP_LISTEN": host + ":" + pebbletest.HTTPPort, "CRUDDUR_ADMIN_LISTEN": "off",
	}
	s := serve(t, env, "--data-dir", dir)
	if s.url != "https://cruddur.example" {
		t.Errorf("it is ready at %s", s.url)
	}
	s.healthy(env)
	client := browser(p, host, t)
	res, err := client.Get("http://cruddur.example/signin?next=%2F")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 200 || res.Request.URL.String() != "https://cruddur.example/signin?next=%2F" || res.ProtoMajor != 2 ||
		!strings.HasPrefix(res.Header.Get("Strict-Transport-Security"), "max-age=") || !strings.Contains(string(body), "<form") {
		t.Errorf("%s %s at %s, %v: %.300s", res.Proto, res.Status, res.Request.URL, err, body)
	}
	err = filepath.WalkDir(filepath.Join(dir, "certificates"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	p.Stop()
	serve(t, env, "--data-dir", dir).healthy(env) // with the kept certificate
}

// healthy waits until "cruddur health" with the same environment is content.
func (s *serving) healthy(env map[string]string) {
	s.t.Helper()
	var errs transcript
	for range 1000 {
		code := Run(context.Background(), []string{"health"}, func(name string) string { return env[name] }, strings.NewReader(""), io.Discard, &errs)
		if code == command.ExitOK {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("it does not become healthy: %.1000s\n%s", errs.String(), s.stderr)
}

// browser believes Pebble, and finds every name at host.
func browser(p *pebbletest.Pebble, host string, t *testing.T) *http.Client {
	ports := map[string]string{"80": pebbletest.HTTPPort, "443": pebbletest.TLSPort}
	return &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: p.Roots(t)},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(address)
			return new(net.Dialer).DialContext(ctx, network, host+":"+ports[port])
		},
	}}
}
