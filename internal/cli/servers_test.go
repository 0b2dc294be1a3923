package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
)

// accessToken gives an access token of the server.
func (s *serving) accessToken(email, password string) string {
	s.t.Helper()
	res, err := http.Post(s.url+"/api/auth/signin", "application/json", strings.NewReader(fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var tokens struct {
		Access string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&tokens); err != nil || tokens.Access == "" {
		s.t.Fatalf("signing in at %s: %d, %v", s.url, res.StatusCode, err)
	}
	return tokens.Access
}

func (s *serving) me(access string) int {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url+"/api/me", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+access)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// Several servers on one database accept each other's tokens, whatever addresses they listen on and
// whether or not BACKEND_URL is set.
func TestServersShareTokens(t *testing.T) {
	t.Parallel()
	server, err := pgserver.Start(t.Context(), pgserver.Config{Dir: openDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop(context.Background()) })
	if err := postgres.EnsureDatabase(t.Context(), server.URL("postgres"), "cruddur"); err != nil {
		t.Fatal(err)
	}
	env := func(pairs ...string) map[string]string {
		e := map[string]string{"CONNECTION_URL": server.URL("cruddur")}
		for i := 0; i < len(pairs); i += 2 {
			e[pairs[i]] = pairs[i+1]
		}
		return e
	}
	a := serve(t, env("CRUDDUR_LISTEN", "127.0.0.1:0"), "--migrate")
	a.await(regexp.MustCompile(`(mails name this machine.*set BACKEND_URL)`))
	b := serve(t, env("CRUDDUR_LISTEN", "localhost:0"))
	c := serve(t, env("BACKEND_URL", "https://cruddur.example"))
	create := &transcript{}
	code := Run(t.Context(), []string{"user", "create", "--email", "ada@example.com", "--handle", "ada", "--name", "Ada", "--password-stdin"},
		func(name string) string { return env()[name] }, strings.NewReader("correct horse ada\n"), io.Discard, create)
	if code != 0 {
		t.Fatalf("user create: %d\n%s", code, create)
	}
	servers := map[string]*serving{"127.0.0.1": a, "localhost": b, "BACKEND_URL": c}
	for from, issuing := range servers {
		access := issuing.accessToken("ada@example.com", "correct horse ada")
		for to, asked := range servers {
			status := asked.me(access)
			for i := 0; status != 200 && i < 200; i++ { // a server asks for a name that it does not know once a second
				time.Sleep(25 * time.Millisecond)
				status = asked.me(access)
			}
			if status != 200 {
				t.Errorf("a token of the server at %s is answered %d by the one at %s", from, status, to)
			}
		}
	}
}
