package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cruddur"
)

// note is a notification as a program reads it.
type note struct {
	UUID, Kind string
	CreatedAt  string `json:"created_at"`
	Unread     bool
	Actors     []struct {
		UUID, Handle string
		DisplayName  string `json:"display_name"`
	}
	ActorsCount int `json:"actors_count"`
	Activity    *struct {
		UUID, Message string
		Liked         bool
	}
	Message *struct {
		UUID, Handle, Message string
	}
	MessageGroupUUID *string `json:"message_group_uuid"`
	MessagesCount    int     `json:"messages_count"`
}

// line is the note in short.
func (n note) line() string {
	var names []string
	for _, a := range n.Actors {
		names = append(names, a.Handle)
	}
	line := n.Kind + " by " + strings.Join(names, " ")
	if n.Activity != nil {
		line += ": " + n.Activity.Message
		if n.Activity.Liked {
			line += " (liked)"
		}
	}
	if n.Message != nil {
		line += fmt.Sprintf(": %s (%d in %s)", n.Message.Message, n.MessagesCount, *n.MessageGroupUUID)
	}
	if n.Unread {
		line += " *"
	}
	return line
}

func (w *world) notes(token, query string) (list []note, lines string) {
	w.t.Helper()
	list = decoded[[]note](w.t, w.do(noted("/api/notifications"+query, token)))
	for _, n := range list {
		lines += n.line() + "\n"
	}
	return list, lines
}

func noted(target, token string) query { return query{target: target, token: token} }

// What others did is told in groups, is new until it is marked as seen, and is the member's alone.
func TestNotifications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, cid := w.member("ada"), w.member("bob"), w.member("cid")
	root := w.post(ada, "root", "7-days")
	for _, u := range []cruddur.User{bob, cid} {
		w.now = w.now.Add(time.Second)
		w.must(w.db.Like(t.Context(), u.UUID, root.UUID, true, w.now))
		w.follows(u, ada, true)
	}
	reply := w.answer(bob, root, "an answer", "")
	w.must(w.db.Like(t.Context(), ada.UUID, reply.UUID, true, w.now))
	w.answer(cid, reply, "for @ada too", "")
	want := func(what, token, query, want string) []note {
		t.Helper()
		list, got := w.notes(token, query)
		if got != want {
			t.Errorf("%s:\n%s, want\n%s", what, got, want)
		}
		return list
	}
	count := func(token string, n string) {
		t.Helper()
		if a := w.do(query{target: "/api/notifications/unread", token: token}); a.body != `{"count":`+n+`}` || a.status != 200 {
			t.Errorf("unread of %s = %d %s, want %s", token, a.status, a.body, n)
		}
	}
	list := want("the mentions", "ada", "?kind=mentions", "mention by cid: for @ada too *\nreply by bob: an answer (liked) *\n")
	if n := list[1]; n.UUID != reply.UUID.String() || n.CreatedAt != reply.CreatedAt.Format("2006-01-02T15:04:05.000000Z") || n.ActorsCount != 1 || n.Actors[0].DisplayName != "Bob" {
		t.Errorf("the reply = %+v", n)
	}
	list, lines := w.notes("ada", "?kind=all&limit=100")
	if len(list) != 4 || list[2].ActorsCount != 2 || list[3].ActorsCount != 2 || !strings.Contains(lines, "follow by cid bob *\n") || !strings.Contains(lines, "like by cid bob: root *\n") {
		t.Errorf("all = %s", lines)
	}
	count("ada", "4")
	count("bob", "2") // ada likes the reply, and cid answers it
	w.want(w.do(query{target: "/api/notifications?kind=likes", token: "ada", odd: true}), 422, "kind_invalid")
	odd := false
	see := func(token, body string) answer {
		return w.do(query{method: "PUT", target: "/api/notifications/seen", token: token, body: body, odd: odd})
	}
	if a := see("bob", `{"uuid":"`+list[0].UUID+`"}`); a.status != 200 { // another's mark changes nothing of ada's
		t.Errorf("seen = %d %s", a.status, a.body)
	}
	count("ada", "4")
	if a := see("ada", `{"uuid":"`+list[1].UUID+`"}`); a.status != 200 || a.body != `{"count":1}` {
		t.Errorf("seen = %d %s", a.status, a.body)
	}
	want("the rest is read", "ada", "?kind=mentions", "mention by cid: for @ada too *\nreply by bob: an answer (liked)\n")
	if a := see("ada", `{"uuid":"`+list[3].UUID+`"}`); a.body != `{"count":1}` {
		t.Errorf("what is read is new again: %s", a.body)
	}
	odd = true
	ahead := cruddur.UUIDAfter(w.now.Add(2 * time.Minute))
	for body, code := range map[string]string{
		`{}`: "uuid_invalid", `{"uuid":"1"}`: "uuid_invalid", `{"uuid":5}`: "uuid_invalid_type", `{"uuid":null}`: "uuid_invalid",
		`{"uuid":"` + cruddur.MaxUUID.String() + `"}`: "uuid_invalid", `{"uuid":"` + ahead.String() + `"}`: "uuid_invalid",
	} {
		w.want(see("ada", body), 422, code)
	}
	for range 200 {
		if a := see("ada", `{"uuid":"`+list[3].UUID+`"}`); a.status == 429 {
			return
		}
	}
	t.Error("200 marks are accepted, one after the other")
}

