// Package identity says who a member is: signing up, confirming, signing in, recovering. Provider is
// the contract; local/ keeps the accounts in this database, cognito/ passes everything on to Amazon
// Cognito, and one suite of tests runs on both. The package must not know pages or routes.
package identity

import (
	"context"
	"time"

	"cruddur"
)

// SignUp is what a stranger gives to become a member. The provider validates all of it.
type SignUp struct {
	Name     string
	Email    string
	Handle   string
	Password string
	// Browser is the SHA-256 of a secret that the browser keeps which signs up; nil for a program. Only a
	// SameBrowser remembers it.
	Browser []byte
}

// Tokens are what a program gets for signing in. Access proves the subject until it expires, Refresh
// serves once.
type Tokens struct {
	Access    string
	Refresh   string
	ExpiresIn time.Duration
	Subject   string
}

// Claims are what a verified access token says.
type Claims struct {
	Subject   string
	IssuedAt  time.Time
	ExpiresAt time.Time
	// Member is set where the provider knew them from the same query; nil says nothing.
	Member *cruddur.User
}

// Provider keeps accounts. Every method takes the time, and none of them lets a stranger learn, by
// answer, text or duration, whether an e-mail address has an account.
//
// Errors are *cruddur.Error with the codes of docs/accounts.md: name_blank, name_exceed_max_chars,
// name_invalid_text, email_invalid, handle_invalid, handle_taken, password_too_short,
// password_too_long, password_too_common, password_invalid_text, code_mismatch, code_expired,
// credentials_mismatch, account_unconfirmed, account_suspended, account_locked, unauthenticated,
// unavailable. Too often is Allow's to say.
type Provider interface {
	// SignUp begins an account and sends its code. A taken address answers as a free one does; its
	// owner gets a mail that says so.
	SignUp(ctx context.Context, s SignUp, now time.Time) error
	// Confirm ends a sign-up: the member's row exists when it returns nil.
	Confirm(ctx context.Context, email, code string, now time.Time) error
	// Resend sends a new code to an address whose sign-up waits for one.
	Resend(ctx context.Context, email string, now time.Time) error
	// SignIn checks the password. A wrong one and an unknown address are both credentials_mismatch;
	// account_unconfirmed is said to whoever knows the password only.
	SignIn(ctx context.Context, email, password string, now time.Time) (Tokens, error)
	// Refresh exchanges a refresh token; using one twice ends its whole family.
	Refresh(ctx context.Context, refresh string, now time.Time) (Tokens, error)
	// SignOut ends the family of one refresh token. An unknown token is no error.
	SignOut(ctx context.Context, refresh string, now time.Time) error
	// SignOutEverywhere ends every token of the subject, issued until now. The sessions of browsers are
	// for Sessions.EndAll to end, for a page may want to keep its own.
	SignOutEverywhere(ctx context.Context, subject string, now time.Time) error
	// Forgot sends a code for a new password.
	Forgot(ctx context.Context, email string, now time.Time) error
	// Reset sets a new password by such a code and ends every token and session of the account.
	Reset(ctx context.Context, email, code, password string, now time.Time) error
	// ChangePassword sets a new password by the old one and ends every token of the account. The page
	// that calls it ends the sessions, for it knows its own.
	ChangePassword(ctx context.Context, email, old, password string, now time.Time) error
	// Delete ends the account for good, by its password; the member's row and all that they wrote go
	// with it.
	Delete(ctx context.Context, email, password string, now time.Time) error
	// Verify checks an access token with at most one query of the database and no other call.
	Verify(ctx context.Context, access string, now time.Time) (Claims, error)
	// JWKS is the key set for whoever verifies access tokens elsewhere, as JSON.
	JWKS(ctx context.Context) ([]byte, error)
}

// SameBrowser is a Provider that knows the browser in which a sign-up was begun again, so that the code is
// enough to sign in there. A code alone must not be: it says who reads the mail, and the password of the
// sign-up may be somebody else's, who has begun it with a stranger's address.
type SameBrowser interface {
	// ConfirmIn is Confirm, and returns the new member's subject where browser is the SignUp.Browser of the
	// sign-up that the code was sent for; else "".
	ConfirmIn(ctx context.Context, email, code string, browser []byte, now time.Time) (subject string, err error)
}

// Session is one browser that is signed in.
type Session = cruddur.BrowserSession

// Browser is what is known of a browser when it signs in; both texts are cut to their columns.
type Browser struct {
	UserAgent string
	Address   string
}

// Sessions keeps the browsers' sessions, whichever the provider. A token is 256 random bits in
// base64url; only its SHA-256 is stored. A session ends after 14 idle days, or 90 days after it began.
type Sessions interface {
	// Begin opens a session for the member behind a provider's subject and returns the cookie's value.
	Begin(ctx context.Context, subject string, b Browser, now time.Time) (token string, err error)
	// Resume is the member and the session behind a cookie; KindUnauthenticated where it is over. It
	// is one query, and notes the use at most once in five minutes.
	Resume(ctx context.Context, token string, now time.Time) (cruddur.User, Session, error)
	// List is a member's sessions, the last used first.
	List(ctx context.Context, user cruddur.UUID, now time.Time) ([]Session, error)
	// End ends one of the member's own sessions; another's is KindNotFound.
	End(ctx context.Context, user, session cruddur.UUID) error
	// EndAll ends all of them, except one where except is not the nil UUID.
	EndAll(ctx context.Context, user, except cruddur.UUID) error
}
