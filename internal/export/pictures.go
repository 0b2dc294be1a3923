package export

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"cruddur"
)

// Gallery has the bytes of pictures.
type Gallery interface {
	// Bytes returns one size of a picture; KindNotFound if it is gone.
	Bytes(ctx context.Context, p cruddur.Picture, size cruddur.PictureSize) ([]byte, error)
}

// mostUnread is after how many pictures in a row that cannot be read no other is tried: their store is away, and each
// attempt may take as long as a client waits.
const mostUnread = 3

// What pictures.json notes about a picture.
const (
	noteGone   = "It was deleted while this export was written."
	noteUnread = "Its file could not be read. A later export may have it."
)

// pictureFile is the file of a picture in an archive.
type pictureFile struct {
	id        cruddur.UUID
	extension string
}

func (p pictureFile) name() string { return "pictures/" + p.id.String() + "." + p.extension }

// pictureOf returns the picture of a row.
func pictureOf(row []byte) (pictureFile, error) {
	var in struct{ UUID, Extension string }
	if err := json.Unmarshal(row, &in); err != nil {
		return pictureFile{}, fmt.Errorf("the row of a picture: %w", err)
	}
	id, err := cruddur.ParseUUID(in.UUID)
	return pictureFile{id, in.Extension}, err
}

// pictures writes the files of the pictures, and then their list, which names the files. A picture that goes meanwhile,
// or cannot be read, has a note there. One picture is in memory at a time; of the others, their UUIDs.
func (e *Export) pictures(ctx context.Context, create func(name string, packed bool) (io.Writer, error)) error {
	notes, err := e.pictureFiles(ctx, create)
	if err != nil {
		return err
	}
	w, err := create("pictures.json", false)
	if err != nil {
		return err
	}
	list := array{w: w}
	err = e.store.ExportRows(ctx, "pictures", e.user, e.now, func(row []byte) error {
		p, err := pictureOf(row)
		if err != nil {
			return err
		}
		note, ok := notes[p]
		if !ok {
			return nil // it was posted after the files were written
		}
		delete(notes, p)
		return list.add(fmt.Appendf(row[:len(row)-1], ",%s}", fileKeys(p, note, note)))
	})
	if err != nil {
		return err
	}
	// The rows of these went after their files were written.
	left := slices.SortedFunc(maps.Keys(notes), func(a, b pictureFile) int { return cmp.Compare(b.id.String(), a.id.String()) })
	for _, p := range left {
		if err := list.add(fmt.Appendf(nil, `{"uuid":%q,%s}`, p.id, fileKeys(p, notes[p], noteGone))); err != nil {
			return err
		}
	}
	return list.end()
}

// fileKeys returns the keys of a row that tell of the file. missing says why it is not in the archive, or is empty.
func fileKeys(p pictureFile, missing, note string) string {
	file := "null"
	if missing == "" {
		file = `"` + p.name() + `"`
	}
	if note == "" {
		return `"file":` + file + `,"note":null`
	}
	return `"file":` + file + `,"note":"` + note + `"`
}

// pictureFiles writes the files, and returns for each picture why it has none, or "".
func (e *Export) pictureFiles(ctx context.Context, create func(name string, packed bool) (io.Writer, error)) (map[pictureFile]string, error) {
	notes := map[pictureFile]string{}
	running := 0 // unread ones since the last that was read
	err := e.store.ExportRows(ctx, "pictures", e.user, e.now, func(row []byte) error {
		p, err := pictureOf(row)
		if err != nil {
			return err
		}
		var b []byte
		if running < mostUnread {
			b, err = e.gallery.Bytes(ctx, cruddur.Picture{UUID: p.id, Extension: p.extension}, cruddur.Large)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case cruddur.KindOf(err) == cruddur.KindNotFound && err != nil:
			notes[p] = noteGone
			return nil
		case err != nil || running >= mostUnread:
			running++
			e.unread++
			e.firstUnread = cmp.Or(e.firstUnread, err)
			notes[p] = noteUnread
			return nil
		}
		running, notes[p] = 0, ""
		w, err := create(p.name(), true)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	})
	return notes, err
}
