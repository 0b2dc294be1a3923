package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
)

// elsewhere is a provider that does not recognise browsers, like Amazon Cognito.
type elsewhere struct{ identity.Provider }

// signUp begins a sign-up in a browser.
func (b *browser) signUp(handle string) {
	b.t.Helper()
	b.post("/signup", "name", handle, "handle", handle, "email", handle+"@example.com", "password", password(handle)).goes(b.t, "/confirm")
}

const confirmedElsewhere = "/signin?notice=confirmed&return_to=%2Fcompose%3Fnotice%3Dwelcome"

// The code of a sign-up signs in the browser where the sign-up began, and no other.
func TestConfirmSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.stranger()
	b.signUp("ada")
	if b.get("/confirm").want(t, 200).Find("#f-password").Length() != 0 {
		t.Error("the browser that has begun the sign-up is asked for the password")
	}
	ticket := b.cookies[signUpCookie]
	b.post("/confirm", "email", "ada@example.com", "code", w.code("ada@example.com")).goes(t, "/compose?notice=welcome")
	a := b.get("/compose?notice=welcome").want(t, 200)
	if !strings.HasPrefix(a.text(".notice"), "Welcome!") || a.Find("#message[autofocus]").Length() != 1 {
		t.Errorf("the new member reads %q, and the focus is on %q", a.text(".notice"), a.Find("[autofocus]").AttrOr("id", ""))
	}
	for _, name := range []string{signUpCookie, emailCookie} {
		if _, kept := b.cookies[name]; kept {
			t.Errorf("the cookie %s stays", name)
		}
	}

	// Another browser, with a secret or without, goes to the sign-in page, which has the address filled in and leads
	// on.
	for i, secret := range []string{"", ticket, "nonsense"} {
		handle := string(rune('p'+i)) + "erson"
		w.stranger().signUp(handle)
		other := w.stranger()
		if secret != "" {
			other.cookies[signUpCookie] = secret
		}
		other.post("/confirm", "email", handle+"@example.com", "code", w.code(handle+"@example.com")).goes(t, confirmedElsewhere)
		if _, in := other.cookies["cruddur"]; in {
			t.Errorf("a browser with the secret %q is signed in", secret)
		}
		a := other.get(confirmedElsewhere).want(t, 200)
		if a.Find("#f-email").AttrOr("value", "") != handle+"@example.com" || a.Find("#f-password[autofocus]").Length() != 1 {
			t.Error("the address is not filled in, or the focus is not on the password")
		}
		action := a.Find("form.plain").AttrOr("action", "")
		other.post(action, "email", handle+"@example.com", "password", password(handle)).goes(t, "/compose?notice=welcome")
	}
}

// If the browser is not recognised, the password may come with the code.
func TestConfirmWithPassword(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"another browser":  func(*Config) {},
		"another provider": func(c *Config) { c.Identity = elsewhere{c.Identity} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, change)
			b := w.stranger()
			b.signUp("ada")
			delete(b.cookies, signUpCookie)
			if b.get("/confirm").want(t, 200).Find("#f-password").Length() != 1 {
				t.Error("no field for the password")
			}
			b.post("/confirm", "email", "ada@example.com", "code", "000000", "password", password("ada")).want(t, 422)
			if _, in := b.cookies["cruddur"]; in {
				t.Error("signed in by a wrong code")
			}
			b.post("/confirm", "email", "ada@example.com", "code", w.code("ada@example.com"), "password", password("ada")).goes(t, "/compose?notice=welcome")
			b.get("/settings").want(t, 200)

			wrong := w.stranger()
			wrong.signUp("noor")
			delete(wrong.cookies, signUpCookie)
			wrong.post("/confirm", "email", "noor@example.com", "code", w.code("noor@example.com"), "password", "wrong wrong").goes(t, confirmedElsewhere)
			if _, in := wrong.cookies["cruddur"]; in {
				t.Error("signed in by a wrong password")
			}
		})
	}
}

// Passwords that come with a code count against the limit of the sign-in page.
func TestConfirmCountsSignIns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.stranger()
	b.signUp("ada")
	delete(b.cookies, signUpCookie)
	rule := identity.Limits[identity.ActionSignIn][1].Rule
	for range rule.Count {
		w.site.Limits.Allow(w.now, ratelimit.Use{Rule: rule, Key: "ada@example.com"})
	}
	b.post("/confirm", "email", "ada@example.com", "code", w.code("ada@example.com"), "password", password("ada")).goes(t, confirmedElsewhere)
}

// A reader whose session has ended is told why they must sign in; a stranger is not.
func TestSessionEndedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const says = "Your session here has ended"
	ends := map[string]func(b *browser, handle string){
		"signed out elsewhere": func(b *browser, handle string) { w.must(w.endAll(handle)) },
		"unused":               func(*browser, string) { w.now = noon.Add(15 * 24 * time.Hour) },
		"nonsense":             func(b *browser, _ string) { b.cookies["cruddur"] = "nonsense" },
	}
	for name, end := range ends {
		w.now = noon
		handle := map[string]string{"signed out elsewhere": "ada", "unused": "noor", "nonsense": "zoe"}[name]
		b, _ := w.member(handle)
		end(b, handle)
		cookie := b.cookies["cruddur"]
		a := b.get("/settings")
		a.goes(t, "/signin?notice=session&return_to=%2Fsettings")
		if got := b.get(a.header.Get("Location")).want(t, 200).text(".notice"); !strings.HasPrefix(got, says) {
			t.Errorf("%s: the page to sign in says %q", name, got)
		}
		b.cookies["cruddur"] = cookie
		if got := b.get("/").want(t, 200).text(".notice"); !strings.HasPrefix(got, says) {
			t.Errorf("%s: home says %q", name, got)
		}
		if got := b.get("/").want(t, 200).text(".notice"); got != "" {
			t.Errorf("%s: the second time home says %q", name, got)
		}
		b.cookies["cruddur"] = cookie
		a = b.post("/settings/password", "old_password", "x", "password", "y").want(t, 401)
		if got := a.Find(`main a[href^="/signin"]`).AttrOr("href", ""); got != "/signin?return_to=%2Fsettings" {
			t.Errorf("%s: a form that came too late leads to %q", name, got)
		}
	}
	w.stranger().get("/settings").goes(t, "/signin?return_to=%2Fsettings")
	if got := w.stranger().get("/").text(".notice"); got != "" {
		t.Errorf("a stranger reads %q", got)
	}
}

