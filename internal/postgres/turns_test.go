package postgres_test

import (
	"context"
	"sync/atomic"
	"testing"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

type act struct {
	name string
	do   func(*postgres.DB, context.Context, cruddur.User, cruddur.Activity) error
}

// acts are all that changes the row of a crud.
var acts = []act{
	{"like", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		_, err := db.Like(ctx, u.UUID, a.UUID, true, now)
		return err
	}},
	{"unlike", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		_, err := db.Like(ctx, u.UUID, a.UUID, false, now)
		return err
	}},
	{"repost", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		_, err := db.Repost(ctx, u.UUID, a.UUID, true, now)
		return err
	}},
	{"reply", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		_, err := db.Reply(ctx, u.UUID, a.UUID, "", "a reply", "", now)
		return err
	}},
	{"reply with mentions", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		_, err := db.Reply(ctx, u.UUID, a.UUID, "", "a reply to @ana, @bo and @cem", "", now)
		return err
	}},
	{"take a repost back", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		_, err := db.Repost(ctx, u.UUID, a.UUID, false, now)
		return err
	}},
	{"move the end", func(db *postgres.DB, ctx context.Context, _ cruddur.User, a cruddur.Activity) error {
		_, err := db.MoveEnd(ctx, a.UUID, a.UserUUID, "3-hours", now)
		return err
	}},
	{"delete", func(db *postgres.DB, ctx context.Context, _ cruddur.User, a cruddur.Activity) error {
		return db.DeleteActivity(ctx, a.UUID, a.UserUUID, now)
	}},
	{"delete everything", func(db *postgres.DB, ctx context.Context, _ cruddur.User, a cruddur.Activity) error {
		_, err := db.DeleteEverything(ctx, a.UserUUID, now)
		return err
	}},
}

// Two acts wait for the same row, whose last change is committed meanwhile, while a third session holds the
// row's earlier version (as each new reply or word does for a moment, by its foreign key). A statement that
// locked the new version and then went to the old one again would wait for the other act's turn at the old one,
// and the other act for the new one.
func TestTwoActsWaitForOneRow(t *testing.T) {
	t.Parallel()
	for _, first := range acts {
		for _, second := range acts {
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				t.Parallel()
				ctx, url := t.Context(), pgtest.URL(t)
				db := pgtest.Open(t, url)
				ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
				a := crud(t, db, ana, "a crud", "1-hour", now)
				for _, u := range []cruddur.User{bo, cem} {
					if _, err := db.Like(ctx, u.UUID, a.UUID, u == bo, now); err != nil {
						t.Fatal(err)
					}
				}
				key := hold(t, url, "select from activities where uuid = $1 for key share", [16]byte(a.UUID))
				change := hold(t, url, "update activities set reposts_count = reposts_count where uuid = $1", [16]byte(a.UUID))
				var ended atomic.Int32
				errs := make(chan error, 2)
				for i, act := range []act{first, second} {
					go func() {
						err := act.do(db, context.WithoutCancel(ctx), []cruddur.User{bo, cem}[i], a)
						ended.Add(1)
						errs <- err
					}()
					awaitWaiters(t, db, func(n int) bool { return n == i+1 })
				}
				if err := change.Commit(ctx); err != nil {
					t.Fatal(err)
				}
				awaitWaiters(t, db, func(n int) bool { return n+int(ended.Load()) >= 2 })
				if err := key.Rollback(ctx); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if err := <-errs; err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
						t.Error(err)
					}
				}
			})
		}
	}
}
