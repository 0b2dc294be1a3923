package mail

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"cruddur/internal/localhost"
)

// SMTP sends messages through a mail server.
type SMTP struct {
	from    *netmail.Address
	domain  string // the domain of from
	host    string
	port    int
	user    string // "": nobody signs in
	policy  string // when TLS is used, for people
	options []gomail.Option
	tls     bool // TLS from the first byte
}

// NewSMTP prepares a mailer for a URL such as smtp://user:password@mail.example.org:587 and a sender
// such as "Cruddur <cruddur@example.org>". It does not connect.
//
// smtps:// uses TLS from the first byte (port 465). smtp:// uses STARTTLS (port 587) and refuses a server that does
// not support it, except on this machine. ?tls=none allows no TLS elsewhere, but only without a user name. An error
// never repeats the URL, which may hold a password.
func NewSMTP(rawURL, from string) (*SMTP, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("want smtp://user:password@host:587 or smtps://…, special characters percent-encoded")
	}
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, errors.New("the sender is no e-mail address")
	}
	domain := sender.Address[strings.LastIndexByte(sender.Address, '@')+1:]
	s := &SMTP{from: sender, domain: domain, host: u.Hostname(), options: []gomail.Option{gomail.WithHELO(domain)}}
	if err := s.configure(u); err != nil {
		return nil, err
	}
	if _, err := gomail.NewClient(s.host, s.options...); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *SMTP) configure(u *url.URL) error {
	mode := u.Query().Get("tls")
	for key := range u.Query() {
		if key != "tls" {
			return fmt.Errorf("unknown parameter %q", key)
		}
	}
	if mode != "" && mode != "none" && mode != "starttls" || u.Path != "" && u.Path != "/" {
		return errors.New("after the host comes nothing but ?tls=starttls or ?tls=none")
	}
	port := 587
	switch {
	case u.Scheme == "smtps" && mode == "":
		port = 465
		s.tls, s.policy = true, "TLS from the first byte"
		s.options = append(s.options, gomail.WithSSL())
	case u.Scheme == "smtp" && mode == "none":
		s.policy = "no TLS"
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.NoTLS))
	case u.Scheme == "smtp" && mode == "" && localhost.Is(s.host):
		s.policy = "STARTTLS if the server offers it"
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case u.Scheme == "smtp":
		s.policy = "STARTTLS, required"
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		return errors.New("want a URL that begins with smtp:// or smtps://")
	}
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 65535 {
			return errors.New("the port is out of range")
		}
		port = n
	}
	s.port = port
	s.options = append(s.options, gomail.WithPort(port), gomail.WithTimeout(15*time.Second))
	if user := u.User.Username(); user != "" {
		s.user = user
		password, _ := u.User.Password()
		if mode == "none" && !localhost.Is(s.host) {
			return errors.New("a password is not sent without TLS")
		}
		s.options = append(s.options, gomail.WithUsername(user), gomail.WithPassword(password),
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	return nil
}

// Address returns the server's address, for the log.
func (s *SMTP) Address() string { return s.host }

// Settings are what a mailer will do, for people. They hold no password.
type Settings struct {
	Server string // host and port
	TLS    string // when TLS is used
	User   string // who signs in, or ""
	Sender string
}

// Settings returns what the mailer will do.
func (s *SMTP) Settings() Settings {
	return Settings{Server: net.JoinHostPort(s.host, strconv.Itoa(s.port)), TLS: s.policy, User: s.user, Sender: s.from.String()}
}

// Send implements Mailer. It opens a connection for each message, because mails are few.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	return s.SendTelling(ctx, m, func(string) {})
}

// SendTelling is Send, and calls connected once the server is reached and has accepted the user: with the version of TLS,
// such as "TLS 1.3", or "" without TLS.
func (s *SMTP) SendTelling(ctx context.Context, m Message, connected func(tlsVersion string)) error {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	if err := msg.To(m.To); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.At)
	// Otherwise the library would use this machine's name in the message and in the greeting, and the mail server
	// would pass it on.
	msg.SetMessageIDWithValue(strings.ToLower(rand.Text()) + "@" + s.domain)
	// RFC 3834: prevents out-of-office replies.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	options, closeConn := s.options, func() {}
	if !s.tls {
		// go-mail 0.8.1 leaves the connection open if the server does not offer STARTTLS.
		var dial gomail.Option
		dial, closeConn = closing()
		options = append(slices.Clip(options), dial)
	}
	defer closeConn()
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	if err := deliver(ctx, client, msg, connected); err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			return fmt.Errorf("mail: reach %s: %w", s.host, err)
		}
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

// deliver is go-mail's DialAndSend, with a word in between.
func deliver(ctx context.Context, client *gomail.Client, msg *gomail.Msg, connected func(tlsVersion string)) (err error) {
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.CloseWithSMTPClient(conn)) }()
	version := ""
	if state, ok := conn.TLSConnectionState(); ok {
		version = tls.VersionName(state.Version)
	}
	connected(version)
	return client.SendWithSMTPClient(conn, msg)
}

// closing makes go-mail dial so that the connection can be closed in every case.
func closing() (gomail.Option, func()) {
	var conn net.Conn
	dial := gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return conn, err
	})
	return dial, func() {
		if conn != nil {
			conn.Close()
		}
	}
}

var (
	_ Mailer = (*SMTP)(nil)
	_ Mailer = (*Mailbox)(nil)
)
