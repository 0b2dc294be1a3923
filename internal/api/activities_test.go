package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
)

func TestPostAndHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	posted := decoded[item](t, w.do(query{
		method: "POST", target: "/api/activities", token: "andrew",
		body: `{"message":" Hello @bayko, #Cruddur <3 ","ttl":"1-hour","more":"ignored"}`,
	}))
	if posted.Message != "Hello @bayko, #Cruddur <3" || posted.Handle != "andrew" || *posted.TTL != "1-hour" {
		t.Errorf("posted = %+v", posted)
	}
	if got := posted.ExpiresAt.Sub(posted.CreatedAt); got != time.Hour || !posted.CreatedAt.Equal(w.now) {
		t.Errorf("created at %v, lives for %v", posted.CreatedAt, got)
	}
	if diff := cmp.Diff([][]string{{"cruddur"}, {"bayko"}}, [][]string{posted.Hashtags, posted.Mentions}); diff != "" {
		t.Errorf("tags and mentions (-want +got):\n%s", diff)
	}
	a := w.do(query{target: "/api/activities/home", token: "null"})
	if home := decoded[[]item](t, a); len(home) != 1 || home[0].UUID != posted.UUID {
		t.Errorf("home = %s", a.body)
	}
	if !strings.Contains(a.body, `"replies":[]`) || !strings.Contains(a.body, `\u003c3`) {
		t.Errorf("home = %s", a.body)
	}
}

// The keys, their order and the form of each value, byte for byte.
func TestActivityBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.post(w.member("andrew"), "one", "7-days")
	want := fmt.Sprintf(`{"uuid":"%s","display_name":"Andrew","handle":"andrew","message":"one","content_warning":null,"replies_count":0,"reposts_count":0,`+
		`"likes_count":0,"reply_to_activity_uuid":null,"expires_at":"2026-11-30T19:47:45.431632Z","created_at":"2026-11-23T19:47:45.431632Z",`+
		`"replies":[],"ttl":"7-days","liked":false,"reposted":false,"hashtags":[],"mentions":[],"pictures":[],"avatar_url":null}`, a.UUID)
	if got := w.get("/api/activities/" + a.UUID.String()); got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	for target, want := range map[string]string{
		"/api/activities/home":                              "[" + want + "]",
		"/api/activities/@Andrew/status/" + a.UUID.String(): `{"activity":` + want + `,"replies":[],"ancestors":[],"replies_total":0}`,
	} {
		if got := w.get(target); got.body != want {
			t.Errorf("%s = %s\nwant %s", target, got.body, want)
		}
	}
}

func TestPostRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	long := func(s string, n int) string { return `{"ttl":"1-hour","message":"` + strings.Repeat(s, n) + `"}` }
	for name, c := range map[string]struct {
		body   string
		status int
		codes  []string
	}{
		"Empty":             {`{}`, 422, []string{"ttl_blank", "message_blank"}},
		"Nulls":             {`{"message":null,"ttl":null}`, 422, []string{"ttl_blank", "message_blank"}},
		"BlankMessage":      {`{"message":" \n\t\u200b ","ttl":"1-day"}`, 422, []string{"message_blank"}},
		"UnknownTTL":        {`{"message":"a","ttl":"2-days"}`, 422, []string{"ttl_blank"}},
		"TooLong":           {long("a", 281), 422, []string{"message_exceed_max_chars"}},
		"300CombiningMarks": {long(`e\u0301`, 150), 422, []string{"message_exceed_max_chars"}},
		"NUL":               {`{"message":"a\u0000b","ttl":"1-day"}`, 422, []string{"message_invalid_text"}},
		"NotJSON":           {`message=a`, 400, []string{"invalid_json"}},
		"CutOff":            {`{"message":"a"`, 400, []string{"invalid_json"}},
		"Array":             {`["a"]`, 400, []string{"invalid_json"}},
		"Null":              {`null`, 400, []string{"invalid_json"}},
		"TwoObjects":        {`{} {}`, 400, []string{"invalid_json"}},
		"InvalidUTF8":       {"{\"message\":\"a\xff\",\"ttl\":\"1-day\"}", 400, []string{"invalid_json"}},
		"NumberAsMessage":   {`{"message":5,"ttl":"1-day"}`, 422, []string{"message_invalid_type"}},
		"ObjectAsTTL":       {`{"message":"a","ttl":{}}`, 422, []string{"ttl_invalid_type"}},
		"LongWarning":       {`{"message":"a","ttl":"1-day","content_warning":"` + strings.Repeat("😀", 101) + `"}`, 422, []string{"content_warning_exceed_max_chars"}},
		"NULInWarning":      {`{"message":"a","ttl":"1-day","content_warning":"a\u0000b"}`, 422, []string{"content_warning_invalid_text"}},
		"WarningTidied":     {`{"message":"a","ttl":"1-day","content_warning":"a\u202e b"}`, 422, []string{"content_warning_invalid_text"}},
		"NumberAsWarning":   {`{"message":"a","ttl":"1-day","content_warning":5}`, 422, []string{"content_warning_invalid_type"}},
		"TwoFaults":         {`{"message":"","ttl":"1-day","content_warning":"a\u0000b"}`, 422, []string{"message_blank", "content_warning_invalid_text"}},
		"10MB":              {long("a", 10<<20), 413, []string{"body_too_large"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.want(w.do(query{method: "POST", target: "/api/activities", token: "andrew", body: c.body, odd: true}), c.status, c.codes...)
		})
	}
	w.want(w.do(query{method: "POST", target: "/api/activities", token: "andrew", odd: true}), 400, "invalid_json")
	if home := w.get("/api/activities/home"); home.body != "[]" {
		t.Errorf("something was stored: %s", home.body)
	}
}

