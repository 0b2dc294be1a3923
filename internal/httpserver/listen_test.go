package httpserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cruddur/internal/httpserver"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	l, err := httpserver.Listen(t.Context(), httpserver.Addresses{Main: "127.0.0.1:0", TLSCert: cert, TLSKey: key})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, httpserver.Config{Listener: l, Web: text("secure")})
	res, body := r.get("https://" + r.addr + "/")
	if res.ProtoMajor != 2 || body != "secure" || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %q %v", res.Proto, body, res.Header)
	}
	_, err = httpserver.Listen(t.Context(), httpserver.Addresses{Main: "127.0.0.1:0", TLSCert: key, TLSKey: key})
	if err == nil || !strings.HasPrefix(err.Error(), "TLS: ") {
		t.Errorf("with a wrong file: %v", err)
	}
}

func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600)
	return cert, key
}

func TestListenFails(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want := "another program listens on " + l.Addr().String()
	_, err = httpserver.Listen(t.Context(), httpserver.Addresses{Main: l.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "CRUDDUR_LISTEN") || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
}

// A port below 1024 without the right: the error says where the right comes from. (Whoever runs the tests may have it.)
func TestListenWithoutRight(t *testing.T) {
	t.Parallel()
	err := httpserver.ListenError(&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}, ":443", "choose another address")
	for _, want := range []string{"may not listen on :443", "setcap cap_net_bind_service=+ep", "cruddur service install", "or choose another address"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

// The address for plain http has a handler of its own; where it cannot be bound, nothing is.
func TestPlain(t *testing.T) {
	t.Parallel()
	l, err := httpserver.Listen(t.Context(), httpserver.Addresses{Main: "127.0.0.1:0", Plain: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, httpserver.Config{Listener: l, Web: text("page"), Plain: text("elsewhere")})
	if _, body := r.get("http://" + l.PlainAddr().String() + "/"); body != "elsewhere" {
		t.Errorf("plain http: %q", body)
	}
	if _, body := r.get("http://" + r.addr + "/"); body != "page" {
		t.Errorf("the pages: %q", body)
	}
	_, err = httpserver.Listen(t.Context(), httpserver.Addresses{Main: "127.0.0.1:0", Plain: l.PlainAddr().String()})
	if err == nil || !strings.Contains(err.Error(), "CRUDDUR_HTTP_LISTEN") || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
}

// TestNoMetrics: a server goes on where the address of its metrics is taken, and says how to have them.
func TestNoMetrics(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, admin := range map[string]string{"Taken": taken.Addr().String(), "NotHere": "192.0.2.1:4568"} {
		t.Run(name, func(t *testing.T) {
			l, err := httpserver.Listen(t.Context(), httpserver.Addresses{Main: "127.0.0.1:0", Admin: admin})
			if err != nil {
				t.Fatal(err)
			}
			if err := l.AdminError(); err == nil || !strings.Contains(err.Error(), admin) || !strings.Contains(err.Error(), "metrics with CRUDDUR_ADMIN_LISTEN") {
				t.Errorf("AdminError() = %v", err)
			}
			r := start(t, httpserver.Config{Listener: l, Web: text("page")})
			if res, body := r.get("http://" + r.addr + "/"); body != "page" || r.admin != "" {
				t.Errorf("%s %q, metrics at %q", res.Status, body, r.admin)
			}
		})
	}
}

// TestListenFirst: who connects before Run is answered by it, and Close gives the address back.
func TestListenFirst(t *testing.T) {
	t.Parallel()
	listen := func(address string) *httpserver.Listener {
		t.Helper()
		l, err := httpserver.Listen(t.Context(), httpserver.Addresses{Main: address})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	first := listen("127.0.0.1:0")
	first.Close()
	l := listen(first.Addr().String())
	early, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	start(t, httpserver.Config{Listener: l, Web: text("page")})
	fmt.Fprint(early, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
	if answer, err := io.ReadAll(early); !strings.HasSuffix(string(answer), "page") {
		t.Errorf("the early client got %q, %v", answer, err)
	}
}
