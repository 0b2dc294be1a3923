// Package cognitotest gives tests an Amazon Cognito user pool: cognito-local, somebody else's
// emulator, pinned by package-lock.json and installed with npm into a cache folder. Only _test files
// import it. It never skips: a machine without node and npm fails the tests and says what to install.
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

// Options says how the emulator is started.
type Options struct {
	// TriggerURL is an Invoke endpoint's address; the emulator calls FunctionName there after every
	// confirmation.
	TriggerURL   string
	FunctionName string
}

// Pool is a user pool of an emulator of its own.
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
	one      sync.Mutex // held while the emulator works
}

// Credentials are accepted by the emulator, which looks at none.
var Credentials = credentials.NewStaticCredentialsProvider("local", "local", "")

// Start starts an emulator with one pool and one app client, for the time of the test.
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

// configure writes the emulator's own configuration file. Its triggers are global: LambdaConfig of a
// pool is stored and not looked at.
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

// Folder is where the emulator runs: .cognito/db in it holds a file for each pool.
func (p *Pool) Folder() string { return p.dir }

// run starts the emulator. It takes a port and cannot choose one: another program may have it by the time
// the emulator listens.
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
	// Its own word is asked for too: on a port that somebody was quicker to take, somebody else answers.
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

// User is what the emulator has stored of a user.
type User struct {
	Username         string
	UserStatus       string
	ConfirmationCode string
	RefreshTokens    []string
	Attributes       []struct{ Name, Value string }
}

// Users reads the emulator's own file: it sends no mail, so this is where codes are.
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
		if time.Now().After(deadline) { // the emulator may be writing the file, but not for so long
			return nil, err
		}
	}
}

// Find returns the stored user of an address or subject; ok is false where there is none.
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

// Code is the code that was sent to an address last, or "".
func (p *Pool) Code(t testing.TB, email string) string {
	t.Helper()
	u, _ := p.Find(t, email)
	return u.ConfirmationCode
}

// refusals are the lines of the emulator's log that tell what it has refused, and why.
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
