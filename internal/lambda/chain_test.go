package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
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

	"cruddur/internal/identity/cognito/cognitotest"
	"cruddur/internal/pgtest"
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

// TestChain is the whole way of a member whose account Cognito keeps: signing up at the pool, the code,
// the trigger, cruddur lambda serve, a row in PostgreSQL; and then the pages and the API of cruddur
// serve, unchanged.
func TestChain(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	db := pgtest.Open(t, database)
	function := run(t, []string{"CONNECTION_URL=" + database}, `The function post-confirm is at (http://[0-9.:]+)`,
		"lambda", "serve", "--name", "post-confirm", "--address", "127.0.0.1:0")
	pool := cognitotest.Start(t, cognitotest.Options{TriggerURL: function, FunctionName: "post-confirm"})
	site := run(t, []string{
		"CONNECTION_URL=" + database, "CRUDDUR_LISTEN=127.0.0.1:0", "CRUDDUR_ADMIN_LISTEN=off",
		"AWS_COGNITO_USER_POOL_ID=" + pool.ID, "AWS_COGNITO_USER_POOL_CLIENT_ID=" + pool.ClientID, "CRUDDUR_COGNITO_ENDPOINT=" + pool.Endpoint,
	}, `Cruddur is ready at (http://[0-9.:]+)`, "serve")
	const password = "plum-Tundra-42-kettle"

	t.Run("signed up at the pool, as the original's client does", func(t *testing.T) {
		subject := joinAtPool(t, pool, "ada", password)
		u, err := db.UserBySubject(t.Context(), subject)
		if err != nil || u.Handle != "ada" || u.DisplayName != "Member ada" || u.Email != "ada@example.org" {
			t.Fatalf("the trigger stored %+v, %v", u, err)
		}
		access := accessAtPool(t, pool, "ada", password)
		status, body := call(t, http.MethodPost, site+"/api/activities", access, `{"message":"hello from Cognito","ttl":"1-hour"}`)
		if status != http.StatusOK || !strings.Contains(body, `"handle":"ada"`) {
			t.Errorf("POST /api/activities = %d %s", status, body)
		}
		status, body = call(t, http.MethodGet, site+"/.well-known/jwks.json", "", "")
		if status != http.StatusOK || !strings.Contains(body, "CognitoLocal") {
			t.Errorf("GET /.well-known/jwks.json = %d %s", status, body)
		}
	})
	t.Run("a password reset calls the trigger again and stores nobody", func(t *testing.T) {
		for _, body := range []string{`{"email":"ada@example.org"}`} {
			if status, answer := call(t, http.MethodPost, site+"/api/auth/forgot", "", body); status != http.StatusOK {
				t.Fatalf("forgot = %d %s", status, answer)
			}
		}
		reset := fmt.Sprintf(`{"email":"ada@example.org","code":%q,"password":"another-Phrase-99"}`, pool.Code(t, "ada@example.org"))
		if status, answer := call(t, http.MethodPost, site+"/api/auth/reset", "", reset); status != http.StatusOK {
			t.Fatalf("reset = %d %s", status, answer)
		}
		if n := members(t, site); n != 1 {
			t.Errorf("%d members, want 1", n)
		}
	})
	t.Run("signed up, confirmed and signed in on the pages", func(t *testing.T) {
		browse(t, site, pool, password)
		if taken, err := db.HandleTaken(t.Context(), "bea"); err != nil || !taken {
			t.Errorf("the row of bea: %v, %v", taken, err)
		}
	})
	t.Run("a missing row is made up by the first request with a token", func(t *testing.T) {
		subject := subjectAtPool(t, pool, "ada@example.org")
		u, err := db.UserBySubject(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.DeleteUser(t.Context(), u.UUID); err != nil {
			t.Fatal(err)
		}
		// Tokens are whole seconds old, and one of the second of the reset does not count yet.
		access, status, body := "", 0, ""
		for deadline := time.Now().Add(5 * time.Second); status != http.StatusOK && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			access = accessAtPool(t, pool, "ada", "another-Phrase-99")
			status, body = call(t, http.MethodPost, site+"/api/activities", access, `{"message":"back again","ttl":"1-hour"}`)
		}
		if again, err := db.UserBySubject(t.Context(), subject); status != http.StatusOK || err != nil || again.Handle != "ada" || again.UUID == u.UUID {
			t.Errorf("POST /api/activities = %d %s; the member is %+v, %v", status, body, again, err)
		}
	})
	t.Run("cruddur user sync fills a gap", func(t *testing.T) {
		u, err := db.UserBySubject(t.Context(), subjectAtPool(t, pool, "ada@example.org"))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.DeleteUser(t.Context(), u.UUID); err != nil {
			t.Fatal(err)
		}
		env := []string{"CONNECTION_URL=" + database, "AWS_COGNITO_USER_POOL_ID=" + pool.ID, "AWS_COGNITO_USER_POOL_CLIENT_ID=" + pool.ClientID, "CRUDDUR_COGNITO_ENDPOINT=" + pool.Endpoint}
		for _, c := range []struct {
			flag, want string
			code       int
		}{
			{"--dry-run", "2 users: 1 present, 1 missing, 0 not confirmed or disabled, 0 failed", 5},
			{"--json", "2 users: 1 present, 1 inserted", 0},
			{"--dry-run", "2 users: 2 present, 0 missing", 0},
		} {
			cmd := exec.Command(build(t), "user", "sync", c.flag)
			cmd.Env = append([]string{"HOME=" + t.TempDir()}, env...)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.want) {
				t.Errorf("user sync %s: exit %d, want %d and %q:\n%s", c.flag, code, c.code, c.want, out)
			}
		}
	})
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

func subjectAtPool(t *testing.T, pool *cognitotest.Pool, email string) string {
	t.Helper()
	u, _ := pool.Find(t, email)
	for _, a := range u.Attributes {
		if a.Name == "sub" {
			return a.Value
		}
	}
	t.Fatalf("the pool does not know %s", email)
	return ""
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

// members counts the members who have written something, by the public feed.
func members(t *testing.T, site string) int {
	t.Helper()
	_, body := call(t, http.MethodGet, site+"/api/activities/home", "", "")
	var feed []struct{ Handle string }
	if err := json.Unmarshal([]byte(body), &feed); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	seen := map[string]bool{}
	for _, a := range feed {
		seen[a.Handle] = true
	}
	return len(seen)
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
