package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestNothingIsWiderThanTheScreen opens every page on a small phone and turns it, which is also a desk at 200 % zoom. What
// is pressed with a finger is 44 pixels high. After the first paint nothing moves that an eye would notice.
// TestEveryPageAndScreenshots has the tablet and the desks.
func TestNothingIsWiderThanTheScreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.demo(t)
	w.member(t, "zoe", "Zoë Anders")
	w.member(t, "as_long_as_it_can_be", "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW")
	w.crud(t, "as_long_as_it_can_be", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft مرحبا بالعالم", "7-days", time.Minute)
	w.halves(t, w.places(t), func(t *testing.T, tabs map[string]*tab, places []place) {
		for _, p := range places {
			b := tabs[p.as]
			b.size(320, 640)
			b.open(p.path)
			fits(b, p.name, 320)
			moves(b, p.name)
			for _, low := range eval[[]string](b, `[...document.querySelectorAll(".do, .menu a, main .button, .tabs a, .lives label, .theme button, .foot a, .menu-list a, .more > summary")]
				.filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.9).map((e) => e.outerHTML.slice(0, 90) + " " + e.getBoundingClientRect().height)`) {
				t.Errorf("%s: lower than 44 pixels: %s", p.name, low)
			}
			b.size(640, 450)
			fits(b, p.name, 640)
			mirrors(b, p.name)
		}
	})
}

// fits checks that a page is no wider than its window, which is this wide.
func fits(b *tab, name string, width int64) {
	b.t.Helper()
	over := eval[[2]int64](b, `[document.documentElement.scrollWidth - document.documentElement.clientWidth, innerWidth]`)
	if over[0] > 0 || over[1] != width {
		b.t.Errorf("%s: %d pixels wider than the screen, which is %d wide, want %d", name, over[0], over[1], width)
	}
}

// moves checks that nothing has moved since the first paint. The server puts times into words as the script does, in as
// much room, and leaves room for what only the script says.
func moves(b *tab, name string) {
	b.t.Helper()
	moved := eval[map[string]float64](b, `new Promise((done) => {
		const all = {};
		new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) {
			const first = e.sources[0]?.node, name = (first?.outerHTML ?? first?.textContent ?? "").slice(0, 80);
			all[name] = (all[name] ?? 0) + e.value;
		} }).observe({type: "layout-shift", buffered: true});
		requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(all))));
	})`)
	sum := 0.0
	for _, by := range moved {
		sum += by
	}
	if sum > 0.01 {
		b.t.Errorf("%s: moved by %.3f after the first paint: %v", name, sum, moved)
	}
}

// TestFiveCardsFitOnAPhone checks that a member sees five short cards at once, between the bars, and that the form,
// which is one line until then, opens when it has the focus.
func TestFiveCardsFitOnAPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada Quist")
	for i := range 8 {
		w.crud(t, "ada", fmt.Sprint("short ", i), "1-day", time.Duration(i)*time.Minute)
	}
	b := w.as(t, "ada")
	b.screen("phone", "dark")
	b.open("/")
	if got := eval[int](b, `(() => { const bar = document.querySelector(".menu").getBoundingClientRect().top;
		return [...document.querySelectorAll(".crud")].filter((c) => c.getBoundingClientRect().bottom <= bar).length; })()`); got < 5 {
		t.Errorf("%d short cards fit, want at least 5", got)
	}
	b.shot("five-phone-dark.png")
	eval[bool](b, `(document.querySelector("#message").focus(), true)`)
	b.until(`document.querySelector(".compose .button").checkVisibility()`)
	b.keys("a thought that is kept")
	b.until(`document.querySelector(".kept").textContent === "draft kept" && !document.querySelector("#count-hint").matches(".shown")`)
	eval[bool](b, `(document.activeElement.blur(), true)`)
	b.until(`document.querySelector(".compose .button").checkVisibility()`)
	eval[bool](b, `(document.querySelector("#message").value = "x".repeat(220), document.querySelector("#message").dispatchEvent(new Event("input", {bubbles: true})))`)
	b.until(`document.querySelector("#count-hint.shown .count-n").textContent === "60 left" && document.querySelector("#count-hint .ring").checkVisibility({visibilityProperty: true})`)
	eval[bool](b, `(document.querySelector("#message").value = "x".repeat(219), document.querySelector("#message").dispatchEvent(new Event("input", {bubbles: true})))`)
	b.until(`!document.querySelector("#count-hint").matches(".shown")`)
}
