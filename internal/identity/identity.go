// Package identity authenticates members: sign-up, confirmation, sign-in, recovery. Provider is the contract; local/
// keeps the accounts in this database, cognito/ delegates to Amazon Cognito, and one test suite runs on both. The
// package must not use pages or routes.
package identity

import (
	"context"
	"time"

	"cruddur"
)

// SignUp is the input of a sign-up. The provider validates all of it.
type SignUp struct {
	Name     string
	Email    string
	Handle   string
	Password string
	// Invitation is what the link of an invitation holds, or "".
	Invitation string
	// Browser is the SHA-256 of a secret in the browser that signs up; nil for a program. Only a SameBrowser uses it.
	Browser []byte
}

// Tokens are the result of a program's sign-in. Access proves the subject until it expires; Refresh works once.
type Tokens struct {
	Access    string
	Refresh   string
	ExpiresIn time.Duration
	Subject   string
}

// Claims are the content of a verified access token.
type Claims struct {
	Subject   string
	IssuedAt  time.Time
	ExpiresAt time.Time
	// Member is set if the provider's query returned the member too; nil does not mean that there is none.
	Member *cruddur.User
}

// Provider keeps accounts. Every method takes the time, and none of them lets a stranger learn, by
// answer, text or duration, whether an e-mail address has an account.
//
// Errors are *cruddur.Error with the codes of docs/accounts.md: name_blank, name_exceed_max_chars, name_invalid_text,
// email_invalid, handle_invalid, handle_taken, password_too_short, password_too_long, password_too_common,
// password_invalid_text, the codes of cruddur.Place.Admit, invitation_invalid, invitation_used_up, code_mismatch, code_expired, credentials_mismatch, account_unconfirmed, account_suspended,
// account_locked, unauthenticated, unavailable. Allow returns the error for too many requests.
type Provider interface {
	// SignUp starts a sign-up and sends its code. The answer for a taken address is the same as for a free one; its
	// owner gets a mail about it.
	SignUp(ctx context.Context, s SignUp, now time.Time) error
	// Confirm completes a sign-up: the member's row exists when it returns nil.
	Confirm(ctx context.Context, email, code string, now time.Time) error
	// Resend sends a new code to an address with an unconfirmed sign-up.
	Resend(ctx context.Context, email string, now time.Time) error
	// SignIn checks the password. A wrong one and an unknown address are both credentials_mismatch;
	// account_unconfirmed is returned only for the right password.
	SignIn(ctx context.Context, email, password string, now time.Time) (Tokens, error)
	// Refresh exchanges a refresh token; using one twice ends its whole family.
	Refresh(ctx context.Context, refresh string, now time.Time) (Tokens, error)
	// SignOut ends the family of one refresh token. An unknown token is not an error.
	SignOut(ctx context.Context, refresh string, now time.Time) error
	// SignOutEverywhere ends every token of the subject that was issued up to now. It does not end browser sessions:
	// call Sessions.EndAll, which can keep the caller's own session.
	SignOutEverywhere(ctx context.Context, subject string, now time.Time) error
	// Forgot sends a code for a new password.
	Forgot(ctx context.Context, email string, now time.Time) error
	// Reset sets a new password with such a code and ends every token and session of the account.
	Reset(ctx context.Context, email, code, password string, now time.Time) error
	// ChangePassword checks the old password, sets a new one and ends every token of the account. The calling page
	// ends the sessions, because it knows its own.
	ChangePassword(ctx context.Context, email, old, password string, now time.Time) error
	// Delete checks the password and deletes the account permanently, with the member's row and all their cruds.
	Delete(ctx context.Context, email, password string, now time.Time) error
	// Verify checks an access token with at most one query of the database and no other call.
	Verify(ctx context.Context, access string, now time.Time) (Claims, error)
	// JWKS returns the key set as JSON, for programs that verify access tokens elsewhere.
	JWKS(ctx context.Context) ([]byte, error)
}

// SameBrowser is a Provider that recognises the browser in which a sign-up began, so that the code is enough to sign
// in there. In other browsers a code must not be enough: it proves who reads the mail, but the sign-up and its
// password may be from somebody who used a stranger's address.
type SameBrowser interface {
	// ConfirmIn does the same as Confirm. It returns the new member's subject if browser is the SignUp.Browser of the
	// sign-up that the code was sent for, else "".
	ConfirmIn(ctx context.Context, email, code string, browser []byte, now time.Time) (subject string, err error)
}

// Session is one browser that is signed in.
type Session = cruddur.BrowserSession

// Browser describes a browser at its sign-in; both texts are cut to the length of their columns.
type Browser struct {
	UserAgent string
	Address   string
}

// Sessions keeps the browser sessions, with any provider. A token is 256 random bits in base64url; only its SHA-256
// is stored. A session ends after 14 idle days, or 90 days after it began.
type Sessions interface {
	// Begin opens a session for the member with a provider's subject and returns the value of the cookie.
	Begin(ctx context.Context, subject string, b Browser, now time.Time) (token string, err error)
	// Resume returns the member and the session of a cookie, or KindUnauthenticated if the session has ended. It
	// makes one query, and records the use at most once in five minutes.
	Resume(ctx context.Context, token string, now time.Time) (cruddur.User, Session, error)
	// List returns a member's sessions, the last used first.
	List(ctx context.Context, user cruddur.UUID, now time.Time) ([]Session, error)
	// End ends one of the member's own sessions; another's is KindNotFound.
	End(ctx context.Context, user, session cruddur.UUID) error
	// EndAll ends all sessions of a member; if except is not the nil UUID, that session is kept.
	EndAll(ctx context.Context, user, except cruddur.UUID) error
}
