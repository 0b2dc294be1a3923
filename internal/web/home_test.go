package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
)

func TestHome(t *testing.T) {
	t.Parallel()

	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		a := newWorld(t).stranger().get("/").want(t, 200)
		if got := a.text(".empty-big"); got != "Nothing is alive here right now." {
			t.Errorf("empty feed says %q", got)
		}
		if a.Find("form.compose").Length() != 0 {
			t.Error("a stranger gets the compose form")
		}
	})

	t.Run("pages on to the older ones, each crud once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, u := w.member("ada")
		for i := range 45 {
			w.now = noon.Add(time.Duration(i) * time.Second)
			w.crud(u, fmt.Sprintf("crud %d", i), "1-day")
		}
		seen := map[string]bool{}
		path, pages := "/", 0
		for path != "" {
			a := w.stranger().get(path).want(t, 200)
			for _, text := range a.Find(".crud .say").EachIter() {
				if seen[text.Text()] {
					t.Errorf("%q is shown twice", text.Text())
				}
				seen[text.Text()] = true
			}
			path, _ = a.Find(`a[rel=next]`).Attr("href")
			pages++
		}
		if len(seen) != 45 || pages != 3 {
			t.Errorf("%d cruds on %d pages, want 45 on 3", len(seen), pages)
		}
	})

	t.Run("a cursor that is none leads nowhere", func(t *testing.T) {
		t.Parallel()
		newWorld(t).stranger().get("/?before=yesterday").want(t, 404)
	})

	t.Run("shows times that a reader and a script understand", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		b, u := w.member("ada")
		w.crud(u, "half way", "1-hour")
		w.now = noon.Add(30 * time.Minute)
		a := b.get("/").want(t, 200)
		left := a.Find(".crud time.left")
		if at, _ := left.Attr("datetime"); at != "2026-11-24T13:00:00.000Z" || left.Text() != "30m" || left.AttrOr("title", "") != "until 24 Nov 2026, 13:00 UTC" {
			t.Errorf("time of the end = %s %q", at, left.Text())
		}
		if width, _ := a.Find(".fuse-left").Attr("width"); width != "50" {
			t.Errorf("fuse = %s, want 50", width)
		}
		if now, _ := a.Find("html").Attr("data-now"); now != fmt.Sprint(w.now.UnixMilli()) {
			t.Errorf("data-now = %s", now)
		}
		if got := a.text(".soon"); !strings.Contains(got, "half way") {
			t.Errorf("what ends soon = %q", got)
		}
	})

	t.Run("is gone at the moment of its end", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		b, u := w.member("ada")
		crud := w.crud(u, "ephemeral", "1-hour")
		path := "/@ada/status/" + crud.UUID.String()
		w.now = crud.ExpiresAt.Add(-time.Microsecond)
		b.get(path).want(t, 200)
		w.now = crud.ExpiresAt
		b.get(path).want(t, 404)
		for _, path := range []string{"/", "/@ada"} {
			if a := b.get(path).want(t, 200); a.Find(".crud").Length() != 0 || strings.Contains(a.body, "ephemeral") {
				t.Errorf("%s still shows it", path)
			}
		}
	})

	t.Run("nothing is cached", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		b, _ := w.member("ada")
		if got := b.get("/").header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("signed in: Cache-Control = %q", got)
		}
		if got := w.stranger().get("/").header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("stranger: Cache-Control = %q", got)
		}
	})
}

