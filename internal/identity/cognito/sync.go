package cognito

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cruddur"
	"cruddur/internal/postconfirm"
)

// SyncAction is the action that Sync took, or would take, for one user of the pool.
type SyncAction string

// The actions of Sync.
const (
	SyncPresent  SyncAction = "present"  // the member's row exists
	SyncInserted SyncAction = "inserted" // the row was missing and was created (or would be)
	SyncUpdated  SyncAction = "updated"  // the pool has verified an address that the row lacks or has as unverified
	SyncSkipped  SyncAction = "skipped"  // the account is not confirmed, or disabled
	SyncFailed   SyncAction = "failed"
)

// SyncLine is one user of the pool.
type SyncLine struct {
	Subject string     `json:"subject"`
	Status  string     `json:"status"` // Cognito's status: CONFIRMED, EXTERNAL_PROVIDER, UNCONFIRMED …
	Action  SyncAction `json:"action"`
	Handle  string     `json:"handle,omitempty"`
	Error   string     `json:"error,omitempty"`
}

// SyncReport counts the users by action.
type SyncReport struct {
	Users    int `json:"users"`
	Present  int `json:"present"`
	Inserted int `json:"inserted"`
	Updated  int `json:"updated"`
	Skipped  int `json:"skipped"`
	Failed   int `json:"failed"`
}

// pageSize is the maximum number of users in one answer of ListUsers.
const pageSize = 60

// Sync creates the missing member row of every confirmed user of the pool, page by page, and stores the address that
// the pool has verified, taking it from a member who has not verified it. With dryRun it only reports. each is called
// for every user, in the pool's order. A user that fails is reported and does not stop the others, but an unreachable
// database or pool does.
func (p *Provider) Sync(ctx context.Context, dryRun bool, now time.Time, each func(SyncLine)) (SyncReport, error) {
	var r SyncReport
	if p.admin == nil {
		return r, cruddur.Errorf(cruddur.KindInvalid, "listing the pool's users needs AWS credentials that allow cognito-idp:ListUsers")
	}
	var token *string
	for page := 1; ; page++ {
		out, err := p.admin.ListUsers(ctx, &idp.ListUsersInput{UserPoolId: &p.c.PoolID, Limit: aws.Int32(pageSize), PaginationToken: token})
		if err != nil {
			return r, p.ours(fmt.Sprintf("list the pool's users, page %d", page), err, nil)
		}
		for _, u := range out.Users {
			line, err := p.syncUser(ctx, u, dryRun, now)
			if err != nil {
				return r, err
			}
			r.add(line.Action)
			each(line)
		}
		if aws.ToString(out.PaginationToken) == "" {
			return r, nil
		}
		if token != nil && *token == *out.PaginationToken {
			return r, fmt.Errorf("list the pool's users: page %d leads to itself", page)
		}
		token = out.PaginationToken
	}
}

func (r *SyncReport) add(a SyncAction) {
	r.Users++
	switch a {
	case SyncPresent:
		r.Present++
	case SyncInserted:
		r.Inserted++
	case SyncUpdated:
		r.Updated++
	case SyncSkipped:
		r.Skipped++
	case SyncFailed:
		r.Failed++
	}
}

// verifies reports whether the pool has verified an address that is not the verified address of the row.
func (p *Provider) verifies(ctx context.Context, a postconfirm.Account, have cruddur.User) (bool, error) {
	email, err := cruddur.CheckEmail(a.Email)
	if err != nil || !a.Verified {
		return false, nil
	}
	if !strings.EqualFold(have.Email, email) {
		return true, nil
	}
	verified, err := p.c.Store.EmailVerified(ctx, a.Subject)
	return err == nil && !verified, err
}

func (p *Provider) syncUser(ctx context.Context, u types.UserType, dryRun bool, now time.Time) (SyncLine, error) {
	a := accountFrom(u.Attributes, u.UserStatus)
	line := SyncLine{Subject: a.Subject, Status: string(u.UserStatus)}
	confirmed := u.UserStatus == types.UserStatusTypeConfirmed || u.UserStatus == types.UserStatusTypeExternalProvider ||
		u.UserStatus == types.UserStatusTypeResetRequired
	if !confirmed || !u.Enabled {
		line.Action = SyncSkipped
		return line, nil
	}
	have, err := p.c.Store.UserBySubject(ctx, a.Subject)
	line.Action, line.Handle = SyncInserted, have.Handle
	if err == nil {
		var changes bool
		line.Action = SyncPresent
		if changes, err = p.verifies(ctx, a, have); err != nil || !changes {
			return line, err
		}
		line.Action = SyncUpdated
	} else if cruddur.KindOf(err) != cruddur.KindNotFound {
		return line, err
	}
	if dryRun {
		return line, nil
	}
	made, err := postconfirm.Insert(ctx, p.c.Store, a, now)
	switch {
	case err == nil:
		line.Handle = made.Handle
		if line.Action == SyncUpdated && made.Email == have.Email && !strings.EqualFold(made.Email, a.Email) {
			line.Action = SyncPresent // another member has verified the address before
		}
	case cruddur.KindOf(err) == cruddur.KindUnavailable:
		return line, err
	default:
		line.Action, line.Error = SyncFailed, err.Error()
	}
	return line, nil
}
