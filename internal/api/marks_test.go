package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/filter"
	"cruddur/internal/postgres"
)

// Likes and reposts may be repeated and taken back; each answer is the activity as the member now sees it.
func TestMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.post(w.member("ada"), "root", "1-day")
	reply := w.answer(w.member("bob"), root, "reply", "")
	for _, a := range []cruddur.Activity{root, reply} {
		for _, c := range []struct {
			member, method, mark string
			likes, reposts       int
			liked, reposted      bool
		}{
			{"bob", "PUT", "like", 1, 0, true, false},
			{"bob", "PUT", "like", 1, 0, true, false},
			{"bob", "PUT", "repost", 1, 1, true, true},
			{"ada", "PUT", "repost", 1, 2, false, true},
			{"ada", "DELETE", "like", 1, 2, false, true},
			{"bob", "DELETE", "repost", 1, 1, true, false},
			{"bob", "DELETE", "repost", 1, 1, true, false},
			{"bob", "DELETE", "like", 0, 1, false, false},
			{"ada", "DELETE", "repost", 0, 0, false, false},
		} {
			answered := w.do(query{method: c.method, target: path(a) + "/" + c.mark, token: c.member})
			got := decoded[shown](t, answered)
			if got.LikesCount != c.likes || got.RepostsCount != c.reposts || got.Liked != c.liked || got.Reposted != c.reposted {
				t.Errorf("%s: %s %s of %s = %s", a.Message, c.method, c.mark, c.member, answered.body)
			}
			if read := w.do(query{target: path(a), token: c.member}); read.body != answered.body {
				t.Errorf("a read answers %s, want %s", read.body, answered.body)
			}
			if answered.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control: %s", answered.header.Get("Cache-Control"))
			}
		}
	}
}

// The reader's marks are in every list that has activities, and nobody else's.
func TestMarksAreTheReaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.member("ada"), w.member("bob")
	root := w.post(ada, "root", "1-day")
	reply := w.answer(ada, root, "reply", "")
	for _, a := range []cruddur.Activity{root, reply} {
		w.must(w.db.Like(t.Context(), bob.UUID, a.UUID, true, w.now))
		w.must(w.db.Repost(t.Context(), bob.UUID, a.UUID, true, w.now))
	}
	w.follows(bob, ada, true)
	for _, target := range []string{
		"/api/activities/home", "/api/activities/home?limit=1&before=" + cruddur.MaxUUID.String(), "/api/activities/following", "/api/activities/@ada",
		"/api/activities/@ada/replies", "/api/activities/@bob/likes", path(root), path(reply), status(root), status(reply),
	} {
		mine := w.do(query{target: target, token: "bob"})
		if n := strings.Count(mine.body, `"liked":true,"reposted":true`); mine.status != 200 || n == 0 || n != strings.Count(mine.body, `"liked":`) {
			t.Errorf("%s of bob = %d %s", target, mine.status, mine.body)
		}
		for _, token := range []string{"", "null", "ada"} {
			if a := w.do(query{target: target, token: token}); strings.Contains(a.body, `"liked":true`) || strings.Contains(a.body, `"reposted":true`) {
				t.Errorf("%s of %q has bob's marks: %s", target, token, a.body)
			}
		}
	}
}

// CVE-2026-25540 (Mastodon): an answer made for one viewer was given to others.
//
// An answer with marks is its reader's alone: it has a tag of its own, and no cache may give it to another.
func TestAdvisorySharedCache(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	w.member("bob")
	root := w.post(ada, "root", "1-day")
	w.must(w.db.Like(t.Context(), ada.UUID, root.UUID, true, w.now))
	for _, target := range []string{"/api/activities/home", path(root), status(root), "/api/activities/@ada"} {
		strangers := w.get(target)
		for token, same := range map[string]bool{"ada": false, "bob": true} {
			a := w.do(query{target: target, token: token})
			if (a.body == strangers.body) != same || (a.header.Get("ETag") == strangers.header.Get("ETag")) != same {
				t.Errorf("%s of %s is what a stranger gets: %t, want %t", target, token, a.body == strangers.body, same)
			}
			if vary := strings.Join(a.header.Values("Vary"), ", "); !strings.Contains(vary, "Authorization") || a.header.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("%s of %s: Vary: %s, Cache-Control: %s", target, token, vary, a.header.Get("Cache-Control"))
			}
			again := w.do(query{target: target, token: token, header: []string{"If-None-Match: " + strangers.header.Get("ETag")}})
			if (again.status == 304) != same {
				t.Errorf("%s of %s with a stranger's tag = %d", target, token, again.status)
			}
		}
	}
	for _, target := range []string{"/api/activities/following", "/api/activities/@ada/likes", "/api/users/suggested"} {
		if a := w.do(query{target: target, token: "ada"}); a.status != 200 || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s = %d, Cache-Control: %s", target, a.status, a.header.Get("Cache-Control"))
		}
	}
}

// statements counts what a home of a member costs; whatever else it asks of the store is a panic.
type statements struct {
	api.Store
	db    *postgres.DB
	marks int
}

