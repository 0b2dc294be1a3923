package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
)

// set changes the place.
func (w *world) set(change func(*cruddur.Place)) {
	w.t.Helper()
	_, err := w.site.Place.Change(w.t.Context(), func(p *cruddur.Place) error { change(p); return nil }, "@eve", w.now)
	w.must(err)
}

// invite makes an invitation and returns what its link holds.
func (w *world) invite(uses int, life time.Duration) (token string, id cruddur.UUID) {
	w.t.Helper()
	token, hash := identity.NewToken()
	i, err := w.db.Invite(w.t.Context(), cruddur.Invitation{Uses: uses, CreatedBy: "@eve", ExpiresAt: w.now.Add(life)}, hash, w.now)
	w.must(err)
	return token, i.UUID
}

func (w *world) operator(handle string) (*browser, cruddur.User) {
	w.t.Helper()
	b, u := w.member(handle)
	w.must(w.db.SetRole(w.t.Context(), u.UUID, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine}, w.now))
	return b, u
}

// In a place that only members read, every route but openRoutes leads a stranger to the sign-in page, and says so of
// what is there and of what is not alike. The session of a suspended member is a stranger's.
func TestOnlyMembersRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Limits = ratelimit.Unlimited() })
	ada, a := w.member("ada")
	sue, s := w.member("sue")
	crud := w.crud(a, "for members", "7-days")
	picture, _ := w.pictured(a, crud.UUID, "")
	session := maps.Clone(sue.cookies)
	w.must(w.db.Suspend(t.Context(), s.UUID, w.now))
	w.set(func(p *cruddur.Place) { p.Reading = cruddur.ReadingMembers })
	for _, pattern := range openRoutes {
		if !slices.ContainsFunc(w.site.routes(), func(rt route) bool { return rt.pattern == pattern }) {
			t.Errorf("there is no route %s", pattern)
		}
	}
	routes := append(w.site.routes(), route{method: "GET", pattern: "/nothing"}, route{method: "GET", pattern: "/nothing/at/all"})
	for _, rt := range routes {
		for _, name := range []string{"@ada", "@nobody"} {
			uuid := crud.UUID
			if strings.HasPrefix(rt.pattern, "/pictures") {
				uuid = picture.UUID
			}
			if name == "@nobody" {
				uuid = cruddur.UUID{1}
			}
			path := strings.NewReplacer("{at}", name, "{uuid}", uuid.String(), "{file}", "small.jpg", "{tag}", "tea", "{token}", "x", "{$}", "").Replace(rt.pattern)
			for who, b := range map[string]*browser{"a stranger": w.stranger(), "suspended": {world: w, cookies: maps.Clone(session), client: "127.0.0.1"}} {
				got := b.do(rt.method, path, nil)
				if rt.method == "POST" { // with a text, which must not be lost
					got = b.post(path, "message", "typed", "ttl", "1-hour")
				}
				if slices.Contains(openRoutes, rt.pattern) {
					if to := got.header.Get("Location"); strings.HasPrefix(to, "/signin?return_to") {
						t.Errorf("%s: %s %s leads to %s", who, rt.method, path, to)
					}
					continue
				}
				if rt.method == "GET" && (got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/signin?")) {
					t.Errorf("%s: GET %s = %d %s, want the sign-in page", who, path, got.status, got.header.Get("Location"))
				}
				if rt.method == "POST" && got.status != http.StatusUnauthorized {
					t.Errorf("%s: POST %s = %d, want 401", who, path, got.status)
				}
				if strings.Contains(got.body, "for members") || strings.Contains(got.body, ">Ada<") {
					t.Errorf("%s: %s %s shows the crud or its author", who, rt.method, path)
				}
				if (rt.pattern == "/compose" || rt.pattern == "/{at}/status/{uuid}/reply") && rt.method == "POST" && got.Find("#message").Text() != "typed" {
					t.Errorf("%s: %s %s loses what was typed", who, rt.method, path)
				}
			}
		}
	}
	if got := ada.get("/").want(t, 200).texts(".crud"); len(got) != 1 {
		t.Errorf("a member reads %q", got)
	}
	ada.get("/pictures/"+picture.UUID.String()+"/small.jpg").want(t, 200)
	if got := w.stranger().get("/robots.txt").body; got != "User-agent: *\nDisallow: /\n" {
		t.Errorf("robots.txt = %q", got)
	}
	if rail := w.stranger().get("/signin").want(t, 200); rail.Find(`.menu a[href="/"], .menu a[href="/search"], .side .search`).Length() != 0 {
		t.Error("the sign-in page leads strangers to what they cannot read")
	}
	w.set(func(p *cruddur.Place) { p.Reading = cruddur.ReadingEverybody })
	w.stranger().get("/").want(t, 200)
	w.stranger().get("/pictures/"+picture.UUID.String()+"/small.jpg").want(t, 200)
}

