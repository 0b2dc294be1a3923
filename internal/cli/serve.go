package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/httpserver"
	"cruddur/internal/identity"
	"cruddur/internal/mail"
	"cruddur/internal/ratelimit"
	"cruddur/internal/sweep"
)

func (p *program) serveCommand() *cobra.Command {
	var migrate, demo bool
	cmd := &cobra.Command{
		Use:     "serve",
		GroupID: "everybody",
		Short:   "Serve pages and API until Ctrl-C",
		Long: strings.TrimSpace(`
Serve the pages, the JSON API and live updates.

Without CONNECTION_URL a private PostgreSQL is started, kept running, migrated, and stopped at the
end. A database that CONNECTION_URL names is used as it is: with an old schema serve refuses to start
unless --migrate is given, and when it is away, pages and API say so until it is back.

Ctrl-C or SIGTERM ends it: no new requests are taken, those in flight have 10 seconds.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), migrate, demo) },
	}
	cmd.Flags().BoolVar(&migrate, "migrate", false, "bring the schema of CONNECTION_URL's database up to date first")
	cmd.Flags().BoolVar(&demo, "demo", false, "make a demo member in the private database and print its password")
	return cmd
}

// service is what serve puts together.
type service struct {
	*program
	db       *database
	log      *slog.Logger
	options  serveOptions
	schema   atomic.Bool // the schema is known to be right
	identity identity.Provider
	swept    *sweepMetrics
	mailbox  *mail.Mailbox // nil where mails leave by SMTP
}

func (p *program) serve(ctx context.Context, migrate, demo bool) error {
	options, err := p.serveOptions()
	if err != nil {
		return err
	}
	log, flush, err := p.logger()
	if err != nil {
		return err
	}
	defer flush()
	db, err := p.openDatabase(ctx, log)
	if err != nil {
		if ctx.Err() != nil {
			return nil // Ctrl-C while PostgreSQL starts
		}
		return err
	}
	defer db.close()
	db.tell(p)
	s := &service{program: p, db: db, log: log, options: options, swept: newSweepMetrics()}
	if err := db.checkSchema(ctx, migrate); err == nil {
		s.schema.Store(true)
	} else if db.private() || cruddur.KindOf(err) != cruddur.KindUnavailable {
		return err
	}
	mailer, mailbox, err := p.mailer(log)
	if err != nil {
		return err
	}
	provider, err := p.localIdentity(db, mailer, log, options.site(), true)
	if err != nil {
		return err
	}
	defer s.closeIdentity(provider)
	s.identity, s.mailbox = provider, mailbox
	if demo {
		if err := s.demo(ctx, provider); err != nil {
			return err
		}
	}
	return s.run(ctx, migrate)
}

// run runs every part until ctx ends or one of them fails.
func (s *service) run(ctx context.Context, migrate bool) error {
	server, err := s.httpServer()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Run(ctx) })
	group.Go(func() error { return s.db.keep(ctx) })
	group.Go(func() error {
		sweep.New(s.db, s.log, sweep.Options{Metrics: s.swept}).Run(ctx)
		return nil
	})
	group.Go(func() error {
		if s.schema.Load() {
			return nil
		}
		err := s.db.awaitSchema(ctx, migrate)
		s.schema.Store(err == nil)
		return err
	})
	return group.Wait()
}

func (s *service) httpServer() (*httpserver.Server, error) {
	limits := ratelimit.New()
	o := s.options
	return httpserver.New(httpserver.Config{
		Listen:      o.listen,
		AdminListen: o.adminListen,
		TLSCert:     o.tlsCert,
		TLSKey:      o.tlsKey,
		API: api.New(api.Config{
			Feed: feed.New(s.db), Store: s.db, Identity: s.identity, Limits: limits, Log: s.log,
			FrontendURL: o.frontendURL, BackendURL: o.backendURL, RequestLimit: o.apiLimit,
		}),
		Web:            http.NotFoundHandler(),
		TrustedProxies: o.proxies,
		Log:            s.log,
		AccessLog:      o.accessLog,
		Ready:          s.ready,
		Collectors:     s.collectors(),
		Listening: func(main, admin net.Addr) {
			fmt.Fprintf(s.stderr, "Cruddur is ready at %s\n", o.address(main))
			if admin != nil {
				fmt.Fprintf(s.stderr, "Metrics are at http://%s/metrics\n", admin)
			}
		},
	}), nil
}

// ready says why requests cannot be answered now.
func (s *service) ready(ctx context.Context) error {
	if !s.schema.Load() {
		return errors.New("the schema has not been checked yet")
	}
	return s.db.Ping(ctx)
}

// serveOptions are the settings of serve, read and checked.
type serveOptions struct {
	listen, adminListen     string
	tlsCert, tlsKey         string
	frontendURL, backendURL string
	proxies                 []netip.Prefix
	accessLog               bool
	apiLimit                int
}

func (p *program) serveOptions() (o serveOptions, err error) {
	for env, to := range map[string]*string{
		"CRUDDUR_LISTEN": &o.listen, "CRUDDUR_ADMIN_LISTEN": &o.adminListen,
		"CRUDDUR_TLS_CERT": &o.tlsCert, "CRUDDUR_TLS_KEY": &o.tlsKey,
		"FRONTEND_URL": &o.frontendURL, "BACKEND_URL": &o.backendURL,
	} {
		if *to, err = p.config.text(env); err != nil {
			return o, err
		}
	}
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return o, exitWith(exitUsage, errors.New("CRUDDUR_TLS_CERT and CRUDDUR_TLS_KEY belong together"))
	}
	if o.adminListen == "off" {
		o.adminListen = ""
	}
	if o.accessLog, err = p.config.bool("CRUDDUR_ACCESS_LOG"); err != nil {
		return o, err
	}
	limit, err := p.config.text("CRUDDUR_API_LIMIT")
	if err != nil {
		return o, err
	}
	if o.apiLimit, _ = strconv.Atoi(limit); o.apiLimit == 0 {
		o.apiLimit = -1
	}
	proxies, err := p.config.text("CRUDDUR_TRUSTED_PROXIES")
	if err != nil {
		return o, err
	}
	o.proxies, err = parseProxies(proxies)
	if o.backendURL == "" {
		o.backendURL = o.address(nil)
	}
	return o, err
}

// site is where people find the pages.
func (o *serveOptions) site() string { return strings.TrimRight(o.backendURL, "/") }

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

// parseProxies reads addresses and CIDR ranges, separated by commas or spaces.
func parseProxies(s string) (list []netip.Prefix, err error) {
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		if a, err := netip.ParseAddr(f); err == nil {
			list = append(list, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(f)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", f)
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("%s would trust everybody", f)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

func checkProxies(s string) error {
	_, err := parseProxies(s)
	return err
}

func checkListen(s string) error {
	if _, _, err := net.SplitHostPort(s); err != nil && s != "off" {
		return errors.New("want host:port, such as 127.0.0.1:4567")
	}
	return nil
}

func checkWebURL(s string) error {
	if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("want a URL such as https://cruddur.example")
	}
	return nil
}

func checkCount(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 0 {
		return errors.New("want a number")
	}
	return nil
}

func checkLogFormat(s string) error {
	if s != "text" && s != "json" {
		return errors.New("want text or json")
	}
	return nil
}
