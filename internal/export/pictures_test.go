package export_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/export"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// shelf is a gallery whose pictures are their own names.
type shelf func(p cruddur.Picture) error

func (s shelf) Bytes(_ context.Context, p cruddur.Picture, size cruddur.PictureSize) ([]byte, error) {
	return []byte(p.Name(size)), s(p)
}

func picture(t *testing.T, db *postgres.DB, u cruddur.User, kind cruddur.PictureKind, extension string, at time.Time) cruddur.Picture {
	t.Helper()
	p := cruddur.Picture{UserUUID: u.UUID, Kind: kind, Width: 1, Height: 1, Color: "#000000", Extension: extension, Bytes: 1, CreatedAt: at}
	id, err := db.AddPicture(t.Context(), p, false)
	if err != nil {
		t.Fatal(err)
	}
	p.UUID = id
	if kind != cruddur.CrudPicture {
		if err := db.SetFace(t.Context(), u.UUID, kind, id, at); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// shown is a picture that a crud shows.
func shown(t *testing.T, db *postgres.DB, u cruddur.User, ttl cruddur.TTL, extension string, at time.Time) cruddur.Picture {
	t.Helper()
	p := picture(t, db, u, cruddur.CrudPicture, extension, at)
	if _, err := db.CreateWith(t.Context(), u.UUID, cruddur.Draft{Message: "look", TTL: ttl, Pictures: []cruddur.UUID{p.UUID}}, at); err != nil {
		t.Fatal(err)
	}
	return p
}

type row struct {
	UUID       string
	File, Note *string
}

// zipped makes an archive, and returns its files and the rows of pictures.json by UUID.
func zipped(t *testing.T, e *export.Export) (map[string]string, map[string]row) {
	t.Helper()
	var b bytes.Buffer
	if err := e.ZIP(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	files := unzip(t, b.Bytes())
	var rows []row
	if err := json.Unmarshal([]byte(files["pictures.json"]), &rows); err != nil {
		t.Fatalf("%v\n%s", err, files["pictures.json"])
	}
	if !slices.IsSortedFunc(rows, func(a, b row) int { return strings.Compare(b.UUID, a.UUID) }) {
		t.Errorf("pictures.json is not newest first: %s", files["pictures.json"])
	}
	out := map[string]row{}
	for _, r := range rows {
		out[r.UUID] = r
	}
	if len(out) != len(rows) {
		t.Errorf("pictures.json has a picture twice: %s", files["pictures.json"])
	}
	return files, out
}

// The archive has the files of the member's own pictures, in their large size, and pictures.json names each; nothing of
// others, nothing that has ended, nothing that is not posted.
func TestPicturesInZIP(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ada, bob := member(t, db, "ada"), member(t, db, "bob")
	want := []cruddur.Picture{
		shown(t, db, ada, "1-day", "jpg", now), shown(t, db, ada, "1-hour", "png", now.Add(-time.Hour+time.Second)),
		picture(t, db, ada, cruddur.Avatar, "jpg", now), picture(t, db, ada, cruddur.Banner, "jpg", now),
	}
	shown(t, db, ada, "1-hour", "jpg", now.Add(-time.Hour))
	picture(t, db, ada, cruddur.CrudPicture, "jpg", now)
	shown(t, db, bob, "1-day", "jpg", now)
	picture(t, db, bob, cruddur.Avatar, "jpg", now)
	e, err := export.Begin(t.Context(), db, shelf(func(cruddur.Picture) error { return nil }), ada.UUID, now)
	if err != nil {
		t.Fatal(err)
	}
	files, rows := zipped(t, e)
	for _, p := range want {
		name := "pictures/" + p.UUID.String() + "." + p.Extension
		r := rows[p.UUID.String()]
		if files[name] != p.Name(cruddur.Large) || r.File == nil || *r.File != name || r.Note != nil {
			t.Errorf("%s holds %q, and its row is %+v", name, files[name], r)
		}
	}
	n := 0
	for name := range files {
		if strings.HasPrefix(name, "pictures/") {
			n++
		}
	}
	if n != len(want) || len(rows) != len(want) {
		t.Errorf("there are %d files and %d rows, want %d", n, len(rows), len(want))
	}
	if n, err := e.Unread(); n != 0 || err != nil {
		t.Errorf("Unread() = %d, %v", n, err)
	}
}

// What is deleted while the archive is written, before its file or between its file and the list, does not break it:
// pictures.json says so. What is posted meanwhile is left for another time.
func TestPicturesGoMeanwhile(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ada := member(t, db, "ada")
	last, first := shown(t, db, ada, "1-day", "jpg", now), picture(t, db, ada, cruddur.Avatar, "jpg", now.Add(time.Second)) // the newest is read first
	var late cruddur.Picture
	e, err := export.Begin(t.Context(), db, shelf(func(p cruddur.Picture) error {
		if p.UUID == first.UUID {
			return nil
		}
		if n, err := db.DeleteEverything(t.Context(), ada.UUID, now); err != nil || n != 1 {
			t.Errorf("DeleteEverything() = %d, %v", n, err)
		}
		late = shown(t, db, ada, "1-day", "jpg", now)
		if err := db.SetFace(t.Context(), ada.UUID, cruddur.Avatar, cruddur.UUID{}, now); err != nil {
			t.Error(err)
		}
		return cruddur.NewError(cruddur.KindNotFound)
	}), ada.UUID, now)
	if err != nil {
		t.Fatal(err)
	}
	files, rows := zipped(t, e)
	r := rows[first.UUID.String()]
	if r.File == nil || files[*r.File] == "" || r.Note == nil || !strings.Contains(*r.Note, "deleted") {
		t.Errorf("what went after its file was written: %+v", r)
	}
	r = rows[last.UUID.String()]
	if r.File != nil || r.Note == nil || !strings.Contains(*r.Note, "deleted") {
		t.Errorf("what went before its file was written: %+v", r)
	}
	if len(rows) != 2 || rows[late.UUID.String()].UUID != "" {
		t.Errorf("the rows are %v", rows)
	}
	if n, err := e.Unread(); n != 0 || err != nil {
		t.Errorf("Unread() = %d, %v", n, err)
	}
}

// What cannot be read is noted, and the operator learns why. After three in a row no other is tried.
func TestPicturesUnread(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ada := member(t, db, "ada")
	var all []cruddur.Picture // newest first, as they are read
	for i := range 7 {
		all = slices.Insert(all, 0, shown(t, db, ada, "1-day", "jpg", now.Add(time.Duration(i-7)*time.Second)))
	}
	tried := 0
	away := errors.New("the bucket is away")
	e, err := export.Begin(t.Context(), db, shelf(func(p cruddur.Picture) error {
		tried++
		if p.UUID == all[2].UUID {
			return nil
		}
		return away
	}), ada.UUID, now)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	w := httptest.NewRecorder()
	e.Answer(w, httptest.NewRequest("GET", "/", nil), "x.zip", "application/zip", (*export.Export).ZIP, slog.New(slog.NewTextHandler(&log, nil)))
	files := unzip(t, w.Body.Bytes())
	var rows []row
	if err := json.Unmarshal([]byte(files["pictures.json"]), &rows); err != nil || len(rows) != len(all) {
		t.Fatalf("%v\n%s", err, files["pictures.json"])
	}
	for i, r := range rows {
		if read := i == 2; read != (r.File != nil) || read != (r.Note == nil) || !read && !strings.Contains(*r.Note, "could not be read") {
			t.Errorf("row %d = %+v", i, r)
		}
	}
	if n, err := e.Unread(); n != 6 || !errors.Is(err, away) || tried != 6 {
		t.Errorf("Unread() = %d, %v; %d were tried", n, err, tried)
	}
	if !strings.Contains(log.String(), "pictures=6") || !strings.Contains(log.String(), away.Error()) {
		t.Errorf("the operator learns %q", log.String())
	}
}
