package web

import (
	"strings"
	"testing"
	"time"

	"cruddur"
)

// joins signs up with the fields of the form and confirms; it returns the error's text, or "".
func (b *browser) joins(handle string, fields ...string) string {
	b.t.Helper()
	a := b.post("/signup", append([]string{"name", handle, "handle", handle, "email", handle + "@any.example", "password", password(handle)}, fields...)...)
	if a.status != 303 {
		return a.text(".error, .banner, .lead")
	}
	a = b.post("/confirm", "email", handle+"@any.example", "code", b.code(handle+"@any.example"))
	if a.status != 303 {
		return a.text(".error, .banner")
	}
	return ""
}

// A link leads to the form, which needs no field for it then, and lets as many in as it is made for.
func TestInvitationLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eve, _ := w.operator("eve")
	w.set(func(p *cruddur.Place) { p.SignUp, p.Contact = cruddur.SignUpInvite, "eve@any.example" })
	a := eve.post("/admin/invitations", "note", "Class 7b", "uses", "2", "days", "14").want(t, 200)
	link := a.Find(".made input").AttrOr("value", "")
	path := link[strings.Index(link, "/invite/"):]
	if !strings.Contains(a.text(".sessions"), "Class 7b") || !strings.Contains(a.text(".sessions"), "0 of 2") || len(path) != len("/invite/")+43 {
		t.Fatalf("the link is %q, and the list %q", link, a.text(".sessions"))
	}
	if eve.get("/admin/invitations").Find(".made").Length() != 0 {
		t.Error("the link is shown again")
	}
	if got := w.stranger().get("/signup").want(t, 200); got.Find("#f-invitation[required]").Length()+got.Find("#f-invitation").Length() == 0 {
		t.Error("a stranger is not asked for an invitation")
	}
	if got := w.stranger().joins("nora"); !strings.Contains(got, "one signs up with an invitation") {
		t.Errorf("without an invitation: %q", got)
	}
	if got := w.stranger().joins("nora", "invitation", "https://cruddur.example/invite/"+strings.Repeat("x", 43)); !strings.Contains(got, "does not hold") {
		t.Errorf("with a guess: %q", got)
	}
	b := w.stranger()
	b.get(path).goes(t, "/signup")
	if b.get("/signup").want(t, 200).Find("#f-invitation").Length() != 0 {
		t.Error("who came by a link is asked for it")
	}
	if got := b.joins("nora"); got != "" {
		t.Errorf("by the link: %q", got)
	}
	if _, kept := b.cookies[invitationCookie]; kept {
		t.Error("the cookie of the invitation stays")
	}
	b.get(path).goes(t, "/?notice=member")
	if got := w.stranger().joins("juno", "invitation", " "+link+"/ "); got != "" {
		t.Errorf("with the link typed: %q", got)
	}
	used, never := w.stranger().get(path), w.stranger().get("/invite/nonsense")
	if used.status != 404 || used.body != never.body || !strings.Contains(used.text("main"), "no longer holds") {
		t.Errorf("a link that is used up = %d %q", used.status, used.text("main"))
	}
	if got := w.stranger().joins("late", "invitation", link); !strings.Contains(got, "does not hold") {
		t.Errorf("by a link that is used up: %q", got)
	}
}

