package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"cruddur"
)

// streams counts the open streams of a world.
type streams struct{ open, opened atomic.Int64 }

func (s *streams) Opened()                   { s.open.Add(1); s.opened.Add(1) }
func (s *streams) Closed(string)             { s.open.Add(-1) }
func (*streams) Told(string, int)            {}
func (*streams) Polled(time.Duration, error) {}

// are waits until this many streams are open.
func (s *streams) are(t *testing.T, n int64) {
	t.Helper()
	for deadline := time.Now().Add(patience); s.open.Load() != n; time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d streams are open, want %d", s.open.Load(), n)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const pillSays = `document.querySelector(".fresh:not([hidden])")?.textContent === %q`

// reading opens a page and waits until it is told what changes.
func (w *world) reading(t *testing.T, handle, path string) *tab {
	t.Helper()
	opened := w.streams.opened.Load()
	b := w.as(t, handle)
	b.open(path)
	for deadline := time.Now().Add(patience); w.streams.opened.Load() == opened; time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the page opens no stream")
		}
	}
	return b
}

// TestThePageMoves shows to readers who leave a page open what is new, what is gone and what concerns them.
func TestThePageMoves(t *testing.T) {
	t.Parallel()
	w := newLiveWorld(t)
	for _, handle := range []string{"ada", "noor", "bo", "sid"} {
		w.member(t, handle, "Member "+handle)
	}
	must(t, w.db.Follow(t.Context(), w.users["ada"].UUID, w.users["noor"].UUID, true, now()))
	must(t, w.db.Follow(t.Context(), w.users["ada"].UUID, w.users["sid"].UUID, true, now()))
	must(t, w.db.Silence(t.Context(), w.users["sid"].UUID, true, cruddur.Act{Actor: cruddur.CommandLine, Target: "@sid"}, now()))
	for i := range 22 {
		w.crud(t, []string{"noor", "bo"}[i%2], fmt.Sprintf("crud %d", i), "1-day", time.Hour-time.Duration(i)*time.Minute)
	}
	for _, step := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"pill", pillMoves}, {"gone", goneMoves}, {"still", stillMoves}, {"messages", messagesMove}, {"tabs", tabsMove},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, w) }) {
			return
		}
	}
}

// pillMoves: new cruds wait behind a pill, which tells how many belong on this page.
func pillMoves(t *testing.T, w *world) {
	home, following := w.reading(t, "ada", "/?feed=everyone"), w.reading(t, "ada", "/?feed=following")
	w.crud(t, "bo", "new by bo", "1-day", 0)
	home.until(fmt.Sprintf(pillSays, "1 new crud"))
	gone := w.crud(t, "noor", "new and gone", "1-day", 0)
	liked := w.crud(t, "noor", "new by noor", "1-day", 0)
	home.until(fmt.Sprintf(pillSays, "3 new cruds"))
	following.until(fmt.Sprintf(pillSays, "2 new cruds"))
	must(t, w.db.DeleteActivity(t.Context(), gone.UUID, w.users["noor"].UUID, now()))
	home.until(fmt.Sprintf(pillSays, "2 new cruds"))
	following.until(fmt.Sprintf(pillSays, "1 new crud"))
	home.until(`document.querySelector("#said").textContent.includes("new crud")`)
	home.check("a page with a pill")
	home.shot("moves-pill.png")
	// Who reads further down stays there, to the pixel.
	home.run(chromedp.Evaluate[chromedp.Void](`scrollTo({top: 900, behavior: "instant"}), window.read = document.querySelectorAll(".crud")[8], window.at = read.getBoundingClientRect().top`))
	home.press(".")
	home.until(`document.querySelector(".crud .say").textContent === "new by noor"`)
	if moved := eval[float64](home, `read.getBoundingClientRect().top - at`); moved > .5 || moved < -.5 {
		t.Errorf("what is read moves by %v pixels", moved)
	}
	home.until(fmt.Sprintf(pillSays, "To the newest cruds"))
	home.click(".fresh")
	home.until(`scrollY === 0 && document.querySelector(".fresh").hidden`)
	home.until(`[...document.querySelectorAll(".crud .say")].slice(0, 3).map((e) => e.textContent).join() === "new by noor,new by bo,crud 21" && document.querySelectorAll(".crud")[2].ariaPosInSet === "3"`)
	following.click(".fresh")
	following.until(`document.querySelector(".crud .say").textContent === "new by noor" && !document.querySelector(".feed").textContent.includes("new by bo") && document.querySelector(".fresh").hidden`)
	// Numbers change in place.
	_, err := w.db.Like(t.Context(), w.users["bo"].UUID, liked.UUID, true, now())
	must(t, err)
	w.reply(t, "bo", liked, "an answer", "", 0)
	home.until(`document.querySelector(".crud .like .n").textContent === "1" && document.querySelector(".crud .reply .n").textContent === "1"`)
	// Who is silenced is new to those who follow, and on no page of everybody.
	quiet := w.crud(t, "sid", "said quietly", "1-day", 0)
	following.until(fmt.Sprintf(pillSays, "1 new crud"))
	aloud := w.crud(t, "bo", "said aloud", "1-day", 0)
	home.until(fmt.Sprintf(pillSays, "1 new crud"))
	must(t, w.db.DeleteActivity(t.Context(), quiet.UUID, w.users["sid"].UUID, now()))
	must(t, w.db.DeleteActivity(t.Context(), aloud.UUID, w.users["bo"].UUID, now()))
}

