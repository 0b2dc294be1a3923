package dbadmin

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// State is what a server knows about a database without a connection to it.
type State struct {
	Exists  bool
	Invalid bool // a DROP DATABASE of it was interrupted: all that can be done is to drop it again
	Closed  bool // it accepts no connections (datallowconn is false)
}

// State reads the target's state from another database of the server.
func (a *Admin) State(ctx context.Context) (State, error) {
	conn, err := a.maintain(ctx)
	if err != nil {
		return State{}, err
	}
	defer closing(ctx, conn)
	return stateOf(ctx, conn, a.Database())
}

func stateOf(ctx context.Context, conn *pgx.Conn, name string) (s State, err error) {
	// DROP DATABASE cannot be rolled back, so it marks the database with this limit before it begins.
	err = conn.QueryRow(ctx, "select datconnlimit = -2, not datallowconn from pg_database where datname = $1", name).Scan(&s.Invalid, &s.Closed)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	s.Exists = err == nil
	return s, err
}

// UnusableError says that the database exists but accepts no connections.
type UnusableError struct {
	State
	database, where string
	next            string
	err             error
}

// Error says which of the two reasons it is, and what helps.
func (e *UnusableError) Error() string {
	if e.Invalid {
		return fmt.Sprintf("database %s on %s is invalid: a DROP DATABASE of it was interrupted, and its content is lost\ncomplete the drop: %s", e.database, e.where, e.next)
	}
	return fmt.Sprintf("database %s on %s accepts no connections (datallowconn is false)\nallow them, from another database: %s", e.database, e.where, e.next)
}

// Unwrap returns the kind and the server's error.
func (e *UnusableError) Unwrap() []error {
	list := []error{cruddur.NewError(cruddur.KindUnavailable)}
	if e.err != nil {
		list = append(list, e.err)
	}
	return list
}

// unusable returns an [*UnusableError] if that is why the server refused a connection, otherwise nil.
func (a *Admin) unusable(ctx context.Context, refused error) error {
	if !isCode(refused, "55000") {
		return nil
	}
	s, err := a.State(ctx)
	if err != nil || !s.Invalid && !s.Closed {
		return nil
	}
	return a.unusableAs(s, refused)
}

func (a *Admin) unusableAs(s State, refused error) error {
	e := &UnusableError{State: s, database: a.Database(), where: a.Where(), err: refused, next: a.Command("drop")}
	if !s.Invalid {
		e.next = "alter database " + quote(a.Database()) + " allow_connections true"
	}
	return e
}

// CannotCreate returns why a dropped database could not be created again as it was; "" means that it could.
func (a *Admin) CannotCreate(ctx context.Context) (why string, err error) {
	conn, err := a.maintain(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return "", err
		}
		return "no other database of the server can be reached, and a database can only be created from another one", nil
	}
	defer closing(ctx, conn)
	err = conn.QueryRow(ctx, `
		select case
			when not r.rolsuper and not r.rolcreatedb then format('%s may not create databases', r.rolname)
			when not r.rolsuper and d.datdba <> r.oid then format('it belongs to %s, and only a superuser could give it back', pg_get_userbyid(d.datdba))
			when t.pid is not null then format('its template template1 is in use (pid %s)', t.pid)
			else '' end
		from pg_roles r
			left join pg_database d on d.datname = $1
			left join lateral (
				select a.pid from pg_stat_activity a where a.datname = 'template1' and a.pid <> pg_backend_pid() and `+isClient+` limit 1
			) t on true
		where r.rolname = current_user`, a.Database()).Scan(&why)
	return why, err
}

// Kept holds what must outlive a database that is dropped and created again: owners, grants, default
// privileges and settings.
type Kept struct{ k kept }

// Keep reads them.
func (a *Admin) Keep(ctx context.Context) (k Kept, err error) {
	err = a.whole(ctx, func(conn *pgx.Conn) error {
		k.k, err = keep(ctx, conn)
		return err
	})
	return k, err
}

// GiveBack restores them, for everything that exists again under its name.
func (a *Admin) GiveBack(ctx context.Context, k Kept) error {
	return a.whole(ctx, func(conn *pgx.Conn) error { return giveBack(ctx, conn, k.k) })
}

// Rebuild empties the database and applies the migrations, all in one transaction; only a migration that must
// run outside a transaction follows after it. It is for a role that may not create databases. The marker
// stays.
func (a *Admin) Rebuild(ctx context.Context, before *Marker) (applied int, err error) {
	m := a.Migrator()
	err = a.rebuilt(ctx, before, func(conn *pgx.Conn) error {
		list, err := m.UpIn(ctx, conn)
		applied = len(list)
		return err
	})
	if err != nil {
		return 0, inTheWay(err, a)
	}
	more, err := m.Up(ctx, 0, 0)
	return applied + len(more), err
}
