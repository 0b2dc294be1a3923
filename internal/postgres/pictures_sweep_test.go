package postgres_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
)

// What is not used goes an hour after it came, to the microsecond; the sweeper knows when. The rest stays.
func TestUnusedPicturesAreSwept(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	const life = cruddur.UnusedLife
	orphan := upload(t, db, ana, cruddur.CrudPicture, "", now)
	shown := upload(t, db, ana, cruddur.CrudPicture, "", now)
	a, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "look", TTL: "7-days", Pictures: ids(shown)}, now)
	if err != nil {
		t.Fatal(err)
	}
	face := upload(t, db, ana, cruddur.Avatar, "", now)
	if err := db.SetFace(ctx, ana.UUID, cruddur.Avatar, face.UUID, now); err != nil {
		t.Fatal(err)
	}
	if next, err := db.NextExpiry(ctx); err != nil || !next.Equal(now.Add(life)) {
		t.Errorf("NextExpiry() = %v, %v, want %v", next, err, now.Add(life))
	}
	for at, want := range map[time.Duration]int64{life - time.Microsecond: 0, life + time.Minute: 1} {
		if rows, lag, err := db.PurgeLag(ctx, now.Add(at)); err != nil || rows != want || want > 0 && lag != time.Minute {
			t.Errorf("after %v PurgeLag() = %d, %v, %v", at, rows, lag, err)
		}
	}
	if n, err := db.SweepPictures(ctx, now.Add(life-time.Microsecond), 10); err != nil || n != 0 {
		t.Errorf("just before its end SweepPictures() = %d, %v", n, err)
	}
	if n, err := db.SweepPictures(ctx, now.Add(life), 10); err != nil || n != 1 {
		t.Errorf("SweepPictures() = %d, %v, want 1", n, err)
	}
	store := db.PictureStore()
	if _, err := store.Get(ctx, orphan.Name(cruddur.Large)); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("the bytes of the swept one: %v", err)
	}
	for _, p := range []cruddur.Picture{shown, face} {
		if b, err := store.Get(ctx, p.Name(cruddur.Large)); err != nil || !bytes.Equal(b, []byte("large bytes")) {
			t.Errorf("what is shown: %q, %v", b, err)
		}
	}
	if _, err := db.Sweep(ctx, a.ExpiresAt, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(ctx, shown.Name(cruddur.Small)); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("the bytes of a swept crud's picture: %v", err)
	}
	// By the server's clock a picture from the future is not an hour old.
	upload(t, db, ana, cruddur.CrudPicture, "", time.Now())
	if n, err := db.SweepPictures(ctx, time.Now().AddDate(1, 0, 0), 10); err != nil || n != 0 {
		t.Errorf("a wrong clock destroyed %d pictures, %v", n, err)
	}
}

// What is stored outside of the database is known by name until it is deleted there.
func TestObjectsOutside(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	p := cruddur.Picture{UserUUID: ana.UUID, Kind: cruddur.CrudPicture, Width: 9, Height: 9, Color: "#000000", Extension: "png", Bytes: 1, CreatedAt: now}
	var err error
	if p.UUID, err = db.AddPicture(ctx, p, true); err != nil {
		t.Fatal(err)
	}
	if names, err := db.GonePictureObjects(ctx, 10); err != nil || len(names) != 0 {
		t.Errorf("GonePictureObjects() = %v, %v", names, err)
	}
	if err := db.DeleteUser(ctx, ana.UUID); err != nil {
		t.Fatal(err)
	}
	want := []string{p.Name(cruddur.Large), p.Name(cruddur.Small)}
	names, err := db.GonePictureObjects(ctx, 10)
	if diff := cmp.Diff(want, names); err != nil || diff != "" {
		t.Fatalf("GonePictureObjects() = %v (-want +got):\n%s", err, diff)
	}
	if rows, _, err := db.PurgeLag(ctx, now); err != nil || rows != 2 {
		t.Errorf("PurgeLag() = %d, %v, want 2", rows, err)
	}
	if next, err := db.NextExpiry(ctx); err != nil || next.IsZero() || next.After(now) {
		t.Errorf("NextExpiry() = %v, %v, want long ago", next, err)
	}
	if err := db.ForgetPictureObjects(ctx, names[:1]); err != nil {
		t.Fatal(err)
	}
	if names, err := db.GonePictureObjects(ctx, 10); err != nil || !slices.Equal(names, want[1:]) {
		t.Errorf("GonePictureObjects() = %v, %v, want %v", names, err, want[1:])
	}
}

func TestPictureStore(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	store, p := db.PictureStore(), upload(t, db, member(t, db, "ana"), cruddur.CrudPicture, "", now)
	if err := store.Put(ctx, p.Name(cruddur.Small), []byte("others")); err != nil {
		t.Fatal(err)
	}
	if b, err := store.Get(ctx, p.Name(cruddur.Small)); err != nil || string(b) != "others" {
		t.Errorf("Get() = %q, %v", b, err)
	}
	for range 2 {
		if err := store.Delete(ctx, p.Name(cruddur.Small)); err != nil {
			t.Errorf("Delete() = %v", err)
		}
	}
	for _, name := range []string{p.Name(cruddur.Small), "", "x", p.UUID.String(), p.UUID.String() + "/", p.UUID.String() + "/middle.jpg", "../../etc/passwd"} {
		_, err := store.Get(ctx, name)
		wantKind(t, err, cruddur.KindNotFound)
	}
	p.UUID = cruddur.UUID{5}
	wantKind(t, store.Put(ctx, p.Name(cruddur.Small), []byte("x")), cruddur.KindNotFound)
}

// A ticket serves once, within its time, for a member who is not suspended.
func TestTickets(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	give := func(n byte, until time.Time) {
		t.Helper()
		if err := db.GiveTicket(ctx, ana.UUID, hash(n), until); err != nil {
			t.Fatal(err)
		}
	}
	give(1, now.Add(time.Minute))
	give(2, now.Add(time.Minute))
	give(3, now.Add(time.Hour))
	_, err := db.TakeTicket(ctx, hash(9), now)
	wantKind(t, err, cruddur.KindNotFound)
	if user, err := db.TakeTicket(ctx, hash(1), now.Add(time.Minute-time.Microsecond)); err != nil || user != ana.UUID {
		t.Errorf("TakeTicket() = %v, %v", user, err)
	}
	for n, at := range map[byte]time.Time{1: now, 2: now.Add(time.Minute)} {
		_, err := db.TakeTicket(ctx, hash(n), at)
		wantKind(t, err, cruddur.KindNotFound)
	}
	if n, err := db.SweepAccounts(ctx, now.Add(time.Minute), 10); err != nil || n != 1 {
		t.Errorf("SweepAccounts() = %d, %v, want 1", n, err)
	}
	if err := db.Suspend(ctx, ana.UUID, now); err != nil {
		t.Fatal(err)
	}
	_, err = db.TakeTicket(ctx, hash(3), now)
	wantKind(t, err, cruddur.KindNotFound)
	wantKind(t, db.GiveTicket(ctx, ana.UUID, hash(4), now), cruddur.KindNotFound)
}