// goneMoves: what is gone leaves its place until the reader is elsewhere.
func goneMoves(t *testing.T, w *world) {
	b := w.reading(t, "ada", "/?feed=everyone")
	first := eval[string](b, `document.querySelector(".crud").id.slice(5)`)
	b.run(chromedp.Evaluate[chromedp.Void](`window.card = document.querySelector(".crud"), window.next = card.nextElementSibling, window.was = [card.offsetHeight, next.getBoundingClientRect().top].join()`))
	id, err := cruddur.ParseUUID(first)
	must(t, err)
	must(t, w.db.DeleteActivity(t.Context(), id, w.users["noor"].UUID, now()))
	b.until(`card.matches(".gone") && card.textContent === "Gone." && [card.offsetHeight, next.getBoundingClientRect().top].join() === was`)
	b.check("a page with a removed card")
	b.shot("moves-gone.png")
	b.run(chromedp.Evaluate[chromedp.Void](`scrollTo({top: 1200, behavior: "instant"}), window.read = document.querySelectorAll(".crud")[12], window.at = read.getBoundingClientRect().top`))
	b.until(`!card.isConnected`)
	if moved := eval[float64](b, `read.getBoundingClientRect().top - at`); moved > .5 || moved < -.5 {
		t.Errorf("what is read moves by %v pixels", moved)
	}
	ada, bo := w.users["ada"].UUID, w.users["bo"].UUID
	must(t, w.db.Block(t.Context(), ada, bo, true, now()))
	b.until(`!document.querySelector("main").textContent.includes("@bo") && document.querySelector("main").textContent.includes("@noor")`)
	must(t, w.db.Block(t.Context(), ada, bo, false, now()))
	must(t, w.db.Follow(t.Context(), ada, w.users["noor"].UUID, true, now()))
}

