package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/ratelimit"
)

// pictureMethods are what a member may do with an own picture.
var pictureMethods = map[string]string{"GET": "", "PUT": `{"alt":"another text"}`, "DELETE": ""}

// A picture that has ended a second ago and is not swept, that was deleted, is hidden, was taken off or is past its
// hour is answered, on every route that names one, byte for byte as one that never was; so is one that is another's.
func TestPictureIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.handler = w.api(api.Config{Store: w.db, Limits: ratelimit.Unlimited(), RequestLimit: -1})
	ada, sue := w.member("ada"), w.member("sue")
	w.member("bob")
	post := func(token, uuid, target, ttl string) item {
		t.Helper()
		w.now = w.now.Add(time.Second)
		return decoded[item](t, w.do(query{method: "POST", target: target, token: token, body: fmt.Sprintf(`{"message":"look","ttl":%q,"pictures":[%q]}`, ttl, uuid)}))
	}
	gone := map[string]string{"never": "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970", "not a uuid": "1"}
	for _, what := range []string{"over", "over with it", "deleted", "below hidden", "not posted", "taken off"} {
		gone[what] = w.upload("ada").UUID
	}
	root := post("bob", w.upload("bob").UUID, "/api/activities", "1-hour")
	post("ada", gone["over"], "/api/activities", "1-hour")
	post("ada", gone["over with it"], "/api/activities/"+root.UUID+"/reply", "1-day")
	deleted := post("ada", gone["deleted"], "/api/activities", "1-day")
	hidden := w.post(sue, "hidden", "7-days")
	post("ada", gone["below hidden"], "/api/activities/"+hidden.UUID.String()+"/reply", "1-day")
	gone["taken off"] = decoded[shownPicture](t, w.do(sends("PUT", "/api/me/avatar", "ada", photo(t, 9, 9)))).UUID
	for what, id := range gone {
		if what != "never" && what != "not a uuid" {
			w.do(query{method: "PUT", target: "/api/pictures/" + id, token: "ada", body: `{"alt":"it is there"}`})
			if a := w.do(query{target: "/api/pictures/" + id, token: "ada"}); a.status != 200 {
				t.Fatalf("what will be %s is %d %s", what, a.status, a.body)
			}
		}
	}
	w.do(query{method: "DELETE", target: "/api/activities/" + deleted.UUID, token: "ada"})
	w.do(query{method: "DELETE", target: "/api/me/avatar", token: "ada"})
	if err := w.db.Suspend(t.Context(), sue.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	alive, bobs := w.upload("ada").UUID, w.upload("bob").UUID
	post("ada", alive, "/api/activities", "1-day")
	gone["of bob, not posted"] = bobs
	ask := func(token string, gone map[string]string) {
		t.Helper()
		for method, body := range pictureMethods {
			first := ""
			for _, what := range slices.Insert(slices.Sorted(maps.Keys(gone)), 0, "never") {
				a := w.do(query{method: method, target: "/api/pictures/" + gone[what], token: token, body: body, odd: true})
				line := fmt.Sprint(a.status, a.header, a.body)
				if first == "" {
					first = line
				}
				if a.status != 404 && token != "" || line != first {
					t.Errorf("%s of what is %s, by %q: %s, want %s", method, what, token, line, first)
				}
			}
		}
	}
	ask("ada", gone)
	delete(gone, "of bob, not posted")
	gone["of ada"] = alive // everybody sees it, but it is no business of bob's
	for _, token := range []string{"bob", ""} {
		ask(token, gone)
	}
	if p, err := w.db.Picture(t.Context(), mustParse(t, alive), ada.UUID, w.now); err != nil || p.Alt != "" {
		t.Errorf("ada's picture is %+v, %v", p, err)
	}
	if a := w.do(query{target: "/api/pictures/" + bobs, token: "bob"}); a.status != 200 {
		t.Errorf("bob's own picture is %d %s", a.status, a.body)
	}
}

func mustParse(t *testing.T, s string) cruddur.UUID {
	t.Helper()
	id, err := cruddur.ParseUUID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// An address to which an avatar may be sent is worth nothing once its member is suspended, and neither are the
// pictures from before, until the suspension is lifted.
func TestSuspendedUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sue := w.member("sue")
	kept := w.upload("sue")
	u, err := url.Parse(decoded[struct{ URL string }](t, w.browser("POST", "/avatars/key_upload", "sue", `{"extension":"jpg"}`)).URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.Suspend(t.Context(), sue.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	w.want(w.do(query{method: "PUT", target: u.RequestURI(), body: photo(t, 60, 60), odd: true}), 403, "forbidden")
	body := fmt.Sprintf(`{"message":"look","ttl":"1-hour","pictures":[%q]}`, kept.UUID)
	w.want(w.do(query{method: "POST", target: "/api/activities", token: "sue", body: body}), 401, "unauthenticated")
	if list, err := w.db.PicturesOf(t.Context(), sue.UUID, w.now); err != nil || len(list) != 1 {
		t.Errorf("her pictures are %+v, %v, want the one from before", list, err)
	}
	if err := w.db.Unsuspend(t.Context(), sue.UUID); err != nil {
		t.Fatal(err)
	}
	if a := w.do(query{method: "POST", target: "/api/activities", token: "sue", body: body}); a.status != 200 || !strings.Contains(a.body, kept.UUID) {
		t.Errorf("after that she posts it: %d %s", a.status, a.body)
	}
}
