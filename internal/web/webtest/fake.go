// Package webtest is an identity.Provider and identity.Sessions in memory, for tests of the pages. It
// must not be imported by anything but tests.
package webtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/postgres"
)

// Fake keeps accounts and sessions in memory and members in the database.
type Fake struct {
	DB       *postgres.DB
	mu       sync.Mutex
	accounts map[string]*account
	sessions map[string]*session
	Codes    map[string]string // by e-mail
	Fail     error             // what every method answers where it is set
}

type account struct {
	identity.SignUp
	subject   string
	confirmed bool
}

type session struct {
	identity.Session
	user cruddur.UUID
}

// New returns an empty Fake.
func New(db *postgres.DB) *Fake {
	return &Fake{DB: db, accounts: map[string]*account{}, sessions: map[string]*session{}, Codes: map[string]string{}}
}

func (f *Fake) SignUp(ctx context.Context, s identity.SignUp, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Fail != nil {
		return f.Fail
	}
	if strings.TrimSpace(s.Name) == "" {
		return cruddur.Invalid("name", "name_blank")
	}
	var err error
	if s.Handle, err = cruddur.CheckHandle(s.Handle); err != nil {
		return err
	}
	if s.Email, err = cruddur.CheckEmail(s.Email); err != nil {
		return err
	}
	if len(s.Password) < 8 {
		return cruddur.Invalid("password", "password_too_short")
	}
	if f.accounts[s.Email] == nil {
		f.accounts[s.Email] = &account{SignUp: s, subject: rand.Text()}
		f.Codes[s.Email] = "123456"
	}
	return nil
}

func (f *Fake) Confirm(ctx context.Context, email, code string, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.accounts[email]
	if f.Fail != nil {
		return f.Fail
	}
	if a == nil || f.Codes[email] != code || code == "" {
		return cruddur.Invalid("code", "code_mismatch")
	}
	delete(f.Codes, email)
	a.confirmed = true
	_, err := f.DB.UpsertUser(ctx, cruddur.User{Handle: a.Handle, DisplayName: a.Name, Email: email, Subject: a.subject}, now)
	return err
}

func (f *Fake) Resend(ctx context.Context, email string, now time.Time) error { return f.Fail }

func (f *Fake) SignIn(ctx context.Context, email, password string, now time.Time) (identity.Tokens, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Fail != nil {
		return identity.Tokens{}, f.Fail
	}
	a := f.accounts[email]
	if a == nil || a.Password != password {
		return identity.Tokens{}, cruddur.NewError(cruddur.KindUnauthenticated, "credentials_mismatch")
	}
	if !a.confirmed {
		return identity.Tokens{}, cruddur.NewError(cruddur.KindForbidden, "account_unconfirmed")
	}
	return identity.Tokens{Subject: a.subject}, nil
}

func (f *Fake) Refresh(context.Context, string, time.Time) (identity.Tokens, error) {
	return identity.Tokens{}, http.ErrNotSupported
}
func (f *Fake) SignOut(context.Context, string, time.Time) error           { return nil }
func (f *Fake) SignOutEverywhere(context.Context, string, time.Time) error { return nil }

func (f *Fake) Forgot(ctx context.Context, email string, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Codes[email] = "654321"
	return f.Fail
}

func (f *Fake) Reset(ctx context.Context, email, code, password string, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.accounts[email]
	if a == nil || f.Codes[email] != code || code == "" {
		return cruddur.Invalid("code", "code_mismatch")
	}
	a.Password = password
	return nil
}

func (f *Fake) ChangePassword(ctx context.Context, email, old, password string, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.accounts[email]
	if a == nil || a.Password != old {
		return cruddur.NewError(cruddur.KindUnauthenticated, "credentials_mismatch")
	}
	if len(password) < 8 {
		return cruddur.Invalid("password", "password_too_short")
	}
	a.Password = password
	return nil
}

func (f *Fake) Delete(ctx context.Context, email, password string, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.accounts[email]
	if a == nil || a.Password != password {
		return cruddur.NewError(cruddur.KindUnauthenticated, "credentials_mismatch")
	}
	u, err := f.DB.UserBySubject(ctx, a.subject)
	if err != nil {
		return err
	}
	delete(f.accounts, email)
	return f.DB.DeleteUser(ctx, u.UUID)
}

func (f *Fake) Verify(context.Context, string, time.Time) (identity.Claims, error) {
	return identity.Claims{}, cruddur.NewError(cruddur.KindUnauthenticated)
}
func (f *Fake) JWKS(context.Context) ([]byte, error) { return []byte(`{"keys":[]}`), nil }

func (f *Fake) Begin(ctx context.Context, subject string, b identity.Browser, now time.Time) (string, error) {
	u, err := f.DB.UserBySubject(ctx, subject)
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	token := rand.Text() + rand.Text()
	id := cruddur.UUID{}
	rand.Read(id[:])
	f.sessions[token] = &session{identity.Session{UUID: id, CreatedAt: now, LastUsedAt: now, UserAgent: b.UserAgent, Address: b.Address}, u.UUID}
	return token, nil
}

func (f *Fake) Resume(ctx context.Context, token string, now time.Time) (cruddur.User, identity.Session, error) {
	f.mu.Lock()
	s := f.sessions[token]
	f.mu.Unlock()
	if s == nil {
		return cruddur.User{}, identity.Session{}, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	u, err := f.DB.User(ctx, s.user)
	return u, s.Session, err
}

func (f *Fake) List(ctx context.Context, user cruddur.UUID, now time.Time) ([]identity.Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []identity.Session
	for _, s := range f.sessions {
		if s.user == user {
			out = append(out, s.Session)
		}
	}
	return out, nil
}

func (f *Fake) End(ctx context.Context, user, id cruddur.UUID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for token, s := range f.sessions {
		if s.user == user && s.UUID == id {
			delete(f.sessions, token)
			return nil
		}
	}
	return cruddur.NewError(cruddur.KindNotFound)
}

func (f *Fake) EndAll(ctx context.Context, user, except cruddur.UUID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for token, s := range f.sessions {
		if s.user == user && s.UUID != except {
			delete(f.sessions, token)
		}
	}
	return nil
}

var (
	_ identity.Provider = (*Fake)(nil)
	_ identity.Sessions = (*Fake)(nil)
)

// Member signs up and confirms somebody and returns the value of a session cookie.
func (f *Fake) Member(ctx context.Context, handle, name string, now time.Time) (cruddur.User, string, error) {
	email := handle + "@example.com"
	if err := f.SignUp(ctx, identity.SignUp{Name: name, Email: email, Handle: handle, Password: "correct horse " + handle}, now); err != nil {
		return cruddur.User{}, "", err
	}
	if err := f.Confirm(ctx, email, "123456", now); err != nil {
		return cruddur.User{}, "", err
	}
	u, err := f.DB.UserBySubject(ctx, f.accounts[email].subject)
	if err != nil {
		return cruddur.User{}, "", err
	}
	token, err := f.Begin(ctx, u.Subject, identity.Browser{UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", Address: "127.0.0.1"}, now)
	if err != nil {
		return cruddur.User{}, "", fmt.Errorf("member %s: %w", handle, err)
	}
	return u, token, nil
}
