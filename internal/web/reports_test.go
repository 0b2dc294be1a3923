package web

import (
	"strings"
	"testing"
	"time"

	"cruddur"
)

// A member reports a crud from its menu, is thanked, and a moderator sees it with the picture, acts and closes the case.
func TestReportACrud(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	picture, a := c.pictured(c.users["ada"], cruddur.UUID{}, "1-day")
	path := pathOfCrud(a)
	bo := c.as("bo")
	if got := bo.get("/").want(t, 200).Find(`.crud .more a[href="` + path + `/report"]`).Text(); got != "Report" {
		t.Errorf("the menu offers %q", got)
	}
	if c.as("ada").get("/").Find(`.crud .more a[href="`+path+`/report"]`).Length() != 0 || c.stranger().get("/").Find(`a[href$="/report"]`).Length() != 0 {
		t.Error("the menu offers it to the author or a stranger")
	}
	form := bo.get(path+"/report").want(t, 200)
	if form.Find(`form[action="`+path+`/report"] input[type=radio][name=reason]`).Length() != 4 || form.Find(`[type=radio][checked]`).Length() != 0 || form.text("blockquote") != "look" {
		t.Errorf("the form = %s", form.text("main"))
	}
	for _, tt := range []struct{ reason, words, says string }{
		{"", "words", "Choose what is wrong with it."},
		{"nonsense", "words", "Choose what is wrong with it."},
		{"spam", strings.Repeat("é", 1001), "That is longer than 1,000 characters."},
	} {
		a := bo.post(path+"/report", "reason", tt.reason, "words", tt.words).want(t, 422)
		if got := a.text(".error"); got != tt.says || a.Find("textarea").Text() != tt.words || tt.reason == "spam" && a.Find(`[value=spam][checked]`).Length() != 1 {
			t.Errorf("with %q the form says %q", tt.reason, got)
		}
	}
	bo.post(path+"/report", "reason", "illegal", "words", "the words <b>of</b> bo").goes(t, "/reported?about=ada")
	thanks := bo.get("/reported?about=ada").want(t, 200)
	if thanks.text("h1") != "Thank you" || thanks.Find(`a[href="/@ada/block"]`).Length() != 1 || !strings.Contains(thanks.text(".next"), "thirty days") {
		t.Errorf("thanks = %s", thanks.text("main"))
	}
	if bo.get("/reported?about=<b>").want(t, 200).Find(`a[href*="block"]`).Length() != 0 {
		t.Error("the thanks lead to nobody's page")
	}
	bo.post(path+"/report", "reason", "spam").goes(t, "/reported?about=ada") // nothing changes

	c.now = c.now.Add(time.Minute)
	mod := c.as("mod")
	list := mod.get("/moderation").want(t, 200)
	link, _ := list.Find(".case-line a").Attr("href")
	if got := list.text(".case-line"); got != "A crud by @ada 1m ago 1 report · It is against the law look" {
		t.Errorf("the list says %q", got)
	}
	file := mod.get(link).want(t, 200)
	for _, want := range []string{"Ada look", "1 report", "@bo · It is against the law", "the words <b>of</b> bo"} {
		if !strings.Contains(file.text("main"), want) {
			t.Errorf("the case lacks %q: %s", want, file.text("main"))
		}
	}
	src, _ := file.Find(".evidence-pictures img").Attr("src")
	shown := mod.get(src).want(t, 200)
	small, err := c.db.PictureStore().Get(t.Context(), picture.Name(cruddur.Small))
	if err != nil || shown.body != string(small) || shown.header.Get("Cache-Control") != "private, no-store" || shown.header.Get("Content-Type") != "image/jpeg" || shown.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the picture = %.20q, %v", shown.body, shown.header)
	}
	for _, other := range []string{"1.jpg", "0.png", "00.jpg", "-1.jpg", "x.jpg", "0", "4.jpg"} {
		mod.get(strings.Replace(src, "0.jpg", other, 1)).want(t, 404)
	}
	if got := file.Find(`.facts a[href="` + path + `"]`).Length(); got != 1 {
		t.Errorf("%d links to the original", got)
	}
	if got := mod.post(link+"/note", "note", " ").want(t, 422).text(".error"); got != "Write what you want to note." {
		t.Errorf("an empty note: %q", got)
	}
	mod.post(link+"/note", "note", "a note of mod").goes(t, link+"?notice=noted")
	c.reply(c.users["op"], a, "an answer", "")
	sure := mod.post(link+"/delete", "note", "because").want(t, 200)
	if !strings.Contains(sure.text(".lead"), "1 reply goes with it.") || sure.Find("textarea").Text() != "because" {
		t.Errorf("before it is deleted: %s", sure.text("main"))
	}
	bo.get(path).want(t, 200)
	c.now = c.now.Add(time.Second)
	mod.post(link+"/delete", "note", "because", "sure", "yes").goes(t, link+"?notice=deleted")
	bo.get(path).want(t, 404)
	file = mod.get(link).want(t, 200)
	if got := file.text(".acts-log"); !strings.HasPrefix(got, "@mod deleted a crud of @ada") || !strings.Contains(got, "because") || !strings.Contains(got, "@mod noted about @ada") {
		t.Errorf("what was done = %q", got)
	}
	c.now = c.now.Add(time.Second)
	mod.post(link+"/suspend", "note", "").goes(t, link+"?notice=suspended")
	if got := mod.get(link).text(".pill"); got != "suspended" {
		t.Errorf("the member is %q", got)
	}
	mod.post(link+"/unsuspend").goes(t, link+"?notice=unsuspended")
	c.now = c.now.Add(time.Second)
	mod.post(link+"/close", "note", "done").goes(t, "/moderation?notice=case-closed")
	for _, gone := range []string{link, src} {
		mod.get(gone).want(t, 404)
	}
	if got := mod.get("/moderation").text(".empty-big"); got != "Nothing waits for you." {
		t.Errorf("the empty list says %q", got)
	}
	log := mod.get("/moderation/log").want(t, 200)
	if got := log.text(".acts-log li:first-child"); !strings.HasPrefix(got, "@mod closed the case about a crud of @ada") || !strings.HasSuffix(got, "done") {
		t.Errorf("the log says %q", got)
	}
}