// stillMoves: what is read stays where it is, to the pixel, while much happens around it.
func stillMoves(t *testing.T, w *world) {
	root := w.crud(t, "noor", "What do you see?", "1-day", time.Hour)
	for i := range 60 {
		w.reply(t, "noor", root, fmt.Sprintf("answer %d", i), "", 30*time.Minute)
	}
	b := w.reading(t, "ada", pathOf(root))
	b.run(chromedp.Evaluate[chromedp.Void](`
		window.shift = 0;
		new PerformanceObserver((list) => { for (const e of list.getEntries()) shift += e.value; }).observe({type: "layout-shift", buffered: true});
		window.cards = [...document.querySelectorAll(".crud.in, .alone ~ .crud")];
		scrollBy({top: cards[30].getBoundingClientRect().top - 300, behavior: "instant"});
		window.read = cards[30];
		window.at = read.getBoundingClientRect().top`))
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if _, err := w.db.Reply(t.Context(), w.users["bo"].UUID, root.UUID, "", fmt.Sprintf("more %d", i), "", now()); err != nil {
				t.Error(err)
			}
		})
	}
	b.run(chromedp.Evaluate[chromedp.Void](`
		window.ended = cards.filter((card, i) => i < 26 || i > 35);
		for (const card of ended) card.querySelector("time.left").dateTime = new Date(Date.now() - 1000).toISOString();
		document.dispatchEvent(new Event("visibilitychange"))`))
	all.Wait()
	b.until(fmt.Sprintf(pillSays, "200 new replies"))
	b.until(`ended.length === 50 && ended.every((card) => !card.isConnected || card.getBoundingClientRect().bottom > 0 && card.getBoundingClientRect().top < innerHeight)`)
	if moved := eval[float64](b, `read.getBoundingClientRect().top - at`); moved > .5 || moved < -.5 {
		t.Errorf("what is read moves by %v pixels", moved)
	}
	if shift := eval[float64](b, `shift`); shift > .01 {
		t.Errorf("layout shift of %v", shift)
	}
}

// messagesMove: a message appears in the open conversation, and what is unread is told on other pages until it is read.
func messagesMove(t *testing.T, w *world) {
	ada, noor := w.users["ada"].UUID, w.users["noor"].UUID
	must(t, w.db.Follow(t.Context(), ada, noor, true, now()))
	send := func(text string) {
		t.Helper()
		_, err := w.db.SendTo(t.Context(), noor, ada, "", text, now())
		must(t, err)
	}
	home := w.reading(t, "ada", "/about")
	send("Are you there?")
	home.until(`document.querySelector('.menu a.desk[href="/messages"] .badge')?.firstChild.data === "1" && document.querySelector(".menu .count-new")?.textContent === "1" && document.title.startsWith("(1) ")`)
	home.shot("moves-badges.png")
	talk := w.reading(t, "ada", "/messages/@noor")
	talk.until(`document.querySelector(".msg .say")?.textContent === "Are you there?"`)
	home.until(`!document.querySelector(".menu .badge, .menu .count-new") && !document.title.startsWith("(")`)
	talk.run(chromedp.SendKeys(chromedp.CSS("#message"), "typing"))
	send("The fog is lifting.")
	talk.until(`[...document.querySelectorAll(".msg .say")].map((e) => e.textContent).join() === "Are you there?,The fog is lifting." && document.activeElement.value === "typing"`)
}

// tabsMove: the tabs of a browser have one stream; another takes over, and signing out ends it.
func tabsMove(t *testing.T, w *world) {
	w.streams.are(t, 0)
	a := w.reading(t, "noor", "/")
	b := a.another()
	b.open("/")
	w.crud(t, "bo", "to both", "1-day", 0)
	a.until(fmt.Sprintf(pillSays, "1 new crud"))
	b.until(fmt.Sprintf(pillSays, "1 new crud"))
	w.streams.are(t, 1)
	a.open("/about?") // its page before lets go
	w.crud(t, "bo", "to both again", "1-day", 0)
	b.until(fmt.Sprintf(pillSays, "2 new cruds"))
	w.streams.are(t, 1)
	opened := w.streams.opened.Load()
	a.click(`form[action="/signout"] button`)
	a.until(`document.querySelector('.menu a[href="/signin"]')`)
	b.until(fmt.Sprintf(pillSays, "2 new cruds"))
	a.scripts(false)
	a.open("/")
	if n := eval[int](a, `document.querySelectorAll(".feed .crud").length`); n != cruddur.PageSize {
		t.Errorf("without a script there are %d cruds", n)
	}
	a.scripts(true)
	w.streams.are(t, 0)
	if n := w.streams.opened.Load() - opened; n > 1 { // the page to which one comes is a stranger's
		t.Errorf("%d streams were opened after signing out", n)
	}
}
