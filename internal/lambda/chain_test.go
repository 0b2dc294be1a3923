package lambda_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cruddur"
	"cruddur/internal/identity/cognito/cognitotest"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// run starts the program and waits until its stderr matches ready; it returns the first group.
func run(t *testing.T, env []string, ready string, args ...string) string {
	t.Helper()
	cmd := exec.Command(build(t), args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	var stderr lockedBuffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		select {
		case <-exited:
		case <-time.After(15 * time.Second):
			cmd.Process.Kill()
			<-exited
			t.Errorf("%v does not end after Ctrl-C", args)
		}
		if t.Failed() {
			t.Logf("%v said:\n%s", args, stderr.String())
		}
	})
	pattern := regexp.MustCompile(ready)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if m := pattern.FindStringSubmatch(stderr.String()); m != nil {
			return m[1]
		}
		select {
		case <-exited:
			t.Fatalf("%v ended:\n%s", args, stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v is not ready:\n%s", args, stderr.String())
		}
	}
}

// chain is a pool with its trigger, cruddur lambda serve behind it, and cruddur serve on the same pool.
type chain struct {
	db         *postgres.DB
	database   string
	pool       *cognitotest.Pool
	site       string
	env        []string // of every command
	subject    string   // of ada
	newPhrase  string   // ada's second password
	firstWords string   // everybody's first
}

// TestChain is the whole way of a member whose account Cognito keeps: signing up at the pool, the code,
// the trigger, cruddur lambda serve, a row in PostgreSQL; and then the pages and the API of cruddur
// serve, unchanged.
func TestChain(t *testing.T) {
	t.Parallel()
	c := &chain{database: pgtest.URL(t), firstWords: "plum-Tundra-42-kettle", newPhrase: "another-Phrase-99"}
	c.db = pgtest.Open(t, c.database)
	c.env = []string{"CONNECTION_URL=" + c.database}
	function := run(t, c.env, `The function post-confirm is at (http://[0-9.:]+)`, "lambda", "serve", "--name", "post-confirm", "--address", "127.0.0.1:0")
	c.pool = cognitotest.Start(t, cognitotest.Options{TriggerURL: function, FunctionName: "post-confirm"})
	c.env = append(c.env, "CRUDDUR_LISTEN=127.0.0.1:0", "CRUDDUR_ADMIN_LISTEN=off", "AWS_COGNITO_USER_POOL_ID="+c.pool.ID,
		"AWS_COGNITO_USER_POOL_CLIENT_ID="+c.pool.ClientID, "CRUDDUR_COGNITO_ENDPOINT="+c.pool.Endpoint)
	c.site = run(t, c.env, `Cruddur is ready at (http://[0-9.:]+)`, "serve")

	t.Run("signed up at the pool, as the original's client does", c.signedUpAtPool)
	t.Run("a password reset calls the trigger again and stores nobody", c.resetStoresNobody)
	t.Run("signed up, confirmed and signed in on the pages", func(t *testing.T) {
		browse(t, c.site, c.pool, c.firstWords)
		if taken, err := c.db.HandleTaken(t.Context(), "bea"); err != nil || !taken {
			t.Errorf("the row of bea: %v, %v", taken, err)
		}
	})
	t.Run("a missing row is made up by the first request with a token", c.rowMadeUp)
	t.Run("cruddur user sync fills a gap", c.userSync)
}

func (c *chain) signedUpAtPool(t *testing.T) {
	c.subject = joinAtPool(t, c.pool, "ada", c.firstWords)
	u, err := c.db.UserBySubject(t.Context(), c.subject)
	if err != nil || u.Handle != "ada" || u.DisplayName != "Member ada" || u.Email != "ada@example.org" {
		t.Fatalf("the trigger stored %+v, %v", u, err)
	}
	access := accessAtPool(t, c.pool, "ada", c.firstWords)
	status, body := call(t, http.MethodPost, c.site+"/api/activities", access, `{"message":"hello from Cognito","ttl":"1-hour"}`)
	if status != http.StatusOK || !strings.Contains(body, `"handle":"ada"`) {
		t.Errorf("POST /api/activities = %d %s", status, body)
	}
	status, body = call(t, http.MethodGet, c.site+"/.well-known/jwks.json", "", "")
	if status != http.StatusOK || !strings.Contains(body, "CognitoLocal") {
		t.Errorf("GET /.well-known/jwks.json = %d %s", status, body)
	}
}

