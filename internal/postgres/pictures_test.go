package postgres_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func upload(t testing.TB, db *postgres.DB, owner cruddur.User, kind cruddur.PictureKind, alt string, at time.Time) cruddur.Picture {
	t.Helper()
	p := cruddur.Picture{
		UserUUID: owner.UUID, Kind: kind, Alt: alt, Width: 1200, Height: 900, Color: "#c86432", Extension: "jpg",
		Bytes: 10, Hash: [32]byte{1, 2, 3}, CreatedAt: at,
	}
	var err error
	if p.UUID, err = db.AddPicture(t.Context(), p, false); err != nil {
		t.Fatal(err)
	}
	for _, size := range cruddur.PictureSizes {
		if err := db.PictureStore().Put(t.Context(), p.Name(size), []byte(size+" bytes")); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func ids(list ...cruddur.Picture) (out []cruddur.UUID) {
	for _, p := range list {
		out = append(out, p.UUID)
	}
	return out
}

func altsOf(list []cruddur.Picture) (out []string) {
	for _, p := range list {
		out = append(out, p.Alt)
	}
	return out
}

// pictured posts a crud with pictures.
func pictured(t testing.TB, db *postgres.DB, author cruddur.User, at time.Time, pictures ...cruddur.Picture) cruddur.Activity {
	t.Helper()
	a, err := db.CreateWith(t.Context(), author.UUID, cruddur.Draft{Message: "look", TTL: "1-hour", Pictures: ids(pictures...)}, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A crud with pictures shows them in the order asked for, wherever it is read.
func TestPicturesOfCruds(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	crud(t, db, ana, "without #x", "1-hour", now)
	var list []cruddur.Picture
	for _, alt := range []string{"first", "second", "third", "fourth"} {
		list = append(list, upload(t, db, ana, cruddur.CrudPicture, alt, now))
	}
	slices.Reverse(list)
	a, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "look #x", TTL: "1-hour", Pictures: ids(list...)}, now.Add(time.Second))
	want := []string{"fourth", "third", "second", "first"}
	if diff := cmp.Diff(want, altsOf(a.Pictures)); err != nil || diff != "" {
		t.Fatalf("CreateWith() = %v, alts (-want +got):\n%s", err, diff)
	}
	if p := a.Pictures[0]; p.Width != 1200 || p.Height != 900 || p.Color != "#c86432" || p.Extension != "jpg" {
		t.Errorf("a picture is %+v", p)
	}
	r, err := db.ReplyWith(ctx, bo.UUID, a.UUID, cruddur.Draft{Message: "mine #x", Pictures: ids(upload(t, db, bo, cruddur.CrudPicture, "reply's", now))}, now.Add(2*time.Second))
	if diff := cmp.Diff([]string{"reply's"}, altsOf(r.Pictures)); err != nil || diff != "" {
		t.Fatalf("ReplyWith() = %v, alts (-want +got):\n%s", err, diff)
	}
	if _, err := db.Like(ctx, bo.UUID, a.UUID, true, now.Add(3*time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := db.Follow(ctx, bo.UUID, ana.UUID, true, now); err != nil {
		t.Fatal(err)
	}
	at := now.Add(time.Minute)
	thread, err := db.Thread(ctx, a.UUID, cruddur.UUID{}, at)
	below, _ := db.Thread(ctx, r.UUID, cruddur.UUID{}, at)
	home, _ := db.Home(ctx, cruddur.UUID{}, 20, at)
	of, _ := db.ActivitiesOf(ctx, ana.UUID, cruddur.UUID{}, 20, at)
	replies, _ := db.RepliesOf(ctx, bo.UUID, cruddur.UUID{}, 20, at)
	liked, _ := db.LikedBy(ctx, bo.UUID, cruddur.UUID{}, 20, at)
	tagged, _ := db.Tagged(ctx, "x", cruddur.UUID{}, 20, at)
	following, _ := db.FollowingFeed(ctx, bo.UUID, cruddur.UUID{}, cruddur.UUID{}, 20, at)
	found, _ := db.Search(ctx, cruddur.Search{Query: "'look'"}, cruddur.UUID{}, 20, at)
	if err != nil {
		t.Fatal(err)
	}
	shown := func(list []cruddur.Activity) map[string][]string {
		out := map[string][]string{}
		for _, a := range list {
			out[a.Message] = altsOf(a.Pictures)
		}
		return out
	}
	for name, list := range map[string][]cruddur.Activity{
		"Home": home, "ActivitiesOf": of, "LikedBy": liked, "Tagged": tagged, "FollowingFeed": following, "Search": found,
		"Thread": {thread.Activity}, "Thread, ancestors": below.Ancestors,
	} {
		got := shown(list)
		if diff := cmp.Diff(want, got["look #x"]); diff != "" {
			t.Errorf("%s: alts (-want +got):\n%s", name, diff)
		}
		if len(got["without #x"]) > 0 {
			t.Errorf("%s: a crud without pictures has some", name)
		}
	}
	for name, list := range map[string][]cruddur.Activity{"Thread": thread.Replies, "RepliesOf": replies, "Tagged": tagged} {
		if diff := cmp.Diff([]string{"reply's"}, shown(list)["mine #x"]); diff != "" {
			t.Errorf("%s: alts of the reply (-want +got):\n%s", name, diff)
		}
	}
}

// A picture by its address is seen as long as what shows it: to the microsecond, and by nobody else before.
func TestPictureVisibility(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	visible := func(p cruddur.Picture, viewer cruddur.UUID, at time.Time, want bool) {
		t.Helper()
		got, err := db.Picture(ctx, p.UUID, viewer, at)
		if want && (err != nil || got.UUID != p.UUID || got.Hash != p.Hash) {
			t.Errorf("Picture() = %+v, %v", got, err)
		}
		if !want {
			wantKind(t, err, cruddur.KindNotFound)
		}
	}
	p := upload(t, db, ana, cruddur.CrudPicture, "", now)
	const hour, instant = time.Hour, time.Microsecond
	visible(p, ana.UUID, now, true)
	visible(p, ana.UUID, now.Add(hour-instant), true)
	visible(p, ana.UUID, now.Add(hour), false)
	visible(p, bo.UUID, now, false)
	visible(p, cruddur.UUID{}, now, false)
	at := now.Add(time.Minute)
	a := pictured(t, db, ana, at, p)
	for _, viewer := range []cruddur.UUID{{}, ana.UUID, bo.UUID} {
		visible(p, viewer, at.Add(hour-instant), true)
		visible(p, viewer, at.Add(hour), false)
	}
	if got, _ := db.Picture(ctx, p.UUID, cruddur.UUID{}, at); !got.ExpiresAt.Equal(a.ExpiresAt) {
		t.Errorf("the picture ends %v, want with its crud, %v", got.ExpiresAt, a.ExpiresAt)
	}
	face := upload(t, db, ana, cruddur.Avatar, "", now)
	visible(face, bo.UUID, now, false)
	if err := db.SetFace(ctx, ana.UUID, cruddur.Avatar, face.UUID, now); err != nil {
		t.Fatal(err)
	}
	visible(face, cruddur.UUID{}, now.AddDate(1, 0, 0), true)
	if err := db.Suspend(ctx, ana.UUID, at); err != nil {
		t.Fatal(err)
	}
	for _, viewer := range []cruddur.UUID{{}, ana.UUID, bo.UUID} {
		visible(p, viewer, at, false)
		visible(face, viewer, at, false)
	}
	if err := db.Unsuspend(ctx, ana.UUID); err != nil {
		t.Fatal(err)
	}
	visible(p, bo.UUID, at, true)
	visible(face, bo.UUID, at, true)
	if err := db.DeleteActivity(ctx, a.UUID, ana.UUID, at); err != nil {
		t.Fatal(err)
	}
	visible(p, ana.UUID, at, false)
	if _, err := db.PictureStore().Get(ctx, p.Name(cruddur.Small)); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("the bytes of a deleted crud's picture: %v", err)
	}
}

// What cannot be used leaves nothing behind: another member's, a used one, the same twice, an old one, an avatar, one
// that was never there, too many.
func TestUnusablePictures(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	good := upload(t, db, ana, cruddur.CrudPicture, "", now)
	used := upload(t, db, ana, cruddur.CrudPicture, "", now)
	root := pictured(t, db, ana, now, used)
	const life = cruddur.UnusedLife
	for name, c := range map[string]struct {
		pictures []cruddur.UUID
		code     string
	}{
		"another member's":    {ids(good, upload(t, db, bo, cruddur.CrudPicture, "", now)), "pictures_invalid"},
		"used":                {ids(good, used), "pictures_invalid"},
		"twice the same":      {ids(good, good), "pictures_invalid"},
		"an hour old":         {ids(good, upload(t, db, ana, cruddur.CrudPicture, "", now.Add(-life))), "pictures_invalid"},
		"an avatar":           {ids(good, upload(t, db, ana, cruddur.Avatar, "", now)), "pictures_invalid"},
		"never there":         {[]cruddur.UUID{good.UUID, {1}}, "pictures_invalid"},
		"more than may be":    {ids(good, good, good, good, good), "pictures_exceed_max"},
		"of nobody, with key": {[]cruddur.UUID{{2}}, "pictures_invalid"},
	} {
		_, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "text", TTL: "1-hour", Pictures: c.pictures, Key: "k"}, now)
		wantKind(t, err, cruddur.KindInvalid, c.code)
		_, err = db.ReplyWith(ctx, ana.UUID, root.UUID, cruddur.Draft{Message: "text", Pictures: c.pictures, Key: "k"}, now)
		wantKind(t, err, cruddur.KindInvalid, c.code)
		if list, err := db.ActivitiesOf(ctx, ana.UUID, cruddur.UUID{}, 20, now); err != nil || len(list) != 1 || list[0].RepliesCount != 0 {
			t.Fatalf("%s: something was stored: %+v, %v", name, list, err)
		}
	}
	young := upload(t, db, ana, cruddur.CrudPicture, "", now.Add(-life+time.Microsecond))
	if _, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "text", TTL: "1-hour", Pictures: ids(good, young), Key: "k"}, now); err != nil {
		t.Errorf("after all of that, with the same key: %v", err)
	}
}

