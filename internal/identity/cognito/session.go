package cognito

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cruddur"
	"cruddur/internal/identity"
)

// maxPassword is the maximum length of a password sent to Cognito, in bytes: Cognito accepts 256 characters.
const maxPassword = 4 * 256

var signInErrors = table{
	"NotAuthorizedException":    errMismatch,
	"UserNotFoundException":     errMismatch,
	"InvalidPasswordException":  errMismatch, // cognito-local's error for a wrong password
	"InvalidParameterException": errMismatch, // an empty or impossible password
}

// SignIn implements identity.Provider. It also creates the member's row if the post-confirmation Lambda failed, or if
// an administrator created the account, for which Cognito calls no trigger.
func (p *Provider) SignIn(ctx context.Context, email, password string, now time.Time) (identity.Tokens, error) {
	tokens, err := p.authenticate(ctx, email, password)
	if err == nil {
		tokens, err = p.afterCutoff(ctx, tokens, email, password, now)
	}
	if err != nil {
		return identity.Tokens{}, err
	}
	u, err := p.Member(ctx, tokens.Subject, tokens.Access, now)
	if err == nil && u.Suspended {
		err = errSuspended
	}
	if err != nil {
		return identity.Tokens{}, err
	}
	return tokens, nil
}

// afterCutoff signs in again if the token was issued in the same second in which all tokens were ended, for example
// by a new password: Cognito's times are whole seconds, so such a token looks like an older one.
func (p *Provider) afterCutoff(ctx context.Context, t identity.Tokens, email, password string, now time.Time) (identity.Tokens, error) {
	after, _, err := p.c.Cutoffs.CutoffOf(ctx, t.Subject, "")
	if err != nil || after.IsZero() {
		return t, err
	}
	claims, err := unverified(t.Access)
	if err != nil {
		return t, err
	}
	if short := after.Sub(time.Unix(claims.IssuedAt, 0)); short < 0 || short > 3*time.Second {
		return t, nil
	}
	next := after.Truncate(time.Second).Add(time.Second) // the first second whose tokens count
	select {
	case <-time.After(min(max(next.Sub(now), 0)+20*time.Millisecond, time.Second+20*time.Millisecond)):
	case <-ctx.Done():
		return t, ctx.Err()
	}
	return p.authenticate(ctx, email, password)
}

// authenticate checks the password and changes nothing.
func (p *Provider) authenticate(ctx context.Context, email, password string) (identity.Tokens, error) {
	email, err := cruddur.CheckEmail(email)
	if err != nil || password == "" || len(password) > maxPassword {
		return identity.Tokens{}, errMismatch.Wrap(err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	parameters := map[string]string{"USERNAME": email, "PASSWORD": password}
	if h := p.secretHash(email); h != nil {
		parameters["SECRET_HASH"] = *h
	}
	out, err := p.public.InitiateAuth(ctx, &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: &p.c.ClientID, AuthParameters: parameters,
	})
	if err != nil && strings.Contains(err.Error(), "attempts exceeded") && !setUpWrong(err) {
		return identity.Tokens{}, p.ours("sign in", err, nil)
	}
	if err != nil {
		return identity.Tokens{}, p.ours("sign in", err, signInErrors)
	}
	if out.ChallengeName == types.ChallengeNameTypeNewPasswordRequired {
		return p.keepPassword(ctx, out, email, password)
	}
	if out.ChallengeName != "" || out.AuthenticationResult == nil {
		return identity.Tokens{}, cruddur.NewError(cruddur.KindForbidden, "second_factor_unsupported").
			Wrap(fmt.Errorf("sign in: the challenge %q has no page here", out.ChallengeName))
	}
	return p.tokens(out.AuthenticationResult, "")
}

// keepPassword answers the challenge of an account that an administrator created: the temporary password becomes the
// member's password. They can change it in the settings.
func (p *Provider) keepPassword(ctx context.Context, out *idp.InitiateAuthOutput, email, password string) (identity.Tokens, error) {
	username := email
	if id := out.ChallengeParameters["USER_ID_FOR_SRP"]; id != "" {
		username = id
	}
	responses := map[string]string{"USERNAME": username, "NEW_PASSWORD": password}
	if h := p.secretHash(username); h != nil {
		responses["SECRET_HASH"] = *h
	}
	answer, err := p.public.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{
		ChallengeName: out.ChallengeName, ClientId: &p.c.ClientID, Session: out.Session, ChallengeResponses: responses,
	})
	if err != nil {
		return identity.Tokens{}, p.ours("keep the temporary password", err, signInErrors)
	}
	if answer.AuthenticationResult == nil {
		return identity.Tokens{}, cruddur.NewError(cruddur.KindForbidden, "second_factor_unsupported").
			Wrap(fmt.Errorf("sign in: the challenge %q has no page here", answer.ChallengeName))
	}
	return p.tokens(answer.AuthenticationResult, "")
}