// A member as such and a private message are reported as well; of a message, only by who has received it.
func TestReportMembersAndMessages(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	ada, bo := c.as("ada"), c.as("bo")
	if bo.get("/@ada").want(t, 200).Find(`.more a[href="/@ada/report"]`).Length() != 1 {
		t.Error("the profile does not offer it")
	}
	bo.post("/@ada/report", "reason", "other").goes(t, "/reported?about=ada")
	ada.post("/messages/@bo", "message", "in private #tag").want(t, 303)
	read := bo.get("/messages/@ada").want(t, 200)
	link, _ := read.Find(".msg-more a").Attr("href")
	if !strings.HasPrefix(link, "/messages/@ada/report/") || ada.get("/messages/@bo").Find(`a[href*="/report/"]`).Length() != 0 {
		t.Errorf("the message's menu leads to %q", link)
	}
	if got := bo.get(link).want(t, 200).text("blockquote"); got != "in private #tag" {
		t.Errorf("the form quotes %q", got)
	}
	for _, b := range []*browser{ada, c.as("mod"), c.as("op")} {
		b.get(link).want(t, 404)
		b.get(strings.Replace(link, "@ada", "@bo", 1)).want(t, 404)
		b.post(link, "reason", "spam").want(t, 404)
	}
	bo.get(strings.Replace(link, "@ada", "@mod", 1)).want(t, 404)
	c.now = c.now.Add(time.Second)
	bo.post(link, "reason", "abuse", "words", "not nice").goes(t, "/reported?about=ada")
	list := c.as("mod").get("/moderation").want(t, 200)
	if got := list.text(".case-head a"); got != "A private message of @ada@ada" {
		t.Errorf("the cases are %q", got)
	}
	for _, path := range []string{"/@bo/report"} {
		bo.get(path).want(t, 404)
		bo.post(path, "reason", "spam").want(t, 404)
	}
	c.stranger().get("/@ada/report").goes(t, "/signin?return_to=%2F%40ada%2Freport")
	c.stranger().post("/@ada/report", "reason", "spam").want(t, 401)
}

