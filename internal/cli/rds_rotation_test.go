package cli

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
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"cruddur/internal/cli/command"
	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
	"cruddur/internal/rds/awsfake"
)

// front is what stands before PostgreSQL on RDS: TLS, and for IAM the check of the token. Behind it is a
// real server, which checks passwords itself.
type front struct {
	t      *testing.T
	addr   string
	ca     string // the PEM file to trust
	socket string // the real server's
	tls    *tls.Config
	iam    bool

	late    atomic.Int64 // added to its clock, in seconds
	tokens  atomic.Int64 // accepted
	refused atomic.Int64
}

// newFront starts a real server with the role app, whose password must be given, and the front before it.
func newFront(t *testing.T, iam bool) (*front, *pgx.Conn) {
	t.Helper()
	dir, err := os.MkdirTemp("", "cruddur-rotation-")
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o711) // as root the server runs as another user, who must get through
	t.Cleanup(func() { os.RemoveAll(dir) })
	server, err := pgserver.Start(t.Context(), pgserver.Config{Dir: filepath.Join(dir, "data"), Bin: os.Getenv("CRUDDUR_POSTGRES_BIN")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop(context.Background()) })
	admin, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(context.Background()) })
	f := &front{t: t, iam: iam, socket: filepath.Join(admin.Config().Host, ".s.PGSQL."+pgserver.Port)}
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
func (f *front) listen(dir string) {
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
	f.ca = filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(f.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	f.addr = fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port)
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

func (f *front) serve(raw net.Conn) {
	defer raw.Close()
	hello := make([]byte, 8) // SSLRequest
	if _, err := io.ReadFull(raw, hello); err != nil {
		return
	}
	if !bytes.Equal(hello[4:], []byte{0x04, 0xd2, 0x16, 0x2f}) {
		return // a connection in the clear gets nothing
	}
	raw.Write([]byte("S"))
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
	server.Write(startup)
	go func() { io.Copy(server, client); server.Close() }()
	io.Copy(client, server)
}

// checkToken asks for the password as RDS does, and checks it as RDS does: signature, user, age.
func (f *front) checkToken(backend *pgproto3.Backend, start *pgproto3.StartupMessage) bool {
	backend.Send(&pgproto3.AuthenticationCleartextPassword{})
	if backend.Flush() != nil || backend.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return false
	}
	m, err := backend.Receive()
	answer, ok := m.(*pgproto3.PasswordMessage)
	if err != nil || !ok {
		return false
	}
	if why := tokenFault(answer.Password, f.addr, start.Parameters["user"], time.Now().Add(time.Duration(f.late.Load())*time.Second)); why != "" {
		f.refused.Add(1)
		backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28000", Message: "PAM authentication failed for user \"" + start.Parameters["user"] + "\""})
		backend.Flush()
		return false
	}
	f.tokens.Add(1)
	return true
}

// tokenFault is what is wrong with a token, or "".
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

// open opens the pool as serve does.
func (a *amazon) open(raw string) *postgres.DB {
	a.t.Helper()
	a.env["CONNECTION_URL"] = raw
	p := &command.Program{Getenv: func(k string) string { return a.env[k] }, Stderr: io.Discard, Now: a.Now, Sleep: a.Sleep}
	p.Config = command.NewConfig(p.Getenv)
	db, err := p.OpenDatabase(a.t.Context(), slog.New(slog.DiscardHandler), false)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(db.Close)
	return db.DB
}

