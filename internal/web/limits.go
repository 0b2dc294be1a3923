package web

import (
	"math"
	"net/http"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// limit says how often a route may be used: it counts one use, and refuses one too many.
type limit func(*site, *http.Request) error

// The limits of what members write here, and of what anybody may. They are counted by name, so a rule
// that the API has under the same name is one limit, not two.
var (
	limitPosts  = by(ratelimit.Rule{Name: "post", Count: 30, Per: 5 * time.Minute})
	limitWrites = by(ratelimit.Rule{Name: "write", Count: 120, Per: 5 * time.Minute})
)

// by limits a member or, before there is one, a client.
func by(rule ratelimit.Rule) limit {
	return func(s *site, r *http.Request) error {
		key := request.ClientKey(r.Context())
		if u := visitOf(r).viewer; u != nil {
			key = u.UUID.String()
		}
		if wait, ok := s.Limits.Allow(rule, key, visitOf(r).now); !ok {
			err := cruddur.NewError(cruddur.KindTooMany)
			err.RetryAfter = max(1, int(math.Ceil(wait.Seconds())))
			return err
		}
		return nil
	}
}

// account limits what is done with accounts, as the API is limited too.
func account(action identity.Action) limit {
	return func(s *site, r *http.Request) error {
		who := identity.Who{Email: r.PostFormValue("email")}
		if u := visitOf(r).viewer; u != nil {
			who.Account = u.UUID
		}
		return identity.Allow(r.Context(), s.Limits, action, who, visitOf(r).now)
	}
}
