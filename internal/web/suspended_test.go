package web

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"cruddur/internal/ratelimit"
)

// CVE-2025-62175 (Mastodon): who was suspended stayed connected.
//
// It asks every route with the session that a member had before their suspension: each answers as to
// a stranger, nothing names the member, and the cookie is taken away.
func TestAdvisorySuspendedStaysSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Limits = ratelimit.Unlimited() })
	sue, u := w.member("sue")
	_, a := w.member("ada")
	w.crud(u, "hers", "1-day")
	crud := w.crud(a, "root", "1-day")
	picture, _ := w.pictured(a, crud.UUID, "")
	session := maps.Clone(sue.cookies)
	sue.get("/settings").want(t, 200)
	w.must(w.db.Suspend(t.Context(), u.UUID, w.now))
	asked := 0
	for _, rt := range w.site.routes() {
		uuid := crud.UUID
		if strings.HasPrefix(rt.pattern, "/pictures") {
			uuid = picture.UUID
		}
		path := strings.NewReplacer("{at}", "@ada", "{uuid}", uuid.String(), "{file}", "small.jpg", "{tag}", "tea", "{token}", "x", "{$}", "").Replace(rt.pattern)
		if strings.Contains(path, "{") {
			t.Fatalf("the test does not know %s", rt.pattern)
		}
		asked++
		ask := func(b *browser) *answer {
			if rt.method == http.MethodPost {
				return b.post(path, "message", "here", "ttl", "1-hour", "display_name", "Sue", "default_ttl", "1-day", "confirm", "sue")
			}
			return b.get(path)
		}
		sue.cookies = maps.Clone(session)
		strangers, hers := ask(w.stranger()), ask(sue)
		if hers.status != strangers.status {
			t.Errorf("%s %s = %d, and %d to a stranger", rt.method, path, hers.status, strangers.status)
		}
		if strings.Contains(hers.body, "@sue") || strings.Contains(hers.body, "sue@example.com") {
			t.Errorf("%s %s names her", rt.method, path)
		}
	}
	if asked < 60 {
		t.Errorf("only %d routes were asked", asked)
	}
	if u, err := w.db.User(t.Context(), u.UUID); err != nil || u.DisplayName != "Sue" {
		t.Errorf("the member is %+v, %v", u, err)
	}
	if got := w.stranger().get("/").texts(".crud"); len(got) != 1 || got[0] != "root" {
		t.Errorf("what can be read is %q", got)
	}
}