// All messages of a conversation are one notification. It is read with the conversation, and shows the sender's picture.
func TestNotificationsOfMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.member("ada"), w.member("bob")
	face := decoded[shownPicture](t, w.do(sends("PUT", "/api/me/avatar", "bob", photo(t, 90, 60)))).URL
	w.follows(ada, bob, true)
	first := w.whisper(bob, ada, "one")
	w.now = w.now.Add(time.Second)
	second := w.whisper(bob, ada, "two")
	want := func(what, want string) {
		t.Helper()
		if _, got := w.notes("ada", "?kind=all"); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	group := first.Conversation.String()
	want("new", "message by bob: two (2 in "+group+") *\n")
	list, _ := w.notes("ada", "")
	if n := list[0]; n.UUID != second.UUID.String() || n.Message.UUID != n.UUID || n.Message.Handle != "bob" || n.Activity != nil || n.ActorsCount != 1 {
		t.Errorf("the notification = %+v", n)
	}
	type faced struct {
		AvatarURL *string `json:"avatar_url"`
		Actors    []struct {
			AvatarURL *string `json:"avatar_url"`
		}
	}
	shown := decoded[[]faced](t, w.do(query{target: "/api/notifications", token: "ada"}))
	groups := decoded[[]faced](t, w.do(query{target: "/api/message_groups", token: "ada"}))
	if a, b := shown[0].Actors[0].AvatarURL, groups[0].AvatarURL; a == nil || b == nil || *a != face || *b != face {
		t.Errorf("the pictures are %v and %v, want %s", a, b, face)
	}
	if groups := decoded[[]faced](t, w.do(query{target: "/api/message_groups", token: "bob"})); groups[0].AvatarURL != nil {
		t.Errorf("ada's picture is %v", *groups[0].AvatarURL)
	}
	if a := w.do(query{method: "PUT", target: "/api/message_groups/" + group + "/seen", token: "ada", body: "{}"}); a.status >= 300 {
		t.Fatalf("seen = %d %s", a.status, a.body)
	}
	want("the conversation is read", "message by bob: two (0 in "+group+")\n")
	if a := w.do(query{target: "/api/notifications/unread", token: "ada"}); a.body != `{"count":0}` {
		t.Errorf("unread = %s", a.body)
	}
	if _, got := w.notes("ada", "?kind=mentions"); got != "" {
		t.Errorf("the mentions are %q", got)
	}
	if err := w.db.Mute(t.Context(), ada.UUID, bob.UUID, w.now.Add(time.Hour), w.now); err != nil {
		t.Fatal(err)
	}
	want("muted", "")
	w.now = second.ExpiresAt.Add(-time.Microsecond)
	want("a moment before its end", "message by bob: two (0 in "+group+")\n")
	w.now = second.ExpiresAt
	want("at its end", "")
}

// The original's client draws what concerns the viewer like its home.
func TestOriginalNotifications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.member("ada"), w.member("bob")
	root := w.post(ada, "root", "7-days")
	w.must(w.db.Like(t.Context(), bob.UUID, root.UUID, true, w.now))
	reply := w.answer(bob, root, "an answer", "")
	w.now = w.now.Add(time.Second)
	mention := w.post(bob, "for @ada", "1-day")
	list := client[[]struct {
		UUID, Handle, Message string
		ExpiresAt             string `json:"expires_at"`
		Replies               []any
	}](t, w.browser("GET", "/api/activities/notifications", "ada", ""))
	if len(list) != 2 || list[0].UUID != mention.UUID.String() || list[1].UUID != reply.UUID.String() || list[0].Handle != "bob" || list[0].Replies == nil {
		t.Errorf("notifications = %+v", list)
	}
	if list := client[[]any](t, w.browser("GET", "/api/activities/notifications", "bob", "")); len(list) != 0 {
		t.Errorf("bob's notifications = %+v", list)
	}
	for range 101 { // it shows the first answer alone
		w.now = w.now.Add(time.Second)
		w.post(bob, "again for @ada", "1-day")
	}
	if list := client[[]any](t, w.browser("GET", "/api/activities/notifications", "ada", "")); len(list) != 100 {
		t.Errorf("the client gets %d notifications, want 100", len(list))
	}
	w.want(w.browser("GET", "/api/activities/notifications", "", ""), 401, "unauthenticated")
}
