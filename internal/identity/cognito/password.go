package cognito

import (
	"context"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"cruddur"
	"cruddur/internal/identity"
)

// Forgot implements identity.Provider.
func (p *Provider) Forgot(ctx context.Context, email string, _ time.Time) error {
	email, err := cruddur.CheckEmail(email)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = p.public.ForgotPassword(ctx, &idp.ForgotPasswordInput{
		ClientId: &p.c.ClientID, SecretHash: p.secretHash(email), Username: &email,
	})
	return p.codeSent("forgot password", err)
}

// Reset implements identity.Provider. By signing in with the new password the provider learns whose tokens and
// sessions it must end, without AWS credentials. It first ends those that it finds by the address, because the
// sign-in may fail.
func (p *Provider) Reset(ctx context.Context, email, code, password string, now time.Time) error {
	email, code, err := checkCode(email, code)
	if err != nil {
		return err
	}
	if err := checkPassword(password, email); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	_, err = p.public.ConfirmForgotPassword(ctx, &idp.ConfirmForgotPasswordInput{
		ClientId: &p.c.ClientID, SecretHash: p.secretHash(email), Username: &email, ConfirmationCode: &code, Password: &password,
	})
	if hasCode(err, "UserLambdaValidationException", "UnexpectedLambdaException", "InvalidLambdaResponseException") {
		err = nil // the password is changed: Cognito calls the trigger afterwards
	}
	if err != nil {
		return p.ours("reset the password", err, codeErrors)
	}
	if err := p.endByAddress(ctx, email, now); err != nil {
		p.c.Log.Error("after a password reset the old sessions could not be ended", "error", err.Error())
		return err
	}
	tokens, err := p.authenticate(ctx, email, password)
	if err != nil {
		p.c.Log.Error("after a password reset Cognito's own refresh tokens could not be ended", "error", err.Error())
		return err
	}
	if err := p.endSessions(ctx, tokens.Subject); err != nil {
		return err
	}
	return p.endTokens(ctx, tokens, now)
}

// endByAddress ends the sessions and tokens of the member with the address, if there is one.
func (p *Provider) endByAddress(ctx context.Context, email string, now time.Time) error {
	m, err := p.c.Store.FindMember(ctx, email, now)
	if err != nil {
		if cruddur.KindOf(err) == cruddur.KindNotFound {
			return nil
		}
		return err
	}
	if p.c.Sessions != nil {
		if err := p.c.Sessions.EndAll(ctx, m.UUID, cruddur.UUID{}); err != nil {
			return err
		}
	}
	return p.endSubject(ctx, m.Subject, now)
}

// ChangePassword implements identity.Provider.
func (p *Provider) ChangePassword(ctx context.Context, email, old, password string, now time.Time) error {
	if err := checkPassword(password, email); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	tokens, err := p.authenticate(ctx, email, old)
	if err != nil {
		return err
	}
	_, err = p.public.ChangePassword(ctx, &idp.ChangePasswordInput{
		AccessToken: &tokens.Access, PreviousPassword: &old, ProposedPassword: &password,
	})
	if err != nil {
		return p.ours("change the password", err, table{"NotAuthorizedException": errMismatch})
	}
	return p.endTokens(ctx, tokens, now)
}

// endTokens ends every token of the account that has just signed in, here and at Cognito.
func (p *Provider) endTokens(ctx context.Context, tokens identity.Tokens, now time.Time) error {
	if err := p.endSubject(ctx, tokens.Subject, now); err != nil {
		return err
	}
	_, err := p.public.GlobalSignOut(ctx, &idp.GlobalSignOutInput{AccessToken: &tokens.Access})
	if hasCode(err, "NotAuthorizedException") {
		return nil // a pool without token revocation has ended them already
	}
	return p.ours("end all tokens", err, nil)
}

// Delete implements identity.Provider. The member's row is deleted first, with the sessions: if Cognito then fails,
// their cruds are deleted as they wished, and they can ask again. In the other order they could not.
func (p *Provider) Delete(ctx context.Context, email, password string, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	tokens, err := p.authenticate(ctx, email, password)
	if err != nil {
		return err
	}
	if err := p.endSubject(ctx, tokens.Subject, now); err != nil {
		return err
	}
	u, err := p.c.Store.UserBySubject(ctx, tokens.Subject)
	if err == nil {
		err = p.c.Store.DeleteUser(ctx, u.UUID)
	}
	if err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
		return err
	}
	_, err = p.public.DeleteUser(ctx, &idp.DeleteUserInput{AccessToken: &tokens.Access})
	return p.ours("delete the account", err, table{"NotAuthorizedException": errToken, "UserNotFoundException": errToken})
}
