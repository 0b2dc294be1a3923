package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/filter"
)

// attempt is how bob tries a route that names something of ada's.
type attempt struct {
	body      string // a body that the route takes, or ""
	bob, anon int    // the status of the answer to bob and to a stranger, if it is visible
}

// attempts has a line for each route with a {uuid} or a {handle}. A route without one fails the test: say what another
// member may do.
var attempts = map[string]attempt{
	"GET /api/activities/{uuid}":           {bob: 200, anon: 200},
	"DELETE /api/activities/{uuid}":        {bob: 403, anon: 401},
	"PUT /api/activities/{uuid}/end":       {body: `{"ttl":"1-hour"}`, bob: 403, anon: 401},
	"POST /api/activities/{uuid}/reply":    {body: `{"message":"an answer"}`, bob: 200, anon: 401},
	"PUT /api/activities/{uuid}/like":      {bob: 200, anon: 401},
	"DELETE /api/activities/{uuid}/like":   {bob: 200, anon: 401},
	"GET /api/activities/{uuid}/likes":     {bob: 200, anon: 200},
	"PUT /api/activities/{uuid}/repost":    {bob: 200, anon: 401},
	"DELETE /api/activities/{uuid}/repost": {bob: 200, anon: 401},
	"GET /api/activities/{uuid}/reposts":   {bob: 200, anon: 200},

	"GET /api/activities/@{handle}":               {bob: 200, anon: 200},
	"GET /api/activities/@{handle}/replies":       {bob: 200, anon: 200},
	"GET /api/activities/@{handle}/likes":         {bob: 404, anon: 404}, // ada has not opened them
	"GET /api/activities/@{handle}/status/{uuid}": {bob: 200, anon: 200},
	"GET /api/users/@{handle}/short":              {bob: 200, anon: 200},
	"PUT /api/users/@{handle}/follow":             {bob: 200, anon: 401},
	"DELETE /api/users/@{handle}/follow":          {bob: 200, anon: 401},
	"PUT /api/users/@{handle}/mute":               {body: `{"ttl":"1-day"}`, bob: 200, anon: 401},
	"DELETE /api/users/@{handle}/mute":            {bob: 200, anon: 401},
	"PUT /api/users/@{handle}/block":              {bob: 200, anon: 401},
	"DELETE /api/users/@{handle}/block":           {bob: 200, anon: 401},
	"GET /api/users/@{handle}/followers":          {bob: 200, anon: 200},
	"GET /api/users/@{handle}/following":          {bob: 200, anon: 200},

	// An activity is neither a conversation nor a message; TestAdvisoryAudienceOfOthers tries those.
	"DELETE /api/message_groups/{uuid}":     {bob: 404, anon: 401},
	"PUT /api/message_groups/{uuid}/accept": {bob: 404, anon: 401},
	"PUT /api/message_groups/{uuid}/seen":   {bob: 404, anon: 401},
	"PUT /api/message_groups/{uuid}/timer":  {body: `{"ttl":"1-hour"}`, bob: 404, anon: 401},
	"GET /api/messages/{uuid}":              {bob: 404, anon: 401},
	"DELETE /api/messages/{uuid}":           {bob: 404, anon: 401},
	"GET /api/messages/@{handle}":           {bob: 200, anon: 401},
}

// object is what a route may name: an activity and the handle in its address.
type object struct{ handle, uuid string }

// unseen is a world with things that nobody may see.
type unseen struct {
	*world
	ada       cruddur.User
	visible   cruddur.Activity
	invisible map[string]object // by what became of them
	members   map[string]object // members who cannot be seen, with an activity that can
}