// An attempt that is repeated gets the crud of the first one; with other pictures it is another attempt.
func TestPicturesOnce(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	p, q := upload(t, db, ana, cruddur.CrudPicture, "p", now), upload(t, db, ana, cruddur.CrudPicture, "q", now)
	post := func(at time.Time, pictures ...cruddur.Picture) (cruddur.Activity, error) {
		return db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "look", TTL: "1-hour", Pictures: ids(pictures...), Key: "k"}, at)
	}
	first, err := post(now, p)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := post(now.Add(time.Minute), p); err != nil || !cmp.Equal(again, first) {
		t.Errorf("again: %+v, %v, want %+v", again, err, first)
	}
	for _, other := range [][]cruddur.Picture{{q}, {p, q}, nil} {
		_, err := post(now.Add(time.Minute), other...)
		wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	}
	if got, err := db.Picture(ctx, q.UUID, ana.UUID, now); err != nil || got.Used {
		t.Errorf("a picture of a refused attempt is %+v, %v", got, err)
	}
}

// Two posts at once want the same picture: one gets it.
func TestOnePictureTwoCruds(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	for range 10 {
		p := upload(t, db, ana, cruddur.CrudPicture, "", now)
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "mine", TTL: "1-hour", Pictures: ids(p)}, now)
				errs <- err
			}()
		}
		var failed []error
		for range 2 {
			if err := <-errs; err != nil {
				failed = append(failed, err)
			}
		}
		if len(failed) != 1 {
			t.Fatalf("errors %v, want one", failed)
		}
		wantKind(t, failed[0], cruddur.KindInvalid, "pictures_invalid")
	}
}

