package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
)

// court is a world with moderators.
type court struct {
	*world
	users map[string]cruddur.User
	old   map[string]string // sessions that were begun before a suspension or the loss of a role
}

// newCourt makes members of every role: mod and mod2 are moderators, op and op2 operators, sus a suspended moderator, and
// lost is a moderator no more.
func newCourt(t *testing.T) *court {
	c := &court{world: newWorld(t, func(c *Config) { c.Limits = ratelimit.Unlimited() }), users: map[string]cruddur.User{}, old: map[string]string{}}
	for handle, role := range map[string]cruddur.Role{
		"ada": cruddur.RoleMember, "bo": cruddur.RoleMember, "mod": cruddur.RoleModerator, "mod2": cruddur.RoleModerator,
		"op": cruddur.RoleOperator, "op2": cruddur.RoleOperator, "sus": cruddur.RoleModerator, "lost": cruddur.RoleModerator,
	} {
		u, err := c.db.UpsertUser(t.Context(), cruddur.User{
			Handle: handle, DisplayName: strings.ToUpper(handle[:1]) + handle[1:], Email: handle + "@example.com", Subject: handle,
		}, c.now)
		c.must(err)
		if c.old[handle], err = c.site.Sessions.Begin(t.Context(), handle, identity.Browser{UserAgent: "test"}, c.now); err != nil {
			t.Fatal(err)
		}
		c.must(c.db.SetRole(t.Context(), u.UUID, role, cruddur.Act{Actor: "x", Target: "@" + handle}, c.now))
		c.users[handle] = u
	}
	c.must(c.db.Suspend(t.Context(), c.users["sus"].UUID, c.now))
	c.must(c.db.SetRole(t.Context(), c.users["lost"].UUID, cruddur.RoleMember, cruddur.Act{Actor: "x", Target: "@lost"}, c.now))
	return c
}

// as returns a browser of somebody: "" is a stranger.
func (c *court) as(handle string) *browser {
	c.t.Helper()
	b := c.stranger()
	switch handle {
	case "":
	case "sus", "lost":
		b.cookies["cruddur"] = c.old[handle]
	default:
		token, err := c.site.Sessions.Begin(c.t.Context(), c.users[handle].Subject, identity.Browser{UserAgent: "test"}, c.now)
		c.must(err)
		b.cookies["cruddur"] = token
	}
	return b
}

// caseOn returns the open case of a crud with a picture by a member, and the crud; bo has reported it.
func (c *court) caseOn(handle string) (cruddur.Case, cruddur.Activity) {
	c.t.Helper()
	_, a := c.pictured(c.users[handle], cruddur.UUID{}, "1-day")
	_, err := c.db.Report(c.t.Context(), cruddur.NewReport{
		Reporter: c.users["bo"].UUID, Kind: cruddur.ActivityTarget, Target: a.UUID, Reason: cruddur.Abuse, Words: "the words of bo",
		Copies: map[cruddur.UUID][]byte{a.Pictures[0].UUID: {1, 2, 3}},
	}, c.now)
	c.must(err)
	list, err := c.db.Cases(c.t.Context(), cruddur.AtCommandLine, cruddur.UUID{}, 1, c.now)
	c.must(err)
	return list[0], a
}

func (c *court) logged() []cruddur.Act {
	c.t.Helper()
	list, err := c.db.Acts(c.t.Context(), cruddur.UUID{}, 1000, c.now.Add(time.Second))
	c.must(err)
	return list
}

// verdict is what a moderation route answers to who may use it.
type verdict struct {
	form   string // what is sent, as a query
	status int
	act    string // that it leaves in the log
}

// verdicts has a line for each route of moderators. A route without one fails the test: say what it does, and so who may.
var verdicts = map[string]verdict{
	"GET /moderation":                              {status: 200},
	"GET /moderation/log":                          {status: 200},
	"GET /moderation/members":                      {status: 200},
	"GET /moderation/members/{at}":                 {status: 200},
	"POST /moderation/members/{at}/note":           {form: "note=why", status: 303, act: "note"},
	"POST /moderation/members/{at}/silence":        {form: "note=why", status: 303, act: "silence"},
	"POST /moderation/members/{at}/unsilence":      {form: "note=why", status: 303, act: "unsilence"},
	"POST /moderation/members/{at}/suspend":        {form: "note=why", status: 303, act: "suspend"},
	"POST /moderation/members/{at}/unsuspend":      {form: "note=why", status: 303, act: "unsuspend"},
	"GET /moderation/cases/{uuid}":                 {status: 200},
	"GET /moderation/cases/{uuid}/pictures/{file}": {status: 200},
	"POST /moderation/cases/{uuid}/note":           {form: "note=why", status: 303, act: "note"},
	"POST /moderation/cases/{uuid}/silence":        {form: "note=why", status: 303, act: "silence"},
	"POST /moderation/cases/{uuid}/unsilence":      {form: "note=why", status: 303, act: "unsilence"},
	"POST /moderation/cases/{uuid}/suspend":        {form: "note=why", status: 303, act: "suspend"},
	"POST /moderation/cases/{uuid}/unsuspend":      {form: "note=why", status: 303, act: "unsuspend"},
	"POST /moderation/cases/{uuid}/delete":         {form: "note=why&sure=yes", status: 303, act: "delete_activity"},
	"POST /moderation/cases/{uuid}/close":          {form: "note=why", status: 303, act: "close_case"},
}

