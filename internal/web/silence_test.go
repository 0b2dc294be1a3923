package web

import (
	"strings"
	"testing"

	"cruddur"
)

// On the pages, who is silenced is with those who follow or name them, and nowhere else: not in Everyone, not among what
// ends soon there, not in trends and suggestions.
func TestSilencedOnThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, u := w.member("ada")
	bob, v := w.member("bob")
	cem, x := w.member("cem")
	w.must(w.db.Follow(t.Context(), v.UUID, u.UUID, true, w.now))
	crud := w.crud(u, "LOUD #trend", "1-hour")
	root := w.crud(v, "calm #trend", "1-day")
	w.crud(x, "calm #trend", "1-day")
	w.reply(u, root, "LOUD below", "")
	everywhere := map[string]*browser{
		"/": w.stranger(), "/?feed=everyone": cem, "/?feed=following": cem, "/tags/trend": cem, "/search?q=loud": cem, "/search?q=%23trend": w.stranger(),
	}
	named := map[string]*browser{
		"/?feed=following": bob, "/@ada": w.stranger(), "/@ada/replies": cem, pathOfCrud(crud): w.stranger(), pathOfCrud(root): cem, "/search?q=loud+from%3Aada": cem,
	}
	shown := func(when string, pages map[string]*browser, want bool) {
		t.Helper()
		for path, b := range pages {
			a := b.get(path).want(t, 200)
			if got := strings.Contains(a.Find("html").Text(), "LOUD"); got != want {
				t.Errorf("%s, %s shows it: %t", when, path, got)
			}
		}
	}
	counted := func(want string) {
		t.Helper()
		if got := w.stranger().get("/").text(".side .trends"); got != want {
			t.Errorf("the trends are %q, want %q", got, want)
		}
		if got := strings.Contains(cem.get("/?feed=following").text("body"), "@ada"); got != (want != "") {
			t.Errorf("she is suggested: %t", got)
		}
	}
	shown("before", everywhere, true)
	shown("before", named, true)
	counted("#trend 3 people")
	w.must(w.db.Silence(t.Context(), u.UUID, true, cruddur.Act{Actor: "@eve", Target: "@ada"}, w.now))
	w.now = w.now.Add(2e9) // the trends are kept for a second
	shown("silenced", everywhere, false)
	shown("silenced", named, true)
	counted("")
	w.must(w.db.Silence(t.Context(), u.UUID, false, cruddur.Act{Actor: "@eve", Target: "@ada"}, w.now))
	shown("afterwards", everywhere, true)
}
