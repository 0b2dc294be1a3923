package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func now() time.Time { return time.Now() }

// After a session was ended elsewhere, the sign-in page and every other page say so.
func TestSessionEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member(t, "ada", "Ada")
	b := newTab(t, w.url)
	b.cookie("cruddur", w.cookies["ada"])
	b.open("/settings")
	if err := w.sessions.EndAll(t.Context(), u.UUID, [16]byte{}); err != nil {
		t.Fatal(err)
	}
	b.open("/settings")
	b.at("/signin")
	b.until(`document.querySelector(".notice").textContent.startsWith("Your session here has ended")`)
	b.check("sign-in after a session that has ended")
	b.run(chromedp.SendKeys(chromedp.CSS("#f-email"), "ada@example.com"), chromedp.SendKeys(chromedp.CSS("#f-password"), password("ada")))
	b.click(".plain .button")
	b.at("/settings")
}

// On a phone, the sign-out button is visible and two taps from any page.
func TestPhoneSignsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "A member with a name of fifty characters, no less")
	for _, width := range []int64{390, 320} {
		b := newTab(t, w.url)
		b.cookie("cruddur", w.cookies["ada"])
		b.size(width, 640)
		b.open("/about")
		b.click(`.menu a[href="/me"]`)
		b.at("/me")
		b.until(`(() => {
			const r = document.querySelector('main form[action="/signout"] button').getBoundingClientRect();
			return r.height >= 24 && r.width >= 24 && r.top >= 0 && r.left >= 0 && r.right <= innerWidth && r.bottom < document.querySelector(".menu").getBoundingClientRect().top;
		})()`)
		if width == 320 {
			b.click(`main form[action="/signout"] button`)
			b.until(`document.querySelector('.menu a[href="/signin"]') && document.querySelector(".notice").textContent === "You are signed out."`)
		}
	}
}

// The form of sign-up says its rules first, whether a handle is free, and shows the password to whoever types it.
func TestSignUpHelps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	b := newTab(t, w.url)
	b.open("/signup")
	b.until(`document.querySelector("#h-handle").textContent.includes("2 to 30")`)
	says := func(handle, want string) {
		t.Helper()
		b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#f-handle").value = ""`), chromedp.SendKeys(chromedp.CSS("#f-handle"), handle))
		b.until(`document.querySelector(".free").textContent.startsWith("` + want + `")`)
	}
	says("ada", "Somebody has that handle already.")
	says("ada!", "A handle has 2 to 30")
	says("noor", "@noor is free.")
	b.run(chromedp.SendKeys(chromedp.CSS("#f-password"), "three old ferries"))
	b.click(".peek")
	b.until(`document.querySelector("#f-password").type === "text" && document.querySelector(".peek").getAttribute("aria-pressed") === "true"`)
	b.check("sign-up, filled in")
	b.click(".peek")
	b.until(`document.querySelector("#f-password").type === "password" && document.querySelector(".peek").getAttribute("aria-pressed") === "false"`)
}

// Tab goes through the rail in visual order, on both screens, and a notice does not move a heading.
func TestOrderAndPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	for screen := range screens {
		b := newTab(t, w.url)
		b.cookie("cruddur", w.cookies["ada"])
		b.screen(screen, "light")
		b.open("/")
		if out := eval[string](b, `(() => {
			const at = [...document.querySelectorAll(".menu a")].filter((a) => a.checkVisibility()).map((a) => { const r = a.getBoundingClientRect(); return [r.top + r.height / 2, r.left, a.textContent]; });
			const seen = [...at].sort((a, b) => Math.abs(a[0] - b[0]) > 8 ? a[0] - b[0] : a[1] - b[1]);
			return at.some((a, i) => a !== seen[i]) ? at.map((a) => a[2]).join() + " is seen as " + seen.map((a) => a[2]).join() : "";
		})()`); out != "" {
			t.Errorf("%s: %s", screen, out)
		}
		top := eval[float64](b, `document.querySelector("h1").getBoundingClientRect().top`)
		b.open("/?notice=deleted")
		if got := eval[float64](b, `document.querySelector("h1").getBoundingClientRect().top`); got != top {
			t.Errorf("%s: a notice moves the heading from %v to %v", screen, top, got)
		}
	}
}

// On the narrowest phone a handle is not broken if it fits on a line, and buttons are high enough.
func TestNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	w.member(t, "bartholomew_of_the_bay", "Bartholomew")
	w.crud(t, "bartholomew_of_the_bay", "By @ada, of #boats", "1-day", 9*time.Minute)
	w.crud(t, "ada", "Short", "1-day", 90*time.Minute)
	b := newTab(t, w.url)
	b.cookie("cruddur", w.cookies["ada"])
	b.size(320, 640)
	b.open("/about")
	b.run(chromedp.Evaluate[chromedp.Void](`localStorage.setItem("cruddur-draft:d", JSON.stringify({by: "/@ada", text: "word ".repeat(50) + "x".repeat(99), at: Date.now()}))`))
	for _, path := range []string{"/", "/@ada", "/settings", "/compose", "/about"} {
		b.open(path)
		b.check("at 320 px " + path)
		for _, out := range eval[[]string](b, `[
			...[...document.querySelectorAll(".who, .who > *")].filter((a) => a.scrollWidth > a.clientWidth).map((a) => "cut: " + a.textContent),
			...[...document.querySelectorAll(".menu span")].filter((e) => e.getClientRects().length > 1 || e.offsetHeight > 24).map((e) => "on two lines: " + e.textContent),
			...[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > 321 && !e.closest(".draft-text, .who, .sr, pre")).map((e) => "too wide: " + e.outerHTML.slice(0, 120)),
			...[...document.querySelectorAll("a, button, select, .lives label")].filter((e) => !e.closest(".say, p:not(.go), dialog, .skip, li:not(.sessions li, .soon li)") && e.checkVisibility())
				.filter((e) => e.getBoundingClientRect().height < 24).map((e) => e.getBoundingClientRect().height + " px: " + e.outerHTML.slice(0, 120)),
		]`) {
			t.Errorf("%s: %s", path, out)
		}
	}
	b.open("/")
	if got := eval[string](b, `(() => { const e = document.querySelector(".say .tag"), s = getComputedStyle(e), p = getComputedStyle(e.parentElement); return [s.color === p.color, s.fontWeight === p.fontWeight].join(); })()`); got != "false,false" {
		t.Errorf("a hashtag, which leads to its page, does not look like a link: %s", got)
	}
}
