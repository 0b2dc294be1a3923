// Package identitytest is the contract of identity.Provider as tests: one suite that every implementation passes.
// Only _test files import it. It must not depend on how a provider stores accounts.
package identitytest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
)

// Feature is a part of the contract that a backend under test may lack, because an emulator does.
type Feature string

// The features.
const (
	Resending     Feature = "resending codes"
	Rotation      Feature = "refresh tokens that serve once"
	Everywhere    Feature = "signing out everywhere"
	RevokesAccess Feature = "access tokens that end before they expire"
	ChangesPass   Feature = "changing the password"
	Lockout       Feature = "lockout"
)

// Backend is a provider under test and its environment.
type Backend struct {
	Provider identity.Provider
	// Code waits for the next code mailed to an address, and returns it.
	Code func(t testing.TB, email string) string
	// Member returns the row of the member with a subject.
	Member func(ctx context.Context, subject string) (cruddur.User, error)
	// Now is the backend's time.
	Now func() time.Time
	// Lacks lists the features that cannot be tested with this backend. Give the reason for each where it is set.
	Lacks map[Feature]bool
}

// suite is the backend with helpers for the tests.
type suite struct {
	Backend
	serial *atomic.Int64
}

// Run runs the contract, each rule on a new backend.
func Run(t *testing.T, newBackend func(t testing.TB) Backend) {
	var serial atomic.Int64
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			s := &suite{newBackend(t), &serial}
			if s.Lacks[rule.needs] {
				s.lacking(t, rule.needs)
				return
			}
			rule.test(t, s)
		})
	}
}

// lacking checks the minimum for a backend without a feature: it refuses the tokens of an anonymous stranger.
func (s *suite) lacking(t *testing.T, f Feature) {
	t.Logf("this backend lacks %s", f)
	if _, err := s.Provider.Verify(t.Context(), "null", s.Now()); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
		t.Errorf("Verify(null) = %v, want unauthenticated", err)
	}
}

var rules = []struct {
	name  string
	needs Feature
	test  func(*testing.T, *suite)
}{
	{"Confirm makes the member", "", confirmMakesMember},
	{"SignUp names every fault", "", signUpNamesFaults},
	{"SignUp with a taken address answers like a free one", "", takenAddress},
	{"Confirm refuses a wrong code and takes the right one", "", wrongCode},
	{"Confirm serves once", "", confirmOnce},
	{"ConfirmIn knows the browser again", "", sameBrowser},
	{"SignIn before the code", "", unconfirmed},
	{"Unknown addresses answer like known ones", "", unknownAddress},
	{"Resend makes the old code useless", Resending, resend},
	{"Reset changes the password", "", reset},
	{"Reset ends the tokens", RevokesAccess, resetEndsTokens},
	{"ChangePassword wants the old one", ChangesPass, changePassword},
	{"Refresh goes on", "", refresh},
	{"Refresh serves once", Rotation, refreshOnce},
	{"SignOut ends the family", "", signOut},
	{"SignOutEverywhere ends every token", Everywhere, everywhere},
	{"Delete wants the password and leaves nothing", "", deleteAccount},
	{"Verify refuses what it did not issue", "", forgeries},
	{"Lockout is the same for unknown addresses", Lockout, lockout},
}

// Password is the password of the suite's sign-ups.
const Password = "plum-Tundra-42-kettle"

func (s *suite) fresh() identity.SignUp {
	n := s.serial.Add(1)
	h := fmt.Sprintf("m%d_%d", n, time.Now().UnixNano()%1_000_000)
	return identity.SignUp{Name: "Member " + h, Email: h + "@example.org", Handle: h, Password: Password}
}

// member returns a confirmed member.
func (s *suite) member(t *testing.T) identity.SignUp {
	t.Helper()
	u := s.fresh()
	s.must(t, s.Provider.SignUp(t.Context(), u, s.Now()))
	s.must(t, s.Provider.Confirm(t.Context(), u.Email, s.Code(t, u.Email), s.Now()))
	return u
}

func (s *suite) signIn(t *testing.T, email, password string) identity.Tokens {
	t.Helper()
	tokens, err := s.Provider.SignIn(t.Context(), email, password, s.Now())
	s.must(t, err)
	return tokens
}

func (s *suite) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// want fails unless err has exactly these codes.
func want(t *testing.T, what string, err error, codes ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s = nil, want %v", what, codes)
		return
	}
	if got := strings.Join(cruddur.CodesOf(err), " "); got != strings.Join(codes, " ") {
		t.Errorf("%s = [%s] (%v), want %v", what, got, err, codes)
	}
}

// otherCode returns a code that differs from the right one.
func otherCode(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}
