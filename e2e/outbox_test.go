package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/chromedp"

	"cruddur/internal/lang"
)

// only waits until there is exactly one crud of somebody with a text, and looks once more a little later.
func (w *world) only(t testing.TB, handle, text string) {
	t.Helper()
	count := func() (n int) {
		list, err := w.db.ActivitiesOf(t.Context(), w.users[handle].UUID, [16]byte{}, 20, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if a.Message == text {
				n++
			}
		}
		return n
	}
	for deadline := time.Now().Add(patience); count() == 0 && time.Now().Before(deadline); {
		time.Sleep(25 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	if n := count(); n != 1 {
		t.Errorf("%q is there %d times", text, n)
	}
}

// waits waits until the page lists what waits to be sent, and nothing else.
func (b *tab) waits(texts ...string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`[...document.querySelectorAll(".outbox:not([hidden]) .draft-text")].map((e) => e.textContent).join("|") === %q`, strings.Join(texts, "|")))
}

// TestOutbox posts without a connection. What was written waits, can be changed and discarded, and is sent exactly once
// when the connection is back, even if the server took it before and its answer was lost.
func TestOutbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	w.crud(t, "ada", "already here", "1-day", time.Minute)
	b := w.as(t, "ada")
	b.open("/")
	b.installed()
	b.typed("First thought")
	b.click(`input[value="1-hour"] + span`)
	w.line.down.Store(true)
	b.click(".compose .button")
	b.until(`document.querySelector("h1").textContent === "Offline" && location.search === ""`)
	b.waits("First thought")
	b.until(`document.querySelector("#message").value === "" && ` + drafts + ` === 0 && document.querySelector(".outbox").textContent.startsWith("1 waiting to be sent. They are sent when there is a connection again, and live from then on.")`)

	// Here too one can write, and take back what waits.
	b.typed("Second thought")
	b.click(".compose .button")
	b.waits("First thought", "Second thought")
	for _, screen := range []string{"desk", "phone"} {
		b.screen(screen, "dark")
		b.check("the outbox, " + screen)
		b.shot("outbox-" + screen + "-dark.png")
	}
	b.screen("desk", "dark")
	// What is about to be pressed stays while something else is sent.
	eval[bool](b, `document.querySelector(".outbox .draft").same = true`)
	eval[bool](b, `(document.querySelector(".outbox p.dim").textContent = "", navigator.serviceWorker.dispatchEvent(new MessageEvent("message", {data: {outbox: true}})), true)`)
	b.until(`document.querySelector(".outbox p.dim").textContent`)
	if !eval[bool](b, `document.querySelector(".outbox .draft").same === true`) {
		t.Error("what waits is drawn anew")
	}
	b.click(".outbox .draft:nth-of-type(1) button")
	b.until(`document.querySelector("#message").value === "First thought" && document.querySelector('input[name="ttl"]:checked').value === "1-hour" && document.activeElement.id === "message"`)
	b.waits("Second thought")
	b.typed(", improved")
	b.click(".compose .button")
	b.waits("Second thought", "First thought, improved")
	b.click(".outbox .draft:nth-of-type(1) button:last-child")
	b.waits("First thought, improved")
	w.line.down.Store(false)
	b.until(`document.querySelectorAll(".me-link").length > 0`)
	w.only(t, "ada", "First thought, improved")
	b.until(`!document.querySelector(".outbox:not([hidden])")`)
	b.untilKeepsNot("First thought, improved\"]")

	// The server takes it, and its answer is lost.
	b.open("/")
	b.typed("Once, whatever happens")
	w.line.losing.Store(true)
	b.click(".compose .button")
	b.until(`document.querySelector(".outbox .draft-text, .crud .outbox")`)
	w.line.losing.Store(false)
	w.only(t, "ada", "Once, whatever happens")
	b.open("/")
	b.until(`document.querySelector(".crud .say").textContent === "Once, whatever happens" && !document.querySelector(".outbox:not([hidden])")`)
	b.untilKeepsNot("whatever happens\"]")
	w.only(t, "ada", "Once, whatever happens")
}

