package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// PictureStore keeps the bytes of pictures in the database, by the names of cruddur.Picture.Name. They go with the
// picture's row.
type PictureStore struct{ db *DB }

// PictureStore returns the store of pictures in this database.
func (d *DB) PictureStore() PictureStore { return PictureStore{d} }

// Put stores bytes under a name. The row of the picture must be there, otherwise it is KindNotFound.
func (s PictureStore) Put(ctx context.Context, name string, b []byte) error {
	a, err := byName(name)
	if err != nil {
		return err
	}
	a["bytes"] = b
	_, err = s.db.exec(ctx, "pictures/put", a)
	return err
}

// Get returns the bytes under a name; KindNotFound if there are none.
func (s PictureStore) Get(ctx context.Context, name string) (b []byte, err error) {
	a, err := byName(name)
	if err == nil {
		err = s.db.queryRow(ctx, "pictures/get", a, &b)
	}
	return b, err
}

// Delete deletes what is under a name, if there is anything.
func (s PictureStore) Delete(ctx context.Context, name string) error {
	a, err := byName(name)
	if err == nil {
		_, err = s.db.exec(ctx, "pictures/remove_bytes", a)
	}
	return err
}

// byName takes a name apart.
func byName(name string) (args, error) {
	id, rest, _ := strings.Cut(name, "/")
	uuid, err := cruddur.ParseUUID(id)
	size, _, ok := strings.Cut(rest, ".")
	if err != nil || !ok {
		return nil, cruddur.NewError(cruddur.KindNotFound)
	}
	return args{"picture_uuid": [16]byte(uuid), "size": size}, nil
}

// SweepPictures deletes pictures that were uploaded at least cruddur.UnusedLife before now, by the server's own time
// too, and are not used; at most batch of them. It returns how many.
func (d *DB) SweepPictures(ctx context.Context, now time.Time, batch int) (n int, err error) {
	err = d.queryRow(ctx, "pictures/sweep", args{"now": now, "life": cruddur.UnusedLife, "batch": batch}, &n)
	return n, err
}

// GonePictureObjects returns at most batch names of what is stored outside of the database and belongs to no picture
// any more.
func (d *DB) GonePictureObjects(ctx context.Context, batch int) ([]string, error) {
	return queryAll(ctx, d.pool, mustStatement("pictures/gone_objects"), args{"batch": batch}, 0,
		func(rows pgx.Rows, name *string) error { return rows.Scan(name) })
}

// ForgetPictureObjects forgets names of GonePictureObjects, once nothing is stored under them.
func (d *DB) ForgetPictureObjects(ctx context.Context, names []string) error {
	_, err := d.exec(ctx, "pictures/forget_objects", args{"names": names})
	return err
}

// GiveTicket lets whoever knows a secret send one avatar for a member until expiresAt; only the secret's SHA-256 is
// stored.
func (d *DB) GiveTicket(ctx context.Context, user cruddur.UUID, hash []byte, expiresAt time.Time) error {
	return d.queryRow(ctx, "pictures/give_ticket",
		args{"ticket_hash": hash, "user_uuid": [16]byte(user), "expires_at": micro(expiresAt)}, new([16]byte))
}

// TakeTicket uses a ticket and returns its member. One that is unknown, used or expired is KindNotFound.
func (d *DB) TakeTicket(ctx context.Context, hash []byte, now time.Time) (user cruddur.UUID, err error) {
	err = d.queryRow(ctx, "pictures/take_ticket", args{"ticket_hash": hash, "now": micro(now)}, (*[16]byte)(&user))
	return user, err
}
