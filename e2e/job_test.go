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
	b.at("/signin")
	b.until(`document.activeElement.id === "f-password"`)
	b.keys("three old ferries" + kb.Enter)
	b.at("/")
	b.press("c")
	b.until(`document.activeElement.id === "message"`)
	b.keys("The first boat leaves at 06:40.")
	b.until(`document.querySelector(".compose .count").textContent === "249 left"`)
	b.tabTo("#ttl")
	b.keys(kb.End) // "1 h" is the last one; typing it must be quick, for the list forgets after a second
	b.until(`document.querySelector("#ttl").value === "1-hour" && /^expires \w{3} \d{1,2} \w{3,4} \d\d:\d\d$/.test(document.querySelector("#ttl-hint").textContent)`)
	b.run(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
	b.run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.until(`document.querySelector(".crud .say")?.textContent === "The first boat leaves at 06:40." && document.readyState === "complete"`)
	b.until(`/^(1h|59m) left$/.test(document.querySelector(".crud .left").textContent)`)
	b.until(`document.querySelector("#message").value === "" && localStorage.getItem("cruddur-draft") === null && location.search === ""`)
	b.press("j")
	b.until(`document.activeElement.matches(".crud")`)
	b.press("o")
	b.until(`/^\/@ada\/status\//.test(location.pathname) && document.readyState === "complete"`)
	b.tabTo(`.act`)
	b.keys(kb.Enter)
	b.until(`location.pathname.endsWith("/delete") && document.readyState === "complete"`)
	b.tabTo(".button.danger")
	b.keys(kb.Enter)
	b.at("/")
	b.until(`!document.querySelector(".crud") && document.querySelector(".notice").textContent.startsWith("Gone.")`)
	for range 10 { // the two keys belong together only within 1.5 s
		b.press("g")
		b.press("s")
		if b.soon(`location.pathname === "/settings"`, 3*time.Second) {
			break
		}
	}
	b.at("/settings")
	b.tabTo(`.sessions .button`)
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
	wait(`form[action="/signin"]`)
	fill("password", "tea and late trains")
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
	if err != nil || !strings.Contains(text, "On time, for once.") || !strings.Contains(text, "UTC") {
		t.Fatalf("crud = %q, %v", text, err)
	}
	press(`.theme button[value="dark"]`)
	wait(`html[data-theme="dark"]`)
	press(".act")
	wait(".button.danger")
	press(".button.danger")
	wait(".empty")
}

// TestADraftSurvives holds that a text is kept until it is posted, and forgotten on signing out.
func TestADraftSurvives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	w.member(t, "noor", "Noor")
	b := newTab(t, w.url)
	b.cookie("cruddur", w.cookies["ada"])
	b.open("/")
	b.run(chromedp.SendKeys(chromedp.CSS("#message"), "half a thought"))
	b.open("/about")
	b.open("/compose")
	b.until(`document.querySelector("#message").value === "half a thought"`)
	// Another member at the same browser does not see it.
	b.cookie("cruddur", w.cookies["noor"])
	b.open("/")
	b.until(`document.querySelector(".compose .count").textContent === "280 left" && document.querySelector("#message").value === ""`)
	b.cookie("cruddur", w.cookies["ada"])
	b.open("/")
	b.until(`document.querySelector("#message").value === "half a thought"`)
	// A link that only pretends that it was posted does not lose it.
	b.open("/?notice=posted&draft=somethingelse")
	b.until(`location.search === "" && document.querySelector("#message").value === "half a thought"`)
	// Both buttons that sign out forget it.
	b.open("/settings")
	b.run(chromedp.Click(chromedp.CSS(`.sessions form[action="/signout"] button`)))
	b.until(`document.querySelector('.menu a[href="/signin"]') && localStorage.getItem("cruddur-draft") === null`)
	b.cookie("cruddur", w.cookies["noor"])
	b.open("/")
	b.run(chromedp.SendKeys(chromedp.CSS("#message"), "another half"))
	b.until(`localStorage.getItem("cruddur-draft") !== null`)
	b.run(chromedp.Click(chromedp.CSS(`.me form button`)))
	b.until(`document.querySelector('.menu a[href="/signin"]') && localStorage.getItem("cruddur-draft") === null`)
}

// TestAnExpiredCrudSaysSoInPlace holds that the words go when the time is up, and nothing moves.
func TestAnExpiredCrudSaysSoInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	b := newTab(t, w.url)
	b.open("/about") // the first page of a new window takes long on a busy machine; the crud's time runs from here
	w.crud(t, "ada", "Going, going", "1-hour", time.Hour-9*time.Second)
	b.open("/")
	b.until(`/^0:0\d left$/.test(document.querySelector(".crud .left").textContent)`)
	height := eval[float64](b, `document.querySelector(".crud").getBoundingClientRect().height`)
	b.until(`document.querySelector(".crud .left").textContent === "expired" && document.querySelector(".crud .say").textContent === "This crud has expired."`)
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
