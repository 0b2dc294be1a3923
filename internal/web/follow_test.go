package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, a := w.member("ada")
	noor, n := w.member("noor")
	w.member("kofi")
	button := func(b *browser, page string) string {
		t.Helper()
		x := b.get(page).want(t, 200).Find("main button.follow").First()
		return x.Find(".follow-text").Text() + " " + x.AttrOr("aria-pressed", "") + " " + x.AttrOr("formaction", "")
	}
	if got := button(noor, "/@ada"); got != "Follow false /@ada/follow" {
		t.Errorf("button = %q", got)
	}
	noor.post("/@ada/follow").goes(t, "/@ada")
	noor.post("/@Ada/follow", "return_to", "/@ada/followers").goes(t, "/@ada/followers")
	if got := button(noor, "/@ada"); got != "Following true /@ada/unfollow" {
		t.Errorf("button = %q", got)
	}
	ada.post("/@ada/follow").want(t, 422)
	noor.post("/@nobody/follow").want(t, 404)
	w.stranger().post("/@ada/follow").want(t, 401)
	if got := ada.get("/@ada/followers").want(t, 200).text(".person .who"); got != "Noor @noor" {
		t.Errorf("followers = %q", got)
	}
	if got := noor.get("/@ada/followers").Find(".person .follow").Length(); got != 0 {
		t.Error("noor may follow herself")
	}
	if got := w.stranger().get("/@noor/following").want(t, 200).text(".person .who"); got != "Ada @ada" {
		t.Errorf("following = %q", got)
	}
	if got := ada.get("/@noor").text("header.banner-head .pill"); got != "follows you" {
		t.Errorf("ada sees %q", got)
	}
	if got := w.stranger().get("/@ada").text(".facts"); !strings.Contains(got, "1 follower 0 following") {
		t.Errorf("facts = %q", got)
	}
	// The menu of a card follows its author too; the own card has no such button.
	w.crud(n, "by noor", "1-day")
	w.crud(a, "by ada", "1-day")
	for path, want := range map[string]string{"/": "Following @ada true /@ada/unfollow", "/@noor": ""} {
		x := noor.get(path).want(t, 200).Find(".crud .more .follow")
		if got := strings.TrimSpace(x.Text() + " " + x.AttrOr("aria-pressed", "") + " " + x.AttrOr("formaction", "")); got != want {
			t.Errorf("%s: the card's button = %q, want %q", path, got, want)
		}
	}
	if got := noor.asScript("/@kofi/follow").want(t, 200).body; got != `{"following":true,"followers":1}` {
		t.Errorf("answer to a script = %s", got)
	}
	if got := noor.asScript("/@kofi/unfollow").want(t, 200).body; got != `{"following":false,"followers":0}` {
		t.Errorf("answer to a script = %s", got)
	}
	w.must(w.db.Suspend(t.Context(), n.UUID, w.now))
	if got := ada.get("/@ada/followers").want(t, 200); got.Find(".person").Length() != 0 || !strings.HasPrefix(got.text(".empty"), "Nobody follows @ada yet.") {
		t.Errorf("followers with one suspended: %q", got.text("main"))
	}
}

// TestHomeFeeds goes between Everyone and Following; the choice is remembered.
func TestHomeFeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	_, n := w.member("noor")
	_, k := w.member("kofi")
	step := func() { w.now = w.now.Add(time.Second) }
	w.crud(n, "by noor", "1-day")
	step()
	kofis := w.crud(k, "by kofi", "1-day")
	tab := func(a *answer) string { return a.text(".tabs [aria-current]") }

	a := ada.get("/").want(t, 200)
	if got := a.texts(".crud"); tab(a) != "Everyone" || !slices.Equal(got, []string{"by kofi", "by noor"}) {
		t.Errorf("%s = %q", tab(a), got)
	}
	// Who follows nobody sees everybody, and whom to follow.
	a = ada.get("/?feed=following").want(t, 200)
	if got := a.texts(".crud"); tab(a) != "Following" || !slices.Equal(got, []string{"by kofi", "by noor"}) || a.Find(".hello .person").Length() != 2 {
		t.Errorf("a newcomer's feed = %q, %d suggested", got, a.Find(".hello .person").Length())
	}
	ada.post("/@noor/follow").want(t, 303)
	step()
	_, err := w.db.Repost(t.Context(), n.UUID, kofis.UUID, true, w.now)
	w.must(err)
	step()
	w.crud(u, "by ada", "1-day")
	a = ada.get("/").want(t, 200)
	if got := a.texts(".crud"); tab(a) != "Following" || !slices.Equal(got, []string{"by ada", "by kofi", "by noor"}) {
		t.Errorf("%s, remembered = %q", tab(a), got)
	}
	if got := a.text(".why"); got != "Noor reposted" {
		t.Errorf("why = %q", got)
	}
	if got := a.text(".side .person .who"); got != "Kofi @kofi" {
		t.Errorf("who to follow: %q", got)
	}
	ada.get("/?feed=everyone")
	if a := ada.get("/"); tab(a) != "Everyone" || a.Find(".why").Length() != 0 {
		t.Errorf("back at %s", tab(a))
	}
	ada.get("/?feed=nonsense")
	if got := tab(ada.get("/")); got != "Everyone" {
		t.Errorf("after nonsense: %s", got)
	}
	stranger := w.stranger()
	stranger.cookies["cruddur-feed"] = "following"
	if a := stranger.get("/?feed=following").want(t, 200); a.Find(".tabs").Length() != 0 || a.Find(".crud").Length() != 3 {
		t.Error("a stranger has a feed of their own")
	}
}

