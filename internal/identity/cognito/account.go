package cognito

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cruddur"
	"cruddur/internal/identity"
)

// secretHash returns the hash that a confidential app client must send with a user name, or nil. See "Computing
// secret hash values" in Cognito's developer guide.
func (p *Provider) secretHash(username string) *string {
	if p.c.ClientSecret == "" {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(p.c.ClientSecret))
	mac.Write([]byte(username + p.c.ClientID))
	return aws.String(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// SignUp implements identity.Provider. The answer for a taken address is the same as for a free one: one call to
// Cognito; the owner is notified after the answer. The invitation is counted here, because the pool confirms without us.
func (p *Provider) SignUp(ctx context.Context, s identity.SignUp, now time.Time) error {
	s, err := p.checkSignUp(ctx, s)
	if err != nil {
		return err
	}
	invitation, err := p.c.Store.Admit(ctx, s.Email, identity.InvitationHash(s.Invitation), now)
	if err != nil || invitation.IsZero() {
		if err == nil {
			_, err = p.signUp(ctx, s, now)
		}
		return err
	}
	if err := p.c.Store.UseInvitation(ctx, invitation, false); err != nil {
		return err
	}
	stored, err := p.signUp(ctx, s, now)
	if !stored {
		p.behind(ctx, func(ctx context.Context) {
			if err := p.c.Store.UseInvitation(ctx, invitation, true); err != nil {
				p.c.Log.Warn("an invitation is counted once too often", "invitation", invitation, "error", err.Error())
			}
		})
	}
	return err
}

// signUp asks Cognito for the account, and reports whether there is a new one.
func (p *Provider) signUp(ctx context.Context, s identity.SignUp, now time.Time) (stored bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = p.public.SignUp(ctx, &idp.SignUpInput{
		ClientId:   &p.c.ClientID,
		SecretHash: p.secretHash(s.Email),
		Username:   &s.Email,
		Password:   &s.Password,
		UserAttributes: []types.AttributeType{
			{Name: aws.String("email"), Value: &s.Email},
			{Name: aws.String("name"), Value: &s.Name},
			{Name: aws.String("preferred_username"), Value: &s.Handle},
		},
	})
	if hasCode(err, "UsernameExistsException", "AliasExistsException") {
		p.behind(ctx, func(ctx context.Context) { p.tellOwner(ctx, s.Email, now) })
		return false, nil
	}
	if hasCode(err, "CodeDeliveryFailureException") {
		// The account exists, but the mail could not be sent: the member can use the page's "send it again".
		p.c.Log.Error("cognito cannot deliver a code", "error", err.Error())
		return true, nil
	}
	return err == nil, p.ours("sign up", err, nil)
}

// checkSignUp checks a sign-up against the rules of the product before Cognito sees it. The password goes to Cognito
// as it was typed, because other clients of the pool do not normalise it either.
func (p *Provider) checkSignUp(ctx context.Context, s identity.SignUp) (identity.SignUp, error) {
	typed := s.Password
	s, err := identity.CheckSignUp(s)
	if err != nil {
		return s, err
	}
	if s.Password, err = typed, checkEdges(typed); err != nil {
		return s, err
	}
	taken, err := p.c.Store.HandleTaken(ctx, s.Handle)
	if err == nil && taken {
		err = &cruddur.Error{Kind: cruddur.KindConflict, Codes: []string{"handle_taken"}, Field: "handle"}
	}
	return s, err
}

// checkPassword applies the product's rules. Cognito applies the policy of the pool, which may be stricter.
func checkPassword(password, email string) error {
	if _, err := identity.CheckPassword(password, email); err != nil {
		return err
	}
	return checkEdges(password)
}

// checkEdges refuses a space at either end, because Cognito's own error for it is a regular expression.
func checkEdges(password string) error {
	if strings.TrimSpace(password) != password {
		return cruddur.Invalid("password", "password_invalid")
	}
	return nil
}

// behind runs fn after the answer, with a context that outlives the request. It recovers from panics, because a panic
// there would end the process.
func (p *Provider) behind(ctx context.Context, fn func(context.Context)) {
	ctx = context.WithoutCancel(ctx)
	p.after.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				p.c.Log.Error("panic behind an answer", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			}
		}()
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		fn(ctx)
	})
}

