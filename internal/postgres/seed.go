package postgres

import (
	"context"
	_ "embed"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed seed.sql
var seedText string

var seedStatement = compile("seed", seedText)

// Seeded counts the rows that Seed has inserted.
type Seeded struct {
	UsersInserted       int64
	UsersUnchanged      int64
	ActivitiesInserted  int64
	ActivitiesUnchanged int64
}

// Seed inserts the sample data as of now: a dozen members, none of whom can sign in, and their cruds.
// Existing rows stay; expired cruds are inserted again.
func (d *DB) Seed(ctx context.Context, now time.Time) (Seeded, error) {
	var s Seeded
	err := d.transact(ctx, func(tx pgx.Tx) (err error) {
		s, err = SeedIn(ctx, tx.Conn(), now)
		return err
	})
	d.tell(err, Watcher.Changed)
	return s, err
}

// SeedIn is Seed on a connection, in the caller's transaction.
func SeedIn(ctx context.Context, conn *pgx.Conn, now time.Time) (s Seeded, err error) {
	var locked string
	if err := queryRowIn(ctx, conn, mustStatement("locks/transaction"), args{"name": "cruddur seed"}, &locked); err != nil {
		return s, err
	}
	err = queryRowIn(ctx, conn, seedStatement, args{"now": now},
		&s.UsersInserted, &s.UsersUnchanged, &s.ActivitiesInserted, &s.ActivitiesUnchanged)
	return s, err
}