// tokens reads Cognito's answer to a sign-in or refresh; refresh is the token that stays valid if the answer has
// none.
func (p *Provider) tokens(r *types.AuthenticationResultType, refresh string) (identity.Tokens, error) {
	access := aws.ToString(r.AccessToken)
	claims, err := unverified(access) // it came from Cognito itself, over TLS
	if err != nil {
		return identity.Tokens{}, unavailable(5).Wrap(fmt.Errorf("cognito gave no access token: %w", err))
	}
	t := identity.Tokens{Access: access, Refresh: refresh, Subject: claims.Subject, ExpiresIn: time.Duration(r.ExpiresIn) * time.Second}
	if t.ExpiresIn <= 0 {
		t.ExpiresIn = time.Duration(claims.ExpiresAt-claims.IssuedAt) * time.Second
	}
	if given := aws.ToString(r.RefreshToken); given != "" {
		t.Refresh = p.packRefresh(given, claims.Username)
	}
	return t, nil
}

// packRefresh stores the user name with a refresh token if the app client has a secret: the secret's hash needs the
// name in the access token, not the e-mail address, and a refreshing client knows neither.
func (p *Provider) packRefresh(token, username string) string {
	if p.c.ClientSecret == "" {
		return token
	}
	return base64.RawURLEncoding.EncodeToString([]byte(username)) + "~" + token
}

func (p *Provider) unpackRefresh(s string) (token, username string) {
	if p.c.ClientSecret == "" {
		return s, ""
	}
	name, token, ok := strings.Cut(s, "~")
	b, err := base64.RawURLEncoding.DecodeString(name)
	if !ok || err != nil {
		return "", ""
	}
	return token, string(b)
}

var refreshErrors = table{
	"NotAuthorizedException":         errToken,
	"RefreshTokenReuseException":     errToken,
	"UserNotFoundException":          errToken,
	"InvalidParameterException":      errToken,
	"UserNotConfirmedException":      errToken,
	"PasswordResetRequiredException": errToken,
}

// maxRefresh is longer than any refresh token of Cognito's, which has up to about 2,000 characters.
const maxRefresh = 8192

// Refresh implements identity.Provider. The app client's settings decide whether a token works once: with refresh
// token rotation Cognito sends a new one each time.
func (p *Provider) Refresh(ctx context.Context, refresh string, now time.Time) (identity.Tokens, error) {
	token, username := p.unpackRefresh(refresh)
	if token == "" || len(refresh) > maxRefresh {
		return identity.Tokens{}, errToken
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	result, err := p.exchange(ctx, token, username)
	if hasCode(err, "RefreshTokenReuseException") {
		// Somebody else has used it and has its successor.
		if failed := p.revoke(ctx, token); failed != nil {
			err = fmt.Errorf("%w (and its successors are not revoked: %v)", err, failed)
		}
	}
	if err != nil {
		return identity.Tokens{}, p.ours("refresh", err, refreshErrors)
	}
	tokens, err := p.tokens(result, refresh)
	if err != nil {
		return identity.Tokens{}, err
	}
	if _, err := p.Verify(ctx, tokens.Access, now); err != nil {
		return identity.Tokens{}, err // signed out everywhere since the member signed in
	}
	u, err := p.c.Store.UserBySubject(ctx, tokens.Subject)
	switch {
	case err == nil && u.Suspended:
		return identity.Tokens{}, errToken.Wrap(errSuspended)
	case err != nil && cruddur.KindOf(err) != cruddur.KindNotFound: // a missing row is created when it is needed
		return identity.Tokens{}, err
	}
	return tokens, nil
}

// exchange calls GetTokensFromRefreshToken, which works with and without rotation. Emulators support only the older
// call.
func (p *Provider) exchange(ctx context.Context, token, username string) (*types.AuthenticationResultType, error) {
	in := &idp.GetTokensFromRefreshTokenInput{ClientId: &p.c.ClientID, RefreshToken: &token}
	if p.c.ClientSecret != "" {
		in.ClientSecret = &p.c.ClientSecret
	}
	out, err := p.public.GetTokensFromRefreshToken(ctx, in, func(o *idp.Options) {
		if p.c.Endpoint != "" {
			o.RetryMaxAttempts = 1
		}
	})
	if err == nil && out.AuthenticationResult != nil {
		return out.AuthenticationResult, nil
	}
	if err != nil && (p.c.Endpoint == "" || hasCode(err, refreshCodes...)) {
		return nil, err
	}
	parameters := map[string]string{"REFRESH_TOKEN": token}
	if h := p.secretHash(username); h != nil {
		parameters["SECRET_HASH"] = *h
	}
	old, err := p.public.InitiateAuth(ctx, &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: &p.c.ClientID, AuthParameters: parameters,
	})
	if err != nil {
		return nil, err
	}
	if old.AuthenticationResult == nil {
		return nil, unavailable(5).Wrap(fmt.Errorf("refresh: no tokens, but the challenge %q", old.ChallengeName))
	}
	return old.AuthenticationResult, nil
}