// A page of cases leads to the next, and the log does.
func TestModerationInPages(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	for range cruddur.PageSize + 1 {
		c.now = c.now.Add(time.Second)
		c.caseOn("ada")
		c.must(c.db.NoteOn(t.Context(), cruddur.Member{UUID: c.users["ada"].UUID, Handle: "ada"}, cruddur.AtCommandLine, "a note", c.now))
	}
	mod := c.as("mod")
	for path, line := range map[string]string{"/moderation": ".case-line", "/moderation/log": ".acts-log li"} {
		first := mod.get(path).want(t, 200)
		next, _ := first.Find("a[rel=next]").Attr("href")
		second := mod.get(next).want(t, 200)
		if first.Find(line).Length() != cruddur.PageSize || second.Find(line).Length() < 1 {
			t.Errorf("%s: %d lines, then %d", path, first.Find(line).Length(), second.Find(line).Length())
		}
		if got := mod.get(path+"?before=00000000-0000-7000-8000-000000000000").want(t, 200); got.Find(line).Length() != 0 || got.Find(".empty").Length() != 1 {
			t.Errorf("%s at its end: %s", path, got.text("main"))
		}
		mod.get(path+"?before=x").want(t, 404)
	}
	if got := mod.get("/moderation/members/@ada").want(t, 200).Find(".acts-log li").Length(); got != shownActs {
		t.Errorf("the member's page shows %d acts", got)
	}
}

// Members are found by their handle, suspended ones too.
func TestFindModerated(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	mod := c.as("mod")
	for handle, want := range map[string]string{"ada": "ada", " @ADA ": "ada", "sus": "sus"} {
		mod.get("/moderation/members?handle="+strings.NewReplacer(" ", "+", "@", "%40").Replace(handle)).goes(t, "/moderation/members/@"+want)
	}
	for _, handle := range []string{"nobody", "ada%40example.com", "%3Cb%3E", "%ff"} {
		if got := mod.get("/moderation/members?handle="+handle).want(t, 200).text(".error"); got != "There is no member with that handle." {
			t.Errorf("%s: %q", handle, got)
		}
	}
	mod.get("/moderation/members/@nobody").want(t, 404)
	mod.get("/moderation/members/ada").want(t, 404)
	a := mod.get("/moderation/members/@sus").want(t, 200)
	if a.Find("form.plain").Length() != 0 || !strings.Contains(a.text("main"), "Only an operator acts on moderators") || !strings.Contains(a.text("main"), "suspended since") {
		t.Errorf("a moderator sees of another: %s", a.text("main"))
	}
	if strings.Contains(a.body, "@example.com") {
		t.Error("the page shows an e-mail address")
	}
	if c.as("op").get("/moderation/members/@sus").want(t, 200).Find(`button[formaction$="/unsuspend"]`).Length() != 1 {
		t.Error("an operator cannot act on a moderator")
	}
}

// A report of what ends at this moment, or whose author goes, is no error of the server.
func TestReportOfWhatGoes(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	_, a := c.pictured(c.users["ada"], cruddur.UUID{}, "1-hour")
	path := pathOfCrud(a)
	c.now = a.ExpiresAt.Add(-time.Microsecond)
	c.as("bo").get(path+"/report").want(t, 200)
	bo := c.as("bo")
	c.now = a.ExpiresAt
	bo.post(path+"/report", "reason", "spam", "words", "words").want(t, 404)
	_, b := c.pictured(c.users["ada"], cruddur.UUID{}, "1-hour")
	c.must(c.db.DeleteUser(t.Context(), c.users["ada"].UUID))
	bo.post(pathOfCrud(b)+"/report", "reason", "spam").want(t, 404)
	bo.post("/@ada/report", "reason", "spam").want(t, 404)
}