// A content warning comes back wherever the crud or the reply does; what is empty is none.
func TestContentWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	andrew := w.member("andrew")
	root := w.post(andrew, "root", "1-day")
	most := strings.Repeat("😀", cruddur.MaxWarning)
	for sent, want := range map[string]string{
		`null`: `null`, `""`: `null`, `" \u200b "`: `null`,
		`" <b> & \n two "`: `"\u003cb\u003e \u0026   two"`, `"` + most + `"`: `"` + most + `"`,
	} {
		for target, ttl := range map[string]string{"/api/activities": `"1-day"`, "/api/activities/" + root.UUID.String() + "/reply": `null`} {
			a := w.do(query{method: "POST", target: target, token: "andrew", body: `{"message":"a","ttl":` + ttl + `,"content_warning":` + sent + `}`})
			key := `,"content_warning":` + want + `,`
			posted := decoded[item](t, a)
			again := w.get("/api/activities/" + posted.UUID)
			if !strings.Contains(a.body, key) || !strings.Contains(again.body, key) {
				t.Errorf("%s to %s: posted %s, got %s, want %s", sent, target, a.body, again.body, key)
			}
		}
	}
	for _, target := range []string{"/api/activities/home", "/api/activities/@andrew", "/api/activities/@andrew/replies", "/api/activities/@andrew/status/" + root.UUID.String(), "/api/activities/search?term=two"} {
		if a := w.get(target); !strings.Contains(a.body, `"content_warning":"\u003cb\u003e \u0026   two"`) {
			t.Errorf("%s has no warning: %s", target, a.body)
		}
	}
}

// Text of every kind is returned unchanged.
func TestPostKeepsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	for name, text := range map[string]string{
		"280Emoji":       strings.Repeat("😀", 280),
		"280Marks":       strings.Repeat("e\u0301", 140),
		"RightToLeft":    "مرحبا \u202Eabc\u202C שלום",
		"Script":         `<script>alert("x")</script> & 'quotes' % \ /`,
		"LineSeparators": "a\u2028b\u2029c",
		"SQL":            `'; drop table users; -- $1 @now %s`,
	} {
		t.Run(name, func(t *testing.T) {
			body := string(cruddurJSON(map[string]string{"message": text, "ttl": "1-day"}))
			posted := decoded[item](t, w.do(query{method: "POST", target: "/api/activities", token: "andrew", body: body}))
			again := decoded[item](t, w.get("/api/activities/"+posted.UUID))
			if posted.Message != text || again.Message != text {
				t.Errorf("posted %q, got %q, then %q", text, posted.Message, again.Message)
			}
		})
	}
}

func TestPostNeedsViewer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	for _, header := range []string{"", "Authorization: Bearer null", "Authorization: Bearer", "Authorization: Basic YTpi", "Authorization: Bearer x.y.z", "Cookie: __Host-cruddur=andrew"} {
		q := query{method: "POST", target: "/api/activities", body: `{"message":"a","ttl":"1-day","user_handle":"andrew"}`}
		if header != "" {
			q.header = []string{header}
		}
		a := w.do(q)
		w.want(a, 401, "unauthenticated")
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q: a 401 names no scheme", header)
		}
	}
}

func TestPostOftenIsTooMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	w.member("bayko")
	q := query{method: "POST", target: "/api/activities", token: "andrew", body: `{"message":"a","ttl":"1-day"}`}
	for range 30 {
		if a := w.do(q); a.status != 200 {
			t.Fatalf("answer = %d %s", a.status, a.body)
		}
	}
	a := w.do(q)
	w.want(a, 429, "too_many_requests")
	if a.header.Get("Retry-After") != "10" {
		t.Errorf("Retry-After = %q, want 10", a.header.Get("Retry-After"))
	}
	q.token = "bayko"
	if a := w.do(q); a.status != 200 {
		t.Errorf("another member answers %d", a.status)
	}
	w.now, q.token = w.now.Add(10*time.Second), "andrew"
	if a := w.do(q); a.status != 200 {
		t.Errorf("after the wait: %d", a.status)
	}
}

func TestHomePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	var want []string
	for i := range 45 {
		w.post(u, fmt.Sprint("crud ", i), "1-day")
		want = append([]string{fmt.Sprint("crud ", i)}, want...)
	}
	for _, limit := range []string{"", "limit=7", "limit=20", "limit=100", "limit=5000", "limit=99999999999999999999"} {
		var got []string
		target := "/api/activities/home?" + limit
		for range 10 {
			a := w.do(query{target: target, odd: strings.Contains(target, "999999999999")})
			got = append(got, messages(decoded[[]item](t, a))...)
			next, ok := strings.CutPrefix(a.header.Get("Link"), "<"+backend)
			if !ok {
				break
			}
			target, ok = strings.CutSuffix(next, `>; rel="next"`)
			if !ok {
				t.Fatalf("Link = %q", a.header.Get("Link"))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", limit, diff)
		}
	}
	for _, bad := range []string{"0", "-1", "ten", "1.5", "%00"} {
		w.want(w.do(query{target: "/api/activities/home?limit=" + bad, odd: true}), 422, "limit_invalid")
	}
	w.want(w.do(query{target: "/api/activities/home?before=x", odd: true}), 404, "not_found")
}

// A crud is hidden at the instant of its expiry, on every read path, and a cached copy is never served after it.
func TestExpiredIsGoneEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	a := w.post(u, "soon gone", "1-hour")
	one := "/api/activities/" + a.UUID.String()
	status := "/api/activities/@andrew/status/" + a.UUID.String()
	w.now = a.ExpiresAt.Add(-time.Microsecond)
	before := w.get("/api/activities/home")
	if len(decoded[[]item](t, before)) != 1 || w.get(one).status != 200 || w.get(status).status != 200 {
		t.Fatal("the crud is not there a microsecond before its end")
	}
	w.now = a.ExpiresAt
	w.want(w.get(one), 404, "not_found")
	w.want(w.get(status), 404, "not_found")
	after := w.do(query{target: "/api/activities/home", header: []string{"If-None-Match: " + before.header.Get("ETag")}})
	if after.status != 200 || after.body != "[]" {
		t.Errorf("home = %d %s", after.status, after.body)
	}
	member := w.get("/api/activities/@andrew")
	if strings.Contains(member.body, "soon gone") || !strings.Contains(member.body, `"cruds_count":0`) {
		t.Errorf("profile = %s", member.body)
	}
	if export := w.do(query{target: "/api/me/export", token: "andrew"}); strings.Contains(export.body, "soon gone") {
		t.Errorf("export = %s", export.body)
	}
	w.want(w.do(query{method: "DELETE", target: one, token: "andrew"}), 404, "not_found")
}

// The answers for expired, deleted and never existing cruds are equal.
func TestGoneIsNeverHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	expired, deleted := w.post(u, "expired", "1-hour"), w.post(u, "deleted", "1-day")
	w.now = expired.ExpiresAt
	if err := w.db.DeleteActivity(t.Context(), deleted.UUID, u.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	var first answer
	for i, id := range []string{expired.UUID.String(), deleted.UUID.String(), cruddur.MaxUUID.String(), "not-a-uuid", "notification"} {
		a := w.get("/api/activities/" + id)
		for _, h := range []string{"X-Ratelimit-Remaining", "X-Ratelimit-Reset"} {
			a.header.Del(h)
		}
		if i == 0 {
			first = a
		}
		if diff := cmp.Diff(first, a, cmp.AllowUnexported(answer{})); diff != "" || a.status != 404 {
			t.Errorf("%s differs:\n%s", id, diff)
		}
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	w.member("bayko")
	target := "/api/activities/" + w.post(u, "mine", "1-day").UUID.String()
	w.want(w.do(query{method: "DELETE", target: target}), 401, "unauthenticated")
	w.want(w.do(query{method: "DELETE", target: target, token: "bayko"}), 403, "forbidden")
	if a := w.do(query{method: "DELETE", target: target, token: "andrew"}); a.status != 200 || a.body != "{}" {
		t.Errorf("answer = %d %s", a.status, a.body)
	}
	w.want(w.do(query{method: "DELETE", target: target, token: "andrew"}), 404, "not_found")
	w.want(w.do(query{method: "DELETE", target: "/api/activities/zzz", token: "andrew"}), 404, "not_found")
	w.want(w.get(target), 404, "not_found")
}
