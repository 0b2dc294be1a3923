package api_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/postconfirm"
	"cruddur/internal/postgres"
)

func TestMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, other := w.member("andrew"), w.member("bayko")
	for range 41 {
		w.post(u, "mine", "1-day")
	}
	w.post(other, "not mine", "1-day")
	a := w.get("/api/activities/@ANDREW")
	member := decoded[struct {
		Profile struct {
			UUID, Handle string
			CrudsCount   int    `json:"cruds_count"`
			Cognito      string `json:"cognito_user_uuid"`
		}
		Activities []item
	}](t, a)
	if len(member.Activities) != 40 || member.Profile.CrudsCount != 41 || member.Profile.UUID != u.UUID.String() || member.Profile.Cognito != u.UUID.String() {
		t.Errorf("%d activities, profile = %+v", len(member.Activities), member.Profile)
	}
	_, next, _ := strings.Cut(strings.TrimSuffix(a.header.Get("Link"), `>; rel="next"`), backend)
	rest := w.get(next)
	if n := strings.Count(rest.body, `"message":"mine"`); n != 1 || rest.header.Get("Link") != "" {
		t.Errorf("%s has %d activities", next, n)
	}
	if strings.Contains(a.body+rest.body, "not mine") {
		t.Error("another's crud is in the list")
	}
	for limit, want := range map[string]int{"1": 1, "39": 39, "40": 40, "41": 40, "100": 40} {
		page, _ := pageOf(t, w.get("/api/activities/@andrew?limit="+limit))
		if len(page) != want {
			t.Errorf("a profile with limit=%s has %d activities, want %d", limit, len(page), want)
		}
	}
	w.want(w.do(query{target: "/api/activities/@andrew?limit=0", odd: true}), 422, "limit_invalid")
	if got := w.get("/api/users/@andrew/short").body; got != `{"uuid":"`+u.UUID.String()+`","handle":"andrew","display_name":"Andrew"}` {
		t.Errorf("short = %s", got)
	}
}

// No answer contains the e-mail address or the subject of another member.
func TestSecretsStayHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	w.member("bayko")
	id := w.post(u, "hello", "1-day").UUID.String()
	for _, target := range []string{"/api/activities/home", "/api/activities/@andrew", "/api/activities/@andrew/status/" + id, "/api/activities/" + id, "/api/users/@andrew/short", "/api/me", "/api/me/export"} {
		a := w.do(query{target: target, token: "bayko"})
		if a.status != 200 || strings.Contains(a.body, "andrew@example.com") || strings.Contains(a.body, "sub-") {
			t.Errorf("%s = %d %s", target, a.status, a.body)
		}
	}
}

func TestProfileUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	for _, method := range []string{"POST", "PUT"} {
		a := w.do(query{method: method, target: "/api/profile/update", token: "andrew", body: `{"bio":"I <3 clouds","display_name":" Andrew ` + method + ` "}`})
		if a.status != 200 || a.body != `{"handle":"andrew"}` {
			t.Errorf("%s = %d %s", method, a.status, a.body)
		}
		if me := w.do(query{target: "/api/me", token: "andrew"}); !strings.Contains(me.body, `"display_name":"Andrew `+method+`","bio":"I \u003c3 clouds","email":"andrew@example.com"`) {
			t.Errorf("me = %s", me.body)
		}
	}
	w.do(query{method: "PUT", target: "/api/profile/update", token: "andrew", body: `{"display_name":"Only"}`})
	if me := w.do(query{target: "/api/me", token: "andrew"}); !strings.Contains(me.body, `"display_name":"Only","bio":"I \u003c3 clouds"`) {
		t.Errorf("a bio that was not sent is gone: %s", me.body)
	}
	for body, codes := range map[string][]string{
		`{}`: {"display_name_blank"},
		`{"display_name":" ","bio":"` + strings.Repeat("b", 161) + `"}`: {"display_name_blank", "bio_exceed_max_chars"},
		`{"display_name":"` + strings.Repeat("é", 51) + `"}`:            {"display_name_exceed_max_chars"},
		`{"display_name":"a\u0000"}`:                                    {"display_name_invalid_text"},
		`{"display_name":["a"]}`:                                        {"display_name_invalid_type"},
	} {
		w.want(w.do(query{method: "PUT", target: "/api/profile/update", token: "andrew", body: body, odd: true}), 422, codes...)
	}
	w.want(w.do(query{method: "PUT", target: "/api/profile/update", body: `{"display_name":"x"}`}), 401, "unauthenticated")
}

