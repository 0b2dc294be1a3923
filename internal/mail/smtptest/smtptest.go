// Package smtptest is a mail server for tests.
package smtptest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a mail server on loopback that speaks as much SMTP as a submission server does: EHLO,
// STARTTLS, AUTH PLAIN, MAIL, RCPT, DATA (RFC 5321, 3207, 4954).
type Server struct {
	listener net.Listener
	TLS      *tls.Config // nil: no STARTTLS
	Implicit bool        // TLS from the first byte
	User     string      // "": no AUTH
	Password string
	Refuse   string // answer to RCPT instead of 250

	mu   sync.Mutex
	got  []Delivery
	done sync.WaitGroup
}

// Delivery is a mail that the server has accepted.
type Delivery struct {
	From, To string
	Data     string
	Secure   bool
	User     string
	Greeting string
}

// Start lets the server listen until the test ends, and returns its address.
func (s *Server) Start(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.Implicit {
		l = tls.NewListener(l, s.TLS)
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

func (s *Server) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(conn)
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\r\n", args...) }
	d := Delivery{Secure: s.Implicit}
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
			d.Greeting = rest
			s.greet(say, d.Secure)
		case "STARTTLS":
			say("220 go ahead")
			conn = tls.Server(conn, s.TLS)
			r, d.Secure = bufio.NewReader(conn), true
		case "AUTH":
			d.User = s.login(rest)
			if d.User == "" {
				say("535 5.7.8 no")
				continue
			}
			say("235 2.7.0 welcome")
		case "MAIL":
			if s.User != "" && d.User == "" {
				say("530 5.7.0 authenticate first")
				continue
			}
			d.From = rest
			say("250 ok")
		case "RCPT":
			if s.Refuse != "" {
				say("%s", s.Refuse)
				continue
			}
			d.To = rest
			say("250 ok")
		case "DATA":
			say("354 go on")
			if d.Data, err = readData(r); err != nil {
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

func (s *Server) greet(say func(string, ...any), secure bool) {
	say("250-test")
	if s.TLS != nil && !secure {
		say("250-STARTTLS")
	}
	if s.User != "" && (secure || s.TLS == nil) {
		say("250-AUTH PLAIN")
	}
	say("250 8BITMIME")
}

func (s *Server) login(rest string) string {
	_, encoded, _ := strings.Cut(rest, " ")
	b, _ := base64.StdEncoding.DecodeString(encoded)
	parts := strings.Split(string(b), "\x00")
	if len(parts) == 3 && parts[1] == s.User && parts[2] == s.Password {
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

// Deliveries returns the accepted mails.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Delivery(nil), s.got...)
}

// Certificate is a self-signed one for 127.0.0.1, and the pool that trusts it.
func Certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
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
