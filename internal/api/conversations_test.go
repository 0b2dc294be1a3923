package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// shown is an activity as the API shows it.
type shown struct {
	item
	ReplyTo      *string         `json:"reply_to_activity_uuid"`
	RepliesCount int             `json:"replies_count"`
	LikesCount   int             `json:"likes_count"`
	RepostsCount int             `json:"reposts_count"`
	Replies      json.RawMessage `json:"replies"`
	Liked        bool
	Reposted     bool
	RepostedBy   *struct {
		Handle      string
		DisplayName string `json:"display_name"`
	} `json:"reposted_by"`
}

// thread is the answer of a crud's address.
type thread struct {
	Activity           shown
	Replies, Ancestors []shown
	Total              int `json:"replies_total"`
}

func texts(list []shown) []string {
	out := []string{}
	for _, a := range list {
		out = append(out, a.Message)
	}
	return out
}

func path(a cruddur.Activity) string { return "/api/activities/" + a.UUID.String() }

func status(a cruddur.Activity) string {
	return "/api/activities/@" + a.Handle + "/status/" + a.UUID.String()
}

// said is a request to reply; fields are added to its body.
func said(to cruddur.Activity, token, message, more string) query {
	return query{method: "POST", target: path(to) + "/reply", token: token, body: `{"message":` + string(cruddurJSON(message)) + more + `}`}
}

func TestReply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	w.member("bob")
	root := w.post(ada, "root", "1-day")
	other := w.post(ada, "another", "7-days")
	w.now = w.now.Add(time.Second)

	reply := decoded[shown](t, w.do(said(root, "bob", "  an answer @ada #yes ", `,"activity_uuid":"`+other.UUID.String()+`"`)))
	if reply.Message != "an answer @ada #yes" || *reply.ReplyTo != root.UUID.String() || reply.Handle != "bob" {
		t.Errorf("reply = %+v", reply)
	}
	if !reply.ExpiresAt.Equal(root.ExpiresAt) || !reply.CreatedAt.Equal(w.now) {
		t.Errorf("a reply without a lifetime lives from %v to %v, want from now to the end of its thread, %v", reply.CreatedAt, reply.ExpiresAt, root.ExpiresAt)
	}
	for ttl, want := range map[string]time.Time{
		`"1-hour"`: w.now.Add(time.Hour), `"30-days"`: root.ExpiresAt, `null`: root.ExpiresAt,
	} {
		if a := decoded[shown](t, w.do(said(root, "bob", "with a life", `,"ttl":`+ttl))); !a.ExpiresAt.Equal(want) {
			t.Errorf("a reply with the lifetime %s ends at %v, want %v", ttl, a.ExpiresAt, want)
		}
	}
	if a := decoded[shown](t, w.get(path(root))); a.RepliesCount != 4 || string(a.Replies) != "[]" {
		t.Errorf("the root has %d replies, %s in it", a.RepliesCount, a.Replies)
	}
	if home := w.get("/api/activities/home"); strings.Contains(home.body, "an answer") {
		t.Errorf("a reply is in the home feed: %s", home.body)
	}
}

func TestReplyRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.post(w.member("ada"), "root", "1-day")
	w.member("bob")
	long := func(s string, n int) string { return `{"message":"` + strings.Repeat(s, n) + `"}` }
	for name, c := range map[string]struct {
		body   string
		status int
		codes  []string
	}{
		"Empty":           {`{}`, 422, []string{"message_blank"}},
		"Blank":           {`{"message":" \u200b\n"}`, 422, []string{"message_blank"}},
		"1025":            {long("a", 1025), 422, []string{"message_exceed_max_chars_1024"}},
		"1025Emoji":       {long("😀", 1025), 422, []string{"message_exceed_max_chars_1024"}},
		"NUL":             {`{"message":"a\u0000b"}`, 422, []string{"message_invalid_text"}},
		"EmptyTTL":        {`{"message":"a","ttl":""}`, 422, []string{"ttl_blank"}},
		"UnknownTTL":      {`{"message":"","ttl":"2-days"}`, 422, []string{"ttl_blank", "message_blank"}},
		"NumberAsTTL":     {`{"message":"a","ttl":1}`, 422, []string{"ttl_invalid_type"}},
		"NumberAsMessage": {`{"message":5}`, 422, []string{"message_invalid_type"}},
		"NotJSON":         {`message=a`, 400, []string{"invalid_json"}},
		"65KiB":           {long("a", 65<<10), 413, []string{"body_too_large"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.want(w.do(query{method: "POST", target: path(root) + "/reply", token: "bob", body: c.body, odd: true}), c.status, c.codes...)
		})
	}
	if a := decoded[shown](t, w.get(path(root))); a.RepliesCount != 0 {
		t.Errorf("%d replies are stored", a.RepliesCount)
	}
	if a := decoded[shown](t, w.do(said(root, "bob", strings.Repeat("😀", 1024), ""))); len([]rune(a.Message)) != 1024 {
		t.Errorf("a reply of 1,024 code points has %d", len([]rune(a.Message)))
	}
}

