package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// withPictures adds their pictures to activities that were read at now. A list without any costs no statement.
func (d *DB) withPictures(ctx context.Context, list []cruddur.Activity, now time.Time, err error) ([]cruddur.Activity, error) {
	var ids [][16]byte
	var places []int
	for i := range list {
		if list[i].PicturesCount > 0 && list[i].Pictures == nil {
			ids, places = append(ids, list[i].UUID), append(places, i)
		}
	}
	if err != nil || len(ids) == 0 {
		return list, err
	}
	type placed struct {
		cruddur.Picture
		place int
	}
	pictures, err := pipelined(ctx, d.reads, mustStatement("pictures/of_activities"), args{"uuids": ids, "now": now},
		func(rows pgx.Rows, out *[]placed) error {
			for rows.Next() {
				var p placed
				if err := rows.Scan(&p.place, (*[16]byte)(&p.UUID), &p.Alt, &p.Width, &p.Height, &p.Color, &p.Extension); err != nil {
					return err
				}
				*out = append(*out, p)
			}
			return rows.Err()
		})
	for _, p := range pictures {
		a := &list[places[p.place-1]]
		a.Pictures = append(a.Pictures, p.Picture)
	}
	return list, err
}

func (d *DB) withItsPictures(ctx context.Context, a cruddur.Activity, now time.Time, err error) (cruddur.Activity, error) {
	if err != nil || a.PicturesCount == 0 {
		return a, err
	}
	list, err := d.withPictures(ctx, []cruddur.Activity{a}, now, nil)
	return list[0], err
}

// shows reports whether an activity shows these pictures, in their order.
func shows(a cruddur.Activity, pictures []cruddur.UUID) bool {
	return slices.EqualFunc(a.Pictures, pictures, func(p cruddur.Picture, id cruddur.UUID) bool { return p.UUID == id })
}

func errPictures() error { return cruddur.Invalid("pictures", "pictures_invalid") }

// storeWith stores an activity by the steps, whose last one scans it, and lets it show the pictures, in one
// transaction. An attempt that was stored already is answered as it is.
func (d *DB) storeWith(ctx context.Context, author cruddur.UUID, pictures []cruddur.UUID, now time.Time, steps func(*cruddur.Activity) []step) (a cruddur.Activity, err error) {
	if len(pictures) > cruddur.MaxPictures {
		return a, cruddur.Invalid("pictures", "pictures_exceed_max")
	}
	ids := make([][16]byte, len(pictures))
	for i, id := range pictures {
		ids[i] = id
	}
	err = d.transact(ctx, func(tx pgx.Tx) error {
		if err := inOrder(ctx, tx, steps(&a)); err != nil {
			return err
		}
		if a.PicturesCount > 0 || a.CreatedAt.Before(micro(now)) {
			return nil // it was there before
		}
		held, err := queryAll(ctx, tx, mustStatement("pictures/hold"),
			args{"uuids": ids, "user_uuid": [16]byte(author), "life": cruddur.UnusedLife, "now": now}, len(ids),
			func(rows pgx.Rows, p *cruddur.Picture) error {
				return rows.Scan((*[16]byte)(&p.UUID), (*nullUUID)(&p.Activity), &p.Used, &p.Alt, &p.Width, &p.Height, &p.Color, &p.Extension)
			})
		if err != nil {
			return err
		}
		a.Pictures = make([]cruddur.Picture, 0, len(ids))
		for _, id := range pictures {
			i := slices.IndexFunc(held, func(p cruddur.Picture) bool { return p.UUID == id && !p.Used })
			if i < 0 {
				return errPictures()
			}
			a.Pictures = append(a.Pictures, held[i])
			held = slices.Delete(held, i, i+1) // the same twice is an error
		}
		a.PicturesCount = int16(len(ids))
		return queryRowIn(ctx, tx, mustStatement("pictures/attach"), args{"activity_uuid": [16]byte(a.UUID), "uuids": ids}, new([16]byte))
	})
	if err != nil {
		return cruddur.Activity{}, err
	}
	return a, nil
}

// AddPicture stores a picture that is not used yet, before its bytes are stored, and returns its UUID. outside says
// that the bytes will be stored outside of the database. A member who is suspended or does not exist is
// KindNotFound.
func (d *DB) AddPicture(ctx context.Context, p cruddur.Picture, outside bool) (id cruddur.UUID, err error) {
	err = d.queryRow(ctx, "pictures/add", args{
		"user_uuid": [16]byte(p.UserUUID), "kind": string(p.Kind), "alt": p.Alt,
		"width": p.Width, "height": p.Height, "color": p.Color, "extension": p.Extension, "bytes": p.Bytes,
		"content_hash": p.Hash[:], "outside": outside, "now": micro(p.CreatedAt),
	}, (*[16]byte)(&id))
	return id, err
}

