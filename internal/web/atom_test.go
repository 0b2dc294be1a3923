package web

import (
	"encoding/xml"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
	"cruddur/internal/postgres"
)

// readFeed is a feed as a program reads it. The slices show what stands there twice.
type readFeed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      []string `xml:"id"`
	Title   []string `xml:"title"`
	Updated []string `xml:"updated"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID        []string `xml:"id"`
		Title     []string `xml:"title"`
		Published []string `xml:"published"`
		Updated   []string `xml:"updated"`
		Rights    string   `xml:"rights"`
		Author    []struct {
			Name string `xml:"name"`
			URI  string `xml:"uri"`
		} `xml:"author"`
		Link []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
		Summary []string `xml:"summary"`
		Content []struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
		} `xml:"content"`
	} `xml:"entry"`
}

// feed reads a feed, and checks what RFC 4287 requires of each.
func (b *browser) feed(path string) (f readFeed) {
	b.t.Helper()
	a := b.get(path).want(b.t, 200)
	if got := a.header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
		b.t.Errorf("%s is %s", path, got)
	}
	d := xml.NewDecoder(strings.NewReader(a.body))
	if err := d.Decode(&f); err != nil {
		b.t.Fatalf("%s: %v\n%s", path, err, a.body)
	}
	once := func(what string, values ...string) {
		b.t.Helper()
		if len(values) != 1 || values[0] == "" {
			b.t.Errorf("%s: %s is %q", path, what, values)
		}
	}
	at := func(text string) {
		b.t.Helper()
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			b.t.Errorf("%s: %v", path, err)
		}
	}
	once("id", f.ID...)
	once("title", f.Title...)
	once("updated", f.Updated...)
	at(f.Updated[0])
	for i := range f.Entries {
		e := &f.Entries[i]
		once("id", e.ID...)
		once("title", e.Title...)
		once("published", e.Published...)
		once("updated", e.Updated...)
		at(e.Updated[0])
		at(e.Published[0])
		if len(e.Author) != 1 || e.Author[0].Name == "" || len(e.Link) != 1 || e.Link[0].Rel != "alternate" || e.Link[0].Href != e.ID[0] || len(e.Content)+len(e.Summary) != 1 {
			b.t.Errorf("%s: entry %+v", path, e)
		}
	}
	return f
}

// titles returns the titles of a feed's entries.
func (f *readFeed) titles() string {
	var out []string
	for _, e := range f.Entries {
		out = append(out, e.Title...)
	}
	return strings.Join(out, "|")
}

const base = "https://cruddur.example"

func newAtomWorld(t *testing.T) *world {
	return newWorld(t, func(c *Config) { c.BaseURL = base })
}

func TestAtom(t *testing.T) {
	t.Parallel()
	w := newAtomWorld(t)
	_, u := w.member("ada")
	_, v := w.member("bob")
	root := w.crud(u, "hello @bob\n& <b> #Café https://example.org/?a=1&b=2", "1-day")
	w.now = w.now.Add(time.Second)
	w.reply(v, root, "a reply #café", "")
	warned, err := w.db.CreateWith(t.Context(), v.UUID, cruddur.Draft{Message: "SECRET #café", Warning: "the <end>", TTL: "1-hour"}, w.now)
	w.must(err)
	path := base + "/@ada/status/" + root.UUID.String()
	b := w.stranger()

	f := b.feed("/@ada/feed.atom")
	if f.ID[0] != base+"/@ada/feed.atom" || f.Title[0] != "Ada (@ada)" || f.Updated[0] != "2026-11-24T12:00:00.000Z" {
		t.Errorf("the feed is %+v", f)
	}
	links := fmt.Sprint(f.Links)
	if links != "[{self application/atom+xml "+base+"/@ada/feed.atom} {alternate text/html "+base+"/@ada}]" {
		t.Errorf("it links to %s", links)
	}
	e := f.Entries[0]
	if len(f.Entries) != 1 || e.ID[0] != path || e.Title[0] != "hello @bob & <b> #Café https://example.org/?a=1&b=2" || e.Published[0] != "2026-11-24T12:00:00.000Z" || e.Author[0].Name != "Ada" || e.Author[0].URI != base+"/@ada" || e.Rights != "It ends on 25 Nov 2026, 12:00 UTC." {
		t.Errorf("its entry is %+v", e)
	}
	const content = `<p>hello <a class="mention" href="` + base + `/@bob"><bdi>@bob</bdi></a><br>&amp; &lt;b&gt; <a class="tag" href="` + base + `/tags/caf%C3%A9"><bdi>#Café</bdi></a> ` +
		`<a class="link" rel="nofollow noopener noreferrer ugc" href="https://example.org/?a=1&amp;b=2"><bdi dir="ltr">example.org/?a=1&amp;b=2</bdi></a></p>`
	if e.Content[0].Type != "html" || e.Content[0].Text != content {
		t.Errorf("its content is %s\nwant %s", e.Content[0].Text, content)
	}

	f = b.feed("/tags/caf%C3%A9/feed.atom")
	if f.ID[0] != base+"/tags/caf%C3%A9/feed.atom" || f.Title[0] != "#café" || len(f.Entries) != 2 || f.Entries[0].ID[0] != base+pathOfCrud(warned) || f.Entries[1].ID[0] != path {
		t.Errorf("the tag's feed is %+v", f)
	}
	if e := f.Entries[0]; e.Title[0] != "Content warning: the <end>" || len(e.Content) != 0 || e.Summary[0] != "Content warning: the <end>" {
		t.Errorf("with a warning, an entry is %+v", e)
	}
	for _, path := range []string{"/tags/caf%C3%A9/feed.atom", "/@bob/feed.atom"} {
		if a := b.get(path); strings.Contains(a.body, "SECRET") {
			t.Errorf("%s shows the text below the warning:\n%s", path, a.body)
		}
	}
	if got := b.get("/tags/CAF%C3%89/feed.atom").want(t, 308).header.Get("Location"); got != "/tags/caf%C3%A9/feed.atom" {
		t.Errorf("another spelling leads to %s", got)
	}
	for _, page := range []string{"/@ada", "/tags/caf%C3%A9"} {
		if got := b.get(page).Find(`head link[rel="alternate"][type="application/atom+xml"]`).AttrOr("href", ""); got != page+"/feed.atom" {
			t.Errorf("%s links to the feed %q", page, got)
		}
	}
	if b.get("/about").Find(`head link[type="application/atom+xml"]`).Length() != 0 {
		t.Error("a page without a feed links to one")
	}
	f = b.feed("/tags/nothing/feed.atom")
	if len(f.Entries) != 0 || f.Updated[0] != "1970-01-01T00:00:00.000Z" {
		t.Errorf("an empty feed is %+v", f)
	}
}

