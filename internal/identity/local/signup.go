package local

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
	"cruddur/internal/mail"
	"cruddur/internal/postconfirm"
)

var errHandleTaken = &cruddur.Error{Kind: cruddur.KindConflict, Codes: []string{"handle_taken"}, Field: "handle"}

// SignUp implements identity.Provider. Free and taken addresses take the same work: one hash, the same statements,
// one row, and one mail, which is sent later.
func (p *Provider) SignUp(ctx context.Context, s identity.SignUp, now time.Time) error {
	s, err := identity.CheckSignUp(s)
	if err != nil {
		return err
	}
	invitation, err := p.store.Admit(ctx, s.Email, identity.InvitationHash(s.Invitation), now)
	if err != nil {
		return fmt.Errorf("sign up: %w", err)
	}
	// Handles are public: the answer that one is taken reveals nothing about an address.
	if taken, err := p.store.HandleTaken(ctx, s.Handle); err != nil || taken {
		if err != nil {
			return fmt.Errorf("sign up: %w", err)
		}
		return errHandleTaken
	}
	slot, ok := p.queue.Reserve(1)
	if !ok {
		return errBusy("the queue of mails is full")
	}
	defer slot.Release()
	hash, err := p.hasher.hash(ctx, s.Password)
	if err != nil {
		return err
	}
	waiting, err := p.store.WaitingSignUps(ctx, s.Email, now)
	if err != nil {
		return fmt.Errorf("sign up: %w", err)
	}
	code, codeHash := freshCode("sign-up", s.Email, codeHashes(waiting))
	taken, err := p.store.BeginSignUp(ctx, cruddur.PendingSignUp{
		Email: s.Email, DisplayName: s.Name, Handle: s.Handle, PasswordHash: hash, CodeHash: codeHash, BrowserHash: s.Browser, Invitation: invitation,
		CodeExpiresAt: now.Add(codeLife), ExpiresAt: now.Add(signUpLife),
	}, now)
	if err != nil {
		return fmt.Errorf("sign up: %w", err)
	}
	if taken {
		slot.Send(mail.AlreadyMember(lang.From(ctx), s.Email, p.config.Site, now))
	} else {
		slot.Send(mail.SignUpCode(lang.From(ctx), s.Email, s.Handle, code, p.config.Site, codeLife, now))
	}
	return nil
}

func codeHashes(list []cruddur.PendingSignUp) [][]byte {
	out := make([][]byte, len(list))
	for i, s := range list {
		out[i] = s.CodeHash
	}
	return out
}

// Confirm implements identity.Provider. The code selects one of the address's sign-ups, so it activates only the
// password of the sign-up that it was sent for. Somebody who signs up with a stranger's address gains nothing when
// the owner confirms their own sign-up.
func (p *Provider) Confirm(ctx context.Context, email, code string, now time.Time) error {
	_, err := p.ConfirmIn(ctx, email, code, nil, now)
	return err
}

// ConfirmIn implements identity.SameBrowser.
func (p *Provider) ConfirmIn(ctx context.Context, email, code string, browser []byte, now time.Time) (subject string, err error) {
	if email, err = cruddur.CheckEmail(email); err != nil {
		return "", err
	}
	code, ok := parseCode(code)
	if !ok {
		return "", errCode
	}
	alive, err := p.store.TrySignUp(ctx, email, now)
	if err != nil {
		return "", fmt.Errorf("confirm: %w", err)
	}
	waiting, err := p.store.WaitingSignUps(ctx, email, now)
	if err != nil {
		return "", fmt.Errorf("confirm: %w", err)
	}
	hash := codeHash("sign-up", email, code)
	for _, s := range waiting {
		if subtle.ConstantTimeCompare(s.CodeHash, hash) != 1 || s.Taken {
			continue
		}
		if !slices.Contains(alive, s.UUID) {
			return "", errCodeExpired
		}
		account, err := p.confirm(ctx, s.UUID, true, now)
		if err != nil || len(browser) == 0 || subtle.ConstantTimeCompare(s.BrowserHash, browser) != 1 {
			return "", err
		}
		return account.String(), nil
	}
	return "", errCode
}

// confirm makes the account of a sign-up. verified means that the code has proved who owns the address. If it has not,
// the operator vouches for it, and the place does not ask whom it admits.
func (p *Provider) confirm(ctx context.Context, signUp cruddur.UUID, verified bool, now time.Time) (account cruddur.UUID, err error) {
	insert := p.insertMember(verified, now)
	err = p.store.ConfirmSignUp(ctx, signUp, verified, now, func(ctx context.Context, upsert upsertUser, id cruddur.UUID, s cruddur.PendingSignUp) error {
		account = id
		return insert(ctx, upsert, id, s)
	})
	switch {
	case notFound(err):
		return account, errCode.Wrap(err)
	case err != nil && slices.Contains(cruddur.CodesOf(err), "email_taken"):
		p.log.WarnContext(ctx, "a sign-up cannot be confirmed: its address has become a member's", "sign_up", signUp)
		return account, errCode.Wrap(err)
	case err != nil:
		return account, fmt.Errorf("confirm: %w", err)
	}
	p.log.InfoContext(ctx, "account confirmed", "sign_up", signUp)
	return account, nil
}

// insertMember runs postconfirm within the transaction that makes the account.
func (p *Provider) insertMember(verified bool, now time.Time) insertMember {
	return func(ctx context.Context, upsert upsertUser, account cruddur.UUID, s cruddur.PendingSignUp) error {
		_, err := postconfirm.Insert(ctx, upserter(upsert), postconfirm.Account{
			Subject: account.String(), Email: s.Email, Name: s.DisplayName, Handle: s.Handle, Verified: verified,
		}, now)
		return err
	}
}

// upserter adapts a function to postconfirm.Store.
type upserter upsertUser

// UpsertUser implements postconfirm.Store.
func (f upserter) UpsertUser(ctx context.Context, u cruddur.User, now time.Time) (cruddur.User, error) {
	return f(ctx, u, now)
}

// maxWaiting is the maximum number of unconfirmed sign-ups per address; sql/sign_ups/trim.sql enforces it.
const maxWaiting = 3

// Resend implements identity.Provider. Every unconfirmed sign-up of the address gets a new code and its own mail with
// its handle: a choice among them could select a stranger's.
func (p *Provider) Resend(ctx context.Context, email string, now time.Time) error {
	email, err := cruddur.CheckEmail(email)
	if err != nil {
		return err
	}
	slot, ok := p.queue.Reserve(maxWaiting)
	if !ok {
		return errBusy("the queue of mails is full")
	}
	defer slot.Release()
	waiting, err := p.store.WaitingSignUps(ctx, email, now)
	if err != nil {
		return fmt.Errorf("resend: %w", err)
	}
	hashes := codeHashes(waiting)
	told := false
	for _, s := range waiting {
		code, hash := freshCode("sign-up", email, hashes)
		hashes = append(hashes, hash)
		if err := p.store.NewSignUpCode(ctx, s.UUID, hash, now.Add(codeLife)); err != nil {
			return fmt.Errorf("resend: %w", err)
		}
		switch {
		case !s.Taken:
			slot.Send(mail.SignUpCode(lang.From(ctx), s.Email, s.Handle, code, p.config.Site, codeLife, now))
		case !told:
			slot.Send(mail.AlreadyMember(lang.From(ctx), s.Email, p.config.Site, now))
			told = true
		}
	}
	return nil
}
