package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focused waits until an element has the focus, shows it, and stands clear of the bars.
func (b *tab) focused(selector string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.activeElement.matches(%q)`, selector))
	b.until(`(() => { const s = getComputedStyle(document.activeElement), r = document.activeElement.getBoundingClientRect();
		const bars = [...document.querySelectorAll(".bar, .tabs")].filter((x) => getComputedStyle(x).position === "sticky").map((x) => x.getBoundingClientRect().bottom);
		const menu = document.querySelector(".menu").getBoundingClientRect(), floor = menu.width > innerWidth / 2 && menu.top > innerHeight / 2 ? menu.top : innerHeight;
		return (s.boxShadow !== "none" || s.outlineStyle !== "none") && r.top >= Math.max(0, ...bars.filter((x) => x < innerHeight / 2)) - 1 && (r.bottom <= floor + 1 || r.height > innerHeight / 2);
	})()`)
}

func (b *tab) with(key string, modifier chromedp.Modifier) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifier)))
}

// TestKeysLeadThroughEveryList goes through each kind of list by single keys, on a phone that is written from right to
// left and on a desk.
func TestKeysLeadThroughEveryList(t *testing.T) {
	t.Parallel()
	w := newWorldIn(t, withArabic(t))
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	warned := w.warned(t, "noor", "The lighthouse keeper did it. #tides", "Who did it", 50*time.Minute)
	for i := range 12 {
		w.crud(t, "noor", fmt.Sprintf("Low water %d #tides", i), "1-day", time.Duration(20-i)*time.Minute)
	}
	mine := w.crud(t, "ada", "I have a boat.", "1-day", time.Minute)
	w.reply(t, "noor", mine, "How large is it?", "", 30*time.Second)
	if _, err := w.db.Like(t.Context(), w.users["noor"].UUID, mine.UUID, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.db.Follow(t.Context(), w.users["ada"].UUID, w.users["noor"].UUID, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, screen := range []string{"phone", "desk"} {
		t.Run(screen, func(t *testing.T) {
			t.Parallel()
			b := newTab(t, w.url)
			b.cookie("cruddur", w.cookies["ada"])
			if b.screen(screen, "light"); screen == "phone" {
				b.cookie("cruddur-language", "ar")
			}
			for _, list := range [][3]string{
				{"/", ".crud", "/status/"},
				{"/@noor", ".crud", "/status/"},
				{"/tags/tides", ".crud", "/status/"},
				{"/search?q=tides", ".crud", "/status/"},
				{"/search?q=noor", ".person", "/@noor"},
				{pathOf(mine), ".alone", ""},
				{"/notifications", ".note", "/@ada/status/"},
				{"/@noor/followers", ".person", "/@ada"},
			} {
				b.open(list[0])
				b.press("j")
				b.focused(list[1])
				if list[2] == "" {
					continue
				}
				for range 3 {
					b.press("j")
				}
				b.press("k")
				b.focused(list[1])
				b.press("o")
				b.until(fmt.Sprintf(`location.pathname.includes(%q) && location.pathname + location.search !== %q`, list[2], list[0]))
			}
			b.open(pathOf(warned))
			b.press("x")
			b.until(`document.querySelector(".alone .cw").open`)
			b.press("x")
			b.until(`!document.querySelector(".alone .cw").open`)
		})
	}
}

// TestKeysKnowTheirPlace checks when single keys do nothing: while somebody types, with other keys, held down, behind a
// dialog, and when they are switched off in the settings.
func TestKeysKnowTheirPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	w.crud(t, "ada", "first", "1-day", time.Minute)
	w.crud(t, "ada", "second", "1-day", 2*time.Minute)
	b := w.as(t, "ada")
	b.open("/")
	nothing := func(what string) {
		t.Helper()
		if got := eval[string](b, `location.pathname + document.activeElement.className + document.querySelectorAll("[aria-pressed=true].like").length`); got != "/0" {
			t.Fatalf("%s: %s", what, got)
		}
	}
	b.with("j", kb.ModifierCtrl)
	b.with("j", kb.ModifierAlt)
	eval[bool](b, `["j", "l"].map((key) => document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, isComposing: true})) && document.body.dispatchEvent(new KeyboardEvent("keydown", {key, keyCode: 229, bubbles: true}))).every(Boolean)`)
	nothing("with another key, or within an input method")
	b.press("j")
	b.until(`document.activeElement.matches(".crud")`)
	eval[int](b, `[false, true, true].map((repeat) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "l", repeat, bubbles: true}))).length`)
	b.until(`document.querySelectorAll("[aria-pressed=true].like").length === 1 && !document.querySelector(".like").busy`)
	b.press("l")
	b.until(`document.querySelectorAll("[aria-pressed=true].like").length === 0 && !document.querySelector(".like").busy`)

	// The pattern of a feed: Page Down from anything in a card, and out of the list.
	b.tabTo(".crud .when")
	b.keys(kb.PageDown)
	b.until(`document.activeElement.matches(".crud ~ .crud")`)
	b.keys(kb.PageUp)
	b.until(`document.activeElement.matches(".crud:first-child")`)
	b.with(kb.End, kb.ModifierCtrl)
	b.until(`document.activeElement.closest(".side")`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector(".crud").focus()`))
	b.with(kb.Home, kb.ModifierCtrl)
	b.until(`document.activeElement.closest("form.compose")`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#message").focus()`))
	b.press("j")
	b.until(`document.activeElement.id === "message" && document.activeElement.value === "j"`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#message").value = ""`))

	b.open("/settings")
	b.until(`document.querySelector("main .keys-on").checkVisibility()`)
	eval[bool](b, `(document.querySelector("#shortcuts-h").scrollIntoView(), true)`)
	b.shot("settings-desk-dark.png")
	b.click("main .keys-on")
	b.until(`!document.querySelector("dialog .keys-on").checked`)
	b.open("/")
	b.press("j")
	b.press("?")
	nothing("switched off")
	b.open("/settings")
	b.click("main .keys-on")
	b.open("/")
	b.press("j")
	b.until(`document.activeElement.matches(".crud")`)
	b.press("?")
	b.until(`document.querySelector("dialog.keys").open`)
	b.shot("keys-desk-dark.png")
	b.screen("phone", "light")
	b.check("the keys on a phone")
	b.shot("keys-phone-light.png")
	b.press("j")
	b.press("c")
	b.until(`document.querySelector("dialog.keys").contains(document.activeElement)`)
}

// TestOneVoice checks that a page speaks to a screen reader in one place, in one go, and never of countdowns.
func TestOneVoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	w.crud(t, "ada", "first", "1-day", time.Minute)
	b := w.as(t, "ada")
	for _, path := range []string{"/", "/notifications", "/messages", "/compose"} {
		b.open(path)
		if got := eval[string](b, `[...document.querySelectorAll("[role=status], [role=log], [aria-live]:not([aria-live=off])")].map((e) => e.id).join()`); got != "said" {
			t.Errorf("%s speaks in %q", path, got)
		}
	}
	b.open("/")
	got := eval[[]string](b, `import(document.querySelector("script[type=module]").src).then(({ announce, addCards, dropCard }) => new Promise((done) => {
		const said = [], feed = document.querySelector(".feed"), card = document.querySelector(".crud");
		new MutationObserver(() => { said.push(document.querySelector("#said").textContent); done(said.concat([...feed.children].map((c) => c.getAttribute("aria-posinset")), String(feed.ariaBusy))); }).observe(document.querySelector("#said"), {childList: true});
		for (let i = 1; i < 50; i++) announce(i + " new", "new");
		announce("Posted.");
		const before = card.cloneNode(true), after = card.cloneNode(true);
		before.id = "crud-b"; after.id = "crud-a";
		addCards(feed, [before], card);
		addCards(feed, [after]);
		dropCard(before);
	}))`)
	if fmt.Sprint(got) != "[49 new Posted. 1 2 3 null]" {
		t.Errorf("said, places and busy: %q", got)
	}
	b.until(`document.querySelector("#crud-b.gone .say").textContent === "Gone."`)
}
