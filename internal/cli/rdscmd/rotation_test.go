package rdscmd_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/cli"
	"cruddur/internal/cli/clitest"
	"cruddur/internal/cli/command"
	"cruddur/internal/postgres"
	"cruddur/internal/rds/awsfake"
)

// open opens the pool as serve does.
func (a *amazon) open(raw string) *postgres.DB {
	a.T.Helper()
	a.Env["CONNECTION_URL"] = raw
	p := &command.Program{Getenv: func(k string) string { return a.Env[k] }, Stderr: io.Discard, Now: a.Now, Sleep: a.Sleep}
	p.Config = command.NewConfig(p.Getenv)
	db, err := p.OpenDatabase(a.T.Context(), slog.New(slog.DiscardHandler), false)
	if err != nil {
		a.T.Fatal(err)
	}
	a.T.Cleanup(db.Close)
	return db.DB
}

// TestRotation changes the password of a real server again and again under load, in the order in which a
// rotation does: the database first, the secret a moment later. No request may fail.
func TestRotation(t *testing.T) {
	t.Parallel()
	f, admin := clitest.NewFront(t, false)
	a := newAmazon(t)
	const id = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app"
	a.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: "password-0"})
	db := a.open("postgresql://app@" + f.Addr + "/postgres?sslmode=verify-full&sslrootcert=" + url.QueryEscape(f.CA) + "&cruddur_secret=" + url.QueryEscape(id))

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

// TestIAMTokens connects to a real server through a front that checks tokens as RDS does.
func TestIAMTokens(t *testing.T) {
	t.Parallel()
	f, _ := clitest.NewFront(t, true)
	a := newAmazon(t)
	link := "postgresql://app@" + f.Addr + "/postgres?sslmode=verify-full&sslrootcert=" + url.QueryEscape(f.CA) + "&cruddur_auth=iam&cruddur_region=" + awsfake.Region
	db := a.open(link)
	for range 5 {
		if err := db.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		db.Reset()
	}
	if n := f.Tokens.Load(); n < 5 {
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

	f.Late.Store(16 * 60) // as if tokens of a quarter of an hour ago came
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("an open connection ends with its token: %v", err)
	}
	db.Reset()
	if err := db.Ping(t.Context()); err == nil || f.Refused.Load() == 0 {
		t.Errorf("Ping() with expired tokens = %v, want a refusal", err)
	}
	f.Late.Store(0)
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping() afterwards = %v", err)
	}

	a.Env["AWS_SECRET_ACCESS_KEY"] = "wrong"
	if err := a.open(link).Ping(t.Context()); err == nil {
		t.Error("a token signed with a wrong key is accepted")
	}
}

// TestAuditInside audits an instance with the real server behind the front as its database.
func TestAuditInside(t *testing.T) {
	t.Parallel()
	f, admin := clitest.NewFront(t, true)
	a := newAmazon(t)
	a.Must("create", "--profile", "dev")
	host, _, _ := strings.Cut(f.Addr, ":")
	a.Instance("cruddur", func(i *types.DBInstance) { i.Endpoint.Address = &host })
	a.Env["PROD_CONNECTION_URL"] = "postgresql://app@" + f.Addr + "/postgres?sslmode=verify-full&sslrootcert=" + url.QueryEscape(f.CA) + "&cruddur_auth=iam&cruddur_region=" + awsfake.Region
	a.Wants(command.ExitOK, "passwords for ever: app", "", "audit", "app-not-master", "in-database", "tls-client")
	for _, args := range [][]string{{"db", "sessions", "prod"}, {"db", "connect", "prod", "-c", "select current_user"}} { // pgx, and psql
		before := f.Tokens.Load()
		var out, errs bytes.Buffer
		p := &command.Program{Getenv: func(k string) string { return a.Env[k] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
		if code := cli.Execute(t.Context(), p, args); code != command.ExitOK || f.Tokens.Load() == before || strings.Contains(out.String()+errs.String(), "X-Amz-Signature") {
			t.Errorf("%v: exit %d, %d tokens\n%s%s", args, code, f.Tokens.Load()-before, out.String(), errs.String())
		}
	}
	for _, sql := range []string{"create role rds_superuser", "create role rds_iam", "grant rds_superuser, rds_iam to app"} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	a.Wants(command.ExitFindings, "app is a member of rds_superuser", "", "audit", "app-not-master", "in-database")
	a.Wants(command.ExitOK, "by its name", "", "audit", "--outside", "app-not-master", "in-database")
}
