// Package postconfirm does what must happen once an account is confirmed: it inserts the member. The
// local identity calls it in-process, the Lambda for Amazon Cognito's post-confirmation trigger, and
// whoever makes up a row that is missing. It must not know how an account is kept.
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

// Account is what an identity provider tells of a confirmed account. Only Subject must be there, and
// Email unless External is set; hostile or missing values of the others are replaced.
type Account struct {
	Subject string
	Email   string
	Name    string
	Handle  string // the preferred username
	// Verified says that the owner of Email has shown that mail reaches them there. Only then may the
	// account take the address from a member who has not verified it.
	Verified bool
	// External says that another system has confirmed the account, and nobody can be asked for
	// anything better: a missing, unusable or taken address then becomes a placeholder, never an error.
	External bool
}

// FromClaims reads an account out of the attributes of OpenID Connect Core 1.0, section 5.1, which
// Amazon Cognito's events and user records hold too.
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

// federated reports whether another provider than the pool itself has made the account. What it says of an
// address is not the pool's own finding: a pool trusts whatever provider it was given. Only GetUser leaves
// the status out; there, an account of the pool that was linked to another provider counts as federated.
func federated(attributes map[string]string) bool {
	switch status := attributes["cognito:user_status"]; status {
	case "":
		identities := strings.TrimSpace(attributes["identities"])
		return identities != "" && identities != "[]"
	default:
		return status == "EXTERNAL_PROVIDER"
	}
}

// noAddress ends the address of a member whose account has none that can be stored. RFC 2606 keeps
// .invalid free for ever, so nothing sent there arrives anywhere; users/upsert.sql knows it too.
const noAddress = "@no-address.invalid"

// HasAddress reports whether an e-mail address is more than the placeholder.
func HasAddress(email string) bool { return !strings.HasSuffix(email, noAddress) }

// attempts is how many rows are tried before giving up: the wanted handle, then random suffixes, and a
// placeholder for an address that is taken.
const attempts = 8

// Insert makes the member's row, or finds it: a second delivery of the same confirmation is no error.
// A handle that is taken or not valid gets a suffix, for the account is confirmed already and nobody
// can be asked for another one.
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
			// Perhaps by the same member: two deliveries at once; then the next try finds the row. Or by one who
			// has not verified it, and was not there yet when the statement began; then the next try takes it.
			emails++
		case hasCode(err, "email_taken") && a.External && HasAddress(u.Email):
			u.Email, u.EmailVerified = a.Subject+noAddress, false
		case hasCode(err, string(cruddur.KindConflict)): // a deadlock: two members who take each other's former address
		default:
			return cruddur.User{}, fmt.Errorf("insert the member: %w", err)
		}
	}
	return cruddur.User{}, fmt.Errorf("insert the member: %w", err)
}

// member is the row that an account asks for.
func member(a Account) (cruddur.User, error) {
	if !subjectValid(a.Subject) {
		return cruddur.User{}, cruddur.Invalid("cognito_user_id", "cognito_user_id_blank")
	}
	email, err := cruddur.CheckEmail(a.Email)
	if err == nil && !HasAddress(email) { // somebody else's placeholder, perhaps
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

// subjectValid holds what a subject may be to 1 to 128 printable ASCII characters; Cognito's are UUIDs.
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

// displayName makes a name that may be stored out of any text; a blank one is the handle. Nobody can be
// asked for another, so what a name may not have is taken away.
func displayName(name, handle string) string {
	name = cruddur.Tidy(strings.ReplaceAll(strings.ToValidUTF8(cruddur.Cut(name, 4096), ""), "\x00", ""))
	name = strings.TrimSpace(name)
	if short := cruddur.Cut(name, cruddur.MaxDisplayName); short != name {
		name = cruddur.Tidy(short) // the cut may go through an emoji
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
