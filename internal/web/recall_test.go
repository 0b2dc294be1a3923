package web

import (
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/recall"
)

// What is remembered of members is never late on the server that changes it: their own marks, what they have read, a
// block, a suspension, the end of a session. The clock stands still, so nothing is forgotten by itself.
func TestRecall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Recall = recall.New() })
	ada, a := w.member("ada")
	noor, n := w.member("noor")
	kofi, k := w.member("kofi")
	w.must(w.db.SetRole(t.Context(), k.UUID, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine, Target: "@kofi"}, w.now))
	crud := w.crud(n, "by noor", "7-days")
	list, err := w.db.Home(t.Context(), cruddur.UUID{}, cruddur.PageSize, w.now)
	w.must(err)
	w.site.Feed = fixed(list)
	shows := func(b *browser, name, text string, want bool) {
		t.Helper()
		for range 2 {
			if got := strings.Contains(b.source(t, "/"), text); got != want {
				t.Errorf("%s: %q is there: %v, want %v", name, text, got, want)
			}
		}
	}
	for _, b := range []*browser{ada, noor, kofi} {
		b.get("/")
	}
	ada.post(pathOfCrud(crud)+"/like", "return_to", "/")
	shows(ada, "after a like", `/unlike" aria-pressed="true"`, true)
	shows(noor, "after a like of another member", `/unlike" aria-pressed="true"`, false)
	ada.post(pathOfCrud(crud)+"/unlike", "return_to", "/")
	shows(ada, "after it was taken back", `/unlike"`, false)
	ada.post(pathOfCrud(crud)+"/like", "return_to", "/")
	w.now = w.now.Add(recall.Life)
	shows(noor, "a second later", "dot-new", true)
	noor.get("/notifications")
	shows(noor, "after the page of notifications", "dot-new", false)
	noor.post("/settings/profile", "display_name", "Noor al-Another", "bio", "", "default_ttl", "7-days").want(t, 303)
	shows(noor, "after a change of the name", "Noor al-Another", true)

	other := w.stranger()
	w.now = w.now.Add(time.Minute)
	other.cookies["cruddur"], err = w.site.Sessions.Begin(t.Context(), a.Subject, identity.Browser{}, w.now)
	w.must(err)
	signedIn := `action="/signout"`
	shows(other, "signed in", signedIn, true)
	ada.post("/settings/sessions/end-others")
	shows(other, "after its session was ended elsewhere", signedIn, false)
	shows(ada, "in the browser that ended it", signedIn, true)
	other.cookies["cruddur"] = ada.cookies["cruddur"]
	shows(other, "with a cookie that was copied", signedIn, true)
	other.post("/signout")
	shows(other, "after sign-out", signedIn, false)

	shows(noor, "before", signedIn, true)
	kofi.post("/moderation/members/@noor/suspend", "note", "").want(t, 303)
	shows(noor, "after a suspension", signedIn, false)
}
