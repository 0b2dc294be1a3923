package postconfirm_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postconfirm"
	"cruddur/internal/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func insert(t *testing.T, db *postgres.DB, a postconfirm.Account) cruddur.User {
	t.Helper()
	u, err := postconfirm.Insert(t.Context(), db, a, now)
	if err != nil {
		t.Fatalf("Insert(%+v) = %v", a, err)
	}
	return u
}

func TestInsert(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	type want struct{ Handle, Name, Email string }
	long := strings.Repeat("é", 2000)
	for name, test := range map[string]struct {
		claims map[string]string
		want   want
	}{
		"everything is there": {
			map[string]string{"sub": "s1", "email": "bob@Example.org", "name": "Bob Ross", "preferred_username": "Bob_Ross"},
			want{"bob_ross", "Bob Ross", "bob@example.org"},
		},
		"no preferred_username: from the name, not from the address": {
			map[string]string{"sub": "s2", "email": "secret.address@example.org", "name": "Zoë Quinn"},
			want{"zoquinn", "Zoë Quinn", "secret.address@example.org"},
		},
		"no name": {
			map[string]string{"sub": "s3", "email": "c@example.org", "preferred_username": "carol"},
			want{"carol", "carol", "c@example.org"},
		},
		"neither": {
			map[string]string{"sub": "s4", "email": "d@example.org"},
			want{"member", "member", "d@example.org"},
		},
		"given_name and family_name, as an identity provider sends them": {
			map[string]string{"sub": "s5", "email": "e@example.org", "given_name": "Ada", "family_name": "Lovelace"},
			want{"adalovelace", "Ada Lovelace", "e@example.org"},
		},
		"federated without an address": {
			map[string]string{"sub": "s6", "name": "Fed", "preferred_username": "fed_1"},
			want{"fed_1", "Fed", "s6@no-address.invalid"},
		},
		"an address that no mail server would take": {
			map[string]string{"sub": "s7", "email": "\"a b\"@ex\x00ample", "preferred_username": "gina"},
			want{"gina", "gina", "s7@no-address.invalid"},
		},
		"a reserved handle": {
			map[string]string{"sub": "s8", "email": "h@example.org", "preferred_username": "admin"},
			want{"memberadmin", "memberadmin", "h@example.org"},
		},
		"SQL in every attribute": {
			map[string]string{"sub": "s9", "email": "i@example.org", "name": "'); drop table users; --", "preferred_username": "x'); drop table users; --"},
			want{"xdroptableusers", "'); drop table users; --", "i@example.org"},
		},
		"NUL, broken UTF-8 and control characters": {
			map[string]string{"sub": "s10", "email": "j@example.org", "name": "J\x00o\xffe\nX\x07", "preferred_username": "\x00\xff"},
			want{"member_", "Joe X", "j@example.org"},
		},
		"a name that turns round what stands beside it": {
			map[string]string{"sub": "s12", "email": "l@example.org", "name": "\u202eadA\u2069 \u200bL\u034f", "preferred_username": "ada_l"},
			want{"ada_l", "adA L", "l@example.org"},
		},
		"a name that shows nothing": {
			map[string]string{"sub": "s13", "email": "m@example.org", "name": "\u3164\u2800\U000E0041", "given_name": "Mia", "family_name": "\u115f", "preferred_username": "\u3164"},
			want{"mia", "Mia", "m@example.org"},
		},
		"nothing that shows at all": {
			map[string]string{"sub": "s14", "email": "n@example.org", "name": "\u202e\u2067", "preferred_username": "nora"},
			want{"nora", "nora", "n@example.org"},
		},
		"an emoji that the limit cuts through": {
			map[string]string{"sub": "s15", "email": "o@example.org", "name": strings.Repeat("o", 48) + "👩\u200d👩", "preferred_username": "olga"},
			want{"olga", strings.Repeat("o", 48) + "👩", "o@example.org"},
		},
		"2000 characters": {
			map[string]string{"sub": "s11", "email": "k@example.org", "name": long, "preferred_username": strings.Repeat("k", 2000)},
			want{strings.Repeat("k", 20), long[:2*cruddur.MaxDisplayName], "k@example.org"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := insert(t, db, postconfirm.FromClaims(test.claims))
			got := want{u.Handle, u.DisplayName, u.Email}
			if prefix, ok := strings.CutSuffix(test.want.Handle, "_"); ok && strings.HasPrefix(got.Handle, prefix) {
				got.Handle = test.want.Handle // taken or not by another case: the suffix is random
			}
			if test.want.Handle == "member" && strings.HasPrefix(got.Handle, "member") {
				got.Handle, got.Name = "member", "member"
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the member (-want +got):\n%s", diff)
			}
			if u.Subject != test.claims["sub"] {
				t.Errorf("subject = %q", u.Subject)
			}
		})
	}
}

func TestInsertRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, a := range map[string]postconfirm.Account{
		"no subject":                  {Email: "a@example.org", Handle: "aa", External: true},
		"a subject of 129 characters": {Subject: strings.Repeat("s", 129), Email: "a@example.org", External: true},
		"a subject with a NUL":        {Subject: "s\x00", Email: "a@example.org", External: true},
		"no address, of our own":      {Subject: "s", Handle: "aa"},
	} {
		t.Run(name, func(t *testing.T) {
			if u, err := postconfirm.Insert(t.Context(), db, a, now); cruddur.KindOf(err) != cruddur.KindInvalid {
				t.Errorf("Insert() = %+v, %v, want an invalid error", u, err)
			}
		})
	}
}

