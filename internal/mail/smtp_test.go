package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	netmail "net/mail"

	gomail "github.com/wneessen/go-mail"
)

var at = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// server is a mail server on loopback that speaks as much SMTP as a submission server does: EHLO,
// STARTTLS, AUTH PLAIN, MAIL, RCPT, DATA (RFC 5321, 3207, 4954).
type server struct {
	listener net.Listener
	tls      *tls.Config // nil: no STARTTLS
	implicit bool        // TLS from the first byte
	user     string      // "": no AUTH
	password string
	refuse   string // answer to RCPT instead of 250

	mu   sync.Mutex
	got  []delivery
	done sync.WaitGroup
}

type delivery struct {
	from, to string
	data     string
	secure   bool
	user     string
	greeting string
}

func (s *server) start(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.implicit {
		l = tls.NewListener(l, s.tls)
	}
	s.listener = l
	s.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.done.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); s.done.Wait() })
	return l.Addr().String()
}

func (s *server) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(conn)
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\r\n", args...) }
	d := delivery{secure: s.implicit}
	say("220 test ESMTP")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			d.greeting = rest
			s.greet(say, d.secure)
		case "STARTTLS":
			say("220 go ahead")
			conn = tls.Server(conn, s.tls)
			r, d.secure = bufio.NewReader(conn), true
		case "AUTH":
			d.user = s.login(rest)
			if d.user == "" {
				say("535 5.7.8 no")
				continue
			}
			say("235 2.7.0 welcome")
		case "MAIL":
			if s.user != "" && d.user == "" {
				say("530 5.7.0 authenticate first")
				continue
			}
			d.from = rest
			say("250 ok")
		case "RCPT":
			if s.refuse != "" {
				say("%s", s.refuse)
				continue
			}
			d.to = rest
			say("250 ok")
		case "DATA":
			say("354 go on")
			if d.data, err = readData(r); err != nil {
				return
			}
			s.mu.Lock()
			s.got = append(s.got, d)
			s.mu.Unlock()
			say("250 queued")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *server) greet(say func(string, ...any), secure bool) {
	say("250-test")
	if s.tls != nil && !secure {
		say("250-STARTTLS")
	}
	if s.user != "" && (secure || s.tls == nil) {
		say("250-AUTH PLAIN")
	}
	say("250 8BITMIME")
}

func (s *server) login(rest string) string {
	_, encoded, _ := strings.Cut(rest, " ")
	b, _ := base64.StdEncoding.DecodeString(encoded)
	parts := strings.Split(string(b), "\x00")
	if len(parts) == 3 && parts[1] == s.user && parts[2] == s.password {
		return parts[1]
	}
	return ""
}

func readData(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == ".\r\n" {
			return b.String(), nil
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

func (s *server) deliveries() []delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]delivery(nil), s.got...)
}

// certificate is a self-signed one for 127.0.0.1, and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

// trust makes a mailer believe in the test's certificate and in nothing else that it would not.
func trust(m *SMTP, pool *x509.CertPool) *SMTP {
	m.options = append(m.options, gomail.WithTLSConfig(&tls.Config{RootCAs: pool, ServerName: m.host, MinVersion: tls.VersionTLS12}))
	return m
}

var message = Message{To: "ada@example.org", Subject: "Zwölf 🎈", Text: "Grüße\n.\n..dots\n" + strings.Repeat("long ", 300) + "\nend\n", At: at}

func TestSMTP(t *testing.T) {
	t.Parallel()
	config, pool := certificate(t)
	for _, c := range []struct {
		name   string
		server *server
		scheme string
		user   string
		query  string
		secure bool
	}{
		{"plain on loopback", &server{}, "smtp", "", "", false},
		{"STARTTLS where it is offered", &server{tls: config}, "smtp", "", "", true},
		{"STARTTLS and a password with signs in it", &server{tls: config, user: "ada", password: "p@ss/w:rd"}, "smtp", "ada:p%40ss%2Fw%3Ard@", "?tls=starttls", true},
		{"TLS from the first byte", &server{tls: config, implicit: true, user: "ada", password: "secret"}, "smtps", "ada:secret@", "", true},
		{"no TLS because it was said", &server{tls: config}, "smtp", "", "?tls=none", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := NewSMTP(c.scheme+"://"+c.user+c.server.start(t)+c.query, "Cruddur <cruddur@example.org>")
			if err != nil {
				t.Fatal(err)
			}
			if err := trust(m, pool).Send(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			got := c.server.deliveries()
			if len(got) != 1 {
				t.Fatalf("%d messages were delivered, want 1", len(got))
			}
			if got[0].secure != c.secure || got[0].user != c.server.user {
				t.Errorf("secure %v as %q, want %v as %q", got[0].secure, got[0].user, c.secure, c.server.user)
			}
			checkDelivery(t, got[0])
		})
	}
}

func checkDelivery(t *testing.T, d delivery) {
	t.Helper()
	if !strings.Contains(d.from, "<cruddur@example.org>") || !strings.Contains(d.to, "<ada@example.org>") {
		t.Errorf("from %s to %s", d.from, d.to)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(d.data))
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
		if strings.Contains(strings.ToLower(d.data+d.greeting), strings.ToLower(word)) {
			t.Errorf("the mail names %q:\n%s\n%s", word, d.greeting, d.data)
		}
	}
	if d.greeting != "example.org" {
		t.Errorf("the greeting is %q", d.greeting)
	}
	body := decodeBody(t, parsed)
	if body != message.Text {
		t.Errorf("the text is %q, want %q", body, message.Text)
	}
}

func TestSMTPRefuses(t *testing.T) {
	t.Parallel()
	config, pool := certificate(t)
	other, _ := certificate(t)
	for _, c := range []struct {
		name, scheme, user, query string
		server                    *server
	}{
		{"a server without STARTTLS where it must be", "smtp", "", "?tls=starttls", &server{}},
		{"a certificate of somebody else", "smtp", "", "?tls=starttls", &server{tls: other}},
		{"a certificate of somebody else, where TLS is only offered", "smtp", "", "", &server{tls: other}},
		{"a wrong password", "smtp", "ada:wrong@", "", &server{tls: config, user: "ada", password: "right"}},
		{"no password where one is wanted", "smtp", "", "", &server{tls: config, user: "ada", password: "right"}},
		{"an address that the server refuses", "smtp", "", "", &server{tls: config, refuse: "550 5.1.1 nobody"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := NewSMTP(c.scheme+"://"+c.user+c.server.start(t)+c.query, "cruddur@example.org")
			if err != nil {
				t.Fatal(err)
			}
			err = trust(m, pool).Send(t.Context(), message)
			if err == nil || len(c.server.deliveries()) != 0 {
				t.Fatalf("Send() = %v with %d deliveries, want an error and none", err, len(c.server.deliveries()))
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
		s := &server{}
		m, err := NewSMTP("smtp://"+s.start(t), "cruddur@example.org")
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range []string{"ada@example.org\r\nBcc: eve@example.org", "ada@example.org, eve@example.org", "<script>", ""} {
			if err := m.Send(t.Context(), Message{To: to, Subject: "x", Text: "x", At: at}); err == nil {
				t.Errorf("Send() to %q = nil", to)
			}
		}
		if err := m.Send(t.Context(), Message{To: "ada@example.org", Subject: "x\r\nBcc: eve@example.org", Text: "x", At: at}); err == nil {
			for _, d := range s.deliveries() {
				if strings.Contains(d.data, "\nBcc:") {
					t.Errorf("a subject made a header:\n%s", d.data)
				}
			}
		}
	})
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