// tellOwner notifies the owner of an address that somebody signed up with it: by a new code if the account is not
// confirmed yet, which is what its owner wants, and else by a mail of our own.
func (p *Provider) tellOwner(ctx context.Context, email string, now time.Time) {
	err := p.resend(ctx, email)
	if err == nil {
		return
	}
	if !hasCode(err, "InvalidParameterException") { // "User is already confirmed."
		p.c.Log.Warn("a second sign-up gets no code", "error", err.Error())
		return
	}
	if p.c.AlreadyMember == nil {
		return
	}
	if err := p.c.AlreadyMember(ctx, email, now); err != nil {
		p.c.Log.Warn("the owner of an address is not told of a second sign-up", "error", err.Error())
	}
}

// codeErrors makes every failure of a code the same. Cognito answers an unknown address with ExpiredCodeException and
// an unconfirmed account with CodeMismatchException (the other way round for a new password), so different answers
// would reveal who has an account.
var codeErrors = table{
	"CodeMismatchException":     errCode,
	"ExpiredCodeException":      errCode,
	"UserNotFoundException":     errCode,
	"NotAuthorizedException":    errCode, // "Current status is CONFIRMED", and an account that is disabled
	"InvalidParameterException": errCode, // a code that is not six digits
	// Only an existing account can reach this limit. Our own limits count by address, with or without an account.
	"LimitExceededException":         errCode,
	"TooManyFailedAttemptsException": errCode,
}

// Confirm implements identity.Provider. When it returns nil, the pool's trigger, the Lambda, has inserted the member.
// If the Lambda failed, the account is still confirmed, and the first sign-in or authenticated request creates the
// member's row.
func (p *Provider) Confirm(ctx context.Context, email, code string, _ time.Time) error {
	email, code, err := checkCode(email, code)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = p.public.ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{
		ClientId: &p.c.ClientID, SecretHash: p.secretHash(email), Username: &email, ConfirmationCode: &code,
	})
	if hasCode(err, "UserLambdaValidationException", "UnexpectedLambdaException", "InvalidLambdaResponseException") {
		p.c.Log.Error("the post-confirmation trigger failed; the member is stored at the first sign-in", "error", err.Error())
		return nil
	}
	return p.ours("confirm", err, codeErrors)
}

func checkCode(email, code string) (string, string, error) {
	email, err := cruddur.CheckEmail(email)
	if err != nil {
		return "", "", err
	}
	code = strings.Join(strings.Fields(code), "")
	if code == "" || len(code) > 2048 {
		return "", "", errCode
	}
	return email, code, nil
}

// Resend implements identity.Provider.
func (p *Provider) Resend(ctx context.Context, email string, _ time.Time) error {
	email, err := cruddur.CheckEmail(email)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return p.codeSent("send a code", p.resend(ctx, email))
}

// codeSent hides errors that would reveal an account to a stranger: that it is unknown, confirmed, disabled or
// without a verified address, that it was sent too many codes, or that a code cannot be delivered. The operator sees
// them in the log.
func (p *Provider) codeSent(doing string, err error) error {
	switch {
	case setUpWrong(err):
		return p.ours(doing, err, nil)
	case hasCode(err, "UserNotFoundException", "NotAuthorizedException", "InvalidParameterException", "UserNotConfirmedException"):
		return nil
	case hasCode(err, "LimitExceededException", "CodeDeliveryFailureException"):
		p.c.Log.Warn("cognito sends no code", "operation", doing, "error", err.Error())
		return nil
	}
	return p.ours(doing, err, nil)
}

func (p *Provider) resend(ctx context.Context, email string) error {
	_, err := p.public.ResendConfirmationCode(ctx, &idp.ResendConfirmationCodeInput{
		ClientId: &p.c.ClientID, SecretHash: p.secretHash(email), Username: &email,
	})
	return err
}
