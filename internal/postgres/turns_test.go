package postgres_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

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
	{"reply with a picture", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		id, err := db.AddPicture(ctx, cruddur.Picture{
			UserUUID: u.UUID, Kind: cruddur.CrudPicture, Width: 1, Height: 1, Color: "#000000", Extension: "jpg", Bytes: 1, CreatedAt: now,
		}, false)
		if err == nil {
			_, err = db.ReplyWith(ctx, u.UUID, a.UUID, cruddur.Draft{Message: "a reply", Pictures: []cruddur.UUID{id}}, now)
		}
		return err
	}},
	{"report", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		_, err := db.Report(ctx, on(u, a), now)
		return err
	}},
	{"delete by a moderator", func(db *postgres.DB, ctx context.Context, _ cruddur.User, a cruddur.Activity) error {
		_, err := db.DeleteActivityBy(ctx, a.UUID, cruddur.AtCommandLine, "", now)
		return err
	}},
	{"sweep", func(db *postgres.DB, ctx context.Context, _ cruddur.User, a cruddur.Activity) error {
		_, err := db.Sweep(ctx, a.ExpiresAt, 10)
		return err
	}},
}

// pictureActs are all that changes the row of a picture which is not used yet. The crud is another one of its owner's.
var pictureActs = []act{
	{"post", func(db *postgres.DB, ctx context.Context, u cruddur.User, _ cruddur.Activity) error {
		return withPicture(ctx, db, u, cruddur.CrudPicture, func(id cruddur.UUID) error {
			_, err := db.CreateWith(ctx, u.UUID, cruddur.Draft{Message: "look", TTL: "1-hour", Pictures: []cruddur.UUID{id}}, now)
			return err
		})
	}},
	{"reply", func(db *postgres.DB, ctx context.Context, u cruddur.User, a cruddur.Activity) error {
		return withPicture(ctx, db, u, cruddur.CrudPicture, func(id cruddur.UUID) error {
			_, err := db.ReplyWith(ctx, u.UUID, a.UUID, cruddur.Draft{Message: "look", Pictures: []cruddur.UUID{id}}, now)
			return err
		})
	}},
	{"describe", func(db *postgres.DB, ctx context.Context, u cruddur.User, _ cruddur.Activity) error {
		return withPicture(ctx, db, u, cruddur.CrudPicture, func(id cruddur.UUID) error {
			return db.DescribePicture(ctx, id, u.UUID, "a text", now)
		})
	}},
	{"delete", func(db *postgres.DB, ctx context.Context, u cruddur.User, _ cruddur.Activity) error {
		return withPicture(ctx, db, u, cruddur.CrudPicture, func(id cruddur.UUID) error { return db.DeletePicture(ctx, id, u.UUID) })
	}},
	{"make it a face", func(db *postgres.DB, ctx context.Context, u cruddur.User, _ cruddur.Activity) error {
		return withPicture(ctx, db, u, cruddur.Avatar, func(id cruddur.UUID) error {
			return db.SetFace(ctx, u.UUID, cruddur.Avatar, id, now)
		})
	}},
	{"sweep the unused", func(db *postgres.DB, ctx context.Context, _ cruddur.User, _ cruddur.Activity) error {
		_, err := db.SweepPictures(ctx, now.Add(cruddur.UnusedLife), 10)
		return err
	}},
	{"delete the member", func(db *postgres.DB, ctx context.Context, u cruddur.User, _ cruddur.Activity) error {
		return db.DeleteUser(ctx, u.UUID)
	}},
}

// withPicture does something with the picture of a kind that a member has.
func withPicture(ctx context.Context, db *postgres.DB, u cruddur.User, kind cruddur.PictureKind, do func(cruddur.UUID) error) error {
	list, err := db.PicturesOf(ctx, u.UUID, now)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(p cruddur.Picture) bool { return p.Kind == kind })
	if i < 0 {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	return do(list[i].UUID)
}

// Two acts wait for the same row, whose last change is committed meanwhile, while a third session holds the
// row's earlier version (as each new reply or word does for a moment, by its foreign key). A statement that
// locked the new version and then went to the old one again would wait for the other act's turn at the old one,
// and the other act for the new one. The crud shows a picture, which goes with it.
func TestTwoActsWaitForOneRow(t *testing.T) {
	t.Parallel()
	for _, first := range acts {
		for _, second := range acts {
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				t.Parallel()
				url := pgtest.URL(t)
				db := pgtest.Open(t, url)
				ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
				a := pictured(t, db, ana, now, upload(t, db, ana, cruddur.CrudPicture, "a picture", now))
				for _, u := range []cruddur.User{bo, cem} {
					if _, err := db.Like(t.Context(), u.UUID, a.UUID, u == bo, now); err != nil {
						t.Fatal(err)
					}
				}
				key := hold(t, url, "select from activities where uuid = $1 for key share", [16]byte(a.UUID))
				change := hold(t, url, "update activities set reposts_count = reposts_count where uuid = $1", [16]byte(a.UUID))
				together(t, db, a, key, change, []act{first, second}, []cruddur.User{bo, cem})
			})
		}
	}
}

// The same for the row of a picture, whose earlier version is held as by the bytes that are being stored.
func TestTwoActsWaitForOnePicture(t *testing.T) {
	t.Parallel()
	for _, first := range pictureActs {
		for _, second := range pictureActs {
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				t.Parallel()
				url := pgtest.URL(t)
				db := pgtest.Open(t, url)
				ana := member(t, db, "ana")
				a := crud(t, db, ana, "a crud", "1-hour", now)
				for _, kind := range []cruddur.PictureKind{cruddur.CrudPicture, cruddur.Avatar} {
					upload(t, db, ana, kind, "", now)
				}
				key := hold(t, url, "select from pictures where user_uuid = $1 for key share", [16]byte(ana.UUID))
				change := hold(t, url, "update pictures set color = color where user_uuid = $1", [16]byte(ana.UUID))
				together(t, db, a, key, change, []act{first, second}, []cruddur.User{ana, ana})
			})
		}
	}
}

// together lets two acts wait for a row that key and change hold, and ends both. What does not wait (a sweep leaves out
// what is locked) ends at once.
func together(t *testing.T, db *postgres.DB, a cruddur.Activity, key, change pgx.Tx, acts []act, members []cruddur.User) {
	t.Helper()
	var ended atomic.Int32
	errs := make(chan error, len(acts))
	for i, act := range acts {
		go func() {
			err := act.do(db, context.WithoutCancel(t.Context()), members[i], a)
			ended.Add(1)
			errs <- err
		}()
		awaitWaiters(t, db, func(n int) bool { return n+int(ended.Load()) == i+1 })
	}
	if err := change.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitWaiters(t, db, func(n int) bool { return n+int(ended.Load()) >= len(acts) })
	if err := key.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range acts {
		err := <-errs
		switch kind := cruddur.KindOf(err); {
		case err == nil, kind == cruddur.KindNotFound:
		case slices.Equal(cruddur.CodesOf(err), []string{"pictures_invalid"}): // the other act has used or deleted it
		default:
			t.Error(err)
		}
	}
}
