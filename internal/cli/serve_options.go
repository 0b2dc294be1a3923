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
	frontendURL, backendURL string
	named                   bool // BACKEND_URL is set
	foreign                 bool // the database is one that CONNECTION_URL names
	proxies                 []netip.Prefix
	accessLog, limits       bool
	apiLimit                int
}

func (p *program) serveOptions() (o serveOptions, err error) {
	for env, to := range map[string]*string{
		"CRUDDUR_LISTEN": &o.listen, "CRUDDUR_ADMIN_LISTEN": &o.adminListen,
		"CRUDDUR_TLS_CERT": &o.tlsCert, "CRUDDUR_TLS_KEY": &o.tlsKey,
		"FRONTEND_URL": &o.frontendURL, "BACKEND_URL": &o.backendURL,
	} {
		if *to, err = p.Config.Text(env); err != nil {
			return o, err
		}
	}
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return o, command.Exit(command.ExitUsage, errors.New("CRUDDUR_TLS_CERT and CRUDDUR_TLS_KEY belong together"))
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

// site is where people find the pages.
func (o *serveOptions) site() string { return strings.TrimRight(o.backendURL, "/") }

// localOnly reports whether nobody but this machine uses the server: it listens on loopback, and neither a
// public address nor a trusted proxy says that one stands in front.
func (o *serveOptions) localOnly() bool {
	u, err := url.Parse(o.backendURL)
	return err == nil && request.LocalHost(u.Host) && request.LocalHost(o.listen) && len(o.proxies) == 0
}

// warn tells the operator what is probably not meant on an address that others can reach. codes says
// that the codes of sign-ups and new passwords are written to the log instead of being mailed.
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
		log.Warn("no mail is sent: the codes of sign-ups and new passwords stand in this log, and whoever reads it can take over every account: set CRUDDUR_SMTP_URL")
	}
	if !o.limits {
		log.Warn("nothing is limited, so passwords can be guessed: set CRUDDUR_RATE_LIMITS to true")
	}
	switch {
	case request.LocalHost(o.listen): // a proxy stands in front
		if o.limits && len(o.proxies) == 0 {
			log.Warn("everybody who comes through a proxy looks like one client, whose limits a single stranger can use up: set CRUDDUR_TRUSTED_PROXIES to its address, if there is one")
		}
	case unnamed:
		log.Warn("others can reach this server, but mails and links name this machine: set BACKEND_URL", "listen", o.listen, "backend_url", o.backendURL)
	case u.Scheme == "http":
		log.Warn("passwords and sessions travel in the clear: set CRUDDUR_TLS_CERT and CRUDDUR_TLS_KEY, or BACKEND_URL to the https address of a proxy", "backend_url", o.backendURL)
	}
}

// address is where a browser on this machine finds the server; bound tells the port where the option says 0.
func (o *serveOptions) address(bound net.Addr) string {
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
