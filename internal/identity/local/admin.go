package local

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
	"cruddur/internal/mail"
)

// The methods for operators on the command line. Unlike the others, they reveal whether an account exists.

// RandomPassword returns a password of 100 random bits, in groups that can be typed.
func RandomPassword() string {
	s := strings.ToLower(rand.Text()[:20])
	return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:]
}

// Create makes a confirmed account and its member. A taken handle or address is KindConflict.
func (p *Provider) Create(ctx context.Context, s identity.SignUp, now time.Time) error {
	s, err := identity.CheckSignUp(s)
	if err != nil {
		return err
	}
	if taken, err := p.store.HandleTaken(ctx, s.Handle); err != nil || taken {
		if err != nil {
			return err
		}
		return errHandleTaken
	}
	hash, err := p.hasher.hash(ctx, s.Password)
	if err != nil {
		return err
	}
	pending := cruddur.PendingSignUp{Email: s.Email, DisplayName: s.Name, Handle: s.Handle, PasswordHash: hash}
	return p.store.CreateAccount(ctx, pending, now, p.insertMember(false, now))
}

// HasPassword reports whether an address has an account with this password. It does not count attempts, so do not use
// it for passwords from strangers.
func (p *Provider) HasPassword(ctx context.Context, email, password string, now time.Time) (bool, error) {
	release, err := p.hasher.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	c, err := p.store.Credentials(ctx, email, now)
	if err != nil || c.Account.IsZero() {
		return false, err
	}
	ok, _ := p.hasher.verifyHeld(c.PasswordHash, password)
	return ok, nil
}

// ConfirmByHand confirms a sign-up without its code: by the address, and also by the handle if the address has
// several unconfirmed sign-ups (an empty handle is then KindConflict, and the message lists the handles).
func (p *Provider) ConfirmByHand(ctx context.Context, email, handle string, now time.Time) error {
	waiting, err := p.store.WaitingSignUps(ctx, email, now)
	if err != nil {
		return err
	}
	var match []cruddur.PendingSignUp
	var handles []string
	for _, s := range waiting {
		if s.Taken {
			continue
		}
		handles = append(handles, "@"+s.Handle)
		if handle == "" || s.Handle == strings.TrimPrefix(strings.ToLower(handle), "@") {
			match = append(match, s)
		}
	}
	switch {
	case len(match) == 0:
		return cruddur.Errorf(cruddur.KindNotFound, "no sign-up of %s waits", email)
	case handle == "" && len(match) > 1:
		return cruddur.Errorf(cruddur.KindConflict, "several sign-ups of %s wait: %s; say which", email, strings.Join(handles, ", "))
	}
	_, err = p.confirm(ctx, match[0].UUID, false, now)
	return err
}

// RecoverByHand begins a reset for a member who cannot receive mail and returns the code; with send the code is
// mailed instead.
func (p *Provider) RecoverByHand(ctx context.Context, email string, send bool, now time.Time) (code string, err error) {
	code, account, address, err := p.beginRecovery(ctx, email, now)
	if err != nil {
		return "", err
	}
	if account.IsZero() {
		return "", cruddur.Errorf(cruddur.KindNotFound, "%s has no account here", email)
	}
	if !send {
		return code, nil
	}
	slot, ok := p.queue.Reserve(1)
	if !ok {
		return "", fmt.Errorf("the queue of mails is full")
	}
	slot.Send(mail.RecoveryCode(lang.From(ctx), address, code, p.config.Site, codeLife, now))
	return "", nil
}

// RotateKey makes a new signing key and deletes the others, because one of them may have leaked. Every access token
// becomes invalid: here at once, on other servers within a minute. Refresh tokens stay valid.
func (p *Provider) RotateKey(ctx context.Context, now time.Time) (kid string, err error) {
	keys, err := p.store.EnsureSigningKey(ctx, now, now, generateKey)
	if err != nil {
		return "", err
	}
	if _, err := p.store.DropOtherSigningKeys(ctx, keys[0].ID); err != nil {
		return "", err
	}
	return keys[0].ID, p.keys.keep(keys[:1])
}
