package dbadmin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cruddur/internal/conninfo"
	"cruddur/internal/pgtest"
)

// remote is an Admin whose server seems to be at db.example.com: the real one stands behind the dialer,
// with an end of TLS in front where a certificate is given.
func remote(t *testing.T, options string, certificate *tls.Certificate) *Admin {
	t.Helper()
	real := pgtest.URL(t)
	info, err := conninfo.Parse(real)
	if err != nil {
		t.Fatal(err)
	}
	config, err := info.Config()
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	u := url.URL{Scheme: "postgresql", User: url.UserPassword(config.User, config.Password), Host: "db.example.com", Path: "/" + config.Database, RawQuery: options}
	a := admin(t, u.String())
	a.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		server, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil || certificate == nil {
			return server, err
		}
		client, front := net.Pipe()
		go terminate(front, server, *certificate)
		return client, nil
	}
	return a
}

// terminate is the server's end of TLS, as RDS Proxy or pgbouncer would be.
func terminate(front, server net.Conn, certificate tls.Certificate) {
	defer front.Close()
	defer server.Close()
	request := make([]byte, 8)
	if _, err := io.ReadFull(front, request); err != nil {
		return
	}
	if _, err := front.Write([]byte("S")); err != nil {
		return
	}
	secured := tls.Server(front, &tls.Config{Certificates: []tls.Certificate{certificate}})
	go io.Copy(server, secured)
	io.Copy(secured, server)
}

// selfSigned makes a certificate for a name, and the file of the authority that vouches for it.
func selfSigned(t *testing.T, name string) (*tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

func find(t *testing.T, list []Check, name string) Check {
	t.Helper()
	for _, c := range list {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("the doctor did not look at %s: %+v", name, list)
	return Check{}
}

func TestDoctorTLS(t *testing.T) {
	t.Parallel()
	good, ca := selfSigned(t, "db.example.com")
	other, otherCA := selfSigned(t, "other.example.com")
	for _, test := range []struct {
		name, options string
		certificate   *tls.Certificate
		status        CheckStatus
		found, fix    string
	}{
		{"off", "", nil, CheckFail, "off: password and data are sent over the network unencrypted", "sslmode=verify-full"},
		{"unverified", "sslmode=require", good, CheckWarn, "with sslmode=require the server's certificate is not verified", "sslmode=verify-full"},
		{"verified", "sslmode=verify-full&sslrootcert=" + ca, good, CheckOK, "TLS 1.3, verify-full", ""},
		{"another authority", "sslmode=verify-full&sslrootcert=" + otherCA, good, CheckFail, "certificate", "sslrootcert"},
		{"another name", "sslmode=verify-full&sslrootcert=" + otherCA, other, CheckFail, "other.example.com", "sslrootcert"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			list, err := remote(t, test.options, test.certificate).Doctor(t.Context(), Tools{}, DoctorOptions{Now: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			c := find(t, list, "tls")
			if c.Status != test.status || !strings.Contains(c.Found, test.found) || !strings.Contains(c.Fix, test.fix) {
				t.Errorf("tls: %+v", c)
			}
		})
	}
}

// A remote database that no one has marked is a finding, and its marker protects it.
func TestDoctorMarker(t *testing.T) {
	t.Parallel()
	a := remote(t, "sslmode=disable", nil)
	list, err := a.Doctor(t.Context(), Tools{}, DoctorOptions{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if c := find(t, list, "marker"); c.Status != CheckWarn || !strings.Contains(c.Found, "its host db.example.com is not this machine") {
		t.Errorf("marker: %+v", c)
	}
	m, err := a.Mark(t.Context(), nil)
	if err != nil || m == nil || m.Environment != "production" || !m.Protected {
		t.Errorf("Mark() = %+v, %v", m, err)
	}
	f, err := a.Fingerprint(t.Context())
	if err != nil || !f.Protected || len(f.Reasons) != 2 {
		t.Errorf("Fingerprint() = %+v, %v", f, err)
	}
}

// A server that takes the connection and says nothing is a firewall's work, and is said to be.
func TestDoctorNoAnswer(t *testing.T) {
	t.Parallel()
	a := admin(t, "postgresql://me@db.example.com/cruddur?connect_timeout=1&sslmode=disable")
	a.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	list, err := a.Doctor(t.Context(), Tools{}, DoctorOptions{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if c := find(t, list, "server"); c.Status != CheckFail || !strings.Contains(c.Fix, "cruddur rds allow-ip") {
		t.Errorf("server: %+v", c)
	}
}
