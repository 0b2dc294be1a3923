package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
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

type group struct {
	UUID, Handle, Message, Timer string
	DisplayName                  string  `json:"display_name"`
	CreatedAt                    string  `json:"created_at"`
	ExpiresAt                    *string `json:"expires_at"`
	Unread                       int
	TimerChangedAt               *string `json:"timer_changed_at"`
	TimerChangedByMe             bool    `json:"timer_changed_by_me"`
	Request, Muted               bool
}

type private struct {
	UUID, Handle, Message string
	DisplayName           string `json:"display_name"`
	CreatedAt             string `json:"created_at"`
	ExpiresAt             string `json:"expires_at"`
	Group                 string `json:"message_group_uuid"`
}

// The original's client in its final state lists conversations, opens one by its group and by a handle, begins one
// and goes on in it.
func TestOriginalMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.member("ada"), w.member("bob")
	w.follows(bob, ada, true)
	w.follows(ada, bob, true)
	begun := client[map[string]string](t, w.browser("POST", "/api/messages", "ada", `{"message":"hello","handle":"bob"}`))
	id := begun["message_group_uuid"]
	if len(begun) != 1 || id == "" {
		t.Fatalf("a new conversation answers %v", begun)
	}
	w.now = w.now.Add(time.Second)
	sent := client[private](t, w.browser("POST", "/api/messages", "bob", `{"message":"hello ada","message_group_uuid":"`+id+`"}`))
	if sent.Group != id || sent.Handle != "bob" || sent.DisplayName != "Bob" || sent.Message != "hello ada" || !apiTime.MatchString(sent.CreatedAt) {
		t.Errorf("a message answers %+v", sent)
	}
	w.now = w.now.Add(time.Second)
	for token, other := range map[string]string{"ada": "bob", "bob": "ada"} {
		groups := client[[]group](t, w.browser("GET", "/api/message_groups", token, ""))
		if len(groups) != 1 || groups[0].UUID != id || groups[0].Handle != other || groups[0].Message != "hello ada" || groups[0].CreatedAt != sent.CreatedAt || groups[0].DisplayName == "" {
			t.Errorf("%s has the conversations %+v", token, groups)
		}
		for _, target := range []string{"/api/messages/" + id, "/api/messages/@" + other} {
			list := client[[]private](t, w.browser("GET", target, token, ""))
			if len(list) != 2 || list[0].Message != "hello" || list[0].Handle != "ada" || list[1].UUID != sent.UUID {
				t.Errorf("%s of %s = %+v, want the oldest first", target, token, list)
			}
		}
	}
	again := client[map[string]string](t, w.browser("POST", "/api/messages", "ada", `{"message":"and again","handle":"BOB"}`))
	if again["message_group_uuid"] != id {
		t.Errorf("to the same handle: %v", again)
	}
	long := strings.Repeat("a", cruddur.MaxPrivateMessage+1)
	for body, codes := range map[string][]string{
		`{"message":"","handle":"bob"}`:                            {"message_blank"},
		`{"message":" \u200b ","handle":"bob"}`:                    {"message_blank"},
		`{"handle":"bob"}`:                                         {"message_blank"},
		`{"message":"` + long + `","handle":"bob"}`:                {"message_exceed_max_chars_1024"},
		`{"message":"hello"}`:                                      {"user_reciever_handle_blank"},
		`{"message":"hello","handle":""}`:                          {"user_reciever_handle_blank"},
		`{"message":"hello","message_group_uuid":""}`:              {"message_group_uuid_blank"},
		`{"message":"","message_group_uuid":""}`:                   {"message_blank", "message_group_uuid_blank"},
		`{"message":"","handle":null}`:                             {"message_blank", "user_reciever_handle_blank"},
		`{"message":"hello","message_group_uuid":5}`:               {"message_group_uuid_invalid_type"},
		`{"message":"a\u0000b","message_group_uuid":"` + id + `"}`: {"message_invalid_text"},
	} {
		w.want(w.do(query{method: "POST", target: "/api/messages", token: "ada", body: body, odd: true, header: []string{"Origin: " + frontend}}), 422, codes...)
	}
	w.want(w.browser("POST", "/api/messages", "ada", `{"message":"hello","handle":"nobody"}`), 404, "not_found")
	w.want(w.browser("POST", "/api/messages", "ada", `{"message":"hello","handle":"ada"}`), 404, "not_found")
	w.want(w.browser("POST", "/api/messages", "ada", `{"message":"hello","message_group_uuid":"none"}`), 404, "not_found")
	w.want(w.browser("POST", "/api/messages", "", `{"message":"hello","handle":"bob"}`), 401, "unauthenticated")
	for range cruddur.MaxPageSize {
		w.whisper(ada, bob, "more")
	}
	if n := len(client[[]private](t, w.browser("GET", "/api/messages/"+id, "bob", ""))); n != cruddur.MaxPageSize {
		t.Errorf("the client gets %d messages", n)
	}
}

