package web

import (
	"bytes"
	"html/template"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/mail"
)

// fullPage is a frame with every field set.
func fullPage(s *site) page {
	p := page{
		Title: "Title", Description: "Description", Here: "home", Theme: "dark", Now: 1795521600000,
		Notice: "Notice", Posted: "draft1", Live: "BOOT-1", Shows: "home", NoIndex: true, Assets: assets{"/css", "/js", "/icon", "/touch"},
		Talk: true, Asks: true, Return: "/here", Feed: "/@ada/feed.atom", Unread: "99+", Cases: "3", Suggested: []*person{fullPerson()},
		News: &news{"3", true},
		Lang: s.Languages.English(), Languages: s.Languages.All(),
		Viewer:  viewerOf(&cruddur.User{Handle: "ada", DisplayName: "Ada <Quist>", Role: cruddur.RoleOperator}),
		Place:   placeOf(cruddur.Place{Name: "Club <7b>", Line: "The line <b>", Colour: "#ffee00"}, assets{Icon: "/icon"}),
		Soonest: soonHTML(s),
		Trends:  []trendLine{{"/tags/caf%C3%A9", "café", "3 people"}},
		cards:   new(bytes.Buffer),
	}
	if err := s.fillRail(&p); err != nil {
		panic(err)
	}
	return p
}

func soonHTML(s *site) template.HTML {
	var b bytes.Buffer
	if err := s.spoken[0].soon.render(&b, &soon{"/@noor/status/1", "Noor <b>", "soon & gone", "2026-11-24T13:00:00.000Z", "24 Nov 2026, 13:00 UTC", "59m"}); err != nil {
		panic(err)
	}
	return template.HTML(b.String())
}

func fullForm() form {
	return form{
		Action: "/action", Submit: "Submit", Cancel: "/cancel", Danger: true, Banner: "Banner", SignIn: true,
		Fields: []field{
			{Name: "text", Label: "Text", Type: "text", Value: `"><script>`, Hint: "Hint", Error: "Error", Autocomplete: "off", InputMode: "numeric", Focus: true, Check: "/check"},
			{Name: "area", Label: "Area", Type: "area", Value: "</textarea><script>", Error: "Error", Most: 160, Optional: true},
			{Name: "select", Label: "Select", Type: "select", Error: "Error", Choices: []choice{{"a", "A", false}, {"b", "B", true}}},
			{Name: "password", Label: "Password", Type: "password"},
			{Name: "hidden", Type: "hidden", Value: `"><script>`},
			{Name: "radio", Label: "Radio", Type: "radio", Error: "Error", Hint: "Hint", Focus: true, Choices: []choice{{"a", "A", false}, {"b", "B", true}}},
		},
	}
}

