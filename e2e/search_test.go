package e2e

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// found is what a page shows of cruds, members and tags, in their order.
const found = `[...document.querySelectorAll("main .crud .say, main .person .who .dim, main .trends a")].map((x) => x.textContent).join("|")`

// TestSearchAndTags looks for a phrase, a Japanese word and a member, opens what is found, and goes back. Then it
// follows a tag from a crud to its page. It does so on a desk with the keyboard, and on a phone without a script.
func TestSearchAndTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada Quist")
	w.member(t, "noor", "Noor El-Amin")
	w.member(t, "tom", "Tomás Ibarra")
	w.crud(t, "ada", "water is low", "1-day", 5*time.Hour)
	phrase := w.crud(t, "ada", "Low water at eight, bring boots. #Tides", "1-day", 4*time.Hour)
	w.crud(t, "noor", "夜の灯台へ行きました。", "1-day", 3*time.Hour)
	w.crud(t, "noor", "灯りと台所", "1-day", 2*time.Hour)
	w.crud(t, "noor", "High water too #ＴＩＤＥＳ", "1-day", time.Hour) // full-width letters: the same tag
	w.crud(t, "noor", "It was over a minute ago: low water #tides", "1-hour", 61*time.Minute)
	if _, err := w.db.Indexer().Index(t.Context(), time.Now(), 100); err != nil { // the words of names
		t.Fatal(err)
	}
	for _, script := range []bool{true, false} {
		t.Run(fmt.Sprintf("script %v", script), func(t *testing.T) {
			t.Parallel()
			b := newTab(t, w.url)
			if !script {
				b.screen("phone", "light")
				b.scripts(false)
			}
			b.open("/")
			if script {
				b.press("/") // the box beside the feed
				b.until(`document.activeElement.matches(".side input[type=search]")`)
				b.keys(`"low water"` + kb.Enter)
			} else {
				b.click(`.menu a[href="/search"]`)
				b.at("/search")
				b.search(`"low water"`)
			}
			b.finds(`"low water"`, phrase.Message)
			b.search("灯台")
			b.finds("灯台", "夜の灯台へ行きました。")
			b.search("el-am")
			b.finds("el-am", "@noor")
			b.search("ibarra")
			b.finds("ibarra", "@tom")
			b.search("IBÁRRA")
			b.finds("IBÁRRA", "@tom")
			b.click("main .person .who")
			b.at("/@tom")
			b.run(chromedp.Evaluate[chromedp.Void](`history.back()`))
			b.finds("IBÁRRA", "@tom")
			b.search("tid")
			b.finds("tid", "#tides|High water too #ＴＩＤＥＳ|"+phrase.Message)
			b.click("main .crud:last-of-type .say a.tag")
			b.at("/tags/tides")
			tagged := "High water too #ＴＩＤＥＳ|" + phrase.Message
			b.until(fmt.Sprintf("%s === %q && document.querySelector('h1 bdi').textContent === '#tides'", found, tagged))
			b.click(`main .crud:first-of-type .say a.tag`) // the other spelling has the same page
			b.at("/tags/tides")
			b.until(fmt.Sprintf("%s === %q", found, tagged))
			if script {
				b.check("a tag")
			}
			b.open("/search")
			b.search("nothing like it")
			b.until(`document.querySelector(".empty-big")?.textContent === "Nothing found."`)
		})
	}
}

// search types a term into the box of the search page, in place of what is there, and sends it.
func (b *tab) search(term string) {
	b.t.Helper()
	b.until(`document.querySelector("#q") && (document.querySelector("#q").select(), true)`)
	b.keys(term + kb.Enter)
}

// finds waits until the page of a search shows this, and its box still holds what was searched for.
func (b *tab) finds(term, want string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`location.pathname === "/search" && new URLSearchParams(location.search).get("q") === decodeURIComponent(%q) && document.querySelector("#q")?.value === decodeURIComponent(%[1]q) && %s === %q`,
		url.PathEscape(term), found, want))
}
