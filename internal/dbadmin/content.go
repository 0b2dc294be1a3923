package dbadmin

import (
	"context"
	_ "embed"
	"strings"

	"github.com/jackc/pgx/v5"
)

// The content of a database is everything in it that users have made: schemas and the objects in them, large
// objects, foreign servers, casts, publications and event triggers. Extensions and what belongs to them stay
// when the content is replaced, and so do subscriptions.

//go:embed sql/things.sql
var thingsSQL string

//go:embed sql/empty.sql
var emptySQL string

//go:embed sql/give_back.sql
var giveBackSQL string

// kept records all owners and grants before everything is replaced: neither a dump nor a migration contains
// them, and without them the app's role would be locked out. It is a JSON document, because it must outlive
// the database.
type kept string

// keep reads owners, grants, default privileges and settings of the database that conn is connected to.
func keep(ctx context.Context, conn *pgx.Conn) (k kept, err error) {
	err = inCatalog(ctx, conn)
	if err == nil {
		err = conn.QueryRow(ctx, "select coalesce(jsonb_agg(t), '[]')::text from ("+thingsSQL+") t").Scan(&k)
	}
	return k, err
}

// inCatalog makes the server print every name with its schema, for the duration of the transaction.
func inCatalog(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, "set local search_path = pg_catalog; set local client_min_messages = warning").ReadAll()
	return err
}

// empty drops the content of the database as far as our role owns it. It returns the objects that it had to
// leave, each with its owner.
func empty(ctx context.Context, conn *pgx.Conn) (left []string, err error) {
	if err := inCatalog(ctx, conn); err != nil {
		return nil, err
	}
	if _, err := conn.PgConn().Exec(ctx, emptySQL).ReadAll(); err != nil {
		return nil, err
	}
	return names(ctx, conn, `
		select format('%s %s (owner %s)', t.kind, t.name, t.owner) from (`+thingsSQL+`) t
		where t.kind in ('table', 'sequence', 'routine', 'type', 'large object') and not t.bound
		order by 1`)
}

// giveBack restores owners and grants of everything that exists again under its name.
func giveBack(ctx context.Context, conn *pgx.Conn, k kept) error {
	if err := inCatalog(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "select set_config('cruddur.kept', $1, true)", string(k)); err != nil {
		return err
	}
	_, err := conn.PgConn().Exec(ctx, strings.Replace(giveBackSQL, "/* things */", thingsSQL, 1)).ReadAll()
	return err
}
