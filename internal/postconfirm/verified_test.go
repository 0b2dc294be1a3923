package postconfirm_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postconfirm"
	"cruddur/internal/postgres"
)

// kind is how an account of the pool has come by its address.
type kind map[string]string

var (
	verified      = kind{"cognito:user_status": "CONFIRMED", "email_verified": "true"}
	linked        = kind{"cognito:user_status": "CONFIRMED", "email_verified": "true", "identities": `[{"providerName":"Google"}]`}
	unverified    = kind{"cognito:user_status": "CONFIRMED", "email_verified": "false"}
	autoConfirmed = kind{"cognito:user_status": "CONFIRMED"}
	oddlyVerified = kind{"cognito:user_status": "CONFIRMED", "email_verified": "TRUE "}
	federated     = kind{"cognito:user_status": "EXTERNAL_PROVIDER", "email_verified": "true", "identities": `[{"providerName":"Google"}]`}
	federatedOnly = kind{"email_verified": "true", "identities": `[{"providerName":"Google"}]`} // as GetUser tells it
)

func claims(k kind, subject, email string) map[string]string {
	c := map[string]string{"sub": subject, "email": email, "name": subject, "preferred_username": subject}
	for name, value := range k {
		c[name] = value
	}
	return c
}

func emailOf(t *testing.T, db *postgres.DB, subject string) string {
	t.Helper()
	u, err := db.UserBySubject(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return u.Email
}

// An address belongs to whoever has verified it, whichever account came first; between two who have, or two
// who have not, to the first. Nobody is refused.
func TestUnverifiedYields(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	names := map[string]kind{
		"verified": verified, "linked": linked, "unverified": unverified, "autoConfirmed": autoConfirmed,
		"oddlyVerified": oddlyVerified, "federated": federated, "federatedOnly": federatedOnly,
	}
	n := 0
	for firstName, first := range names {
		for secondName, second := range names {
			n++
			a, b := fmt.Sprintf("a%d", n), fmt.Sprintf("b%d", n)
			email := fmt.Sprintf("Owner%d@corp.example", n)
			owns := func(name string) bool { return name == "verified" || name == "linked" }
			wantB := owns(secondName) && !owns(firstName)
			for range 2 { // a replay of both changes nothing
				insert(t, db, postconfirm.FromClaims(claims(first, a, email)))
				insert(t, db, postconfirm.FromClaims(claims(second, b, strings.ToUpper(email))))
			}
			gotA, gotB := emailOf(t, db, a), emailOf(t, db, b)
			if hasB := strings.EqualFold(gotB, email); hasB != wantB || strings.EqualFold(gotA, email) == wantB {
				t.Errorf("first %s, then %s: the addresses are %s and %s", firstName, secondName, gotA, gotB)
			}
			for subject, got := range map[string]string{a: gotA, b: gotB} {
				if !strings.EqualFold(got, email) && got != subject+"@no-address.invalid" {
					t.Errorf("first %s, then %s: %s has %q", firstName, secondName, subject, got)
				}
			}
		}
	}
}

func TestVerifiedAddressStays(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	owner := postconfirm.FromClaims(claims(verified, "owner", "owner@corp.example"))
	insert(t, db, owner)
	t.Run("an older event of the same account does not unverify it", func(t *testing.T) {
		insert(t, db, postconfirm.FromClaims(claims(unverified, "owner", "owner@corp.example")))
		insert(t, db, postconfirm.FromClaims(claims(verified, "other", "owner@corp.example")))
		if got := emailOf(t, db, "owner"); got != "owner@corp.example" {
			t.Errorf("the owner has %s", got)
		}
	})
	t.Run("an unverified address does not replace it", func(t *testing.T) {
		insert(t, db, postconfirm.FromClaims(claims(unverified, "owner", "new@corp.example")))
		if got := emailOf(t, db, "owner"); got != "owner@corp.example" {
			t.Errorf("the owner has %s", got)
		}
	})
	t.Run("another verified one does", func(t *testing.T) {
		insert(t, db, postconfirm.FromClaims(claims(unverified, "squatter", "new@corp.example")))
		insert(t, db, postconfirm.FromClaims(claims(verified, "owner", "new@corp.example")))
		if got, other := emailOf(t, db, "owner"), emailOf(t, db, "squatter"); got != "new@corp.example" || postconfirm.HasAddress(other) {
			t.Errorf("the owner has %s, the squatter %s", got, other)
		}
	})
	t.Run("somebody's placeholder cannot be taken before they come", func(t *testing.T) {
		for i, k := range []kind{unverified, verified} {
			insert(t, db, postconfirm.FromClaims(claims(k, fmt.Sprintf("eve%d", i), "Victim@No-Address.invalid")))
		}
		insert(t, db, postconfirm.FromClaims(claims(federated, "victim", "")))
		if got := emailOf(t, db, "victim"); got != "victim@no-address.invalid" {
			t.Errorf("the victim has %s", got)
		}
	})
	t.Run("a local account does the same", func(t *testing.T) {
		insert(t, db, postconfirm.FromClaims(claims(unverified, "squat2", "local@corp.example")))
		byHand := postconfirm.Account{Subject: "by-hand", Email: "local@corp.example", Name: "By hand", Handle: "by_hand"}
		if _, err := postconfirm.Insert(t.Context(), db, byHand, now); cruddur.KindOf(err) != cruddur.KindConflict {
			t.Errorf("an account made by hand takes an address: %v", err)
		}
		byCode := byHand
		byCode.Verified = true
		if u := insert(t, db, byCode); u.Email != "local@corp.example" {
			t.Errorf("an account confirmed by its code has %s", u.Email)
		}
	})
}

// However the events of an owner and of others meet, the owner has the address in the end.
func TestVerifiedAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for round := range 20 {
		email := fmt.Sprintf("round%d@corp.example", round)
		subjects := []string{fmt.Sprintf("owner%d", round)}
		for i := range 5 {
			subjects = append(subjects, fmt.Sprintf("other%d_%d", round, i))
		}
		var wg sync.WaitGroup
		for i, subject := range append(subjects, subjects...) { // each event comes twice
			k := []kind{verified, unverified, federated, autoConfirmed, unverified, unverified}[i%len(subjects)]
			wg.Go(func() {
				if _, err := postconfirm.Insert(t.Context(), db, postconfirm.FromClaims(claims(k, subject, email)), now); err != nil {
					t.Errorf("%s: %v", subject, err)
				}
			})
		}
		wg.Wait()
		if got := emailOf(t, db, subjects[0]); got != email {
			t.Errorf("round %d: the owner has %s", round, got)
		}
	}
}