// CVE-2026-50129 (Mastodon): one malformed post made whole feeds fail.
//
// It breaks one crud of three, half way through.
func TestAdvisoryOneBadRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, u := w.member("ada")
	for _, text := range []string{"one", "two", "three"} {
		w.now = w.now.Add(time.Second)
		w.crud(u, text, "1-day")
	}
	fields := slices.Clone(w.site.spoken[0].card.fields)
	last := fields[len(fields)-1]
	fields[len(fields)-1] = func(b *bytes.Buffer, c *card) {
		if c.Message == "two" {
			panic("two")
		}
		last(b, c)
	}
	w.site.spoken[0].card.fields = fields
	a := w.stranger().get("/").want(t, 200)
	var got []string
	for _, say := range a.Find(".crud .say").EachIter() {
		got = append(got, say.Text())
	}
	if strings.Join(got, " ") != "three one" {
		t.Errorf("feed = %q", got)
	}
	if !strings.Contains(w.log.String(), "cannot render crud") {
		t.Errorf("log = %q", w.log.String())
	}
}

func TestCrudPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	noor, _ := w.member("noor")
	crud := w.crud(u, "hello @noor, see https://example.org/a?b=1&c=2 #tea", "1-day")
	path := "/@ada/status/" + crud.UUID.String()

	a := noor.get(path).want(t, 200)
	if got := a.text(".say"); got != "hello @noor, see example.org/a?b=1&c=2 #tea" {
		t.Errorf("text = %q", got)
	}
	if href, _ := a.Find(".say .mention").Attr("href"); href != "/@noor" {
		t.Errorf("mention leads to %q", href)
	}
	if href, _ := a.Find(".say .link").Attr("href"); href != "https://example.org/a?b=1&c=2" {
		t.Errorf("link leads to %q", href)
	}
	if a.Find(`.more a[href$="/delete"], .more a[href$="/end"]`).Length() != 0 {
		t.Error("another member's crud can be deleted")
	}
	if got, _ := a.Find(`meta[property="og:description"]`).Attr("content"); strings.Contains(got, "hello") {
		t.Errorf("the preview keeps the text: %q", got)
	}
	if got := a.header.Get("X-Robots-Tag"); got != "noindex, noarchive" {
		t.Errorf("X-Robots-Tag = %q", got)
	}
	if ada.get("/@ADA/status/"+crud.UUID.String()).want(t, 200).Find(`.more a[href$="/delete"], .more a[href$="/end"]`).Length() != 2 {
		t.Error("the own crud cannot be deleted")
	}

	t.Run("expired, deleted and never there are byte for byte the same", func(t *testing.T) {
		gone := w.crud(u, "deleted", "1-day")
		w.must(w.db.DeleteActivity(t.Context(), gone.UUID, u.UUID, w.now))
		past := w.crud(u, "expired", "1-hour")
		w.now = noon.Add(2 * time.Hour)
		var bodies []string
		for _, path := range []string{
			"/@ada/status/" + gone.UUID.String(), "/@ada/status/" + past.UUID.String(),
			"/@ada/status/00000000-0000-7000-8000-000000000000", "/@ada/status/nonsense", "/@noor/status/" + crud.UUID.String(),
			"/@nobody", "/@nobody/status/" + crud.UUID.String(), "/nowhere", "/@ada/status", "/wp-login.php", "/@", "/@a%00b",
		} {
			a := w.stranger().get(path).want(t, 404)
			bodies = append(bodies, a.body)
			if bodies[0] != a.body {
				t.Errorf("%s answers otherwise:\n%s", path, a.body)
			}
		}
		w.now = noon
	})

	t.Run("only its author deletes it, after a question", func(t *testing.T) {
		w.stranger().get(path+"/delete").goes(t, "/signin?return_to="+strings.NewReplacer("/", "%2F", "@", "%40").Replace(path+"/delete"))
		noor.get(path+"/delete").want(t, 403)
		noor.post(path+"/delete").want(t, 403)
		w.stranger().post(path+"/delete").want(t, 401)
		ada.get(path+"/delete").want(t, 200)
		ada.get(path).want(t, 200)
		ada.post(path+"/delete").goes(t, "/?notice=deleted")
		ada.get(path).want(t, 404)
		ada.post(path+"/delete").want(t, 404)
	})
}

func TestProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	if a := ada.get("/@ada").want(t, 200); !strings.HasPrefix(a.text(".empty"), "You have not written yet.") || a.Find(`.empty a[href="/compose"]`).Length() != 1 {
		t.Errorf("the own empty profile says %q", a.text(".empty"))
	}
	w.crud(u, "one", "1-day")
	a := w.stranger().get("/@Ada").want(t, 200)
	if got := a.text(".facts"); got != "1 crud alive 0 followers 0 following here since November 2026" {
		t.Errorf("facts = %q", got)
	}
	if strings.Contains(a.body, "example.com") || strings.Contains(a.body, u.Subject) {
		t.Error("the profile tells the address or the subject")
	}
	if a.Find(".edit").Length() != 0 || ada.get("/@ada").Find(".edit").Length() != 1 {
		t.Error("whose profile it is, is not seen")
	}
	if got := a.Find(".crud").Length(); got != 1 {
		t.Errorf("%d cruds", got)
	}
}

func TestSoonest(t *testing.T) {
	t.Parallel()
	list := []cruddur.Activity{}
	for _, hours := range []int{5, 30, 1, 0, 23, 2, -1} {
		list = append(list, cruddur.Activity{Message: fmt.Sprint(hours), ExpiresAt: noon.Add(time.Duration(hours) * time.Hour)})
	}
	languages, err := lang.Load(lang.Files())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range soonest(list, languages.English(), noon) {
		got = append(got, s.Message)
	}
	if strings.Join(got, " ") != "1 2 5" {
		t.Errorf("soonest = %v, want 1 2 5", got)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                "",
		" short\n text ":                  "short text",
		"exactly twenty chars":            "exactly twenty chars",
		"a little more than twenty":       "a little more than…",
		"stops, at the end of; something": "stops, at the end…",
		strings.Repeat("語", 30):           strings.Repeat("語", 19) + "…",
		"word " + strings.Repeat("x", 30): "word " + strings.Repeat("x", 14) + "…",
	} {
		if got := excerpt(in, 20); got != want {
			t.Errorf("excerpt(%q) = %q, want %q", in, got, want)
		}
	}
}

