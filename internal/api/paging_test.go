package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
)

// pagedList is a list whose rows come and go while somebody reads it page by page.
type pagedList struct {
	target, token string
	rows          int // before the reading begins
	// add adds a row where new ones appear and returns its uuid; a short one is over an hour later.
	add    func(short bool) string
	remove func(uuid string)
	// stir may do what moves rows: it gets those that were read and those that were not.
	stir func(read, unread []string)
}

// crowd is a world with many members.
type crowd struct {
	*world
	ada, bob cruddur.User
	root     cruddur.Activity
	others   []cruddur.User
	used     int
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{world: newWorld(t)}
	f := feed.New(c.db).Keep()
	c.db.Watch(f)
	c.handler = c.api(api.Config{Feed: f, Store: c.db, RequestLimit: -1})
	c.ada, c.bob = c.member("ada"), c.member("bob")
	for i := range 40 {
		c.others = append(c.others, c.member(fmt.Sprintf("other%d", i)))
	}
	c.root = c.post(c.ada, "root", "30-days")
	return c
}

// next returns a member who has done nothing yet.
func (c *crowd) next() cruddur.User {
	c.used++
	c.now = c.now.Add(time.Second)
	return c.others[c.used-1]
}

func (c *crowd) check(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *crowd) byUUID(uuid string) cruddur.User {
	c.t.Helper()
	i := slices.IndexFunc(c.others, func(u cruddur.User) bool { return u.UUID.String() == uuid })
	if i < 0 {
		c.t.Fatalf("%s is no member", uuid)
	}
	return c.others[i]
}

func life(short bool) cruddur.TTL {
	if short {
		return "1-hour"
	}
	return "7-days"
}

// activities is a list whose rows a member writes.
func (c *crowd) activities(target, token string, author cruddur.User, reply bool) pagedList {
	return pagedList{
		target: target, token: token, rows: 12,
		add: func(short bool) string {
			if reply {
				return c.answer(author, c.root, "a #a", life(short)).UUID.String()
			}
			return c.post(author, "a #a", life(short)).UUID.String()
		},
		remove: func(uuid string) {
			id, err := cruddur.ParseUUID(uuid)
			c.check(err)
			c.check(c.db.DeleteActivity(c.t.Context(), id, author.UUID, c.now))
		},
	}
}

// people is a list of members, each of whom has done something once; it is taken back, or they are suspended.
func (c *crowd) people(target string, do func(u cruddur.User, on bool) error) pagedList {
	removed := 0
	return pagedList{
		target: target, rows: 12,
		add: func(bool) string {
			u := c.next()
			c.check(do(u, true))
			return u.UUID.String()
		},
		remove: func(uuid string) {
			if removed++; removed%2 == 0 {
				c.check(c.db.Suspend(c.t.Context(), c.byUUID(uuid).UUID, c.now))
				return
			}
			c.check(do(c.byUUID(uuid), false))
		},
	}
}

// groups is the list of requests to ada, each by another member.
func (c *crowd) groups() pagedList {
	return pagedList{
		target: "/api/message_groups?requests=true&limit=3", token: "ada", rows: 12,
		add: func(bool) string { return c.whisper(c.next(), c.ada, "hello").Conversation.String() },
		remove: func(uuid string) {
			id, err := cruddur.ParseUUID(uuid)
			c.check(err)
			c.check(c.db.DeleteConversation(c.t.Context(), c.ada.UUID, id, c.now))
		},
	}
}

// messages is the conversation of ada and bob, in which bob writes.
func (c *crowd) messages() func(target string) pagedList {
	ctx, group := c.t.Context(), c.whisper(c.ada, c.bob, "hello").Conversation
	c.check(c.db.Accept(ctx, c.bob.UUID, group, c.now))
	return func(target string) pagedList {
		return pagedList{
			target: strings.Replace(target, "GROUP", group.String(), 1), token: "ada", rows: 12,
			add: func(short bool) string {
				c.check(c.db.SetTimer(ctx, c.ada.UUID, group, life(short), c.now))
				return c.whisper(c.bob, c.ada, "more").UUID.String()
			},
			remove: func(uuid string) {
				id, err := cruddur.ParseUUID(uuid)
				c.check(err)
				c.check(c.db.DeleteMessage(ctx, c.bob.UUID, id, c.now))
			},
		}
	}
}

