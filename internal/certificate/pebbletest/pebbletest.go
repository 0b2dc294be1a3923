// Package pebbletest starts Pebble, the test server of Let's Encrypt, and a resolver that leads the domains of a test
// to this machine. Only _test files import it. Pebble is built from the module that pebble.mod names, so the product's
// own go.mod does not know it.
package pebbletest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// The ports of the challenges, where Let's Encrypt has 80 and 443.
const (
	HTTPPort = "5002"
	TLSPort  = "5001"
)

// Pebble is a certificate authority on a loopback address.
type Pebble struct {
	Directory string // its URL
	Root      string // a PEM file with the root of its own https

	host   string
	config string // its configuration file
	leads  atomic.Value
	dns    net.Listener
	log    buffer
	cmd    *exec.Cmd
	exited chan struct{}
}

// New prepares a Pebble on a loopback address that the test has for itself; Start starts it. Every domain leads to that
// address until Lead says another. Certificates live for the given time.
func New(t testing.TB, host string, life time.Duration) *Pebble {
	t.Helper()
	dir := t.TempDir()
	p := &Pebble{Directory: "https://" + host + ":14000/dir", Root: filepath.Join(dir, "cert.pem"), host: host, config: filepath.Join(dir, "config.json")}
	p.Lead(host)
	key := filepath.Join(dir, "key.pem")
	writeCertificate(t, host, p.Root, key)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": host + ":14000", "managementListenAddress": host + ":15000", "certificate": p.Root, "privateKey": key,
		"httpPort": 5002, "tlsPort": 5001, "keyAlgorithm": "ecdsa", "retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles": map[string]any{"default": map[string]any{"description": "the only one", "validityPeriod": int(life.Seconds())}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.config, config, 0o600); err != nil {
		t.Fatal(err)
	}
	if p.dns, err = net.Listen("tcp", host+":0"); err != nil {
		t.Fatal(err)
	}
	go p.resolve()
	t.Cleanup(func() {
		p.Stop()
		p.dns.Close()
		if t.Failed() {
			t.Logf("Pebble said:\n%s", p.log.String())
		}
	})
	return p
}

// Lead leads every domain to a loopback address from now on.
func (p *Pebble) Lead(host string) { p.leads.Store(host) }

// Issued returns how many certificates it has issued since New.
func (p *Pebble) Issued() int { return strings.Count(p.log.String(), "Issued certificate serial") }

// Said reports whether its log holds a text.
func (p *Pebble) Said(text string) bool { return strings.Contains(p.log.String(), text) }

// Start starts it and waits until it answers. After a Stop it knows no account and no order any more.
func (p *Pebble) Start(t testing.TB) *Pebble {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(program, "-config", p.config, "-dnsserver", p.dns.Addr().String())
	p.cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=5")
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	p.exited = exited
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // killed, mostly
		close(exited)
	}(p.cmd)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.pool(t)}, DisableKeepAlives: true}}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if res, err := client.Get(p.Directory); err == nil {
			res.Body.Close()
			return p
		}
		select {
		case <-exited:
			t.Fatalf("Pebble ended:\n%s", p.log.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("Pebble does not answer:\n%s", p.log.String())
		}
	}
}

// Stop stops it; New's address stays free for the next Start.
func (p *Pebble) Stop() {
	if p.cmd == nil {
		return
	}
	p.cmd.Process.Kill()
	<-p.exited
	p.cmd = nil
}

// Roots returns the authorities of the certificates that it issues. It must be running.
func (p *Pebble) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.pool(t)}, DisableKeepAlives: true}}
	res, err := client.Get("https://" + p.host + ":15000/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(b) {
		t.Fatalf("Pebble's root: %v, %s", err, b)
	}
	return pool
}

func (p *Pebble) pool(t testing.TB) *x509.CertPool {
	t.Helper()
	b, err := os.ReadFile(p.Root)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(b) {
		t.Fatalf("%s: %v", p.Root, err)
	}
	return pool
}

// resolve answers each question for an IPv4 address with the address that Lead said, and others with nothing. Pebble
// asks by TCP, where the length stands before a message (RFC 1035, 4.2.2).
func (p *Pebble) resolve() {
	for {
		conn, err := p.dns.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for {
				var length [2]byte
				if _, err := io.ReadFull(conn, length[:]); err != nil {
					return
				}
				question := make([]byte, binary.BigEndian.Uint16(length[:]))
				if _, err := io.ReadFull(conn, question); err != nil {
					return
				}
				answer, err := p.resolved(question)
				if err != nil {
					return
				}
				if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
					return
				}
			}
		}()
	}
}

func (p *Pebble) resolved(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.Additionals = true, nil
	for _, q := range m.Questions {
		if q.Type != dnsmessage.TypeA {
			continue
		}
		var a dnsmessage.AResource
		copy(a.A[:], net.ParseIP(p.leads.Load().(string)).To4())
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: &a})
	}
	return m.Pack()
}

func writeCertificate(t testing.TB, host, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.ParseIP(host)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// build builds Pebble once into the user's cache, for the tests of all packages.
var build = sync.OnceValues(func() (string, error) {
	top, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for top != "/" {
		if _, err := os.Stat(filepath.Join(top, "pebble.mod")); err == nil {
			break
		}
		top = filepath.Dir(top)
	}
	modules, err := os.ReadFile(filepath.Join(top, "pebble.mod"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	program := filepath.Join(cache, "cruddur-test", fmt.Sprintf("pebble-%x", sha256.Sum256(modules))[:20])
	if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(program+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	cmd := exec.Command(filepath.Join(top, "scripts", "go"), "build", "-modfile=pebble.mod", "-o", program+".part", "github.com/letsencrypt/pebble/v2/cmd/pebble")
	cmd.Dir = top
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build Pebble: %w\n%s", err, out)
	}
	return program, os.Rename(program+".part", program)
})

// buffer is a log that is written and read at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