// may is the rule in this test's own words: who gets to handle what is about whom.
func may(actor, about string) bool {
	switch actor {
	case "mod", "mod2":
		return about == "ada"
	case "op":
		return true
	default:
		return false
	}
}

// TestWhoModerates asks every moderation route as everybody, about a member, a moderator and an operator. To who may not,
// it is a page that is not there, byte for byte; it changes nothing and leaves no entry. What is done leaves exactly one.
func TestWhoModerates(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	asked := map[string]bool{}
	for _, rt := range c.site.routes() {
		if rt.who != moderator {
			continue
		}
		route := rt.method + " " + rt.pattern
		want, ok := verdicts[route]
		if !ok {
			t.Errorf("%s has no line in verdicts: what does it do, and who may?", route)
			continue
		}
		asked[route] = true
		for _, actor := range []string{"", "bo", "ada", "sus", "lost"} { // for whom nothing of the kind is there
			c.ask(rt, want, actor, "ada")
		}
		for _, actor := range []string{"mod", "mod2", "op", "op2"} {
			for _, about := range []string{"ada", "mod2", "op2"} {
				c.ask(rt, want, actor, about)
			}
		}
	}
	for route := range verdicts {
		if !asked[route] {
			t.Errorf("verdicts has %s, which is not a route of moderators", route)
		}
	}
	if len(asked) < 18 {
		t.Errorf("only %d routes were asked", len(asked))
	}
}

func (c *court) ask(rt route, want verdict, actor, about string) {
	c.t.Helper()
	c.now = c.now.Add(time.Second)
	k, a := c.caseOn(about)
	if strings.HasSuffix(rt.pattern, "/unsuspend") {
		c.must(c.db.Suspend(c.t.Context(), c.users[about].UUID, c.now))
	}
	c.must(c.db.Silence(c.t.Context(), c.users[about].UUID, strings.HasSuffix(rt.pattern, "/unsilence"), cruddur.Act{Actor: "x"}, c.now))
	defer func() { c.must(c.db.Unsuspend(c.t.Context(), c.users[about].UUID)) }()
	actsOnSelf := actor == about
	if actsOnSelf && strings.HasSuffix(rt.pattern, "/unsuspend") {
		return // nobody signs in suspended
	}
	path := strings.NewReplacer("{at}", "@"+about, "{uuid}", k.UUID.String(), "{file}", "0.jpg").Replace(rt.pattern)
	what := fmt.Sprintf("%s %s as %q about %s", rt.method, rt.pattern, actor, about)
	send := func(path string) *answer {
		if rt.method == http.MethodGet {
			return c.as(actor).get(path)
		}
		pairs := strings.FieldsFunc(want.form, func(r rune) bool { return r == '=' || r == '&' })
		return c.as(actor).post(path, pairs...)
	}
	c.now = c.now.Add(time.Second) // what was done so far is older
	before := len(c.logged())
	got := send(path)
	moderates := actor == "mod" || actor == "mod2" || strings.HasPrefix(actor, "op")
	allowed := moderates && may(strings.Replace(actor, "op2", "op", 1), about) && !actsOnSelf
	if !strings.Contains(rt.pattern, "{uuid}") && rt.method == http.MethodGet {
		allowed = moderates // lists, and what was done about whom
	}
	status := want.status
	if !allowed {
		status = http.StatusNotFound
		switch {
		case moderates && strings.Contains(rt.pattern, "{at}"):
			status = http.StatusForbidden // there is the page, without the buttons
		case (actor == "" || actor == "sus") && rt.method == http.MethodGet:
			status = http.StatusSeeOther // strangers may sign in, whether there is such a case or member or not
		case actor == "" || actor == "sus":
			status = http.StatusUnauthorized
		}
	}
	if got.status != status {
		c.t.Errorf("%s answers %d, want %d", what, got.status, status)
	}
	if status == http.StatusNotFound {
		if none := send("/nothing/of/the/kind"); none.body != got.body || none.status != got.status || none.header.Get("Allow") != got.header.Get("Allow") {
			c.t.Errorf("%s differs from a page that is not there", what)
		}
	}
	var left []string
	for _, act := range c.logged()[:len(c.logged())-before] {
		left = append(left, act.Actor+" "+act.Act+" "+act.Note)
	}
	if entry := "@" + actor + " " + want.act + " why"; allowed && want.act != "" && (len(left) != 1 || left[0] != entry) || (!allowed || want.act == "") && len(left) != 0 {
		c.t.Errorf("%s leaves %q in the log", what, left)
	}
	if _, err := c.db.Case(c.t.Context(), cruddur.AtCommandLine, k.UUID, c.now); (err != nil) != (allowed && want.act == "close_case") {
		c.t.Errorf("after %s the case: %v", what, err)
	}
	if m, err := c.db.FindMember(c.t.Context(), about, c.now); err != nil || m.Role != c.role(about) {
		c.t.Errorf("after %s the member is %+v, %v", what, m, err)
	}
	c.must(c.db.Unsuspend(c.t.Context(), c.users[about].UUID))
	if _, err := c.db.Activity(c.t.Context(), a.UUID, c.now); (err != nil) != (allowed && want.act == "delete_activity") {
		c.t.Errorf("after %s the crud: %v", what, err)
	}
}