// Only the key that the server printed opens the mailbox: neither an address nor a header proves that a person uses
// this machine.
func TestMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const box = "/dev/mailbox"
	if err := w.provider.SignUp(t.Context(), identity.SignUp{Name: "Ada", Email: "ada@example.com", Handle: "ada", Password: password("ada")}, w.now); err != nil {
		t.Fatal(err)
	}
	code := w.code("ada@example.com")
	operator := w.stranger()
	a := operator.get(box + "?key=" + mailboxKey)
	a.goes(t, box)
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the answer to the key may be kept or passed on: %v", a.header)
	}
	if c := a.header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") {
		t.Errorf("the key's cookie = %q", c)
	}
	if a = operator.get(box).want(t, 200); !strings.Contains(a.body, code[:3]+" "+code[3:]) || strings.Contains(a.body, mailboxKey) {
		t.Errorf("the mailbox lacks the code or shows its own key:\n%s", a.body)
	}
	for name, r := range map[string]*http.Request{
		"no key":       httptest.NewRequest("GET", box, nil), // as a bare proxy_pass of nginx sends it: from 127.0.0.1, to 127.0.0.1
		"empty key":    httptest.NewRequest("GET", box+"?key=", nil),
		"wrong key":    httptest.NewRequest("GET", box+"?key="+strings.ToLower(mailboxKey), nil),
		"longer key":   httptest.NewRequest("GET", box+"?key="+mailboxKey+"A", nil),
		"HEAD":         httptest.NewRequest("HEAD", box, nil),
		"wrong cookie": withCookie(httptest.NewRequest("GET", box, nil), "cruddur-mailbox", "x"),
		"empty cookie": withCookie(httptest.NewRequest("GET", box, nil), "cruddur-mailbox", ""),
		"in a header":  withHeader(httptest.NewRequest("GET", box, nil), "Key", mailboxKey),
	} {
		if a := w.stranger().send(r); a.status != 404 || strings.Contains(a.body, code[:3]+" "+code[3:]) {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
	for name, change := range map[string]func(*Config){
		"mail is sent": func(c *Config) { c.Mailbox = nil },
		"no key made":  func(c *Config) { c.MailboxKey = "" },
	} {
		b := newWorld(t, change).stranger()
		b.cookies["cruddur-mailbox"] = ""
		for _, path := range []string{box + "?key=" + mailboxKey, box + "?key=", box} {
			if a := b.get(path); a.status != 404 {
				t.Errorf("where %s, %s = %d", name, path, a.status)
			}
		}
	}
	if strings.Contains(w.log.String(), mailboxKey) {
		t.Error("the key stands in the log")
	}
}

func withCookie(r *http.Request, name, value string) *http.Request {
	r.AddCookie(&http.Cookie{Name: name, Value: value})
	return r
}

func withHeader(r *http.Request, name, value string) *http.Request {
	r.Header.Set(name, value)
	return r
}

// A page that asks for a code says where the code is, with a link only if the link opens for this browser.
func TestMailHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	operator, real := w.stranger(), newWorld(t, func(c *Config) { c.Mailbox = nil })
	operator.get("/dev/mailbox?key=" + mailboxKey)
	for _, path := range []string{"/confirm", "/reset"} {
		href, _ := operator.get(path).want(t, 200).Find(`.sheet .dim a`).Attr("href")
		if href == "" || operator.get(href).status != 200 {
			t.Errorf("%s leads the operator to %q", path, href)
		}
		if a := w.stranger().get(path); a.Find(`a[href*="mailbox"]`).Length() != 0 || !strings.Contains(a.text(".sheet"), "server’s log") {
			t.Errorf("%s for a stranger: %q", path, a.text(".sheet"))
		}
		if a := real.stranger().get(path); strings.Contains(a.text(".sheet"), "No mail server") || path == "/confirm" && !strings.Contains(a.text(".sheet"), "We have sent a code") {
			t.Errorf("%s where mail is sent: %q", path, a.text(".sheet"))
		}
	}
}

// fixed is a feed that is always the same.
type fixed []cruddur.Activity

func (f fixed) Home(context.Context, cruddur.UUID, int, time.Time) ([]cruddur.Activity, error) {
	return f, nil
}

// Another member's profile shows the same text whether they never wrote, deleted their cruds, or the cruds have
// expired.
func TestAnEmptyProfileTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, never := w.member("never")
	deleter, deleted := w.member("deleter")
	_, ended := w.member("ended")
	a := w.crud(deleted, "one", "1-hour")
	deleter.post(string(crudPath("deleter", a.UUID.String()))+"/delete").goes(t, "/?notice=deleted")
	w.crud(ended, "one", "1-hour")
	b, _ := w.member("reader")
	w.now = noon.Add(time.Hour - time.Second)
	for _, u := range []cruddur.User{never, deleted} { // nothing can have ended yet
		if got, want := b.get("/@"+u.Handle).want(t, 200).text(".empty-big"), "@"+u.Handle+" has not written yet."; got != want {
			t.Errorf("%s: %q, want %q", u.Handle, got, want)
		}
	}
	w.now = noon.Add(time.Hour) // not swept yet
	for _, who := range []*browser{b, w.stranger()} {
		for _, u := range []cruddur.User{never, deleted, ended} {
			got := strings.ReplaceAll(who.get("/@"+u.Handle).want(t, 200).text(".empty"), u.Handle, "HANDLE")
			if want := "Nothing alive right now.What @HANDLE writes is here until its time is up."; got != want {
				t.Errorf("%s: %q, want %q", u.Handle, got, want)
			}
		}
	}
	page := "/@ended?before=" + a.UUID.String()
	if got := b.get(page).want(t, 200).text(".empty"); !strings.HasPrefix(got, "Everything from before then has ended.") {
		t.Errorf("the page after the last says %q", got)
	}
}
