package clitest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"cruddur/internal/pgserver"
	"cruddur/internal/rds/awsfake"
)

// Front is a proxy that does what RDS does before PostgreSQL: TLS, and with IAM the check of the token. A
// real server behind it checks passwords itself.
type Front struct {
	t      *testing.T
	Addr   string
	CA     string // the PEM file to trust
	socket string // the real server's
	tls    *tls.Config
	iam    bool

	Late    atomic.Int64 // added to its clock, in seconds
	Tokens  atomic.Int64 // accepted
	Refused atomic.Int64
}

// NewFront starts a real server with the role app, whose password must be given, and the front in front of
// it.
func NewFront(t *testing.T, iam bool) (*Front, *pgx.Conn) {
	t.Helper()
	dir, err := os.MkdirTemp("", "cruddur-rotation-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { // under root the server runs as another user, who must be able to enter
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	server, err := pgserver.Start(t.Context(), pgserver.Config{Dir: filepath.Join(dir, "data"), Bin: os.Getenv("CRUDDUR_POSTGRES_BIN")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	admin, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(context.Background()) })
	f := &Front{t: t, iam: iam, socket: filepath.Join(admin.Config().Host, ".s.PGSQL."+pgserver.Port)}
	method := map[bool]string{false: "password", true: "trust"}[iam]
	var hba string
	if err := admin.QueryRow(t.Context(), "show hba_file").Scan(&hba); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hba, []byte("local all app "+method+"\nlocal all all trust\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"create role app login password 'password-0'", "select pg_reload_conf()"} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	f.listen(dir)
	return f, admin
}

// listen makes a certificate for localhost and accepts connections.
func (f *Front) listen(dir string) {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		f.t.Fatal(err)
	}
	f.CA = filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(f.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	f.Addr = fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port)
	f.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
}

func (f *Front) serve(raw net.Conn) {
	defer raw.Close()
	hello := make([]byte, 8) // SSLRequest
	if _, err := io.ReadFull(raw, hello); err != nil {
		return
	}
	if !bytes.Equal(hello[4:], []byte{0x04, 0xd2, 0x16, 0x2f}) {
		return // a connection without TLS gets no answer
	}
	if _, err := raw.Write([]byte("S")); err != nil {
		return
	}
	client := tls.Server(raw, f.tls)
	startup := []byte(nil)
	if f.iam {
		backend := pgproto3.NewBackend(client, client)
		m, err := backend.ReceiveStartupMessage()
		start, ok := m.(*pgproto3.StartupMessage)
		if err != nil || !ok || !f.checkToken(backend, start) {
			return
		}
		if startup, err = start.Encode(nil); err != nil {
			return
		}
	}
	server, err := net.Dial("unix", f.socket)
	if err != nil {
		return
	}
	defer server.Close()
	if _, err := server.Write(startup); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(server, client) // either side may close at any time
		server.Close()
	}()
	_, _ = io.Copy(client, server)
}

// checkToken asks for the password as RDS does, and checks the token as RDS does: signature, user, age.
func (f *Front) checkToken(backend *pgproto3.Backend, start *pgproto3.StartupMessage) bool {
	backend.Send(&pgproto3.AuthenticationCleartextPassword{})
	if backend.Flush() != nil || backend.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return false
	}
	m, err := backend.Receive()
	answer, ok := m.(*pgproto3.PasswordMessage)
	if err != nil || !ok {
		return false
	}
	if why := tokenFault(answer.Password, f.Addr, start.Parameters["user"], time.Now().Add(time.Duration(f.Late.Load())*time.Second)); why != "" {
		f.Refused.Add(1)
		backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28000", Message: "PAM authentication failed for user \"" + start.Parameters["user"] + "\""})
		_ = backend.Flush() // the connection is refused in any case
		return false
	}
	f.Tokens.Add(1)
	return true
}

// tokenFault says what is wrong with a token; "" means it is valid.
func tokenFault(token, host, user string, now time.Time) string {
	u, err := url.Parse("https://" + token)
	if err != nil {
		return err.Error()
	}
	q := u.Query()
	at, err := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
	switch {
	case err != nil:
		return err.Error()
	case u.Host != host || q.Get("DBUser") != user || q.Get("Action") != "connect":
		return "it is for another host or user"
	case now.Sub(at) > 15*time.Minute:
		return "it has expired"
	}
	again, err := http.NewRequest(http.MethodGet, "https://"+host+"/?"+url.Values{"Action": {"connect"}, "DBUser": {user}, "X-Amz-Expires": {"900"}}.Encode(), nil)
	if err != nil {
		return err.Error()
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	signed, _, err := v4.NewSigner().PresignHTTP(context.Background(), aws.Credentials{AccessKeyID: awsfake.AccessKey, SecretAccessKey: awsfake.SecretKey}, again, empty, "rds-db", awsfake.Region, at)
	if err != nil {
		return err.Error()
	}
	want, _ := url.Parse(signed)
	if want.Query().Get("X-Amz-Signature") != q.Get("X-Amz-Signature") {
		return "its signature is wrong"
	}
	return ""
}
