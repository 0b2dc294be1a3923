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
// that is written from right to left, on a desk: nothing is wider than the screen, every button and field has a name in
// that language, and no member's text or name makes the page's own direction another one.
func TestEveryPageInOtherLanguages(t *testing.T) {
	t.Parallel()
	w := newWorldIn(t, withArabic(t))
	w.demo(t)
	w.member(t, "zoe", "Zoë Anders")
	places := w.places(t)
	for _, v := range []struct {
		tag, screen, direction string
		width, height          int64
	}{{"fr", "small", "ltr", 320, 640}, {"ar", "desk", "rtl", 1280, 900}} { // mirrors has the phone
		t.Run(v.tag+" "+v.screen, func(t *testing.T) {
			t.Parallel()
			tabs := w.tabs(t)
			for _, b := range tabs {
				b.allow("404 (Not Found)")
				b.cookie("cruddur-language", v.tag)
				b.resize(v.width, v.height, v.screen == "small")
			}
			for _, p := range places {
				b := tabs[p.as]
				b.open(p.path)
				b.shot(fmt.Sprintf("%s-%s-%s.png", p.name, v.tag, v.screen))
				fits(b, p.name, v.width)
				if got := eval[string](b, `document.documentElement.lang + " " + getComputedStyle(document.body).direction`); got != v.tag+" "+v.direction {
					t.Errorf("%s: %s", p.name, got)
				}
				for _, nameless := range eval[[]string](b, `[...document.querySelectorAll("a, button, input:not([type=hidden]), textarea, select")].filter((e) => e.checkVisibility() &&
					!(e.textContent.trim() || e.ariaLabel || e.title || e.value && e.type === "submit" || e.labels?.length || e.querySelector("[aria-label], img[alt]") || e.getAttribute("aria-labelledby"))).map((e) => e.outerHTML.slice(0, 120))`) {
					t.Errorf("%s: without a name: %s", p.name, nameless)
				}
			}
		})
	}
}
