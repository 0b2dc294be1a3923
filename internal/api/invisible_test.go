package api_test

import (
	"archive/zip"
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/ratelimit"
)

// reading is how a read route is asked in TestInvisible.
type reading struct {
	targets []string // the token of the reader, or "-" for a stranger, and the address
	blind   string   // why nothing that members do to each other shows there; the answers of all other routes must change
}

// readings has a line for each GET route. A route without one fails the test: think of what it counts and lists.
var readings = map[string]reading{
	"/api/health-check":       {blind: "tells of no member"},
	"/api/openapi.yaml":       {blind: "tells of no member"},
	"/api/place":              {blind: "tells of no member"},
	"/api/docs":               {blind: "tells of no member"},
	"/api/stream":             {blind: "does not end; TestStreamTellsNothingHidden says what it tells"},
	"/.well-known/jwks.json":  {blind: "tells of no member"},
	"/api/pictures/{picture}": {blind: "tells members of their own pictures"},
	"/avatars/{name}":         {blind: "is a picture; TestAvatarsOfTheOriginal says who sees it"},
	"/api/me":                 {targets: []string{"ada /api/me"}, blind: "tells members of themselves"},

	"/api/me/export":                          {targets: []string{"ada /api/me/export", "bob /api/me/export"}},
	"/api/me/export.zip":                      {targets: []string{"ada /api/me/export.zip"}},
	"/api/me/mutes":                           {targets: []string{"ada /api/me/mutes"}, blind: "tells members what they do themselves"},
	"/api/me/blocks":                          {targets: []string{"bob /api/me/blocks"}, blind: "tells members what they do themselves"},
	"/api/activities/home":                    {targets: []string{"- /api/activities/home", "bob /api/activities/home", "bob /api/activities/home?limit=1"}},
	"/api/activities/following":               {targets: []string{"bob /api/activities/following", "ada /api/activities/following"}},
	"/api/activities/search":                  {targets: []string{"- /api/activities/search?term=passing", "bob /api/activities/search?term=from:bob", "- /api/activities/search?term=%23answer"}},
	"/api/activities/tags/{tag}":              {targets: []string{"- /api/activities/tags/passing", "bob /api/activities/tags/answer"}},
	"/api/trends":                             {targets: []string{"- /api/trends"}},
	"/api/activities/{uuid}":                  {targets: []string{"- /api/activities/ROOT", "bob /api/activities/ROOT", "- /api/activities/REPLY"}},
	"/api/activities/{uuid}/likes":            {targets: []string{"- /api/activities/ROOT/likes", "ada /api/activities/REPLY/likes"}},
	"/api/activities/{uuid}/reposts":          {targets: []string{"- /api/activities/ROOT/reposts", "ada /api/activities/REPLY/reposts"}},
	"/api/activities/@{handle}":               {targets: []string{"- /api/activities/@ada", "bob /api/activities/@ada", "ada /api/activities/@bob"}},
	"/api/activities/@{handle}/replies":       {targets: []string{"- /api/activities/@ada/replies", "- /api/activities/@bob/replies"}},
	"/api/activities/@{handle}/likes":         {targets: []string{"- /api/activities/@bob/likes", "bob /api/activities/@bob/likes"}},
	"/api/activities/@{handle}/status/{uuid}": {targets: []string{"- /api/activities/@ada/status/ROOT", "bob /api/activities/@bob/status/REPLY", "- /api/activities/@ada/status/ROOT?after=REPLY"}},
	"/api/activities/notifications":           {targets: []string{"ada /api/activities/notifications", "bob /api/activities/notifications"}},
	"/api/notifications":                      {targets: []string{"ada /api/notifications", "bob /api/notifications", "bob /api/notifications?limit=1", "bob /api/notifications?kind=mentions"}},
	"/api/notifications/unread":               {targets: []string{"ada /api/notifications/unread", "bob /api/notifications/unread"}},
	"/api/users/suggested":                    {targets: []string{"ada /api/users/suggested", "bob /api/users/suggested"}},
	"/api/users/@{handle}/short":              {targets: []string{"- /api/users/@ada/short"}, blind: "tells a name"},
	"/api/users/@{handle}/followers":          {targets: []string{"- /api/users/@ada/followers", "bob /api/users/@ada/followers"}},
	"/api/message_groups":                     {targets: []string{"ada /api/message_groups", "bob /api/message_groups", "ada /api/message_groups?requests=true"}},
	"/api/messages/unread":                    {targets: []string{"ada /api/messages/unread", "bob /api/messages/unread"}},
	"/api/messages/{uuid}":                    {targets: []string{"ada /api/messages/GROUP", "bob /api/messages/GROUP"}},
	"/api/messages/@{handle}":                 {targets: []string{"ada /api/messages/@bob", "bob /api/messages/@ada"}},
	"/api/users/@{handle}/following":          {targets: []string{"- /api/users/@bob/following"}},
}