// A picture is shown with its whole address.
func TestAtomWithPictures(t *testing.T) {
	t.Parallel()
	w := newAtomWorld(t)
	_, u := w.member("ada")
	p, _ := w.pictured(u, cruddur.UUID{}, "1-hour")
	text := w.stranger().feed("/@ada/feed.atom").Entries[0].Content[0].Text
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	w.must(err)
	if img := doc.Find("img"); img.Length() != 1 || img.AttrOr("src", "") != base+p.Path(cruddur.Large) || img.AttrOr("alt", "-") != p.Alt {
		t.Errorf("the content is %s", text)
	}
}

// The newest twenty cruds are in a feed, each until its very end, and as long as it is not deleted; a program that asks
// again is told whether it has that state.
func TestAtomEnds(t *testing.T) {
	t.Parallel()
	w := newAtomWorld(t)
	_, u := w.member("ada")
	var all []cruddur.Activity
	for i := range 22 {
		all = append(all, w.crud(u, fmt.Sprint("crud ", i, " #go"), []cruddur.TTL{"1-hour", "1-day"}[i%2]))
		w.now = w.now.Add(time.Second)
	}
	for _, path := range []string{"/@ada/feed.atom", "/tags/go/feed.atom"} {
		w.now = noon.Add(time.Minute)
		b := w.stranger()
		f := b.feed(path)
		if len(f.Entries) != 20 || f.Entries[0].Title[0] != "crud 21 #go" || f.Entries[19].Title[0] != "crud 2 #go" || f.Updated[0] != f.Entries[0].Updated[0] {
			t.Errorf("%s: %s", path, f.titles())
		}
		tag := b.get(path).header.Get("Etag")
		again := func() *answer {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("If-None-Match", `"other", W/`+tag)
			return b.send(r)
		}
		if a := again().want(t, 304); a.body != "" || a.header.Get("Etag") != tag || a.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s, asked again: %q %v", path, a.body, a.header)
		}
		w.now = all[20].ExpiresAt.Add(-time.Microsecond)
		if f := b.feed(path); !strings.Contains(f.titles(), "crud 20 ") {
			t.Errorf("%s: before its end: %s", path, f.titles())
		}
		w.now = all[20].ExpiresAt
		if a := again().want(t, 200); strings.Contains(a.body, "crud 20 ") || a.header.Get("Etag") == tag {
			t.Errorf("%s: at its end:\n%s", path, a.body)
		}
		w.now = noon.Add(time.Minute)
	}
	w.must(w.db.DeleteActivity(t.Context(), all[21].UUID, u.UUID, w.now))
	for _, path := range []string{"/@ada/feed.atom", "/tags/go/feed.atom"} {
		if f := w.stranger().feed(path); strings.Contains(f.titles(), "crud 21") || len(f.Entries) != 20 {
			t.Errorf("%s after a deletion: %s", path, f.titles())
		}
	}
}

