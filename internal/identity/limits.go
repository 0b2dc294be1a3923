package identity

import (
	"context"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// Action is an account operation of pages and API that has limits.
type Action string

// The actions. Every route that serves one calls Allow with it first.
const (
	ActionSignUp         Action = "sign_up"
	ActionConfirm        Action = "confirm"
	ActionResend         Action = "resend"
	ActionSignIn         Action = "sign_in"
	ActionRefresh        Action = "refresh"
	ActionSignOut        Action = "sign_out"
	ActionForgot         Action = "forgot"
	ActionReset          Action = "reset"
	ActionChangePassword Action = "change_password"
	ActionDelete         Action = "delete_account"
)

// Key is the key by which a limit counts uses.
type Key int

// The keys: the client's address (IPv6: its networks, see ratelimit.ByAddress), the e-mail address in the form, with
// or without an account, and the signed-in member.
const (
	ByClient Key = iota
	ByEmail
	ByAccount
)

// Limit is a rule and its key.
type Limit struct {
	ratelimit.Rule
	By Key
}

const (
	fewMinutes = 5 * time.Minute
	halfHour   = 30 * time.Minute
)

// Limits are the limits of every action. An action that sends a mail is limited by the receiving address. A class of
// thirty that signs up in one room, behind one address, must not be refused.
var Limits = map[Action][]Limit{
	ActionSignUp:         {per("sign_up", 60, halfHour, ByClient), per("sign_up_email", 5, halfHour, ByEmail)},
	ActionConfirm:        {per("confirm", 60, fewMinutes, ByClient), per("confirm_email", 5, halfHour, ByEmail)},
	ActionResend:         {per("resend", 25, fewMinutes, ByClient), per("resend_email", 5, halfHour, ByEmail)},
	ActionSignIn:         {per("sign_in", 25, fewMinutes, ByClient), per("sign_in_email", 25, time.Hour, ByEmail)},
	ActionRefresh:        {per("refresh", 60, fewMinutes, ByClient)},
	ActionSignOut:        {per("sign_out", 60, fewMinutes, ByClient)},
	ActionForgot:         {per("forgot", 25, fewMinutes, ByClient), per("forgot_email", 5, halfHour, ByEmail)},
	ActionReset:          {per("reset", 25, fewMinutes, ByClient), per("reset_email", 5, halfHour, ByEmail)},
	ActionChangePassword: {per("change_password", 25, fewMinutes, ByClient), per("change_password_account", 5, halfHour, ByAccount)},
	ActionDelete:         {per("delete_account", 25, fewMinutes, ByClient), per("delete_account_account", 5, halfHour, ByAccount)},
}

func per(name string, count int, every time.Duration, by Key) Limit {
	return Limit{ratelimit.Rule{Name: "identity_" + name, Count: count, Per: every}, by}
}

// Who identifies the requester, in addition to the client in the context: the e-mail address as typed in the form, or
// the signed-in member.
type Who struct {
	Email   string
	Account cruddur.UUID
}

// Allow counts one use of an action against every limit that it has. If one limit is exceeded, it counts against none
// and returns KindTooMany with the seconds to wait. An action without limits is a programming error, and is refused.
func Allow(ctx context.Context, l *ratelimit.Limiter, a Action, w Who, now time.Time) error {
	limits, ok := Limits[a]
	if !ok {
		return cruddur.Errorf(cruddur.KindInternal, "the action %q has no limits", a)
	}
	var uses []ratelimit.Use
	for _, limit := range limits {
		switch limit.By {
		case ByClient:
			uses = ratelimit.ByAddress(uses, limit.Rule, request.Client(ctx))
		case ByEmail:
			if key := emailKey(w.Email); key != "" { // otherwise the answer needs neither the database nor a mail
				uses = append(uses, ratelimit.Use{Rule: limit.Rule, Key: key})
			}
		case ByAccount:
			uses = append(uses, ratelimit.Use{Rule: limit.Rule, Key: w.Account.String()})
		}
	}
	wait, ok := l.Allow(now, uses...)
	if !ok {
		return request.TooMany(wait)
	}
	return nil
}

// emailKey returns one key for all spellings of an address. An invalid address never reaches a mailbox or the
// database, and its key is "".
func emailKey(email string) string {
	email, err := cruddur.CheckEmail(email)
	if err != nil {
		return ""
	}
	return strings.ToLower(email)
}