// pagedLists has a line for each list that names its next page.
func pagedLists(c *crowd) map[string]pagedList {
	ctx := c.t.Context()
	mark := func(set func(u cruddur.User, on bool) (cruddur.Activity, error)) func(cruddur.User, bool) error {
		return func(u cruddur.User, on bool) error { _, err := set(u, on); return err }
	}
	thread := c.activities("/api/activities/@ada/status/"+c.root.UUID.String(), "", c.bob, true)
	thread.rows = 2*cruddur.ThreadPageSize + 30
	following := c.activities("/api/activities/following?limit=3", "ada", c.bob, false)
	c.follows(c.ada, c.bob, true)
	c.follows(c.ada, c.others[0], true)
	c.used = 1
	following.stir = func(read, unread []string) {
		for _, list := range [][]string{read, unread} {
			if len(list) > 0 {
				id, _ := cruddur.ParseUUID(list[len(list)-1])
				c.must(c.db.Repost(ctx, c.others[0].UUID, id, true, c.now))
			}
		}
	}
	liked := c.activities("/api/activities/@ada/likes?limit=3", "ada", c.bob, false)
	talk := c.messages()
	write := liked.add
	liked.add = func(short bool) string {
		uuid := write(short)
		id, _ := cruddur.ParseUUID(uuid)
		c.must(c.db.Like(ctx, c.ada.UUID, id, true, c.now))
		return uuid
	}
	mutes := c.people("/api/me/mutes?limit=3", func(u cruddur.User, on bool) error {
		if on {
			return c.db.Mute(ctx, c.ada.UUID, u.UUID, time.Time{}, c.now)
		}
		return c.db.Unmute(ctx, c.ada.UUID, u.UUID)
	})
	blocks := c.people("/api/me/blocks?limit=3", func(u cruddur.User, on bool) error {
		return c.db.Block(ctx, c.ada.UUID, u.UUID, on, c.now)
	})
	mutes.token, blocks.token = "ada", "ada"
	return map[string]pagedList{
		"/api/me/mutes":                           mutes,
		"/api/me/blocks":                          blocks,
		"/api/message_groups":                     c.groups(),
		"/api/messages/{uuid}":                    talk("/api/messages/GROUP?limit=3"),
		"/api/messages/@{handle}":                 talk("/api/messages/@bob?limit=3"),
		"/api/activities/home":                    c.activities("/api/activities/home?limit=3", "", c.bob, false),
		"/api/activities/following":               following,
		"/api/activities/notifications":           c.activities("/api/activities/notifications?limit=3", "ada", c.bob, true),
		"/api/notifications":                      c.activities("/api/notifications?limit=3&kind=mentions", "ada", c.bob, true),
		"/api/activities/search":                  c.activities("/api/activities/search?term=from:bob+%23a+a&limit=3", "ada", c.bob, true),
		"/api/activities/tags/{tag}":              c.activities("/api/activities/tags/a?limit=3", "", c.bob, false),
		"/api/activities/@{handle}":               c.activities("/api/activities/@bob?limit=3", "ada", c.bob, false),
		"/api/activities/@{handle}/replies":       c.activities("/api/activities/@bob/replies?limit=3", "", c.bob, true),
		"/api/activities/@{handle}/likes":         liked,
		"/api/activities/@{handle}/status/{uuid}": thread,
		"/api/activities/{uuid}/likes": c.people("/api/activities/"+c.root.UUID.String()+"/likes?limit=3", mark(func(u cruddur.User, on bool) (cruddur.Activity, error) {
			return c.db.Like(ctx, u.UUID, c.root.UUID, on, c.now)
		})),
		"/api/activities/{uuid}/reposts": c.people("/api/activities/"+c.root.UUID.String()+"/reposts?limit=3", mark(func(u cruddur.User, on bool) (cruddur.Activity, error) {
			return c.db.Repost(ctx, u.UUID, c.root.UUID, on, c.now)
		})),
		"/api/users/@{handle}/followers": c.people("/api/users/@ada/followers?limit=3", func(u cruddur.User, on bool) error {
			return c.db.Follow(ctx, u.UUID, c.ada.UUID, on, c.now)
		}),
		"/api/users/@{handle}/following": c.people("/api/users/@bob/following?limit=3", func(u cruddur.User, on bool) error {
			return c.db.Follow(ctx, c.bob.UUID, u.UUID, on, c.now)
		}),
	}
}

