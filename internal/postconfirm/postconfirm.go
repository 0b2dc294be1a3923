// Package postconfirm inserts the member after an account is confirmed. Its callers are the local identity provider,
// the Lambda of Amazon Cognito's post-confirmation trigger, and the code that creates a missing row. It must not
// depend on how an account is stored.
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

// Store is the part of the database that postconfirm needs.
type Store interface {
	UpsertUser(ctx context.Context, u cruddur.User, now time.Time) (cruddur.User, error)
}

// Account is an identity provider's data of a confirmed account. Subject is required, and Email unless External is
// set; hostile or missing values of the others are replaced.
type Account struct {
	Subject string
	Email   string
	Name    string
	Handle  string // the preferred username
	// Verified means that the owner has proved that they receive mail at Email. Only then may the account take the
	// address from a member who has not verified it.
	Verified bool
	// External means that another system confirmed the account, so nobody can be asked for another address: a
	// missing, unusable or taken address becomes a placeholder, never an error.
	External bool
}

// FromClaims reads an account from the attributes of OpenID Connect Core 1.0, section 5.1, which Amazon Cognito's
// events and user records also use.
func FromClaims(attributes map[string]string) Account {
	a := Account{
		Subject:  attributes["sub"],
		Email:    attributes["email"],
		Name:     attributes["name"],
		Handle:   attributes["preferred_username"],
		External: true,
		Verified: attributes["email_verified"] == "true" && !federated(attributes),
	}
	if !cruddur.Visible(a.Name) {
		a.Name = attributes["given_name"] + " " + attributes["family_name"]
	}
	return a
}

// federated reports whether a provider other than the pool itself created the account. The pool did not verify such
// an account's address: it trusts every configured provider. Only GetUser leaves the status out; there, a pool
// account that was linked to another provider counts as federated.
func federated(attributes map[string]string) bool {
	switch status := attributes["cognito:user_status"]; status {
	case "":
		identities := strings.TrimSpace(attributes["identities"])
		return identities != "" && identities != "[]"
	default:
		return status == "EXTERNAL_PROVIDER"
	}
}

// noAddress is the ending of the placeholder address, for a member whose account has no address that can be stored.
// RFC 2606 reserves .invalid, so no mail sent there arrives anywhere. users/upsert.sql has the same text.
const noAddress = "@no-address.invalid"

// HasAddress reports whether an e-mail address is more than the placeholder.
func HasAddress(email string) bool { return !strings.HasSuffix(email, noAddress) }

// attempts is the number of rows that Insert tries before it gives up: the wanted handle, then random suffixes, and a
// placeholder for a taken address.
const attempts = 8

// Insert creates the member's row, or finds it: a second delivery of the same confirmation is not an error. A taken
// or invalid handle gets a suffix, because the account is already confirmed and nobody can be asked for another
// handle.
func Insert(ctx context.Context, store Store, a Account, now time.Time) (cruddur.User, error) {
	u, err := member(a)
	if err != nil {
		return cruddur.User{}, err
	}
	handle, emails := u.Handle, 0
	for range attempts {
		var stored cruddur.User
		if stored, err = store.UpsertUser(ctx, u, now); err == nil {
			return stored, nil
		}
		switch {
		case hasCode(err, "handle_taken"):
			u.Handle = withSuffix(handle)
		case hasCode(err, "email_taken") && (emails == 0 || a.Verified && emails < 3):
			// The address is taken, perhaps by the same member through a concurrent delivery; then the next try finds
			// the row. Or by a member who has not verified it and was inserted after the statement began; then the
			// next try takes the address.
			emails++
		case hasCode(err, "email_taken") && a.External && HasAddress(u.Email):
			u.Email, u.EmailVerified = a.Subject+noAddress, false
		case hasCode(err, string(cruddur.KindConflict)): // a deadlock: two members take each other's former address
		default:
			return cruddur.User{}, fmt.Errorf("insert the member: %w", err)
		}
	}
	return cruddur.User{}, fmt.Errorf("insert the member: %w", err)
}

// member returns the row for an account.
func member(a Account) (cruddur.User, error) {
	if !subjectValid(a.Subject) {
		return cruddur.User{}, cruddur.Invalid("cognito_user_id", "cognito_user_id_blank")
	}
	email, err := cruddur.CheckEmail(a.Email)
	if err == nil && !HasAddress(email) { // it may be somebody else's placeholder
		err = cruddur.Invalid("email", "email_invalid")
	}
	verified := a.Verified && err == nil
	if err != nil {
		if !a.External {
			return cruddur.User{}, err
		}
		email = a.Subject + noAddress
	}
	handle, err := cruddur.CheckHandle(a.Handle)
	if err != nil {
		from := a.Handle
		if !cruddur.Visible(from) {
			from = a.Name // never the e-mail address: a handle is public
		}
		handle = cruddur.DeriveHandle(cruddur.Cut(from, 200))
	}
	return cruddur.User{Subject: a.Subject, Email: email, EmailVerified: verified, Handle: handle, DisplayName: displayName(a.Name, handle)}, nil
}

// subjectValid reports whether a subject has 1 to 128 printable ASCII characters; Cognito's are UUIDs.
func subjectValid(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

func hasCode(err error, code string) bool {
	e, ok := errors.AsType[*cruddur.Error](err)
	return ok && slices.Contains(e.Codes, code)
}

// displayName makes a valid name from any text; for a blank one it returns the handle. Nobody can be asked for
// another name, so forbidden characters are removed.
func displayName(name, handle string) string {
	name = cruddur.Tidy(strings.ReplaceAll(strings.ToValidUTF8(cruddur.Cut(name, 4096), ""), "\x00", ""))
	name = strings.TrimSpace(name)
	if short := cruddur.Cut(name, cruddur.MaxDisplayName); short != name {
		name = cruddur.Tidy(short) // the cut may split an emoji
	}
	checked, err := cruddur.CheckDisplayName(name)
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
