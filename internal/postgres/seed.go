package postgres

import (
	"context"
	"embed"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed seed*.sql
var seedFiles embed.FS

var (
	seedStatement = seedFile("seed")
	seedReplies   = seedFile("seed_replies")
	seedMarks     = []*statement{seedFile("seed_follows"), seedFile("seed_likes"), seedFile("seed_reposts")}
)

func seedFile(name string) *statement {
	b, err := seedFiles.ReadFile(name + ".sql")
	if err != nil {
		panic(err) // the files are part of the binary
	}
	return compile(name, string(b))
}

// Seeded counts the rows that Seed has inserted.
type Seeded struct {
	UsersInserted       int64
	UsersUnchanged      int64
	ActivitiesInserted  int64
	ActivitiesUnchanged int64
}

// Seed inserts the sample data as of now: a dozen members, none of whom can sign in, their cruds, and how they
// answer, like, repost and follow each other. Existing rows stay; expired cruds are inserted again.
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
	for n := 1; err == nil && n > 0; {
		err = queryRowIn(ctx, conn, seedReplies, args{"now": now}, &n)
	}
	for _, statement := range seedMarks {
		if err != nil {
			return s, err
		}
		err = seedIn(ctx, conn, statement, now)
	}
	return s, err
}

func seedIn(ctx context.Context, conn *pgx.Conn, s *statement, now time.Time) error {
	a := args{"now": now}
	if len(s.args) == 0 {
		a = nil
	}
	values, err := s.bind(a)
	if err == nil {
		_, err = conn.Exec(ctx, s.text, values...)
	}
	return s.wrap(err)
}