// Who is suspended, blocks the reader or never was has the same answer; who is silenced keeps a feed, and is in no tag's.
func TestAtomOfTheInvisible(t *testing.T) {
	t.Parallel()
	w := newAtomWorld(t)
	ada, u := w.member("ada")
	_, v := w.member("bob")
	w.crud(v, "by bob #go", "1-day")
	w.must(w.db.Silence(t.Context(), v.UUID, true, cruddur.Act{Actor: "@eve"}, w.now))
	b := w.stranger()
	if f := b.feed("/@bob/feed.atom"); f.titles() != "by bob #go" {
		t.Errorf("the feed of a silenced member: %q", f.titles())
	}
	if f := b.feed("/tags/go/feed.atom"); len(f.Entries) != 0 {
		t.Errorf("a tag's feed has what a silenced member wrote: %q", f.titles())
	}
	w.must(w.db.Silence(t.Context(), v.UUID, false, cruddur.Act{Actor: "@eve"}, w.now))
	if f := ada.feed("/tags/go/feed.atom"); f.titles() != "by bob #go" {
		t.Errorf("a tag's feed: %q", f.titles())
	}
	nobody := strings.ReplaceAll(ada.get("/@nobody/feed.atom").want(t, 404).body, "nobody", "bob")
	w.must(w.db.Block(t.Context(), v.UUID, u.UUID, true, w.now))
	if a := ada.get("/@bob/feed.atom").want(t, 404); a.body != nobody {
		t.Errorf("who blocks the reader: %s", a.body)
	}
	if f := ada.feed("/tags/go/feed.atom"); len(f.Entries) != 0 {
		t.Errorf("a tag's feed has what somebody wrote who blocks the reader: %q", f.titles())
	}
	strangers := strings.ReplaceAll(b.get("/@nobody/feed.atom").want(t, 404).body, "nobody", "bob")
	w.must(w.db.Suspend(t.Context(), v.UUID, w.now))
	if a := b.get("/@bob/feed.atom").want(t, 404); a.body != strangers {
		t.Errorf("who is suspended: %s", a.body)
	}
	if f := b.feed("/tags/go/feed.atom"); len(f.Entries) != 0 {
		t.Errorf("a tag's feed has what a suspended member wrote: %q", f.titles())
	}
	b.get("/bob/feed.atom").want(t, 404)
	b.get("/tags/-/feed.atom").want(t, 404)
}

// Whatever is stored in a text or a name, a feed is XML, and nothing in it becomes an element of HTML.
func TestAtomWithHostileTexts(t *testing.T) {
	t.Parallel()
	w := newAtomWorld(t)
	_, u := w.member("ada")
	n := 0
	for _, text := range append(hostile, "\x01\x0b\x1f x", "]]>", "\ufffe\uffff x", "&#0; &amp; &x;", "<![CDATA[x]]>", "a\r\nb") {
		message, err := cruddur.CheckMessage(text)
		if err != nil {
			continue
		}
		warning, err := cruddur.CheckWarning(text)
		if err != nil {
			warning = ""
		}
		for _, d := range []cruddur.Draft{{Message: message + " #x", Warning: warning}, {Message: message + " #x"}} {
			if _, err := w.db.CreateWith(t.Context(), u.UUID, d, w.now); err != nil {
				continue
			}
			n++
			w.now = w.now.Add(time.Second)
			for _, path := range []string{"/@ada/feed.atom", "/tags/x/feed.atom"} {
				f := w.stranger().feed(path)
				for _, e := range f.Entries {
					for _, c := range e.Content {
						doc, err := goquery.NewDocumentFromReader(strings.NewReader(c.Text))
						w.must(err)
						if doc.Find("script, img, [onerror], textarea").Length() != 0 {
							t.Errorf("%s: became an element: %s", path, c.Text)
						}
					}
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d texts were stored", n)
	}
	name := "\"]]><script>\x01"
	_, err := w.db.UpdateProfile(t.Context(), u.UUID, postgres.ProfileChange{DisplayName: &name}, w.now)
	w.must(err)
	if f := w.stranger().feed("/@ada/feed.atom"); f.Entries[0].Author[0].Name != "\"]]><script>\ufffd" {
		t.Errorf("the author is %q", f.Entries[0].Author[0].Name)
	}
}
