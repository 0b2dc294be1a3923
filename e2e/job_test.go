package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// code is the newest six-digit code in the mailbox.
func (w *world) code(t testing.TB, to string) string {
	t.Helper()
	digits := regexp.MustCompile(`\b(\d{3}) ?(\d{3})\b`)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, m := range w.mailbox.Messages() {
			if m.To != to {
				continue
			}
			if c := digits.FindStringSubmatch(m.Text); c != nil {
				return c[1] + c[2]
			}
		}
	}
	t.Fatalf("no code for %s in %v", to, w.mailbox.Messages())
	return ""
}

// tabTo presses Tab until the element has the focus, as somebody without a mouse does.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range 60 {
		b.keys(kb.Tab)
		if eval[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			if !eval[bool](b, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== "none" || s.boxShadow !== "none"; })()`) {
				b.t.Errorf("%s has the focus, and nothing shows it", selector)
			}
			return
		}
	}
	b.t.Fatalf("Tab never reaches %s", selector)
}

// at waits for a page.
func (b *tab) at(path string) {
	b.t.Helper()
	b.until(fmt.Sprintf("location.pathname === %q && document.readyState === 'complete'", path))
}

// TestTheMainJobByKeyboardAlone goes from a stranger to a crud that is read, opened and deleted, with
// the keyboard alone.
func TestTheMainJobByKeyboardAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newTab(t, w.url)
	b.screen("desk", "dark")
	b.open("/")
	b.keys(kb.Tab)
	b.until(`document.activeElement.matches(".skip")`)
	b.tabTo(`.menu a[href="/signup"]`)
	b.keys(kb.Enter)
	b.at("/signup")
	for _, f := range [][2]string{{"name", "Ada Quist"}, {"handle", "ada"}, {"email", "ada@example.com"}, {"password", "three old ferries"}} {
		b.tabTo("#f-" + f[0])
		b.keys(f[1])
	}
	b.keys(kb.Enter)
	b.at("/confirm")
	b.until(`document.activeElement.id === "f-code" && document.querySelector("#f-email").value === "ada@example.com"`)
	b.keys(w.code(t, "ada@example.com") + kb.Enter)
	b.at("/compose")
	b.until(`document.activeElement.id === "message" && document.querySelector(".notice").textContent.startsWith("Welcome!")`)
	b.keys("The first boat leaves at 06:40.")
	b.until(`document.querySelector("#count-hint").textContent === "249 left"`)
	b.tabTo(`input[name="ttl"]`)
	b.until(`document.activeElement.value === "7-days"`)
	for _, want := range []string{"30-days", "1-hour"} { // after the last comes the first
		b.keys(kb.ArrowRight)
		b.until(`document.querySelector('input[name="ttl"]:checked').value === "` + want + `"`)
	}
	b.until(`/^gone \w{3} \d{1,2} \w{3,4}, \d\d:\d\d$/.test(document.querySelector("#ttl-hint").textContent)`)
	b.run(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
	b.run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.until(`document.querySelector(".crud .say")?.textContent === "The first boat leaves at 06:40." && document.readyState === "complete"`)
	b.until(`/^(1h|59m)$/.test(document.querySelector(".crud .left").textContent)`)
	b.until(`document.querySelector("#message").value === "" && localStorage.length === 0 && location.search === ""`)
	b.press("c")
	b.until(`document.activeElement.id === "message"`)
	b.keys(kb.Escape)
	b.run(chromedp.Click(chromedp.CSS(".end")))
	b.press("j")
	b.until(`document.activeElement.matches(".crud")`)
	b.press("o")
	b.until(`/^\/@ada\/status\//.test(location.pathname) && document.readyState === "complete"`)
	b.tabTo(`.alone .more summary`)
	b.keys(kb.Enter)
	b.tabTo(`.more a[href$="/delete"]`)
	b.keys(kb.Enter)
	b.until(`location.pathname.endsWith("/delete") && document.readyState === "complete"`)
	b.tabTo(".button.danger")
	b.keys(kb.Enter)
	b.at("/")
	b.until(`!document.querySelector(".crud") && document.querySelector(".notice").textContent.startsWith("Deleted")`)
	for range 10 { // the two keys belong together only within 1.5 s
		b.press("g")
		b.press("s")
		if b.soon(`location.pathname === "/settings"`, 3*time.Second) {
			break
		}
	}
	b.at("/settings")
	b.tabTo(`.account .button`)
	b.keys(kb.Enter)
	b.at("/")
	b.until(`document.querySelector('.menu a[href="/signin"]')`)
}

