package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
	"unicode"

	"cruddur"
)

// The maximum lengths of a browser session's columns, in code points.
const (
	maxUserAgent = 256
	maxAddress   = 64
)

// SessionStore stores sessions.
type SessionStore interface {
	BeginSession(ctx context.Context, subject string, tokenHash []byte, userAgent, address string, now time.Time) error
	ResumeSession(ctx context.Context, tokenHash []byte, now time.Time) (cruddur.User, cruddur.BrowserSession, error)
	SessionsOf(ctx context.Context, user cruddur.UUID, now time.Time) ([]cruddur.BrowserSession, error)
	EndSession(ctx context.Context, user, session cruddur.UUID) error
	EndSessions(ctx context.Context, user, except cruddur.UUID) (int64, error)
}

type sessions struct{ store SessionStore }

// NewSessions returns Sessions that keeps them in a store, with any provider.
func NewSessions(store SessionStore) Sessions { return &sessions{store} }

// NewToken returns 256 random bits in base64url, 43 characters, and their SHA-256, which is stored. A plain hash is
// enough for a secret that nobody can guess.
func NewToken() (token string, hash []byte) {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	token = base64.RawURLEncoding.EncodeToString(b)
	h := sha256.Sum256([]byte(token))
	return token, h[:]
}

// HashToken returns the hash of a token from a client; ok is false if the text cannot be a token.
func HashToken(token string) (hash []byte, ok bool) {
	if len(token) != 43 {
		return nil, false
	}
	var b [32]byte
	if n, err := base64.RawURLEncoding.Strict().Decode(b[:], []byte(token)); err != nil || n != len(b) {
		return nil, false
	}
	h := sha256.Sum256([]byte(token))
	return h[:], true
}

// InvitationHash returns the hash of what the link of an invitation holds: nil for "", and for what cannot be one a
// hash that no invitation has.
func InvitationHash(token string) []byte {
	if token == "" {
		return nil
	}
	hash, ok := HashToken(token)
	if !ok {
		return make([]byte, sha256.Size)
	}
	return hash
}

// Begin implements Sessions.
func (s *sessions) Begin(ctx context.Context, subject string, b Browser, now time.Time) (string, error) {
	token, hash := NewToken()
	err := s.store.BeginSession(ctx, subject, hash, fit(b.UserAgent, maxUserAgent), fit(b.Address, maxAddress), now)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return "", cruddur.NewError(cruddur.KindUnauthenticated).Wrap(err)
	}
	if err != nil {
		return "", err
	}
	return token, nil
}

// Resume implements Sessions.
func (s *sessions) Resume(ctx context.Context, token string, now time.Time) (cruddur.User, Session, error) {
	hash, ok := HashToken(token)
	if !ok {
		return cruddur.User{}, Session{}, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	u, session, err := s.store.ResumeSession(ctx, hash, now)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return cruddur.User{}, Session{}, cruddur.NewError(cruddur.KindUnauthenticated).Wrap(err)
	}
	return u, session, err
}

// List implements Sessions.
func (s *sessions) List(ctx context.Context, user cruddur.UUID, now time.Time) ([]Session, error) {
	return s.store.SessionsOf(ctx, user, now)
}

// End implements Sessions.
func (s *sessions) End(ctx context.Context, user, session cruddur.UUID) error {
	return s.store.EndSession(ctx, user, session)
}

// EndAll implements Sessions.
func (s *sessions) EndAll(ctx context.Context, user, except cruddur.UUID) error {
	_, err := s.store.EndSessions(ctx, user, except)
	return err
}

// fit makes a client's text fit its column: valid UTF-8 on one line, at most n code points.
func fit(s string, n int) string {
	return cruddur.Cut(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�")), n)
}

// BeginBrowser opens a session for a browser that has just signed in and received these tokens. It verifies them
// again after the session is stored: a password reset in between has ended the tokens, but could not end the session,
// which did not exist yet.
func BeginBrowser(ctx context.Context, p Provider, s Sessions, t Tokens, b Browser, now time.Time) (string, error) {
	token, err := s.Begin(ctx, t.Subject, b, now)
	if err != nil {
		return "", err
	}
	if _, err := p.Verify(ctx, t.Access, now); err != nil {
		user, session, gone := s.Resume(ctx, token, now)
		if gone == nil {
			gone = s.End(ctx, user.UUID, session.UUID)
		}
		if gone != nil && cruddur.KindOf(gone) != cruddur.KindUnauthenticated && cruddur.KindOf(gone) != cruddur.KindNotFound {
			return "", gone
		}
		return "", err
	}
	return token, nil
}
