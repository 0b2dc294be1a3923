package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"cruddur/internal/identity"
)

// TestInstallable asks Chromium itself whether the pages can be installed as an app.
func TestInstallable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newTab(t, w.url)
	b.open("/about")
	b.installed()
	for _, e := range call(b, page.GetInstallabilityErrors, cdp.Empty{}).InstallabilityErrors {
		if e.ErrorID != "in-incognito" { // as every window of these tests is
			t.Errorf("cannot be installed: %s %v", e.ErrorID, e.ErrorArguments)
		}
	}
	if m := call(b, page.GetAppManifest, page.GetAppManifestParams{}); len(m.Errors) > 0 || !strings.HasSuffix(m.URL, "/manifest.webmanifest") {
		t.Errorf("the manifest: %s, %v", m.URL, m.Errors)
	}
}

// TestOfflinePage takes the connection away: the page says so in the reader's language and light, shows what was on the
// home page and is alive, and makes room for the page that was asked for when the connection is back.
func TestOfflinePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	w.whisper(t, "noor", "ada", "for your eyes only", time.Minute)
	w.crud(t, "noor", "A long one\nover two lines", "1-day", time.Hour)
	w.warned(t, "noor", "the keeper did it", "Who did it", 50*time.Minute)
	b := w.as(t, "ada")
	b.cookie("cruddur-theme", "light")
	b.cookie("cruddur-language", "fr")
	b.open("/messages/@noor")
	b.installed()
	w.crud(t, "noor", "going soon", "1-day", 40*time.Minute)
	b.open("/")
	b.until(`document.querySelectorAll(".crud").length === 3`)
	b.untilKeeps("going soon")
	w.line.down.Store(true)
	// It ends three seconds from now, before the page shows it or after.
	home := eval[string](b, tableDo("readonly", `get("home")`, `JSON.stringify(r)`))
	eval[bool](b, `(async () => { const h = `+home+`; h.cards[0].end = Date.now() + h.offset + 3000; h.cards[0].until = new Date(h.cards[0].end).toISOString(); return `+tableDo("readwrite", `put(h, "home")`, `true`)+`; })()`)
	b.open("/@noor")
	b.until(`document.querySelector("h1").textContent === "Hors ligne" && document.documentElement.lang === "fr" && document.documentElement.dataset.theme === "light"`)
	b.until(`document.querySelectorAll(".feed .crud").length >= 2 && document.querySelector(".feed .crud:last-child .say").checkVisibility()`)
	if got := eval[string](b, `[...document.querySelectorAll(".crud")].slice(-2).map((c) => c.getAttribute("aria-posinset") > 0 && /^1\d h|^2\d h/.test(c.querySelector(".left").textContent)).join()`); got != "true,true" {
		t.Errorf("places and times: %s", got)
	}
	if eval[bool](b, `document.querySelector(".cw").open || document.body.innerText.includes("the keeper did it")`) {
		t.Error("a content warning is open")
	}
	for _, screen := range []string{"desk", "phone"} {
		b.screen(screen, "light")
		b.check("offline, " + screen)
		b.shot("offline-" + screen + "-light.png")
	}
	b.press("j")
	b.focused(".crud")
	// What ends while it is shown goes, and is not kept either.
	b.until(`!document.body.innerText.includes("going soon") && [...document.querySelectorAll(".left")].every((l) => l.closest(".gone") || Date.parse(l.dateTime) > Date.now())`)
	b.untilKeepsNot("going soon")
	if b.keeps("for your eyes only") {
		t.Error("a private message is kept")
	}
	b.run(chromedp.Reload())
	b.until(`document.querySelectorAll(".feed .crud").length === 2`)
	// Nothing is shown after a day, nor when the clock has been set back.
	for _, change := range []string{"stored: h.stored - 86400001", "seen: Date.now() + 60000"} {
		was := eval[string](b, tableDo("readonly", `get("home")`, `JSON.stringify(r)`))
		eval[bool](b, `(async () => { const h = `+was+`; return `+tableDo("readwrite", `put({...h, `+change+`}, "home")`, `true`)+`; })()`)
		b.run(chromedp.Reload())
		b.until(`document.querySelector("h1").textContent === "Hors ligne" && document.querySelector("#none-note").checkVisibility() && !document.querySelector(".crud")`)
		b.untilKeepsNot("A long one")
		eval[bool](b, `(async () => { const h = `+was+`; return `+tableDo("readwrite", `put({...h, seen: Date.now()}, "home")`, `true`)+`; })()`)
	}
	w.line.down.Store(false)
	b.until(`location.pathname === "/@noor" && document.querySelector(".banner-head h1")`)
}

// tableDo is a script that does one thing in the table "one" of what is kept; r is what it gives.
func tableDo(mode, act, result string) string {
	return fmt.Sprintf(`new Promise((done) => { indexedDB.open("cruddur", 1).onsuccess = (e) => {
		const db = e.target.result, q = db.transaction("one", %q).objectStore("one").%s;
		q.onsuccess = () => { const r = q.result; db.close(); done(%s); };
	}; })`, mode, act, result)
}

