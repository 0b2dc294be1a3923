package dbadmin

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// Marker is the database's own record, in schema_information, of what it is.
type Marker struct {
	Environment string    `json:"environment"`
	Protected   bool      `json:"protected"`
	MarkedAt    time.Time `json:"marked_at"`
	MarkedBy    string    `json:"marked_by"`
}

// marker reads the marker; nil means that there is none, as in a database without the table.
func marker(ctx context.Context, conn *pgx.Conn) (*Marker, error) {
	if exists, err := hasMarkerTable(ctx, conn); err != nil || !exists {
		return nil, err
	}
	var m Marker
	err := conn.QueryRow(ctx, "select environment, protected, marked_at, marked_by from public.schema_information").
		Scan(&m.Environment, &m.Protected, &m.MarkedAt, &m.MarkedBy)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &m, err
}

// Mark writes the marker if there is none yet: the marker of the database that this one replaces, or else the
// target's environment, protected for production. It returns nil if it has not written: if a marker exists,
// if the server is read-only, or if the role may not read the marker.
func (a *Admin) Mark(ctx context.Context, before *Marker) (*Marker, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	if exists, err := hasMarkerTable(ctx, conn); err != nil || !exists {
		return nil, err
	}
	if m, err := marker(ctx, conn); m != nil || isPermission(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if why, err := readOnly(ctx, conn); why != "" || err != nil {
		return nil, err
	}
	if err := a.identify(ctx, conn); err != nil {
		return nil, err
	}
	if before == nil {
		before = &Marker{Environment: a.Environment, Protected: a.Environment == "production"}
	}
	tag, err := conn.Exec(ctx, `
		insert into public.schema_information (environment, protected) values ($1, $2)
		on conflict do nothing`, before.Environment, before.Protected)
	if err != nil || tag.RowsAffected() == 0 {
		return nil, err
	}
	return marker(ctx, conn)
}

// remark restores the marker after a restore, which brings the dump's marker, within conn's transaction.
func remark(ctx context.Context, conn *pgx.Conn, a *Admin, before *Marker) error {
	if exists, err := hasMarkerTable(ctx, conn); err != nil || !exists {
		return err
	}
	if err := a.identify(ctx, conn); err != nil {
		return err
	}
	if before == nil {
		before = &Marker{Environment: a.Environment, Protected: a.Environment == "production"}
	}
	_, err := conn.Exec(ctx, `
		insert into public.schema_information (environment, protected) values ($1, $2)
		on conflict (single) do update set environment = excluded.environment, protected = excluded.protected,
			marked_at = now(), marked_by = session_user`, before.Environment, before.Protected)
	return err
}

func hasMarkerTable(ctx context.Context, conn *pgx.Conn) (exists bool, err error) {
	err = conn.QueryRow(ctx, "select to_regclass('public.schema_information') is not null").Scan(&exists)
	return exists, err
}

// Protect changes the marker's protection.
func (a *Admin) Protect(ctx context.Context, protected bool) (*Marker, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	exists, err := hasMarkerTable(ctx, conn)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, fail(cruddur.KindInvalid, "the database has no table schema_information to hold the marker", nil, "migrate it first: "+a.Command("migrate"))
	}
	if err := a.identify(ctx, conn); err != nil {
		return nil, err
	}
	// The environment production protects too, so it is changed when the protection is removed.
	_, err = conn.Exec(ctx, `
		insert into public.schema_information (environment, protected) values ($1, $2)
		on conflict (single) do update set protected = excluded.protected, marked_at = now(), marked_by = session_user,
			environment = case
				when not excluded.protected and schema_information.environment = 'production' then 'development'
				else schema_information.environment end`,
		unlessProduction(a.Environment, protected), protected)
	if err != nil {
		return nil, err
	}
	return marker(ctx, conn)
}

func unlessProduction(environment string, protected bool) string {
	if !protected && environment == "production" {
		return "development"
	}
	return environment
}
