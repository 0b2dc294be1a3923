package gallery_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/gallery"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var now = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// outside is a store outside of the database, which may fail.
type outside struct {
	mu      sync.Mutex
	objects map[string][]byte
	failing error
	after   int    // how many calls succeed before it fails
	refused string // what it does not delete
	asked   int    // how often it was asked to delete something
}

func (s *outside) fails() error {
	if s.after--; s.after >= 0 {
		return nil
	}
	return s.failing
}

func (s *outside) Put(_ context.Context, name string, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fails(); err != nil {
		return err
	}
	s.objects[name] = b
	return nil
}

func (s *outside) Get(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[name], nil
}

func (s *outside) Delete(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if err := s.fails(); err != nil {
		return err
	}
	if name == s.refused {
		return errors.New("refused")
	}
	delete(s.objects, name)
	return nil
}

func (s *outside) names() []string { return slices.Sorted(maps.Keys(s.objects)) }

func file(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func member(t *testing.T, db *postgres.DB, handle string) cruddur.User {
	t.Helper()
	u, err := db.UpsertUser(t.Context(), cruddur.User{Handle: handle, DisplayName: handle, Email: handle + "@example.com", Subject: handle}, now)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// In the database: the bytes that were made are there, in both sizes.
func TestUpload(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	g, ana := gallery.New(db, db.PictureStore(), false), member(t, db, "ana")
	p, err := g.Upload(ctx, bytes.NewReader(file(t)), ana.UUID, cruddur.CrudPicture, "grey", now)
	if err != nil || p.Width != 40 || p.Height != 30 || p.Color != "#000000" || p.Alt != "grey" {
		t.Fatalf("Upload() = %+v, %v", p, err)
	}
	for _, size := range cruddur.PictureSizes {
		if b, err := g.Bytes(ctx, p, size); err != nil || !bytes.HasPrefix(b, []byte("\xff\xd8")) {
			t.Errorf("%s is %d bytes, %v", size, len(b), err)
		}
	}
	if got, err := db.Picture(ctx, p.UUID, ana.UUID, now); err != nil || got.Hash != p.Hash || got.Alt != "grey" || !got.ExpiresAt.Equal(p.ExpiresAt) {
		t.Errorf("Picture() = %+v, %v, want %+v", got, err, p)
	}
	if n, err := g.Sweep(ctx, now, 10); n != 0 || err != nil {
		t.Errorf("Sweep() = %d, %v", n, err)
	}
}

// A file that is no picture stores nothing, and neither does one of a suspended member.
func TestRefused(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	store := &outside{objects: map[string][]byte{}}
	g, ana := gallery.New(db, store, true), member(t, db, "ana")
	if _, err := g.Upload(ctx, strings.NewReader("<svg/>"), ana.UUID, cruddur.CrudPicture, "", now); cruddur.CodesOf(err)[0] != "picture_format_unknown" {
		t.Errorf("Upload() of SVG = %v", err)
	}
	if err := db.Suspend(ctx, ana.UUID, now); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Upload(ctx, bytes.NewReader(file(t)), ana.UUID, cruddur.CrudPicture, "", now); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("Upload() of a suspended member = %v", err)
	}
	if list, err := db.PicturesOf(ctx, ana.UUID, now); err != nil || len(list)+len(store.objects) > 0 {
		t.Errorf("stored: %+v, %v, %v", list, store.names(), err)
	}
}

// Outside of the database: whatever goes, its objects go with the next sweep; what cannot be deleted is tried again.
func TestSweepOutside(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	store := &outside{objects: map[string][]byte{}}
	g, ana := gallery.New(db, store, true), member(t, db, "ana")
	upload := func() cruddur.Picture {
		t.Helper()
		p, err := g.Upload(ctx, bytes.NewReader(file(t)), ana.UUID, cruddur.CrudPicture, "", now)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	kept, posted := upload(), upload()
	a, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "look", TTL: "1-hour", Pictures: []cruddur.UUID{posted.UUID}}, now)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := g.Sweep(ctx, now, 10); n != 0 || err != nil || len(store.objects) != 4 {
		t.Fatalf("Sweep() = %d, %v; the store has %v", n, err, store.names())
	}
	if n, err := db.Sweep(ctx, a.ExpiresAt, 10); err != nil || n != 1 {
		t.Fatalf("the crud's sweep = %d, %v", n, err)
	}
	store.failing, store.after = errors.New("away"), 1
	if n, err := g.Sweep(ctx, now, 10); n != 1 || err == nil || len(store.objects) != 3 {
		t.Errorf("Sweep() = %d, %v; the store has %v", n, err, store.names())
	}
	store.failing = nil
	if n, err := g.Sweep(ctx, now, 10); n != 1 || err != nil {
		t.Errorf("Sweep() = %d, %v, want what was left", n, err)
	}
	want := []string{kept.Name(cruddur.Large), kept.Name(cruddur.Small)}
	if !slices.Equal(store.names(), want) {
		t.Errorf("the store has %v, want %v", store.names(), want)
	}
	if err := db.DeleteUser(ctx, ana.UUID); err != nil {
		t.Fatal(err)
	}
	if n, err := g.Sweep(ctx, now, 10); n != 2 || err != nil || len(store.objects) != 0 {
		t.Errorf("Sweep() = %d, %v; the store has %v", n, err, store.names())
	}
}

