package web

import (
	"net/http"
	"time"

	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// limit says how often a route may be used: it counts one use, and refuses one too many.
type limit func(*site, *http.Request) error

// pageRequests limits every page, read or written, but no static file. No person reaches it: it is two pages
// each second for five minutes.
var pageRequests = ratelimit.NewRequests("page", 600, 5*time.Minute)

// The limits of what members write here, and of what anybody may. They are counted by name, so a rule
// that the API has under the same name is one limit, not two.
var (
	limitPosts  = by(ratelimit.Posts)
	limitWrites = by(ratelimit.Rule{Name: "write", Count: 120, Per: 5 * time.Minute})
)

// limitHandles is for whoever looks for a handle that is free: one question for each pause in typing.
var limitHandles = by(ratelimit.Rule{Name: "handle", Count: 60, Per: 5 * time.Minute})

// by limits a member or, before there is one, a client.
func by(rule ratelimit.Rule) limit {
	strangers := rule
	strangers.Name += "_stranger"
	return func(s *site, r *http.Request) error {
		if u := visitOf(r).viewer; u != nil {
			return s.count(r, ratelimit.Use{Rule: rule, Key: u.UUID.String()})
		}
		return s.count(r, ratelimit.ByAddress(nil, strangers, request.Client(r.Context()))...)
	}
}

// countPage counts a request for any page.
func (s *site) countPage(r *http.Request) error {
	member := ""
	if u := visitOf(r).viewer; u != nil {
		member = u.UUID.String()
	}
	var room [ratelimit.MostUses]ratelimit.Use
	return s.count(r, pageRequests.Uses(room[:0], member, request.Client(r.Context()))...)
}

func (s *site) count(r *http.Request, uses ...ratelimit.Use) error {
	wait, ok := s.Limits.Allow(visitOf(r).now, uses...)
	if !ok {
		return request.TooMany(wait)
	}
	return nil
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