// views has a full and an empty view for every template.
func views(s *site) map[string][2]view {
	p := fullPage(s)
	box := composeBoxOf(&visit{lang: s.Languages.English(), viewer: &cruddur.User{Handle: "ada", DisplayName: "Ada"}}, &entry{
		values: map[string][]string{"message": {"</textarea>"}, "content_warning": {`"><script>`}, "ttl": {"1-hour"}, "draft": {"d1"}, "picture": {cruddur.UUID{1}.String() + ".jpg", cruddur.UUID{2}.String() + ".png"}, "alt-" + cruddur.UUID{1}.String(): {"</textarea>"}},
		errors: map[string]string{"pictures": "Pictures error", "message": "Message error", "content_warning": "Warning error", "ttl": "TTL error"}, banner: "Banner", signIn: true,
	})
	reply := replyBoxOf(&visit{lang: s.Languages.English(), viewer: &cruddur.User{Handle: "ada", DisplayName: "Ada"}, now: noon},
		&cruddur.Activity{Handle: "noor", Message: "</blockquote>", ExpiresAt: noon.Add(4 * time.Hour)}, &entry{values: map[string][]string{"draft": {"d2"}, "ttl": {"3-hours"}}})
	m := map[string][2]view{
		"home":     {&homeView{p, box, "<b>box</b>", []tab{{"Everyone", "/?feed=everyone", true}, {"Following", "/?feed=following", false}}, "<article>crud</article>", 1, "/?before=x", true, true, true, []*person{fullPerson()}}, &homeView{}},
		"crud":     {&crudView{p, fullCard(s), "<article>above</article>", "<article>below</article>", "12 replies", "2027", "Fri 1 Jan, 11:00", "Tue 24 Nov, 11:00", "Tue 1 Dec, 11:00", "/more", true, reply, "/signin", "2 reposts", "3 likes"}, &crudView{}},
		"people":   {&peopleView{p, "Ada <Quist>", "/@ada", []tab{{"Followers", "/@ada/followers", true}}, []*person{fullPerson(), {Path: "/@noor", Handle: "noor", DisplayName: "Noor", Avatar: avatar{Letter: "N", Class: "av av2"}}}, "/older", "Nobody"}, &peopleView{}},
		"compose":  {&composeView{p, box}, &composeView{page{}, &composeBox{}}},
		"form":     {&formView{p, "Lead", "box", "<b>quote</b>", fullForm(), []link{{"Before", "Text", "/href"}}, []*person{fullPerson()}}, &formView{}},
		"error":    {&errorView{p, "Heading", "Text", "request-1", "/signin"}, &errorView{}},
		"settings": {&settingsView{p, "ada@example.com", fullForm(), fullForm(), []sessionLine{{"1", "Firefox", "::1", "2026", "2026", true}, {"2", "Safari", "::2", "2026", "2026", false}}, true, "Banner", []faceForm{{Kind: "avatar", Label: "Picture", Avatar: avatar{Letter: "A", Class: "av av1"}, Error: "Face error"}, {Kind: "banner", Label: "Banner", URL: "/pictures/0198/large.jpg"}}}, &settingsView{}},
		"me":       {&meView{p}, &meView{}},
		"mailbox":  {&mailboxView{p, []letterLine{{mail.Message{To: "a@b", Subject: "Subject", Text: "Text\n<b>"}, "Text <b>", "2026", "2026"}}}, &mailboxView{}},
		"profile": {&profileView{
			page: p, Fresh: true, Member: cruddur.Profile{Handle: "ada", DisplayName: "Ada", CrudsCount: 2}, Avatar: avatar{Letter: "A", Class: "av av1", URL: "/pictures/0197/small.jpg"}, Banner: "/pictures/0198/large.jpg", Bio: "<b>bio</b>",
			Since: "2026-11-01T00:00:00.000Z", Joined: "November 2026", Own: true, Cruds: "<article>crud</article>", Count: 1, Older: "/@ada?before=x", Newest: true, Alive: "<b>1,000+</b> cruds alive", By: "<b>1</b> follower", Of: "<b>2</b> following", Profile: "/@ada",
			Following: true, FollowedBy: true, ManyBy: true, Muting: true, Blocking: true, Tab: "likes", Tabs: []tab{{"Likes", "/@ada/likes", true}}, Address: "/@ada/likes",
		}, &profileView{}},
		"shunned": {&shunnedView{
			p, []tab{{"Muted", "/settings/muted", true}}, []shunned{{fullPerson(), "/@noor/unmute", "Unmute", "2026-11-30T00:00:00.000Z", "Mon 30 Nov"}}, "/settings/muted?before=x", "You mute nobody.", "Lead",
		}, &shunnedView{Empty: "You mute nobody."}},
	}
	m["notifications"] = [2]view{&noticesView{p, []tab{{"All", "/notifications", true}, {"Mentions", "/notifications?kind=mentions", false}}, []notice{
		fullNotice(), {Kind: "like", Icon: "i-like", Faces: []face{fullFace(), fullFace()}, Second: &face{"/@juno", "Juno", avatar{Letter: "J", Class: "av av3"}}, Did: `<a href="/@noor"><b><bdi>Noor</bdi></b></a> <a class="note-about" href="/@ada/status/1">liked your crud</a>`, About: "/@ada/status/1", When: "2026", Ago: "1m ago"},
	}, "/notifications?before=x", true, true}, &noticesView{}}
	m["messages"] = [2]view{&privateView{
		p,
		[]*privateLine{
			{"/messages/@noor", "noor", "Noor <b>", avatar{Letter: "N", Class: "av av2"}, "a last <b>text", true, "2026", "2026", "2027", "3", true, true},
			{Path: "/messages/@juno", Handle: "juno", DisplayName: "Juno", Avatar: avatar{Letter: "J", Class: "av av3"}},
		},
		"2 requests", true, "/messages?before=x", true,
		&privateBox{
			"/messages/@noor", "/@noor", "noor", "Noor <b>",
			avatar{Letter: "N", Class: "av av2"},
			"7 days",
			[]choice{{"1-day", "1 day", false}, {"7-days", "7 days", true}},
			true,
			"2026", "2027", "2027", "2h 59m", 40, true, true, true, true,
			[]privateItem{
				{Day: "24 Nov 2026"},
				{Note: "Noor <b> set messages to end after 7 days"},
				{ID: "0196", By: "Noor <b>", Message: "<b>said</b>", At: "2026", AtText: "2026", AtClock: "20:04", End: "2027", EndText: "2027", Way: "/x"},
				{ID: "0197", Own: true, By: "Ada", Message: "<b>answered</b>", At: "2026", AtText: "2026", AtClock: "20:05", End: "2027", EndText: "2027", Way: "/messages/@noor/delete/0197"},
			},
			true, "/messages/@noor?before=x", true, box,
		},
	}, &privateView{}}
	addModeration(m, p)
	m["tag"] = [2]view{&tagView{p, "café", "<article>crud</article>", "/tags/caf%C3%A9?before=x", true, "/tags/caf%C3%A9"}, &tagView{}}
	m["search"] = [2]view{&searchView{
		p, `"><script>`, "Error", true,
		[]*person{{Path: "/@ada", Handle: "ada", DisplayName: "Ada <Quist>", Avatar: avatar{Letter: "A", Class: "av av1"}, Bio: "<b>bio</b>", Button: true}},
		[]trendLine{{"/tags/go", "go", "1 person"}},
		"<article>crud</article>", "/search?q=x&before=x", true,
	}, &searchView{}}
	own := p
	own.Place = placeOf(cruddur.DefaultPlace(), assets{Icon: "/icon"})
	m["admin"] = [2]view{&adminView{
		own, adminTabs("/admin"),
		[]figure{{"Label", "1,000", "Note"}},
		daysChart(s.Languages.English(), []cruddur.DayCount{{Day: noon, Count: 3}, {Day: noon.Add(24 * time.Hour)}}),
		tablesChart(s.Languages.English(), []cruddur.TableSize{{Name: "activities", Bytes: 1234567}, {Name: "users", Bytes: 8192}}),
		"Lead", fullForm(), "https://cruddur.example/invite/x", true,
		[]invitationLine{{"0198", "Class <b>", "1 of 30", "@ada", "2027", "Fri 1 Jan, 11:00"}},
	}, &adminView{Inviting: true}}
	for _, name := range texts {
		if name == "about" {
			m[name] = [2]view{
				&aboutView{textView{p, name, 280, "1,024", lives(s.Languages.English())}, []template.HTML{"Rule one", "Rule <b>two</b>"}, "<a href=\"mailto:x\">x</a>", "Everybody can sign up.", "Only members read here."},
				&aboutView{textView: textView{page: page{}, name: name}},
			}
			continue
		}
		m[name] = [2]view{&textView{p, name, 280, "1,024", lives(s.Languages.English())}, &textView{page: page{}, name: name}}
	}
	return m
}

