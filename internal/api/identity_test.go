package api_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
)

const allFields = `{"name":"Andrew","email":"a@example.com","handle":"andrew","password":"correct horse","invitation":"link","code":"123456","refresh_token":"r"}`

// Each call passes exactly its own fields to the provider, and answers as the contract says.
func TestAuthCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("andrew")
	for _, c := range []struct{ call, token, body, saw, answer string }{
		{"signup", "", allFields, "signup Andrew a@example.com andrew correct horse link", "{}"},
		{"confirm", "", allFields, "confirm a@example.com 123456", "{}"},
		{"resend", "", allFields, "resend a@example.com", "{}"},
		{"signin", "", allFields, "signin a@example.com correct horse", `{"access_token":"access","refresh_token":"refresh","token_type":"Bearer","expires_in":3600}`},
		{"refresh", "", allFields, "refresh r", `{"access_token":"access2","refresh_token":"refresh2","token_type":"Bearer","expires_in":3600}`},
		{"signout", "", allFields, "signout r", "{}"},
		{"signout", "andrew", `{"everywhere":true}`, "everywhere sub-andrew", "{}"},
		{"forgot", "", allFields, "forgot a@example.com", "{}"},
		{"reset", "", allFields, "reset a@example.com 123456 correct horse", "{}"},
	} {
		w.identity.ended = nil
		a := w.do(query{method: "POST", target: "/api/auth/" + c.call, token: c.token, body: c.body})
		if a.status != 200 || a.body != c.answer || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s = %d %s %v", c.call, a.status, a.body, a.header)
		}
		if diff := cmp.Diff([]string{c.saw}, w.identity.ended); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.call, diff)
		}
	}
	w.want(w.do(query{method: "POST", target: "/api/auth/signout", body: `{"everywhere":true}`}), 401, "unauthenticated")
	w.want(w.do(query{method: "POST", target: "/api/auth/signout", body: `{}`}), 422, "refresh_token_blank")
	if a := w.get("/.well-known/jwks.json"); a.status != 200 || !strings.Contains(a.body, `"kid":"one"`) || a.header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("jwks = %d %s", a.status, a.body)
	}
}

func TestAuthErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{cruddur.NewError(cruddur.KindUnauthenticated, "credentials_mismatch"), 401, "credentials_mismatch"},
		{cruddur.NewError(cruddur.KindForbidden, "account_unconfirmed"), 403, "account_unconfirmed"},
		{cruddur.Invalid("code", "code_expired"), 422, "code_expired"},
		{cruddur.NewError(cruddur.KindConflict, "handle_taken"), 409, "handle_taken"},
		{cruddur.NewError(cruddur.KindTooMany, "account_locked"), 429, "account_locked"},
		{cruddur.NewError(cruddur.KindUnavailable), 503, "unavailable"},
		{fmt.Errorf("password is hunter2"), 500, "internal"},
	} {
		w.identity.err = c.err
		w.client = w.client.Next()
		for _, call := range []string{"signup", "confirm", "resend", "signin", "refresh", "signout", "forgot", "reset"} {
			body := strings.ReplaceAll(allFields, "a@", fmt.Sprintf("%s.%s@", c.code, call))
			w.want(w.do(query{method: "POST", target: "/api/auth/" + call, body: body}), c.status, c.code)
		}
	}
	w.identity.err = nil
	for _, call := range []string{"signup", "confirm", "resend", "signin", "refresh", "signout", "forgot", "reset"} {
		w.client = w.client.Next()
		w.want(w.do(query{method: "POST", target: "/api/auth/" + call, body: `{`, odd: true}), 400, "invalid_json")
		w.want(w.do(query{method: "POST", target: "/api/auth/" + call, body: `{"email":1}`, odd: true}), 422, "email_invalid_type")
	}
}

// Every route that tries a secret or sends a mail has a limit by client and, if it names an account, by account. Each
// limit counts only its own route.
func TestAuthLimits(t *testing.T) {
	t.Parallel()
	for call, action := range map[string]identity.Action{
		"signup": identity.ActionSignUp, "confirm": identity.ActionConfirm, "resend": identity.ActionResend, "signin": identity.ActionSignIn,
		"refresh": identity.ActionRefresh, "signout": identity.ActionSignOut, "forgot": identity.ActionForgot, "reset": identity.ActionReset,
	} {
		var c struct{ account, client int }
		for _, l := range identity.Limits[action] {
			switch l.By {
			case identity.ByClient:
				c.client = l.Count
			case identity.ByEmail:
				c.account = l.Count
			}
		}
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			send := func(email string) answer {
				return w.do(query{method: "POST", target: "/api/auth/" + call, body: strings.ReplaceAll(allFields, "a@example.com", email)})
			}
			allowed := func(next func(i int) string, other func()) int {
				for i := range 100 {
					if a := send(next(i)); a.status == 429 {
						return i
					}
					other()
				}
				return 100
			}
			if got := allowed(func(i int) string { return fmt.Sprintf("m%d@example.com", i) }, func() {}); got != c.client {
				t.Errorf("%d from one client, want %d", got, c.client)
			}
			if c.account > 0 {
				w.client = w.client.Next()
				got := allowed(func(i int) string { return "Victim@example.com" }, func() { w.client = w.client.Next() })
				if w.client = netip.MustParseAddr("198.51.100.1"); got != c.account {
					t.Errorf("%d for one account, want %d", got, c.account)
				}
				w.want(send(" victim@EXAMPLE.com "), 429, "too_many_requests")
			}
			if a := w.get("/api/activities/home"); a.status != 200 {
				t.Errorf("reading answers %d", a.status)
			}
		})
	}
}

// Without a provider everything else works.
func TestWithoutIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := api.New(api.Config{Feed: brokenStore{cruddur.NewError(cruddur.KindUnavailable)}, Store: w.db, Limits: ratelimit.New()})
	w.want(w.do(query{method: "POST", target: "/api/auth/signin", body: `{"email":"a","password":"b"}`, handler: h}), 503, "unavailable")
	w.want(w.do(query{target: "/.well-known/jwks.json", handler: h}), 503, "unavailable")
	w.want(w.do(query{target: "/api/me", token: "x", handler: h}), 401, "unauthenticated")
}
