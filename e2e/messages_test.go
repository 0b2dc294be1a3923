package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cruddur"
)

// whisper sends a private message some time ago.
func (w *world) whisper(t testing.TB, from, to, text string, age time.Duration) cruddur.PrivateMessage {
	t.Helper()
	m, err := w.db.SendTo(t.Context(), w.users[from].UUID, w.users[to].UUID, "", text, time.Now().Add(-age))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// whispers lets members of the demo world write to ada, and ada to some of them.
func (w *world) whispers(t testing.TB) []place {
	t.Helper()
	w.whisper(t, "juno", "ada", "The seedlings are yours from tomorrow. The key is under the blue pot, the list is at https://harbour.example/allotment/2026/november/what-to-water-and-what-not.html and @wren knows the rest.", 27*time.Hour)
	w.whisper(t, "ada", "juno", "Found it. Gerald says hello, I think.", 26*time.Hour)
	first := w.whisper(t, "juno", "ada", "مرحبا! شكرا جزيلا على سقي النباتات 🌱", 50*time.Minute)
	w.whisper(t, "ada", "juno", strings.Repeat("x", cruddur.MaxPrivateMessage), 40*time.Minute)
	if err := w.db.SetTimer(t.Context(), w.users["juno"].UUID, first.Conversation, "1-day", time.Now().Add(-30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	w.whisper(t, "ada", "juno", "All of them are watered.\nThe tall ones twice.", 20*time.Minute)
	w.whisper(t, "juno", "ada", "You are a star.", 2*time.Minute)
	unread := w.whisper(t, "mika", "ada", "Tea at four, second floor, the desk with the good lamp?", 5*time.Minute)
	if err := w.db.Accept(t.Context(), w.users["ada"].UUID, unread.Conversation, time.Now()); err != nil {
		t.Fatal(err)
	}
	w.whisper(t, "noor", "ada", "Do you sell the map of the hidden rivers?", 3*time.Hour)
	return []place{
		{"messages", "ada", "/messages"},
		{"messages-empty", "zoe", "/messages"},
		{"message-new", "ada", "/messages/new"},
		{"conversation", "ada", "/messages/@juno"},
		{"conversation-none", "zoe", "/messages/@ada"},
		{"conversation-delete", "ada", "/messages/@juno/delete"},
		{"requests", "ada", "/messages?requests=true"},
		{"request", "ada", "/messages/@noor"},
	}
}

// TestTwoMembersTalk lets two members talk without a script: a request, its acceptance, the timer, the end of both.
func TestTwoMembersTalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	ada, noor := w.as(t, "ada"), w.as(t, "noor")
	for _, b := range []*tab{ada, noor} {
		b.scripts(false)
		b.screen("phone", "light")
	}
	noor.open("/@ada")
	noor.click(`a[href="/messages/@ada"]`)
	noor.at("/messages/@ada")
	noor.run(chromedp.SendKeys(chromedp.CSS("#message"), "May I ask you something?"))
	noor.click(".write .button")
	noor.until(`document.querySelector(".msg.own .say").textContent === "May I ask you something?" && document.querySelector("#message").value === ""`)
	ada.open("/me")
	ada.click(`.menu-list a[href="/messages"]`)
	ada.until(`document.querySelector(".asks")?.textContent === "1 request"`)
	ada.click(".asks a")
	ada.click(".talk-line .who")
	ada.at("/messages/@noor")
	ada.click(`form[action$="/accept"] button`)
	ada.until(`!document.querySelector(".ask-box") && document.querySelector(".msg .say").textContent === "May I ask you something?"`)
	ada.click(".talk-more summary")
	ada.run(chromedp.SetValue(chromedp.CSS("#timer"), "1-hour"))
	ada.click(".talk-set .button")
	ada.until(`document.querySelector(".msg-note").textContent === "You set messages to end after 1 hour"`)
	ada.run(chromedp.SendKeys(chromedp.CSS("#message"), "Of course."))
	ada.click(".write .button")
	ada.until(`document.querySelector(".msg.own .say")?.textContent === "Of course."`)
	noor.open("/messages/@ada")
	noor.until(`[...document.querySelectorAll(".msgs > :not(.msg-day)")].map((l) => (l.querySelector(".say") ?? l).textContent).join("|") === "May I ask you something?|Member ada set messages to end after 1 hour|Of course."`)
	// The newest is in sight.
	noor.until(`document.querySelector(".msg:last-child").getBoundingClientRect().bottom <= document.querySelector(".write").getBoundingClientRect().top + 1`)
	noor.click(".talk-more summary")
	noor.click(`.talk-menu a[href$="/delete"]`)
	noor.until(`document.querySelector(".lead").textContent.endsWith("2 messages go with it.")`)
	noor.click(".plain .button.danger")
	noor.until(`document.querySelector(".notice").textContent === "Deleted, for both."`)
	ada.open("/messages")
	ada.until(`document.querySelector(".empty-big").textContent === "No messages yet."`)
}

// TestMessagesByKeyboardAlone finds the messages, opens a conversation, answers, and keeps a draft for each
// conversation, with the keyboard alone.
func TestMessagesByKeyboardAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor", "juno"} {
		w.member(t, handle, "Member "+handle)
	}
	w.whisper(t, "ada", "juno", "an older one", time.Hour)
	w.whisper(t, "ada", "noor", "hello", 30*time.Minute)
	w.whisper(t, "noor", "ada", "Is the boat late?", 10*time.Minute)
	b := w.as(t, "ada")
	b.screen("desk", "dark")
	b.open("/")
	b.until(`document.querySelector(".menu .badge").textContent === "1 unread"`)
	b.press("g")
	b.press("m")
	b.at("/messages")
	b.tabTo(".talk-line .who")
	b.keys(kb.Enter)
	b.at("/messages/@noor")
	b.until(`!document.querySelector(".menu .badge") && document.querySelector(".talk-list .who[aria-current]").textContent.includes("@noor")`)
	b.until(`/^ends \w{3} \d{1,2} \w{3,4}, \d\d:\d\d$/.test(document.querySelector(".msg").title) && !document.querySelector(".clock").textContent.includes("UTC")`)
	b.tabTo("#message")
	b.keys("It is, by an hour.")
	b.until(`document.querySelector(".kept").textContent === "draft kept"`)
	b.open("/messages/@juno")
	b.until(`document.querySelector("#message").value === ""`)
	b.open("/compose")
	b.until(`document.querySelector("#message").value === "" && !document.querySelector(".draft")`) // never offered as a crud
	b.open("/messages/@noor")
	b.until(`document.querySelector("#message").value === "It is, by an hour."`)
	b.tabTo("#message")
	b.run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.until(`[...document.querySelectorAll(".msg .say")].map((s) => s.textContent).join("|") === "hello|Is the boat late?|It is, by an hour." && document.querySelector("#message").value === "" && location.search === ""`)
	b.check("a conversation")
	b.tabTo(".talk-more summary")
	b.keys(kb.Enter)
	b.until(`document.querySelector("#timer").checkVisibility()`)
	b.check("the timer")
	b.tabTo(".msg.own:last-child .msg-more summary")
	b.keys(kb.Enter)
	b.tabTo(".msg.own:last-child .msg-more button")
	b.keys(kb.Enter)
	b.until(`document.querySelectorAll(".msg").length === 2`)
}

// TestAMessageEndsOnAnOpenPage takes a message away at its end, from the conversation and from the list.
func TestAMessageEndsOnAnOpenPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	w.whisper(t, "ada", "noor", "stays", 2*time.Hour)
	w.whisper(t, "ada", "noor", "ends", time.Hour)
	b := w.as(t, "ada")
	b.open("/messages/@noor")
	b.until(`[...document.querySelectorAll(".msg .say")].map((s) => s.textContent).join("|") === "stays|ends"`)
	b.run(chromedp.Evaluate[chromedp.Void](`for (const el of document.querySelectorAll(".msg:last-child, .talk-last")) el.dataset.end = new Date(0).toISOString();
		document.dispatchEvent(new Event("visibilitychange"))`)) // as if the time had passed
	b.until(`[...document.querySelectorAll(".msg .say")].map((s) => s.textContent).join("|") === "stays" && document.querySelector(".talk-last").textContent === "nothing alive right now"`)
}
