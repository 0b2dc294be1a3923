package local

import (
	"time"

	"cruddur"
)

// The errors for members. None of them reveals whether an address has an account.
var (
	errMismatch    = cruddur.Invalid("password", "credentials_mismatch")
	errUnconfirmed = cruddur.NewError(cruddur.KindForbidden, "account_unconfirmed")
	errSuspended   = cruddur.NewError(cruddur.KindForbidden, "account_suspended")
	errCode        = cruddur.Invalid("code", "code_mismatch")
	errCodeExpired = cruddur.Invalid("code", "code_expired")
	errToken       = cruddur.NewError(cruddur.KindUnauthenticated)
)

func errLocked(wait time.Duration) error {
	return cruddur.NewError(cruddur.KindTooMany, "account_locked").RetryIn(wait)
}

// errBusy is returned when a limit of this process is reached: concurrent hashes, or queued mails.
func errBusy(what string) error {
	return cruddur.Errorf(cruddur.KindUnavailable, "%s", what).RetryIn(5 * time.Second)
}

// notFound reports whether the store found no such row.
func notFound(err error) bool { return err != nil && cruddur.KindOf(err) == cruddur.KindNotFound }