// cast is a world in which ada and bob talk. eve comes and goes.
type cast struct {
	*world
	ada, bob, eve cruddur.User
	root, reply   cruddur.Activity
	private       cruddur.PrivateMessage // of ada to bob
	feed          *feed.Feed
}

func newCast(t *testing.T) *cast {
	c := &cast{world: newWorld(t)}
	c.feed = feed.New(c.db).Keep()
	c.db.Watch(c.feed)
	c.handler = c.api(api.Config{Feed: c.feed, Store: c.db, Trends: freshTrends{c.db}, Limits: ratelimit.Unlimited(), RequestLimit: -1})
	c.ada, c.bob, c.eve = c.member("ada"), c.member("bob"), c.member("eve")
	c.root = c.post(c.ada, "the #root for @bob", "7-days")
	c.reply = c.answer(c.bob, c.root, "a #reply to the #root", "")
	c.must(c.db.Like(t.Context(), c.bob.UUID, c.root.UUID, true, c.now))
	c.must(c.db.Repost(t.Context(), c.bob.UUID, c.root.UUID, true, c.now))
	c.follows(c.bob, c.ada, true)
	c.follows(c.ada, c.bob, true)
	c.private = c.whisper(c.ada, c.bob, "the root of what is private")
	if err := c.db.SetTimer(t.Context(), c.bob.UUID, c.private.Conversation, "1-hour", c.now); err != nil {
		t.Fatal(err)
	}
	c.do(query{method: "PUT", target: "/api/profile/update", token: "bob", body: `{"display_name":"Bob","likes_public":true}`})
	return c
}

// freshTrends reads the trends anew each time. What a deletion changes is otherwise seen after a second.
type freshTrends struct{ db feed.TrendStore }

func (f freshTrends) Trends(ctx context.Context, limit int, now time.Time) ([]cruddur.Trend, error) {
	return feed.NewTrends(f.db).Trends(ctx, limit, now)
}

func (w *world) must(_ cruddur.Activity, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// answer stores a reply of a member, a second later than what came before.
func (w *world) answer(u cruddur.User, to cruddur.Activity, message string, ttl cruddur.TTL) cruddur.Activity {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	a, err := w.db.Reply(w.t.Context(), u.UUID, to.UUID, "", message, ttl, w.now)
	w.must(a, err)
	return a
}

func (w *world) follows(u, followed cruddur.User, on bool) {
	w.t.Helper()
	if err := w.db.Follow(w.t.Context(), u.UUID, followed.UUID, on, w.now); err != nil {
		w.t.Fatal(err)
	}
}

// snapshot returns the answers of all read routes, by route and target.
func (c *cast) snapshot() map[string]map[string]string {
	c.t.Helper()
	out := map[string]map[string]string{}
	names := strings.NewReplacer("ROOT", c.root.UUID.String(), "REPLY", c.reply.UUID.String(), "GROUP", c.private.Conversation.String())
	for route, r := range readings {
		out[route] = map[string]string{}
		for _, line := range r.targets {
			token, target, _ := strings.Cut(line, " ")
			if token == "-" {
				token = ""
			}
			a := c.do(query{target: names.Replace(target), token: token})
			if a.status != 200 {
				c.t.Fatalf("%s = %d %s", line, a.status, a.body)
			}
			if strings.HasSuffix(route, ".zip") {
				a.body = listsIn(c.t, a.body)
			}
			out[route][line] = a.body + " " + a.header.Get("Link")
		}
	}
	return out
}

// listsIn returns the lists in an archive; the time at which it was made is none.
func listsIn(t *testing.T, archive string) (out string) {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out += f.Name + "\n" + string(text)
	}
	return out
}