// TestTheMainJobWithoutScript does the same by plain forms.
func TestTheMainJobWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newTab(t, w.url)
	b.screen("phone", "light")
	b.scripts(false)
	b.allow("422 (Unprocessable Entity)")
	b.open("/signup")
	fill := func(name, value string) { b.run(chromedp.SendKeys(chromedp.CSS("#f-"+name), value)) }
	press := func(selector string) { b.run(chromedp.Click(chromedp.CSS(selector))) }
	wait := func(selector string) { b.run(chromedp.WaitReady(chromedp.CSS(selector))) }
	fill("name", "Noor")
	fill("handle", "noor")
	fill("email", "noor@example.com")
	fill("password", "tea and late trains")
	press(".plain .button")
	wait(`form[action="/confirm"]`)
	fill("code", w.code(t, "noor@example.com"))
	press(".plain .button")
	wait("form.compose")
	// An error keeps the text and says what is wrong beside it.
	b.run(chromedp.SendKeys(chromedp.CSS("#message"), strings.Repeat("late ", 57)))
	press(".compose .button")
	wait("#message-error")
	if text, err := chromedp.Run(b.ctx, chromedp.Value(chromedp.CSS("#message"))); err != nil || strings.TrimSpace(text) != strings.TrimSpace(strings.Repeat("late ", 57)) {
		t.Fatalf("text after an error = %q, %v", text, err)
	}
	b.run(chromedp.SetValue(chromedp.CSS("#message"), "On time, for once."))
	press(".compose .button")
	wait(".notice")
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(".crud")))
	if err != nil || !strings.Contains(text, "On time, for once.") || !strings.Contains(text, "\nnow\n") {
		t.Fatalf("crud = %q, %v", text, err)
	}
	press(`.menu a[href="/me"]`)
	wait(`.light`)
	press(`main .theme button[value="dark"]`)
	wait(`html[data-theme="dark"]`)
	press(`a.logo`)
	wait(`.crud`)
	press(".crud .more summary")
	press(`.more a[href$="/delete"]`)
	wait(".button.danger")
	press(".button.danger")
	wait(".empty")
}

// TestAnExpiredCrudSaysSoInPlace checks that the text disappears at the expiry, and nothing moves.
func TestAnExpiredCrudSaysSoInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	b := newTab(t, w.url)
	b.open("/about") // the first page of a new window takes long on a busy machine; the crud's time runs from here
	w.crud(t, "ada", "Going,\ngoing,\nover three lines", "1-hour", time.Hour-9*time.Second)
	b.open("/")
	b.until(`/^\ds$/.test(document.querySelector(".crud .left").textContent)`)
	height := eval[float64](b, `document.querySelector(".crud").getBoundingClientRect().height`)
	b.until(`document.querySelector(".crud .left").textContent === "ended" && document.querySelector(".crud .say").textContent === "This crud has ended."`)
	if got := eval[float64](b, `document.querySelector(".crud").getBoundingClientRect().height`); got != height {
		t.Errorf("the row's height changed from %v to %v", height, got)
	}
	b.run(chromedp.Reload())
	b.until(`document.querySelector(".empty") && !document.querySelector(".crud")`)
}

// TestShortcutsCanBeSwitchedOff is WCAG 2.1.4.
func TestShortcutsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newTab(t, w.url)
	b.open("/about")
	b.press("?")
	b.until(`document.querySelector("dialog.keys").open`)
	b.check("keyboard dialog")
	b.tabTo(".keys-on")
	b.keys(" ")
	b.keys(kb.Escape)
	b.until(`!document.querySelector("dialog.keys").open`)
	b.open("/about")
	b.press("g")
	b.press("h")
	b.press("?")
	if got := eval[string](b, `location.pathname + document.querySelector("dialog.keys").open`); got != "/aboutfalse" {
		t.Errorf("with shortcuts off: %s, want /aboutfalse", got)
	}
}
