package cli

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"cruddur/internal/cli/command"
	"cruddur/internal/request"
)

// serveOptions are the settings of serve, read and checked.
type serveOptions struct {
	listen, adminListen     string
	tlsCert, tlsKey         string
	domain, httpListen      string // httpListen is "" without a domain
	acme                    acmeOptions
	frontendURL, backendURL string
	named                   bool // BACKEND_URL is set
	foreign                 bool // CONNECTION_URL names the database
	proxies                 []netip.Prefix
	accessLog, limits       bool
	apiLimit                int
	streams                 int
}

func (p *program) serveOptions() (o serveOptions, err error) {
	for env, to := range map[string]*string{
		"CRUDDUR_LISTEN": &o.listen, "CRUDDUR_ADMIN_LISTEN": &o.adminListen,
		"CRUDDUR_TLS_CERT": &o.tlsCert, "CRUDDUR_TLS_KEY": &o.tlsKey,
		"FRONTEND_URL": &o.frontendURL, "BACKEND_URL": &o.backendURL,
		"CRUDDUR_DOMAIN": &o.domain, "CRUDDUR_HTTP_LISTEN": &o.httpListen,
		"CRUDDUR_ACME_EMAIL": &o.acme.email, "CRUDDUR_ACME_DIRECTORY": &o.acme.directory, "CRUDDUR_ACME_ROOT": &o.acme.root,
	} {
		if *to, err = p.Config.Text(env); err != nil {
			return o, err
		}
	}
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return o, command.Exit(command.ExitUsage, errors.New("CRUDDUR_TLS_CERT and CRUDDUR_TLS_KEY must be set together"))
	}
	if err = p.applyDomain(&o); err != nil {
		return o, err
	}
	if o.adminListen == "off" {
		o.adminListen = ""
	}
	if o.accessLog, err = p.Config.Bool("CRUDDUR_ACCESS_LOG"); err != nil {
		return o, err
	}
	if o.limits, err = p.Config.Bool("CRUDDUR_RATE_LIMITS"); err != nil {
		return o, err
	}
	limit, err := p.Config.Text("CRUDDUR_API_LIMIT")
	if err != nil {
		return o, err
	}
	if o.apiLimit, _ = strconv.Atoi(limit); o.apiLimit == 0 {
		o.apiLimit = -1
	}
	streams, err := p.Config.Text("CRUDDUR_STREAMS")
	if err != nil {
		return o, err
	}
	if o.streams, _ = strconv.Atoi(streams); o.streams == 0 {
		o.streams = -1
	}
	proxies, err := p.Config.Text("CRUDDUR_TRUSTED_PROXIES")
	if err != nil {
		return o, err
	}
	o.proxies, err = command.ParseProxies(proxies)
	if o.named = o.backendURL != ""; !o.named {
		o.backendURL = o.address(nil)
	}
	return o, err
}

// site returns the address of the pages.
func (o *serveOptions) site() string { return strings.TrimRight(o.backendURL, "/") }

// localOnly reports whether only this machine can reach the server: it listens on loopback, and neither a
// public address nor a trusted proxy is configured.
func (o *serveOptions) localOnly() bool {
	u, err := url.Parse(o.backendURL)
	return err == nil && request.LocalHost(u.Host) && request.LocalHost(o.listen) && len(o.proxies) == 0
}

// warn warns the operator of settings that are probably not intended on an address that others can reach.
// codes says that the codes of sign-ups and new passwords are written to the log instead of being mailed.
func (o *serveOptions) warn(log *slog.Logger, codes bool) {
	u, err := url.Parse(o.backendURL)
	unnamed := err != nil || request.LocalHost(u.Host)
	if request.LocalHost(o.listen) && unnamed {
		if o.foreign && !o.named {
			log.Warn("mails name this machine, so their readers cannot find the server: set BACKEND_URL to the address that people use, even if it is this one", "backend_url", o.site())
		}
		return
	}
	if codes {
		log.Warn("no mail is sent: the codes of sign-ups and new passwords are in this log, and anyone who reads it can take over every account: set CRUDDUR_SMTP_URL")
	}
	if !o.limits {
		log.Warn("rate limits are off, so passwords can be guessed: set CRUDDUR_RATE_LIMITS to true")
	}
	switch {
	case request.LocalHost(o.listen): // a proxy stands in front
		if o.limits && len(o.proxies) == 0 {
			log.Warn("all clients behind a proxy count as one, so one of them can use up the limits of all: if there is a proxy, set CRUDDUR_TRUSTED_PROXIES to its address")
		}
	case unnamed:
		log.Warn("others can reach this server, but mails and links name this machine: set BACKEND_URL", "listen", o.listen, "backend_url", o.backendURL)
	case u.Scheme == "http":
		log.Warn("passwords and sessions are sent unencrypted: set CRUDDUR_TLS_CERT and CRUDDUR_TLS_KEY, or BACKEND_URL to the https address of a proxy", "backend_url", o.backendURL)
	}
}

// address returns the URL of the server for a browser on this machine; bound gives the port if the option
// says 0. A server with a domain answers to no other name.
func (o *serveOptions) address(bound net.Addr) string {
	if o.domain != "" {
		return o.site()
	}
	scheme := "http"
	if o.tlsCert != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(o.listen)
	if err != nil {
		return scheme + "://" + o.listen
	}
	if tcp, ok := bound.(*net.TCPAddr); ok {
		port = strconv.Itoa(tcp.Port)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
