package web

import (
	"strings"
	"testing"
	"time"

	"cruddur"
)

// Cards that requests share show each viewer their own marks, are as old as they are, and leave out what has ended in
// that very second.
func TestSharedCards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	noor, n := w.member("noor")
	kofi, _ := w.member("kofi")
	first := w.crud(u, "by ada", "7-days")
	w.now = w.now.Add(1500 * time.Millisecond)
	end := w.crud(n, "by noor", "1-hour").ExpiresAt
	list, err := w.db.Home(t.Context(), cruddur.UUID{}, cruddur.PageSize, w.now)
	w.must(err)
	w.site.Feed = fixed(list)
	noor.post(pathOfCrud(first)+"/like", "return_to", "/")
	noor.post("/@ada/follow")
	pages := map[string]*browser{"ada": ada, "noor": noor, "kofi": kofi, "": w.stranger()}
	look := func() map[string]string {
		out := map[string]string{}
		for name, b := range pages {
			out[name] = b.get("/").want(t, 200).text(".feed")
			html, err := b.get("/").Find(".feed").Html()
			w.must(err)
			out[name+" html"] = html
		}
		return out
	}
	fresh := map[string]string{}
	for name, b := range pages { // each from a page of its own
		w.site.kept[0] = keptCards{}
		html, err := b.get("/").Find(".feed").Html()
		w.must(err)
		fresh[name] = html
	}
	w.site.kept[0] = keptCards{}
	for range 2 {
		for name, html := range look() {
			if name, ok := strings.CutSuffix(name, " html"); ok && html != fresh[name] {
				t.Errorf("%q sees\n%s\nwant\n%s", name, html, fresh[name])
			}
		}
	}
	if fresh["noor"] == fresh["kofi"] || fresh["ada"] == fresh["kofi"] || fresh[""] == fresh["kofi"] {
		t.Error("the viewers' pages do not differ, so this shows nothing")
	}
	if p := w.site.kept[0].newest[1].Load(); p == nil || p.cards[1][0].Load() == nil || p.cards[1][5].Load() == nil || p.cards[0][0].Load() == nil {
		t.Error("nothing was shared")
	}
	w.now = w.now.Add(time.Minute)
	if got := kofi.get("/").text(".feed"); !strings.Contains(got, "1m ago") {
		t.Errorf("a minute later: %q", got)
	}
	w.now = end.Add(-200 * time.Millisecond)
	if got := kofi.get("/").text(".feed"); !strings.Contains(got, "by noor") {
		t.Errorf("before the end: %q", got)
	}
	w.now = end // in the same second
	if got := kofi.get("/").text(".feed"); strings.Contains(got, "by noor") || !strings.Contains(got, "by ada") {
		t.Errorf("at the end: %q", got)
	}
}
