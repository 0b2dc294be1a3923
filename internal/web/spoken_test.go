package web

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
	"cruddur/internal/lang"
)

// withThird adds the language of one file to those of the program.
func withThird(t *testing.T) *lang.Set {
	t.Helper()
	set, err := lang.Load(lang.Files(), os.DirFS("testdata/languages"))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// asking returns a page in the language that a browser asks for.
func (b *browser) asking(accept, path string) *answer {
	b.accept = accept
	defer func() { b.accept = "" }()
	return b.get(path)
}

func TestLanguageOfAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	s := w.stranger()
	is := func(a *answer, tag, home string) {
		t.Helper()
		if got, _ := a.want(t, 200).Find("html").Attr("lang"); got != tag || a.header.Get("Content-Language") != tag {
			t.Errorf("the page is in %q and the header says %q, want %q", got, a.header.Get("Content-Language"), tag)
		}
		if got := strings.TrimSpace(a.Find(".menu a").First().Text()); got != home {
			t.Errorf("the first entry is %q, want %q", got, home)
		}
		if !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Accept-Language") {
			t.Error("a cache may give the page to readers of another language")
		}
	}
	is(s.get("/"), "en", "Home")
	is(s.asking("fr-CA, en;q=0.5", "/"), "fr", "Accueil")
	is(s.asking("ja, xx;q=0.9, fr;q=0.1", "/"), "fr", "Accueil")
	is(s.asking("ja", "/"), "en", "Home")
	is(s.asking("en-GB;q=0.9, fr;q=0.8", "/"), "en", "Home")
	is(s.asking(strings.Repeat("fr,", 400), "/"), "en", "Home") // no browser sends that

	// What was chosen in this browser comes before what it asks for.
	s.post("/language", "language", "fr").want(t, 303)
	is(s.asking("en", "/about"), "fr", "Accueil")
	s.post("/language", "language", "nonsense").want(t, 303)
	is(s.get("/about"), "en", "Home")

	// A member's own comes first, in every browser; an unknown one changes nothing.
	settings := func(tag string) {
		t.Helper()
		ada.post("/settings/profile", "display_name", "Ada", "default_ttl", "1-day", "language", tag).want(t, 303)
	}
	settings("fr")
	is(ada.asking("en", "/"), "fr", "Accueil")
	settings("tlh")
	is(ada.asking("en", "/"), "fr", "Accueil")
	if got, _ := ada.get("/settings").Find(`select[name="language"] option[selected]`).Attr("value"); got != "fr" {
		t.Errorf("the settings show %q", got)
	}
	settings("")
	is(ada.asking("en", "/"), "en", "Home")
}

// TestErrorsSpeak: what a member did wrong is said in their language, and nothing typed is lost.
func TestErrorsSpeak(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	ada.post("/settings/profile", "display_name", "Ada", "default_ttl", "1-day", "language", "fr").want(t, 303)
	a := ada.post("/compose", "message", strings.Repeat("é", 281), "ttl", "1-day").want(t, 422)
	if got := a.text("#message-error"); got != "C’est plus long que 280 caractères." {
		t.Errorf("error = %q", got)
	}
	if got := a.text("textarea"); got != strings.Repeat("é", 281) {
		t.Errorf("the text is %q", got)
	}
	if got := ada.get("/nowhere").want(t, 404).text("h1"); got != "Disparu, ou jamais venu" {
		t.Errorf("heading = %q", got)
	}
	if got := ada.get("/?notice=posted").text(".notice"); got != "Votre crud est publié, et son temps court." {
		t.Errorf("notice = %q", got)
	}
}

