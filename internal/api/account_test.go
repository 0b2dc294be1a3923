package api_test

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/identity/local"
	"cruddur/internal/mail"
	"cruddur/internal/ratelimit"
)

// account is a world with real accounts, kept in the database.
type account struct {
	*world
	box *mail.Mailbox
}

func newAccount(t *testing.T) *account {
	t.Helper()
	w := newWorld(t)
	a := &account{world: w, box: mail.NewMailbox(nil)}
	provider, err := local.New(local.Config{Store: w.db, Mailer: a.box, Issuer: backend, Cheap: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close(canceled(t)) })
	w.handler = api.New(api.Config{
		Feed: feed.New(w.db), Store: w.db, Identity: provider, Limits: ratelimit.New(), BackendURL: backend,
		Now: func() time.Time { return w.now },
	})
	return a
}

func (a *account) auth(call, token, body string) answer {
	a.t.Helper()
	return a.do(query{method: "POST", target: "/api/auth/" + call, token: token, body: body})
}

var sixDigits = regexp.MustCompile(`\b[0-9]{3} ?[0-9]{3}\b`)

// code is the code of the newest mail.
func (a *account) code() string {
	a.t.Helper()
	for range 2000 {
		if m := a.box.Messages(); len(m) > 0 {
			if c := sixDigits.FindString(m[0].Text); c != "" {
				return strings.ReplaceAll(c, " ", "")
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	a.t.Fatal("no mail with a code came")
	return ""
}

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// signedUp signs a stranger up, confirms and signs them in, and returns the tokens.
func (a *account) signedUp() tokens {
	a.t.Helper()
	for call, body := range map[string]string{"signup": `{"name":"Ada","email":"ada@example.com","handle":"ada","password":"correct horse battery"}`} {
		if got := a.auth(call, "", body); got.status != 200 || got.body != "{}" {
			a.t.Fatalf("%s = %d %s", call, got.status, got.body)
		}
	}
	a.want(a.auth("signin", "", `{"email":"ada@example.com","password":"wrong horse battery"}`), 422, "credentials_mismatch")
	if got := a.auth("confirm", "", `{"email":"ada@example.com","code":"`+a.code()+`"}`); got.status != 200 {
		a.t.Fatalf("confirm = %d %s", got.status, got.body)
	}
	return decoded[tokens](a.t, a.auth("signin", "", `{"email":"ada@example.com","password":"correct horse battery"}`))
}

func TestAccountLife(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	tok := a.signedUp()
	post := query{method: "POST", target: "/api/activities", token: tok.Access, body: `{"message":"hello","ttl":"1-hour"}`}
	posted := decoded[item](t, a.do(post))
	if posted.Handle != "ada" {
		t.Errorf("posted as %s", posted.Handle)
	}
	next := decoded[tokens](t, a.auth("refresh", "", `{"refresh_token":"`+tok.Refresh+`"}`))
	if next.Access == tok.Access || next.Refresh == tok.Refresh {
		t.Error("refreshing gave the same tokens")
	}
	if got := a.auth("refresh", "", `{"refresh_token":"`+tok.Refresh+`"}`); got.status != 401 {
		t.Errorf("a refresh token served twice: %d %s", got.status, got.body)
	}
	a.want(a.do(query{target: "/api/me", token: next.Access}), 401, "unauthenticated")
	again := decoded[tokens](t, a.auth("signin", "", `{"email":"ada@example.com","password":"correct horse battery"}`))
	if got := a.auth("signout", again.Access, `{"everywhere":true}`); got.status != 200 {
		t.Errorf("signout = %d %s", got.status, got.body)
	}
	post.token = again.Access
	a.want(a.do(post), 401, "unauthenticated")
	last := decoded[tokens](t, a.auth("signin", "", `{"email":"ada@example.com","password":"correct horse battery"}`))
	if got := a.do(query{method: "DELETE", target: "/api/me", token: last.Access, body: `{"password":"not it at all"}`}); got.status == 200 {
		t.Error("an account went by a wrong password")
	}
	if got := a.do(query{method: "DELETE", target: "/api/me", token: last.Access, body: `{"password":"correct horse battery"}`}); got.status != 200 {
		t.Errorf("DELETE /api/me = %d %s", got.status, got.body)
	}
	a.want(a.get("/api/activities/"+posted.UUID), 404, "not_found")
	a.want(a.get("/api/activities/@ada"), 404, "not_found")
}

// Invalid tokens: an anonymous reader on a read, 401 if a viewer is required, and never a server error.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	good := a.signedUp().Access
	part := strings.Split(good, ".")
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	var claims map[string]any
	raw, err := base64.RawURLEncoding.DecodeString(part[1])
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, has := claims["email"]; has || claims["token_use"] != "access" || claims["iss"] != backend {
		t.Errorf("claims = %v", claims)
	}
	change := func(key string, value any) string {
		c := map[string]any{}
		for k, v := range claims {
			c[k] = v
		}
		c[key] = value
		return part[0] + "." + encode(c) + "." + part[2]
	}
	for name, token := range map[string]string{
		"NoKid":        encode(map[string]any{"alg": "RS256"}) + "." + part[1] + "." + part[2],
		"AlgNone":      encode(map[string]any{"alg": "none", "kid": "x"}) + "." + part[1] + ".",
		"HS256":        encode(map[string]any{"alg": "HS256", "kid": "x"}) + "." + part[1] + "." + part[2],
		"UnknownKid":   encode(map[string]any{"alg": "RS256", "kid": "x"}) + "." + part[1] + "." + part[2],
		"OtherIssuer":  change("iss", "https://evil.example"),
		"IDToken":      change("token_use", "id"),
		"OtherSubject": change("sub", "somebody"),
		"Cut":          good[:len(good)-20],
		"TwoParts":     part[0] + "." + part[1],
		"NotBase64":    "%%%.%%%.%%%",
		"Deep":         encode(map[string]any{"alg": "RS256", "kid": strings.Repeat("k", 5000)}) + "." + part[1] + "." + part[2],
	} {
		t.Run(name, func(t *testing.T) {
			a.want(a.do(query{target: "/api/me", token: token}), 401, "unauthenticated")
			if got := a.do(query{target: "/api/activities/home", token: token}); got.status != 200 {
				t.Errorf("home = %d %s", got.status, got.body)
			}
		})
	}
	if got := a.do(query{target: "/api/me", token: good}); got.status != 200 {
		t.Errorf("the true token: %d %s", got.status, got.body)
	}
	a.now = a.now.Add(2 * time.Hour)
	a.want(a.do(query{target: "/api/me", token: good}), 401, "unauthenticated")
	if got := a.do(query{target: "/api/activities/home", token: good}); got.status != 200 {
		t.Errorf("home with an expired token = %d", got.status)
	}
}
