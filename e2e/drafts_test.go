package e2e

import (
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// another opens a second tab beside this one, with the same cookies and the same storage.
func (b *tab) another() *tab {
	b.t.Helper()
	ctx, stop := chromedp.NewContext(b.ctx)
	c := &tab{t: b.t, ctx: ctx, url: b.url}
	b.t.Cleanup(stop)
	c.run()
	c.screen("desk", "dark")
	return c
}

// networkConditions is Network.emulateNetworkConditions, which every Chromium knows.
var networkConditions = cdp.Command[network.Conditions, cdp.Empty]{Method: "Network.emulateNetworkConditions"}

// offline takes the network away from the tab, or gives it back.
func (b *tab) offline(is bool) {
	b.t.Helper()
	call(b, networkConditions, network.Conditions{Offline: is, DownloadThroughput: -1, UploadThroughput: -1})
}

func (b *tab) typed(text string) {
	b.t.Helper()
	b.run(chromedp.SendKeys(chromedp.CSS("#message"), text))
}

func (b *tab) click(selector string) { b.t.Helper(); b.run(chromedp.Click(chromedp.CSS(selector))) }

// drafts returns the number of non-empty drafts in this browser.
const drafts = `Object.entries(localStorage).filter(([k, v]) => k.startsWith("cruddur-draft:") && JSON.parse(v).text).length`

// Two tabs have a draft each. One that could not be posted comes back in its own tab, and from a closed tab it
// is offered in any other.
func TestTwoTabsTwoDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	a := newTab(t, w.url)
	a.cookie("cruddur", w.cookies["ada"])
	a.open("/")
	b := a.another()
	b.open("/")
	a.typed("Tab one, a long essay")
	b.typed("tab two")
	a.allow("503 (Service Unavailable)")
	was := w.line.server.Load()
	var busy http.Handler = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "busy", http.StatusServiceUnavailable) })
	w.line.server.Store(&busy) // without any connection it would wait instead: TestOutbox
	a.click(".compose .button")
	a.until(`!document.querySelector("form.compose")`)
	w.line.server.Store(was)
	a.open("/")
	a.until(`document.querySelector("#message").value === "Tab one, a long essay"`)
	b.open("/compose")
	b.until(`document.querySelector("#message").value === "tab two"`)
	b.until(`document.querySelector(".drafts p").textContent === "1 unsent draft" && document.querySelector(".draft-text").textContent === "Tab one, a long essay"`)
	b.check("compose with a draft")

	// A third tab has an empty box and offers both drafts. A draft that it takes and posts is removed everywhere.
	c := a.another()
	c.open("/")
	c.until(`document.querySelector("#message").value === "" && document.querySelectorAll(".draft").length === 2`)
	c.run(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".draft")].find((d) => d.textContent.includes("essay")).querySelector("button").click()`))
	c.until(`document.activeElement.id === "message" && document.querySelector("#message").value === "Tab one, a long essay" && document.querySelectorAll(".draft").length === 1`)
	c.click(".compose .button")
	c.until(`document.querySelector(".crud .say")?.textContent === "Tab one, a long essay" && document.querySelector("#message").value === ""`)
	a.until(`document.querySelector("#message").value === "" && document.querySelectorAll(".draft").length === 1`)
	b.until(`document.querySelector("#message").value === "tab two" && document.querySelector(".drafts").hidden`)

	// Discarding works the same way.
	c.until(`document.querySelectorAll(".draft").length === 1`)
	c.click(".draft button:last-child")
	c.until(`document.querySelector(".drafts").hidden && ` + drafts + ` === 0`)
}

// Two tabs with the same draft, after a tab was duplicated, get separate drafts when one of them is edited.
func TestDuplicatedTabsPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	a := newTab(t, w.url)
	a.cookie("cruddur", w.cookies["ada"])
	a.open("/")
	a.typed("common")
	b := a.another()
	b.open("/")
	b.until(`document.querySelectorAll(".draft").length === 1`)
	b.click(".draft button")
	b.until(`document.querySelector("#message").value === "common"`)
	b.typed(" ground")
	a.until(drafts + ` === 2`)
	for tab, want := range map[*tab]string{a: "common", b: "common ground"} {
		tab.open("/")
		tab.until(`document.querySelector("#message").value === "` + want + `"`)
	}
}

// TestADraftSurvives checks that a text is kept for its author until it is posted, and deleted on sign-out.
func TestADraftSurvives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	w.member(t, "noor", "Noor")
	b := newTab(t, w.url)
	b.allow("401 (Unauthorized)")
	b.cookie("cruddur", w.cookies["ada"])
	b.open("/")
	b.typed("half a thought")
	b.click(`input[value="12-hours"] + span`)
	b.open("/about")
	b.open("/compose")
	b.until(`document.querySelector("#message").value === "half a thought" && document.querySelector('input[name="ttl"]:checked').value === "12-hours"`)
	// Another member at the same browser neither sees it nor is offered it.
	b.cookie("cruddur", w.cookies["noor"])
	b.open("/")
	b.until(`document.querySelector("#count-hint").textContent === "280 left" && document.querySelector("#message").value === "" && !document.querySelector(".drafts")`)
	b.typed("Noor's")
	b.cookie("cruddur", w.cookies["ada"])
	b.open("/")
	b.until(`document.querySelector("#message").value === "half a thought" && !document.querySelector(".drafts")`)
	// A forged link that claims it was posted does not delete it.
	b.open("/?notice=posted&draft=somethingelse")
	b.until(`location.search === "" && document.querySelector("#message").value === "half a thought"`)
	// A session that ends while somebody writes keeps it, and says what has happened.
	b.cookie("cruddur", "ended")
	b.click(".compose .button")
	b.until(`document.querySelector(".banner")?.textContent.includes("not signed in any more") && document.querySelector("#message").value === "half a thought" && !document.querySelector(".compose .av")`)
	b.cookie("cruddur", "ended")
	b.open("/compose")
	b.at("/signin")
	b.until(`document.querySelector(".notice").textContent.startsWith("Your session here has ended")`)
	b.run(chromedp.SendKeys(chromedp.CSS("#f-email"), "ada@example.com"), chromedp.SendKeys(chromedp.CSS("#f-password"), password("ada")+kb.Enter))
	b.at("/compose")
	b.until(`document.querySelector("#message").value === "half a thought"`)
	// Every sign-out button deletes the member's own drafts, and no others.
	b.open("/settings")
	b.click(`.account form[action="/signout"] button`)
	b.until(`document.querySelector('.menu a[href="/signin"]') && ` + drafts + ` === 1`)
	b.cookie("cruddur", w.cookies["noor"])
	b.open("/")
	b.until(`document.querySelector("#message").value === "Noor's"`)
	b.click(`.me form button`)
	b.until(`document.querySelector('.menu a[href="/signin"]') && ` + drafts + ` === 0`)
}

// Drafts expire, and their number is limited.
func TestDraftsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	b := newTab(t, w.url)
	b.cookie("cruddur", w.cookies["ada"])
	b.open("/about")
	b.run(chromedp.Evaluate[chromedp.Void](`for (let i = 0; i < 30; i++) {
		localStorage.setItem("cruddur-draft:d" + i, JSON.stringify({by: "/@ada", text: "draft " + i, ttl: "1-day", at: Date.now() - i * 86400000 * 1.6}));
	}
	localStorage.setItem("cruddur-draft:broken", "{");`))
	b.open("/")
	b.until(`document.querySelectorAll(".draft").length === 19`) // of 30 days
	b.until(`localStorage.getItem("cruddur-draft:d18") && !localStorage.getItem("cruddur-draft:d19") && !localStorage.getItem("cruddur-draft:broken")`)
	b.run(chromedp.Evaluate[chromedp.Void](`for (let i = 0; i < 30; i++) {
		localStorage.setItem("cruddur-draft:e" + i, JSON.stringify({by: "/@ada", text: "draft " + i, at: Date.now() - i}));
		localStorage.setItem("cruddur-draft:f" + i, JSON.stringify({by: "/@ada", text: "", at: Date.now()})); // takes nobody's place
		localStorage.setItem("cruddur-draft:g" + i, JSON.stringify({by: "/@ada", text: " ", at: Date.now() - 70_000}));
	}`))
	b.open("/")
	b.until(`document.querySelectorAll(".draft").length === 20 && !localStorage.getItem("cruddur-draft:d0") && !localStorage.getItem("cruddur-draft:g0")`)
}

// A posted text that Back restores cannot be posted twice, with the script or without.
func TestBackPostsOnce(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"with script": true, "without script": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.member(t, "ada", "Ada")
			b := newTab(t, w.url)
			b.cookie("cruddur", w.cookies["ada"])
			b.scripts(scripts)
			b.open("/compose")
			b.typed("Once is enough")
			b.click(".compose .button")
			b.run(chromedp.WaitReady(chromedp.CSS(".crud")))
			for range 2 {
				b.run(chromedp.Evaluate[chromedp.Void](`history.back()`))
				b.until(`location.pathname === "/compose" && document.readyState === "complete"`)
				if scripts {
					b.until(`document.querySelector("#message").value === ""`)
					break
				}
				b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector(".compose .button").click()`)) // a click of chromedp waits for ever after Back
				b.until(`document.querySelector(".crud, #message-error") && document.readyState === "complete"`)
			}
			home, err := w.db.Home(t.Context(), [16]byte{}, 20, now())
			if err != nil || len(home) != 1 {
				t.Fatalf("%d cruds, %v, want 1", len(home), err)
			}
			if scripts { // the box is ready for the next one
				b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#message").focus()`))
				b.keys("Another")
				b.run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)))
				b.until(`document.querySelectorAll(".crud").length === 2`)
			}
		})
	}
}
