package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// stored is a picture of a member that is not used yet.
func (w *world) stored(u cruddur.User, kind cruddur.PictureKind) cruddur.Picture {
	w.t.Helper()
	p, err := w.site.Gallery.Upload(w.t.Context(), strings.NewReader(dot(w.t, 9)), u.UUID, kind, "", w.now)
	w.must(err)
	return p
}

// pictured is a picture that a crud of a member shows, or an answer to a crud.
func (w *world) pictured(u cruddur.User, to cruddur.UUID, ttl cruddur.TTL) (cruddur.Picture, cruddur.Activity) {
	w.t.Helper()
	p := w.stored(u, cruddur.CrudPicture)
	if !to.IsZero() {
		a, err := w.db.ReplyWith(w.t.Context(), u.UUID, to, cruddur.Draft{Message: "look", TTL: ttl, Pictures: []cruddur.UUID{p.UUID}}, w.now)
		w.must(err)
		return p, a
	}
	a, err := w.db.CreateWith(w.t.Context(), u.UUID, cruddur.Draft{Message: "look", TTL: ttl, Pictures: []cruddur.UUID{p.UUID}}, w.now)
	w.must(err)
	return p, a
}

// By its address, in every size and for every verb, a picture that has ended a second ago and is not swept, that was
// deleted, is hidden, was taken off, or is somebody else's and not posted answers by the same bytes as one that never
// was: to its owner, to another member and to a stranger.
func TestPictureIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Limits = ratelimit.Unlimited() })
	ada, u := w.member("ada")
	bob, other := w.member("bob")
	_, banned := w.member("banned")
	gone := map[string]cruddur.Picture{"never": {UUID: cruddur.UUID{6: 0x70}, Extension: "jpg"}}
	var root, hidden, deleted cruddur.Activity
	gone["over"], root = w.pictured(u, cruddur.UUID{}, "1-hour")
	gone["over with it"], _ = w.pictured(other, root.UUID, "")
	gone["deleted"], deleted = w.pictured(u, cruddur.UUID{}, "1-day")
	gone["deleted with it"], _ = w.pictured(other, deleted.UUID, "")
	gone["hidden"], hidden = w.pictured(banned, cruddur.UUID{}, "1-day")
	gone["below hidden"], _ = w.pictured(u, hidden.UUID, "")
	gone["not posted"] = w.stored(u, cruddur.CrudPicture)
	for name, who := range map[string]cruddur.User{"hidden avatar": banned, "avatar taken off": u} {
		gone[name] = w.stored(who, cruddur.Avatar)
		w.must(w.db.SetFace(t.Context(), who.UUID, cruddur.Avatar, gone[name].UUID, w.now))
	}
	alive, _ := w.pictured(u, cruddur.UUID{}, "1-day")
	for name, p := range gone {
		if name != "never" && name != "not posted" {
			bob.get(p.Path(cruddur.Small)).want(t, 200)
		}
	}
	waiting := gone["not posted"]
	ada.get(waiting.Path(cruddur.Small)).want(t, 200)
	w.must(w.db.DeleteActivity(t.Context(), deleted.UUID, u.UUID, w.now))
	w.must(w.db.Suspend(t.Context(), banned.UUID, w.now))
	w.must(w.db.SetFace(t.Context(), u.UUID, cruddur.Avatar, cruddur.UUID{}, w.now))
	w.now = root.ExpiresAt.Add(time.Second) // the hour of what is not posted is over, too
	bobs := w.stored(other, cruddur.CrudPicture)
	gone["of bob, not posted"] = bobs
	for name, b := range map[string]*browser{"ada": ada, "bob": bob, "a stranger": w.stranger()} {
		b.get(alive.Path(cruddur.Large)).want(t, 200)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
			for _, size := range cruddur.PictureSizes {
				first := ""
				for _, what := range slices.Insert(slices.Sorted(maps.Keys(gone)), 0, "never") {
					p := gone[what]
					if b == bob && p.UUID == bobs.UUID {
						continue
					}
					a := b.do(method, p.Path(size), nil)
					line := strings.ReplaceAll(fmt.Sprint(a.status, a.header, a.body), p.UUID.String(), "UUID")
					if first == "" {
						first = line
					}
					if a.status < 400 || line != first {
						t.Errorf("%s %s of what is %s, by %s: %.400s\nwant %.400s", method, size, what, name, line, first)
					}
				}
			}
		}
	}
	bob.get(bobs.Path(cruddur.Small)).want(t, 200)
}

// A picture that ada has not posted: bob cannot post it, put it in an answer, make it his own picture, or describe it.
func TestPictureOfAnotherByForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	bob, _ := w.member("bob")
	crud := w.crud(u, "root", "1-day")
	p, face := w.stored(u, cruddur.CrudPicture), w.stored(u, cruddur.Avatar)
	value, avatar := p.UUID.String()+".jpg", face.UUID.String()+".jpg"
	for path, pairs := range map[string][]string{
		"/compose": {"message", "mine", "ttl", "1-hour", "picture", value, "alt-" + p.UUID.String(), "bob was here"},
		"/@ada/status/" + crud.UUID.String() + "/reply": {"message", "mine", "ttl", "", "picture", value, "alt-" + p.UUID.String(), "bob was here"},
		"/settings/avatar": {"picture", avatar, "alt-" + face.UUID.String(), "bob was here"},
		"/settings/banner": {"picture", value},
	} {
		bob.upload(path, pairs...).want(t, 422)
	}
	got, err := w.db.PicturesOf(t.Context(), u.UUID, w.now)
	w.must(err)
	for _, p := range got {
		if p.Alt != "" || p.Used {
			t.Errorf("ada's picture is %+v", p)
		}
	}
	if n := w.stranger().get("/").Find(".crud").Length(); n != 1 || len(got) != 2 {
		t.Errorf("there are %d cruds and %d pictures of ada's, want 1 and 2", n, len(got))
	}
	ada.upload("/compose", "message", "mine", "ttl", "1-hour", "picture", value).want(t, 303)
}

// A suspended member with an old session stores no picture.
func TestSuspendedUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sue, u := w.member("sue")
	_, a := w.member("ada")
	crud := w.crud(a, "root", "1-day")
	kept := w.stored(u, cruddur.CrudPicture)
	session := maps.Clone(sue.cookies)
	w.must(w.db.Suspend(t.Context(), u.UUID, w.now))
	for path, pairs := range map[string][]string{
		"/compose": {"message", "here", "ttl", "1-hour", "@pictures", dot(t, 1), "picture", kept.UUID.String() + ".jpg"},
		"/@ada/status/" + crud.UUID.String() + "/reply": {"message", "here", "ttl", "", "@pictures", dot(t, 1)},
		"/pictures":        {"@pictures", dot(t, 1)},
		"/settings/avatar": {"@avatar", dot(t, 1)},
		"/settings/banner": {"@banner", dot(t, 1)},
	} {
		sue.cookies = maps.Clone(session)
		if got := sue.upload(path, pairs...); got.status != 401 && got.status != 303 || got.status == 303 && !strings.HasPrefix(got.header.Get("Location"), "/signin") {
			t.Errorf("%s = %d %q, want to be asked to sign in", path, got.status, got.header.Get("Location"))
		}
	}
	list, err := w.db.PicturesOf(t.Context(), u.UUID, w.now)
	w.must(err)
	if len(list) != 1 || list[0].Used {
		t.Errorf("her pictures are %+v, want the one from before", list)
	}
	if n := w.stranger().get("/").Find(".crud").Length(); n != 1 {
		t.Errorf("there are %d cruds, want 1", n)
	}
}
