package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cruddur"
)

// as opens a window in which somebody is signed in.
func (w *world) as(t testing.TB, handle string) *tab {
	t.Helper()
	b := newTab(t, w.url)
	b.cookie("cruddur", w.cookies[handle])
	return b
}

func pathOf(a cruddur.Activity) string { return "/@" + a.Handle + "/status/" + a.UUID.String() }

// TestReplyToAReplyByKeyboardAlone goes from the feed to a reply, answers it, likes and reposts, with the keyboard alone.
func TestReplyToAReplyByKeyboardAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	root := w.crud(t, "noor", "Who has seen the fog?", "1-day", time.Hour)
	first := w.reply(t, "noor", root, "I have, this morning.", "", 30*time.Minute)
	b := w.as(t, "ada")
	b.screen("desk", "light")
	b.open("/")
	b.press("j")
	b.until(`document.activeElement.matches(".crud")`)
	b.press("o")
	b.at(pathOf(root))
	b.press("j") // the crud itself
	b.press("j") // its reply
	b.until(fmt.Sprintf(`document.activeElement.id === "crud-%s"`, first.UUID))
	b.press("l")
	b.until(`document.activeElement.querySelector(".like").getAttribute("aria-pressed") === "true" && document.activeElement.querySelector(".like .n").textContent === "1"`)
	b.press("b")
	b.until(`document.activeElement.querySelector(".repost").getAttribute("aria-pressed") === "true" && document.activeElement.querySelector(".repost .n").textContent === "1"`)
	b.press("l")
	b.until(`document.activeElement.querySelector(".like").getAttribute("aria-pressed") === "false" && document.activeElement.querySelector(".like .n").textContent === ""`)
	b.press("r")
	b.at(pathOf(first) + "/reply")
	b.until(`document.activeElement.id === "message" && document.querySelector(".asked").textContent.includes("I have, this morning.")`)
	b.until(`/^gone \w{3} \d{1,2} \w{3,4}, \d\d:\d\d$/.test(document.querySelector("#ttl-hint").textContent) && document.querySelector("#count-hint").textContent === "1024 left"`)
	b.keys("Then the first boat is late.")
	b.tabTo(`input[name="ttl"]`)
	b.keys(kb.ArrowRight)
	b.until(`document.querySelector('input[name="ttl"]:checked').value === "1-hour"`)
	b.run(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
	b.run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.at(pathOf(first))
	b.until(`document.querySelector(".alone ~ .crud .say").textContent === "Then the first boat is late." && document.querySelector(".alone ~ .crud").matches(":target")`)
	b.until(`document.querySelector(".up .say").textContent === "Who has seen the fog?"`)
	b.until(`document.querySelector("#message").value === "" && localStorage.length === 0 && location.search === ""`)
	// The box of the page itself: r leads into it, from the crud that the page is about.
	b.press("k")
	b.until(`document.activeElement.matches(".alone")`)
	b.press("r")
	b.until(`document.activeElement.id === "message"`)
	b.keys("And a second one.")
	b.run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.until(`[...document.querySelectorAll(".alone ~ .crud .say")].map((s) => s.textContent).join("|") === "Then the first boat is late.|And a second one."`)
	// The menu of the own reply: its end, and back.
	b.tabTo(`.alone ~ .crud .more summary`)
	b.keys(kb.Enter)
	b.until(`document.querySelector("details.more[open]")`)
	b.check("a thread with an open menu")
	b.keys(kb.Escape)
	b.until(`!document.querySelector("details.more[open]") && document.activeElement.matches("summary")`)
}

// TestLikeOffline likes without a network: it shows at once, and is taken back with a message.
func TestLikeOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	crud := w.crud(t, "noor", "Like me", "1-day", time.Hour)
	b := w.as(t, "ada")
	b.allow("ERR_INTERNET_DISCONNECTED")
	b.allow("404 (Not Found)")
	b.open("/")
	for _, class := range []string{"like", "repost"} {
		state := fmt.Sprintf(`document.querySelector("button.%[1]s").getAttribute("aria-pressed") + document.querySelector("button.%[1]s .n").textContent`, class)
		b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`window.seen = []; new MutationObserver(() => seen.push(%s)).observe(document.querySelector("button.%s"), {attributes: true, attributeFilter: ["aria-pressed"]})`, state, class)))
		b.offline(true)
		b.click("button." + class)
		b.until(state + ` === "false" && document.querySelector(".toast").textContent === "Not saved: You are offline."`)
		b.until(`seen.length === 2`) // it was shown before the answer
		b.offline(false)
		b.click("button." + class)
		b.until(state + ` === "true1"`)
	}
	// Three presses in a row: the last one counts, here and on the server.
	b.run(chromedp.Evaluate[chromedp.Void](`for (let i = 0; i < 3; i++) document.querySelector("button.like").click()`))
	b.until(`document.querySelector("button.like").getAttribute("aria-pressed") === "false" && !document.querySelector("button.like").busy`)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		a, err := w.db.Activity(t.Context(), crud.UUID, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if a.LikesCount == 0 && a.RepostsCount == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server has %d likes and %d reposts", a.LikesCount, a.RepostsCount)
		}
	}
	// What has gone meanwhile says so.
	if err := w.db.DeleteActivity(t.Context(), crud.UUID, w.users["noor"].UUID, time.Now()); err != nil {
		t.Fatal(err)
	}
	b.click("button.like")
	b.until(`document.querySelector("button.like").getAttribute("aria-pressed") === "false" && document.querySelector(".toast").textContent === "Not saved: It has ended, or is gone."`)
}