// Replies and cruds have one allowance together.
func TestReplyIsAPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.post(w.member("ada"), "root", "1-day")
	w.member("bob")
	for i := range 30 {
		q := said(root, "bob", "a", "")
		if i%2 == 0 {
			q = query{method: "POST", target: "/api/activities", token: "bob", body: `{"message":"a","ttl":"1-day"}`}
		}
		if a := w.do(q); a.status != 200 {
			t.Fatalf("answer = %d %s", a.status, a.body)
		}
	}
	for _, q := range []query{said(root, "bob", "a", ""), {method: "POST", target: "/api/activities", token: "bob", body: `{"message":"a","ttl":"1-day"}`}} {
		if a := w.do(q); a.status != 429 || a.header.Get("Retry-After") != "10" {
			t.Errorf("%s after 30 = %d %v", q.target, a.status, a.header)
		}
	}
	if a := w.do(said(root, "ada", "a", "")); a.status != 200 {
		t.Errorf("another member answers %d", a.status)
	}
}

// A thread has all replies flat and oldest first, and above a reply what it hangs on.
func TestThread(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.member("ada"), w.member("bob")
	root := w.post(ada, "root", "1-day")
	one := w.answer(bob, root, "1", "")
	under := w.answer(ada, one, "1.1", "")
	w.answer(bob, root, "2", "")
	deep := w.answer(bob, under, "1.1.1", "")
	w.answer(ada, one, "1.2", "")
	w.must(w.db.Like(t.Context(), ada.UUID, under.UUID, true, w.now))
	w.must(w.db.Repost(t.Context(), ada.UUID, root.UUID, true, w.now))

	for _, c := range []struct {
		of               cruddur.Activity
		above, below     []string
		direct, inNumber int
	}{
		{root, []string{}, []string{"1", "1.1", "2", "1.1.1", "1.2"}, 2, 5},
		{one, []string{"root"}, []string{"1.1", "1.1.1", "1.2"}, 2, 3},
		{under, []string{"root", "1"}, []string{"1.1.1"}, 1, 1},
		{deep, []string{"root", "1", "1.1"}, []string{}, 0, 0},
	} {
		got := decoded[thread](t, w.get(status(c.of)))
		if got.Activity.UUID != c.of.UUID.String() || got.Activity.RepliesCount != c.direct || got.Total != c.inNumber {
			t.Errorf("%s: %+v, %d in all", c.of.Message, got.Activity, got.Total)
		}
		if diff := cmp.Diff([][]string{c.above, c.below}, [][]string{texts(got.Ancestors), texts(got.Replies)}); diff != "" {
			t.Errorf("%s: above and below (-want +got):\n%s", c.of.Message, diff)
		}
	}
	mine := decoded[thread](t, w.do(query{target: status(under), token: "ada"}))
	if !mine.Activity.Liked || mine.Activity.Reposted || !mine.Ancestors[0].Reposted || mine.Ancestors[0].Liked || mine.Replies[0].Liked {
		t.Errorf("ada's marks are %+v", mine)
	}
	w.want(w.get("/api/activities/@bob/status/"+root.UUID.String()), 404, "not_found")
	w.want(w.do(query{target: status(root) + "?after=x", odd: true}), 404, "not_found")
}

// The end of a crud can be moved, and what lives with the thread moves along.
func TestEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	root := w.post(ada, "root", "1-day")
	with, own := w.answer(ada, root, "with the thread", ""), w.answer(ada, root, "with its own end", "12-hours")
	end := func(a cruddur.Activity, body string) answer {
		t.Helper()
		return w.do(query{method: "PUT", target: path(a) + "/end", token: "ada", body: body, odd: true})
	}
	ends := func(when string, want ...time.Time) {
		t.Helper()
		for i, a := range []cruddur.Activity{root, with, own} {
			if got := decoded[shown](t, w.get(path(a))); !got.ExpiresAt.Equal(want[i]) {
				t.Errorf("%s %q ends at %v, want %v", when, a.Message, got.ExpiresAt, want[i])
			}
		}
	}
	w.now = w.now.Add(time.Minute)
	moved := decoded[shown](t, end(root, `{"ttl":"3-days"}`))
	later := w.now.Add(72 * time.Hour)
	if !moved.ExpiresAt.Equal(later) || moved.TTL != nil {
		t.Errorf("moved = %+v", moved)
	}
	ends("extended:", later, later, own.ExpiresAt)

	soon := w.now.Add(3 * time.Hour)
	decoded[shown](t, end(root, `{"ttl":"3-hours"}`))
	ends("shortened:", soon, soon, soon)

	hour := w.now.Add(time.Hour)
	decoded[shown](t, end(with, `{"ttl":"1-hour"}`))
	decoded[shown](t, end(own, `{}`))
	ends("replies:", soon, hour, soon)
	decoded[shown](t, end(root, `{"ttl":"1-day"}`))
	ends("the one lives with the thread now:", w.now.Add(24*time.Hour), hour, w.now.Add(24*time.Hour))
	decoded[shown](t, end(with, `{"ttl":null}`))
	decoded[shown](t, end(root, `{"ttl":"30-days"}`))
	most := root.CreatedAt.Add(cruddur.MaxLife)
	ends("nothing lives longer than its most:", most, most, most)

	for body, codes := range map[string][]string{`{}`: {"ttl_blank"}, `{"ttl":null}`: {"ttl_blank"}, `{"ttl":""}`: {"ttl_blank"}, `{"ttl":"2-days"}`: {"ttl_blank"}, `{"ttl":1}`: {"ttl_invalid_type"}} {
		w.want(end(root, body), 422, codes...)
	}
	w.want(end(root, `no`), 400, "invalid_json")
	w.want(w.do(query{method: "PUT", target: path(root) + "/end", body: `{"ttl":"1-hour"}`}), 401, "unauthenticated")
	w.member("bob")
	for _, body := range []string{`{"ttl":"1-hour"}`, `{}`} {
		w.want(w.do(query{method: "PUT", target: path(root) + "/end", token: "bob", body: body}), 403, "forbidden")
	}
	ends("refused:", most, most, most)
}

