package dbadmin

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
	"cruddur/internal/postgres"
)

// application is this tool's application_name in pg_stat_activity.
const application = "cruddur db"

// Admin works on one target. It makes a new connection for each step, always to the same server: of several
// hosts the first that answers is kept, so that no command can touch two databases.
type Admin struct {
	*Target
	Production  string        // PROD_CONNECTION_URL, or "" if it is not set
	Maintenance string        // the database to connect to for creating and dropping others; "" tries postgres, then template1
	Say         func(string)  // called with each line of progress; never nil
	Trace       io.Writer     // if not nil, every statement is printed there
	Complaint   func() string // returns the worst message in the server's log since the command began; nil if the log cannot be read
	pinned      bool
	place       *place          // nil until Identify is called
	dial        pgconn.DialFunc // for tests
}

// New returns an Admin whose Say prints nothing.
func New(t *Target, production string) *Admin {
	return &Admin{Target: t, Production: production, Say: func(string) {}}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Connect opens a connection to the target's database.
func (a *Admin) Connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := a.connectTo(ctx, a.Database())
	if err != nil {
		if e := a.unusable(ctx, err); e != nil {
			return nil, e
		}
		return nil, a.connectError(a.Database(), err)
	}
	return conn, nil
}

// maintain opens a connection to another database of the same server.
func (a *Admin) maintain(ctx context.Context) (*pgx.Conn, error) {
	names := []string{"postgres", "template1"}
	if a.Maintenance != "" {
		names = []string{a.Maintenance}
	}
	var first error
	for _, name := range names {
		if name == a.Database() {
			continue
		}
		conn, err := a.connectTo(ctx, name)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = a.connectError(name, err)
		}
		if pe, ok := errors.AsType[*pgconn.PgError](err); !ok || pe.Code != "3D000" && pe.Code != "42501" {
			break
		}
	}
	if first == nil {
		first = fail(cruddur.KindInvalid, "database "+a.Database()+" cannot be created or dropped from within itself", nil, "name another with --maintenance-db")
	}
	return nil, first
}

// connectTo connects to a database by name and keeps the host that answered.
func (a *Admin) connectTo(ctx context.Context, database string) (*pgx.Conn, error) {
	hosts := a.Info.Hosts()
	if len(hosts) > 1 && a.Info.Get("target_session_attrs") == "prefer-standby" {
		// As libpq does: prefer a standby if there is one. Each host is tried alone, and alone each would be
		// accepted.
		for _, info := range hosts {
			hosts = append(hosts, info.With("target_session_attrs", "any"))
		}
		for i := range len(hosts) / 2 {
			hosts[i] = hosts[i].With("target_session_attrs", "standby")
		}
	}
	var first error
	for _, info := range hosts {
		config, err := info.With("dbname", database).Config()
		if err != nil {
			return nil, err
		}
		a.prepare(config)
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			if !a.pinned {
				t := *a.Target
				t.Info = info.With("dbname", a.Database())
				a.Target, a.pinned = &t, true
			}
			return conn, nil
		}
		if first == nil {
			first = err
		}
		if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "3D000" {
			return nil, err
		}
	}
	return nil, first
}

// prepare sets the options that all of the operator's connections share.
func (a *Admin) prepare(config *pgx.ConnConfig) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	config.RuntimeParams["timezone"] = "UTC"
	if _, ok := config.RuntimeParams["application_name"]; !ok {
		config.RuntimeParams["application_name"] = application
	}
	postgres.ForOperator(config)
	if a.Trace != nil {
		postgres.Trace(config, a.Trace, false)
	}
	if a.dial != nil {
		config.DialFunc = a.dial
		config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	}
}

// DB opens the product's connection pool on the target.
func (a *Admin) DB(ctx context.Context) (*postgres.DB, error) {
	if !a.pinned {
		conn, err := a.Connect(ctx)
		if err != nil {
			return nil, err
		}
		conn.Close(ctx)
	}
	return postgres.Open(ctx, postgres.Config{URL: a.Info.DSN(), ApplicationName: application, StatementTimeout: 10 * time.Minute})
}

// Migrator returns the migrator of the target.
func (a *Admin) Migrator() *postgres.Migrator { return &postgres.Migrator{Connect: a.Connect} }

// Where returns host and port, as text for people.
func (t *Target) Where() string {
	config, err := t.Info.Config()
	if err != nil {
		return t.Info.Get("host")
	}
	if t.Private {
		return "cruddur's private PostgreSQL"
	}
	if strings.HasPrefix(config.Host, "/") {
		return config.Host
	}
	return config.Host + ":" + itoa(int64(config.Port))
}

func (t *Target) user() string {
	config, err := t.Info.Config()
	if err != nil {
		return ""
	}
	return config.User
}

// quote quotes a name as an SQL identifier.
func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func closing(ctx context.Context, conn *pgx.Conn) { conn.Close(context.WithoutCancel(ctx)) }
