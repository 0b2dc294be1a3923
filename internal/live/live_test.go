package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cruddur"
)

var eventLine = regexp.MustCompile(`(?m)^event: (\w+)\nid: \w+-\d+\ndata: (.*)\n\n`)

// events returns the events of a text as "kind data", with the names of activities for their UUIDs.
func events(text string, names map[cruddur.UUID]string) (list []string) {
	for _, m := range eventLine.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1]+" "+m[2])
	}
	for id, name := range names {
		for i := range list {
			list[i] = strings.ReplaceAll(list[i], id.String(), name)
		}
	}
	return list
}

func check(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Who reads which form, feed and thread is told what belongs there, once.
func TestWhoIsToldWhat(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.tie("fan", "ada", true, false)
		w.tie("fan", "shy", true, false)
		w.tie("foe", "ada", false, true)
		old := w.post("cem", nil)
		w.set(func() { old.CreatedAt = old.CreatedAt.Add(-time.Hour) })
		streams := map[string]*reader{
			"page":            w.open(Options{}),
			"page of fan":     w.open(Options{Member: member("fan")}),
			"page of foe":     w.open(Options{Member: member("foe")}),
			"page of ada":     w.open(Options{Member: member("ada")}),
			"home":            w.open(Options{Form: Program}),
			"home of foe":     w.open(Options{Form: Program, Member: member("foe")}),
			"none":            w.open(Options{Form: Program, Feed: NoFeed}),
			"following":       w.open(Options{Form: Program, Feed: FollowingFeed, Member: member("fan")}),
			"following quiet": w.open(Options{Form: Program, Feed: FollowingFeed, Member: member("bo")}),
			"thread":          w.open(Options{Form: Program, Feed: NoFeed, Thread: old.UUID}),
		}
		one := w.post("ada", nil)
		under := w.post("ada", old)
		deep := w.post("bo", under)
		shy := w.post("shy", nil)
		w.set(func() { shy.Silenced = true })
		names := map[cruddur.UUID]string{old.UUID: "old", one.UUID: "one", under.UUID: "under", deep.UUID: "deep", shy.UUID: "shy"}
		w.poll()
		w.poll()
		page := func(name, by, parent, root string, followed bool) string {
			quote := func(s string) string {
				if s == "null" {
					return s
				}
				return `"` + s + `"`
			}
			feed := ""
			if by == "shy" {
				feed = `,"feed":"following"`
			}
			return fmt.Sprintf(`new {"uuid":"%s","handle":"%s","parent":%s,"root":%s,"followed":%t%s}`, name, by, quote(parent), quote(root), followed, feed)
		}
		program := func(name, by string) string { return fmt.Sprintf(`new {"uuid":"%s","message":"by %s"}`, name, by) }
		want := map[string][]string{
			"page":        {page("one", "ada", "null", "null", false), page("under", "ada", "old", "old", false), page("deep", "bo", "under", "old", false)},
			"page of fan": {page("one", "ada", "null", "null", true), page("under", "ada", "old", "old", true), page("deep", "bo", "under", "old", false), page("shy", "shy", "null", "null", true)},
			"page of foe": nil, // what hangs on ada's reply is not shown either
			"page of ada": {page("one", "ada", "null", "null", true), page("under", "ada", "old", "old", true), page("deep", "bo", "under", "old", false)},
			"home":        {program("one", "ada")},
			"home of foe": nil,
			"none":        nil,
			"following":   {program("one", "ada"), program("shy", "shy")}, "following quiet": nil,
			"thread": {program("under", "ada"), program("deep", "bo")},
		}
		for name, r := range streams {
			check(t, name, events(r.got(), names), want[name]...)
		}
	})
}

