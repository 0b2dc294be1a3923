// Package postconfirm does what must happen once an account is confirmed: it inserts the member. The
// local identity calls it in-process, the Lambda for Amazon Cognito's post-confirmation trigger. It
// must not know how an account is kept.
package postconfirm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cruddur"
)

// Store is what postconfirm needs of the database.
type Store interface {
	UpsertUser(ctx context.Context, u cruddur.User, now time.Time) (cruddur.User, error)
}

// Account is what an identity provider tells of a confirmed account. Only Subject and Email must be
// there; hostile or missing values of the others are replaced.
type Account struct {
	Subject string
	Email   string
	Name    string
	Handle  string // the preferred username
}

// attempts is how many handles are tried before giving up: the wanted one, then with random suffixes.
const attempts = 6

// Insert makes the member's row, or finds it: a second delivery of the same confirmation is no error.
// A handle that is taken or not valid gets a suffix, for the account is confirmed already and nobody
// can be asked for another one.
func Insert(ctx context.Context, store Store, a Account, now time.Time) (cruddur.User, error) {
	if a.Subject == "" || len(a.Subject) > 128 {
		return cruddur.User{}, cruddur.Invalid("cognito_user_id", "cognito_user_id_blank")
	}
	email, err := cruddur.CheckEmail(a.Email)
	if err != nil {
		return cruddur.User{}, err
	}
	handle, err := cruddur.CheckHandle(a.Handle)
	if err != nil {
		from := a.Handle
		if from == "" {
			from, _, _ = strings.Cut(email, "@")
		}
		handle = cruddur.DeriveHandle(from)
	}
	u := cruddur.User{Subject: a.Subject, Email: email, Handle: handle, DisplayName: displayName(a.Name, handle)}
	for range attempts {
		var stored cruddur.User
		stored, err = store.UpsertUser(ctx, u, now)
		if err == nil {
			return stored, nil
		}
		e, ok := errors.AsType[*cruddur.Error](err)
		if !ok || !slices.Contains(e.Codes, "handle_taken") {
			break
		}
		u.Handle = withSuffix(handle)
	}
	return cruddur.User{}, fmt.Errorf("insert the member: %w", err)
}

func displayName(name, handle string) string {
	if runes := []rune(strings.ToValidUTF8(name, "")); len(runes) > cruddur.MaxDisplayName {
		name = string(runes[:cruddur.MaxDisplayName])
	}
	checked, err := cruddur.CheckDisplayName(strings.ReplaceAll(strings.ToValidUTF8(name, ""), "\x00", ""))
	if err != nil {
		return handle
	}
	return checked
}

func withSuffix(handle string) string {
	const room = 6
	if len(handle) > cruddur.MaxHandle-room {
		handle = handle[:cruddur.MaxHandle-room]
	}
	return handle + "_" + strings.ToLower(rand.Text()[:room-1])
}