// What a member can do with a conversation, and what each act answers.
func TestConversationsOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.member("ada"), w.member("bob")
	m := w.whisper(ada, bob, "may I?")
	at, id := "/api/message_groups/"+m.Conversation.String(), m.Conversation.String()
	unread := func(token string, want string) {
		t.Helper()
		if a := w.do(query{target: "/api/messages/unread", token: token}); a.body != want {
			t.Errorf("%s has %s, want %s", token, a.body, want)
		}
	}
	listed := func(token, params string) []group {
		t.Helper()
		return decoded[[]group](t, w.do(query{target: "/api/message_groups" + params, token: token}))
	}
	unread("bob", `{"unread":0,"requests":1}`)
	if got := listed("bob", ""); len(got) != 0 {
		t.Errorf("a request is among the conversations: %+v", got)
	}
	if got := listed("bob", "?requests=true"); len(got) != 1 || !got[0].Request || got[0].UUID != id {
		t.Errorf("the requests are %+v", got)
	}
	w.want(w.do(query{target: "/api/message_groups?requests=x", token: "bob", odd: true}), 422, "requests_invalid")
	for range cruddur.MaxUnanswered - 1 {
		w.whisper(ada, bob, "please")
	}
	for _, to := range []string{`"handle":"bob"`, `"message_group_uuid":"` + id + `"`} {
		w.want(w.do(query{method: "POST", target: "/api/messages", token: "ada", body: `{"message":"please",` + to + `}`}), 422, "request_unanswered")
	}
	g := decoded[group](t, w.do(query{method: "PUT", target: at + "/accept", token: "bob"}))
	if g.Request || g.Unread != cruddur.MaxUnanswered || g.Message != "please" || g.Timer != "7-days" || g.TimerChangedAt != nil {
		t.Errorf("accepted: %+v", g)
	}
	unread("bob", `{"unread":5,"requests":0}`)
	g = decoded[group](t, w.do(query{method: "PUT", target: at + "/seen", token: "bob", body: `{"message_uuid":"` + m.UUID.String() + `"}`}))
	if g.Unread != cruddur.MaxUnanswered-1 {
		t.Errorf("after the first is seen: %+v", g)
	}
	if g = decoded[group](t, w.do(query{method: "PUT", target: at + "/seen", token: "bob"})); g.Unread != 0 {
		t.Errorf("after all are seen: %+v", g)
	}
	w.want(w.do(query{method: "PUT", target: at + "/seen", token: "bob", body: `{"message_uuid":"x"}`, odd: true}), 422, "message_uuid_invalid")
	g = decoded[group](t, w.do(query{method: "PUT", target: at + "/timer", token: "bob", body: `{"ttl":"1-hour"}`}))
	if g.Timer != "1-hour" || !g.TimerChangedByMe || g.TimerChangedAt == nil {
		t.Errorf("with a timer: %+v", g)
	}
	if g = listed("ada", "")[0]; g.Timer != "1-hour" || g.TimerChangedByMe || g.TimerChangedAt == nil {
		t.Errorf("the other sees %+v", g)
	}
	w.want(w.do(query{method: "PUT", target: at + "/timer", token: "bob", body: `{"ttl":"2-hours"}`, odd: true}), 422, "ttl_blank")
	short := w.whisper(bob, ada, "briefly")
	w.want(w.do(query{method: "DELETE", target: "/api/messages/" + short.UUID.String(), token: "ada"}), 403, "forbidden")
	if end := listed("ada", "")[0].ExpiresAt; end == nil || *end != short.ExpiresAt.Format("2006-01-02T15:04:05.000000Z") {
		t.Errorf("the newest message ends at %v", end)
	}
	unread("ada", `{"unread":1,"requests":0}`)
	if a := w.do(query{method: "DELETE", target: "/api/messages/" + short.UUID.String(), token: "bob"}); a.body != "{}" {
		t.Errorf("deleted: %+v", a)
	}
	unread("ada", `{"unread":0,"requests":0}`)
	w.now = w.now.Add(8 * 24 * time.Hour)
	if g = listed("ada", "")[0]; g.Message != "" || g.ExpiresAt != nil || g.CreatedAt != m.CreatedAt.Format("2006-01-02T15:04:05.000000Z") {
		t.Errorf("a quiet conversation: %+v", g)
	}
	if a := w.do(query{method: "DELETE", target: at, token: "ada"}); a.body != "{}" {
		t.Errorf("deleted: %+v", a)
	}
	if got := listed("bob", ""); len(got) != 0 {
		t.Errorf("the conversation is left: %+v", got)
	}
}

