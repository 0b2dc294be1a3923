package local

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
	"cruddur/internal/mail"
)

// Forgot implements identity.Provider. An address without an account takes as long as one with an account; the mail
// goes to the address as stored in the account.
func (p *Provider) Forgot(ctx context.Context, email string, now time.Time) error {
	email, err := cruddur.CheckEmail(email)
	if err != nil {
		return err
	}
	slot, ok := p.queue.Reserve(1)
	if !ok {
		return errBusy("the queue of mails is full")
	}
	defer slot.Release()
	code, account, address, err := p.beginRecovery(ctx, email, now)
	if err != nil {
		return err
	}
	if !account.IsZero() {
		slot.Send(mail.RecoveryCode(lang.From(ctx), address, code, p.config.Site, codeLife, now))
	}
	return nil
}

func (p *Provider) beginRecovery(ctx context.Context, email string, now time.Time) (code string, account cruddur.UUID, address string, err error) {
	code, hash := freshCode("recovery", email, nil)
	account, address, err = p.store.BeginRecovery(ctx, email, addressHash(email), hash, now.Add(codeLife), now)
	if err != nil {
		err = fmt.Errorf("forgot: %w", err)
	}
	return code, account, address, err
}

// Reset implements identity.Provider.
func (p *Provider) Reset(ctx context.Context, email, code, password string, now time.Time) error {
	email, err := cruddur.CheckEmail(email)
	if err != nil {
		return err
	}
	password, err = identity.CheckPassword(password, email)
	if err != nil {
		return err
	}
	code, ok := parseCode(code)
	if !ok {
		return errCode
	}
	r, err := p.store.TryRecovery(ctx, addressHash(email), now)
	if notFound(err) {
		return errCode
	}
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	want := codeHash("recovery", email, code)
	if subtle.ConstantTimeCompare(r.CodeHash, want) != 1 || r.Account.IsZero() {
		return errCode
	}
	if !r.Alive {
		return errCodeExpired
	}
	hash, err := p.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	address, err := p.store.Recover(ctx, addressHash(email), want, hash, now)
	if notFound(err) {
		return errCode.Wrap(err)
	}
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	p.log.InfoContext(ctx, "password reset", "account", r.Account)
	p.tellChanged(ctx, address, now)
	return nil
}

// ChangePassword implements identity.Provider.
func (p *Provider) ChangePassword(ctx context.Context, email, old, password string, now time.Time) error {
	password, err := identity.CheckPassword(password, email)
	if err != nil {
		return err
	}
	c, err := p.authenticate(ctx, email, old, now)
	if err != nil {
		return err
	}
	hash, err := p.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	err = p.store.ChangePassword(ctx, c.Account, c.PasswordHash, hash, now)
	if notFound(err) {
		return errMismatch.Wrap(err)
	}
	if err != nil {
		return fmt.Errorf("change the password: %w", err)
	}
	p.log.InfoContext(ctx, "password changed", "account", c.Account)
	p.tellChanged(ctx, c.Email, now)
	return nil
}

// tellChanged warns the owner of the account. The change is already done, so if the queue is full only the warning is
// lost.
func (p *Provider) tellChanged(ctx context.Context, address string, now time.Time) {
	slot, ok := p.queue.Reserve(1)
	if !ok {
		p.log.Error("mail dropped: the queue is full", "kind", "a changed password")
		return
	}
	slot.Send(mail.PasswordChanged(lang.From(ctx), address, p.config.Site, now))
}