func (w *world) endAll(handle string) error {
	p, err := w.db.Profile(context.Background(), handle, w.now)
	if err == nil {
		_, err = w.db.EndSessions(context.Background(), p.UUID, [16]byte{})
	}
	return err
}

// In every form a missing value is reported as missing, and does not count as an attempt.
func TestEmptyFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	b := w.stranger()
	for path, want := range map[string]map[string]string{
		"/signup": {
			"name": "Type a name", "handle": "Choose a handle", "email": "Type your e-mail address.", "password": "Type a password.",
		},
		"/signin":         {"email": "Type your e-mail address.", "password": "Type a password."},
		"/confirm":        {"email": "Type your e-mail address.", "code": "Type the code from the mail."},
		"/confirm/resend": {"email": "Type your e-mail address."},
		"/forgot":         {"email": "Type your e-mail address."},
		"/reset":          {"email": "Type your e-mail address.", "code": "Type the code from the mail.", "password": "Type a password."},
	} {
		a := b.post(path, "email", " ").want(t, 422)
		for field, text := range want {
			if got := a.text("#e-" + field); !strings.HasPrefix(got, text) {
				t.Errorf("%s: %s says %q, want %q", path, field, got, text)
			}
		}
	}
	a := ada.post("/settings/password").want(t, 422)
	if got := a.text("#e-old_password") + a.text("#e-password"); got != "Type your current password.Type a password." {
		t.Errorf("the form of the password says %q", got)
	}
	if got := ada.post("/settings/delete").want(t, 422).text("#e-password"); got != "Type a password." {
		t.Errorf("the form of the end says %q", got)
	}
	if got := b.post("/signin", "email", "ada@example.com", "password", "  ").want(t, 422).text("#e-password"); got != "The e-mail address or the password is wrong." {
		t.Errorf("a password of blanks is said to be %q", got)
	}
	if got := b.post("/signup", "email", "nobody", "handle", "ä!").want(t, 422); got.text("#e-email") != "That does not look like an e-mail address." || !strings.HasPrefix(got.text("#e-handle"), "A handle has 2 to 30") {
		t.Errorf("what is malformed is said to be %q and %q", got.text("#e-email"), got.text("#e-handle"))
	}
}

// The form shows its rules, and whether a handle is free, before it is sent.
func TestHandleFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	b := w.stranger()
	if a := b.get("/signup").want(t, 200); !strings.Contains(a.text("#h-handle"), "2 to 30") || a.Find(`#f-handle[data-check="/signup/handle"]`).Length() != 1 {
		t.Errorf("the rule says %q", a.text("#h-handle"))
	}
	for handle, want := range map[string]string{
		"noor": `{"free":true,"text":"@noor is free."}`, "%40Noor": `{"free":true,"text":"@noor is free."}`,
		"ada": `{"free":false,"text":"Somebody has that handle already. Try another."}`, "ADA": `{"free":false,"text":"Somebody has that handle already. Try another."}`,
		"": `{"free":false,"text":"Choose a handle: it is your address here."}`,
	} {
		if a := b.get("/signup/handle?handle="+handle).want(t, 200); a.body != want || a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%q: %s %v", handle, a.body, a.header)
		}
	}
	for _, bad := range []string{"a", "_a", "admin", "%C3%A4bc", "a%00b", strings.Repeat("a", 31)} {
		if a := b.get("/signup/handle?handle="+bad).want(t, 200); !strings.HasPrefix(a.body, `{"free":false,"text":"A handle has 2 to 30`) {
			t.Errorf("%q: %s", bad, a.body)
		}
	}
	ada.get("/signup/handle?handle=noor").goes(t, "/")
	for range 60 {
		b.get("/signup/handle?handle=x1")
	}
	b.get("/signup/handle?handle=x1").want(t, 429)
}

// Every password can be made visible while it is typed: the script finds its place.
func TestPasswordsCanBeShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	for path, b := range map[string]*browser{"/signup": w.stranger(), "/signin": w.stranger(), "/confirm": w.stranger(), "/reset": w.stranger(), "/settings": ada, "/settings/delete": ada} {
		a := b.get(path).want(t, 200)
		if n := a.Find("input[type=password]").Length(); n == 0 || n != a.Find(".secret > input[type=password]").Length() {
			t.Errorf("%s: %d passwords, %d with a place for the button", path, n, a.Find(".secret > input[type=password]").Length())
		}
	}
}

func TestUnfold(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 13) + "end"
	for in, want := range map[string]string{
		long + "\nof it.\n\n    123 456\n\nshort\nlines\n": long + " of it.\n\n    123 456\n\nshort\nlines\n",
		long + "\n\n" + long:                            long + "\n\n" + long,
		long + "\n    123":                              long + "\n    123",
		"https://" + strings.Repeat("x", 60) + "\nnext": "https://" + strings.Repeat("x", 60) + "\nnext",
		"": "",
	} {
		if got := unfold(in); got != want {
			t.Errorf("unfold(%q) = %q, want %q", in, got, want)
		}
	}
}
