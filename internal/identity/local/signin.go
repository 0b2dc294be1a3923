package local

import (
	"context"
	"fmt"
	"time"

	"cruddur"
	"cruddur/internal/identity"
)

// authenticate checks a password: one hash if it is right, and in every other case exactly two, against the account's
// hash and against that of an unconfirmed sign-up; either may be a dummy. The attempt is counted before it is
// checked, so that concurrent attempts cannot evade the lockout, and the lockout applies to addresses without an
// account too.
func (p *Provider) authenticate(ctx context.Context, email, password string, now time.Time) (cruddur.Credentials, error) {
	var none cruddur.Credentials
	email, err := cruddur.CheckEmail(email)
	if err != nil {
		return none, errMismatch.Wrap(err)
	}
	// The slot comes first: a busy server must not lock anybody out.
	release, err := p.hasher.acquire(ctx)
	if err != nil {
		return none, err
	}
	defer release()
	key := addressHash(email)
	locked, err := p.store.CountAttempt(ctx, key, now)
	if err != nil {
		return none, fmt.Errorf("check a password: %w", err)
	}
	if locked > 0 {
		return none, errLocked(locked)
	}
	password, ok := identity.NormalPassword(password)
	if !ok {
		return none, errMismatch // too long or not text: no account can have it
	}
	c, err := p.store.Credentials(ctx, email, now)
	if err != nil {
		return none, fmt.Errorf("check a password: %w", err)
	}
	ok, outdated := p.hasher.verifyHeld(c.PasswordHash, password)
	if !ok {
		return none, p.refused(ctx, c, password)
	}
	if err := p.store.ClearAttempts(ctx, key); err != nil {
		return none, fmt.Errorf("check a password: %w", err)
	}
	if c.Suspended {
		p.log.InfoContext(ctx, "sign-in refused", "reason", "suspended", "account", c.Account)
		return none, errSuspended
	}
	if outdated {
		c.PasswordHash = p.rehash(ctx, c, password)
	}
	return c, nil
}

// refused is the answer to a password that is not the account's. If it is the password of an unconfirmed sign-up, the
// answer says so. This also applies to a taken address, whose sign-up can never be confirmed; otherwise the answer
// would distinguish it from a free one. The count of failures is kept, or anybody could reset it by signing up.
func (p *Provider) refused(ctx context.Context, c cruddur.Credentials, password string) error {
	if ok, _ := p.hasher.verifyHeld(c.SignUpPasswordHash, password); ok {
		return errUnconfirmed
	}
	reason := "no account"
	if !c.Account.IsZero() {
		reason = "wrong password"
	}
	p.log.InfoContext(ctx, "sign-in refused", "reason", reason, "account", c.Account)
	return errMismatch
}

// rehash updates the hash of a right password to the current cost. If it fails, the sign-in still succeeds.
func (p *Provider) rehash(ctx context.Context, c cruddur.Credentials, password string) string {
	hash := p.hasher.hashHeld(password)
	if err := p.store.Rehash(ctx, c.Account, c.PasswordHash, hash); err != nil {
		p.log.WarnContext(ctx, "rehash", "error", err)
		return c.PasswordHash
	}
	return hash
}

// SignIn implements identity.Provider.
func (p *Provider) SignIn(ctx context.Context, email, password string, now time.Time) (identity.Tokens, error) {
	c, err := p.authenticate(ctx, email, password, now)
	if err != nil {
		return identity.Tokens{}, err
	}
	signer, err := p.keys.signer(ctx, now)
	if err != nil {
		return identity.Tokens{}, fmt.Errorf("sign in: %w", err)
	}
	refresh, hash := identity.NewToken()
	f, err := p.store.BeginTokens(ctx, c.Account, c.PasswordHash, hash, now.Add(refreshLife), now)
	if notFound(err) {
		return identity.Tokens{}, errMismatch.Wrap(err) // the password was changed while it was checked
	}
	if err != nil {
		return identity.Tokens{}, fmt.Errorf("sign in: %w", err)
	}
	p.log.InfoContext(ctx, "signed in", "account", c.Account)
	return p.issue(signer, f, refresh, now)
}

// Delete implements identity.Provider.
func (p *Provider) Delete(ctx context.Context, email, password string, now time.Time) error {
	c, err := p.authenticate(ctx, email, password, now)
	if err != nil {
		return err
	}
	if err := p.store.DeleteAccount(ctx, c.Account); err != nil && !notFound(err) {
		return fmt.Errorf("delete the account: %w", err)
	}
	p.log.InfoContext(ctx, "account deleted", "account", c.Account)
	return nil
}