func (c *chain) resetStoresNobody(t *testing.T) {
	if status, answer := call(t, http.MethodPost, c.site+"/api/auth/forgot", "", `{"email":"ada@example.org"}`); status != http.StatusOK {
		t.Fatalf("forgot = %d %s", status, answer)
	}
	u, err := c.db.UserBySubject(t.Context(), c.subject)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.db.DeleteUser(t.Context(), u.UUID); err != nil { // so that a row stored again would be seen
		t.Fatal(err)
	}
	reset := fmt.Sprintf(`{"email":"ada@example.org","code":%q,"password":%q}`, c.pool.Code(t, "ada@example.org"), c.newPhrase)
	if status, answer := call(t, http.MethodPost, c.site+"/api/auth/reset", "", reset); status != http.StatusOK {
		t.Fatalf("reset = %d %s", status, answer)
	}
	if u, err := c.db.UserBySubject(t.Context(), c.subject); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("after the reset the member is %+v, %v", u, err)
	}
}

func (c *chain) rowMadeUp(t *testing.T) {
	// Tokens are whole seconds old, and one of the second of the reset does not count yet.
	status, body := 0, ""
	for deadline := time.Now().Add(5 * time.Second); status != http.StatusOK && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		access := accessAtPool(t, c.pool, "ada", c.newPhrase)
		status, body = call(t, http.MethodPost, c.site+"/api/activities", access, `{"message":"back again","ttl":"1-hour"}`)
	}
	if u, err := c.db.UserBySubject(t.Context(), c.subject); status != http.StatusOK || err != nil || u.Handle != "ada" {
		t.Errorf("POST /api/activities = %d %s; the member is %+v, %v", status, body, u, err)
	}
}

func (c *chain) userSync(t *testing.T) {
	u, err := c.db.UserBySubject(t.Context(), c.subject)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.db.DeleteUser(t.Context(), u.UUID); err != nil {
		t.Fatal(err)
	}
	for _, run := range []struct {
		flag, want string
		code       int
	}{
		{"--dry-run", "2 users: 1 present, 1 missing, 0 not confirmed or disabled, 0 failed", 5},
		{"--json", "2 users: 1 present, 1 inserted", 0},
		{"--dry-run", "2 users: 2 present, 0 missing", 0},
	} {
		cmd := exec.Command(build(t), "user", "sync", run.flag)
		cmd.Env = append([]string{"HOME=" + t.TempDir()}, c.env...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != run.code || !strings.Contains(string(out), run.want) {
			t.Errorf("user sync %s: exit %d, want %d and %q:\n%s", run.flag, code, run.code, run.want, out)
		}
	}
}

// joinAtPool signs a member up with the SDK and confirms the account.
func joinAtPool(t *testing.T, pool *cognitotest.Pool, name, password string) (subject string) {
	t.Helper()
	email := name + "@example.org"
	out, err := pool.Admin.SignUp(t.Context(), &idp.SignUpInput{
		ClientId: &pool.ClientID, Username: &email, Password: &password, UserAttributes: []types.AttributeType{
			{Name: aws.String("email"), Value: &email},
			{Name: aws.String("name"), Value: aws.String("Member " + name)},
			{Name: aws.String("preferred_username"), Value: &name},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.Admin.ConfirmSignUp(t.Context(), &idp.ConfirmSignUpInput{ClientId: &pool.ClientID, Username: &email, ConfirmationCode: aws.String(pool.Code(t, email))})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.UserSub)
}

func accessAtPool(t *testing.T, pool *cognitotest.Pool, name, password string) string {
	t.Helper()
	out, err := pool.Admin.InitiateAuth(t.Context(), &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: &pool.ClientID,
		AuthParameters: map[string]string{"USERNAME": name + "@example.org", "PASSWORD": password},
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.AuthenticationResult.AccessToken)
}

func call(t *testing.T, method, address, access, body string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if access != "" {
		req.Header.Set("Authorization", "Bearer "+access)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// browse does on the pages what a person does: sign up, enter the code, sign in, write a crud.
func browse(t *testing.T, site string, pool *cognitotest.Pool, password string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	post := func(path string, form url.Values, wantPath string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK || res.Request.URL.Path != wantPath {
			t.Fatalf("POST %s ends at %s with %d, want %s:\n%.2000s", path, res.Request.URL.Path, res.StatusCode, wantPath, b)
		}
		return string(b)
	}
	email := "bea@example.org"
	post("/signup", url.Values{"name": {"Bea"}, "email": {email}, "handle": {"bea"}, "password": {password}}, "/confirm")
	post("/confirm", url.Values{"email": {email}, "code": {pool.Code(t, email)}}, "/signin")
	post("/signin", url.Values{"email": {email}, "password": {password}}, "/")
	page := post("/compose", url.Values{"message": {"a crud with Cognito"}, "ttl": {"1-hour"}}, "/")
	if !strings.Contains(page, "a crud with Cognito") {
		t.Error("the crud is not on the home page")
	}
}