func (c *court) role(handle string) cruddur.Role {
	switch {
	case strings.HasPrefix(handle, "op"):
		return cruddur.RoleOperator
	case strings.HasPrefix(handle, "mod"):
		return cruddur.RoleModerator
	default:
		return cruddur.RoleMember
	}
}

// Whatever a member sends to a moderation path, by whichever method, answers as a path that is not there.
func TestModerationIsHidden(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	k, _ := c.caseOn("ada")
	for _, rt := range c.site.routes() {
		if rt.who.role() == cruddur.RoleMember {
			continue
		}
		path := strings.NewReplacer("{at}", "@ada", "{uuid}", k.UUID.String(), "{file}", "0.jpg").Replace(rt.pattern)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "BREW"} {
			for _, actor := range []string{"ada", "lost"} { // strangers may sign in
				for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain"} {
					ask := func(path string) *answer {
						r, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader("%zz="+strings.Repeat("x", 100)))
						c.must(err)
						r.Header.Set("Content-Type", kind)
						return c.as(actor).send(r)
					}
					got, none := ask(path), ask("/nothing/of/the/kind")
					if got.status != none.status || got.body != none.body || got.header.Get("Allow") != none.header.Get("Allow") {
						t.Errorf("%s %s (%q) as %q = %d, and %d for what is not there", method, path, kind, actor, got.status, none.status)
					}
				}
			}
		}
	}
	for _, actor := range []string{"", "ada", "lost"} {
		for _, path := range []string{"/", "/@mod", "/me", "/settings"} {
			if a := c.as(actor).get(path); strings.Contains(a.body, "/moderation") {
				t.Errorf("%s tells %q of the moderators' pages", path, actor)
			}
		}
	}
	for _, path := range []string{"/", "/me"} {
		a := c.as("mod").get(path).want(t, 200)
		if got := a.Find(`a[href="/moderation"] .badge`).First().Text(); !strings.HasPrefix(got, "1") {
			t.Errorf("%s tells a moderator %q", path, got)
		}
	}
	if a := c.as("mod").get("/@ada").want(t, 200); a.Find(`a[href="/moderation/members/@ada"]`).Length() != 1 {
		t.Error("the profile does not lead a moderator to the member's page")
	}
}

// CVE-2025-65795, CVE-2026-6634 (Memos): a field of a request gave its sender rights.
//
// No field of a form gives a role, to oneself or to others.
func TestAdvisoryRoleFromInput(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	k, _ := c.caseOn("ada")
	for _, rt := range c.site.routes() {
		if rt.method != http.MethodPost || strings.HasPrefix(rt.pattern, "/settings/delete") || rt.pattern == "/signout" {
			continue
		}
		path := strings.NewReplacer("{at}", "@ada", "{uuid}", k.UUID.String()).Replace(rt.pattern)
		for _, actor := range []string{"bo", "mod"} {
			c.as(actor).post(path, "role", "operator", "Role", "operator", "users.role", "operator", "user[role]", "operator", "moderator_uuid", "", "by", "op", "actor", "op",
				"display_name", "Name", "bio", "bio", "default_ttl", "1-day", "note", "why", "ttl", "1-day", "message", "text")
		}
	}
	for _, handle := range []string{"ada", "bo", "mod"} {
		if m, err := c.db.FindMember(t.Context(), handle, c.now); err != nil || m.Role != c.role(handle) {
			t.Errorf("%s is %+v, %v", handle, m, err)
		}
	}
	for _, act := range c.logged() {
		if act.Actor != "x" && act.Actor != "@mod" {
			t.Errorf("the log has an act of %s", act.Actor)
		}
	}
}