// untilKeeps waits until the browser keeps a text, and untilKeepsNot until it does no more.
func (b *tab) untilKeeps(text string)    { b.t.Helper(); b.keeping(text, true) }
func (b *tab) untilKeepsNot(text string) { b.t.Helper(); b.keeping(text, false) }

func (b *tab) keeping(text string, want bool) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); b.keeps(text) != want; time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("kept: %v, want %v: %q in\n%s", !want, want, text, b.stored())
		}
	}
}

// TestNextReaderFindsNothing is about a computer that several people use: whoever comes after a member finds nothing of
// what the member read or wrote, whether they signed out, their session ended, or somebody else signed in.
func TestNextReaderFindsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor", "kofi"} {
		w.member(t, handle, "Member "+handle)
	}
	w.crud(t, "kofi", "seen on the home page", "1-day", time.Hour)
	if err := w.db.Follow(t.Context(), w.users["ada"].UUID, w.users["kofi"].UUID, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	b := w.as(t, "ada")
	b.allow("401 (Unauthorized)")
	b.allow("403 (Forbidden)")
	read := func() {
		t.Helper()
		b.cookie("cruddur", w.cookies["ada"])
		b.open("/?feed=following")
		b.installed()
		b.untilKeeps("seen on the home page")
	}
	nothing := func(what string) {
		t.Helper()
		b.untilKeepsNot(w.users["ada"].UUID.String())
		w.line.down.Store(true)
		b.open("/notifications")
		b.until(`document.querySelector("h1").textContent === "Offline"`)
		if eval[bool](b, `document.body.innerText.includes("seen on") || document.body.innerText.includes("waiting") || !document.querySelector("form.compose").hidden`) {
			t.Errorf("%s: offline, the next reader sees\n%s", what, eval[string](b, `document.body.innerText`))
		}
		w.line.down.Store(false)
		b.until(`document.querySelector("h1").textContent !== "Offline"`)
	}
	read()
	b.cookie("cruddur", "ended")
	b.open("/about")
	nothing("after the session's end")
	read()
	b.open("/settings")
	b.click(`.account form button`)
	b.until(`document.querySelector('.menu a[href="/signin"]')`)
	b.untilKeepsNot("seen on")
	b.open("/about")
	nothing("after signing out")

	// Whoever deletes their account leaves nothing behind.
	b.cookie("cruddur", w.cookies["kofi"])
	b.open("/")
	b.untilKeeps(w.users["kofi"].UUID.String())
	b.untilKeeps("seen on the home page")
	b.open("/settings/delete")
	b.run(chromedp.SendKeys(chromedp.CSS("#f-password"), password("kofi")))
	b.click(".button.danger")
	b.until(`location.pathname === "/" && document.querySelector('.menu a[href="/signin"]')`)
	b.untilKeepsNot(w.users["kofi"].UUID.String())
	w.crud(t, "noor", "seen on the home page", "1-day", time.Hour)
	if err := w.db.Follow(t.Context(), w.users["ada"].UUID, w.users["noor"].UUID, true, time.Now()); err != nil {
		t.Fatal(err)
	}

	// Something waits, and somebody else signs in: it is neither shown nor sent, until its author is back.
	var err error
	if w.cookies["ada"], err = w.sessions.Begin(t.Context(), w.users["ada"].Subject, identity.Browser{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	read()
	b.typed("Only I may say this")
	w.line.down.Store(true)
	b.click(".compose .button")
	b.until(`document.querySelector(".outbox .draft-text")?.textContent === "Only I may say this"`)
	b.cookie("cruddur", w.cookies["noor"])
	w.line.down.Store(false)
	b.until(`document.querySelector(".me .me-link")?.pathname === "/@noor" && document.readyState === "complete"`)
	b.untilKeeps(w.users["noor"].UUID.String())
	b.open("/compose")
	if eval[bool](b, `document.body.innerText.includes("Only I")`) {
		t.Error("what another member wrote is shown")
	}
	// Even if the worker sends it in that moment, the server does not take it from another member.
	if got := eval[string](b, `(() => { const f = new FormData(); f.append("by", "`+w.users["ada"].UUID.String()+`"); f.append("message", "Only I may say this"); f.append("ttl", "1-hour");
		return fetch("/compose", {method: "POST", body: f, headers: {Accept: "application/json"}}).then(async (r) => r.status + (await r.json()).codes); })()`); got != "403other_member" {
		t.Errorf("sent for another member: %s", got)
	}
	b.cookie("cruddur", w.cookies["ada"])
	b.open("/")
	b.until(`document.querySelector(".toast").textContent === "1 sent."`)
	w.only(t, "ada", "Only I may say this")
}