// whisper sends a private message, a second later than what came before.
func (w *world) whisper(from, to cruddur.User, message string) cruddur.PrivateMessage {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	m, err := w.db.SendTo(w.t.Context(), from.UUID, to.UUID, "", message, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// talk lets eve say with a life of her own what can be said, and the others answer and mark it. It returns what she said.
func (c *cast) talk(ttl cruddur.TTL) []cruddur.Activity {
	said := []cruddur.Activity{
		c.post(c.eve, "a #passing crud for @ada and the #root", ttl),
		c.answer(c.eve, c.root, "a #passing answer", ttl), c.answer(c.eve, c.reply, "another", ttl),
	}
	said = append(said, c.picture(c.eve, cruddur.UUID{}, "a #passing picture", ttl))
	for _, a := range said {
		c.answer(c.ada, a, "ada's answer to it", "")
		c.picture(c.ada, a.UUID, "ada's picture below it", "")
		c.answer(c.bob, a, "bob's #answer to it", "")
		for _, u := range []cruddur.User{c.ada, c.bob} {
			c.must(c.db.Like(c.t.Context(), u.UUID, a.UUID, true, c.now))
			c.must(c.db.Repost(c.t.Context(), u.UUID, a.UUID, true, c.now))
		}
	}
	return said
}

// picture stores a crud or an answer that shows a picture.
func (c *cast) picture(u cruddur.User, to cruddur.UUID, message string, ttl cruddur.TTL) cruddur.Activity {
	c.t.Helper()
	c.now = c.now.Add(time.Second)
	id, err := c.db.AddPicture(c.t.Context(), cruddur.Picture{
		UserUUID: u.UUID, Kind: cruddur.CrudPicture, Alt: "of " + message, Width: 1, Height: 1, Color: "#000000", Extension: "jpg", Bytes: 1, CreatedAt: c.now,
	}, false)
	if err != nil {
		c.t.Fatal(err)
	}
	var a cruddur.Activity
	if to.IsZero() {
		a, err = c.db.CreateWith(c.t.Context(), u.UUID, cruddur.Draft{Message: message, Warning: "a passing warning", TTL: ttl, Pictures: []cruddur.UUID{id}}, c.now)
	} else {
		a, err = c.db.ReplyWith(c.t.Context(), u.UUID, to, cruddur.Draft{Message: message, Warning: "a passing warning", TTL: ttl, Pictures: []cruddur.UUID{id}}, c.now)
	}
	c.must(a, err)
	return a
}

// mark lets eve mark what the others have said, and binds her and bob to each other; or all of that is taken back.
func (c *cast) mark(on bool) {
	c.now = c.now.Add(time.Second)
	for _, a := range []cruddur.Activity{c.root, c.reply} {
		c.must(c.db.Like(c.t.Context(), c.eve.UUID, a.UUID, on, c.now))
		c.must(c.db.Repost(c.t.Context(), c.eve.UUID, a.UUID, on, c.now))
	}
	c.follows(c.eve, c.ada, on)
	c.follows(c.bob, c.eve, on)
}

// passings are the ways of becoming invisible: each lets something come, and returns how it goes.
var passings = map[string]func(c *cast) (gone func()){
	"Suspended": func(c *cast) func() {
		c.talk("7-days")
		c.mark(true)
		c.whisper(c.eve, c.ada, "a request") // ada does not follow her
		c.whisper(c.eve, c.bob, "a message")
		c.whisper(c.ada, c.eve, "an answer")
		c.whisper(c.eve, c.ada, "an answer to it")
		return func() {
			if err := c.db.Suspend(c.t.Context(), c.eve.UUID, c.now); err != nil {
				c.t.Fatal(err)
			}
		}
	},
	"Over": func(c *cast) func() { // for one second, and not swept
		c.talk("1-hour")
		c.whisper(c.bob, c.ada, "a passing message")
		c.whisper(c.ada, c.bob, "a passing answer")
		return func() { c.now = c.now.Add(time.Hour + time.Second) }
	},
	"Deleted": func(c *cast) func() {
		said := c.talk("1-day")
		message := c.whisper(c.bob, c.ada, "a message that is taken back")
		return func() {
			if err := c.db.DeleteMessage(c.t.Context(), c.bob.UUID, message.UUID, c.now); err != nil {
				c.t.Fatal(err)
			}
			for _, a := range said {
				if err := c.db.DeleteActivity(c.t.Context(), a.UUID, c.eve.UUID, c.now); err != nil {
					c.t.Fatal(err)
				}
			}
		}
	},
	"TakenBack": func(c *cast) func() {
		c.mark(true)
		return func() { c.mark(false) }
	},
}

// Nothing that is invisible is in a list or a number of any read route: all answers are, byte for byte, what they were
// before it came. While it is visible every route shows it in some way, otherwise this would test nothing.
func TestInvisible(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for name, pass := range passings {
		t.Run(name, func(t *testing.T) {
			c := newCast(t)
			before := c.snapshot()
			gone := pass(c)
			during := c.snapshot()
			for route := range readings {
				shown[route] = shown[route] || !maps.Equal(before[route], during[route])
			}
			gone()
			if diff := cmp.Diff(before, c.snapshot()); diff != "" {
				t.Errorf("what has gone is still in an answer (-before +after):\n%s", diff)
			}
			if name == "Suspended" {
				if err := c.db.Unsuspend(t.Context(), c.eve.UUID); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(during, c.snapshot()); diff != "" {
					t.Errorf("what is shown again is not what it was (-before +after):\n%s", diff)
				}
				return
			}
			for _, sweep := range []func(context.Context, time.Time, int) (int, error){c.db.Sweep, c.db.SweepMessages} {
				if _, err := sweep(t.Context(), c.now, 1000); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(before, c.snapshot()); diff != "" {
				t.Errorf("the sweep changes an answer (-before +after):\n%s", diff)
			}
		})
	}
	for route, r := range readings {
		if shown[route] == (r.blind != "") {
			t.Errorf("%s: shows what members do: %t, although it %s", route, shown[route], r.blind)
		}
	}
}

// A read route without a line in readings fails.
func TestReadings(t *testing.T) {
	t.Parallel()
	var routes []string
	for _, r := range api.Routes() {
		path, ok := strings.CutPrefix(r, "GET ")
		if !ok {
			continue
		}
		routes = append(routes, path)
		if r, ok := readings[path]; !ok || len(r.targets) == 0 && r.blind == "" {
			t.Errorf("%s has no line in readings: how is it asked, so that TestInvisible sees whether it counts or lists what is invisible?", path)
		}
	}
	for path := range readings {
		if !slices.Contains(routes, path) {
			t.Errorf("readings has %s, which is not a route", path)
		}
	}
}

// A token that is worth nothing reads as a stranger on every read that a stranger may use, and is 401 on the others.
func TestWorthlessTokens(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	names := strings.NewReplacer("ROOT", c.root.UUID.String(), "REPLY", c.reply.UUID.String(), "GROUP", c.private.Conversation.String())
	for route, r := range readings {
		open := loadSpec(t).Paths.Value(route).Get.Security
		for _, line := range r.targets {
			_, target, _ := strings.Cut(line, " ")
			target = names.Replace(target)
			strangers := c.get(target)
			if required := open != nil && len((*open)[0]) > 0; required != (strangers.status == 401) {
				t.Errorf("%s of a stranger = %d, and openapi.yaml says that it requires a viewer: %t", target, strangers.status, required)
			}
			for _, authorization := range []string{
				"Bearer null", "Bearer undefined", "Bearer ", "Bearer no.such.token", "Bearer eve2", "Basic YTpi", "bob", strings.Repeat("x", 9000),
			} {
				a := c.do(query{target: target, header: []string{"Authorization: " + authorization}})
				if diff := cmp.Diff(strangers, a, cmp.AllowUnexported(answer{})); diff != "" {
					t.Errorf("%s with %.30q (-stranger +got):\n%s", target, authorization, diff)
				}
			}
		}
	}
}
