package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Who has blocked bob does not exist for him, byte for byte, on every route that can name a member or a crud; for
// everybody else they are there.
func TestWhoBlocksIsInvisible(t *testing.T) {
	t.Parallel()
	u := newUnseen(t)
	foe, bob := u.member("foe"), u.member("bob")
	crud := u.post(foe, "by foe", "7-days")
	reply := u.answer(foe, u.visible, "foe answers ada", "")
	if err := u.db.Block(t.Context(), foe.UUID, bob.UUID, true, u.now); err != nil {
		t.Fatal(err)
	}
	absent := u.invisible["absent"]
	for _, route := range routesThatName() {
		none := object{"nobody", absent.uuid}
		for _, o := range []object{{"foe", crud.UUID.String()}, {"FOE", reply.UUID.String()}} {
			for _, body := range slices.Compact([]string{attempts[route].body, "", `{}`, `{"message":5,"ttl":5}`}) {
				if diff := cmp.Diff(u.ask(route, none, "bob", body), u.ask(route, o, "bob", body), cmp.AllowUnexported(answer{})); diff != "" {
					t.Errorf("%s of bob with the body %q differs for who has blocked him:\n%s", route, body, diff)
				}
			}
			if got := u.ask(route, o, "", attempts[route].body); strings.HasPrefix(route, "GET") && !strings.Contains(route, "/api/messages/") && !strings.HasSuffix(route, "/likes") && !strings.Contains(route, "status") && got.status != 200 {
				t.Errorf("%s answers a stranger %d %s", route, got.status, got.body)
			}
		}
	}
}