// Only its owner changes or deletes a picture, and deletes it only as long as nothing shows it.
func TestPicturesOfOthers(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	p := upload(t, db, ana, cruddur.CrudPicture, "before", now)
	wantKind(t, db.DescribePicture(ctx, p.UUID, bo.UUID, "bo was here", now), cruddur.KindNotFound)
	wantKind(t, db.DeletePicture(ctx, p.UUID, bo.UUID), cruddur.KindNotFound)
	wantKind(t, db.DescribePicture(ctx, p.UUID, ana.UUID, "late", now.Add(cruddur.UnusedLife)), cruddur.KindNotFound)
	if err := db.DescribePicture(ctx, p.UUID, ana.UUID, "after", now); err != nil {
		t.Fatal(err)
	}
	a := pictured(t, db, ana, now, p)
	wantKind(t, db.DescribePicture(ctx, p.UUID, bo.UUID, "bo was here", now), cruddur.KindNotFound)
	wantKind(t, db.DescribePicture(ctx, p.UUID, ana.UUID, "late", a.ExpiresAt), cruddur.KindNotFound)
	wantKind(t, db.DeletePicture(ctx, p.UUID, ana.UUID), cruddur.KindNotFound)
	if err := db.DescribePicture(ctx, p.UUID, ana.UUID, "at last", now); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Activity(ctx, a.UUID, now); err != nil || got.Pictures[0].Alt != "at last" {
		t.Errorf("the crud's picture is %+v, %v", got.Pictures, err)
	}
	wantKind(t, db.DescribePicture(ctx, p.UUID, ana.UUID, strings.Repeat("x", cruddur.MaxAlt+1), now), cruddur.KindInvalid, "alt_exceed_max_chars")
	if err := db.DescribePicture(ctx, p.UUID, ana.UUID, strings.Repeat("é", cruddur.MaxAlt), now); err != nil {
		t.Error(err)
	}
}