// refreshCodes are the errors of an endpoint that supports GetTokensFromRefreshToken.
var refreshCodes = []string{
	"NotAuthorizedException", "RefreshTokenReuseException", "UserNotFoundException", "InvalidParameterException",
	"TooManyRequestsException", "LimitExceededException", "UserNotConfirmedException", "ForbiddenException",
}

// SignOut implements identity.Provider. Cognito revokes the refresh token and the access tokens that came from it.
// But this server verifies access tokens without asking Cognito, so it records their family as ended. It learns the
// family from an access token, for which it uses the refresh token once more.
func (p *Provider) SignOut(ctx context.Context, refresh string, now time.Time) error {
	token, username := p.unpackRefresh(refresh)
	if token == "" || len(refresh) > maxRefresh {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if result, err := p.exchange(ctx, token, username); err == nil {
		if rotated := aws.ToString(result.RefreshToken); rotated != "" {
			token = rotated
		}
		if claims, err := unverified(aws.ToString(result.AccessToken)); err == nil && claims.Family != "" {
			if err := p.endFamily(ctx, claims.Family, now); err != nil {
				return err
			}
		}
	}
	err := p.revoke(ctx, token)
	if hasCode(err, "NotAuthorizedException", "InvalidParameterException", "UnsupportedTokenTypeException") && !setUpWrong(err) {
		return nil // not a token of ours, or no longer valid
	}
	return p.ours("sign out", err, nil)
}

func (p *Provider) revoke(ctx context.Context, token string) error {
	in := &idp.RevokeTokenInput{ClientId: &p.c.ClientID, Token: &token}
	if p.c.ClientSecret != "" {
		in.ClientSecret = &p.c.ClientSecret
	}
	_, err := p.public.RevokeToken(ctx, in)
	return err
}

// SignOutEverywhere implements identity.Provider. This server always refuses the tokens at once: Verify and Refresh
// compare the time of the sign-in with the cutoff. Cognito's own refresh tokens end too if the server has AWS
// credentials for AdminUserGlobalSignOut; else the cutoff is kept for their maximum life.
func (p *Provider) SignOutEverywhere(ctx context.Context, subject string, now time.Time) error {
	if p.admin == nil {
		return p.c.Cutoffs.CutOff(ctx, subject, now, now.Add(LongestRefreshToken))
	}
	if err := p.endSubject(ctx, subject, now); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := p.admin.AdminUserGlobalSignOut(ctx, &idp.AdminUserGlobalSignOutInput{UserPoolId: &p.c.PoolID, Username: &subject})
	if hasCode(err, "UserNotFoundException") {
		return nil
	}
	if hasCode(err, "AccessDeniedException") {
		p.c.Log.Error("Cognito's own refresh tokens stay valid: allow cognito-idp:AdminUserGlobalSignOut", "error", err.Error())
		return p.c.Cutoffs.CutOff(ctx, subject, now, now.Add(LongestRefreshToken))
	}
	return p.ours("sign out everywhere", err, nil)
}

// endSessions ends the subject's browser sessions.
func (p *Provider) endSessions(ctx context.Context, subject string) error {
	if p.c.Sessions == nil {
		return nil
	}
	u, err := p.c.Store.UserBySubject(ctx, subject)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return p.c.Sessions.EndAll(ctx, u.UUID, cruddur.UUID{})
}