// A client that got no answer asks again: also another server, or the same after a restart, makes one reply of it.
func TestReplyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := pgtest.URL(t)
	one, two := pgtest.Open(t, url), pgtest.Open(t, url)
	w.db = one
	handler := func(db *postgres.DB) query { return query{handler: w.api(api.Config{Feed: feed.New(db), Store: db})} }
	root, other := w.post(w.member("ada"), "root", "1-day"), w.post(w.member("bob"), "another", "1-day")
	reply := func(on query, to cruddur.Activity, token, key, message string) answer {
		t.Helper()
		q := said(to, token, message, "")
		q.handler, q.header = on.handler, []string{"Idempotency-Key: " + key}
		q.odd = !strings.HasPrefix(key, `"`)
		return w.do(q)
	}
	a, b := handler(one), handler(two)

	// Both servers are asked at once, as by a client with little patience.
	answers := make(chan answer)
	for i := range 8 {
		go func() {
			q := said(root, "bob", "hello", "")
			r := httptest.NewRequest(q.method, q.target, strings.NewReader(q.body))
			r.Header.Set("Authorization", "Bearer bob")
			r.Header.Set("Idempotency-Key", `"one"`)
			rec := httptest.NewRecorder()
			[]query{a, b}[i%2].handler.ServeHTTP(rec, r)
			answers <- answer{status: rec.Code, body: rec.Body.String()}
		}()
	}
	first := <-answers
	for range 7 {
		if again := <-answers; again.status != 200 || again.body != first.body {
			t.Errorf("one of several at once = %d %s, want %s", again.status, again.body, first.body)
		}
	}
	one.Close() // a restart
	w.db = two
	for what, on := range map[string]query{"the other server": b, "after a restart": handler(pgtest.Open(t, url))} {
		if again := reply(on, root, "bob", `"one"`, "hello"); again.status != 200 || again.body != first.body {
			t.Errorf("%s = %d %s, want %s", what, again.status, again.body, first.body)
		}
	}
	w.want(reply(b, root, "bob", `"one"`, "hullo"), 422, "idempotency_key_reused")
	w.want(reply(b, other, "bob", `"one"`, "hello"), 422, "idempotency_key_reused")
	w.want(w.do(query{method: "POST", target: "/api/activities", token: "bob", body: `{"message":"hello","ttl":"1-day"}`, header: []string{`Idempotency-Key: "one"`}, handler: b.handler}), 422, "idempotency_key_reused")
	w.want(reply(b, root, "bob", `one`, "hello"), 422, "idempotency_key_invalid")
	if got := decoded[thread](t, w.do(query{target: status(root), handler: b.handler})); len(got.Replies) != 1 || got.Activity.RepliesCount != 1 || got.Total != 1 {
		t.Errorf("the thread is %+v, want one reply", got)
	}
	if a := reply(b, root, "ada", `"one"`, "hello"); a.status != 200 || a.body == first.body {
		t.Errorf("another member's = %d %s", a.status, a.body)
	}
	if home := decoded[[]item](t, w.do(query{target: "/api/activities/home", handler: b.handler})); len(home) != 2 {
		t.Errorf("%d cruds, want 2", len(home))
	}
}

// A key goes with its reply, and a reply goes with its thread.
func TestReplyKeyGoesWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.post(w.member("ada"), "root", "1-day")
	w.member("bob")
	again := func() answer {
		q := said(root, "bob", "hello", `,"ttl":"1-hour"`)
		q.header = []string{`Idempotency-Key: "k"`}
		return w.do(q)
	}
	first := decoded[shown](t, again())
	w.now = first.ExpiresAt.Add(-time.Microsecond)
	if got := decoded[shown](t, again()); got.UUID != first.UUID {
		t.Errorf("a microsecond before its end there is a second reply")
	}
	w.now = first.ExpiresAt
	if got := decoded[shown](t, again()); got.UUID == first.UUID {
		t.Errorf("the reply is answered although it is over")
	}
	w.now = root.ExpiresAt
	w.want(again(), 404, "not_found")
}