// An avatar is the member's newest; the one before is gone, and so is one that is taken off.
func TestFaces(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	crud(t, db, ana, "hello", "1-hour", now)
	wantFace := func(want cruddur.UUID) {
		t.Helper()
		home, err := db.Home(ctx, cruddur.UUID{}, 20, now)
		if err != nil || home[0].Avatar != want {
			t.Errorf("the avatar beside a crud is %v, %v, want %v", home[0].Avatar, err, want)
		}
		profile, _ := db.Profile(ctx, "ana", now)
		user, _ := db.UserBySubject(ctx, ana.Subject)
		found, _ := db.SearchMembers(ctx, cruddur.Search{Start: "ana"})
		if profile.Avatar != want || user.Avatar != want || found[0].Avatar != want {
			t.Errorf("avatars %v %v %v, want %v", profile.Avatar, user.Avatar, found[0].Avatar, want)
		}
	}
	wantFace(cruddur.UUID{})
	first := upload(t, db, ana, cruddur.Avatar, "", now)
	if err := db.SetFace(ctx, ana.UUID, cruddur.Avatar, first.UUID, now); err != nil {
		t.Fatal(err)
	}
	wantFace(first.UUID)
	banner := upload(t, db, ana, cruddur.Banner, "", now)
	for name, p := range map[string]cruddur.Picture{
		"a banner": banner, "bo's": upload(t, db, bo, cruddur.Avatar, "", now), "used": first,
		"a crud's": upload(t, db, ana, cruddur.CrudPicture, "", now), "nothing": {UUID: cruddur.UUID{7}},
	} {
		err := db.SetFace(ctx, ana.UUID, cruddur.Avatar, p.UUID, now)
		if wantKind(t, err, cruddur.KindInvalid, "pictures_invalid"); t.Failed() {
			t.Fatalf("as avatar: %s", name)
		}
		wantFace(first.UUID)
	}
	second := upload(t, db, ana, cruddur.Avatar, "", now)
	for kind, p := range map[cruddur.PictureKind]cruddur.Picture{cruddur.Banner: banner, cruddur.Avatar: second} {
		if err := db.SetFace(ctx, ana.UUID, kind, p.UUID, now); err != nil {
			t.Fatal(err)
		}
	}
	wantFace(second.UUID)
	for _, id := range []string{ana.UUID.String(), ana.Subject} {
		if got, err := db.FaceOf(ctx, id); err != nil || got != second.UUID {
			t.Errorf("FaceOf(%s) = %v, %v, want %v", id, got, err, second.UUID)
		}
	}
	if profile, _ := db.Profile(ctx, "ana", now); profile.Banner != banner.UUID {
		t.Errorf("the banner is %v, want %v", profile.Banner, banner.UUID)
	}
	if _, err := db.Picture(ctx, first.UUID, ana.UUID, now); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("the avatar before: %v", err)
	}
	if err := db.SetFace(ctx, ana.UUID, cruddur.Avatar, cruddur.UUID{}, now); err != nil {
		t.Fatal(err)
	}
	wantFace(cruddur.UUID{})
	if _, err := db.FaceOf(ctx, ana.Subject); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("FaceOf() without an avatar: %v", err)
	}
	if list, err := db.PicturesOf(ctx, ana.UUID, now); err != nil || slices.ContainsFunc(list, func(p cruddur.Picture) bool { return p.Used && p.Kind == cruddur.Avatar }) {
		t.Errorf("an avatar that was taken off is still there: %+v, %v", list, err)
	}
	if err := db.Suspend(ctx, ana.UUID, now); err != nil {
		t.Fatal(err)
	}
	wantKind(t, db.SetFace(ctx, ana.UUID, cruddur.Avatar, upload2(t, db, ana), now), cruddur.KindNotFound)
}

// upload2 tries to upload as a member who may be suspended.
func upload2(t *testing.T, db *postgres.DB, owner cruddur.User) cruddur.UUID {
	t.Helper()
	_, err := db.AddPicture(t.Context(), cruddur.Picture{
		UserUUID: owner.UUID, Kind: cruddur.Avatar, Width: 1, Height: 1, Color: "#000000", Extension: "jpg", Bytes: 1, CreatedAt: now,
	}, false)
	wantKind(t, err, cruddur.KindNotFound)
	return cruddur.UUID{9}
}