// An attempt to send counts once.
func TestMessageOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("ada")
	w.member("bob")
	send := func(key, message string) answer {
		return w.do(query{method: "POST", target: "/api/messages", token: "ada", body: fmt.Sprintf(`{"message":%q,"handle":"bob"}`, message), header: []string{"Idempotency-Key: " + key}, odd: true})
	}
	first := send(`"a"`, "hello")
	if again := send(`"a"`, "hello"); again.status != 200 || again.body != first.body {
		t.Errorf("again: %+v", again)
	}
	w.want(send(`"a"`, "another"), 422, "idempotency_key_reused")
	w.want(send(`a`, "hello"), 422, "idempotency_key_invalid")
	if list := decoded[[]private](t, w.do(query{target: "/api/messages/@bob", token: "ada"})); len(list) != 1 {
		t.Errorf("%d messages, want one", len(list))
	}
}

// blocks lets a member block another.
func (w *world) blocks(blocker, blocked cruddur.User) {
	w.t.Helper()
	if err := w.db.Block(w.t.Context(), blocker.UUID, blocked.UUID, true, w.now); err != nil {
		w.t.Fatal(err)
	}
}

// messageRoutes are the routes of private messages that name something, with a body that each takes.
func messageRoutes() map[string]string {
	out := map[string]string{
		"POST /api/messages {uuid}":   `{"message":"let me in","message_group_uuid":"{uuid}"}`,
		"POST /api/messages {handle}": `{"message":"let me in","handle":"{handle}"}`,
	}
	for _, r := range api.Routes() {
		if strings.Contains(r, "/api/message") && strings.Contains(r, "{") {
			out[r] = attempts[r].body
		}
	}
	return out
}

