package cli

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"cruddur/internal/cli/command"
	"cruddur/internal/pgtest"
)

// A bucket that is not there, or that may not be used, is bad configuration: the server does not start, and says which
// setting is meant and nothing secret. One that is away is only a warning.
func TestServeChecksTheBucket(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"CONNECTION_URL": pgtest.URL(t), "CRUDDUR_LISTEN": "127.0.0.1:0", "CRUDDUR_ADMIN_LISTEN": "off", "CRUDDUR_PICTURES": "s3://pictures/cruddur",
		"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIATESTTESTTEST", "AWS_SECRET_ACCESS_KEY": "do-not-tell",
	}
	for code, want := range map[string]string{
		"NoSuchBucket": "CRUDDUR_PICTURES: there is no bucket for s3://pictures/cruddur: NoSuchBucket",
		"AccessDenied": "CRUDDUR_PICTURES: an object may not be put in s3://pictures/cruddur: AccessDenied",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `<Error><Code>%s</Code><Message>The request of %s was refused</Message></Error>`, code, "somebody")
		}))
		defer server.Close()
		env := maps.Clone(env)
		env["CRUDDUR_PICTURES_ENDPOINT"] = server.URL
		stderr := &transcript{}
		got := Run(t.Context(), []string{"serve"}, func(name string) string { return env[name] }, strings.NewReader(""), io.Discard, stderr)
		if got != command.ExitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit code %d, want %d:\n%s", code, got, command.ExitUsage, stderr)
		}
		if strings.Contains(stderr.String(), "AKIA") || strings.Contains(stderr.String(), "do-not-tell") {
			t.Errorf("%s: the credentials are shown:\n%s", code, stderr)
		}
	}
	env["CRUDDUR_PICTURES_ENDPOINT"] = "http://127.0.0.1:1"
	env["CRUDDUR_ADMIN_LISTEN"] = "127.0.0.1:0"
	s := serve(t, env)
	s.await(regexp.MustCompile(`(CRUDDUR_PICTURES\) cannot be reached now)`))
	if status, body, _ := s.get("/api/activities/home"); status != 200 {
		t.Errorf("home = %d %s", status, body)
	}
}
