package api_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
	"cruddur/internal/ratelimit"
)

// CVE-2026-22246 (Mastodon): any member could download the lists of another.
func TestAdvisoryExportOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	w.member("bob")
	w.post(ada, "only in her export", "1-day")
	query := ""
	for _, name := range []string{"handle", "member", "user", "uuid", "id", "of", "subject"} {
		query += "&" + name + "=ada&" + name + "=" + ada.UUID.String()
	}
	asked := 0
	for _, route := range api.Routes() {
		_, path, _ := strings.Cut(route, " ")
		if !strings.Contains(path, "export") {
			continue
		}
		asked++
		if strings.Contains(path, "{") {
			t.Errorf("%s names a member", path)
		}
		a := w.do(odd("GET", path+"?"+query[1:], "bob", ""))
		if a.status != 200 || strings.Contains(a.body, "only in her") || strings.Contains(a.body, "ada@example.com") || path == "/api/me/export" && !strings.Contains(a.body, "bob@example.com") {
			t.Errorf("%s of bob = %d %s", path, a.status, a.body)
		}
		w.want(w.do(odd("GET", path+"?"+query[1:], "", "")), 401, "unauthenticated")
	}
	if asked != 2 {
		t.Errorf("%d routes export, want 2", asked)
	}
}

// mailedCode is how a mail shows its code.
var mailedCode = regexp.MustCompile(`(?m)^ {4}(\d{3} \d{3})$`)

func odd(method, target, token, body string) query {
	return query{method: method, target: target, token: token, body: body, odd: true}
}

// asMember is an identity in which the token is the member's handle, and accounts are those of the database.
type asMember struct {
	identity.Provider
	tokens identity.Provider
}

func (p asMember) Verify(ctx context.Context, access string, now time.Time) (identity.Claims, error) {
	return p.tokens.Verify(ctx, access, now)
}

// withAccounts returns the API over accounts that are stored here.
func (w *world) withAccounts() (query func(route, token, body string) answer, box *mail.Mailbox) {
	box = mail.NewMailbox(nil)
	p, err := local.New(local.Config{Store: w.db, Mailer: box, Issuer: "https://cruddur.example", HashWait: time.Minute, Cheap: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { p.Close(context.Background()) })
	h := api.New(api.Config{
		Feed: feed.New(w.db), Store: w.db, Trends: feed.NewTrends(w.db), Identity: asMember{p, w.identity}, Limits: ratelimit.Unlimited(), RequestLimit: -1,
		FrontendURL: frontend, BackendURL: backend, Now: func() time.Time { return w.now },
	})
	return func(route, token, body string) answer {
		method, path, _ := strings.Cut(route, " ")
		q := odd(method, path, token, body)
		q.handler = h
		return w.do(q)
	}, box
}

// CVE-2025-65795, CVE-2026-6634 (Memos): an account could be made by the API though sign-up was closed.
func TestAdvisoryClosedSignUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask, box := w.withAccounts()
	token, hash := identity.NewToken()
	if _, err := w.db.Invite(t.Context(), cruddur.Invitation{Uses: 5, CreatedBy: "@eve", ExpiresAt: w.now.Add(time.Hour)}, hash, w.now); err != nil {
		t.Fatal(err)
	}
	account := func(handle string) string {
		return `{"name":"N","handle":"` + handle + `","email":"` + handle + `@example.com","password":"three old ferries","invitation":"` + token + `"}`
	}
	if a := ask("POST /api/auth/signup", "", account("wim")); a.status != 200 {
		t.Fatalf("signing up in an open place = %d %s", a.status, a.body)
	}
	code := ""
	for deadline := time.Now().Add(10 * time.Second); code == "" && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, m := range box.Messages() {
			code = strings.ReplaceAll(strings.TrimSpace(mailedCode.FindString(m.Text)), " ", "")
		}
	}
	if _, err := w.db.ChangePlace(t.Context(), func(p *cruddur.Place) error { p.SignUp = cruddur.SignUpClosed; return nil }, "@eve", w.now); err != nil {
		t.Fatal(err)
	}
	w.want(ask("POST /api/auth/signup", "", account("new")), 403, "sign_up_closed")
	w.want(ask("POST /api/auth/signup", "", strings.Replace(account("new"), token, "", 1)), 403, "sign_up_closed")
	w.want(ask("POST /api/auth/confirm", "", `{"email":"wim@example.com","code":"`+code+`"}`), 403, "sign_up_closed")
	for _, handle := range []string{"wim", "new"} {
		if _, err := w.db.Profile(t.Context(), handle, w.now); cruddur.KindOf(err) != cruddur.KindNotFound {
			t.Errorf("%s is a member of a closed place: %v", handle, err)
		}
	}
}

// CVE-2025-65795, CVE-2026-6634 (Memos): a field of a request gave its sender rights.
//
// Every route that writes is sent the fields of a role, in the address and in a body that it takes otherwise.
func TestAdvisoryRoleFromInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	w.member("bob")
	crud := w.post(ada, "hers", "1-day")
	ask, _ := w.withAccounts()
	fields := map[string]any{
		"display_name": "Name", "bio": "bio", "default_ttl": "1-day", "likes_public": true, "message": "text", "ttl": "1-day", "handle": "ada", "name": "Name",
		"email": "new@example.com", "password": "three old ferries", "reason": "spam", "activity": crud.UUID.String(), "user_receiver_handle": "ada",
	}
	for _, name := range []string{"role", "Role", "roles", "is_admin", "admin", "moderator", "operator"} {
		fields[name] = "operator"
	}
	fields["user"] = map[string]any{"role": "operator"}
	sent := 0
	for _, route := range api.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if method == "GET" || path == "/api/me" || strings.HasPrefix(path, "/api/auth/signout") {
			continue
		}
		path = strings.NewReplacer("{handle}", "ada", "{uuid}", crud.UUID.String(), "{picture}", crud.UUID.String(), "{name}", "x").Replace(path)
		for _, token := range []string{"bob", ""} {
			sent++
			ask(method+" "+path+"?role=operator&user[role]=operator", token, string(cruddurJSON(fields)))
		}
	}
	if a := ask("PUT /api/profile/update", "bob", `{"display_name":"Bobby","bio":"b","role":"operator"}`); a.status != 200 {
		t.Errorf("a profile with a role = %d %s, want 200: then its other fields are read", a.status, a.body)
	}
	for _, handle := range []string{"ada", "bob"} {
		if m, err := w.db.FindMember(t.Context(), handle, w.now); err != nil || m.Role != cruddur.RoleMember {
			t.Errorf("%s is %v, %v", handle, m.Role, err)
		}
	}
	if acts, err := w.db.Acts(t.Context(), cruddur.UUID{}, 100, w.now.Add(time.Hour)); err != nil || len(acts) != 0 || sent < 60 {
		t.Errorf("%d requests, and the log has %v, %v", sent, acts, err)
	}
}
