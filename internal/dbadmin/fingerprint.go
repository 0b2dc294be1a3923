package dbadmin

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
)

// Fingerprint is what an operator should see before a database is destroyed; `info` prints it.
type Fingerprint struct {
	Host          string   `json:"host"`
	Port          int      `json:"port"`
	Database      string   `json:"database"`
	User          string   `json:"user"`
	URL           string   `json:"url"` // masked
	Exists        bool     `json:"exists"`
	Server        string   `json:"server_version"`
	TLS           string   `json:"tls"` // protocol version, or "" without TLS
	Superuser     bool     `json:"superuser"`
	ReadOnly      string   `json:"read_only,omitempty"` // why the server accepts no writes; "" if it does
	Marker        *Marker  `json:"marker"`
	Protected     bool     `json:"protected"`
	Reasons       []string `json:"protected_because"`
	Unknown       string   `json:"production_unknown,omitempty"` // why it is unknown whether this is the production database
	Bytes         int64    `json:"bytes"`
	Users         int64    `json:"users"`      // -1: the table does not exist
	Activities    int64    `json:"activities"` // -1: the table does not exist
	Estimated     bool     `json:"estimated"`  // the two counts come from statistics
	Tables        int      `json:"tables"`
	hidden        bool     // the role may not read the marker
	Sessions      int      `json:"sessions"` // other than ours
	LastMigration string   `json:"last_migration"`
	Pending       int      `json:"pending_migrations"`
	Unusable      string   `json:"unusable"` // why no one can connect to it, or ""
}

// Fingerprint reads the facts about the target. A database that does not exist has a fingerprint too.
func (a *Admin) Fingerprint(ctx context.Context) (*Fingerprint, error) {
	f := &Fingerprint{Users: -1, Activities: -1}
	conn, err := a.Connect(ctx)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		if conn, err = a.maintain(ctx); err == nil {
			defer closing(ctx, conn)
			if err = f.server(ctx, conn); err == nil {
				err = a.identify(ctx, conn)
			}
		}
		f.target(a)
		return f, err
	}
	if e, ok := errors.AsType[*UnusableError](err); ok {
		return f, f.unusable(ctx, a, e)
	}
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	f.Exists = true
	if err := f.server(ctx, conn); err != nil {
		return nil, err
	}
	if err := a.identify(ctx, conn); err != nil {
		return nil, err
	}
	if f.Marker, err = marker(ctx, conn); isPermission(err) {
		f.hidden = true
	} else if err != nil {
		return nil, err
	}
	if err := f.contents(ctx, conn); err != nil {
		return nil, err
	}
	if err := f.migrations(ctx, a); err != nil {
		return nil, err
	}
	f.target(a)
	return f, nil
}

// unusable describes a database that does not accept connections.
func (f *Fingerprint) unusable(ctx context.Context, a *Admin, e *UnusableError) error {
	conn, err := a.maintain(ctx)
	if err != nil {
		return err
	}
	defer closing(ctx, conn)
	f.Exists, f.Unusable = true, e.Error()
	f.hidden = !e.Invalid // an invalid database has nothing left to protect
	if err = f.server(ctx, conn); err == nil {
		err = a.identify(ctx, conn)
	}
	f.target(a)
	return err
}

// target fills in the facts that need no server.
func (f *Fingerprint) target(a *Admin) {
	f.Database, f.URL, f.Reasons = a.Database(), a.Info.Masked(), a.reasons(a.Production)
	if a.place != nil {
		f.Reasons, f.Unknown = append(f.Reasons, a.place.reasons...), a.place.unknown
	}
	if config, err := a.Info.Config(); err == nil {
		f.Host, f.Port = config.Host, int(config.Port)
		if f.User == "" {
			f.User = config.User
		}
	}
	switch m := f.Marker; {
	case f.hidden:
		f.Reasons = append(f.Reasons, "its marker cannot be read by "+f.User)
	case m == nil:
	case m.Environment == "production":
		f.Reasons = append(f.Reasons, "its marker says production")
	case m.Protected:
		f.Reasons = append(f.Reasons, "its marker says that it is protected")
	}
	if f.Reasons == nil {
		f.Reasons = []string{}
	}
	f.Protected = len(f.Reasons) > 0
}

