// Package gallery takes in the pictures that members upload: it has them made, keeps their bytes in a store, and
// deletes what no picture needs any more. It must not know HTML or JSON, nor how a store keeps bytes.
package gallery

import (
	"context"
	"errors"
	"io"
	"time"

	"cruddur"
	"cruddur/internal/picture"
)

// Store keeps bytes by name (cruddur.Picture.Name).
type Store interface {
	Put(ctx context.Context, name string, b []byte) error
	// Get returns the bytes under a name; KindNotFound if there are none.
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete deletes what is under a name, and is content if there is nothing.
	Delete(ctx context.Context, name string) error
}

// Rows is what a gallery needs from the database.
type Rows interface {
	AddPicture(ctx context.Context, p cruddur.Picture, outside bool) (cruddur.UUID, error)
	DeletePicture(ctx context.Context, id, user cruddur.UUID) error
	SetFace(ctx context.Context, user cruddur.UUID, kind cruddur.PictureKind, picture cruddur.UUID, now time.Time) error
	GonePictureObjects(ctx context.Context, batch int) ([]string, error)
	ForgetPictureObjects(ctx context.Context, names []string) error
}

// Gallery takes in pictures. A process needs only one, because it bounds the memory for all of them.
type Gallery struct {
	rows    Rows
	store   Store
	outside bool
	maker   *picture.Maker
}

// New returns a gallery over a store. outside says that the store is not the database of rows: then the names of what
// is stored are written down first, so that nothing is left there when a picture's row goes.
func New(rows Rows, store Store, outside bool) *Gallery {
	return &Gallery{rows: rows, store: store, outside: outside, maker: picture.New()}
}

// Check reports whether the store can be used, if it knows how to find out: KindInvalid says that something about it
// must be changed, KindUnavailable that it is away.
func (g *Gallery) Check(ctx context.Context) error {
	if c, ok := g.store.(interface{ Check(context.Context) error }); ok {
		return c.Check(ctx)
	}
	return nil
}

var shapes = map[cruddur.PictureKind]picture.Shape{
	cruddur.CrudPicture: picture.Crud, cruddur.Avatar: picture.Avatar, cruddur.Banner: picture.Banner,
}

// Upload makes a picture of a file and stores it. It is not used yet. The errors are those of picture.Maker; a member
// who is suspended or does not exist is KindNotFound.
func (g *Gallery) Upload(ctx context.Context, file io.Reader, owner cruddur.UUID, kind cruddur.PictureKind, alt string, now time.Time) (cruddur.Picture, error) {
	made, err := g.maker.Make(ctx, file, shapes[kind])
	if err != nil {
		return cruddur.Picture{}, err
	}
	p := cruddur.Picture{
		UserUUID: owner, Kind: kind, Alt: alt, Width: made.Width, Height: made.Height, Color: made.Color,
		Extension: made.Extension, Bytes: len(made.Large) + len(made.Small), Hash: made.Hash, CreatedAt: now,
	}
	p.ExpiresAt = now.Add(cruddur.UnusedLife)
	if p.UUID, err = g.rows.AddPicture(ctx, p, g.outside); err != nil {
		return cruddur.Picture{}, err
	}
	err = errors.Join(
		g.store.Put(ctx, p.Name(cruddur.Large), made.Large),
		g.store.Put(ctx, p.Name(cruddur.Small), made.Small),
	)
	if err != nil {
		// What cannot be deleted now goes after an hour.
		_ = g.rows.DeletePicture(context.WithoutCancel(ctx), p.UUID, owner)
		return cruddur.Picture{}, err
	}
	return p, nil
}

// SetFace makes a file the avatar or the banner of a member; nil takes it off.
func (g *Gallery) SetFace(ctx context.Context, file io.Reader, owner cruddur.UUID, kind cruddur.PictureKind, now time.Time) (p cruddur.Picture, err error) {
	if file != nil {
		if p, err = g.Upload(ctx, file, owner, kind, "", now); err != nil {
			return p, err
		}
	}
	return p, g.rows.SetFace(ctx, owner, kind, p.UUID, now)
}

// Bytes returns one size of a picture that its reader may see; KindNotFound if it is gone. A nil Gallery has none.
func (g *Gallery) Bytes(ctx context.Context, p cruddur.Picture, size cruddur.PictureSize) ([]byte, error) {
	if g == nil {
		return nil, cruddur.NewError(cruddur.KindNotFound)
	}
	return g.store.Get(ctx, p.Name(size))
}

// Copies returns the small sizes of pictures that their reader may see, by the UUIDs of the pictures. One that cannot be
// read is left out; the error says why, unless it is gone.
func (g *Gallery) Copies(ctx context.Context, pictures []cruddur.Picture) (map[cruddur.UUID][]byte, error) {
	copies := make(map[cruddur.UUID][]byte, len(pictures))
	var failed error
	for _, p := range pictures {
		b, err := g.Bytes(ctx, p, cruddur.Small)
		switch {
		case err == nil:
			copies[p.UUID] = b
		case cruddur.KindOf(err) != cruddur.KindNotFound:
			failed = errors.Join(failed, err)
		}
	}
	return copies, failed
}

// mostFailures is after how many failures in a row a store counts as away: each attempt may take as long as its client
// waits. A single object that is refused holds up no other.
const mostFailures = 3

// Sweep deletes from a store outside of the database what belongs to no picture any more: the bytes first and their
// names after them, so that a name is never lost. It returns how many it has deleted; at most batch.
func (g *Gallery) Sweep(ctx context.Context, _ time.Time, batch int) (int, error) {
	names, err := g.rows.GonePictureObjects(ctx, batch)
	if err != nil || len(names) == 0 {
		return 0, err
	}
	done := names[:0:0]
	var failed error
	running := 0 // failures since the last success
	for _, name := range names {
		if err := g.store.Delete(ctx, name); err != nil {
			if failed == nil {
				failed = err
			}
			if running++; running == mostFailures || ctx.Err() != nil {
				break
			}
			continue
		}
		running = 0
		done = append(done, name)
	}
	if len(done) > 0 {
		if err := g.rows.ForgetPictureObjects(context.WithoutCancel(ctx), done); err != nil {
			return 0, err
		}
	}
	return len(done), failed
}
