package web

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
)

// notes is what the page of notifications says, a line for each; what is new has a star.
func (b *browser) notes(query string) (lines []string) {
	b.t.Helper()
	b.get("/notifications"+query).want(b.t, 200).Find(".note").Each(func(_ int, n *goquery.Selection) {
		n.Find("time, .sr").Remove()
		line := strings.Join(strings.Fields(n.Find(".note-did").Text()), " ")
		if text := n.Find(".note-excerpt").Text(); text != "" {
			line += ": " + text
		}
		if n.HasClass("new") {
			line += " *"
		}
		lines = append(lines, line)
	})
	return lines
}

// badge is what the rail and the title of a page say of what is new: by sight, by ear, and in the title.
func (a *answer) badge() string {
	rail := a.Find(`.menu a.desk[href="/notifications"]`)
	title, _, _ := strings.Cut(a.text("title"), ")")
	if !strings.HasPrefix(title, "(") {
		title = "("
	}
	seen := rail.Find(".count-new").Text()
	if rail.Find(".dot-new").Length() > 0 {
		seen = "dot"
	}
	if phone := a.Find(`.menu a.phone[href="/notifications"]`); phone.Text() != rail.Text() {
		return "the phone has " + phone.Text()
	}
	return strings.TrimSpace(seen + "|" + strings.TrimPrefix(rail.Find(".sr").Text(), ", ") + "|" + strings.TrimPrefix(title, "("))
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What others did stands on one page, in groups. It is a dot in the rail, and a number once something asks for an answer,
// until the page was seen.
func TestNotifications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	badge := func(what, want string) {
		t.Helper()
		if got := ada.get("/settings").want(t, 200).badge(); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	badge("nothing", "||")
	if a := ada.get("/notifications"); a.Find(`.empty a[href="/compose"]`).Length() != 1 || a.badge() != "||" {
		t.Errorf("the empty page: %s", a.text(".empty"))
	}
	a := w.crud(u, "The last crossing leaves on Friday", "1-day")
	for i, handle := range []string{"bob", "cid", "dia", "eve"} {
		b, other := w.member(handle)
		w.now = w.now.Add(time.Second)
		b.post("/@ada/status/"+a.UUID.String()+"/like").want(t, 303)
		if i < 2 {
			w.now = w.now.Add(time.Second)
			w.must(w.db.Follow(t.Context(), other.UUID, u.UUID, true, w.now))
		}
	}
	badge("likes and followers", "dot|2 new|")
	bob := w.stranger()
	_, b := w.member("ben")
	w.now = w.now.Add(time.Second)
	r := w.reply(b, a, "I <b>come</b> along", "")
	w.now = w.now.Add(time.Second)
	w.crud(b, "with @ada", "1-hour")
	badge("a reply", "4|4 new|4")
	wantLines(t, "mentions", ada.notes("?kind=mentions"), "Ben mentioned you: with @ada *", "Ben replied to you: I <b>come</b> along *")
	badge("the page of mentions marks nothing", "4|4 new|4")
	ahead := httptest.NewRequest("GET", "/notifications", nil)
	ahead.Header.Set("Sec-Purpose", "prefetch;prerender")
	if page := ada.send(ahead).want(t, 200); page.Find(".note.new").Length() != 4 {
		t.Errorf("fetched in advance: %s", page.text("main"))
	}
	if head := ada.do("HEAD", "/notifications", nil); head.status != 200 {
		t.Errorf("HEAD = %d", head.status)
	}
	badge("a page fetched in advance marks nothing", "4|4 new|4")
	all := []string{
		"Ben mentioned you: with @ada", "Ben replied to you: I <b>come</b> along",
		"Eve and 3 others liked your crud: The last crossing leaves on Friday", "Cid and Bob followed you",
	}
	page := ada.get("/notifications").want(t, 200)
	if page.Find(".note.new").Length() != 4 || page.badge() != "||" || page.Find(".note b").Length() != 5 || page.Find(".note-like .faces .av").Length() != 3 {
		t.Errorf("the page, at first: %s, %s", page.badge(), page.text("main"))
	}
	for selector, href := range map[string]string{
		".note-reply .note-about": "/@ben/status/" + r.UUID.String(), ".note-reply .note-answer a": "/@ben/status/" + r.UUID.String() + "/reply",
		`.note-like a[href$="/likes"]`: "/@ada/status/" + a.UUID.String() + "/likes", ".note-follow .note-did a": "/@cid",
	} {
		if got, _ := page.Find(selector).First().Attr("href"); got != href {
			t.Errorf("%s leads to %s, want %s", selector, got, href)
		}
	}
	wantLines(t, "all, read", ada.notes(""), all...)
	badge("read", "||")
	w.now = w.now.Add(time.Hour) // the mention is over for a second, and not swept
	wantLines(t, "without what has ended", ada.notes(""), all[1:]...)
	if a := bob.get("/notifications"); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/signin") {
		t.Errorf("a stranger gets %d %s", a.status, a.header.Get("Location"))
	}
}

