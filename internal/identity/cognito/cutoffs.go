package cognito

import (
	"context"
	"sync"
	"time"

	"cruddur"
)

// The maximum lifetimes of tokens that Cognito can be configured to use.
const (
	LongestAccessToken  = 24 * time.Hour
	LongestRefreshToken = 3650 * 24 * time.Hour
)

// Cutoffs stores, per key, the time before which issued tokens are invalid: Cognito's access tokens outlive their
// account's sign-out, and Verify does not ask Cognito. A key is a subject or a family of tokens. *postgres.DB
// implements it for all servers on the database.
type Cutoffs interface {
	// CutOff ends the tokens that were issued under the key up to at. The entry may be deleted from expiresAt on.
	CutOff(ctx context.Context, key string, at, expiresAt time.Time) error
	// CutoffOf returns the later cutoff of the two keys, or the zero time; an empty family means no family. If it
	// knows the member with the subject, it returns them too.
	CutoffOf(ctx context.Context, subject, family string) (time.Time, *cruddur.User, error)
}

// endSubject ends every token of a subject. Refreshed tokens keep the time of their sign-in, so they are invalid too
// while the cutoff is stored: a day if Cognito ends the refresh tokens itself.
func (p *Provider) endSubject(ctx context.Context, subject string, now time.Time) error {
	return p.c.Cutoffs.CutOff(ctx, subject, now, now.Add(LongestAccessToken))
}

// endFamily ends every token of a sign-in whose refresh token has ended, no matter when the token was issued.
func (p *Provider) endFamily(ctx context.Context, originJTI string, now time.Time) error {
	end := now.Add(LongestAccessToken)
	return p.c.Cutoffs.CutOff(ctx, family(originJTI), end, end)
}

// family returns the key for the end of a token family. It has a space, which no subject has.
func family(originJTI string) string {
	if originJTI == "" {
		return ""
	}
	return "family " + originJTI
}

// memoryCutoffs are the cutoffs of one process.
type memoryCutoffs struct {
	mu sync.Mutex
	at map[string]memoryCutoff
}

type memoryCutoff struct{ at, expiresAt time.Time }

func newMemoryCutoffs() *memoryCutoffs { return &memoryCutoffs{at: map[string]memoryCutoff{}} }

// CutOff implements Cutoffs.
func (m *memoryCutoffs) CutOff(_ context.Context, key string, at, expiresAt time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.at)%1000 == 999 {
		for k, c := range m.at {
			if !c.expiresAt.After(time.Now()) {
				delete(m.at, k)
			}
		}
	}
	c := m.at[key]
	m.at[key] = memoryCutoff{latest(c.at, at), latest(c.expiresAt, expiresAt)}
	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// CutoffOf implements Cutoffs.
func (m *memoryCutoffs) CutoffOf(_ context.Context, subject, family string) (time.Time, *cruddur.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return latest(m.at[subject].at, m.at[family].at), nil, nil
}