// pageOf returns the rows of an answer, and the address of the next page.
func pageOf(t *testing.T, a answer) (uuids []string, next string) {
	t.Helper()
	type row struct{ UUID string }
	var list []row
	if strings.HasPrefix(a.body, "{") {
		object := decoded[struct{ Activities, Replies []row }](t, a)
		list = append(object.Activities, object.Replies...)
	} else if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != 200 {
		t.Fatalf("answer = %d %s", a.status, a.body)
	}
	for _, r := range list {
		uuids = append(uuids, r.UUID)
	}
	if link := a.header.Get("Link"); link != "" {
		next = strings.TrimSuffix(strings.TrimPrefix(link, "<"+backend), `>; rel="next"`)
	}
	return uuids, next
}

// through is one who reads a list page by page.
type through struct {
	*crowd
	list  pagedList
	stays []string       // the rows that are there all the time, newest last
	seen  map[string]int // how often a row was read
}

// disturb does between two pages what moves rows: one comes, some go, and after the second page an hour passes.
func (r *through) disturb(number int, page []string) {
	r.list.add(false)
	var read, unread []string
	for _, uuid := range r.stays {
		if r.seen[uuid] > 0 {
			read = append(read, uuid)
		} else {
			unread = append(unread, uuid)
		}
	}
	if r.list.stir != nil {
		r.list.stir(read, unread)
	}
	var drop []string
	if number%2 == 1 {
		drop = append(drop, page[len(page)-1]) // the cursor's own row
	}
	if len(unread) > 1 {
		drop = append(drop, unread[len(unread)/2])
	}
	for _, uuid := range drop {
		if i := slices.Index(r.stays, uuid); i >= 0 {
			r.list.remove(uuid)
			r.stays = slices.Delete(r.stays, i, i+1)
		}
	}
	if number == 1 {
		r.now = r.now.Add(time.Hour)
	}
}

// While rows come and go, whoever reads page by page sees no row twice, and every row that was there all the time.
func TestPaging(t *testing.T) {
	t.Parallel()
	for route := range pagedLists(newCrowd(t)) {
		t.Run(strings.ReplaceAll(route, "/", "."), func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t)
			r := &through{crowd: c, list: pagedLists(c)[route], seen: map[string]int{}}
			for i := range r.list.rows {
				if uuid := r.list.add(i%4 == 1); i%4 != 1 {
					r.stays = append(r.stays, uuid)
				}
			}
			target, pages := r.list.target, 0
			for ; target != "" && pages < 20; pages++ {
				var page []string
				page, target = pageOf(t, c.do(query{target: target, token: r.list.token}))
				for _, uuid := range page {
					r.seen[uuid]++
				}
				if pages < 4 && target != "" {
					r.disturb(pages, page)
				}
			}
			if pages < 3 || target != "" {
				t.Errorf("%d pages and then %q, want at least three and an end", pages, target)
			}
			for uuid, times := range r.seen {
				if times > 1 {
					t.Errorf("%s is on %d pages", uuid, times)
				}
			}
			for i, uuid := range r.stays {
				if r.seen[uuid] == 0 {
					t.Errorf("row %d of %d, %s, was there all the time and is on no page", i, len(r.stays), uuid)
				}
			}
		})
	}
}

// A list with a next page has a line in pagedLists, and so is read while rows come and go.
func TestPagedLists(t *testing.T) {
	t.Parallel()
	lists := pagedLists(newCrowd(t))
	for path, item := range loadSpec(t).Paths.Map() {
		paged := item.Get != nil && item.Get.Responses.Value("200").Value.Headers["Link"] != nil
		if _, ok := lists[path]; ok != paged {
			t.Errorf("%s names a next page: %t, and has a line in pagedLists: %t", path, paged, ok)
		}
	}
}