func scanPicture(rows pgx.Rows, p *cruddur.Picture) error {
	var hash []byte
	var end *time.Time
	err := rows.Scan((*[16]byte)(&p.UUID), (*[16]byte)(&p.UserUUID), &p.Kind, (*nullUUID)(&p.Activity), &p.Used, &p.Alt,
		&p.Width, &p.Height, &p.Color, &p.Extension, &p.Bytes, &hash, &p.CreatedAt, &end)
	copy(p.Hash[:], hash)
	if end != nil {
		p.ExpiresAt = *end
	}
	return err
}

// Picture returns a picture that is visible at now: to everybody, or to its owner if it is not used yet. viewer is the
// nil UUID for a stranger. An expired, a deleted and an unknown one are all KindNotFound.
func (d *DB) Picture(ctx context.Context, id, viewer cruddur.UUID, now time.Time) (cruddur.Picture, error) {
	return pipelined(ctx, d.reads, mustStatement("pictures/show"),
		args{"uuid": [16]byte(id), "viewer_uuid": [16]byte(viewer), "life": cruddur.UnusedLife, "now": now},
		func(rows pgx.Rows, p *cruddur.Picture) error {
			if !rows.Next() {
				if err := rows.Err(); err != nil {
					return err
				}
				return pgx.ErrNoRows
			}
			return scanPicture(rows, p)
		})
}

// PicturesOf returns all pictures of a member, newest first, for the member's export: also those that only their owner
// may see, but not those of expired activities.
func (d *DB) PicturesOf(ctx context.Context, user cruddur.UUID, now time.Time) ([]cruddur.Picture, error) {
	return queryAll(ctx, d.pool, mustStatement("pictures/of_member"), args{"user_uuid": [16]byte(user), "now": now}, 0, scanPicture)
}

// DescribePicture gives a member's own picture another alternative text, which has been checked. One that is not
// theirs, or not visible to them at now, is KindNotFound.
func (d *DB) DescribePicture(ctx context.Context, id, user cruddur.UUID, alt string, now time.Time) error {
	var activity cruddur.UUID
	err := d.queryRow(ctx, "pictures/describe",
		args{"uuid": [16]byte(id), "user_uuid": [16]byte(user), "alt": alt, "life": cruddur.UnusedLife, "now": now}, (*nullUUID)(&activity))
	if err != nil || activity.IsZero() {
		return err
	}
	d.reread(ctx, activity, now)
	return nil
}

// DeletePicture deletes a member's own picture that is not used. One that is not theirs, or that is used, is
// KindNotFound.
func (d *DB) DeletePicture(ctx context.Context, id, user cruddur.UUID) error {
	return d.queryRow(ctx, "pictures/remove", args{"uuid": [16]byte(id), "user_uuid": [16]byte(user)}, new([16]byte))
}

// SetFace makes a member's own unused picture their avatar or banner and deletes the one before; the nil UUID takes
// it off. A picture that cannot be used is pictures_invalid.
func (d *DB) SetFace(ctx context.Context, user cruddur.UUID, kind cruddur.PictureKind, picture cruddur.UUID, now time.Time) error {
	var id *[16]byte
	if !picture.IsZero() {
		id = (*[16]byte)(&picture)
	}
	face := args{"user_uuid": [16]byte(user), "kind": string(kind), "picture_uuid": id}
	set := args{"now": micro(now)}
	for k, v := range face {
		set[k] = v
	}
	err := d.transact(ctx, func(tx pgx.Tx) error {
		err := queryRowIn(ctx, tx, mustStatement("pictures/hold_member"), args{"uuid": [16]byte(user)}, new([16]byte))
		if err != nil {
			return err
		}
		err = queryRowIn(ctx, tx, mustStatement("pictures/set_face"), set, new([16]byte))
		if cruddur.KindOf(err) == cruddur.KindNotFound {
			return errPictures()
		}
		if err != nil {
			return err
		}
		_, err = execIn(ctx, tx, "pictures/drop_faces", face)
		return err
	})
	d.tell(err, Watcher.Changed)
	return err
}

// FaceOf returns the avatar of the member with a UUID or with a subject of the identity provider. KindNotFound if
// there is none.
func (d *DB) FaceOf(ctx context.Context, id string) (avatar cruddur.UUID, err error) {
	var uuid *[16]byte
	if u, err := cruddur.ParseUUID(id); err == nil {
		uuid = (*[16]byte)(&u)
	}
	err = d.queryRow(ctx, "pictures/face", args{"id": id, "uuid": uuid}, (*[16]byte)(&avatar))
	return avatar, err
}