// TestLettersSpeak: a letter is in the language of the page that asked for it.
func TestLettersSpeak(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stranger()
	s.accept = "fr"
	s.post("/signup", "name", "Noor", "handle", "noor", "email", "noor@example.com", "password", password("noor")).want(t, 303)
	code := w.code("noor@example.com")
	m := w.mailbox.Messages()[0]
	if !strings.HasSuffix(m.Subject, "est votre code Cruddur") || !strings.Contains(m.Text, "Le code qui confirme l’inscription de @noor") {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
	s.post("/confirm", "email", "noor@example.com", "code", code).want(t, 303)
}

// TestThirdLanguage: one file adds a language, with its six plurals, its direction and its dates; what it lacks is
// in English.
func TestThirdLanguage(t *testing.T) {
	t.Parallel()
	set := withThird(t)
	w := newWorld(t, func(c *Config) { c.Languages = set })
	_, u := w.member("ada")
	crud := w.crud(u, "hello", "1-day")
	s := w.stranger()
	for n, want := range []string{"", "رد واحد", "ردان", "\u20683\u2069 ردود", "", "", "", "", "", "", "", "\u206811\u2069 ردًا"} {
		if n > 0 {
			w.now = w.now.Add(time.Second)
			w.reply(u, crud, "reply", "")
		}
		if want == "" {
			continue
		}
		a := s.asking("ar", pathOfCrud(crud)).want(t, 200)
		if got := a.text(".sum b"); got != want+"." {
			t.Errorf("%d replies are called %q, want %q", n, got, want)
		}
		if dir, _ := a.Find("html").Attr("dir"); dir != "rtl" {
			t.Errorf("dir = %q", dir)
		}
	}
	a := s.asking("ar", "/").want(t, 200)
	if got := a.text(".menu a"); !strings.Contains(got, "الرئيسية") {
		t.Errorf("menu = %q", got)
	}
	if got := a.text("aside"); !strings.Contains(got, "A place with an end") {
		t.Errorf("a text that the language lacks is not in English: %q", got)
	}
	if got := a.Find(".languages button").Length(); got != 3 {
		t.Errorf("%d languages can be chosen", got)
	}
	src, _ := a.Find("script").Attr("src")
	if got := s.get(src).want(t, 200).body; !strings.Contains(got, "بقي {leftText}") {
		t.Error("the script does not speak the language")
	}
}

// TestCardsOfLanguages: the cards that requests share are shared within one language only.
func TestCardsOfLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, u := w.member("ada")
	w.crud(u, "hello", "1-day")
	s := w.stranger()
	for range 2 {
		if got, _ := s.get("/").Find(".crud .do.like").Attr("title"); got != "Like" {
			t.Errorf("the English page says %q", got)
		}
		if got, _ := s.asking("fr", "/").Find(".crud .do.like").Attr("title"); got != "Aimer" {
			t.Errorf("the French page says %q", got)
		}
	}
}

// TestNoticesSpeak: the verb agrees with how many have done it, and may stand before them.
func TestNoticesSpeak(t *testing.T) {
	t.Parallel()
	set := withThird(t)
	n := func(handles ...string) *cruddur.Notification {
		x := &cruddur.Notification{Kind: cruddur.NotifyLike, ActorsCount: len(handles), Activity: &cruddur.Activity{Handle: "ada"}}
		for _, h := range handles {
			x.Actors = append(x.Actors, cruddur.Person{Handle: h, DisplayName: strings.ToUpper(h[:1]) + h[1:]})
		}
		return x
	}
	for _, tt := range []struct {
		tag, want string
		n         *cruddur.Notification
	}{
		{"en", "Noor liked your crud", n("noor")},
		{"en", "Noor and Juno liked your crud", n("noor", "juno")},
		{"en", "Noor and 2 others liked your crud", n("noor", "juno", "kofi")},
		{"fr", "Noor a aimé votre crud", n("noor")},
		{"fr", "Noor et Juno ont aimé votre crud", n("noor", "juno")},
		{"fr", "Noor et 2 autres ont aimé votre crud", n("noor", "juno", "kofi")},
		{"ar", "أعجب Noor بمنشورك", n("noor")},
	} {
		x := noticeOf(tt.n, &visit{lang: set.Find(tt.tag), now: noon, viewer: &cruddur.User{Handle: "ada"}})
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(x.Did)))
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Text(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.tag, got, tt.want)
		}
		if doc.Find(`a[href="/@noor"]`).Length() != 1 || doc.Find(`a.note-about`).Length() == 0 {
			t.Errorf("%s: links are missing: %s", tt.tag, x.Did)
		}
	}
}
