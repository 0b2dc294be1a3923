package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/certificate"
	"cruddur/internal/cli/command"
	"cruddur/internal/feed"
	"cruddur/internal/filter"
	"cruddur/internal/gallery"
	"cruddur/internal/httpserver"
	"cruddur/internal/identity"
	"cruddur/internal/live"
	"cruddur/internal/mail"
	"cruddur/internal/place"
	"cruddur/internal/ratelimit"
	"cruddur/internal/recall"
	"cruddur/internal/request"
	"cruddur/internal/sweep"
	"cruddur/internal/web"
)

func (p *program) serveCommand() *cobra.Command {
	var migrate, demo bool
	cmd := &cobra.Command{
		Use:     "serve",
		GroupID: "everybody",
		Short:   "Serve pages and API until Ctrl-C",
		Long: strings.TrimSpace(`
Serve the pages and the JSON API, and delete what has expired.

If CONNECTION_URL is not set, a private PostgreSQL is started, kept running, migrated, and stopped at the
end. A database that CONNECTION_URL names is used as it is: with an old schema serve refuses to start unless
--migrate is given, and while it does not answer, pages and API say so.

With --domain it serves https on port 443 with a certificate that it gets and renews by itself, and leads there
from port 80. The certificate is from Let's Encrypt, and who starts serve so accepts its subscriber agreement
(https://letsencrypt.org/repository/); CRUDDUR_ACME_DIRECTORY names another authority.

Ctrl-C or SIGTERM stops it: new requests are refused, and those in progress have 10 seconds to finish.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), migrate, demo) },
	}
	p.Config.Bind(cmd.Flags(), "serve")
	cmd.Flags().BoolVar(&migrate, "migrate", false, "apply pending migrations to CONNECTION_URL's database first")
	cmd.Flags().BoolVar(&demo, "demo", false, "fill an empty private database with sample data, make a demo member and print its password")
	return cmd
}

// service holds the parts that serve puts together.
type service struct {
	*program
	db       *command.Database
	feed     *feed.Feed
	trends   *feed.Trends
	log      *slog.Logger
	options  serveOptions
	listener *httpserver.Listener
	keeper   *certificate.Keeper // nil without a domain
	schema   atomic.Bool         // the schema has been checked
	identity identity.Provider
	mailbox  *mail.Mailbox // nil if mails are sent by SMTP
	sweeps   *sweepMetrics
	streams  *streamMetrics
	pictures *gallery.Gallery
	place    *place.Keeper
	live     *live.Hub

	mailboxKey string // opens the page of the mailbox; "" if it has none
	demoMember string // says how to sign in as the demo member; "" if there is none
}

// gcPercent makes the garbage collector wait until the heap is two and a half times what is in use, which is about 22 MB,
// most of it templates. At four times it took 1 % of the processor time instead of 2 %, and 35 MB more. GOGC in the
// environment overrides it.
const gcPercent = 150

// memoryLimit is where the garbage collector no longer waits, in bytes: the pixels of two pictures are most of a small
// server's memory, and several times as much would be too. GOMEMLIMIT in the environment overrides it.
const memoryLimit = 150 << 20

func (p *program) serve(ctx context.Context, migrate, demo bool) error {
	if p.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if p.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	options, err := p.serveOptions()
	if err != nil {
		return err
	}
	log, flush, err := p.Logger()
	if err != nil {
		return err
	}
	defer flush()
	// Listen before anything else: an operator who must change a port should not have to wait for a database
	// first.
	listener, keeper, err := p.listen(ctx, log, options)
	if err != nil {
		return err
	}
	defer listener.Close()
	db, err := p.OpenDatabase(ctx, log, false)
	if err != nil {
		if ctx.Err() != nil {
			return nil // Ctrl-C while PostgreSQL starts
		}
		return err
	}
	defer db.Close()
	db.Tell(p.Stderr)
	s := &service{program: p, db: db, feed: feed.New(db).Keep(), trends: feed.NewTrends(db), log: log, options: options, listener: listener, keeper: keeper, sweeps: newSweepMetrics(), streams: newStreamMetrics(), place: place.New(db)}
	db.Watch(s.feed)
	s.live = s.newHub()
	db.Watch(s.live)
	if s.pictures, err = p.CheckedGallery(ctx, db.DB, log); err != nil {
		return err
	}
	if err := db.CheckSchema(ctx, migrate); err == nil {
		s.schema.Store(true)
	} else if db.Private() || cruddur.KindOf(err) != cruddur.KindUnavailable {
		return err
	}
	mailer, mailbox, err := p.Mailer(log)
	if err != nil {
		return err
	}
	pool, err := p.UsesCognito()
	if err != nil {
		return err
	}
	options.foreign = !db.Private()
	options.warn(log, mailbox != nil && !pool)
	if pool {
		return s.serveCognito(ctx, mailer, mailbox, migrate, demo)
	}
	provider, err := p.LocalIdentity(db, mailer, log, options.site(), options.named)
	if err != nil {
		return err
	}
	defer s.closeIdentity(provider)
	s.identity, s.mailbox = provider, mailbox
	if err := s.openMailbox(); err != nil {
		return err
	}
	if demo {
		if err := s.demo(ctx, provider); err != nil {
			return err
		}
	}
	return s.run(ctx, migrate)
}

// listen binds the addresses of serve. If the address of the metrics cannot be bound, that is only a warning.
// With a domain it also returns what keeps the certificate of the listener.
func (p *program) listen(ctx context.Context, log *slog.Logger, o serveOptions) (*httpserver.Listener, *certificate.Keeper, error) {
	keeper, err := p.keeper(o, log)
	if err != nil {
		return nil, nil, err
	}
	addresses := httpserver.Addresses{Main: o.listen, Plain: o.httpListen, Admin: o.adminListen, TLSCert: o.tlsCert, TLSKey: o.tlsKey}
	if keeper != nil {
		addresses.TLS = keeper.TLSConfig()
	}
	l, err := httpserver.Listen(ctx, addresses)
	if err != nil {
		return nil, nil, err
	}
	if err := l.AdminError(); err != nil {
		log.Warn("there are no metrics: " + err.Error())
	}
	return l, keeper, nil
}

// run runs every part until ctx ends or one of them fails.
func (s *service) run(ctx context.Context, migrate bool) error {
	server, err := s.httpServer()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Run(ctx) })
	group.Go(func() error { return s.db.Keep(ctx) })
	group.Go(func() error {
		s.live.Run(ctx)
		return nil
	})
	group.Go(func() error { return s.keepCertificate(ctx) })
	group.Go(func() error {
		watchClock(ctx, s.log, s.db.ClockDifference, clockEvery)
		return nil
	})
	group.Go(func() error {
		// Sessions and pending codes expire too, whichever provider keeps the accounts.
		accounts := sweep.Task{Name: "accounts", Func: s.db.SweepAccounts}
		notifications := sweep.Task{Name: "notifications", Func: s.db.SweepNotifications}
		messages := sweep.Task{Name: "messages", Func: s.db.SweepMessages, Ends: true}
		cases := sweep.Task{Name: "cases", Func: s.db.SweepCases, Ends: true}
		changes := sweep.Task{Name: "changes", Func: s.db.SweepChanges}
		// The server that sweeps is the only one that indexes.
		search := sweep.Task{Name: "search", Func: s.db.Indexer().Index, Adds: true}
		unused := sweep.Task{Name: "pictures", Func: s.db.SweepPictures}
		objects := sweep.Task{Name: "picture_objects", Func: s.pictures.Sweep, Outside: true}
		sweep.New(s.db, s.log, sweep.Options{Metrics: s.sweeps, Tasks: []sweep.Task{messages, cases, accounts, notifications, changes, unused, objects, search}}).Run(ctx)
		return nil
	})
	group.Go(func() error {
		if s.schema.Load() {
			return nil
		}
		err := s.db.AwaitSchema(ctx, migrate)
		s.schema.Store(err == nil)
		return err
	})
	return group.Wait()
}

func (s *service) httpServer() (*httpserver.Server, error) {
	limits := ratelimit.New()
	if !s.options.limits {
		limits = ratelimit.Unlimited()
	}
	o := s.options
	reads := filter.Store{DB: s.db.DB}
	refusals, memory := new(request.Refusals), recall.New()
	pages, err := s.pages(limits, refusals, memory)
	if err != nil {
		return nil, err
	}
	var plain http.Handler
	if s.keeper != nil {
		plain = s.keeper.Plain(o.site())
	}
	return httpserver.New(httpserver.Config{
		Plain:       plain,
		Listener:    s.listener,
		AdminListen: o.adminListen,
		API: api.New(api.Config{
			Feed: filter.Feed{Homes: s.feed, Store: reads}, Store: reads, Trends: s.trends, Place: s.place, Live: s.live, Recall: memory, Gallery: s.pictures, Identity: s.identity, Limits: limits, Log: s.log, Refusals: refusals,
			FrontendURL: o.frontendURL, BackendURL: o.backendURL, RequestLimit: o.apiLimit,
		}),
		Web:            pages,
		Uploads:        func(r *http.Request) bool { return api.Uploads(r) || web.Uploads(r) },
		TrustedProxies: o.proxies,
		LocalOnly:      o.localOnly(),
		Log:            s.log,
		Refusals:       refusals,
		AccessLog:      o.accessLog,
		Ready:          s.ready,
		Collectors:     s.collectors(),
		Listening:      s.greet,
		Streams:        []string{"/api/me/export", "/api/me/export.zip", "/settings/export.zip", "/api/stream", "/live"},
		Draining:       s.live.Drain,
	}), nil
}

// greet prints the addresses, once they can be used.
func (s *service) greet(main, admin net.Addr) {
	address := s.options.address(main)
	fmt.Fprintf(s.Stderr, "Cruddur is ready at %s\n", address)
	if s.demoMember != "" {
		fmt.Fprintln(s.Stderr, s.demoMember)
	}
	if s.mailboxKey != "" {
		fmt.Fprintf(s.Stderr, "Mails are not sent but shown at %s/dev/mailbox?key=%s (to anyone who has this address; set CRUDDUR_SMTP_URL to send them)\n", address, s.mailboxKey)
	}
	if admin != nil {
		fmt.Fprintf(s.Stderr, "Metrics are at http://%s/metrics\n", admin)
	}
}

func (s *service) pages(limits *ratelimit.Limiter, refusals *request.Refusals, memory *recall.Memory) (http.Handler, error) {
	reads := filter.Store{DB: s.db.DB}
	c := web.Config{
		Feed: filter.Feed{Homes: s.feed, Store: reads}, Store: reads, Trends: s.trends, Place: s.place, Live: s.live, Recall: memory, Gallery: s.pictures, Identity: s.identity, Sessions: identity.NewSessions(s.db), Limits: limits, Log: s.log, Refusals: refusals,
		BaseURL: s.options.site(), Secure: strings.HasPrefix(s.options.backendURL, "https://"),
	}
	if s.mailboxKey != "" {
		c.Mailbox, c.MailboxKey = s.mailbox, s.mailboxKey
	}
	return web.New(c)
}

// ready returns why requests cannot be answered now, or nil.
func (s *service) ready(ctx context.Context) error {
	if !s.schema.Load() {
		return errors.New("the schema has not been checked yet")
	}
	reason, err := s.db.ReadOnly(ctx)
	if err == nil && reason != "" {
		err = readOnlyError(reason)
	}
	return err
}

// readOnlyError is the error of a process whose database refuses writes: it is not ready.
type readOnlyError string

func (e readOnlyError) Error() string { return e.Public() + ": " + string(e) }

// Public returns the text that /readyz shows to everybody.
func (e readOnlyError) Public() string {
	return "the database is read-only: reads are answered, writes are refused"
}