// The list goes on page by page, and the first marks all of it as read.
func TestNotificationPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	_, bob := w.member("bob")
	for i := range 45 {
		w.now = w.now.Add(time.Second)
		w.crud(bob, fmt.Sprintf("number %d for @ada", i), "7-days")
	}
	if got := ada.get("/settings").badge(); got != "45|45 new|45" {
		t.Errorf("the badge = %q", got)
	}
	for _, kind := range []string{"?kind=mentions", ""} {
		seen := map[string]bool{}
		at, pages := "/notifications"+kind, 0
		for ; at != ""; pages++ {
			page := ada.get(at).want(t, 200)
			page.Find(".note-excerpt").Each(func(_ int, s *goquery.Selection) { seen[s.Text()] = true })
			at, _ = page.Find(".older a").Attr("href")
		}
		if pages != 3 || len(seen) != 45 {
			t.Errorf("%q: %d pages have %d lines", kind, pages, len(seen))
		}
	}
	if got := ada.get("/settings").badge(); got != "||" {
		t.Errorf("the badge, read = %q", got)
	}
	if text := ada.get("/notifications?before=" + cruddur.UUID{6: 0x70}.String()).text(".empty"); !strings.Contains(text, "Nothing further back.") {
		t.Errorf("behind the end: %s", text)
	}
	for i := range 60 {
		w.now = w.now.Add(time.Second)
		w.crud(bob, fmt.Sprintf("again %d for @ada", i), "7-days")
		w.crud(bob, fmt.Sprintf("and %d for @ada", i), "7-days")
	}
	if got := ada.get("/settings").badge(); got != "99+|99+ new|99+" {
		t.Errorf("the badge of many = %q", got)
	}
}

// A message is told of beside what others did, and asks for an answer. It is read with its conversation: the page of the
// conversation itself no longer counts it. All lists show the sender's picture.
func TestNotificationsOfMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	bob, other := w.member("bob")
	bob.upload("/settings/avatar", "@avatar", dot(t, 90)).want(t, 303)
	send := func(text string) {
		t.Helper()
		w.now = w.now.Add(time.Second)
		_, err := w.db.SendTo(t.Context(), other.UUID, u.UUID, "", text, w.now)
		w.must(err)
	}
	send("May I?")
	if a := ada.get("/settings").want(t, 200); a.badge() != "||" {
		t.Errorf("a request: %q", a.badge())
	}
	ada.post("/messages/@bob/accept").want(t, 303)
	send("You are kind <b>")
	if a := ada.get("/settings").want(t, 200); a.badge() != "1|1 new|1" {
		t.Errorf("two messages: %q", a.badge())
	}
	a := ada.get("/notifications").want(t, 200)
	for selector, want := range map[string]string{".note .faces img": "", ".note-message .note-answer a[href='/messages/@bob']": "Reply", ".note-about[href='/messages/@bob']": "sent you 2 messages"} {
		if el := a.Find(selector); el.Length() != 1 || el.Text() != want {
			t.Errorf("%s is %q, %d times", selector, el.Text(), el.Length())
		}
	}
	wantLines(t, "seen", ada.notes(""), "Bob sent you 2 messages: You are kind <b>")
	wantLines(t, "mentions", ada.notes("?kind=mentions"))
	send("And patient.")
	a = ada.get("/messages/@bob").want(t, 200)
	if a.badge() != "||" || a.Find(".talk-line .av img").Length() != 1 || a.Find(".talk-head .av img").Length() != 1 {
		t.Errorf("the conversation: %q, %d and %d pictures", a.badge(), a.Find(".talk-line .av img").Length(), a.Find(".talk-head .av img").Length())
	}
	wantLines(t, "read", ada.notes(""), "Bob sent you a message: And patient.")
	ada.post("/@bob/mute").want(t, 303)
	wantLines(t, "muted", ada.notes(""))
	if a := ada.get("/settings/muted").want(t, 200); a.Find(".person .av img").Length() != 1 {
		t.Error("whom ada mutes has no picture")
	}
}