// TestRotation changes the password of a real server again and again under load, in the order in which a
// rotation does: the database first, the secret a moment later. No request may fail.
func TestRotation(t *testing.T) {
	t.Parallel()
	f, admin := newFront(t, false)
	a := newAmazon(t)
	const id = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app"
	a.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: "password-0"})
	db := a.open("postgresql://app@" + f.addr + "/postgres?sslmode=verify-full&sslrootcert=" + url.QueryEscape(f.ca) + "&cruddur_secret=" + url.QueryEscape(id))

	var done atomic.Bool
	var requests atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !done.Load() {
				if err := db.Ping(t.Context()); err != nil {
					t.Errorf("a request was lost: %v", err)
					return
				}
				if requests.Add(1)%3 == 0 {
					db.Reset() // every connection is a new one
				}
			}
		})
	}
	for n := 1; n <= 6 && !t.Failed(); n++ {
		password := fmt.Sprintf("password-%d", n)
		pending := ""
		if n%2 == 0 { // one rotation shows its new password beforehand, the next does not
			pending = password
		}
		a.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: fmt.Sprintf("password-%d", n-1), Pending: pending})
		if _, err := admin.Exec(t.Context(), "alter role app password '"+password+"'"); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return len(a.Calls()) > 0 }) // somebody was refused and has asked
		a.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: password})
		before := requests.Load()
		waitFor(t, func() bool { return requests.Load() > before+20 || t.Failed() })
	}
	done.Store(true)
	wg.Wait()

	a.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: "wrong"})
	if _, err := admin.Exec(t.Context(), "alter role app password 'never-told'"); err != nil {
		t.Fatal(err)
	}
	db.Reset()
	if err := db.Ping(t.Context()); err == nil || strings.Contains(err.Error(), "password-6") {
		t.Errorf("Ping() with a wrong secret = %v, want a refusal in the end, without the password", err)
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing happened in 20 s")
		}
	}
}

// TestIAMTokens connects to a real server whose front checks tokens as RDS does.
func TestIAMTokens(t *testing.T) {
	t.Parallel()
	f, _ := newFront(t, true)
	a := newAmazon(t)
	link := "postgresql://app@" + f.addr + "/postgres?sslmode=verify-full&sslrootcert=" + url.QueryEscape(f.ca) + "&cruddur_auth=iam&cruddur_region=" + awsfake.Region
	db := a.open(link)
	for range 5 {
		if err := db.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		db.Reset()
	}
	if n := f.tokens.Load(); n < 5 {
		t.Errorf("%d tokens were accepted, want one for each connection", n)
	}
	if calls := a.Calls(); len(calls) != 0 {
		t.Errorf("AWS was called: %v; tokens are signed locally", calls)
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	direct, err := db.Direct(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	direct.Close(t.Context())

	f.late.Store(16 * 60) // as if tokens of a quarter of an hour ago came
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("an open connection ends with its token: %v", err)
	}
	db.Reset()
	if err := db.Ping(t.Context()); err == nil || f.refused.Load() == 0 {
		t.Errorf("Ping() with expired tokens = %v, want a refusal", err)
	}
	f.late.Store(0)
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping() afterwards = %v", err)
	}

	a.env["AWS_SECRET_ACCESS_KEY"] = "wrong"
	if err := a.open(link).Ping(t.Context()); err == nil {
		t.Error("a token signed with a wrong key is accepted")
	}
}

// TestAuditInside audits an instance whose database is the real server behind the front.
func TestAuditInside(t *testing.T) {
	t.Parallel()
	f, admin := newFront(t, true)
	a := newAmazon(t)
	a.must("create", "--profile", "dev")
	host, _, _ := strings.Cut(f.addr, ":")
	a.Instance("cruddur", func(i *types.DBInstance) { i.Endpoint.Address = &host })
	a.env["PROD_CONNECTION_URL"] = "postgresql://app@" + f.addr + "/postgres?sslmode=verify-full&sslrootcert=" + url.QueryEscape(f.ca) + "&cruddur_auth=iam&cruddur_region=" + awsfake.Region
	a.wants(command.ExitOK, "passwords for ever: app", "", "audit", "app-not-master", "in-database", "tls-client")
	for _, args := range [][]string{{"db", "sessions", "prod"}, {"db", "connect", "prod", "-c", "select current_user"}} { // pgx, and psql
		before := f.tokens.Load()
		var out, errs bytes.Buffer
		p := &command.Program{Getenv: func(k string) string { return a.env[k] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
		if code := Execute(t.Context(), p, args); code != command.ExitOK || f.tokens.Load() == before || strings.Contains(out.String()+errs.String(), "X-Amz-Signature") {
			t.Errorf("%v: exit %d, %d tokens\n%s%s", args, code, f.tokens.Load()-before, out.String(), errs.String())
		}
	}
	for _, sql := range []string{"create role rds_superuser", "create role rds_iam", "grant rds_superuser, rds_iam to app"} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	a.wants(command.ExitFindings, "app is a member of rds_superuser", "", "audit", "app-not-master", "in-database")
	a.wants(command.ExitOK, "by its name", "", "audit", "--outside", "app-not-master", "in-database")
}