// If the store is away in the middle of an upload, nothing is shown and nothing is left.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	store := &outside{objects: map[string][]byte{}, failing: errors.New("away"), after: 1}
	g, ana := gallery.New(db, store, true), member(t, db, "ana")
	if _, err := g.Upload(ctx, bytes.NewReader(file(t)), ana.UUID, cruddur.CrudPicture, "", now); err == nil {
		t.Error("Upload() without a store succeeds")
	}
	if list, err := db.PicturesOf(ctx, ana.UUID, now); err != nil || len(list) != 0 {
		t.Errorf("stored: %+v, %v", list, err)
	}
	store.failing = nil
	if _, err := g.Sweep(ctx, now, 10); err != nil || len(store.objects) != 0 {
		t.Errorf("the store has %v, %v", store.names(), err)
	}
}

// A face replaces the one before, and is taken off.
func TestSetFace(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	g, ana := gallery.New(db, db.PictureStore(), false), member(t, db, "ana")
	p, err := g.SetFace(ctx, bytes.NewReader(file(t)), ana.UUID, cruddur.Avatar, now)
	if err != nil || p.Width != 30 || p.Height != 30 {
		t.Fatalf("SetFace() = %+v, %v, want a square", p, err)
	}
	if u, err := db.User(ctx, ana.UUID); err != nil || u.Avatar != p.UUID {
		t.Errorf("the avatar is %v, %v, want %v", u.Avatar, err, p.UUID)
	}
	if _, err := g.SetFace(ctx, nil, ana.UUID, cruddur.Avatar, now); err != nil {
		t.Fatal(err)
	}
	if list, err := db.PicturesOf(ctx, ana.UUID, now); err != nil || len(list) != 0 {
		t.Errorf("left: %+v, %v", list, err)
	}
}

// One object that is refused holds up no other; a store that is away is not asked for each.
func TestSweepPastOneObject(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	store := &outside{objects: map[string][]byte{}}
	g, ana := gallery.New(db, store, true), member(t, db, "ana")
	for range 3 {
		if _, err := g.Upload(ctx, bytes.NewReader(file(t)), ana.UUID, cruddur.CrudPicture, "", now); err != nil {
			t.Fatal(err)
		}
	}
	store.refused = store.names()[0]
	if err := db.DeleteUser(ctx, ana.UUID); err != nil {
		t.Fatal(err)
	}
	store.failing = errors.New("away")
	if n, err := g.Sweep(ctx, now, 10); n != 0 || err == nil || store.asked != 3 {
		t.Errorf("Sweep() = %d, %v, after %d calls, want 3", n, err, store.asked)
	}
	store.failing = nil
	if n, err := g.Sweep(ctx, now, 10); n != 5 || err == nil || len(store.objects) != 1 {
		t.Errorf("Sweep() = %d, %v; the store has %v", n, err, store.names())
	}
	store.refused = ""
	if n, err := g.Sweep(ctx, now, 10); n != 1 || err != nil || len(store.objects) != 0 {
		t.Errorf("Sweep() = %d, %v; the store has %v", n, err, store.names())
	}
}
