package postgres

import (
	"context"
	"embed"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

//go:embed seed*.sql
var seedFiles embed.FS

var (
	seedStatement = seedFile("seed")
	seedReplies   = seedFile("seed_replies")
	seedMentions  = seedFile("seed_mentions")
	seedTold      = seedFile("seed_notifications")
	seedMarks     = []*statement{seedFile("seed_follows"), seedFile("seed_likes"), seedFile("seed_reposts"), seedFile("seed_messages")}
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
// answer, like, repost, follow and write to each other. Existing rows stay; expired cruds are inserted again.
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
	if err == nil {
		err = SeedNotificationsIn(ctx, conn, "seed:%", now)
	}
	return s, err
}

// SeedNotificationsIn tells made-up members what others did, as if each had done it in the product. members is a pattern
// for their subjects.
func SeedNotificationsIn(ctx context.Context, conn *pgx.Conn, members string, now time.Time) error {
	type text struct {
		activity cruddur.UUID
		message  string
	}
	texts, err := queryAll(ctx, conn, seedMentions, args{"members": members, "now": now}, 0,
		func(rows pgx.Rows, t *text) error { return rows.Scan((*[16]byte)(&t.activity), &t.message) })
	if err != nil {
		return err
	}
	activities, handles := []string{}, []string{} // as text, which a connection without prepared statements takes too
	for _, t := range texts {
		for _, handle := range cruddur.Mentions(t.message) {
			activities, handles = append(activities, t.activity.String()), append(handles, handle)
		}
	}
	values, err := seedTold.bind(args{"members": members, "activities": activities, "handles": handles, "now": now})
	if err == nil {
		_, err = conn.Exec(ctx, seedTold.text, values...)
	}
	return seedTold.wrap(err)
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
