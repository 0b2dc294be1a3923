// Package cognitotest gives tests an Amazon Cognito user pool: cognito-local, a third-party emulator, pinned by
// package-lock.json and installed with npm into a cache folder. Only _test files import it. It never skips: without
// node and npm the tests fail and say what to install.
package cognitotest

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Options configures the emulator.
type Options struct {
	// TriggerURL is the address of an Invoke endpoint; the emulator calls FunctionName there after every
	// confirmation.
	TriggerURL   string
	FunctionName string
}

// Pool is a user pool in its own emulator.
type Pool struct {
	Endpoint string // for CRUDDUR_COGNITO_ENDPOINT: the test double in front of the emulator
	Region   string
	ID       string
	ClientID string
	Admin    *idp.Client // talks to the emulator with credentials

	dir      string
	emulator *url.URL
	log      lockedBuffer
	families families
	one      sync.Mutex // held during each call of the emulator
}

// Credentials are any credentials: the emulator does not check them.
var Credentials = credentials.NewStaticCredentialsProvider("local", "local", "")

// Start starts an emulator with one pool and one app client. It ends with the test.
func Start(t testing.TB, o Options) *Pool {
	t.Helper()
	home := install(t)
	p := &Pool{Region: "local", dir: t.TempDir()}
	if err := p.families.load(home); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r) }))
	t.Cleanup(front.Close)
	p.Endpoint = front.URL
	p.configure(t, o)
	p.run(t, home)
	p.create(t)
	return p
}

// configure writes the emulator's own configuration file. Its triggers are global: LambdaConfig of a pool is stored
// but ignored.
func (p *Pool) configure(t testing.TB, o Options) {
	t.Helper()
	config := map[string]any{
		"TokenConfig":      map[string]any{"IssuerDomain": p.Endpoint},
		"UserPoolDefaults": map[string]any{"UsernameAttributes": []string{"email"}},
	}
	if o.TriggerURL != "" {
		config["LambdaClient"] = map[string]any{
			"endpoint": o.TriggerURL, "region": "local",
			"credentials": map[string]string{"accessKeyId": "local", "secretAccessKey": "local"},
		}
		config["TriggerFunctions"] = map[string]string{"PostConfirmation": o.FunctionName}
	}
	b, err := json.Marshal(config)
	if err == nil {
		err = os.MkdirAll(filepath.Join(p.dir, ".cognito", "db"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(p.dir, ".cognito", "config.json"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Folder returns the emulator's folder: .cognito/db in it has a file for each pool.
func (p *Pool) Folder() string { return p.dir }

// run starts the emulator. The emulator needs a port number and cannot choose a free port: another program may take
// the port before the emulator listens.
func (p *Pool) run(t testing.TB, home string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("cognito-local refused:\n%s", p.refusals())
		}
	})
	for range 3 {
		if p.start(t, home) {
			return
		}
	}
	t.Fatalf("cognito-local does not start, with three ports:\n%s", p.log.String())
}

func (p *Pool) start(t testing.TB, home string) bool {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	p.emulator = &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	cmd := exec.Command("node", filepath.Join(home, "node_modules", "cognito-local", "lib", "bin", "start.js"))
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT="+port, "NO_COLOR=1", "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1")
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-exited
	})
	// The emulator's own output is checked too: if another program took the port first, that program answers.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if strings.Contains(p.log.String(), "running on "+p.emulator.String()) {
			if res, err := http.Get(p.emulator.String() + "/health"); err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					return true
				}
			}
		}
		select {
		case <-exited:
			return false
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("cognito-local does not answer:\n%s", p.log.String())
		}
	}
}

func (p *Pool) create(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	p.Admin = idp.New(idp.Options{Region: p.Region, Credentials: Credentials, BaseEndpoint: aws.String(p.Endpoint)})
	pool, err := p.Admin.CreateUserPool(ctx, &idp.CreateUserPoolInput{
		PoolName: aws.String("cruddur"), UsernameAttributes: []types.UsernameAttributeType{types.UsernameAttributeTypeEmail},
		AutoVerifiedAttributes: []types.VerifiedAttributeType{types.VerifiedAttributeTypeEmail},
	})
	if err != nil {
		t.Fatalf("cognito-local: create a pool: %v\n%s", err, p.log.String())
	}
	p.ID = *pool.UserPool.Id
	client, err := p.Admin.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: &p.ID, ClientName: aws.String("web")})
	if err != nil {
		t.Fatalf("cognito-local: create an app client: %v", err)
	}
	p.ClientID = *client.UserPoolClient.ClientId
}

// User is a user as the emulator stores it.
type User struct {
	Username         string
	UserStatus       string
	ConfirmationCode string
	RefreshTokens    []string
	Attributes       []struct{ Name, Value string }
}

// Users reads the emulator's own file: the emulator sends no mail, so the file is the only place with the codes.
func (p *Pool) Users(t testing.TB) map[string]User {
	t.Helper()
	users, err := p.users()
	if err != nil {
		t.Fatalf("cognito-local: %v", err)
	}
	return users
}

func (p *Pool) users() (map[string]User, error) {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		b, err := os.ReadFile(filepath.Join(p.dir, ".cognito", "db", p.ID+".json"))
		if err != nil {
			return nil, err
		}
		var file struct{ Users map[string]User }
		if err = json.Unmarshal(b, &file); err == nil {
			return file.Users, nil
		}
		if time.Now().After(deadline) { // the emulator may be writing the file, but never this long
			return nil, err
		}
	}
}

// Find returns the stored user of an address or subject; ok is false if there is none.
func (p *Pool) Find(t testing.TB, name string) (User, bool) {
	t.Helper()
	return find(p.Users(t), name)
}

func find(users map[string]User, name string) (User, bool) {
	for _, u := range users {
		if u.Username == name {
			return u, true
		}
		for _, a := range u.Attributes {
			if (a.Name == "email" || a.Name == "sub") && a.Value == name {
				return u, true
			}
		}
	}
	return User{}, false
}

// Code returns the code that was sent last to an address, or "".
func (p *Pool) Code(t testing.TB, email string) string {
	t.Helper()
	u, _ := p.Find(t, email)
	return u.ConfirmationCode
}

// refusals returns the lines of the emulator's log that say which requests it refused, and why.
func (p *Pool) refusals() string {
	var b strings.Builder
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "Error handling target") || strings.Contains(line, `"message"`) {
			b.WriteString(line)
		}
	}
	return b.String()
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
