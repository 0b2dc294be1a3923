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

// application is how this tool is called in pg_stat_activity.
const application = "cruddur db"

// Admin works on one target. It connects for each step anew and always to the same server: of several
// hosts the first that answers is kept, so that no command can touch two databases.
type Admin struct {
	*Target
	Production  string        // PROD_CONNECTION_URL, or ""
	Maintenance string        // the database from which others are created and dropped; "" tries postgres, then template1
	Say         func(string)  // is called with each line of progress; never nil
	Trace       io.Writer     // where it is set, every statement is printed there
	Complaint   func() string // the worst that the server's log says since the command began; nil where it cannot be read
	pinned      bool
	place       *place          // nil: not asked yet
	dial        pgconn.DialFunc // of tests
}

// New returns an Admin that says nothing.
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
		// As libpq: a standby if there is one, else any. One host at a time, each would be good enough.
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

// prepare sets what the operator's connections have in common.
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

// DB opens the product's pool on the target.
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

// Migrator is the migrator of the target.
func (a *Admin) Migrator() *postgres.Migrator { return &postgres.Migrator{Connect: a.Connect} }

// Where is host and port, for people.
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

// quote makes a name fit to stand in a statement.
func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func closing(ctx context.Context, conn *pgx.Conn) { conn.Close(context.WithoutCancel(ctx)) }
