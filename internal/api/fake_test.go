package api_test

import (
	"context"
	"strings"
	"sync"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/postconfirm"
)

// fakeIdentity is a provider whose accounts are in a map: a test decides the answers.
type fakeIdentity struct {
	mu       sync.Mutex
	subjects map[string]string              // by access token
	members  map[string]*cruddur.User       // by access token: the member that Verify returns too
	accounts map[string]postconfirm.Account // by subject
	ended    []string                       // the tokens and subjects that were signed out or deleted
	err      error                          // the answer of every method except Verify
	verify   error                          // the answer of Verify to an unknown token
}

func newFakeIdentity() *fakeIdentity {
	return &fakeIdentity{
		subjects: map[string]string{}, accounts: map[string]postconfirm.Account{},
		verify: cruddur.NewError(cruddur.KindUnauthenticated),
	}
}

func (f *fakeIdentity) note(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = append(f.ended, what)
	return f.err
}

func (f *fakeIdentity) SignUp(_ context.Context, s identity.SignUp, _ time.Time) error {
	return f.note("signup " + s.Name + " " + s.Email + " " + s.Handle + " " + s.Password + " " + s.Invitation)
}

func (f *fakeIdentity) Confirm(_ context.Context, email, code string, _ time.Time) error {
	return f.note("confirm " + email + " " + code)
}

func (f *fakeIdentity) Resend(_ context.Context, email string, _ time.Time) error {
	return f.note("resend " + email)
}

func (f *fakeIdentity) SignIn(_ context.Context, email, password string, _ time.Time) (identity.Tokens, error) {
	return identity.Tokens{Access: "access", Refresh: "refresh", ExpiresIn: time.Hour}, f.note("signin " + email + " " + password)
}

func (f *fakeIdentity) Refresh(_ context.Context, refresh string, _ time.Time) (identity.Tokens, error) {
	return identity.Tokens{Access: "access2", Refresh: "refresh2", ExpiresIn: time.Hour}, f.note("refresh " + refresh)
}

func (f *fakeIdentity) SignOut(_ context.Context, refresh string, _ time.Time) error {
	return f.note("signout " + refresh)
}

func (f *fakeIdentity) SignOutEverywhere(_ context.Context, subject string, _ time.Time) error {
	return f.note("everywhere " + subject)
}

func (f *fakeIdentity) Forgot(_ context.Context, email string, _ time.Time) error {
	return f.note("forgot " + email)
}

func (f *fakeIdentity) Reset(_ context.Context, email, code, password string, _ time.Time) error {
	return f.note("reset " + email + " " + code + " " + password)
}

func (f *fakeIdentity) ChangePassword(_ context.Context, email, old, password string, _ time.Time) error {
	return f.note("change " + email + " " + old + " " + password)
}

func (f *fakeIdentity) Delete(_ context.Context, email, password string, _ time.Time) error {
	return f.note("delete " + email + " " + password)
}

func (f *fakeIdentity) Verify(_ context.Context, access string, _ time.Time) (identity.Claims, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if access == "panic" {
		panic("a fault in the provider")
	}
	s, ok := f.subjects[access]
	if !ok {
		return identity.Claims{}, f.verify
	}
	return identity.Claims{Subject: s, Member: f.members[access]}, nil
}

func (f *fakeIdentity) JWKS(context.Context) ([]byte, error) {
	return []byte(`{"keys":[{"kty":"RSA","kid":"one"}]}`), f.err
}

// Account implements the capability to return a confirmed account.
func (f *fakeIdentity) Account(_ context.Context, subject string) (postconfirm.Account, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.accounts[subject]
	if !ok {
		return a, cruddur.NewError(cruddur.KindNotFound)
	}
	return a, nil
}

func (f *fakeIdentity) saw(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, e := range f.ended {
		if strings.HasPrefix(e, prefix) {
			n++
		}
	}
	return n
}