func (f *Fingerprint) server(ctx context.Context, conn *pgx.Conn) error {
	f.TLS = tlsOf(conn)
	var err error
	if f.ReadOnly, err = readOnly(ctx, conn); err != nil {
		return err
	}
	return conn.QueryRow(ctx, `
		select split_part(current_setting('server_version'), ' ', 1), session_user,
			(select rolsuper from pg_roles where rolname = session_user)`).Scan(&f.Server, &f.User, &f.Superuser)
}

// readOnly returns why a server accepts no writes, or "" if it does.
func readOnly(ctx context.Context, conn *pgx.Conn) (string, error) {
	var standby, readOnly bool
	err := conn.QueryRow(ctx, "select pg_is_in_recovery(), current_setting('transaction_read_only')::bool").Scan(&standby, &readOnly)
	switch {
	case standby:
		return "a standby", err
	case readOnly:
		return "read-only by its settings", err
	}
	return "", err
}

// exactBelow is the estimated number of rows up to which a table is counted exactly; counting more would make
// the operator wait.
const exactBelow = 2_000_000

func (f *Fingerprint) contents(ctx context.Context, conn *pgx.Conn) error {
	err := conn.QueryRow(ctx, `
		select pg_database_size(current_database()),
			(select count(*) from pg_stat_activity a where datname = current_database() and pid <> pg_backend_pid() and `+isClient+`),
			(select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
				where n.nspname = 'public' and c.relkind in ('r', 'p'))`).Scan(&f.Bytes, &f.Sessions, &f.Tables)
	if err != nil {
		return err
	}
	for table, to := range map[string]*int64{"users": &f.Users, "activities": &f.Activities} {
		n, estimated, err := countRows(ctx, conn, table)
		if err != nil {
			return err
		}
		*to = n
		f.Estimated = f.Estimated || estimated
	}
	return nil
}

// countRows counts a table of the schema public; -1 means that it does not exist or may not be read.
func countRows(ctx context.Context, conn *pgx.Conn, table string) (n int64, estimated bool, err error) {
	var readable *bool
	var rows *int64
	err = conn.QueryRow(ctx, `
		select has_table_privilege(c.oid, 'select'), greatest(c.reltuples, 0)::bigint
		from (select to_regclass($1) as oid) r left join pg_class c on c.oid = r.oid`, "public."+quote(table)).Scan(&readable, &rows)
	if err != nil || readable == nil {
		return -1, false, err
	}
	if *rows >= exactBelow {
		return *rows, true, nil
	}
	if !*readable {
		return -1, false, nil
	}
	// Another session may hold the table's lock. An operator who wants to end that session must not have to
	// wait for it.
	err = pgx.BeginFunc(ctx, conn, func(pgx.Tx) error {
		if _, err := conn.PgConn().Exec(ctx, "set local lock_timeout = '500ms'; set local statement_timeout = '5s'").ReadAll(); err != nil {
			return err
		}
		return conn.QueryRow(ctx, "select count(*) from public."+quote(table)).Scan(&n)
	})
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && (pe.Code == "55P03" || pe.Code == "57014") && ctx.Err() == nil {
		return *rows, true, nil
	}
	return n, false, err
}

func (f *Fingerprint) migrations(ctx context.Context, a *Admin) error {
	list, err := a.Migrator().Status(ctx)
	if isPermission(err) {
		f.LastMigration = Hidden
		return nil
	}
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.Applied {
			f.LastMigration = strings.TrimSuffix(m.Name, ".sql")
		} else {
			f.Pending++
		}
	}
	return nil
}

func isPermission(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.Code == "42501"
}