// Paging through Following shows each crud once and misses none, while others repost.
func TestFollowingPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	_, n := w.member("noor")
	w.must(w.db.Follow(t.Context(), u.UUID, n.UUID, true, w.now))
	for i := range 45 {
		w.now = w.now.Add(time.Second)
		w.crud(n, fmt.Sprint(i), "1-day")
	}
	w.now = w.now.Add(time.Second)
	oldest, err := w.db.ActivitiesOf(t.Context(), n.UUID, w.crud(n, "45", "1-day").UUID, 100, w.now)
	w.must(err)
	seen := map[string]int{}
	for path := "/?feed=following"; path != ""; {
		a := ada.get(path).want(t, 200)
		for _, text := range a.texts(".crud") {
			seen[text]++
		}
		path = a.Find("a[rel=next]").AttrOr("href", "")
		w.now = w.now.Add(time.Second)
		_, err := w.db.Repost(t.Context(), n.UUID, oldest[len(oldest)-1].UUID, true, w.now)
		w.must(err)
	}
	for text, times := range seen {
		if times != 1 {
			t.Errorf("%q is shown %d times", text, times)
		}
	}
	if len(seen) != 46 {
		t.Errorf("%d cruds, want 46", len(seen))
	}
	ada.get("/?feed=following&since=x").want(t, 404)
}

func TestProfileTabs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	noor, n := w.member("noor")
	root := w.crud(n, "root", "1-day")
	w.now = w.now.Add(time.Second)
	w.crud(u, "hers", "1-day")
	w.reply(u, root, "her answer", "")
	_, err := w.db.Like(t.Context(), u.UUID, root.UUID, true, w.now)
	w.must(err)
	for path, want := range map[string]string{"/@ada": "hers", "/@ada/replies": "her answer", "/@ada/likes": "root"} {
		if got := ada.get(path).want(t, 200).texts(".crud"); !slices.Equal(got, []string{want}) {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	a := noor.get("/@ada/replies").want(t, 200)
	if got := a.Find(".crud .to a"); got.Text() != "Replying to @noor" || got.AttrOr("href", "") != pathOfCrud(root) {
		t.Errorf("the reply says %q", got.Text())
	}
	if got := a.text(".tabs"); got != "CrudsReplies" {
		t.Errorf("tabs = %q", got)
	}
	noor.get("/@ada/likes").want(t, 404)
	save := func(open string) {
		t.Helper()
		ada.post("/settings/profile", "display_name", "Ada", "bio", "", "default_ttl", "7-days", "likes_public", open).goes(t, "/settings?notice=saved")
	}
	if got := ada.get("/settings").Find(`[name="likes_public"] [selected]`).AttrOr("value", ""); got != "no" {
		t.Errorf("at first, likes_public = %q", got)
	}
	save("yes")
	if got := ada.get("/settings").Find(`[name="likes_public"] [selected]`).AttrOr("value", ""); got != "yes" {
		t.Errorf("opened, likes_public = %q", got)
	}
	for _, b := range []*browser{noor, w.stranger()} {
		if got := b.get("/@ada/likes").want(t, 200).texts(".crud"); !slices.Equal(got, []string{"root"}) {
			t.Errorf("her likes, open = %q", got)
		}
	}
	ada.post("/settings/profile", "display_name", "Ada", "bio", "", "default_ttl", "7-days").want(t, 303) // a form without it
	noor.get("/@ada/likes").want(t, 200)
	save("no")
	noor.get("/@ada/likes").want(t, 404)
}