func TestInsertCollisions(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	first := insert(t, db, postconfirm.Account{Subject: "one", Email: "one@example.org", Name: "One", Handle: "same"})

	t.Run("a handle that is taken gets a suffix", func(t *testing.T) {
		u := insert(t, db, postconfirm.Account{Subject: "two", Email: "two@example.org", Name: "Two", Handle: "Same"})
		if !strings.HasPrefix(u.Handle, "same_") || len(u.Handle) != len("same_")+5 {
			t.Errorf("handle = %q, want same_ and five characters", u.Handle)
		}
	})
	t.Run("the longest handle makes room for its suffix", func(t *testing.T) {
		long := strings.Repeat("l", cruddur.MaxHandle)
		insert(t, db, postconfirm.Account{Subject: "l1", Email: "l1@example.org", Handle: long})
		if u := insert(t, db, postconfirm.Account{Subject: "l2", Email: "l2@example.org", Handle: long}); len(u.Handle) != cruddur.MaxHandle {
			t.Errorf("handle = %q", u.Handle)
		}
	})
	t.Run("an address that is taken is an error of our own provider", func(t *testing.T) {
		_, err := postconfirm.Insert(t.Context(), db, postconfirm.Account{Subject: "three", Email: "ONE@example.org", Handle: "three"}, now)
		if diff := cmp.Diff([]string{"email_taken"}, cruddur.CodesOf(err)); diff != "" {
			t.Errorf("codes (-want +got):\n%s", diff)
		}
	})
	t.Run("and a placeholder for another's account", func(t *testing.T) {
		u := insert(t, db, postconfirm.Account{Subject: "four", Email: "ONE@example.org", Handle: "four", External: true})
		if postconfirm.HasAddress(u.Email) {
			t.Errorf("email = %q, want the placeholder", u.Email)
		}
		if again := insert(t, db, postconfirm.Account{Subject: "one", Email: "one@example.org"}); again.UUID != first.UUID || again.Email != first.Email {
			t.Errorf("the first member became %+v", again)
		}
	})
}

func TestInsertTwice(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	a := postconfirm.Account{Subject: "twice", Email: "old@example.org", Name: "Twice", Handle: "twice", External: true}
	first := insert(t, db, a)

	t.Run("changes nothing", func(t *testing.T) {
		if diff := cmp.Diff(first, insert(t, db, a)); diff != "" {
			t.Errorf("second delivery (-first +second):\n%s", diff)
		}
	})
	t.Run("but the address", func(t *testing.T) {
		changed := a
		changed.Email, changed.Name, changed.Handle = "new@example.org", "Other", "other"
		want := first
		want.Email = "new@example.org"
		if diff := cmp.Diff(want, insert(t, db, changed)); diff != "" {
			t.Errorf("after a change (-want +got):\n%s", diff)
		}
	})
	t.Run("which a placeholder never replaces", func(t *testing.T) {
		missing := a
		missing.Email = ""
		if u := insert(t, db, missing); u.Email != "new@example.org" {
			t.Errorf("email = %q", u.Email)
		}
	})
}

// Deliveries at once that find no row may not meet in users_handle_key or users_email_key with their
// own member's values, nor wait for each other in a circle.
func TestInsertAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for round := range 10 {
		a := postconfirm.Account{Subject: "at-once-" + string(rune('a'+round)), Name: "At once", External: round%2 == 0}
		a.Handle, a.Email = "h_"+a.Subject[8:], a.Subject+"@example.org"
		var wg sync.WaitGroup
		users := make([]cruddur.User, 8)
		errs := make([]error, 8)
		for i := range users {
			wg.Go(func() { users[i], errs[i] = postconfirm.Insert(t.Context(), db, a, now) })
		}
		wg.Wait()
		for i := range users {
			if errs[i] != nil {
				t.Fatalf("round %d: delivery %d: %v", round, i, errs[i])
			}
			if diff := cmp.Diff(users[0], users[i]); diff != "" {
				t.Fatalf("round %d: delivery %d has another member (-first +this):\n%s", round, i, diff)
			}
		}
	}
}

type storeFunc func(u cruddur.User) (cruddur.User, error)

func (f storeFunc) UpsertUser(_ context.Context, u cruddur.User, _ time.Time) (cruddur.User, error) {
	return f(u)
}

func TestInsertAfterDeadlock(t *testing.T) {
	t.Parallel()
	a := postconfirm.Account{Subject: "s", Email: "s@example.org", Name: "S", Handle: "same"}
	calls := 0
	u, err := postconfirm.Insert(t.Context(), storeFunc(func(u cruddur.User) (cruddur.User, error) {
		if calls++; calls < 3 {
			return cruddur.User{}, cruddur.NewError(cruddur.KindConflict)
		}
		return u, nil
	}), a, now)
	if err != nil || u.Handle != "same" || calls != 3 {
		t.Errorf("Insert = %+v, %v after %d calls", u, err, calls)
	}
	calls = 0
	_, err = postconfirm.Insert(t.Context(), storeFunc(func(cruddur.User) (cruddur.User, error) {
		calls++
		return cruddur.User{}, cruddur.NewError(cruddur.KindConflict)
	}), a, now)
	if cruddur.KindOf(err) != cruddur.KindConflict || calls > 10 {
		t.Errorf("Insert for ever = %v after %d calls", err, calls)
	}
}
