package web

import (
	"net/http"
	"time"

	"cruddur/internal/identity"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// limit counts a request against a rule and returns KindTooMany when the rule is exceeded.
type limit func(*site, *http.Request) error

// pageRequests limits every request for a page, reading or writing, but not static files. No person reaches it: two
// pages each second for five minutes.
var pageRequests = ratelimit.NewRequests("page", 600, 5*time.Minute)

// The limits of what members write here, and of what anybody may request. They are counted by name, so a rule with
// the same name in the API is the same limit.
var (
	limitPosts   = by(ratelimit.Posts)
	limitLikes   = by(ratelimit.Likes)
	limitFollows = by(ratelimit.Follows)
	limitWrites  = by(ratelimit.Writes)
	limitExports = by(ratelimit.Exports)
	limitReports = by(ratelimit.Reports)

	limitMessages      = by(ratelimit.Messages)
	limitConversations = by(ratelimit.Conversations)
	limitTalks         = by(ratelimit.Talks)
)

// limitPictures limits the pictures that one client may load: a page has up to a hundred.
var limitPictures = by(ratelimit.Rule{Name: "picture_read", Count: 20_000, Per: 5 * time.Minute})

// limitFiles limits the small files that the server makes itself.
var limitFiles = by(ratelimit.Rule{Name: "file", Count: 1200, Per: 5 * time.Minute})

// limitStreams limits the streams that a browser may open: with each page that it shows.
var limitStreams = by(ratelimit.Rule{Name: "live", Count: 600, Per: 5 * time.Minute})

// limitWorker limits the service worker, for which browsers ask with each page. Many may share an address.
var limitWorker = by(ratelimit.Rule{Name: "worker", Count: 12_000, Per: 5 * time.Minute})

// limitHandles limits the checks whether a handle is free: the form asks at each pause in typing.
var limitHandles = by(ratelimit.Rule{Name: "handle", Count: 60, Per: 5 * time.Minute})

// by returns the limit per member or, if nobody is signed in, per client.
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

// account limits account operations, with the same limit as in the API.
func account(action identity.Action) limit {
	return func(s *site, r *http.Request) error {
		who := identity.Who{Email: r.PostFormValue("email")}
		if u := visitOf(r).viewer; u != nil {
			who.Account = u.UUID
		}
		return identity.Allow(r.Context(), s.Limits, action, who, visitOf(r).now)
	}
}