func newUnseen(t *testing.T) *unseen {
	w := newWorld(t)
	ada, sue, gone := w.member("ada"), w.member("sue"), w.member("gone")
	w.member("bob")
	of := func(a cruddur.Activity) object { return object{a.Handle, a.UUID.String()} }
	root, hidden := w.post(ada, "stays", "7-days"), w.post(sue, "of somebody suspended", "7-days")
	below := w.answer(ada, hidden, "hangs on it", "")
	deeper := w.answer(ada, below, "hangs on what hangs on it", "1-day")
	suspended := w.answer(sue, root, "an answer of somebody suspended", "")
	deleted := w.post(ada, "deleted", "7-days")
	withIt := w.answer(ada, deleted, "deleted with it", "")
	ofGone := w.answer(gone, root, "of somebody whose account is deleted", "")
	over, short := w.post(ada, "over", "1-hour"), w.answer(ada, root, "an answer that is over", "1-hour")
	overToo := w.answer(ada, over, "over with it", "")
	for _, err := range []error{
		w.db.DeleteActivity(t.Context(), deleted.UUID, ada.UUID, w.now),
		w.db.Suspend(t.Context(), sue.UUID, w.now),
		w.db.DeleteUser(t.Context(), gone.UUID),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.now = w.now.Add(time.Hour)
	visible := w.post(ada, "visible", "7-days")
	u := &unseen{world: w, ada: ada, visible: visible}
	u.invisible = map[string]object{
		"absent": {"ada", "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970"}, "not a uuid": {"ada", "1"},
		"hidden": of(hidden), "below hidden": of(below), "deep below hidden": of(deeper), "hidden answer": of(suspended),
		"deleted": of(deleted), "deleted with it": of(withIt), "deleted account": of(ofGone),
		"over": of(over), "answer over": of(short), "over with it": of(overToo),
	}
	u.members = map[string]object{}
	for _, handle := range []string{"nobody", "sue", "gone", "SUE", "n\u00f6", "0123456789012345678901234567890"} {
		u.members[handle] = object{handle, visible.UUID.String()}
	}
	return u
}

// ask tries a route with a fresh allowance.
func (u *unseen) ask(route string, o object, token, body string) answer {
	u.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	target := strings.NewReplacer("{handle}", url.PathEscape(o.handle), "{uuid}", o.uuid).Replace(path)
	a := u.do(query{
		method: method, target: target, token: token, body: body, odd: true,
		handler: u.api(api.Config{Feed: filter.Feed{Homes: feed.New(u.db), Store: filter.Store{DB: u.db}}, Store: filter.Store{DB: u.db}, RequestLimit: -1}),
	})
	return a
}

// routesThatName returns the routes that name an activity or a member.
func routesThatName() (out []string) {
	for _, r := range api.Routes() {
		if strings.Contains(r, "{uuid}") || strings.Contains(r, "{handle}") {
			out = append(out, r)
		}
	}
	return out
}

// CVE-2025-67500 (Mastodon): different errors told that a hidden post exists.
//
// What expired, was deleted, is hidden or was never there answers alike, byte for byte, to everybody and on every route
// that can name it, whatever is sent along. Its author is no exception.
func TestAdvisoryStatusTellsWhatIsHidden(t *testing.T) {
	t.Parallel()
	u := newUnseen(t)
	for _, route := range routesThatName() {
		objects := u.members
		if strings.Contains(route, "{uuid}") {
			objects = u.invisible
		}
		if strings.Contains(route, "{handle}") && strings.Contains(route, "{uuid}") {
			objects = maps.Clone(u.invisible)
			maps.Copy(objects, u.members)
		}
		for _, token := range []string{"", "null", "bob", "ada", "sue"} {
			for _, body := range slices.Compact([]string{attempts[route].body, "", `{}`, `{"message":5,"ttl":5}`, `{"message":"","ttl":"x"}`}) {
				var first answer
				for i, what := range slices.Sorted(maps.Keys(objects)) {
					a := u.ask(route, objects[what], token, body)
					if i == 0 {
						first = a
					}
					if diff := cmp.Diff(first, a, cmp.AllowUnexported(answer{})); diff != "" {
						t.Errorf("%s of %q with the body %q: %s differs:\n%s", route, token, body, what, diff)
					}
				}
				if token == "bob" && body == attempts[route].body && first.status != 404 {
					t.Errorf("%s answers %d %s for what is not to be seen, want 404", route, first.status, first.body)
				}
			}
		}
	}
}

// CVE-2026-23964 (Mastodon), CVE-2025-65796 to 65798, CVE-2022-4686 (Memos): a member could change or delete what is
// another's by its id.
//
// Bob tries everything of ada's with every route: what is not his to change stays as it was.
func TestAdvisoryObjectsOfOthers(t *testing.T) {
	t.Parallel()
	u := newUnseen(t)
	routes := routesThatName()
	for _, route := range routes {
		want, ok := attempts[route]
		if !ok {
			t.Errorf("%s has no line in attempts: what may another member and a stranger do?", route)
			continue
		}
		o := object{"ada", u.visible.UUID.String()}
		for token, status := range map[string]int{"bob": want.bob, "": want.anon, "sue": want.anon} {
			if a := u.ask(route, o, token, want.body); a.status != status {
				t.Errorf("%s of %q answers %d %s, want %d", route, token, a.status, a.body, status)
			}
			got, err := u.db.Activity(t.Context(), u.visible.UUID, u.now)
			got.RepliesCount, got.RepostsCount, got.LikesCount = 0, 0, 0
			if err != nil || !cmp.Equal(got, u.visible) {
				t.Fatalf("after %s of %q ada's crud is %+v, %v, want %+v", route, token, got, err, u.visible)
			}
		}
	}
	for route := range attempts {
		if !slices.Contains(routes, route) {
			t.Errorf("attempts has %s, which is not a route", route)
		}
	}
	if p, err := u.db.Profile(t.Context(), "ada", u.now); err != nil || p.DisplayName != "Ada" || p.FollowersCount != 0 {
		t.Errorf("ada's profile is %+v, %v", p, err)
	}
}

// Every path answers every method that it does not have alike, whatever it names.
func TestOtherMethods(t *testing.T) {
	t.Parallel()
	u := newUnseen(t)
	for _, route := range routesThatName() {
		_, path, _ := strings.Cut(route, " ")
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"} {
			if slices.Contains(api.Routes(), method+" "+path) || method == "HEAD" && slices.Contains(api.Routes(), "GET "+path) {
				continue
			}
			var first string
			for i, o := range []object{{"ada", u.visible.UUID.String()}, u.invisible["hidden"], u.invisible["absent"]} {
				a := u.ask(method+" "+path, o, "bob", "")
				if got := fmt.Sprint(a.status, a.body, a.header); i == 0 {
					first = got
				} else if got != first || a.status != 405 {
					t.Errorf("%s %s = %s, want %s", method, path, got, first)
				}
			}
		}
	}
}