// To whoever is no operator, the operator's pages do not exist: byte for byte the page of an address that never was.
func TestAdminIsForOperators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Limits = ratelimit.Unlimited() })
	eve, _ := w.operator("eve")
	old, former := w.operator("former")
	w.must(w.db.Suspend(t.Context(), former.UUID, w.now))
	mod, m := w.member("mod")
	w.must(w.db.SetRole(t.Context(), m.UUID, cruddur.RoleModerator, cruddur.Act{Actor: cruddur.CommandLine}, w.now))
	ada, _ := w.member("ada")
	asked := 0
	for _, rt := range w.site.routes() {
		if rt.who != operator {
			continue
		}
		asked++
		for who, b := range map[string]*browser{"a member": ada, "a moderator": mod} {
			got, never := b.do(rt.method, rt.pattern, map[string][]string{"role": {"operator"}, "name": {"Mine"}}), b.get("/nothing")
			if got.status != 404 || got.body != never.body {
				t.Errorf("%s: %s %s = %d", who, rt.method, rt.pattern, got.status)
			}
		}
		for who, b := range map[string]*browser{"a stranger": w.stranger(), "a suspended operator": {world: w, cookies: maps.Clone(old.cookies), client: "127.0.0.1"}} {
			if got := b.do(rt.method, rt.pattern, nil); rt.method == "GET" && got.status != 303 || rt.method == "POST" && got.status != 401 {
				t.Errorf("%s: %s %s = %d", who, rt.method, rt.pattern, got.status)
			}
		}
		if rt.method == "GET" {
			eve.get(rt.pattern).want(t, 200)
		}
	}
	if asked < 6 {
		t.Errorf("only %d routes were asked", asked)
	}
	if p, err := w.db.Place(t.Context()); err != nil || p.Name != "Cruddur" {
		t.Errorf("the place is %+v, %v", p, err)
	}
	for b, want := range map[*browser]int{eve: 1, mod: 0, ada: 0} {
		if got := b.get("/").Find(`.rail a[href="/admin"]`).Length(); got != want {
			t.Errorf("the rail has %d links to the operator's pages, want %d", got, want)
		}
	}
}

