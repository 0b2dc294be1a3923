package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// limitOf says by which limit each form is counted; the others are counted by "write". Names are of rules and actions.
var limitOf = map[string]string{
	"/compose": "post", "/{at}/status/{uuid}/reply": "post",
	"/{at}/status/{uuid}/like": "like", "/{at}/status/{uuid}/unlike": "like", "/{at}/status/{uuid}/repost": "like", "/{at}/status/{uuid}/unrepost": "like",
	"/{at}/follow": "follow", "/{at}/unfollow": "follow",
	"/{at}/report": "report", "/{at}/status/{uuid}/report": "report", "/messages/{at}/report/{uuid}": "report",
	"/messages/{at}": "message", "/messages/new": "talk", "/messages/{at}/timer": "talk", "/messages/{at}/accept": "talk",
	"/messages/{at}/decline": "talk", "/messages/{at}/delete": "talk", "/messages/{at}/delete/{uuid}": "talk",
	"/signup": "sign_up", "/confirm": "confirm", "/confirm/resend": "resend", "/signin": "sign_in", "/forgot": "forgot", "/reset": "reset", "/signout": "sign_out",
	"/settings/password": "change_password", "/settings/delete": "delete_account",
}

// CVE-2025-54879 (Mastodon): the limit for one form was counted on the path of another, so the form had none.
//
// Each limit is used up by itself, and then every form is sent once: those of the limit are refused, and no others.
func TestAdvisoryLimitOnAnotherRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	w.must(w.db.SetRole(t.Context(), u.UUID, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine}, w.now))
	const email = "somebody@example.com"
	client := request.WithClient(t.Context(), netip.MustParseAddr("127.0.0.1"))
	use := map[string]func(l *ratelimit.Limiter) bool{} // uses a limit once, and says whether that was allowed
	for _, rule := range []ratelimit.Rule{ratelimit.Posts, ratelimit.Writes, ratelimit.Likes, ratelimit.Follows, ratelimit.Reports, ratelimit.Messages, ratelimit.Conversations, ratelimit.Talks, ratelimit.Exports} {
		use[rule.Name] = func(l *ratelimit.Limiter) bool {
			_, ok := l.Allow(w.now, ratelimit.Use{Rule: rule, Key: u.UUID.String()})
			return ok
		}
	}
	for action := range identity.Limits {
		use[string(action)] = func(l *ratelimit.Limiter) bool {
			return identity.Allow(client, l, action, identity.Who{Email: email, Account: u.UUID}, w.now) == nil
		}
	}
	for name, once := range use {
		for _, rt := range w.site.routes() {
			if rt.method != http.MethodPost || rt.pattern == "/pictures" {
				continue // a picture has a limit for each: TestPictureLimits
			}
			w.site.Limits = ratelimit.New()
			for once(w.site.Limits) {
			}
			b := w.stranger()
			if rt.who != everybody && rt.who != stranger || rt.pattern == "/theme" || rt.pattern == "/language" {
				b.cookies["cruddur"] = ada.cookies["cruddur"]
			}
			a := b.post(strings.NewReplacer("{at}", "@nobody", "{uuid}", "00000000-0000-7000-8000-000000000000").Replace(rt.pattern), "email", email)
			if token := b.cookies["cruddur"]; token != "" {
				ada.cookies["cruddur"] = token // ending the others gives a new one
			}
			want := limitOf[rt.pattern]
			if want == "" {
				want = "write"
			}
			if refused := a.status == http.StatusTooManyRequests; refused != (name == want) {
				t.Errorf("%s with the limit %s used up = %d, and its own limit is %s", rt.pattern, name, a.status, want)
			}
		}
	}
	for pattern, name := range limitOf {
		if use[name] == nil {
			t.Errorf("%s has the limit %s, which is not tried", pattern, name)
		}
	}
}

// CVE-2025-27157 (Mastodon): a form that sends a mail had no limit, so anybody could fill a mailbox.
//
// Every form is sent with an address again and again, from clients of its own and in other spellings: no mailbox gets
// more than five mails.
func TestAdvisoryMailBombing(t *testing.T) {
	t.Parallel()
	sending := 0
	for _, rt := range newWorld(t).site.routes() {
		if rt.method != http.MethodPost || rt.who != stranger && !strings.HasPrefix(rt.pattern, "/settings/") {
			continue
		}
		t.Run(rt.pattern, func(t *testing.T) {
			w := newWorld(t)
			ada, _ := w.member("ada")
			w.stranger().post("/signup", "name", "Wim", "handle", "wim", "email", "wim@example.com", "password", password("wim")).goes(t, "/confirm")
			w.code("wim@example.com")
			before := len(w.mailbox.Messages())
			for i, email := range []string{"ada@example.com", "wim@example.com", "nobody@example.com"} {
				for n := range 9 {
					b := w.stranger()
					b.client = fmt.Sprintf("192.0.2.%d", 10*i+n)
					if rt.who != stranger {
						b.cookies["cruddur"] = ada.cookies["cruddur"]
					}
					spelled := []string{email, strings.ToUpper(email), " " + email + " ", strings.Replace(email, "example", "EXAMPLE", 1)}[n%4]
					a := b.post(rt.pattern, "name", "N", "handle", fmt.Sprintf("new%d", n), "email", spelled, "password", password("new"), "old_password", "not the password", "code", "000000")
					if a.status >= 500 {
						t.Fatalf("status %d: %s", a.status, a.text("main"))
					}
				}
			}
			w.must(w.provider.Close(t.Context())) // which sends what waits
			got := map[string]int{}
			list := w.mailbox.Messages()
			for _, m := range list[:len(list)-before] {
				got[m.To]++
			}
			if len(got) > 0 {
				sending++
			}
			for to, n := range got {
				if n > 5 {
					t.Errorf("%d mails to %s", n, to)
				}
			}
		})
	}
	if sending < 3 { // sign-up, another code, and a forgotten password
		t.Errorf("only %d forms sent a mail", sending)
	}
}
