package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cruddur"
)

// fillIn types into the fields of a form and sends it; what follows must become true.
func (b *tab) fillIn(then string, fields ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		eval[bool](b, fmt.Sprintf(`(document.querySelector("#f-" + %q).value = %q, true)`, fields[i], fields[i+1]))
	}
	b.click("main form.plain button[type=submit]")
	b.until(then + ` && document.readyState === "complete"`)
}

// A place for a class: the operator closes it to strangers and makes a link; a pupil opens it in a browser of their
// own, signs up, confirms and reads; a stranger reads nothing.
func TestPlaceForAClass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "eve", "Eve Host")
	if err := w.db.SetRole(t.Context(), w.users["eve"].UUID, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine, Target: "@eve"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	w.crud(t, "eve", "Welcome to our week.", "7-days", time.Minute)
	eve := w.as(t, "eve")
	eve.open("/admin/place")
	eve.fillIn(`document.querySelector(".notice")?.textContent.includes("Saved")`,
		"name", "Class 7b", "rules", "Be kind.\nBe brief.", "sign_up", "invite", "reading", "members")
	eve.open("/admin/invitations")
	eve.fillIn(`document.querySelector(".made input")`, "note", "Class 7b")
	link := eval[string](eve, `document.querySelector(".made input").value`)
	if !strings.HasPrefix(link, w.url+"/invite/") {
		t.Fatalf("the link is %q", link)
	}

	pupil := newTab(t, w.url)
	pupil.allow("404 (Not Found)")
	pupil.open("/")
	pupil.at("/signin")
	pupil.open(strings.TrimPrefix(link, w.url))
	pupil.at("/signup")
	pupil.until(`document.title === "Sign up · Class 7b" && !document.querySelector("#f-invitation")`)
	pupil.fillIn(`location.pathname === "/confirm"`, "name", "Nora", "handle", "nora", "email", "nora@school.example", "password", "a quiet red kettle")
	pupil.fillIn(`location.pathname === "/compose"`, "code", w.code(t, "nora@school.example"))
	pupil.open("/?feed=everyone")
	pupil.until(`document.querySelector(".crud .say").textContent === "Welcome to our week."`)
	eve.open("/admin/invitations")
	eve.until(`document.querySelector(".sessions .pill").textContent === "1 of 30"`)
}
