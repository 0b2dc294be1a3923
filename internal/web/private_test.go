package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// pair is a world in which ada and bob may write to each other.
func pair(t *testing.T) (w *world, ada, bob *browser, a, b cruddur.User) {
	w = newWorld(t)
	ada, a = w.member("ada")
	bob, b = w.member("bob")
	w.must(w.db.Follow(t.Context(), a.UUID, b.UUID, true, w.now))
	w.must(w.db.Follow(t.Context(), b.UUID, a.UUID, true, w.now))
	return w, ada, bob, a, b
}

// says sends a message through the form of a page, as a browser without a script does.
func (b *browser) says(handle, text string) *answer {
	b.t.Helper()
	draft, _ := b.get("/messages/@"+handle).want(b.t, 200).Find("form.write [name=draft]").Attr("value")
	a := b.post("/messages/@"+handle, "message", text, "draft", draft)
	a.goes(b.t, "/messages/@"+handle+"?draft="+draft+"#message")
	b.now = b.now.Add(time.Second)
	return a
}

func linesOf(a *answer, selector string) []string {
	return a.Find(selector).Map(func(_ int, s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") })
}

// Two members talk over plain forms: the list, the unread numbers, the order, and what each sees as their own.
func TestConversationPages(t *testing.T) {
	t.Parallel()
	w, ada, bob, _, _ := pair(t)
	if got := ada.get("/messages").text(".empty"); !strings.Contains(got, "Write to somebody: only the two of you") {
		t.Errorf("an empty list says %q", got)
	}
	if href, _ := ada.get("/@bob").Find(`.edit a[href="/messages/@bob"]`).Attr("href"); href == "" {
		t.Error("a profile has no button to write")
	}
	if ada.get("/@ada").Find(`.edit a[href^="/messages"]`).Length() != 0 || w.stranger().get("/@ada").Find(`a[href^="/messages"]`).Length() != 0 {
		t.Error("one's own profile, or that for a stranger, has the button")
	}
	if got := ada.get("/messages/@bob").text(".talk-log .empty"); !strings.Contains(got, "ends after 7 days") {
		t.Errorf("a conversation that has not begun says %q", got)
	}
	ada.says("bob", "hello @bob, see https://example.com/ and #nothing")
	ada.says("bob", "second")
	if got := bob.get("/").text(".menu .badge"); got != "2 unread" {
		t.Errorf("the rail says %q", got)
	}
	if got := bob.get("/me").text(".menu-list .badge"); got != "2 unread" {
		t.Errorf("the page for oneself says %q", got)
	}
	list := bob.get("/messages").want(t, 200)
	if got := list.text(".talk-line"); !strings.HasPrefix(got, "A Ada @ada") || !strings.HasSuffix(got, "second 2 unread") {
		t.Errorf("the list says %q", got)
	}
	r := httptest.NewRequest("GET", "/messages/@ada", nil)
	r.Header.Set("Sec-Purpose", "prefetch;prerender")
	bob.send(r).want(t, 200)
	if got := bob.get("/").text(".menu .badge"); got != "2 unread" {
		t.Errorf("what a browser fetches ahead is read: %q", got)
	}
	open := bob.get("/messages/@ada").want(t, 200)
	if got := linesOf(open, ".msg .say"); !slices.Equal(got, []string{"hello @bob, see example.com and #nothing", "second"}) || open.Find(".own").Length() != 0 {
		t.Errorf("bob sees %q", got)
	}
	if open.Find(".msg a.mention").Length() != 1 || open.Find(".msg a.link").Length() != 1 || open.Find(".msg a.tag").Length() != 0 {
		t.Error("mentions and addresses are links in a message, and tags are not")
	}
	if title, _ := open.Find(".msg").First().Attr("title"); title != "ends 1 Dec 2026, 12:00 UTC" {
		t.Errorf("a message says %q", title)
	}
	if got := bob.get("/").text(".menu .badge"); got != "" {
		t.Errorf("after it was opened the rail says %q", got)
	}
	bob.says("ada", "third")
	seen := ada.get("/messages/@bob")
	if got := linesOf(seen, ".msg.own .say"); len(got) != 2 || linesOf(seen, ".msg .say")[2] != "third" {
		t.Errorf("ada's own are %q", got)
	}
	if got := seen.text(".talk-head"); !strings.Contains(got, "Messages end after 7 days") || !strings.Contains(got, "the newest has 6d 23h") {
		t.Errorf("the head says %q", got)
	}
	w.stranger().get("/messages/@ada").goes(t, "/signin?return_to=%2Fmessages%2F%40ada")
}

// A form that Back sends again counts once, and with another text it is another message.
func TestMessageOnceByPage(t *testing.T) {
	t.Parallel()
	_, ada, _, _, _ := pair(t)
	for _, text := range []string{"once", "once", "twice", "once"} {
		ada.post("/messages/@bob", "message", text, "draft", "d1").goes(t, "/messages/@bob?draft=d1#message")
	}
	if got := linesOf(ada.get("/messages/@bob"), ".msg .say"); !slices.Equal(got, []string{"once", "twice"}) {
		t.Errorf("the messages are %q", got)
	}
}

// Either sets the timer, both see it, and each message keeps its own end.
func TestTimerOnPages(t *testing.T) {
	t.Parallel()
	w, ada, bob, _, _ := pair(t)
	ada.says("bob", "a week")
	bob.post("/messages/@ada/timer", "ttl", "1-hour").goes(t, "/messages/@ada")
	w.now = w.now.Add(time.Second)
	ada.says("bob", "an hour")
	for who, b := range map[string]*browser{"Bob": ada, "You": bob} {
		a := b.get("/messages/@" + map[*browser]string{ada: "bob", bob: "ada"}[b])
		if got := linesOf(a, ".msgs li"); len(got) != 4 || got[2] != who+" set messages to end after 1 hour" {
			t.Errorf("the page says %q", got)
		}
		if got := a.text(".talk-head"); !strings.Contains(got, "Messages end after 1 hour") {
			t.Errorf("the head says %q", got)
		}
	}
	bob.post("/messages/@ada/timer", "ttl", "2-hours").want(t, http.StatusUnprocessableEntity)
	w.now = w.now.Add(time.Hour)
	if got := linesOf(ada.get("/messages/@bob"), ".msg .say"); !slices.Equal(got, []string{"a week"}) {
		t.Errorf("after an hour there are %q", got)
	}
	if got := ada.get("/messages").text(".talk-last"); got != "You: a week" {
		t.Errorf("after an hour the list says %q", got)
	}
	w.now = w.now.Add(7 * 24 * time.Hour)
	if got := ada.get("/messages").text(".talk-last"); got != "nothing alive right now" {
		t.Errorf("after a week the list says %q", got)
	}
	if got := ada.get("/messages/@bob").text(".talk-log .empty"); !strings.HasPrefix(got, "Nothing alive right now.") {
		t.Errorf("after a week the conversation says %q", got)
	}
}

// Who is not followed back waits as a request, which raises no number; it is accepted, or declined without telling.
func TestRequestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	for _, handle := range []string{"bob", "cem"} {
		b, _ := w.member(handle)
		b.says("ada", "hello from "+handle)
		if got := b.get("/messages/@ada").text(".msg-note"); !strings.Contains(got, "has not answered yet") {
			t.Errorf("the sender reads %q", got)
		}
	}
	list := ada.get("/messages").want(t, 200)
	if got := list.text(".asks"); got != "2 requests" || list.Find(".talk-line").Length() != 0 || list.text(".menu .badge") != "" {
		t.Errorf("the list says %q, and the rail %q", got, list.text(".menu .badge"))
	}
	requests := ada.get("/messages?requests=true")
	if got := linesOf(requests, ".talk-line .who"); !slices.Equal(got, []string{"Cem @cem", "Bob @bob"}) || requests.text("h1") != "Requests" {
		t.Errorf("the requests are %q", got)
	}
	if got := ada.get("/messages/@bob").text(".ask-box"); !strings.Contains(got, "You do not follow @bob") {
		t.Errorf("a request says %q", got)
	}
	ada.post("/messages/@bob/accept").goes(t, "/messages/@bob")
	ada.post("/messages/@bob/decline").goes(t, "/messages/@bob") // it is no request any more
	ada.post("/messages/@cem/decline").goes(t, "/messages?notice=conversation")
	if got := linesOf(ada.get("/messages"), ".talk-line .who"); !slices.Equal(got, []string{"Bob @bob"}) {
		t.Errorf("the conversations are %q", got)
	}
	ada.post("/messages/@cem/accept").want(t, http.StatusNotFound)
	_, dia := w.member("dia")
	eli, _ := w.member("eli")
	for i := range cruddur.MaxUnanswered {
		eli.says(dia.Handle, fmt.Sprint("please ", i))
	}
	refused := eli.post("/messages/@dia", "message", "one more", "draft", "d9").want(t, http.StatusUnprocessableEntity)
	if got := refused.text("#message-error"); !strings.Contains(got, "when they have answered") || refused.text("#message") != "one more" {
		t.Errorf("the sixth message: %q, the text is kept as %q", got, refused.text("#message"))
	}
}

// One's own message goes, or the whole conversation: the page before says how many messages.
func TestDeleteMessages(t *testing.T) {
	t.Parallel()
	_, ada, bob, _, _ := pair(t)
	ada.says("bob", "first")
	bob.says("ada", "second")
	remove, _ := ada.get("/messages/@bob").Find(".msg-more form").Attr("action")
	bob.post(strings.Replace(remove, "@bob", "@ada", 1)).want(t, http.StatusForbidden)
	ada.post(remove).goes(t, "/messages/@bob")
	if got := linesOf(bob.get("/messages/@ada"), ".msg .say"); !slices.Equal(got, []string{"second"}) {
		t.Errorf("after the deletion there are %q", got)
	}
	ada.says("bob", "third")
	if got := ada.get("/messages/@bob/delete").want(t, 200).text(".lead"); !strings.Contains(got, "for both of you") || !strings.HasSuffix(got, "2 messages go with it.") {
		t.Errorf("the page asks %q", got)
	}
	ada.post("/messages/@bob/delete").goes(t, "/messages?notice=conversation")
	if bob.get("/messages").Find(".talk-line").Length() != 0 {
		t.Error("the conversation is left")
	}
}

// A typed handle leads to the conversation.
func TestNewMessagePage(t *testing.T) {
	t.Parallel()
	w, ada, _, a, b := pair(t)
	for _, to := range []string{"bob", "@bob", " @BOB "} {
		ada.post("/messages/new", "to", to).goes(t, "/messages/@bob")
		ada.get("/messages/new?to="+url.QueryEscape(to)).goes(t, "/messages/@bob")
	}
	for _, to := range []string{"nobody", "ada", "", "<script>", strings.Repeat("a", 5000)} {
		a := ada.post("/messages/new", "to", to).want(t, http.StatusNotFound)
		if got := a.text("#e-to"); !strings.HasPrefix(got, "There is nobody of that handle") {
			t.Errorf("%.20q: %q", to, got)
		}
	}
	if page := ada.get("/messages/new").want(t, 200); page.Find(`.person a.who[href="/messages/@bob"]`).Length() != 1 || page.Find(".person button").Length() != 0 {
		t.Errorf("whom ada follows is not offered: %s", page.text(".people"))
	}
	w.must(w.db.Follow(t.Context(), a.UUID, b.UUID, false, w.now))
	if page := ada.get("/messages/new").want(t, 200); page.Find(".person").Length() != 0 {
		t.Error("somebody is offered whom ada does not follow")
	}
}

// Older messages are a page further, and a long conversation opens at its end.
func TestOlderMessages(t *testing.T) {
	t.Parallel()
	w, ada, _, a, b := pair(t)
	for i := range privatePage + 2 {
		w.now = w.now.Add(time.Second)
		_, err := w.db.SendTo(t.Context(), b.UUID, a.UUID, "", fmt.Sprint("message ", i), w.now)
		w.must(err)
	}
	newest := ada.get("/messages/@bob")
	if got := linesOf(newest, ".msg .say"); len(got) != privatePage || got[len(got)-1] != fmt.Sprint("message ", privatePage+1) {
		t.Errorf("the newest page has %q", got)
	}
	href, _ := newest.Find(".talk-page a[rel=next]").Attr("href")
	if got := linesOf(ada.get(href), ".msg .say"); !slices.Equal(got, []string{"message 0", "message 1"}) {
		t.Errorf("the page before has %q", got)
	}
}

// Nobody but the two sees anything: what is blocked, suspended or gone is what never was, by the same bytes and for
// every verb. A text that was typed comes back.
func TestMessagesOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	w, ada, _, a, b := pair(t)
	carol, _ := w.member("carol")
	_, sue := w.member("sue")
	_, gone := w.member("gone")
	blockedBrowser, blocked := w.member("blocked")
	message, err := w.db.SendTo(t.Context(), a.UUID, b.UUID, "", "secret", w.now)
	w.must(err)
	own := map[string]cruddur.PrivateMessage{}
	for _, u := range []cruddur.User{sue, gone, blocked} {
		own[u.Handle], err = w.db.SendTo(t.Context(), a.UUID, u.UUID, "", "secret", w.now)
		w.must(err)
	}
	w.must(w.db.Suspend(t.Context(), sue.UUID, w.now))
	w.must(w.db.DeleteUser(t.Context(), gone.UUID))
	w.blocks(a, blocked)
	for _, rt := range w.site.routes() {
		if !strings.HasPrefix(rt.pattern, "/messages/{at}") {
			continue
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
			for _, text := range []string{"", "a text that nobody may lose"} {
				try := func(from *browser, handle, uuid string) string {
					var form url.Values
					if method == "POST" {
						form = url.Values{"message": {text}, "ttl": {"1-hour"}}
					}
					w.site.Limits = ratelimit.New()
					got := from.do(method, strings.NewReplacer("{at}", "@"+handle, "{uuid}", uuid).Replace(rt.pattern), form)
					if got.status < 300 || method == "POST" && rt.method == "POST" && rt.pattern == "/messages/{at}" && text != "" && !strings.Contains(got.body, text) {
						t.Errorf("%s %s of @%s: %d, %s", method, rt.pattern, handle, got.status, got.text("main"))
					}
					return strings.NewReplacer("@"+handle, "@H", "%40"+handle, "@H", uuid, "UUID").Replace(fmt.Sprint(got.status, got.header.Get("Location"), got.header.Get("Allow"), got.body))
				}
				const absent = "00000000-0000-7000-8000-000000000000"
				nothing := try(ada, "nobody", absent)
				for handle, m := range own {
					if got := try(ada, handle, m.UUID.String()); got != nothing {
						t.Errorf("%s %s of @%s differs from nobody", method, rt.pattern, handle)
					}
				}
				if got, want := try(blockedBrowser, "ada", own["blocked"].UUID.String()), try(blockedBrowser, "nobody", absent); got != want {
					t.Errorf("%s %s by one who is blocked differs", method, rt.pattern)
				}
			}
		}
	}
	for _, handle := range []string{"ada", "bob"} { // carol may write to both, and sees nothing of what they have
		for _, path := range []string{"/messages/@" + handle, "/messages", "/messages?requests=true"} {
			if a := carol.get(path).want(t, 200); strings.Contains(a.body, "secret") || a.Find(".msg, .talk-line").Length() != 0 {
				t.Errorf("carol sees on %s: %s", path, a.text("main"))
			}
		}
		for _, act := range []string{"/timer", "/accept", "/decline", "/delete", "/delete/" + message.UUID.String()} {
			w.site.Limits = ratelimit.New()
			carol.post("/messages/@"+handle+act, "ttl", "1-hour").want(t, http.StatusNotFound)
		}
	}
}

// blocks lets a member block another.
func (w *world) blocks(blocker, blocked cruddur.User) {
	w.t.Helper()
	w.must(w.db.Block(w.t.Context(), blocker.UUID, blocked.UUID, true, w.now))
}

// A session that ends while somebody writes loses no text.
func TestMessageAfterTheSession(t *testing.T) {
	t.Parallel()
	w, ada, _, a, _ := pair(t)
	_, err := w.db.EndSessions(t.Context(), a.UUID, cruddur.UUID{})
	w.must(err)
	got := ada.post("/messages/@bob", "message", "a text that nobody may lose", "draft", "d1").want(t, http.StatusUnauthorized)
	if got.text("textarea") != "a text that nobody may lose" {
		t.Errorf("the page has %q", got.text("main"))
	}
}