// TestOutboxRefused is about what the server does not take: it comes back with the reason, and nothing typed is lost.
func TestOutboxRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	root := w.crud(t, "noor", "Who has seen the fog?", "1-day", time.Hour)
	b := w.as(t, "ada")
	b.open(pathOf(root))
	b.installed()
	b.typed("I have, at six.")
	w.line.down.Store(true)
	b.click(".compose .button")
	b.waits("I have, at six.")
	b.typed("Too late for this one")
	b.click(`input[value="1-hour"] + span`)
	b.click(".compose .button")
	b.waits("I have, at six.", "Too late for this one")
	// It has waited for two hours, and was to live for one.
	eval[bool](b, `new Promise((done) => { indexedDB.open("cruddur", 1).onsuccess = (e) => {
		const db = e.target.result, tx = db.transaction("outbox", "readwrite"), box = tx.objectStore("outbox");
		box.getAll().onsuccess = (g) => { for (const i of g.target.result) if (i.path === "/compose") box.put({...i, at: i.at - 7200000}); };
		tx.oncomplete = () => { db.close(); done(true); };
	}; })`)
	if err := w.db.DeleteActivity(t.Context(), root.UUID, w.users["noor"].UUID, time.Now()); err != nil {
		t.Fatal(err)
	}
	w.line.down.Store(false)
	b.until(`document.querySelector(".me-link")`)
	b.open("/")
	b.until(`document.querySelectorAll(".outbox .error").length === 2`)
	b.waits("Too late for this one", "I have, at six.")
	b.until(`document.querySelector(".outbox .error").textContent.startsWith("This has waited longer") && document.querySelectorAll(".outbox .error")[1].textContent.startsWith("What this answers is gone.")`)
	b.check("refused")
	b.shot("refused-desk-dark.png")
	b.click(".outbox .draft:nth-of-type(1) button")
	b.until(`document.querySelector("#message").value === "Too late for this one"`)
	// What answered something that is gone can be posted as a crud of its own.
	b.click(".outbox .draft:nth-of-type(1) button")
	b.until(`location.pathname === "/" && document.querySelector("#message").value === "I have, at six." && document.querySelectorAll(".drafts .draft").length === 1`)
	b.click(".compose .button")
	b.until(`document.querySelector(".crud .say")?.textContent === "I have, at six."`)
}

// TestUpdate replaces the server by another version while a page is open. The page keeps its own files, says quietly
// that there is another version, and loses no draft when it changes to it.
func TestUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	b := w.as(t, "ada")
	b.open("/")
	b.installed()
	b.typed("half a thought")
	old := eval[string](b, `document.querySelector("script[type=module]").src`)
	english, err := os.ReadFile("../internal/lang/languages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(english), `"Sun"`, `"Sol"`, 1)
	if w.speaks, err = lang.Load(fstest.MapFS{"en.json": {Data: []byte(changed)}}); err != nil {
		t.Fatal(err)
	}
	next := w.handler(t)
	w.line.server.Store(&next)
	b.run(chromedp.Evaluate[chromedp.Void](`navigator.serviceWorker.ready.then((r) => r.update())`, chromedp.EvalAwaitPromise))
	b.until(`document.querySelector(".update")?.textContent === "There is a new version. Reload"`)
	b.shot("update-desk-dark.png")
	r, err := http.Get(old)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	// The server has the page's script no more, and the page still gets it.
	if got := eval[string](b, `fetch(`+fmt.Sprintf("%q", old)+`, {cache: "no-store"}).then((r) => String(r.ok))`); r.StatusCode != http.StatusNotFound || got != "true" {
		t.Errorf("the old script: %d from the server, and for the old page %s", r.StatusCode, got)
	}
	// Typed where no draft is kept, it would be lost: then the page waits.
	eval[bool](b, `(() => { const i = document.createElement("input"); i.name = "note"; document.querySelector("main").append(i); i.value = "typed"; return true; })()`)
	b.click(".update button")
	b.until(`!document.querySelector(".update") && document.querySelector(".toast").textContent.startsWith("A reload would lose")`)
	b.open("/")
	b.until(`document.querySelector("#message").value === "half a thought" && document.querySelector("script[type=module]").src !== ` + fmt.Sprintf("%q", old))
	names := eval[string](b, `caches.keys().then((k) => String(k.length))`)
	if names != "2" {
		t.Errorf("%s sets of files are kept, want this one and the one before", names)
	}
	w.line.down.Store(true)
	b.open("/about")
	b.until(`document.querySelector("h1").textContent === "Offline" && document.querySelector("script[type=module]").src !== ` + fmt.Sprintf("%q", old))
}
