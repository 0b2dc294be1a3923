package api_test

import (
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/api"
)

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("k", cruddur.MaxIdempotencyKey)
	for header, want := range map[string]string{
		`"8e03978e-40d5-43e8-bc93-6894a57f9324"`: "8e03978e-40d5-43e8-bc93-6894a57f9324",
		` "a" `:                                  "a",
		`" "`:                                    " ",
		`"a\"b\\c"`:                              `a"b\c`,
		`"` + longest + `"`:                      longest,
		`8e03978e-40d5-43e8-bc93-6894a57f9324`:   "",
		``:                                       "",
		`"`:                                      "",
		`""`:                                     "",
		`"a`:                                     "",
		`a"`:                                     "",
		`"a"b"`:                                  "",
		`"a\"`:                                   "",
		`"a\b"`:                                  "",
		`"a";p=1`:                                "",
		`"a", "b"`:                               "",
		`"ä"`:                                    "",
		"\"a\x00\"":                              "",
		`"` + longest + `k"`:                     "",
	} {
		got, err := api.IdempotencyKey([]string{header})
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s is the key %q, %v, want %q", header, got, err, want)
		}
		if err != nil && cruddur.CodesOf(err)[0] != "idempotency_key_invalid" {
			t.Errorf("%s: %v, want idempotency_key_invalid", header, err)
		}
	}
	if _, err := api.IdempotencyKey([]string{`"a"`, `"a"`}); err == nil {
		t.Error("two headers are taken")
	}
	if got, err := api.IdempotencyKey(nil); got != "" || err != nil {
		t.Errorf("no header is the key %q, %v", got, err)
	}
}

// A program that got no answer may repeat the request: it gets the crud that it created, and no second one.
func TestPostOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	w.member("bayko")
	post := func(token, key, body string) answer {
		t.Helper()
		return w.do(query{method: "POST", target: "/api/activities", token: token, body: body, header: []string{"Idempotency-Key: " + key}, odd: !strings.HasPrefix(key, `"`)})
	}
	const hello = `{"message":"hello","ttl":"1-hour"}`
	first := post("andrew", `"one"`, hello)
	if again := post("andrew", `"one"`, hello); again.status != 200 || again.body != first.body {
		t.Errorf("again = %d %s, want %s", again.status, again.body, first.body)
	}
	for what, a := range map[string]answer{
		"another text":     post("andrew", `"one"`, `{"message":"hullo","ttl":"1-hour"}`),
		"another lifetime": post("andrew", `"one"`, `{"message":"hello","ttl":"1-day"}`),
		"a warning":        post("andrew", `"one"`, `{"message":"hello","ttl":"1-hour","content_warning":"w"}`),
	} {
		if a.status != 422 || a.body != `["idempotency_key_reused"]` {
			t.Errorf("%s under the same key = %d %s, want 422 idempotency_key_reused", what, a.status, a.body)
		}
	}
	if a := post("andrew", `one`, `{"message":"","ttl":"1-hour"}`); a.status != 422 || a.body != `["message_blank","idempotency_key_invalid"]` {
		t.Errorf("two faults = %d %s", a.status, a.body)
	}
	if a := post("bayko", `"one"`, hello); a.status != 200 || a.body == first.body {
		t.Errorf("another member's = %d %s", a.status, a.body)
	}
	if home := decoded[[]item](t, w.get("/api/activities/home")); len(home) != 2 {
		t.Errorf("%d cruds, want 2", len(home))
	}
}