// TestFollowFillsFollowing follows somebody, and their cruds come.
func TestFollowFillsFollowing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor", "kofi"} {
		w.member(t, handle, "Member "+handle)
	}
	w.crud(t, "noor", "By Noor", "1-day", time.Hour)
	w.crud(t, "kofi", "By Kofi", "1-day", time.Hour)
	b := w.as(t, "ada")
	b.screen("phone", "dark")
	b.open("/")
	b.click(`.tabs a[href="/?feed=following"]`)
	b.until(`document.querySelector("#hello-h")?.textContent === "You follow nobody yet" && document.querySelectorAll(".feed .crud").length === 2`)
	b.click(`.follow[formaction="/@noor/follow"]`)
	b.until(`document.querySelector('.follow[formaction="/@noor/unfollow"]')?.textContent.trim() === "Following @noor"`)
	b.until(`!document.querySelector('.follow[formaction="/@noor/unfollow"]').busy`)
	b.open("/")
	b.until(`document.querySelector(".tabs [aria-current]").textContent === "Following" && [...document.querySelectorAll(".crud .say")].map((s) => s.textContent).join() === "By Noor"`)
	b.open("/@kofi")
	b.click(".banner-head .follow")
	b.until(`document.querySelector(".followers").textContent === "1 follower" && !document.querySelector(".banner-head .follow").busy`)
	b.click(".banner-head .follow")
	b.until(`document.querySelector(".followers").textContent === "0 followers" && document.querySelector(".banner-head .follow").textContent.trim() === "Follow @kofi"`)
}

// TestAThreadOf300 reads a long conversation on a phone, page by page.
func TestAThreadOf300(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	root := w.crud(t, "noor", "Count with me", "1-day", time.Hour)
	chain := root
	for i := range 300 {
		to := root
		if i < 10 { // the first ones go down
			to = chain
		}
		chain = w.reply(t, "ada", to, fmt.Sprint("number ", i), "", 50*time.Minute-time.Duration(i)*time.Second)
	}
	b := newTab(t, w.url)
	b.screen("phone", "light")
	b.open(pathOf(root))
	visible := `[...document.querySelectorAll(".alone ~ .crud")].filter((c) => c.checkVisibility()).length`
	b.until(`document.querySelector(".sum b").textContent === "300 replies."`)
	// Of the first ten, four are shown on a phone, and the fourth leads on.
	if got := eval[int](b, visible); got != 4+190 {
		t.Errorf("%d replies are visible, want 194", got)
	}
	b.check("a thread of 300")
	b.size(320, 640)
	b.check("a thread of 300 at 320 pixels")
	b.screen("phone", "light")
	b.click(".onward.phone a")
	b.until(`document.querySelector(".alone .say")?.textContent === "number 3" && document.querySelectorAll(".up").length === 4`)
	b.open(pathOf(root))
	b.click("a[rel=next]")
	b.until(`location.search.startsWith("?after=") && document.querySelectorAll(".alone ~ .crud").length === 100`)
	b.until(`document.querySelector(".end").textContent.startsWith("That is the end of the thread.")`)
}

// TestConversationWithoutScript likes, reposts, replies, follows and moves an end by plain forms, on a phone.
func TestConversationWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	crud := w.crud(t, "noor", "Without a script", "1-day", time.Hour)
	b := w.as(t, "ada")
	b.screen("phone", "dark")
	b.scripts(false)
	wait := func(selector string) { t.Helper(); b.run(chromedp.WaitReady(chromedp.CSS(selector))) }
	b.open("/")
	b.click("button.like")
	wait(`button.like[aria-pressed="true"]`)
	b.click("button.repost")
	wait(`button.repost[aria-pressed="true"]`)
	b.click("button.like")
	wait(`button.like[aria-pressed="false"]`)
	b.click("a.reply")
	wait(".asked")
	b.typed("With a form, then.")
	b.click(".compose .button")
	wait(".crud.alone ~ .crud")
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(".crud.alone ~ .crud .say")))
	if err != nil || text != "With a form, then." {
		t.Fatalf("the reply = %q, %v", text, err)
	}
	b.click(".crud.alone ~ .crud .more summary")
	b.click(`.more a[href$="/end"]`)
	wait(`select[name="ttl"]`)
	b.run(chromedp.SetValue(chromedp.CSS(`select[name="ttl"]`), "1-hour"))
	b.click(".plain .button")
	wait(".crud.alone")
	b.open(pathOf(crud))
	b.click(`a.stat-repost`)
	wait(".person")
	b.open("/@noor")
	b.click(".banner-head .follow")
	wait(`.banner-head .follow[aria-pressed="true"]`)
	b.open("/?feed=following")
	wait(".crud")
	b.open("/settings/expire")
	b.run(chromedp.SendKeys(chromedp.CSS("#f-confirm"), "ada"))
	b.click(".plain .button")
	wait(".notice")
	b.open("/@ada/replies")
	wait(".empty")
}

// A reply that was not sent is kept for its crud, and does not stand in the box for a new crud.
func TestDraftsOfReplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	crud := w.crud(t, "noor", "Answer me", "1-day", time.Hour)
	other := w.crud(t, "noor", "Or me", "1-day", time.Hour)
	b := w.as(t, "ada")
	b.open(pathOf(crud))
	b.typed("half a thought")
	b.open("/")
	b.until(`document.querySelector("#message").value === "" && document.querySelector(".draft-text").textContent === "half a thought"`)
	b.open(pathOf(other))
	b.until(`document.querySelector("#message").value === "" && !document.querySelector(".draft")`)
	b.open(pathOf(crud) + "/reply")
	b.until(`document.querySelector("#message").value === "half a thought"`)
	b.click(".compose .button")
	b.at(pathOf(crud))
	b.until(`document.querySelector("#message").value === "" && localStorage.length === 0`)
}