func (s *statements) OfViewer(ctx context.Context, viewer cruddur.UUID, list []cruddur.Activity) ([]cruddur.Activity, error) {
	s.marks++
	return s.db.OfViewer(ctx, viewer, list)
}

// kept is a feed whose list does not change.
type kept []cruddur.Activity

func (k kept) Home(context.Context, cruddur.UUID, int, time.Time) ([]cruddur.Activity, error) {
	return k, nil
}

// A stranger's home costs no statement, and a member's one, whether or not there is a mark on the page.
func TestHomeOfMemberCostsOneStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	w.identity.members = map[string]*cruddur.User{"ada": &ada}
	root := w.post(ada, "root", "1-day")
	s := &statements{db: w.db}
	home := func(token string) string {
		t.Helper()
		a := w.do(query{target: "/api/activities/home", token: token, handler: w.api(api.Config{Feed: kept{root}, Store: s})})
		if a.status != 200 {
			t.Fatalf("answer = %d %s", a.status, a.body)
		}
		return a.body
	}
	if shared := home(""); s.marks != 0 || home("ada") != shared || s.marks != 1 {
		t.Errorf("%d statements, want one for the member", s.marks)
	}
	w.must(w.db.Like(t.Context(), ada.UUID, root.UUID, true, w.now))
	if !strings.Contains(home("ada"), `"liked":true`) || s.marks != 2 {
		t.Errorf("%d statements, want two", s.marks)
	}
}

// A token that is worth nothing reads as a stranger; a member who is suspended has no marks, and neither have those
// whose row is missing.
func TestReaderWithoutRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	bob := w.member("bob")
	root := w.post(ada, "root", "1-day")
	w.must(w.db.Like(t.Context(), bob.UUID, root.UUID, true, w.now))
	if err := w.db.Suspend(t.Context(), bob.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	w.identity.subjects["late"] = "sub-late"
	for _, target := range []string{"/api/activities/home", path(root), status(root), "/api/activities/@ada", path(root) + "/likes", "/api/users/@ada/followers"} {
		strangers := w.get(target)
		for _, token := range []string{"bob", "late", "no.such.token", "null"} {
			if a := w.do(query{target: target, token: token}); a.status != 200 || a.body != strangers.body {
				t.Errorf("%s of %q = %d %s, want %s", target, token, a.status, a.body, strangers.body)
			}
		}
	}
}

func TestLikesOften(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.post(w.member("ada"), "root", "1-day")
	w.member("bob")
	h := w.api(api.Config{Feed: filter.Feed{Homes: feed.New(w.db), Store: filter.Store{DB: w.db}}, Store: filter.Store{DB: w.db}, RequestLimit: -1})
	ask := func(method, target, token, body string) answer {
		t.Helper()
		return w.do(query{method: method, target: target, token: token, body: body, handler: h})
	}
	for _, c := range []struct {
		methods, targets []string
		allowed          int
		body             string
	}{
		{[]string{"PUT", "DELETE"}, []string{path(root) + "/like", path(root) + "/repost"}, 300, ""},
		{[]string{"PUT", "DELETE"}, []string{"/api/users/@bob/follow"}, 100, ""},
		{[]string{"PUT"}, []string{path(root) + "/end"}, 120, `{"ttl":"1-day"}`},
	} {
		for i := range c.allowed {
			if a := ask(c.methods[i/2%len(c.methods)], c.targets[i%len(c.targets)], "ada", c.body); a.status != 200 {
				t.Fatalf("%s: use %d = %d %s", c.targets, i, a.status, a.body)
			}
		}
		for _, target := range c.targets {
			if a := ask("PUT", target, "ada", c.body); a.status != 429 || a.header.Get("Retry-After") == "" {
				t.Errorf("%s after %d = %d %v", target, c.allowed, a.status, a.header)
			}
		}
	}
	if a := ask("PUT", path(root)+"/like", "bob", ""); a.status != 200 {
		t.Errorf("another member answers %d", a.status)
	}
	if a := ask("POST", "/api/activities", "ada", `{"message":"a","ttl":"1-day"}`); a.status != 200 {
		t.Errorf("a post after many likes = %d %s", a.status, a.body)
	}
}

// asked counts how often the store is asked for a member by the subject of a token.
type asked struct {
	*postgres.DB
	times int
}

func (s *asked) UserBySubject(ctx context.Context, subject string) (cruddur.User, error) {
	s.times++
	return s.DB.UserBySubject(ctx, subject)
}

// Where the check of a token has not told the member, they are read once for a request.
func TestReaderIsReadOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	root := w.post(ada, "root", "1-day")
	w.must(w.db.Like(t.Context(), ada.UUID, root.UUID, true, w.now))
	for _, target := range []string{"/api/activities/home", "/api/activities/@ada", "/api/activities/@ada/likes", path(root) + "/likes", status(root), "/api/activities/following"} {
		s := &asked{DB: w.db}
		if a := w.do(query{target: target, token: "ada", handler: w.api(api.Config{Feed: feed.New(w.db), Store: s})}); a.status != 200 || s.times != 1 {
			t.Errorf("%s = %d, and asks for the member %d times, want once", target, a.status, s.times)
		}
	}
}
