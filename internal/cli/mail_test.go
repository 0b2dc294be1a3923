package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"cruddur/internal/cli"
	"cruddur/internal/mail/smtptest"
)

// The command says each step, never the password, and its exit code tells apart what an operator must do.
func TestMailTest(t *testing.T) {
	t.Parallel()
	tls, _ := smtptest.Certificate(t) // nobody trusts it
	for _, c := range []struct {
		name, user, query string
		server            *smtptest.Server
		code              int
		says              []string
	}{
		{"accepted", "", "", &smtptest.Server{}, 0, []string{"STARTTLS if the server offers it", "nobody signs in", `Sender: "Cruddur" <cruddur@example.org>`, "Connected without TLS.", "Accepted: the mail server has taken the mail for ada@example.org."}},
		{"a password that would not be encrypted", "ada:secret@", "", &smtptest.Server{User: "ada", Password: "secret"}, 1, []string{"User: ada", "does not let this program in"}},
		{"an address that the server refuses", "", "", &smtptest.Server{Refuse: "550 5.1.1 nobody here"}, 1, []string{"Connected without TLS.", "does not take the mail", `550 "5.1.1 nobody here"`}},
		{"a certificate that nobody trusts", "", "", &smtptest.Server{TLS: tls}, 1, []string{"does not let this program in", "certificate"}},
		{"no STARTTLS where it is required", "", "?tls=starttls", &smtptest.Server{}, 1, []string{"STARTTLS, required", "does not let this program in", "STARTTLS"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := c.server.Start(t)
			code, says := mailTest(t, map[string]string{"CRUDDUR_SMTP_URL": "smtp://" + c.user + address + c.query, "CRUDDUR_MAIL_FROM": "Cruddur <cruddur@example.org>"}, "ada@example.org")
			if code != c.code {
				t.Errorf("exit code %d, want %d:\n%s", code, c.code, says)
			}
			for _, want := range append(c.says, "Mail server: "+address) {
				if !strings.Contains(says, want) {
					t.Errorf("it does not say %q:\n%s", want, says)
				}
			}
			if strings.Contains(says, "secret") || strings.Contains(says, "Accepted") != (c.code == 0) || len(c.server.Deliveries()) != map[bool]int{true: 1}[c.code == 0] {
				t.Errorf("%d deliveries:\n%s", len(c.server.Deliveries()), says)
			}
		})
	}
	from := "cruddur@example.org"
	for name, c := range map[string]struct {
		url, from, to string
		code          int
		says          string
	}{
		"not configured": {"", from, "ada@example.org", 2, "no mail server is configured"},
		"no sender":      {"smtp://127.0.0.1:1", "", "ada@example.org", 2, "CRUDDUR_MAIL_FROM"},
		"no URL":         {"mail.example.org", from, "ada@example.org", 2, "CRUDDUR_SMTP_URL"},
		"no address":     {"smtp://127.0.0.1:1", from, "ada", 2, `"ada" is no e-mail address`},
		"nobody listens": {"smtp://127.0.0.1:1", from, "ada@example.org", 7, "reach 127.0.0.1"},
	} {
		if code, says := mailTest(t, map[string]string{"CRUDDUR_SMTP_URL": c.url, "CRUDDUR_MAIL_FROM": c.from}, c.to); code != c.code || !strings.Contains(says, c.says) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s", name, code, c.code, c.says, says)
		}
	}
}

// mailTest runs the command, and returns its exit code and all that it wrote.
func mailTest(t *testing.T, env map[string]string, address string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := cli.Run(t.Context(), []string{"mail", "test", address}, func(name string) string { return env[name] }, strings.NewReader(""), &out, &out)
	return code, out.String()
}
