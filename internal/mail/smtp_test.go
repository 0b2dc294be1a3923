package mail

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	netmail "net/mail"

	gomail "github.com/wneessen/go-mail"

	"cruddur/internal/mail/smtptest"
)

var at = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// trust makes a mailer believe in the test's certificate and in nothing else that it would not.
func trust(m *SMTP, pool *x509.CertPool) *SMTP {
	m.options = append(m.options, gomail.WithTLSConfig(&tls.Config{RootCAs: pool, ServerName: m.host, MinVersion: tls.VersionTLS12}))
	return m
}

var message = Message{To: "ada@example.org", Subject: "Zwölf 🎈", Text: "Grüße\n.\n..dots\n" + strings.Repeat("long ", 300) + "\nend\n", At: at}

func TestSMTP(t *testing.T) {
	t.Parallel()
	config, pool := smtptest.Certificate(t)
	for _, c := range []struct {
		name   string
		server *smtptest.Server
		scheme string
		user   string
		query  string
		secure bool
	}{
		{"plain on loopback", &smtptest.Server{}, "smtp", "", "", false},
		{"STARTTLS where it is offered", &smtptest.Server{TLS: config}, "smtp", "", "", true},
		{"STARTTLS and a password with signs in it", &smtptest.Server{TLS: config, User: "ada", Password: "p@ss/w:rd"}, "smtp", "ada:p%40ss%2Fw%3Ard@", "?tls=starttls", true},
		{"TLS from the first byte", &smtptest.Server{TLS: config, Implicit: true, User: "ada", Password: "secret"}, "smtps", "ada:secret@", "", true},
		{"no TLS because it was said", &smtptest.Server{TLS: config}, "smtp", "", "?tls=none", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := NewSMTP(c.scheme+"://"+c.user+c.server.Start(t)+c.query, "Cruddur <cruddur@example.org>")
			if err != nil {
				t.Fatal(err)
			}
			told := []string{}
			if err := trust(m, pool).SendTelling(t.Context(), message, func(version string) { told = append(told, version) }); err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: "TLS 1.3"}[c.secure]; len(told) != 1 || told[0] != want {
				t.Errorf("told %q of the connection, want %q once", told, want)
			}
			got := c.server.Deliveries()
			if len(got) != 1 {
				t.Fatalf("%d messages were delivered, want 1", len(got))
			}
			if got[0].Secure != c.secure || got[0].User != c.server.User {
				t.Errorf("secure %v as %q, want %v as %q", got[0].Secure, got[0].User, c.secure, c.server.User)
			}
			checkDelivery(t, got[0])
		})
	}
}

