package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// report sends a report as a member.
func (w *world) report(token, body string) answer {
	w.t.Helper()
	return w.do(query{method: "POST", target: "/api/reports", token: token, body: body, odd: true})
}

// A member reports a crud, a reply, a private message or a member, once.
func TestPostReport(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	operator := cruddur.AtCommandLine
	for i, target := range []string{
		`"activity_uuid":"` + c.root.UUID.String() + `"`, `"message_uuid":"` + c.private.UUID.String() + `"`, `"handle":"` + c.ada.Handle + `"`,
	} {
		body := `{` + target + `,"reason":"abuse","words":" the words\r\nof bob "}`
		if a := c.report("bob", body); a.status != 201 || a.body != "{}" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s answers %d %s", body, a.status, a.body)
		}
		if a := c.report("bob", body); a.status != 200 || a.body != "{}" {
			t.Errorf("the same again answers %d %s", a.status, a.body)
		}
		list, err := c.db.Cases(t.Context(), operator, cruddur.UUID{}, 10, c.now)
		if err != nil || len(list) != i+1 || list[0].Handle != "ada" {
			t.Fatalf("the cases are %+v, %v", list, err)
		}
		f, err := c.db.Case(t.Context(), operator, list[0].UUID, c.now)
		if err != nil || len(f.Given) != 1 || f.Given[0].Handle != "bob" || f.Given[0].Words != "the words\nof bob" || f.Given[0].Reason != cruddur.Abuse {
			t.Errorf("the case is %+v, %v", f, err)
		}
	}
	a := c.report("ada", `{"activity_uuid":"`+c.reply.UUID.String()+`","reason":"spam","words":null,"handle":null}`)
	if a.status != 201 {
		t.Errorf("a reply: %d %s", a.status, a.body)
	}
	tooLong := `{"handle":"ada","reason":"spam","words":"` + strings.Repeat("é", 1001) + `"}`
	for body, codes := range map[string]string{
		`{"reason":"spam"}`:                                 "target_blank",
		`{"handle":"","reason":"spam"}`:                     "target_blank",
		`{"handle":"ada","activity_uuid":"x"}`:              "target_invalid reason_blank",
		`{"handle":"ada","reason":""}`:                      "reason_blank",
		`{"handle":"ada","reason":"Spam"}`:                  "reason_invalid",
		`{"handle":"ada","reason":5}`:                       "reason_invalid_type",
		`{"handle":"bob","reason":"spam"}`:                  "report_oneself",
		`{"handle":"ada","reason":"spam","words":"\u0000"}`: "words_invalid_text",
		tooLong: "words_exceed_max_chars",
	} {
		c.want(c.report("bob", body), 422, strings.Fields(codes)...)
	}
	c.want(c.report("", `{"handle":"ada","reason":"spam"}`), 401, "unauthenticated")
	if a := c.report("eve", `{"handle":"ada","reason":"spam","words":"`+strings.Repeat("é", 1000)+`"}`); a.status != 201 {
		t.Errorf("a thousand code points: %d %s", a.status, a.body)
	}
}

// What the reporter cannot see answers alike, byte for byte, whatever became of it.
func TestReportOfTheInvisible(t *testing.T) {
	t.Parallel()
	u := newUnseen(t)
	foe, bob := u.member("foe"), u.member("bob")
	blocked := u.post(foe, "by foe", "7-days")
	before, err := u.db.SendTo(t.Context(), foe.UUID, bob.UUID, "", "in private", u.now)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := u.db.SendTo(t.Context(), foe.UUID, u.ada.UUID, "", "in private", u.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.db.Block(t.Context(), foe.UUID, bob.UUID, true, u.now); err != nil {
		t.Fatal(err)
	}
	u.invisible["blocked"] = object{"foe", blocked.UUID.String()}
	u.members["foe"], u.members["FOE"] = object{"foe", ""}, object{"FOE", ""}
	bodies := []string{
		fmt.Sprintf(`{"message_uuid":%q,"reason":"spam"}`, before.UUID), fmt.Sprintf(`{"message_uuid":%q,"reason":"spam"}`, elsewhere.UUID),
		fmt.Sprintf(`{"message_uuid":%q,"reason":"spam"}`, u.visible.UUID), `{"message_uuid":"1","reason":"spam"}`,
	}
	for _, o := range u.invisible {
		bodies = append(bodies, fmt.Sprintf(`{"activity_uuid":%q,"reason":"spam"}`, o.uuid))
	}
	for _, o := range u.members {
		bodies = append(bodies, fmt.Sprintf(`{"handle":%q,"reason":"spam"}`, o.handle))
	}
	var first answer
	for i, body := range bodies {
		a := u.ask("POST /api/reports", object{}, "bob", body)
		if i == 0 {
			first = a
		}
		if diff := cmp.Diff(first, a, cmp.AllowUnexported(answer{})); diff != "" || a.status != 404 {
			t.Errorf("%s answers %d:\n%s", body, a.status, diff)
		}
	}
	if list, err := u.db.Cases(t.Context(), cruddur.AtCommandLine, cruddur.UUID{}, 10, u.now); err != nil || len(list) != 0 {
		t.Errorf("there are cases: %+v, %v", list, err)
	}
}

// Nobody buries the moderators.
func TestReportLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("ada")
	w.member("bob")
	for range ratelimit.Reports.Count {
		if a := w.report("bob", `{"handle":"ada","reason":"spam"}`); a.status > 201 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	w.want(w.report("bob", `{"handle":"ada","reason":"spam"}`), 429, "too_many_requests")
}