// addModeration adds the views of reports and of moderators.
func addModeration(m map[string][2]view, p page) {
	done := []actLine{{"@mod", "suspended", "@noor", "why <b>", "2026", "2026"}, {Actor: "@mod", Did: "noted about", Target: "@noor"}}
	noor := &moderated{"/moderation/members/@noor", "/@noor", "noor", "Noor <b>", avatar{Letter: "N", Class: "av av2"}, "moderator", "2026", "2026", "2026", "2026", "2026", "2026", true, done}
	tabs := moderationTabs(moderationPath)
	acts := acting{"/moderation/cases/1", "a note <b>", "Error", "Banner", true, true, noor, "1,000"}
	m["reported"] = [2]view{&reportedView{p, "noor", "/@noor"}, &reportedView{}}
	m["cases"] = [2]view{&casesView{p, tabs, []caseLine{{"/moderation/cases/1", "A crud of @noor", "Spam", "an excerpt <b>", "2 reports", "2026", "1m ago"}}, "/moderation?before=x", true}, &casesView{}}
	m["log"] = [2]view{&logView{p, tabs, done, "/moderation/log?before=x"}, &logView{}}
	m["moderate"] = [2]view{&membersView{p, tabs, `"><script>`, "Error"}, &membersView{}}
	m["moderated"] = [2]view{&moderatedView{p, noor, acts}, &moderatedView{}}
	m["case"] = [2]view{&caseView{
		p, "A crud of @noor", "Spam", "2026", "2026", "2026", "2026", "Noor <b>", "a warning <b>", "<b>said</b>", "2026", "2026", "2026", "2026", true, "/@noor/status/1",
		[]casePicture{{"/moderation/cases/1/pictures/0.jpg", "a <b> field", 1200, 900}, {Width: 1, Height: 1}},
		[]caseReport{{"/@bo", "bo", "Spam", "the words <b>", "2026", "2026"}},
		"1 report", noor, acts,
	}, &caseView{}}
}