func checkDelivery(t *testing.T, d smtptest.Delivery) {
	t.Helper()
	if !strings.Contains(d.From, "<cruddur@example.org>") || !strings.Contains(d.To, "<ada@example.org>") {
		t.Errorf("from %s to %s", d.From, d.To)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(d.Data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil || subject != message.Subject {
		t.Errorf("subject %q, %v, want %q", subject, err, message.Subject)
	}
	for name, want := range map[string]string{
		"From": `"Cruddur" <cruddur@example.org>`, "To": "<ada@example.org>", "Auto-Submitted": "auto-generated",
		"Content-Type": "text/plain; charset=UTF-8", "Date": "Tue, 24 Nov 2026 06:00:00 +0000",
	} {
		if got := parsed.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if id := parsed.Header.Get("Message-Id"); !regexp.MustCompile(`^<[a-z2-7]{26}@example\.org>$`).MatchString(id) {
		t.Errorf("Message-ID: %s", id)
	}
	// Neither the library nor the machine is named, in the mail or in the greeting.
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"User-Agent", "X-Mailer", "go-mail", "wneessen", "@" + name} {
		if strings.Contains(strings.ToLower(d.Data+d.Greeting), strings.ToLower(word)) {
			t.Errorf("the mail names %q:\n%s\n%s", word, d.Greeting, d.Data)
		}
	}
	if d.Greeting != "example.org" {
		t.Errorf("the greeting is %q", d.Greeting)
	}
	body := decodeBody(t, parsed)
	if body != message.Text {
		t.Errorf("the text is %q, want %q", body, message.Text)
	}
}

func TestSMTPRefuses(t *testing.T) {
	t.Parallel()
	config, pool := smtptest.Certificate(t)
	other, _ := smtptest.Certificate(t)
	for _, c := range []struct {
		name, scheme, user, query string
		server                    *smtptest.Server
	}{
		{"a server without STARTTLS where it must be", "smtp", "", "?tls=starttls", &smtptest.Server{}},
		{"a certificate of somebody else", "smtp", "", "?tls=starttls", &smtptest.Server{TLS: other}},
		{"a certificate of somebody else, where TLS is only offered", "smtp", "", "", &smtptest.Server{TLS: other}},
		{"a wrong password", "smtp", "ada:wrong@", "", &smtptest.Server{TLS: config, User: "ada", Password: "right"}},
		{"no password where one is wanted", "smtp", "", "", &smtptest.Server{TLS: config, User: "ada", Password: "right"}},
		{"an address that the server refuses", "smtp", "", "", &smtptest.Server{TLS: config, Refuse: "550 5.1.1 nobody"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := NewSMTP(c.scheme+"://"+c.user+c.server.Start(t)+c.query, "cruddur@example.org")
			if err != nil {
				t.Fatal(err)
			}
			told := false
			err = trust(m, pool).SendTelling(t.Context(), message, func(string) { told = true })
			if want := c.server.Refuse != "" || c.user == "" && c.server.User != ""; told != want {
				t.Errorf("told of a connection: %t, want %t", told, want)
			}
			if err == nil || len(c.server.Deliveries()) != 0 {
				t.Fatalf("Send() = %v with %d deliveries, want an error and none", err, len(c.server.Deliveries()))
			}
			if strings.Contains(err.Error(), "wrong") && c.user != "" && strings.Contains(err.Error(), "ada:wrong") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		m, err := NewSMTP("smtp://127.0.0.1:1", "cruddur@example.org")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Send(t.Context(), message); err == nil {
			t.Error("Send() = nil")
		}
	})
	t.Run("a header in the address", func(t *testing.T) {
		t.Parallel()
		s := &smtptest.Server{}
		m, err := NewSMTP("smtp://"+s.Start(t), "cruddur@example.org")
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range []string{"ada@example.org\r\nBcc: eve@example.org", "ada@example.org, eve@example.org", "<script>", ""} {
			if err := m.Send(t.Context(), Message{To: to, Subject: "x", Text: "x", At: at}); err == nil {
				t.Errorf("Send() to %q = nil", to)
			}
		}
		if err := m.Send(t.Context(), Message{To: "ada@example.org", Subject: "x\r\nBcc: eve@example.org", Text: "x", At: at}); err == nil {
			for _, d := range s.Deliveries() {
				if strings.Contains(d.Data, "\nBcc:") {
					t.Errorf("a subject made a header:\n%s", d.Data)
				}
			}
		}
	})
}

// What a mailer will do is said without the password.
func TestSettings(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]Settings{
		"smtp://mail.example.org":                 {"mail.example.org:587", "STARTTLS, required", "", "<cruddur@example.org>"},
		"smtp://mail.example.org:25?tls=starttls": {"mail.example.org:25", "STARTTLS, required", "", "<cruddur@example.org>"},
		"smtps://ada:secret@mail.example.org":     {"mail.example.org:465", "TLS from the first byte", "ada", "<cruddur@example.org>"},
		"smtp://[::1]:2525":                       {"[::1]:2525", "STARTTLS if the server offers it", "", "<cruddur@example.org>"},
		"smtp://ada:secret@localhost:1?tls=none":  {"localhost:1", "no TLS", "ada", "<cruddur@example.org>"},
	} {
		m, err := NewSMTP(url, "cruddur@example.org")
		if err != nil || m.Settings() != want {
			t.Errorf("%s: %+v, %v, want %+v", url, m.Settings(), err, want)
		}
	}
}

func TestSMTPURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://user:p@ss/word@host", "smtp://host:0", "smtp://host:99999",
		"smtp://host?tls=maybe", "smtp://host?starttls=true", "smtp://host/path", "smtps://host?tls=none", "smtp://ada:secret@mail.example.org?tls=none", "smtp://ada:secret@mail.localhost?tls=none",
		"smtp://ada:secret@0.0.0.0?tls=none", "smtp://%zz",
	} {
		_, err := NewSMTP(url, "cruddur@example.org")
		if err == nil {
			t.Errorf("NewSMTP(%q) = nil, want an error", url)
		} else if strings.Contains(err.Error(), "p@ss") || strings.Contains(err.Error(), "secret") {
			t.Errorf("NewSMTP(%q) shows the password: %v", url, err)
		}
	}
	for _, from := range []string{"", "nobody", "a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org"} {
		if _, err := NewSMTP("smtp://mail.example.org", from); err == nil {
			t.Errorf("NewSMTP() with the sender %q = nil, want an error", from)
		}
	}
	for _, url := range []string{
		"smtp://mail.example.org", "smtps://ada:secret@mail.example.org", "smtp://ada@[::1]:2525/", "smtp://localhost:1025",
		"smtp://ada:secret@LOCALHOST?tls=none", "smtp://ada:secret@localhost.?tls=none", "smtp://ada:secret@[::ffff:127.0.0.1]?tls=none",
	} {
		if _, err := NewSMTP(url, "Cruddur <cruddur@example.org>"); err != nil {
			t.Errorf("NewSMTP(%q) = %v", url, err)
		}
	}
}

func decodeBody(t *testing.T, m *netmail.Message) string {
	t.Helper()
	var r io.Reader = m.Body
	switch enc := m.Header.Get("Content-Transfer-Encoding"); enc {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n") + "\n"
}
