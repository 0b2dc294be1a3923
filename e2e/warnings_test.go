package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shown is whether the text below the first content warning is shown.
const shown = `document.querySelector(".cw .say").checkVisibility()`

// A content warning hides the text until its reader unfolds it, by keyboard, with and without a script.
func TestContentWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	path := pathOf(w.warned(t, "ada", "the gardener, @ada", "who did it", time.Minute))
	for _, scripts := range []bool{true, false} {
		b := newTab(t, w.url)
		b.scripts(scripts)
		for _, address := range []string{"/", path} {
			b.open(address)
			if eval[bool](b, shown) {
				t.Fatalf("%s shows the text below the warning, with a script: %t", address, scripts)
			}
			b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector(".cw summary").focus()`))
			b.keys(kb.Enter)
			b.until(shown + ` && document.querySelector(".cw-hide").checkVisibility() && !document.querySelector(".cw-show").checkVisibility()`)
			b.keys(kb.Enter)
			b.until(`!(` + shown + `)`)
		}
	}
}

// A warning is written in its folded field, is kept with the draft, and is too long before it is sent.
func TestComposeAContentWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	b := newTab(t, w.url)
	b.cookie("cruddur", w.cookies["ada"])
	b.open("/compose")
	const value = `document.querySelector("#warning").value`
	b.typed("the gardener")
	b.click(".warn summary")
	b.run(chromedp.SendKeys(chromedp.CSS("#warning"), "who did it"))
	b.until(drafts + ` === 1 && Object.values(localStorage).some((v) => v.includes("who did it"))`)
	b.open("/about")
	b.open("/compose")
	b.until(value + ` === "who did it" && document.querySelector(".warn").open && document.querySelector("#message").value === "the gardener"`)
	b.run(chromedp.SetValue(chromedp.CSS("#warning"), strings.Repeat("too long ", 12)))
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector(".warn").open = false`))
	b.click(".compose .button:not(.ghost)")
	b.until(`document.activeElement.id === "warning" && document.querySelector("#warning-error").textContent.includes("100")`)
	b.check("compose with a warning that is too long")
	b.run(chromedp.SetValue(chromedp.CSS("#warning"), "who did it"))
	b.click(".compose .button:not(.ghost)")
	b.until(`document.querySelector(".cw-text")?.textContent === "who did it" && document.querySelector("#message").value === "" && ` + value + ` === "" && !document.querySelector(".warn").open`)

	// A reply begins with the warning of what it answers. What its author makes of it stays with the draft, also nothing.
	path := pathOf(w.warned(t, "ada", "the butler", "the end", time.Minute))
	b.open(path + "/reply")
	b.until(value + ` === "the end" && document.querySelector(".warn").open`)
	b.typed("no")
	b.run(chromedp.Evaluate[chromedp.Void](`Object.assign(document.querySelector("#warning"), {value: ""}).dispatchEvent(new Event("input", {bubbles: true}))`))
	b.open(path)
	b.until(value + ` === "" && document.querySelector("#message").value === "no"`)
}

// What ends while it is on the screen takes its warning along.
func TestAWarningEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	b := newTab(t, w.url)
	b.open("/about") // now the browser is there, and what follows is quick
	w.warned(t, "ada", "the gardener", "who did it", 24*time.Hour-5*time.Second)
	b.open("/")
	b.until(`document.querySelector(".gone .say")?.checkVisibility() && !document.querySelector(".feed").textContent.includes("who did it")`)
	b.check("a warning that has ended")
}