// In lists, and in numbers, there is nothing of whom the reader mutes or blocks, nor of who blocks the reader.
func TestIgnoredAreInNoList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, mute, block, foe := w.member("ada"), w.member("bob"), w.member("mute"), w.member("block"), w.member("foe")
	root := w.post(ada, "by ada #tea", "7-days")
	for _, u := range []string{"mute", "block", "foe"} {
		m := w.member(u)
		a := w.post(m, "written by "+u+" #tea", "7-days")
		r := w.answer(m, root, "answer by "+u+" #tea", "")
		w.answer(ada, r, "ada answers "+u+" #tea", "")
		for _, err := range []error{
			second(w.db.Like(t.Context(), m.UUID, root.UUID, true, w.now)), second(w.db.Repost(t.Context(), m.UUID, root.UUID, true, w.now)),
			w.db.Follow(t.Context(), m.UUID, ada.UUID, true, w.now), w.db.Follow(t.Context(), bob.UUID, m.UUID, true, w.now),
			second(w.db.Like(t.Context(), ada.UUID, a.UUID, true, w.now)),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 25 { // a page that loses rows is filled up
		w.post(mute, "noise", "7-days")
	}
	for _, err := range []error{
		w.db.Mute(t.Context(), bob.UUID, mute.UUID, w.now.Add(time.Hour), w.now),
		w.db.Block(t.Context(), bob.UUID, block.UUID, true, w.now), w.db.Block(t.Context(), foe.UUID, bob.UUID, true, w.now),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	pages := []string{
		"/api/activities/home", "/api/activities/following", "/api/activities/search?term=written", "/api/activities/search?term=answer", "/api/activities/tags/tea",
		"/api/activities/@ada/status/" + root.UUID.String(), "/api/users/suggested",
	}
	shown := func(page, token string) string {
		a := w.do(query{target: page, token: token})
		if a.status != 200 {
			t.Fatalf("%s: %d %s", page, a.status, a.body)
		}
		return a.body
	}
	for _, page := range pages {
		body := shown(page, "bob")
		for _, handle := range []string{"mute", "block", "foe"} {
			if strings.Contains(body, `"handle":"`+handle+`"`) || page == pages[5] && strings.Contains(body, "ada answers "+handle) {
				t.Errorf("%s shows bob %s:\n%s", page, handle, body)
			}
		}
		if page != "/api/users/suggested" && page != "/api/activities/search?term=written" && page != "/api/activities/search?term=answer" && page != "/api/activities/following" && !strings.Contains(body, "by ada") {
			t.Errorf("%s does not show what is left:\n%s", page, body)
		}
	}
	status := shown(pages[5], "bob")
	for _, want := range []string{`"replies_count":0,"reposts_count":0,"likes_count":0`, `"replies_total":0`} {
		if !strings.Contains(status, want) {
			t.Errorf("the numbers of a crud count the ignored; want %s in:\n%s", want, status)
		}
	}
	for _, list := range []string{"/api/activities/" + root.UUID.String() + "/likes", "/api/activities/" + root.UUID.String() + "/reposts", "/api/users/@ada/followers"} {
		if body := shown(list, "bob"); strings.Contains(body, `"block"`) || strings.Contains(body, `"foe"`) || !strings.Contains(body, `"mute"`) {
			t.Errorf("%s = %s, want only the muted one", list, body)
		}
	}
	if body := shown("/api/activities/@mute", "bob"); !strings.Contains(body, "written by mute") || !strings.Contains(body, `"muting":true`) {
		t.Errorf("the page of a muted member = %s", body)
	}
	if body := shown("/api/activities/@block", "bob"); strings.Contains(body, "written by") || !strings.Contains(body, `"blocking":true`) {
		t.Errorf("the page of a blocked member = %s", body)
	}
	for _, page := range pages[2:6] {
		if body := shown(page, "ada"); !strings.Contains(body, "by foe") {
			t.Errorf("%s does not show ada everything: %s", page, body)
		}
	}
	w.now = w.now.Add(time.Hour)
	if body := shown("/api/activities/search?term=written", "bob"); !strings.Contains(body, "by mute") || strings.Contains(body, "by block") {
		t.Errorf("after the end of the mute: %s", body)
	}
}

func second[T any](_ T, err error) error { return err }

func TestMutesAndBlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("ada")
	w.member("bob")
	w.member("cem")
	ask := func(method, target, token, body string) answer {
		return w.do(query{method: method, target: target, token: token, body: body, odd: strings.Contains(body, "year")})
	}
	for _, c := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"PUT", "/api/users/@bob/mute", "", 200, `"muting":true,"blocking":false`},
		{"PUT", "/api/users/@bob/mute", `{"ttl":"1-hour"}`, 200, `"muting":true`},
		{"PUT", "/api/users/@bob/mute", `{"ttl":"1-year"}`, 422, `["ttl_blank"]`},
		{"GET", "/api/me/mutes", "", 200, `"muted_until":"2026-11-23T20:47:44.431632Z"`},
		{"DELETE", "/api/users/@bob/mute", "", 200, `"muting":false`},
		{"DELETE", "/api/users/@bob/mute", "", 200, `"muting":false`},
		{"GET", "/api/me/mutes", "", 200, `[]`},
		{"PUT", "/api/users/@ada/mute", "", 422, `["mute_oneself"]`},
		{"PUT", "/api/users/@ada/block", "", 422, `["block_oneself"]`},
		{"PUT", "/api/users/@bob/follow", "", 200, `"following":true`},
		{"PUT", "/api/users/@bob/block", "", 200, `"following":false,"followed_by":false,"muting":false,"blocking":true`},
		{"PUT", "/api/users/@bob/block", "", 200, `"blocking":true`},
		{"PUT", "/api/users/@bob/follow", "", 404, `["not_found"]`},
		{"GET", "/api/me/blocks", "", 200, `"muted_until":null`},
		{"DELETE", "/api/users/@bob/block", "", 200, `"blocking":false`},
		{"GET", "/api/me/blocks", "", 200, `[]`},
		{"PUT", "/api/users/@bob/follow", "", 200, `"following":true`},
	} {
		if a := ask(c.method, c.target, "ada", c.body); a.status != c.status || !strings.Contains(a.body, c.want) {
			t.Errorf("%s %s %s = %d %s, want %d %s", c.method, c.target, c.body, a.status, a.body, c.status, c.want)
		}
	}
}
