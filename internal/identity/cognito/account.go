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

// secretHash is what a confidential app client must send with a user name, or nil.
// See "Computing secret hash values" in Cognito's developer guide.
func (p *Provider) secretHash(username string) *string {
	if p.c.ClientSecret == "" {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(p.c.ClientSecret))
	mac.Write([]byte(username + p.c.ClientID))
	return aws.String(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// SignUp implements identity.Provider. A taken address answers as a free one does: one call to
// Cognito, and what tells the owner goes on behind the answer.
func (p *Provider) SignUp(ctx context.Context, s identity.SignUp, now time.Time) error {
	s, err := p.checkSignUp(ctx, s)
	if err != nil {
		return err
	}
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
		return nil
	}
	if hasCode(err, "CodeDeliveryFailureException") {
		// The account exists, only its mail does not: the page's "send it again" is the way on.
		p.c.Log.Error("cognito cannot deliver a code", "error", err.Error())
		return nil
	}
	return p.ours("sign up", err, nil)
}

// checkSignUp holds a sign-up to the rules of the product before Cognito sees it. The password goes to
// Cognito as it was typed, for other clients of the pool do not normalise it either.
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

// checkPassword applies the product's rules; the policy of the pool, which may want more, is Cognito's
// to apply.
func checkPassword(password, email string) error {
	if _, err := identity.CheckPassword(password, email); err != nil {
		return err
	}
	return checkEdges(password)
}

// checkEdges refuses a space at either end, for which Cognito answers with its own regular expression.
func checkEdges(password string) error {
	if strings.TrimSpace(password) != password {
		return cruddur.Invalid("password", "password_invalid")
	}
	return nil
}

// behind runs fn after the answer, with a context that outlives the request. Nobody else would catch a
// panic there, and it would end the process.
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

// tellOwner lets the owner of an address know that somebody signed up with it: a new code where the
// account still waits for one, which is what its owner wants, and a mail of our own where it does not.
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

// codeErrors makes every failure of a code the same. Cognito answers an unknown address with
// ExpiredCodeException where an account waits for its code and answers CodeMismatchException (and the
// other way round for a new password), so telling them apart would tell who has an account.
var codeErrors = table{
	"CodeMismatchException":     errCode,
	"ExpiredCodeException":      errCode,
	"UserNotFoundException":     errCode,
	"NotAuthorizedException":    errCode, // "Current status is CONFIRMED", and an account that is disabled
	"InvalidParameterException": errCode, // a code that is not six digits
	// What only an account can have used up. Our own limits are by the address, whoever has it.
	"LimitExceededException":         errCode,
	"TooManyFailedAttemptsException": errCode,
}

// Confirm implements identity.Provider. The pool's trigger, the Lambda, has inserted the member when
// it returns nil; if the Lambda failed, the account is confirmed all the same, and the member's row is
// made up by the first sign-in or authenticated request.
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

// codeSent hides from a stranger what would tell them about an account: that it is unknown, confirmed,
// disabled or without an address that was verified, and that it was sent too many codes or one that
// cannot be delivered, which is for the operator to know.
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
