package cognito_test

import (
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
)

// The pool is asked only for whom the place admits, and an invitation counts once for each new account: the sign-up for
// a taken address gives its use back.
func TestInvitedToThePool(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	now := time.Now().UTC()
	_, err := e.db.ChangePlace(t.Context(), func(p *cruddur.Place) error { p.SignUp = cruddur.SignUpInvite; return nil }, "@eve", now)
	if err != nil {
		t.Fatal(err)
	}
	token, hash := identity.NewToken()
	if _, err := e.db.Invite(t.Context(), cruddur.Invitation{Uses: 2, CreatedBy: "@eve", ExpiresAt: now.Add(time.Hour)}, hash, now); err != nil {
		t.Fatal(err)
	}
	join := func(name, token string) error {
		return e.SignUp(t.Context(), identity.SignUp{Name: name, Email: name + "@example.org", Handle: name, Password: password, Invitation: token}, now)
	}
	used := func() int {
		e.Wait()
		list, err := e.db.Invitations(t.Context(), now)
		if err != nil || len(list) != 1 {
			t.Fatalf("the invitations are %+v, %v", list, err)
		}
		return list[0].Used
	}
	wantCodes(t, "SignUp() without an invitation", join("ada", ""), "invitation_blank")
	wantCodes(t, "SignUp() with a guess", join("ada", "guess"), "invitation_invalid")
	for _, name := range []string{"ada", "ada", "bea"} {
		if err := join(name, token); err != nil {
			t.Errorf("SignUp(%s) = %v", name, err)
		}
		if got, want := used(), map[string]int{"ada": 1, "bea": 2}[name]; got != want {
			t.Errorf("after %s %d uses are counted, want %d", name, got, want)
		}
	}
	wantCodes(t, "SignUp() with an invitation that is used up", join("cem", token), "invitation_invalid")
}
