package e2e

import (
	"fmt"
	"os"
	"testing"

	"cruddur/internal/lang"
)

// withArabic adds the third language of the tests of internal/web, which is written from right to left, to those of
// the program.
func withArabic(t *testing.T) *lang.Set {
	t.Helper()
	set, err := lang.Load(lang.Files(), os.DirFS("../internal/web/testdata/languages"))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestEveryPageInOtherLanguages opens every page in French, whose words are longer, on a small phone, and in a language
// that is written from right to left: nothing is wider than the screen, axe finds nothing, and no member's text or name
// makes the page's own direction another one.
func TestEveryPageInOtherLanguages(t *testing.T) {
	t.Parallel()
	w := newWorldIn(t, withArabic(t))
	w.demo(t)
	w.member(t, "zoe", "Zoë Anders")
	places := w.places(t)
	for _, v := range []struct {
		tag, screen string
		width       int64
	}{{"fr", "small", 320}, {"ar", "desk", 0}} { // mirrors has the phone
		t.Run(v.tag+" "+v.screen, func(t *testing.T) {
			t.Parallel()
			tabs := w.tabs(t)
			for _, b := range tabs {
				b.allow("404 (Not Found)")
				b.cookie("cruddur-language", v.tag)
				if v.width > 0 {
					b.resize(v.width, 640, true)
				} else {
					b.screen(v.screen, "light")
				}
			}
			for _, p := range places {
				b := tabs[p.as]
				b.open(p.path)
				b.shot(fmt.Sprintf("%s-%s-%s.png", p.name, v.tag, v.screen))
				if v.width == 0 {
					b.check(p.name)
				} else if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s: %d pixels wider than the screen", p.name, over)
				}
				if got := eval[string](b, `document.documentElement.lang + " " + getComputedStyle(document.body).direction`); got != v.tag+" "+map[string]string{"fr": "ltr", "ar": "rtl"}[v.tag] {
					t.Errorf("%s: %s", p.name, got)
				}
			}
		})
	}
}