// A stream that is opened while the hub finds out who may see what is new is asked for by itself.
func TestComingMeanwhile(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.tie("foe", "ada", false, true)
		w.open(Options{Member: member("bo")})
		foe := make(chan *Stream, 1)
		w.set(func() {
			w.meanwhile = func() {
				s, err := w.hub.Open(Options{Member: member("foe")})
				if err != nil {
					t.Error(err)
				}
				foe <- s
			}
		})
		w.post("ada", nil)
		w.post("bo", nil)
		w.poll()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r := &reader{header: http.Header{}}
		go (<-foe).Serve(r, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		synctest.Wait()
		if got := r.got(); strings.Contains(got, `"ada"`) || strings.Count(got, `"bo"`) != 1 {
			t.Errorf("who blocks ada and came meanwhile has got %s", got)
		}
	})
}

// Removals are told to all but those who did not see what is gone, and never name to somebody who is blocked by whom.
func TestRemovals(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		hidden := 0
		w.hub.c.Hidden = func() { hidden++ }
		w.tie("foe", "ada", false, true)
		one := w.post("ada", nil)
		w.poll()
		if hidden != 0 {
			t.Error("something is said to be hidden by a new crud")
		}
		all, foe, bo := w.open(Options{}), w.open(Options{Member: member("foe")}), w.open(Options{Member: member("bo")})
		apart := w.open(Options{Member: member("apart")})
		w.delete(one)
		w.change(cruddur.Change{Kind: cruddur.ChangeHidden, Subject: member("ada"), Handle: "ada"})
		w.change(cruddur.Change{Kind: cruddur.ChangeSilenced, Subject: member("ada"), Handle: "ada"})
		w.change(cruddur.Change{Kind: cruddur.ChangeDeleted, Subject: member("left"), Handle: "left", Members: []cruddur.UUID{member("apart")}})
		w.change(cruddur.Change{Kind: cruddur.ChangeParted, Subject: member("bo"), Object: member("foe"), Handle: "bo", ObjectHandle: "foe"})
		w.change(cruddur.Change{Kind: cruddur.ChangeMuted, Subject: member("bo"), Object: member("cem"), ObjectHandle: "cem"})
		w.poll()
		if hidden != 1 {
			t.Errorf("that something is hidden was told %d times, want once", hidden)
		}
		names := map[cruddur.UUID]string{one.UUID: "one"}
		common := []string{`gone {"uuid":"one"}`, `gone {"handle":"ada"}`, `gone {"handle":"ada","feed":"home"}`, `gone {"handle":"left"}`}
		nothing := `unread {"notifications":0,"messages":0}`
		check(t, "a stranger", events(all.got(), names), common...)
		check(t, "who blocks ada, and is blocked by bo", events(foe.got(), names), common[3], `reload {"reason":"sight"}`, nothing)
		check(t, "who blocks foe and mutes cem", events(bo.got(), names), append(common, `gone {"handle":"foe"}`, `gone {"handle":"cem"}`, nothing)...)
		check(t, "who was apart from left", events(apart.got(), names), common[:3]...)
	})
}

// Numbers that change together are told once, and not to those for whom they are others.
func TestNumbers(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		one := w.post("ada", nil)
		w.set(func() { one.LikesCount, one.ExpiresAt = 3, time.Date(2000, 1, 2, 3, 4, 5, 6000, time.UTC) })
		w.poll()
		all, ada := w.open(Options{}), w.open(Options{Member: member("ada"), Form: Program})
		ignores := w.open(Options{Member: member("bo"), Ignores: true})
		none := w.open(Options{Form: Program, Feed: NoFeed})
		w.set(func() { w.unread[member("ada")] = cruddur.UnreadNumbers{Notifications: 1, Messages: 2} })
		for range 3 {
			w.hub.Updated(*one, 1)
		}
		w.poll()
		names := map[cruddur.UUID]string{one.UUID: "one"}
		want := `counts {"uuid":"one","replies":0,"reposts":0,"likes":3,"expires_at":"2000-01-02T03:04:05.000006Z"}`
		check(t, "a stranger", events(all.got(), names), want)
		check(t, "the author", events(ada.got(), names), want, `unread {"notifications":1,"messages":2}`)
		check(t, "who ignores somebody", events(ignores.got(), names), `counts {"uuid":"one","expires_at":"2000-01-02T03:04:05.000006Z"}`)
		check(t, "a program without a feed", events(none.got(), names))
		w.set(func() { w.err = errors.New("away") })
		w.hub.Updated(*one, 2)
		w.poll()
		w.set(func() { w.err = nil })
		w.poll()
		check(t, "after an outage", events(all.got(), names), want)
		var many []*cruddur.Activity
		for range mostCounts + 1 {
			many = append(many, w.post("ada", nil))
		}
		w.poll()
		all.got()
		for _, a := range many {
			w.hub.Updated(*a, 3)
		}
		w.poll()
		if got := all.got(); strings.Count(got, "event: counts") != mostCounts || strings.Contains(got, many[0].UUID.String()) {
			t.Errorf("%d cruds are told of, want %d, the newest", strings.Count(got, "event: counts"), mostCounts)
		}
	})
}

