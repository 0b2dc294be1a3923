package cognito

import (
	"context"
	"sync"
	"time"

	"cruddur"
)

// The longest that Cognito can be told to let tokens live.
const (
	LongestAccessToken  = 24 * time.Hour
	LongestRefreshToken = 3650 * 24 * time.Hour
)

// Cutoffs remembers until when tokens are dead: Cognito's access tokens outlive their account's sign-out,
// and Cognito is not asked while one is verified. A key is a subject or a family of tokens. *postgres.DB
// is one that every server on the database shares.
type Cutoffs interface {
	// CutOff ends what was issued under the key until at. It may be forgotten from expiresAt on.
	CutOff(ctx context.Context, key string, at, expiresAt time.Time) error
	// CutoffOf is the later cutoff of the two keys, or the zero time; an empty family is none. Where it
	// knows the member behind the subject, it brings them along.
	CutoffOf(ctx context.Context, subject, family string) (time.Time, *cruddur.User, error)
}

// endSubject ends every token of a subject. Refreshed ones keep the time of their sign-in, so they are
// dead too, for as long as the cutoff is remembered: a day, where Cognito ends the refresh tokens itself.
func (p *Provider) endSubject(ctx context.Context, subject string, now time.Time) error {
	return p.c.Cutoffs.CutOff(ctx, subject, now, now.Add(LongestAccessToken))
}

// endFamily ends every token of a sign-in whose refresh token is over, whenever it was issued.
func (p *Provider) endFamily(ctx context.Context, originJTI string, now time.Time) error {
	end := now.Add(LongestAccessToken)
	return p.c.Cutoffs.CutOff(ctx, family(originJTI), end, end)
}

// family is the key under which the end of a token family is noted; no subject has a space in it.
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
