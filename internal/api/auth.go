package api

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"

	"cruddur"
	"cruddur/internal/postconfirm"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// maxToken is longer than any access token of ours or of Cognito's.
const maxToken = 8 << 10

// errSuspended is only for the log: an external provider keeps issuing tokens to a member who is suspended here. If
// accounts are stored here, such a token is already invalid.
var errSuspended = errors.New("the member is suspended")

// bearer returns the token of the Authorization header, or "" if there is no header, another scheme, two headers, or
// an impossible token. The original's client sends "Bearer null" if nobody is signed in.
func bearer(lines []string) string {
	if len(lines) != 1 || len(lines[0]) > maxToken {
		return ""
	}
	scheme, token, ok := strings.Cut(lines[0], " ")
	token = strings.Trim(token, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "null" || token == "undefined" {
		return ""
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return ""
		}
	}
	return token
}

// authenticate finds the subject of the request. A request without one is not an error yet: only required makes it
// one.
func (c *call) authenticate() {
	lines := c.r.Header["Authorization"]
	if len(lines) == 0 {
		return
	}
	token := bearer(lines)
	if token == "" || c.Identity == nil {
		return
	}
	claims, err := c.Identity.Verify(c.r.Context(), token, c.now)
	if err != nil {
		c.denied = err
		if ctx := c.r.Context(); cruddur.KindOf(err) == cruddur.KindInternal && ctx.Err() == nil {
			c.Refusals.Log(ctx, c.Log, slog.LevelError, err.Error(), "verify a token", "request", request.ID(ctx), "err", err)
		}
		return
	}
	c.subject, c.member, c.access, c.until = claims.Subject, claims.Member, token, claims.ExpiresAt
}

// accounts is an optional capability of an identity provider: it returns the account of a member whose row is
// missing, because the database was unreachable when the account was confirmed.
type accounts interface {
	Account(ctx context.Context, subject string) (postconfirm.Account, error)
}

// tokenAccounts is accounts for a provider that needs the member's token instead of credentials of the server.
type tokenAccounts interface {
	AccountByToken(ctx context.Context, access string) (postconfirm.Account, error)
}

// account asks the provider for the account of the request's token.
func (c *call) account() (account postconfirm.Account, err error) {
	ctx := c.r.Context()
	err = cruddur.NewError(cruddur.KindUnauthenticated)
	if provider, ok := c.Identity.(tokenAccounts); ok {
		if account, err = provider.AccountByToken(ctx, c.access); err == nil {
			return account, nil
		}
	}
	if provider, ok := c.Identity.(accounts); ok {
		return provider.Account(ctx, c.subject)
	}
	return account, err
}

// viewer returns the member who sent the request, for routes that require one.
func (c *call) viewer() (cruddur.User, error) {
	if c.subject == "" {
		return cruddur.User{}, c.refusal()
	}
	ctx := c.r.Context()
	u, err := c.knownMember(ctx)
	if err == nil && u.Suspended {
		return cruddur.User{}, cruddur.NewError(cruddur.KindUnauthenticated).Wrap(errSuspended)
	}
	if err == nil || cruddur.KindOf(err) != cruddur.KindNotFound {
		return u, err
	}
	account, err := c.account()
	switch {
	case cruddur.KindOf(err) == cruddur.KindUnavailable && err != nil:
		return u, err
	case err != nil || account.Subject != c.subject:
		return u, cruddur.NewError(cruddur.KindUnauthenticated).Wrap(err)
	}
	u, err = postconfirm.Insert(ctx, c.Store, account, c.now)
	if err == nil {
		c.Log.InfoContext(ctx, "created the missing row of a member", "user", u.UUID.String(), "request", request.ID(ctx))
	}
	return u, err
}

// knownMember returns the member with the request's subject. The verification of the token may already have found them;
// otherwise they are read once.
func (c *call) knownMember(ctx context.Context) (cruddur.User, error) {
	if c.member != nil {
		return *c.member, nil
	}
	u, err := c.Store.UserBySubject(ctx, c.subject)
	if err == nil {
		c.member = &u
	}
	return u, err
}

// refusal returns the reason why there is no viewer. An outage or fault of the provider does not mean that the token
// is wrong.
func (c *call) refusal() error {
	if c.denied != nil {
		switch cruddur.KindOf(c.denied) {
		case cruddur.KindUnavailable, cruddur.KindTooMany, cruddur.KindForbidden, cruddur.KindInternal:
			return c.denied
		}
	}
	return cruddur.NewError(cruddur.KindUnauthenticated).Wrap(c.denied)
}

// limitRequests counts the request for the member and for its client address or, without a valid token, for the
// address alone: an invented token must not get a new allowance.
func (c *call) limitRequests() error {
	if !c.limited {
		return nil
	}
	var room [ratelimit.MostUses]ratelimit.Use
	state, wait, ok := c.Limits.Take(c.now, c.limit.Uses(room[:0], c.subject, request.Client(c.r.Context()))...)
	h := c.w.Header()
	h["X-Ratelimit-Limit"] = c.limits
	h["X-Ratelimit-Remaining"] = []string{strconv.Itoa(state.Remaining)}
	h["X-Ratelimit-Reset"] = []string{strconv.Itoa(cruddur.WholeSeconds(state.Reset))}
	if !ok {
		return request.TooMany(wait)
	}
	return nil
}

// limitBy counts one use of a rule by a member.
func (c *call) limitBy(r ratelimit.Rule, member string) error {
	if wait, ok := c.Limits.Allow(c.now, ratelimit.Use{Rule: r, Key: member}); !ok {
		return request.TooMany(wait)
	}
	return nil
}
