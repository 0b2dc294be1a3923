package postgres_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// The server of the version before goes on while the database is migrated. A migration may make it wait, but
// must never wait for it in a circle: whatever a request of that version has read, it can read on.
func TestMigrateBesideReaders(t *testing.T) {
	t.Parallel()
	const landed = 19
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for name, order := range map[string][2]string{
		"users first":      {"select count(*) from users", "select count(*) from activities"},
		"activities first": {"select count(*) from activities", "select count(*) from users"},
		"delete a member":  {"delete from users where handle = 'nobody'", "delete from activities where message = ''"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.EmptyURL(t)
			m := &postgres.Migrator{Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, url) }}
			reader, watch := connect(t, url), connect(t, url)
			for version := int64(landed); version <= int64(len(files)); version++ {
				if version == landed {
					if _, err := m.Up(t.Context(), landed, 0); err != nil {
						t.Fatal(err)
					}
					continue
				}
				tx, err := reader.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tx.Exec(t.Context(), order[0]); err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 1)
				go func() {
					_, err := m.Up(t.Context(), version, 0)
					done <- err
				}()
				awaitWaiting(t, watch, done)
				if _, err := tx.Exec(t.Context(), order[1]); err != nil {
					t.Errorf("version %d, the reader: %v", version, err)
				}
				if err := tx.Commit(t.Context()); err != nil {
					t.Error(err)
				}
				if err := <-done; err != nil {
					t.Fatalf("version %d, the migration: %v", version, err)
				}
			}
		})
	}
}

// awaitWaiting returns when a session of the database waits for a table, or done has its answer.
func awaitWaiting(t *testing.T, watch *pgx.Conn, done chan error) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(done) == 0; time.Sleep(2 * time.Millisecond) {
		var waits bool
		err := watch.QueryRow(t.Context(), "select exists (select from pg_locks where not granted and locktype = 'relation' and database = (select oid from pg_database where datname = current_database()))").Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		if waits {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the migration neither waits nor ends")
		}
	}
}
