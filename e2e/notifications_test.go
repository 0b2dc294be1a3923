package e2e

import (
	"testing"
	"time"
)

// TestNotifications follows a like from the member who likes to the page of its author, with the keyboard: a dot, a line
// that is new, read after the visit. A reply makes it a number, also in the title and without a script. What ends while
// the page is open says so.
func TestNotifications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "noor"} {
		w.member(t, handle, "Member "+handle)
	}
	crud := w.crud(t, "ada", "Who has seen the fog?", "1-day", time.Hour)
	ada, noor := w.as(t, "ada"), w.as(t, "noor")
	ada.screen("desk", "dark")
	ada.open("/")
	ada.until(`document.querySelectorAll('.menu a[href="/notifications"]').length === 2 && !document.querySelector(".dot-new, .count-new")`)
	noor.open(pathOf(crud))
	noor.click("button.like")
	noor.until(`document.querySelector("button.like .n").textContent === "1" && !document.querySelector("button.like").busy`)
	awaitUnread(t, w, 1)
	ada.open("/")
	const bell = `document.querySelector('.menu a.desk[href="/notifications"]')`
	ada.until(bell + `.querySelector(".dot-new") && ` + bell + `.textContent === "Notifications, 1 new" && !document.title.startsWith("(")`)
	ada.press("g")
	ada.press("n")
	ada.at("/notifications")
	ada.until(`document.querySelectorAll(".note.new").length === 1 && document.querySelector(".note-did").textContent.startsWith("New: Member noor liked your crud ") && document.querySelector(".note-excerpt").textContent === "Who has seen the fog?"`)
	ada.check("a new notification")
	ada.tabTo(".note-about")
	ada.open("/")
	ada.until(`!document.querySelector(".dot-new, .count-new")`)
	// An answer, and a mention that ends in a moment.
	w.reply(t, "noor", crud, "I have, this morning.", "", 0)
	w.crud(t, "noor", "It is gone in a moment, @ada", "1-hour", time.Hour-8*time.Second)
	awaitUnread(t, w, 1)
	ada.open("/")
	ada.until(`/^\([12]\) /.test(document.title) && /^[12]Notifications, [12] new$/.test(` + bell + `.textContent) && ` + bell + `.querySelector(".count-new")`)
	ada.screen("phone", "light")
	ada.scripts(false)
	ada.open("/?feed=everyone")
	ada.click(`.menu a.phone[href="/notifications"]`)
	ada.at("/notifications")
	ada.until(`document.querySelector(".note-reply .note-answer a")`)
	ada.click(".note-reply .note-answer a")
	ada.until(`document.querySelector(".asked").textContent.includes("I have, this morning.")`)
	ada.scripts(true)
	mention := w.crud(t, "noor", "And this one too, @ada", "1-hour", time.Hour-5*time.Second)
	ada.open("/notifications")
	ada.until(`[...document.querySelectorAll(".note")].some((n) => n.textContent === "ended" || !n.textContent.includes("And this one too"))`)
	ada.until(`!document.body.textContent.includes("And this one too")`)
	if left := time.Until(mention.ExpiresAt); left > 0 {
		t.Errorf("it was gone %v before its end", left)
	}
}

// awaitUnread waits until ada has at least n unread notifications.
func awaitUnread(t *testing.T, w *world, n int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		u, err := w.db.Unread(t.Context(), w.users["ada"].UUID, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if u.Count >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d are unread", u.Count)
		}
	}
}
