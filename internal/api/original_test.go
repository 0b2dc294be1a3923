package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur/internal/api"
)

// browser sends a request as the original's client does in its final state: from a page of the front end, with the
// token that it has stored, which is the word null if nobody is signed in.
func (w *world) browser(method, target, token, body string) answer {
	w.t.Helper()
	if token == "" {
		token = "null"
	}
	return w.do(query{method: method, target: target, token: token, body: body, header: []string{"Origin: " + frontend}})
}

// client reads an answer as that client does: res.json() first, then the status, of which exactly 200 is success.
func client[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != frontend {
		t.Fatalf("the client cannot read %d %s, %v, %v", a.status, a.body, err, a.header)
	}
	return v
}

// The original's client in its final state replies, and opens the page of a crud and of a reply without a token.
func TestOriginalReplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.post(w.member("ada"), "root", "7-days")
	w.member("bob")
	type card struct {
		UUID, Handle, Message string
		DisplayName           string `json:"display_name"`
		ExpiresAt             string `json:"expires_at"`
		CreatedAt             string `json:"created_at"`
		RepliesCount          int    `json:"replies_count"`
		Replies               []any
	}
	type page struct {
		Activity card
		Replies  []card
	}
	w.now = w.now.Add(time.Second)
	body := fmt.Sprintf(`{"activity_uuid":"%s","message":"an answer"}`, root.UUID)
	reply := client[card](t, w.browser("POST", path(root)+"/reply", "bob", body))
	below := client[card](t, w.browser("POST", "/api/activities/"+reply.UUID+"/reply", "ada", `{"activity_uuid":"`+reply.UUID+`","message":"an answer to it"}`))
	for _, c := range []card{reply, below} {
		if end, err := time.Parse(time.RFC3339, c.ExpiresAt); err != nil || !end.Equal(root.ExpiresAt) || !apiTime.MatchString(c.ExpiresAt) || c.Replies == nil {
			t.Errorf("the reply ends at %q, %v, and has the replies %v", c.ExpiresAt, err, c.Replies)
		}
	}
	top := client[page](t, w.browser("GET", status(root), "", ""))
	if len(top.Replies) != 2 || top.Replies[0].UUID != reply.UUID || top.Replies[1].UUID != below.UUID || top.Activity.RepliesCount != 1 {
		t.Errorf("the crud's page = %+v", top)
	}
	// Every reply links to its own page.
	for _, c := range top.Replies {
		own := client[page](t, w.browser("GET", "/api/activities/@"+c.Handle+"/status/"+c.UUID, "", ""))
		if own.Activity.ExpiresAt != c.ExpiresAt || own.Activity.DisplayName == "" || own.Replies == nil {
			t.Errorf("the reply's page = %+v", own)
		}
	}
	// An error is a bare array of codes, which the client shows.
	for body, code := range map[string]string{`{"message":""}`: "message_blank", `{"message":"` + strings.Repeat("a", 1025) + `"}`: "message_exceed_max_chars_1024"} {
		w.want(w.browser("POST", path(root)+"/reply", "bob", body), 422, code)
	}
	w.want(w.browser("POST", path(root)+"/reply", "", body), 401, "unauthenticated")
}

// The original's client knows neither limit nor Link: what its first answer does not have it never shows.
func TestOriginalHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	for range 101 {
		w.post(ada, "a", "7-days")
	}
	for _, c := range []struct {
		origin, query string
		want          int
	}{
		{frontend, "", 100},
		{frontend, "?limit=20", 20},
		{frontend, "?limit=7", 7},
		{"", "", 20},
		{backend, "", 20},
		{"https://evil.example", "", 20},
		{"null", "", 20},
	} {
		q := query{target: "/api/activities/home" + c.query}
		if c.origin != "" {
			q.header = []string{"Origin: " + c.origin}
		}
		a := w.do(q)
		if n := len(decoded[[]item](t, a)); n != c.want {
			t.Errorf("%s from %q has %d cruds, want %d", q.target, c.origin, n, c.want)
		}
		if vary := strings.Join(a.header.Values("Vary"), ", "); !strings.Contains(vary, "Origin") {
			t.Errorf("Vary = %s", vary)
		}
		_, next := pageOf(t, a)
		q.target = next
		if n, want := len(decoded[[]item](t, w.do(q))), min(c.want, 101-c.want); n != want {
			t.Errorf("%s from %q has %d cruds, want %d", next, c.origin, n, want)
		}
	}
	two := w.do(query{target: "/api/activities/home", header: []string{"Origin: " + frontend, "Origin: " + frontend}})
	if n := len(decoded[[]item](t, two)); n != 20 {
		t.Errorf("with two origins there are %d cruds", n)
	}
}

// A page of the front end may use every route and method: each is preflighted and answered with the headers of CORS.
// One of a foreign origin may change nothing.
func TestPagesMayUseEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.post(w.member("ada"), "root", "7-days")
	names := strings.NewReplacer("{handle}", "ada", "{uuid}", root.UUID.String())
	for _, route := range api.Routes() {
		method, target, _ := strings.Cut(names.Replace(route), " ")
		if !strings.HasPrefix(target, "/api/") {
			continue
		}
		a := w.do(query{method: "OPTIONS", target: target, header: []string{
			"Origin: " + frontend, "Access-Control-Request-Method: " + method, "Access-Control-Request-Headers: authorization,content-type,idempotency-key",
		}})
		allowed := strings.Split(a.header.Get("Access-Control-Allow-Methods"), ", ")
		if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != frontend || !slices.Contains(allowed, method) {
			t.Errorf("the preflight of %s = %d %v", route, a.status, a.header)
		}
		if a := w.do(query{method: method, target: target, header: []string{"Origin: " + frontend}, odd: true}); a.header.Get("Access-Control-Allow-Origin") != frontend {
			t.Errorf("%s = %d %v", route, a.status, a.header)
		}
		if method != "GET" {
			w.want(w.do(query{method: method, target: target, token: "ada", header: []string{"Origin: https://evil.example"}, odd: true}), 403, "forbidden")
		}
	}
	if a, err := w.db.Activity(t.Context(), root.UUID, w.now); err != nil || !cmp.Equal(a, root) {
		t.Errorf("ada's crud is %+v, %v, want %+v", a, err, root)
	}
}
