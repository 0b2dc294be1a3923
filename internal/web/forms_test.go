package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/filter"
	"cruddur/internal/identity"
	"cruddur/internal/postgres"
)

func TestCompose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")

	t.Run("posts, and comes back to the feed", func(t *testing.T) {
		ada.post("/compose", "message", " hello \r\n there ", "ttl", "3-hours", "draft", "abc123").goes(t, "/?draft=abc123&notice=posted")
		a := ada.get("/?draft=abc123&notice=posted").want(t, 200)
		if got := a.Find(".crud .say").Text(); got != "hello \n there" {
			t.Errorf("crud = %q", got)
		}
		if at, _ := a.Find(".crud .left").Attr("datetime"); at != "2026-11-24T15:00:00.000Z" {
			t.Errorf("ends at %s", at)
		}
		if posted, _ := a.Find("html").Attr("data-posted"); posted != "abc123" {
			t.Errorf("data-posted = %q", posted)
		}
	})

	t.Run("without a lifetime the member's own default holds", func(t *testing.T) {
		w.now = noon.Add(time.Second)
		defer func() { w.now = noon }()
		ada.post("/compose", "message", "by default").goes(t, "/?notice=posted")
		if at, _ := ada.get("/").Find(".crud .left").First().Attr("datetime"); at != "2026-12-01T12:00:01.000Z" {
			t.Errorf("ends at %s", at)
		}
	})

	long := strings.Repeat("é", 281)
	for name, c := range map[string]struct{ message, ttl, field, says string }{
		"blank":       {" \u200b\n", "1-hour", "message", "Write something first"},
		"too long":    {long, "1-hour", "message", "longer than 280"},
		"NUL":         {"a\x00b", "1-hour", "message", "cannot be stored"},
		"no UTF-8":    {"a\xffb", "1-hour", "message", "cannot be stored"},
		"unknown ttl": {"fine", "2-years", "ttl", "Choose how long"},
		"empty ttl":   {"fine", "", "ttl", "Choose how long"},
	} {
		t.Run(name+" is said beside the field, and the text is kept", func(t *testing.T) {
			a := ada.post("/compose", "message", c.message, "ttl", c.ttl).want(t, 422)
			if got := a.text("#" + c.field + "-error"); !strings.Contains(got, c.says) {
				t.Errorf("error = %q, want %q", got, c.says)
			}
			field := a.Find("#" + c.field)
			if v, _ := field.Attr("aria-invalid"); v != "true" {
				t.Error("the field is not marked")
			}
			if v, _ := field.Attr("aria-describedby"); !strings.Contains(v, c.field+"-error") {
				t.Errorf("described by %q", v)
			}
			want := strings.NewReplacer("\x00", "\ufffd", "\xff", "\ufffd").Replace(c.message)
			if got := a.Find("#message").Text(); got != strings.TrimPrefix(want, "\n") {
				t.Errorf("text = %q, want %q", got, want)
			}
		})
	}

	t.Run("280 code points are 280", func(t *testing.T) {
		w.now = noon.Add(2 * time.Second)
		defer func() { w.now = noon }()
		ada.post("/compose", "message", strings.Repeat("👍", 280), "ttl", "1-hour").goes(t, "/?notice=posted")
	})

	t.Run("a session that has ended costs nobody their text", func(t *testing.T) {
		b, _ := w.member("noor")
		b.cookies["cruddur"] = "gone"
		a := b.post("/compose", "message", "half a novel", "ttl", "30-days").want(t, 401)
		if got := a.Find("#message").Text(); got != "half a novel" {
			t.Errorf("text = %q", got)
		}
		if v, _ := a.Find("#ttl input[checked]").Attr("value"); v != "30-days" {
			t.Errorf("ttl = %q", v)
		}
		if a.Find(`.banner a[href^="/signin"]`).Length() != 1 {
			t.Error("no way to sign in")
		}
		if _, kept := b.cookies["cruddur"]; kept {
			t.Error("the dead cookie stays")
		}
	})

	t.Run("the picker begins with the member's default", func(t *testing.T) {
		_, err := w.db.UpdateProfile(t.Context(), u.UUID, postgres.ProfileChange{DefaultTTL: "12-hours"}, w.now)
		w.must(err)
		a := ada.get("/compose").want(t, 200)
		if v, _ := a.Find("#ttl input[checked]").Attr("value"); v != "12-hours" {
			t.Errorf("ttl = %q", v)
		}
		if n := a.Find("#ttl input[type=radio]").Length(); n != 7 {
			t.Errorf("%d lifetimes", n)
		}
	})
}

func TestFormsThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	send := func(kind, body string) *answer {
		r := httptest.NewRequest("POST", "/compose", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		return ada.send(r)
	}
	const plain = "application/x-www-form-urlencoded"
	if a := send(plain, "message="+strings.Repeat("a", 10<<20)); a.status != http.StatusRequestEntityTooLarge || a.text("h1") != "Too much" {
		t.Errorf("10 MB: %d %q", a.status, a.text("h1"))
	}
	for name, c := range map[string][2]string{
		"multipart": {"multipart/form-data; boundary=x", "--x--"}, "JSON": {"application/json", `{"message":"x"}`},
		"bad escapes": {plain, "message=%zz"}, "bad type": {"a/b/c", ""}, "semicolons": {plain, "message=a;b=c"},
	} {
		if a := send(c[0], c[1]); a.status != 422 {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
	send(plain, "").want(t, 422)
	if n := ada.get("/").Find(".crud").Length(); n != 0 {
		t.Errorf("%d cruds were made of them", n)
	}
}

// TestFromStrangerToMember walks through sign-up, confirmation, sign-in, recovery and leaving.
func TestFromStrangerToMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.stranger()
	b.get("/settings").goes(t, "/signin?return_to=%2Fsettings")

	a := b.post("/signup", "name", "Ada", "handle", "a", "email", "ada@example.com", "password", "short").want(t, 422)
	if a.Find("[aria-invalid]").Length() == 0 || a.Find("[autofocus]").Length() != 1 {
		t.Error("no field is to blame, or none has the focus")
	}
	for name, want := range map[string]string{"name": "Ada", "handle": "a", "email": "ada@example.com", "password": ""} {
		if got, _ := a.Find("#f-" + name).Attr("value"); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	b.post("/signup", "name", "Ada", "handle", "ada", "email", "ada@example.com", "password", "three old ferries").goes(t, "/confirm")
	a = b.get("/confirm").want(t, 200)
	if got, _ := a.Find("#f-email").Attr("value"); got != "ada@example.com" {
		t.Errorf("the address is not carried over: %q", got)
	}
	b.post("/signin", "email", "ada@example.com", "password", "three old ferries").goes(t, "/confirm?notice=unconfirmed")
	if got := b.post("/confirm", "email", "ada@example.com", "code", "000000").want(t, 422).text("#e-code"); !strings.HasPrefix(got, "That is not the code") {
		t.Errorf("wrong code: %q", got)
	}
	code := w.code("ada@example.com")
	b.post("/confirm", "email", "ada@example.com", "code", " "+code[:3]+"-"+code[3:]+" ").goes(t, "/compose?notice=welcome")
	b.get("/compose?notice=welcome").want(t, 200)
	b.post("/signout").goes(t, "/?notice=signedout")
	if got := b.post("/signin", "email", "ada@example.com", "password", "wrong wrong").want(t, 422).text("#e-password"); got != "The e-mail address or the password is wrong." {
		t.Errorf("wrong password: %q", got)
	}
	b.post("/signin?return_to=%2Fsettings", "email", "ada@example.com", "password", "three old ferries").goes(t, "/settings")
	b.get("/settings").want(t, 200)
	b.get("/signin?return_to=//evil.example").goes(t, "/")
	old := b.cookies["cruddur"]
	b.post("/signout").goes(t, "/?notice=signedout")
	b.cookies["cruddur"] = old
	b.get("/settings").goes(t, "/signin?notice=session&return_to=%2Fsettings")

	w.now = noon.Add(time.Hour)
	mails := len(w.mailbox.Messages())
	b.post("/forgot", "email", "ada@example.com").goes(t, "/reset?notice=code")
	for deadline := time.Now().Add(10 * time.Second); len(w.mailbox.Messages()) == mails && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	code = w.code("ada@example.com")
	b.post("/reset", "email", "ada@example.com", "code", code, "password", "four new ferries").goes(t, "/signin?notice=reset")
	b.post("/signin", "email", "ada@example.com", "password", "four new ferries").goes(t, "/")
	b.post("/settings/delete", "password", "three old ferries").want(t, 422)
	b.post("/settings/delete", "password", "four new ferries").goes(t, "/?notice=farewell")
	b.get("/@ada").want(t, 404)
	if _, kept := b.cookies["cruddur"]; kept {
		t.Error("the cookie stays")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	other := w.stranger()
	token, err := w.site.Sessions.Begin(t.Context(), u.Subject, identity.Browser{UserAgent: "Mozilla/5.0 (iPhone; like Mac OS X) Safari/605"}, w.now)
	w.must(err)
	other.cookies["cruddur"] = token
	noor, nu := w.member("noor")

	t.Run("profile", func(t *testing.T) {
		a := ada.post("/settings/profile", "display_name", "", "bio", "keep me", "default_ttl", "1-day").want(t, 422)
		if got := a.Find("#f-bio").Text(); got != "keep me" {
			t.Errorf("bio = %q", got)
		}
		ada.post("/settings/profile", "display_name", "Ada <b>", "bio", "\"quoted\" & 'more'", "default_ttl", "1-day").goes(t, "/settings?notice=saved")
		a = ada.get("/@ada").want(t, 200)
		if a.text("h1") != "Ada <b>" || a.text(".bio") != `"quoted" & 'more'` {
			t.Errorf("profile = %q %q", a.text("h1"), a.text(".bio"))
		}
		gone := w.stranger()
		a = gone.post("/settings/profile", "display_name", "X", "bio", "typed for long", "default_ttl", "1-day").want(t, 401)
		if got := a.Find("#f-bio").Text(); got != "typed for long" {
			t.Errorf("bio of an ended session = %q", got)
		}
	})

	t.Run("sessions", func(t *testing.T) {
		a := ada.get("/settings").want(t, 200)
		if got := a.Find(".sessions li").Length(); got != 2 {
			t.Fatalf("%d sessions", got)
		}
		if !strings.Contains(a.text(".sessions"), "Safari on iPhone") {
			t.Errorf("sessions = %q", a.text(".sessions"))
		}
		id, _ := a.Find(`.sessions input[name=session]`).Attr("value")
		noor.post("/settings/sessions/end", "session", id)
		other.get("/settings").want(t, 200) // another member cannot end it
		ada.post("/settings/sessions/end", "session", id).goes(t, "/settings?notice=ended")
		other.get("/settings").goes(t, "/signin?notice=session&return_to=%2Fsettings")
		ada.post("/settings/sessions/end", "session", "nonsense").want(t, 404)
		token, err := w.site.Sessions.Begin(t.Context(), u.Subject, identity.Browser{}, w.now)
		w.must(err)
		other.cookies["cruddur"] = token
		ada.post("/settings/sessions/end-others").goes(t, "/settings?notice=others")
		other.get("/settings").goes(t, "/signin?notice=session&return_to=%2Fsettings")
		ada.get("/settings").want(t, 200)
	})

	t.Run("password", func(t *testing.T) {
		a := noor.post("/settings/password", "old_password", "not it at all", "password", "entirely new words").want(t, 422)
		if got := a.text("#e-old_password"); got != "That is not your password." {
			t.Errorf("the old password is not blamed: %q", got)
		}
		second := w.stranger()
		token, err := w.site.Sessions.Begin(t.Context(), nu.Subject, identity.Browser{}, w.now)
		w.must(err)
		second.cookies["cruddur"] = token
		before := noor.cookies["cruddur"]
		noor.post("/settings/password", "old_password", password("noor"), "password", "entirely new words").goes(t, "/settings?notice=password")
		if noor.cookies["cruddur"] == before {
			t.Error("the session's token stays the same")
		}
		noor.get("/settings").want(t, 200)
		second.get("/settings").goes(t, "/signin?notice=session&return_to=%2Fsettings")
	})
}

// away is a store whose database cannot be reached.
type away struct {
	*postgres.DB
	gone bool
}

func (a *away) err() error {
	e := cruddur.NewError(cruddur.KindUnavailable)
	e.RetryAfter = 5
	return e
}

func (a *away) CreateActivityOnce(ctx context.Context, author cruddur.UUID, key, message string, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error) {
	if a.gone {
		return cruddur.Activity{}, a.err()
	}
	return a.DB.CreateActivityOnce(ctx, author, key, message, ttl, now)
}

func (a *away) Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	if a.gone {
		return nil, a.err()
	}
	return a.DB.Home(ctx, before, limit, now)
}

// sessionsAway is a session store whose database cannot be reached.
type sessionsAway struct {
	identity.Sessions
	away *away
}

func (s sessionsAway) Resume(ctx context.Context, token string, now time.Time) (cruddur.User, identity.Session, error) {
	if s.away.gone {
		return cruddur.User{}, identity.Session{}, s.away.err()
	}
	return s.Sessions.Resume(ctx, token, now)
}

func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	store := &away{}
	w := newWorld(t, func(c *Config) {
		store.DB = c.Store.(filter.Store).DB
		c.Store, c.Feed, c.Sessions = store, store, sessionsAway{c.Sessions, store}
	})
	ada, _ := w.member("ada")
	store.gone = true
	for _, b := range []*browser{ada, w.stranger()} {
		a := b.get("/").want(t, 503)
		if a.header.Get("Retry-After") != "5" || a.text("h1") != "Back in a moment" {
			t.Errorf("Retry-After %q, heading %q", a.header.Get("Retry-After"), a.text("h1"))
		}
	}
	a := ada.post("/compose", "message", "do not lose me", "ttl", "1-hour").want(t, 503)
	if got := a.Find("#message").Text(); got != "do not lose me" {
		t.Errorf("text = %q", got)
	}
	if a.header.Get("Retry-After") != "5" || a.text(".banner") == "" {
		t.Errorf("Retry-After %q, banner %q", a.header.Get("Retry-After"), a.text(".banner"))
	}
	if _, kept := ada.cookies["cruddur"]; !kept {
		t.Error("an unreachable database signs people out")
	}
	ada.get("/about").want(t, 503)
	w.stranger().get("/about").want(t, 200)
	store.gone = false
	ada.post("/compose", "message", "do not lose me", "ttl", "1-hour").goes(t, "/?notice=posted")
}

// panicky is a feed that panics.
type panicky struct{}

func (panicky) Home(context.Context, cruddur.UUID, int, time.Time) ([]cruddur.Activity, error) {
	panic(url.InvalidHostError("a secret"))
}

func TestOurOwnFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Feed = panicky{} })
	a := w.stranger().get("/").want(t, 500)
	if a.text("code") != "request-1" || strings.Contains(a.body, "secret") {
		t.Errorf("page = %q", a.text("main"))
	}
	if !strings.Contains(w.log.String(), "request-1") {
		t.Errorf("log = %q", w.log.String())
	}
}
