package e2e

import (
	"testing"

	"cruddur/internal/postgres"
)

// backwards lists the page's own texts (not members' texts) whose characters do not run from left to right on the
// screen.
const backwards = `(() => {
  const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    if (n.parentElement.closest(".say, .soon-what, .bio, .who b bdi, h1 bdi, .me-name b bdi, .soon-who bdi, script, style, textarea") && !n.parentElement.closest(".link, .mention")) continue;
    const text = n.data;
    for (let i = 0, last = null; i < text.length; i++) {
      if (!/[\w@.\/]/.test(text[i])) continue;
      const r = document.createRange();
      r.setStart(n, i); r.setEnd(n, i + 1);
      const box = r.getBoundingClientRect();
      if (box.width === 0) continue;
      if (last && Math.abs(last.top - box.top) < 2 && box.left < last.left) { out.push(text.trim()); break; }
      last = box;
    }
  }
  return out;
})()`

// No message or name reorders the text beside it, however its directional formatting characters are nested, and a
// link shows the address that it leads to.
func TestDirectionStaysInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "eve", "Eve")
	b := newTab(t, w.url)
	b.open("/about")
	if got := eval[[]string](b, `(() => { document.body.append(Object.assign(document.createElement("p"), { textContent: "\u202eabc def" })); return `+backwards+` })()`); len(got) != 1 {
		t.Fatalf("a text that is turned round is not noticed: %v", got)
	}
	for _, text := range []string{
		"\u202ehttps://evil.example/moc.knab//:sptth",
		"\u202e\u202b\u2067@eve https://evil.example/moc.knab \u202c",
		"\u2069\u202eabc def",
		"\u2069\u2069\u2069\u202e\u202e abc",
		"\u2067abc \u202e def\u202c\u202c\u202c",
		"\u202c\u202cx\u2069\u2067",
		"\u2068\u202e\u2069\u2069\u202e x",
	} {
		w.crud(t, "eve", text, "1-hour", 0)
	}
	for _, name := range []string{"Eve", "\u2069\u202eEve", "Eve\u2069\u2069\u202e", "\u2067\u202eEve"} {
		if _, err := w.db.UpdateProfile(t.Context(), u.UUID, postgres.ProfileChange{DisplayName: &name, Bio: &name}, u.CreatedAt); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/@eve"} {
			b.open(path)
			if got := eval[[]string](b, backwards); len(got) > 0 {
				t.Errorf("%s with the name %q is turned round: %q", path, name, got)
			}
		}
	}
	if got := eval[string](b, `document.querySelector(".link[href$=sptth]").innerText`); got != "evil.example/moc.knab//:sptth" {
		t.Errorf("the link shows %q", got)
	}
}
