package cognito

import (
	"context"
	"strings"
	"sync"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// rechecks asks Cognito, in the background, whether tokens that are verified here are still valid there. A signature
// cannot tell that a member was signed out by another client or server, disabled by an administrator, or deleted.
type rechecks struct {
	every time.Duration

	mu    sync.Mutex
	last  map[string]time.Time // by token family
	slots chan struct{}        // one per running call
}

const (
	recheckSlots = 4       // maximum number of calls at once; if all slots are taken, a family is checked later
	maxRechecks  = 100_000 // families remembered
)

func newRechecks(every time.Duration) *rechecks {
	return &rechecks{every: every, last: map[string]time.Time{}, slots: make(chan struct{}, recheckSlots)}
}

// due reports whether a family must be checked now, and takes a slot for it.
func (r *rechecks) due(family string, now time.Time) bool {
	if r.every <= 0 || family == "" {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.last[family]; ok && now.Sub(last) < r.every {
		return false
	}
	select {
	case r.slots <- struct{}{}:
	default:
		return false
	}
	if len(r.last) >= maxRechecks {
		clear(r.last) // then all are checked again, four at once
	}
	r.last[family] = now
	return true
}

// recheck checks a verified token with Cognito, at most once per interval for each sign-in.
func (p *Provider) recheck(ctx context.Context, access string, c *accessClaims, now time.Time) {
	if !p.rechecks.due(c.Family, now) {
		return
	}
	p.behind(ctx, func(ctx context.Context) {
		defer func() { <-p.rechecks.slots }()
		_, err := p.public.GetUser(ctx, &idp.GetUserInput{AccessToken: &access})
		if !revoked(err) {
			return
		}
		p.c.Log.Info("Cognito has ended a sign-in", "subject", c.Subject, "reason", err.Error())
		if err := p.endFamily(ctx, c.Family, now); err != nil {
			p.c.Log.Error("the end of a sign-in cannot be noted", "error", err.Error())
		}
	})
}

// revoked reports whether GetUser's error says that the token is no longer valid. NotAuthorizedException is also the
// answer to a token without the necessary scope; such a token stays valid.
func revoked(err error) bool {
	return hasCode(err, "UserNotFoundException") ||
		hasCode(err, "NotAuthorizedException") && !strings.Contains(err.Error(), "scope")
}