// apiTime is the form of every time in the API.
var apiTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)

func TestExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, other := w.member("andrew"), w.member("bayko")
	w.post(u, "</script>\u2028", "1-day")
	w.post(other, "not mine", "1-day")
	a := w.do(query{target: "/api/me/export", token: "andrew"})
	var export struct {
		Profile    map[string]any
		Activities []map[string]any
	}
	if err := json.Unmarshal([]byte(a.body), &export); err != nil || len(export.Activities) != 1 || export.Profile["email"] != "andrew@example.com" {
		t.Errorf("export = %s, %v", a.body, err)
	}
	// Its times are those of the other answers, in the same form.
	var feed []map[string]any
	var me map[string]any
	if err := json.Unmarshal([]byte(w.get("/api/activities/@andrew").body), &struct{ Activities *[]map[string]any }{&feed}); err != nil || len(feed) != 1 {
		t.Fatalf("the profile has %v, %v", feed, err)
	}
	if err := json.Unmarshal([]byte(w.do(query{target: "/api/me", token: "andrew"}).body), &me); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"created_at", "expires_at"} {
		if got, want := export.Activities[0][key], feed[0][key]; got != want || want == nil {
			t.Errorf("%s of the exported crud = %v, want %v as in the profile", key, got, want)
		}
	}
	for key, value := range export.Profile {
		if text, ok := value.(string); ok && strings.HasSuffix(key, "_at") && !apiTime.MatchString(text) {
			t.Errorf("%s of the exported profile = %s, want %s", key, text, apiTime)
		}
	}
	if got, want := export.Profile["created_at"], me["created_at"]; got != want || want == nil {
		t.Errorf("created_at of the exported profile = %v, want %v as in /api/me", got, want)
	}
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename="cruddur-andrew.json"` {
		t.Errorf("Content-Disposition = %q", got)
	}
	w.want(w.get("/api/me/export"), 401, "unauthenticated")
	w.want(w.get("/api/me"), 401, "unauthenticated")
}

// An export may have 250,000 cruds, so 300 exports at once would overload a server.
func TestExportIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	w.member("bayko")
	for i := range 5 {
		if a := w.do(query{target: "/api/me/export", token: "andrew"}); a.status != 200 {
			t.Fatalf("export %d = %d %s", i, a.status, a.body)
		}
	}
	a := w.do(query{target: "/api/me/export", token: "andrew"})
	if w.want(a, 429, "too_many_requests"); a.header.Get("Retry-After") == "" {
		t.Error("no word on when to try again")
	}
	for target, token := range map[string]string{"/api/me": "andrew", "/api/me/export": "bayko"} {
		if a := w.do(query{target: target, token: token}); a.status != 200 {
			t.Errorf("%s of %s = %d %s", target, token, a.status, a.body)
		}
	}
}

// If the row of a confirmed member is missing, the first request that needs it creates it.
func TestMissingRowIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.identity.subjects["token"] = "sub-late"
	w.want(w.do(query{target: "/api/me", token: "token"}), 401, "unauthenticated")
	w.identity.accounts["sub-late"] = postconfirm.Account{Subject: "sub-late", Email: "late@example.com", Name: "Late", Handle: "late"}
	if a := w.do(query{method: "POST", target: "/api/activities", token: "token", body: `{"message":"here I am","ttl":"1-day"}`}); a.status != 200 {
		t.Fatalf("answer = %d %s", a.status, a.body)
	}
	if u, err := w.db.UserBySubject(t.Context(), "sub-late"); err != nil || u.Handle != "late" {
		t.Errorf("user = %+v, %v", u, err)
	}
}

func TestDeleteMe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	w.want(w.do(query{method: "DELETE", target: "/api/me", body: `{"password":"x"}`}), 401, "unauthenticated")
	w.identity.err = cruddur.Invalid("password", "credentials_mismatch")
	w.want(w.do(query{method: "DELETE", target: "/api/me", token: "andrew", body: `{"password":"x"}`}), 422, "credentials_mismatch")
	w.identity.err = nil
	if a := w.do(query{method: "DELETE", target: "/api/me", token: "andrew", body: `{"password":"right"}`}); a.status != 200 || a.body != "{}" {
		t.Errorf("answer = %d %s", a.status, a.body)
	}
	if w.identity.saw("delete andrew@example.com right") != 1 {
		t.Errorf("the provider saw %q", w.identity.ended)
	}
}

// CVE-2025-62175 (Mastodon): who was suspended stayed connected.
//
// A suspended member's token may still be valid: Amazon Cognito does not know about the suspension.
func TestAdvisorySuspendedStaysSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	id := w.post(u, "before", "1-day").UUID.String()
	if err := w.db.Suspend(t.Context(), u.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	asked := []query{
		{target: "/api/me"},
		{target: "/api/me/export"},
		{method: "DELETE", target: "/api/me", body: `{"password":"right"}`},
		{method: "POST", target: "/api/activities", body: `{"message":"hello","ttl":"1-day"}`},
		{method: "DELETE", target: "/api/activities/" + id},
		{method: "POST", target: "/api/profile/update", body: `{"display_name":"A"}`},
		{method: "PUT", target: "/api/profile/update", body: `{"display_name":"A"}`},
		{method: "POST", target: "/api/auth/signout", body: `{"everywhere":true}`},
	}
	for _, q := range asked {
		q.token = "andrew"
		w.want(w.do(q), 401, "unauthenticated")
	}
	everything := w.api(api.Config{Feed: feed.New(w.db), Store: w.db, RequestLimit: -1})
	for _, route := range api.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if strings.HasPrefix(path, "/api/auth/") {
			continue // without a token, or above
		}
		path = strings.NewReplacer("{handle}", "andrew", "{uuid}", id, "{picture}", id, "{name}", "andrew.jpg", "{tag}", "tea").Replace(path)
		ask := func(token string) answer {
			return w.do(query{method: method, target: path, token: token, odd: true, handler: everything})
		}
		if got, want := ask("andrew"), ask(""); got.status != want.status || got.body != want.body {
			t.Errorf("%s = %d %s, and to a stranger %d %s", route, got.status, got.body, want.status, want.body)
		}
	}
	if len(w.identity.ended) != 0 {
		t.Errorf("the provider was asked to %q", w.identity.ended)
	}
	if err := w.db.Unsuspend(t.Context(), u.UUID); err != nil {
		t.Fatal(err)
	}
	if a := w.do(query{target: "/api/me", token: "andrew"}); a.status != 200 {
		t.Errorf("once the suspension is lifted: %d %s", a.status, a.body)
	}
}

// knowsNobody is a store that must not be asked for a member.
type knowsNobody struct {
	*postgres.DB
	t *testing.T
}

func (s knowsNobody) UserBySubject(ctx context.Context, subject string) (cruddur.User, error) {
	s.t.Errorf("the store was asked for %s, whom the token's check had told", subject)
	return s.DB.UserBySubject(ctx, subject)
}

func TestMemberComesWithTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.member("andrew")
	w.identity.members = map[string]*cruddur.User{"andrew": &u}
	h := w.api(api.Config{Feed: feed.New(w.db), Store: knowsNobody{w.db, t}})
	for _, q := range []query{
		{target: "/api/me"},
		{method: "POST", target: "/api/activities", body: `{"message":"hello","ttl":"1-day"}`},
		{method: "PUT", target: "/api/profile/update", body: `{"display_name":"A"}`},
	} {
		q.token, q.handler = "andrew", h
		if a := w.do(q); a.status > 299 {
			t.Errorf("%s %s = %d %s", q.method, q.target, a.status, a.body)
		}
	}
	suspended := u
	suspended.Suspended = true
	w.identity.members["andrew"] = &suspended
	w.want(w.do(query{target: "/api/me", token: "andrew", handler: h}), 401, "unauthenticated")
}
