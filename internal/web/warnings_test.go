package web

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
)

// warned posts a crud with a content warning, or a reply to one.
func (w *world) warned(u cruddur.User, to cruddur.UUID, message, warning string) cruddur.Activity {
	w.t.Helper()
	draft := cruddur.Draft{Message: message, Warning: warning, TTL: "1-hour"}
	if to.IsZero() {
		a, err := w.db.CreateWith(w.t.Context(), u.UUID, draft, w.now)
		w.must(err)
		return a
	}
	a, err := w.db.ReplyWith(w.t.Context(), u.UUID, to, draft, w.now)
	w.must(err)
	return a
}

// What is below a content warning is on a page only where its reader unfolds it: not in excerpts, titles, descriptions,
// or what describes a crud to those who hear the page.
func TestContentWarningIsShownInstead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	bob, v := w.member("bob")
	root := w.warned(u, cruddur.UUID{}, "the SECRET of @bob and #tag", "who <did> it")
	reply := w.warned(v, root.UUID, "another SECRET for @ada", "the <same>")
	w.must(w.db.Follow(t.Context(), v.UUID, u.UUID, true, w.now))
	_, err := w.db.Like(t.Context(), v.UUID, root.UUID, true, w.now)
	w.must(err)
	path := "/@ada/status/" + root.UUID.String()
	for address, b := range map[string]*browser{
		"/": w.stranger(), "/?feed=everyone": ada, "/?feed=following": bob, "/@ada": bob, "/@bob/replies": ada, "/@bob/likes": bob,
		path: w.stranger(), path + "?": ada, "/@bob/status/" + reply.UUID.String(): ada, "/tags/tag": ada, "/search?q=secret": ada, "/search?q=did": ada,
		path + "/reply": bob, path + "/delete": ada, path + "/end": ada,
		"/notifications": ada, "/notifications?": bob, path + "/likes": ada,
	} {
		t.Run(address, func(t *testing.T) {
			a := b.get(address).want(t, 200)
			a.Find(".cw").Each(func(_ int, s *goquery.Selection) {
				summary := s.Find("summary")
				if _, open := s.Attr("open"); open || summary.Find(".cw-show").Text() != "Show" || strings.Contains(summary.Text(), "SECRET") || !strings.Contains(summary.Text(), "<") {
					t.Errorf("a warning is %q", summary.Text())
				}
				if id, has := summary.Attr("id"); has && a.Find(`.crud[aria-describedby="`+id+`"]`).Length() != 1 {
					t.Errorf("nothing is described by %s", id)
				}
				if !strings.Contains(s.Text(), "SECRET") || strings.Contains(s.Find(".say").Text(), "SECRET") && s.Find(".say a.mention").Length() != 1 {
					t.Errorf("below the warning is %q", s.Text())
				}
			})
			shows := strings.Contains(a.Find("main").Text(), "who <did> it") || strings.Contains(a.Find("main").Text(), "the <same>")
			if !shows && !strings.HasSuffix(address, "/likes") {
				t.Errorf("no warning is shown:\n%s", a.Find("main").Text())
			}
			a.Find(".cw").Remove()
			if html, err := a.Find("html").Html(); err != nil || strings.Contains(strings.ReplaceAll(html, "q=SECRET", ""), "SECRET") {
				t.Errorf("the hidden text is shown too: %v\n%s", err, html)
			}
		})
	}
}

// The excerpts say that they are of a warning.
func TestContentWarningInExcerpts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	_, v := w.member("bob")
	root := w.crud(u, "root", "1-hour")
	reply := w.warned(v, root.UUID, "hidden", "about <food>")
	w.now = w.now.Add(time.Second) // it ends after the first, whatever their UUIDs are
	w.warned(u, cruddur.UUID{}, "hidden", "soon")
	wantLines(t, "notifications", ada.notes(""), "Bob replied to you: Content warning: about <food> *")
	if got := ada.get("/@bob/status/" + reply.UUID.String() + "/reply").text(".asked"); got != "@bob Content warning: about <food>" {
		t.Errorf("the quote is %q", got)
	}
	if got := ada.get("/").text(".soon-what"); got != "rootContent warning: soon" {
		t.Errorf("what ends soon is %q", got)
	}
}

func TestComposeWithWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	bob, _ := w.member("bob")
	folded := ada.get("/compose").Find("details.warn")
	if _, open := folded.Attr("open"); open || folded.Find(`input[name="content_warning"]`).AttrOr("value", "-") != "" {
		t.Error("the field is not folded and empty")
	}
	send := func(draft, warning string) *answer {
		return ada.post("/compose", "message", "hello", "content_warning", warning, "ttl", "1-hour", "draft", draft)
	}
	for _, warning := range []string{" eyes \r\n contact ", " eyes \r\n contact ", "", "another"} { // the second is the same again
		send("abc", warning).goes(t, "/?draft=abc&notice=posted")
		w.now = w.now.Add(time.Second)
	}
	a := ada.get("/")
	texts := []string{}
	a.Find(".crud").Each(func(_ int, s *goquery.Selection) { texts = append(texts, s.Find(".cw-text").Text()) })
	if strings.Join(texts, "|") != "another||eyes    contact" {
		t.Errorf("the feed has %q", texts)
	}
	for name, c := range map[string]struct{ warning, says string }{
		"too long": {strings.Repeat("é", 101), "at most 100 characters"},
		"NUL":      {"a\x00b", "not allowed"},
		"tidied":   {"a\u202eb", "not allowed"},
	} {
		for _, path := range []string{"/compose", string(crudPath("ada", idOf(a)) + "/reply")} {
			form := bob.post(path, "message", "kept", "content_warning", c.warning, "ttl", "1-hour").want(t, 422)
			field := form.Find("#warning")
			want := strings.ReplaceAll(c.warning, "\x00", "\ufffd")
			if _, open := form.Find("details.warn").Attr("open"); !open || field.AttrOr("value", "") != want || field.AttrOr("aria-invalid", "") != "true" || !strings.Contains(form.text("#warning-error"), c.says) || form.Find("#message").Text() != "kept" {
				t.Errorf("%s %s: open %v, %q, error %q", path, name, open, field.AttrOr("value", ""), form.text("#warning-error"))
			}
		}
	}
	form := bob.post("/compose", "message", "", "content_warning", "kept", "ttl", "1-hour").want(t, 422)
	if got := form.Find("#warning").AttrOr("value", ""); got != "kept" {
		t.Errorf("with another error the warning is %q", got)
	}
}

// idOf returns the uuid of the first crud on a page.
func idOf(a *answer) string {
	return strings.TrimPrefix(a.Find(".crud").First().AttrOr("id", ""), "crud-")
}

// A reply takes over the warning of what it answers, until its author says something else; so do replies to it.
func TestReplyTakesOverTheWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	root := w.warned(u, cruddur.UUID{}, "root", "the <end>")
	path := "/@ada/status/" + root.UUID.String()
	for _, address := range []string{path, path + "/reply"} {
		a := ada.get(address)
		if _, open := a.Find("details.warn").Attr("open"); !open || a.Find("#warning").AttrOr("value", "") != "the <end>" {
			t.Errorf("%s offers %q", address, a.Find("#warning").AttrOr("value", ""))
		}
	}
	for _, warning := range []string{"", "other", "other"} { // of the same form; the third is the second again
		ada.post(path+"/reply", "message", "about it", "content_warning", warning, "ttl", "", "draft", "abc")
		if a := ada.post(path+"/reply", "message", "", "content_warning", warning, "ttl", "").want(t, 422); a.Find("#warning").AttrOr("value", "-") != warning {
			t.Errorf("after an error, %q became %q", warning, a.Find("#warning").AttrOr("value", "-"))
		}
	}
	if got := linesOf(ada.get(path), ".crud:not(.alone) .cw-text"); strings.Join(got, "|") != "other" || ada.get(path).Find(".crud:not(.alone)").Length() != 2 {
		t.Errorf("the replies have %q", got)
	}
	w.must(w.db.DeleteActivity(t.Context(), root.UUID, u.UUID, w.now))
	gone := ada.post(path+"/reply", "message", "about it", "content_warning", "kept", "ttl", "").want(t, 404)
	if got := gone.Find("#warning").AttrOr("value", ""); got != "kept" {
		t.Errorf("what was answered is gone, and the warning is %q", got)
	}
}