// What concerns a member is told to their streams alone.
func TestUnreadAndMessages(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.tie("ada", "bore", false, true)
		ada, also, bo, all := w.open(Options{Member: member("ada")}), w.open(Options{Member: member("ada"), Form: Program, Feed: NoFeed}), w.open(Options{Member: member("bo")}), w.open(Options{})
		w.set(func() { w.unread[member("ada")] = cruddur.UnreadNumbers{Notifications: 5, Messages: 1} })
		w.change(cruddur.Change{Kind: cruddur.ChangeMessage, Subject: member("bo"), Object: member("ada"), Handle: "bo", ObjectHandle: "ada"})
		w.change(cruddur.Change{Kind: cruddur.ChangeMessage, Subject: member("bore"), Object: member("ada"), Handle: "bore", ObjectHandle: "ada"})
		w.poll()
		unread := `unread {"notifications":5,"messages":1}`
		check(t, "ada's page", events(ada.got(), nil), `message {"handle":"bo"}`, unread)
		check(t, "ada's program", events(also.got(), nil), `message {"handle":"bo"}`, unread)
		check(t, "bo", events(bo.got(), nil), `message {"handle":"ada"}`, `unread {"notifications":0,"messages":0}`)
		reply := w.post("cem", nil)
		w.set(func() { w.told[reply.UUID] = []cruddur.UUID{member("ada")} })
		w.poll()
		check(t, "ada's program, who is mentioned", events(also.got(), nil), unread)
		w.change(cruddur.Change{Kind: cruddur.ChangeTold, Subject: member("ada")})
		w.poll()
		check(t, "ada's program, who has read", events(also.got(), nil), unread)
		if got := all.got(); strings.Contains(got, "unread") || strings.Contains(got, "message") {
			t.Errorf("a stranger is told %q", got)
		}
	})
}

