package httpserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
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
	r := start(t, httpserver.Config{TLSCert: cert, TLSKey: key, Web: text("secure")})
	res, body := r.get("https://" + r.addr + "/")
	if res.ProtoMajor != 2 || body != "secure" || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %q %v", res.Proto, body, res.Header)
	}
	err := httpserver.New(httpserver.Config{Listen: "127.0.0.1:0", TLSCert: key, TLSKey: key, API: text(""), Web: text("")}).Run(t.Context())
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
	c := httpserver.Config{Listen: l.Addr().String(), API: text(""), Web: text("")}
	want := "another program listens on " + l.Addr().String()
	err = httpserver.New(c).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "CRUDDUR_LISTEN") || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
	c.Listen, c.AdminListen = "127.0.0.1:0", l.Addr().String()
	err = httpserver.New(c).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "metrics with CRUDDUR_ADMIN_LISTEN") {
		t.Errorf("a taken port of the metrics: %v", err)
	}
}
