package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
)

// person is a member as the API shows them, in a list or as a profile.
type person struct {
	UUID, Handle   string
	Bio            string
	DisplayName    string `json:"display_name"`
	Following      bool
	FollowedBy     bool `json:"followed_by"`
	LikesPublic    bool `json:"likes_public"`
	FollowersCount int  `json:"followers_count"`
	FollowingCount int  `json:"following_count"`
}

// bonds are the members of a list, with what binds them to the reader: > for followed by the reader, < for following.
func bonds(list []person) string {
	out := []string{}
	for _, p := range list {
		s := p.Handle
		if p.Following {
			s = ">" + s
		}
		if p.FollowedBy {
			s = "<" + s
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "bob", "cid"} {
		w.member(handle)
	}
	follow := func(method, handle, token string) person {
		t.Helper()
		return decoded[person](t, w.do(query{method: method, target: "/api/users/@" + handle + "/follow", token: token}))
	}
	profile := func(handle, token string) person {
		t.Helper()
		return decoded[struct{ Profile person }](t, w.do(query{target: "/api/activities/@" + handle, token: token})).Profile
	}
	for _, c := range []struct {
		method                string
		following, followedBy bool
		followers             int
	}{{"PUT", true, false, 1}, {"PUT", true, false, 1}, {"DELETE", false, false, 0}, {"DELETE", false, false, 0}, {"PUT", true, false, 1}} {
		got := follow(c.method, "BOB", "ada")
		if got.Following != c.following || got.FollowedBy != c.followedBy || got.FollowersCount != c.followers || got.Handle != "bob" {
			t.Errorf("%s = %+v", c.method, got)
		}
		if diff := cmp.Diff(got, profile("bob", "ada")); diff != "" {
			t.Errorf("after %s the profile differs (-answer +profile):\n%s", c.method, diff)
		}
	}
	w.now = w.now.Add(time.Second)
	follow("PUT", "ada", "bob")
	follow("PUT", "bob", "cid")
	if p := profile("bob", "ada"); !p.Following || !p.FollowedBy || p.FollowersCount != 2 || p.FollowingCount != 1 {
		t.Errorf("bob's profile for ada is %+v", p)
	}
	for _, token := range []string{"", "bob"} {
		if p := profile("bob", token); p.Following || p.FollowedBy || p.FollowersCount != 2 {
			t.Errorf("bob's profile for %q is %+v", token, p)
		}
	}
	for target, want := range map[string]string{
		"- /api/users/@bob/followers": "cid ada", "ada /api/users/@bob/followers": "cid ada", "bob /api/users/@bob/followers": "<cid <>ada",
		"bob /api/users/@ada/following": "bob", "cid /api/users/@ada/following": ">bob", "ada /api/users/@ada/followers": "<>bob", "- /api/users/@cid/followers": "",
		"cid /api/users/suggested": "ada", "ada /api/users/suggested": "", "bob /api/users/suggested": "",
	} {
		token, target, _ := strings.Cut(target, " ")
		if token == "-" {
			token = ""
		}
		if got := bonds(decoded[[]person](t, w.do(query{target: target, token: token}))); got != want {
			t.Errorf("%s of %q = %q, want %q", target, token, got, want)
		}
	}
	for _, method := range []string{"PUT", "DELETE"} {
		w.want(w.do(query{method: method, target: "/api/users/@ada/follow", token: "ada"}), 422, "follow_oneself")
	}
	w.want(w.get("/api/users/suggested"), 401, "unauthenticated")
	w.want(w.get("/api/activities/following"), 401, "unauthenticated")
}

// The feed of the followed has their cruds and mine, and what they reposted, with the reason.
func TestFollowingFeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, cid := w.member("ada"), w.member("bob"), w.member("cid")
	old := w.post(cid, "of a stranger", "7-days")
	w.post(cid, "of a stranger, not reposted", "7-days")
	w.post(bob, "of bob", "7-days")
	w.post(ada, "mine", "7-days")
	w.follows(ada, bob, true)
	w.now = w.now.Add(time.Second)
	w.must(w.db.Repost(t.Context(), bob.UUID, old.UUID, true, w.now))
	list := decoded[[]shown](t, w.do(query{target: "/api/activities/following", token: "ada"}))
	if diff := cmp.Diff([]string{"of a stranger", "mine", "of bob"}, texts(list)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if by := list[0].RepostedBy; by == nil || by.Handle != "bob" || by.DisplayName != "Bob" || list[1].RepostedBy != nil {
		t.Errorf("reposted by %+v", list)
	}
	if home := w.get("/api/activities/home"); strings.Contains(home.body, "reposted_by") {
		t.Errorf("home names a repost: %s", home.body)
	}
	w.want(w.do(query{target: "/api/activities/following?since=x", token: "ada", odd: true}), 404, "not_found")
}

// Who likes and has reposted stands in lists of their own; what a member likes is private until it is opened.
func TestWhoMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.member("ada"), w.member("bob")
	root := w.post(ada, "root", "7-days")
	for _, u := range []cruddur.User{ada, bob} {
		w.must(w.db.Like(t.Context(), u.UUID, root.UUID, true, w.now))
	}
	w.must(w.db.Repost(t.Context(), bob.UUID, root.UUID, true, w.now))
	w.follows(ada, bob, true)
	for target, want := range map[string]string{"/likes": ">bob ada", "/reposts": ">bob"} {
		got := bonds(decoded[[]person](t, w.do(query{target: path(root) + target, token: "ada"})))
		if parts := strings.Fields(got); len(parts) != len(strings.Fields(want)) || !strings.Contains(got, ">bob") {
			t.Errorf("%s = %q, want %q", target, got, want)
		}
	}
	likes := func(token string) answer {
		return w.do(query{target: "/api/activities/@bob/likes", token: token})
	}
	open := func(body string) {
		t.Helper()
		if a := w.do(query{method: "PUT", target: "/api/profile/update", token: "bob", body: body}); a.status != 200 {
			t.Fatalf("answer = %d %s", a.status, a.body)
		}
	}
	for i, body := range []string{`{"display_name":"Bob"}`, `{"display_name":"Bob","likes_public":true}`, `{"display_name":"Bob","bio":"b"}`, `{"display_name":"Bob","likes_public":null}`, `{"display_name":"Bob","likes_public":false}`} {
		open(body)
		public := i > 0 && i < 4
		if got := decoded[[]shown](t, likes("bob")); len(got) != 1 || !got[0].Liked {
			t.Errorf("bob sees %+v", got)
		}
		for _, token := range []string{"", "ada"} {
			if a := likes(token); !public {
				w.want(a, 404, "not_found")
			} else if got := decoded[[]shown](t, a); len(got) != 1 || got[0].Liked != (token == "ada") {
				t.Errorf("%q sees %+v", token, got)
			}
		}
		if got := decoded[struct{ Profile person }](t, w.get("/api/activities/@bob")).Profile.LikesPublic; got != public {
			t.Errorf("after %s the profile says likes_public: %t", body, got)
		}
	}
	w.want(w.do(query{method: "PUT", target: "/api/profile/update", token: "bob", body: `{"display_name":"Bob","likes_public":1}`, odd: true}), 422, "likes_public_invalid_type")
}