// TestTemplates executes every template, full and empty, and compares the result with the golden file.
func TestTemplates(t *testing.T) {
	t.Parallel()
	s, err := newSite(Config{})
	if err != nil {
		t.Fatal(err)
	}
	all := views(s)
	for name := range s.spoken[0].pages {
		if _, ok := all[name]; !ok {
			t.Errorf("no view for the template %s", name)
		}
	}
	for name, pair := range all {
		for i, how := range []string{"full", "empty"} {
			pair[i].frame().Lang = s.Languages.English()
			var b bytes.Buffer
			if err := s.execute(&b, pair[i]); err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
			}
			golden(t, name+"-"+how+".html", b.Bytes())
		}
	}
	own, warned := fullCard(s), fullCard(s)
	own.Own, warned.Warning = true, "eyes <b> contact"
	for how, c := range map[string]*card{"warned": warned, "empty": {lang: s.Languages.English()}, "full": fullCard(s), "own": own} {
		var b bytes.Buffer
		if err := s.spoken[0].card.render(&b, c); err != nil {
			t.Error(err)
		}
		golden(t, "card-"+how+".html", b.Bytes())
	}
}

func fullCard(s *site) *card {
	return &card{
		lang: s.Languages.English(),
		ID:   "0196", Position: 3, Path: "/@ada/status/0196", Author: "/@ada", DisplayName: "Ada <Quist>", Handle: "ada",
		avatar: avatar{Letter: "A", Class: "av av1", URL: "/pictures/0197/small.jpg"}, Pictures: []cruddur.Picture{{Width: 90, Height: 300, Color: "#c86432", Extension: "jpg", Alt: "a <b> field"}, {Width: 1200, Height: 800, Color: "#000000", Extension: "png"}}, Message: "<b>said</b>", Created: "2026", CreatedText: "2026", Expires: "2027", ExpiresText: "2027", LeftText: "2h 59m", Left: 40,
		Member: true, Replies: 4, Reposts: 2, Likes: 1, Liked: true, Following: true, Mods: " in d1", Parent: "noor", ParentAt: "/@noor/status/0195", By: "Juno <b>", ByAt: "/@juno", Onward: "onward",
	}
}

func fullFace() face { return face{"/@noor", "Noor <b>", avatar{Letter: "N", Class: "av av2"}} }

func fullNotice() notice {
	second := fullFace()
	return notice{
		Kind: "reply", Icon: "i-reply", New: true, Faces: []face{fullFace()}, Others: "4 others", Second: &second, Everybody: "/@ada/status/1/likes", Did: `<a href="/@noor"><b><bdi>Noor</bdi></b></a> replied to you`,
		About: "/@noor/status/2", Excerpt: "said &lt;b&gt;", Ends: "2027", When: "2026", Ago: "1m ago", Reply: "/@noor/status/2/reply",
	}
}

func fullPerson() *person {
	return &person{"/@noor", "noor", "Noor <b>", avatar{Letter: "N", Class: "av av2"}, "<b>bio</b>", true, true, true}
}

// TestFullViewsAreFull checks that the full views above set every field, new ones included.
func TestFullViewsAreFull(t *testing.T) {
	t.Parallel()
	s, err := newSite(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range views(s) {
		v := reflect.ValueOf(pair[0]).Elem()
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s: %s is empty", name, v.Type().Field(i).Name)
			}
		}
	}
	p := reflect.ValueOf(fullPage(s))
	for i := range p.NumField() {
		if name := p.Type().Field(i).Name; p.Field(i).IsZero() && name != "Fixed" {
			t.Errorf("page: %s is empty", name)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test ./internal/web -run TestTemplates -update writes it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
