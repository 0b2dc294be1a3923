package cognito

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cruddur"
	"cruddur/internal/postconfirm"
)

// Member returns the member with a subject whose access token has been verified. It creates a missing row: Cognito
// confirms an account before it calls the Lambda, and never calls it again. access may be ""; then the server's own
// AWS credentials are used.
func (p *Provider) Member(ctx context.Context, subject, access string, now time.Time) (cruddur.User, error) {
	u, err := p.c.Store.UserBySubject(ctx, subject)
	if cruddur.KindOf(err) != cruddur.KindNotFound {
		return u, err
	}
	var account postconfirm.Account
	if access != "" {
		account, err = p.AccountByToken(ctx, access)
	} else {
		account, err = p.Account(ctx, subject)
	}
	if err != nil {
		return cruddur.User{}, err
	}
	if account.Subject != subject {
		return cruddur.User{}, errToken.Wrap(errors.New("the token's subject and its account differ"))
	}
	u, err = postconfirm.Insert(ctx, p.c.Store, account, now)
	if err == nil {
		p.c.Log.Warn("a member's row was missing and has been created", "subject", subject, "user_uuid", u.UUID.String())
	}
	return u, err
}

// Account returns the pool's data of a subject. It needs the server's own AWS credentials (cognito-idp:AdminGetUser);
// without them it returns KindUnavailable.
func (p *Provider) Account(ctx context.Context, subject string) (postconfirm.Account, error) {
	if p.admin == nil {
		return postconfirm.Account{}, cruddur.Errorf(cruddur.KindUnavailable, "reading an account by its subject needs AWS credentials")
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := p.admin.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: &p.c.PoolID, Username: &subject})
	if err != nil {
		return postconfirm.Account{}, p.ours("read an account", err, table{"UserNotFoundException": cruddur.NewError(cruddur.KindNotFound)})
	}
	return accountFrom(out.UserAttributes, out.UserStatus), nil
}

// AccountByToken returns the pool's data of the owner of an access token. It needs no credentials but the token,
// which must have the scope aws.cognito.signin.user.admin, as every token of a sign-in has.
func (p *Provider) AccountByToken(ctx context.Context, access string) (postconfirm.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := p.public.GetUser(ctx, &idp.GetUserInput{AccessToken: &access})
	if err != nil {
		return postconfirm.Account{}, p.ours("read an account", err, table{
			"NotAuthorizedException": errToken, "UserNotFoundException": errToken, "ForbiddenException": errToken,
		})
	}
	return accountFrom(out.UserAttributes, ""), nil
}

// accountFrom converts a user of the pool; the status is "" if the answer did not include it.
func accountFrom(attributes []types.AttributeType, status types.UserStatusType) postconfirm.Account {
	claims := make(map[string]string, len(attributes)+1)
	for _, a := range attributes {
		claims[aws.ToString(a.Name)] = aws.ToString(a.Value)
	}
	if status != "" {
		claims["cognito:user_status"] = string(status) // as the trigger's event has it
	}
	return postconfirm.FromClaims(claims)
}
