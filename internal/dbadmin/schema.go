package dbadmin

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/postgres"
	"cruddur/internal/sqlscript"
)

// SchemaDump returns the target's schema as SQL that loads into an empty database, with the record of applied
// migrations. The same schema gives the same bytes: what pg_dump writes differently on each run (versions,
// the random \restrict key) is left out.
func (a *Admin) SchemaDump(ctx context.Context, tools Tools) (string, error) {
	major, err := a.serverMajor(ctx)
	if err != nil {
		return "", err
	}
	path, err := tools.Find(ctx, "pg_dump", major)
	if err != nil {
		return "", err
	}
	var out, errs bytes.Buffer
	cmd := a.command(ctx, path, "--schema-only", "--no-owner", "--no-privileges", "--no-password", "--dbname="+a.Info.PublicDSN())
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fail(cruddur.KindInternal, "pg_dump: "+strings.TrimSpace(errs.String()), err, "")
	}
	records, err := a.recordSQL(ctx)
	if err != nil {
		return "", err
	}
	schema, err := normalise(out.String())
	return schemaHeader + schema + records, err
}

const schemaHeader = `-- Generated from the migrations by: cruddur db schema dump. Do not edit.
set local check_function_bodies = off;

`

// noise matches the statements for the session, and those of the extension pg_stat_statements, which an
// operator adds.
var noise = regexp.MustCompile(`^(SET |SELECT pg_catalog\.set_config\(|(CREATE|COMMENT ON) EXTENSION (IF NOT EXISTS )?pg_stat_statements\b)`)

// normalise keeps the statements and drops what differs between runs: every setting of the session, pg_dump's
// comments and its \restrict key.
func normalise(dump string) (string, error) {
	var plain strings.Builder
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, `\restrict `) && !strings.HasPrefix(line, `\unrestrict `) {
			plain.WriteString(line)
		}
	}
	statements, err := sqlscript.Split(plain.String())
	if err != nil {
		return "", err
	}
	var kept []string
	for _, s := range statements {
		if !noise.MatchString(s.Text) {
			kept = append(kept, s.Text+";\n")
		}
	}
	return strings.Join(kept, "\n"), nil
}

// recordSQL returns SQL that records the applied migrations, without the time and the duration of this
// database.
func (a *Admin) recordSQL(ctx context.Context) (string, error) {
	list, err := a.Migrator().Status(ctx)
	if err != nil {
		return "", err
	}
	var rows []string
	for _, m := range list {
		if m.Applied {
			rows = append(rows, fmt.Sprintf("    (%d, %s, %s, 0)", m.Version, literal(m.Name), literal(m.Checksum)))
		}
	}
	if len(rows) == 0 {
		return "", nil
	}
	return "\ninsert into public.schema_migrations (version, name, checksum, milliseconds) values\n" +
		strings.Join(rows, ",\n") + ";\n", nil
}

// SchemaLoad replaces the content of the database with the result of the SQL, in one transaction. The marker
// before, if not nil, stays.
func (a *Admin) SchemaLoad(ctx context.Context, name, text string, before *Marker) (statements int, err error) {
	err = a.rebuilt(ctx, before, func(conn *pgx.Conn) error {
		script := postgres.Script{File: name, Text: text}
		statements, err = script.Run(ctx, conn)
		return err
	})
	return statements, inTheWay(err, a)
}

// rebuilt empties the database, calls make to fill it, and restores owners, grants and marker, all in one
// transaction.
func (a *Admin) rebuilt(ctx context.Context, before *Marker, make func(*pgx.Conn) error) error {
	if err := a.Identify(ctx); err != nil { // as in Restore
		return err
	}
	return a.whole(ctx, func(conn *pgx.Conn) error {
		k, err := keep(ctx, conn)
		if err != nil {
			return err
		}
		if err := a.emptied(ctx, conn, lockTimeout); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "set local search_path = public"); err != nil {
			return err
		}
		if err := make(conn); err != nil {
			return err
		}
		if err := giveBack(ctx, conn, k); err != nil {
			return fmt.Errorf("give owners and grants back: %w", err)
		}
		if before == nil {
			return nil
		}
		return remark(ctx, conn, a, before)
	})
}

// lockTimeout is how long to wait for the tables that are replaced.
const lockTimeout = 10 * time.Second

// inTheWay adds to a lock timeout how to find the session that holds the lock.
func inTheWay(err error, a *Admin) error {
	if isCode(err, "55P03") {
		return fail(cruddur.KindInternal, "other sessions use the tables that are replaced; "+asBefore(err), err, "list them: "+a.Command("sessions"))
	}
	return err
}

// FirstDifference returns the first line in which two texts differ, for people; "" means that they are equal.
func FirstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		x, y := "(end)", "(end)"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, x, y)
		}
	}
	return ""
}
