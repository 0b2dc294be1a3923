package local_test

import (
	"testing"
	"time"

	"cruddur"
)

// CVE-2026-41259 (Mastodon): odd characters in an address got past the rule that admits only some domains.
//
// In a place for addresses of one school, no spelling of another address is admitted, and no mail is sent to it.
func TestAdvisoryOddAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.ChangePlace(t.Context(), func(p *cruddur.Place) error {
		p.SignUp, p.Domains = cruddur.SignUpDomain, []string{"school.example"}
		return nil
	}, "@eve", start)
	must(t, err)
	for _, email := range []string{
		"mal@evil.example", "mal@evil.example@school.example", "mal@evil.example,x@school.example", "mal@evil.example x@school.example", "mal@evil.example;@school.example",
		"mal@evil.example\n@school.example", "mal@evil.example\r\nBcc: x@school.example", "mal@evil.example\x00@school.example", `"mal@evil.example"@school.example`,
		"mal%evil.example@school.example", "<mal@evil.example>@school.example", "mal@evil.example(@school.example)", "mal@evil.example#@school.example", "mal@school.example.evil.example",
		"mal@notschool.example", "mal@sub.school.example", "mal@school.example.", "mal@school。example", "mal@ſchool.example", "mal@school.example\u200b", "mal@ｓchool.example", "@school.example", "mal!evil.example@school.example",
		"mal@[school.example]", "mal@school.example/evil", "mal\\@evil.example@school.example", "mal@school.example\t@evil.example", "mal@\u202eschool.example",
	} {
		s := signUp("mal")
		s.Email = email
		if err := w.SignUp(t.Context(), s, start); codes(err) != "email_invalid" && codes(err) != "email_domain_refused" {
			t.Errorf("SignUp(%q) = %v, want it refused", email, err)
		}
	}
	for i, email := range []string{"ada@school.example", "bo@SCHOOL.Example", " cy@school.example "} {
		s := signUp([]string{"ada", "bo", "cy"}[i])
		s.Email = email
		if err := w.SignUp(t.Context(), s, start.Add(time.Duration(i)*time.Second)); err != nil {
			t.Errorf("SignUp(%q) = %v", email, err)
		}
	}
	if got := w.mails(t, 3); len(got) != 3 {
		t.Errorf("%d mails were sent, want 3", len(got))
	}
}
