package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// mirrored are the parts whose places a reader from right to left expects on the other side.
const mirrored = `.rail, main, .side, .logo, .menu a, .menu .i, .theme, .me, .av, .when, .acts, .do, .ends, .crud.in, .fuse-left, .compose-foot .button, .lives label,
	.back, .note > .i, .person .button, .talk-list, .talk, .msg.own, .msg:not(.own), .talk-bar .button, .edit, .peek, .sessions .button, .tabs a, .pic`

// mirrors checks that the page that is open mirrors as a whole when it is read from right to left: what was so far from
// the left edge is as far from the right one.
func mirrors(b *tab, name string) {
	b.t.Helper()
	for _, wrong := range eval[[]string](b, `(() => {
		const html = document.documentElement, dir = html.dir;
		const boxes = () => [...document.querySelectorAll("`+strings.ReplaceAll(mirrored, "\n\t", " ")+`")].filter((e) => e.checkVisibility()).map((e) => [e, e.getBoundingClientRect()]);
		const before = boxes();
		html.dir = "rtl";
		const wrong = boxes().flatMap(([e, now], i) => {
			const was = before[i][1], off = html.clientWidth - was.right - now.left;
			return Math.abs(off) > 1.5 ? [e.outerHTML.slice(0, 80) + " is " + off + " pixels off"] : [];
		});
		if (html.scrollWidth > html.clientWidth) wrong.push("wider than the screen");
		html.dir = dir;
		return wrong;
	})()`) {
		b.t.Errorf("%s: %s", name, wrong)
	}
}

// TestForcedColors checks with the system's own colours that what is told elsewhere by a background or a shadow is seen:
// the focus, what is pressed, what is new, the fuse.
func TestForcedColors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.demo(t)
	w.places(t)
	b := w.as(t, "ada")
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}})
	const look = `const page = getComputedStyle(document.body).backgroundColor, of = (s, pseudo) => getComputedStyle(document.querySelector(s), pseudo);
		const probe = document.body.appendChild(document.createElement("i")); probe.style.color = "Highlight";
		const lit = (s, pseudo) => of(s, pseudo).backgroundColor === getComputedStyle(probe).color;`
	b.open("/")
	b.tabTo("#message")
	b.press("j") // typed
	eval[bool](b, `(document.activeElement.blur(), true)`)
	b.press("j")
	b.until(`document.activeElement.matches(".crud")`)
	for what, check := range map[string]string{
		"the crud with the focus":     `of(".crud:focus").outlineStyle === "solid"`,
		"the theme":                   `lit(".theme [aria-pressed=true]") && !lit(".theme [aria-pressed=false]")`,
		"the life":                    `lit(".lives :checked + span")`,
		"the number of what is new":   `lit(".count-new") && of(".count-new").color !== of(".count-new").backgroundColor`,
		"the number of messages":      `lit(".badge")`,
		"the fuse":                    `of(".fuse-left").fill === getComputedStyle(probe).color && of(".fuse").backgroundColor !== page && of(".fuse-left").fill !== of(".fuse").backgroundColor`,
		"what is liked":               `of(".like[aria-pressed=true]").color !== of(".like[aria-pressed=false]").color`,
		"an avatar without a picture": `of(".crud > .av").borderTopStyle === "solid"`,
	} {
		if !eval[bool](b, `(() => { `+look+` return `+check+` })()`) {
			t.Errorf("not seen: %s", what)
		}
	}
	for path, check := range map[string]string{
		"/notifications": `lit(".note.new", "::before")`, "/messages": `of(".talk-line.new").borderInlineStartWidth === "4px" && lit(".badge")`,
		"/messages/@juno": `of(".talk-line:has([aria-current])").outlineStyle === "solid" && of(".msg.own").borderTopStyle === "solid"`,
	} {
		b.open(path)
		if !eval[bool](b, `(() => { `+look+` return `+check+` })()`) {
			t.Errorf("not seen on %s", path)
		}
	}
}