// An invitation that is withdrawn or used up while a sign-up waits for its code does not confirm it, and the page says
// so; the sign-up waits on.
func TestInvitationEndsBeforeTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eve, _ := w.operator("eve")
	w.set(func(p *cruddur.Place) { p.SignUp = cruddur.SignUpInvite })
	begin := func(handle, token string) *browser {
		t.Helper()
		b := w.stranger()
		b.get("/invite/"+token).goes(t, "/signup")
		b.post("/signup", "name", handle, "handle", handle, "email", handle+"@any.example", "password", password(handle)).goes(t, "/confirm")
		return b
	}
	confirm := func(b *browser, handle string) *answer {
		t.Helper()
		return b.post("/confirm", "email", handle+"@any.example", "code", w.code(handle+"@any.example"))
	}
	token, id := w.invite(1, time.Hour)
	nora, juno := begin("nora", token), begin("juno", token)
	confirm(nora, "nora").want(t, 303)
	if a := confirm(juno, "juno").want(t, 422); !strings.Contains(a.text("main"), "As many people have come") {
		t.Errorf("the second reads %q", a.text("main"))
	}
	over, _ := w.invite(1, time.Minute)
	mia := begin("mia", over)
	w.now = w.now.Add(2 * time.Minute)
	w.stranger().get("/invite/"+over).want(t, 404)
	confirm(mia, "mia").want(t, 303) // begun in time
	eve.post("/admin/invitations/revoke", "invitation", id.String()).goes(t, "/admin/invitations?notice=revoked")
	eve.post("/admin/invitations/revoke", "invitation", id.String()).want(t, 404)
	other, otherID := w.invite(1, time.Hour)
	lena := begin("lena", other)
	eve.post("/admin/invitations/revoke", "invitation", otherID.String()).want(t, 303)
	if a := confirm(lena, "lena").want(t, 422); !strings.Contains(a.text("main"), "Ask for a new one") {
		t.Errorf("who was invited and no more reads %q", a.text("main"))
	}
	w.set(func(p *cruddur.Place) { p.SignUp = cruddur.SignUpOpen })
	confirm(lena, "lena").want(t, 303)
}

// CVE-2025-65795, CVE-2026-6634 (Memos): an account could be made though sign-up was closed.
//
// A closed place shows no form, takes no form, and confirms nobody, with an invitation or without.
func TestAdvisoryClosedSignUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("ada")
	waiting := w.stranger()
	waiting.post("/signup", "name", "Wim", "handle", "wim", "email", "wim@any.example", "password", password("wim")).goes(t, "/confirm")
	token, _ := w.invite(5, time.Hour)
	w.set(func(p *cruddur.Place) { p.SignUp, p.Contact = cruddur.SignUpClosed, "eve@any.example" })
	for _, path := range []string{"/signup", "/invite/" + token} {
		a := w.stranger().get(path)
		if a.Find("main form").Length() != 0 || !strings.Contains(a.text("main"), "takes no new members") || a.Find(`main a[href="/about"]`).Length() != 1 {
			t.Errorf("%s in a closed place = %d %q", path, a.status, a.text("main"))
		}
	}
	if home := w.stranger().get("/"); home.Find(`a[href="/signup"]`).Length() != 0 {
		t.Error("the pages of a closed place lead to a form that does not exist")
	}
	// Whether an address is a member's changes nothing.
	for _, email := range []string{"ada@example.com", "new@example.com"} {
		a := w.stranger().post("/signup", "name", "N", "handle", "new", "email", email, "password", password("new"), "invitation", token)
		if a.status != 403 || !strings.Contains(a.text("main"), "takes no new members") {
			t.Errorf("signing up as %s in a closed place = %d %q", email, a.status, a.text("main"))
		}
	}
	if a := waiting.post("/confirm", "email", "wim@any.example", "code", w.code("wim@any.example")); a.status != 403 || !strings.Contains(a.text("main"), "takes no new members") {
		t.Errorf("confirming in a closed place = %d %q", a.status, a.text("main"))
	}
	for _, handle := range []string{"wim", "new"} {
		if _, err := w.db.Profile(t.Context(), handle, w.now); cruddur.KindOf(err) != cruddur.KindNotFound {
			t.Errorf("%s is a member of a closed place: %v", handle, err)
		}
	}
}

// A place of certain domains says which, and an invitation admits other addresses.
func TestSignUpModes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token, _ := w.invite(5, time.Hour)
	w.set(func(p *cruddur.Place) { p.SignUp, p.Domains = cruddur.SignUpDomain, []string{"Zürich.example"} })
	a := w.stranger().get("/signup").want(t, 200)
	if !strings.Contains(a.text("main"), "@zürich.example") || a.Find("#f-invitation").Length() != 1 {
		t.Errorf("the form says %q", a.text("main"))
	}
	if got := w.stranger().joins("nora"); !strings.Contains(got, "addresses of its own only") {
		t.Errorf("an address of elsewhere: %q", got)
	}
	if got := w.stranger().joins("nora", "invitation", token); got != "" {
		t.Errorf("an address of elsewhere with an invitation: %q", got)
	}
	w.stranger().post("/signup", "name", "Z", "handle", "zoe", "email", "zoe@XN--ZRICH-KVA.example", "password", password("zoe")).goes(t, "/confirm")
}