// CVE-2024-37903 (Mastodon): a member could widen who may read another's post.
//
// Carol, the third, tries every route with the conversation and the messages of ada and bob: nothing is there. The same
// holds for one who was blocked, has blocked, is suspended or has left, byte for byte.
func TestAdvisoryAudienceOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, sue, gone := w.member("ada"), w.member("bob"), w.member("sue"), w.member("gone")
	blocked, blocking := w.member("blocked"), w.member("blocking")
	w.member("carol")
	w.now = w.now.Add(time.Second)
	pairs := map[string]cruddur.PrivateMessage{}
	for _, u := range []cruddur.User{bob, sue, gone, blocked, blocking} {
		w.whisper(u, ada, "hello")
		pairs[u.Handle] = w.whisper(ada, u, "hello")
	}
	w.blocks(ada, blocked)
	w.blocks(blocking, ada)
	for _, err := range []error{w.db.Suspend(t.Context(), sue.UUID, w.now), w.db.DeleteUser(t.Context(), gone.UUID)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	try := func(route, token, handle, uuid, body string) answer {
		method, path, _ := strings.Cut(route, " ")
		path, _, _ = strings.Cut(path, " ")
		names := strings.NewReplacer("{handle}", handle, "{uuid}", uuid)
		return w.do(query{
			method: method, target: names.Replace(path), token: token, body: names.Replace(body), odd: true,
			handler: w.api(api.Config{Feed: feed.New(w.db), Store: w.db, RequestLimit: -1}),
		})
	}
	const absent = "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970"
	tried := 0
	for route, body := range messageRoutes() {
		nothing := try(route, "ada", "nobody", absent, body)
		if nothing.status != http.StatusNotFound {
			t.Errorf("%s of what is not there = %d %s", route, nothing.status, nothing.body)
		}
		same := func(token, handle, uuid string) {
			t.Helper()
			tried++
			got := try(route, token, handle, uuid, body)
			if diff := cmp.Diff(nothing, got, cmp.AllowUnexported(answer{})); diff != "" {
				t.Errorf("%s by %s of %s %s (-nothing +got):\n%s", route, token, handle, uuid, diff)
			}
		}
		for _, token := range []string{"sue", "gone", ""} { // an old token
			if a := try(route, token, "ada", pairs["bob"].Conversation.String(), body); a.status != http.StatusUnauthorized {
				t.Errorf("%s by %q = %d %s", route, token, a.status, a.body)
			}
		}
		for handle, m := range pairs {
			for _, uuid := range []string{m.Conversation.String(), m.UUID.String()} {
				if strings.Contains(route, "{uuid}") {
					same("carol", handle, uuid)
				}
				if handle != "bob" {
					same("ada", handle, uuid)
				}
				if handle == "blocked" || handle == "blocking" {
					same(handle, "ada", uuid)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d attempts", tried)
	}
	if list, err := w.db.Messages(t.Context(), ada.UUID, pairs["bob"].Conversation, cruddur.UUID{}, 20, w.now); err != nil || len(list) != 2 {
		t.Errorf("ada and bob have %v, %v", list, err)
	}
	if g, err := w.db.Conversation(t.Context(), bob.UUID, pairs["bob"].Conversation, w.now); err != nil || g.Timer != "7-days" || g.Unread != 1 {
		t.Errorf("bob has %+v, %v", g, err)
	}
	var mine []string
	for _, g := range decoded[[]group](t, w.do(query{target: "/api/message_groups", token: "ada"})) {
		mine = append(mine, g.Handle)
	}
	if !slices.Equal(mine, []string{"bob"}) {
		t.Errorf("ada has the conversations %v", mine)
	}
}

// Private messages are found by nothing but the routes of messages and the notifications of the one who gets them: neither
// by search, trends and tags nor in what is told of others.
func TestMessagesAreNowhereElse(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	before := c.snapshot()
	c.whisper(c.ada, c.bob, "a #secret word for @eve: xyzzy")
	after := c.snapshot()
	changed := map[string]bool{}
	for route := range after {
		if !maps.Equal(before[route], after[route]) {
			changed[route] = true
		}
	}
	want := map[string]bool{"/api/message_groups": true, "/api/messages/unread": true, "/api/messages/{uuid}": true, "/api/messages/@{handle}": true, "/api/notifications": true, "/api/me/export": true, "/api/me/export.zip": true}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("a private message changes (-want +got):\n%s", diff)
	}
	for _, target := range []string{"/api/activities/search?term=xyzzy", "/api/activities/search?term=%23secret", "/api/activities/tags/secret", "/api/trends", "/api/me/export", "/api/notifications"} {
		if a := c.do(query{target: target, token: "eve"}); strings.Contains(a.body, "xyzzy") || !json.Valid([]byte(a.body)) {
			t.Errorf("%s tells eve %s", target, a.body)
		}
	}
}

// A member may write to thirty others for the first time in an hour, and send 120 messages in five minutes.
func TestMessageLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	var group string
	send := func(to string) int {
		return w.do(query{method: "POST", target: "/api/messages", token: "ada", body: `{"message":"hello",` + to + `}`}).status
	}
	for i := range ratelimit.Conversations.Count {
		other := w.member(fmt.Sprintf("other%d", i))
		if status := send(fmt.Sprintf(`"handle":%q`, other.Handle)); status != 200 {
			t.Fatalf("member %d: %d", i, status)
		}
		c, err := w.db.ConversationWith(t.Context(), ada.UUID, other.Handle, w.now)
		if err == nil {
			err = w.db.Accept(t.Context(), other.UUID, c.UUID, w.now)
		}
		if err != nil {
			t.Fatal(err)
		}
		group = fmt.Sprintf(`"message_group_uuid":%q`, c.UUID)
	}
	w.member("one_more")
	if status := send(`"handle":"one_more"`); status != 429 {
		t.Errorf("one member more: %d", status)
	}
	sent := ratelimit.Conversations.Count + 1
	for ; sent < ratelimit.Messages.Count+2; sent++ {
		if status := send(group); status != map[bool]int{true: 200, false: 429}[sent < ratelimit.Messages.Count] {
			t.Fatalf("message %d: %d", sent, status)
		}
	}
}