// Somebody who was away is told what they have missed, less what may not be seen any more; who was away for too long is
// told to read again.
func TestComingBack(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		first := w.listen(Options{})
		greeting := regexp.MustCompile(`^retry: 2000\nid: (.*)\n\n$`).FindStringSubmatch(first.got())
		if greeting == nil {
			t.Fatal("there is no greeting")
		}
		first.stop()
		kept, dropped, ended, hidden, foes := w.post("ada", nil), w.post("ada", nil), w.post("ada", nil), w.post("ida", nil), w.post("foe", nil)
		w.set(func() { ended.ExpiresAt = time.Now().Add(5 * time.Second) })
		names := map[cruddur.UUID]string{kept.UUID: "kept", dropped.UUID: "dropped", ended.UUID: "ended", hidden.UUID: "hidden", foes.UUID: "foes"}
		w.poll()
		position := w.hub.Position()
		w.delete(dropped)
		w.change(cruddur.Change{Kind: cruddur.ChangeHidden, Subject: member("ida"), Handle: "ida"})
		w.poll()
		time.Sleep(5 * time.Second)
		w.tie("bo", "foe", false, true)
		back := w.listen(Options{Member: member("bo"), Form: Program, After: greeting[1]})
		check(t, "who comes back", events(back.got(), names), `new {"uuid":"kept","message":"by ada"}`, `gone {"uuid":"dropped"}`, `gone {"handle":"ida"}`)
		last := w.hub.id(w.hub.last)
		for what, id := range map[string]string{"of another start": "AAAAAAAA-1", "odd": "x", "of the future": w.hub.id(w.hub.last + 1), "negative": w.hub.boot + "--1"} {
			r := w.listen(Options{After: id})
			if got := r.got(); !strings.Contains(got, "id: "+last+"\ndata: {\"reason\":\"gap\"}") {
				t.Errorf("an id that is %s: %q", what, got)
			}
		}
		r := w.listen(Options{After: last})
		check(t, "who has missed nothing", events(r.got(), names))
		if position != greeting[1] {
			t.Errorf("a page that may be older than the cruds goes on at %s, want %s", position, greeting[1])
		}
		if got := w.hub.Position(); got != last {
			t.Errorf("later it goes on at %s, want %s", got, last)
		}
		time.Sleep(ringLife)
		synctest.Wait()
		if r = w.listen(Options{After: w.hub.id(w.hub.last)}); strings.Contains(r.got(), "event") {
			t.Error("who has missed nothing is told something")
		}
		w.post("ada", nil)
		w.post("ada", nil)
		w.poll()
		last = w.hub.id(w.hub.last)
		if got := w.listen(Options{After: w.hub.id(w.hub.last - 1)}).got(); strings.Count(got, "event: new") != 1 || !strings.Contains(got, "id: "+last+"\n") {
			t.Errorf("who has got the first of two events is told %q", got)
		}
		r = w.listen(Options{After: greeting[1]})
		check(t, "who was away for long", events(r.got(), names), `reload {"reason":"gap"}`)
		r = w.listen(Options{After: last})
		check(t, "who has missed nothing for long", events(r.got(), names))
		w.post("ada", nil)
		w.poll()
		if got := r.got(); strings.Count(got, "event: new") != 1 {
			t.Errorf("a new crud after coming back: %q", got)
		}
	})
}

// Who does not read is dropped, and nobody waits for them. What has waited is looked at again before it is sent.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		quick, slow, never := w.open(Options{}), w.open(Options{}), w.open(Options{})
		slow.hold()
		never.hold()
		first := w.post("ada", nil)
		w.poll() // they are stuck in this one
		doomed, kept := w.post("ada", nil), w.post("ada", nil)
		w.poll()
		w.poll()
		w.delete(doomed)
		for range 2 {
			w.poll()
		}
		slow.release()
		synctest.Wait()
		names := map[cruddur.UUID]string{first.UUID: "first", doomed.UUID: "doomed", kept.UUID: "kept"}
		got := events(slow.got(), names)
		if len(got) != 3 || !strings.Contains(got[0], "first") || !strings.Contains(got[1], "kept") || got[2] != `gone {"uuid":"doomed"}` {
			t.Errorf("who was slow has got %v", got)
		}
		if got := events(quick.got(), names); len(got) != 4 {
			t.Errorf("who is quick has got %v", got)
		}
		for i := range 2 * queueLength {
			a := w.post("ada", nil)
			w.poll()
			if got := quick.got(); !strings.Contains(got, a.UUID.String()) {
				t.Fatalf("after %d cruds who is quick has got %q", i, got)
			}
		}
		if !never.over() || never.got() != "" || slow.over() || quick.over() {
			t.Errorf("ended: who never reads %t, who was slow %t, who is quick %t", never.over(), slow.over(), quick.over())
		}
		if len(w.hub.streams) != 2 {
			t.Errorf("%d streams are left", len(w.hub.streams))
		}
	})
}
