package web

import (
	"math"
	"net/http"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// limit is a rule and the key that it counts by.
type limit struct {
	rule ratelimit.Rule
	key  func(*http.Request) string
}

// The limits of what the pages write, per member or, before there is one, per address and e-mail.
// They are counted by name, so a rule that the API uses too is one limit, not two.
var (
	limitPosts     = []limit{{ratelimit.Rule{Name: "post", Count: 30, Per: 5 * time.Minute}, byMember}}
	limitWrites    = []limit{{ratelimit.Rule{Name: "write", Count: 120, Per: 5 * time.Minute}, byMember}}
	limitPasswords = []limit{{ratelimit.Rule{Name: "password", Count: 5, Per: 30 * time.Minute}, byMember}}
	limitSignUp    = []limit{{ratelimit.Rule{Name: "signup", Count: 5, Per: 30 * time.Minute}, byClient}}
	limitSignIn    = []limit{
		{ratelimit.Rule{Name: "signin client", Count: 25, Per: 5 * time.Minute}, byClient},
		{ratelimit.Rule{Name: "signin account", Count: 25, Per: time.Hour}, byEmail},
	}
	limitCodes = []limit{
		{ratelimit.Rule{Name: "code client", Count: 25, Per: 5 * time.Minute}, byClient},
		{ratelimit.Rule{Name: "code account", Count: 5, Per: 30 * time.Minute}, byEmail},
	}
	limitMails = []limit{
		{ratelimit.Rule{Name: "mail client", Count: 25, Per: 5 * time.Minute}, byClient},
		{ratelimit.Rule{Name: "mail account", Count: 5, Per: 30 * time.Minute}, byEmail},
	}
)

func byClient(r *http.Request) string { return request.ClientKey(r.Context()) }

// byMember is the viewer, or the address of a stranger.
func byMember(r *http.Request) string {
	if u := visitOf(r).viewer; u != nil {
		return u.UUID.String()
	}
	return byClient(r)
}

func byEmail(r *http.Request) string {
	email := strings.ToLower(strings.TrimSpace(r.PostFormValue("email")))
	return email[:min(len(email), cruddur.MaxEmail)]
}

func (s *site) checkLimits(r *http.Request, limits []limit) error {
	for _, l := range limits {
		if wait, ok := s.Limits.Allow(l.rule, l.key(r), visitOf(r).now); !ok {
			err := cruddur.NewError(cruddur.KindTooMany)
			err.RetryAfter = max(1, int(math.Ceil(wait.Seconds())))
			return err
		}
	}
	return nil
}