// An operator changes the place on a page; what is wrong is said beside its field, and nothing typed is lost.
func TestAdminPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eve, _ := w.operator("eve")
	fields := []string{
		"name", "Class <7b>", "line", "Our class", "rules", "Be kind.\nRead https://rules.example first.", "contact", "eve@school.example",
		"colour", "#FFEE00", "sign_up", "domain", "domains", "Zürich.example, *.school.example", "reading", "everybody",
	}
	a := eve.post("/admin/place", append(fields, "colour", "", "name", "")...)
	_ = a
	bad := slices.Clone(fields)
	bad[9] = "yellow"
	a = eve.post("/admin/place", bad...).want(t, 422)
	if a.Find("#f-colour[aria-invalid]").Length() != 1 || a.Find("#f-name").AttrOr("value", "") != "Class <7b>" || !strings.Contains(a.Find("#f-rules").Text(), "Be kind.") {
		t.Errorf("after a wrong colour: %s", a.text("main"))
	}
	eve.post("/admin/place", fields...).goes(t, "/admin/place?notice=place")
	a = eve.get("/admin/place").want(t, 200)
	if got := a.Find("#f-domains").AttrOr("value", ""); got != "*.school.example zürich.example" {
		t.Errorf("the domains are %q", got)
	}
	a = w.stranger().get("/about").want(t, 200)
	if a.Find("title").Text() != "About · Class <7b>" || a.text(".wordmark") != "Class <7b>" || a.text(".lead") != "Our class" {
		t.Errorf("the page about the place is %q, %q, %q", a.Find("title").Text(), a.text(".wordmark"), a.text(".lead"))
	}
	if a.Find(`main a[href="mailto:eve@school.example"]`).Length() != 1 || a.Find(`main a[href="https://rules.example"]`).Length() != 1 || !strings.Contains(a.text("main"), "@zürich.example") {
		t.Errorf("the page about the place says %q", a.text("main"))
	}
	if got := a.Find(".mark path[fill]").First().AttrOr("fill", ""); got != "#ffee00" || a.Find(`.mark g[stroke="#000"]`).Length() != 1 {
		t.Errorf("the logo is %q", got)
	}
	if icon := w.stranger().get("/icon.svg"); !strings.Contains(icon.body, `fill="#ffee00"`) || !strings.Contains(icon.body, `stroke="#000"`) {
		t.Errorf("the icon is %s", icon.body)
	}
	if m := w.stranger().get("/manifest.webmanifest"); !strings.Contains(m.body, `"Class \u003c7b\u003e"`) || !strings.Contains(m.body, "/icon.svg?ffee00") {
		t.Errorf("the manifest is %s", m.body)
	}
}

func TestDarkColours(t *testing.T) {
	t.Parallel()
	for colour, want := range map[string]bool{"#000000": true, "#ffffff": false, "#9500ff": true, "#ffee00": false, "#0000ff": true, "#00ff00": false, "#808080": false, "#606060": true} {
		if got := dark(colour); got != want {
			t.Errorf("%s is dark: %v, want %v", colour, got, want)
		}
	}
}

// The figures are counted once in half a minute, and drawn.
func TestAdminFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eve, _ := w.operator("eve")
	_, ada := w.member("ada")
	w.crud(ada, "one", "1-hour")
	read := func() string { t.Helper(); return eve.get("/admin").want(t, 200).text(".figures") }
	if got := read(); !strings.Contains(got, "Members 2") || !strings.Contains(got, "Live cruds 1") || !strings.Contains(got, "Waiting to be deleted 0") {
		t.Errorf("the figures are %q", got)
	}
	w.crud(ada, "two", "1-hour")
	if got := read(); !strings.Contains(got, "Live cruds 1") {
		t.Errorf("within half a minute: %q", got)
	}
	w.now = w.now.Add(figuresLife)
	w.must(w.db.Suspend(t.Context(), ada.UUID, w.now))
	w.now = w.now.Add(figuresLife)
	if got := read(); !strings.Contains(got, "Live cruds 0") || !strings.Contains(got, "Members 2 1 suspended") {
		t.Errorf("later: %q", got)
	}
	w.now = w.now.Add(time.Hour)
	if got := read(); !strings.Contains(got, "Waiting to be deleted 2") || !strings.Contains(got, "the oldest for 1m") {
		t.Errorf("after the end: %q", got)
	}
	a := eve.get("/admin")
	if a.Find("svg.chart[role=img] rect").Length() != signUpDays || a.Find(".chart-table td").Length() != 2 || a.Find(".bars div").Length() != 10 {
		t.Errorf("%d columns, %d cells, %d bars", a.Find("svg.chart[role=img] rect").Length(), a.Find(".chart-table td").Length(), a.Find(".bars div").Length())
	}
	for size, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 12345: "12 kB", 999_499: "999 kB", 999_500: "1.0 MB", 5_000_000_000: "5.0 GB"} {
		if got := bytesText(w.site.Languages.English(), size); got != want {
			t.Errorf("%d bytes are %q, want %q", size, got, want)
		}
	}
}
