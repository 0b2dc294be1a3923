package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// hold begins a transaction outside the product's code, for the half of a statement that others conflict
// with, and rolls it back when the test ends.
func hold(t *testing.T, url, sql string, args ...any) pgx.Tx {
	t.Helper()
	tx, err := connect(t, url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback(context.Background()) })
	if tag, err := tx.Exec(t.Context(), sql, args...); err != nil || tag.RowsAffected() == 0 && tag.String() != "LOCK TABLE" {
		t.Fatalf("%s: %v, %v", sql, tag, err)
	}
	return tx
}

// awaitBlocked waits until a session of the database waits for another one's lock.
func awaitBlocked(t *testing.T, db *postgres.DB) {
	t.Helper()
	awaitWaiters(t, db, func(n int) bool { return n > 0 })
}

// awaitWaiters waits until ok accepts how many sessions of the database wait for a lock.
func awaitWaiters(t *testing.T, db *postgres.DB, ok func(int) bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		var n int
		err := db.Pool().QueryRow(t.Context(), "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if ok(n) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions wait for a lock", n)
		}
	}
}

// account makes an account with its member.
func account(t *testing.T, db *postgres.DB, handle string) (id cruddur.UUID) {
	t.Helper()
	s := cruddur.PendingSignUp{Email: handle + "@example.com", DisplayName: handle, Handle: handle, PasswordHash: "hash"}
	if err := db.CreateAccount(t.Context(), s, now, storeMember(&id)); err != nil {
		t.Fatal(err)
	}
	return id
}

// storeMember is what the product does by postconfirm.
func storeMember(id *cruddur.UUID) func(context.Context, postgres.UpsertUser, cruddur.UUID, cruddur.PendingSignUp) error {
	return func(ctx context.Context, upsert postgres.UpsertUser, account cruddur.UUID, s cruddur.PendingSignUp) error {
		*id = account
		_, err := upsert(ctx, cruddur.User{Handle: s.Handle, DisplayName: s.DisplayName, Email: s.Email, Subject: account.String()}, now)
		return err
	}
}

// hash is 32 bytes.
func hash(b byte) []byte { return slices.Repeat([]byte{b}, 32) }

// Whatever ends a family deletes its row and then its tokens. A refresh that comes in between waits, and
// finds its token dead.
func TestRefreshWhileItsFamilyEnds(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ada := account(t, db, "ada")
	f, err := db.BeginTokens(t.Context(), ada, "hash", hash(1), now.Add(time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	ender := hold(t, url, "select from token_families where uuid = $1 for update", [16]byte(f.UUID))
	refreshed := make(chan error, 1)
	go func() {
		_, err := db.RotateToken(t.Context(), hash(1), hash(2), now)
		refreshed <- err
	}()
	awaitBlocked(t, db)
	if _, err := ender.Exec(t.Context(), postgres.Statements()["tokens/end_family"][0].(string), hash(1)); err != nil {
		t.Errorf("the family's end: %v", err)
	}
	if err := ender.Commit(t.Context()); err != nil {
		t.Errorf("the family's end: %v", err)
	}
	wantKind(t, <-refreshed, cruddur.KindNotFound)
}

// Two refreshes with one token take turns, and the later finds it used.
func TestRefreshTwiceAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ada := account(t, db, "ada")
	f, err := db.BeginTokens(t.Context(), ada, "hash", hash(1), now.Add(time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	first := hold(t, url, "update token_families set last_used_at = last_used_at where uuid = $1", [16]byte(f.UUID))
	if _, err := first.Exec(t.Context(), "update refresh_tokens set used_at = created_at"); err != nil {
		t.Fatal(err)
	}
	refreshed := make(chan error, 1)
	go func() {
		_, err := db.RotateToken(t.Context(), hash(1), hash(2), now)
		refreshed <- err
	}()
	awaitBlocked(t, db)
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantKind(t, <-refreshed, cruddur.KindNotFound)
}

const address = "ada@example.com"

// beginSignUp adds a sign-up of ada's and returns those that wait, newest first.
func beginSignUp(t *testing.T, db *postgres.DB, n byte) []cruddur.PendingSignUp {
	t.Helper()
	_, err := db.BeginSignUp(t.Context(), cruddur.PendingSignUp{
		Email: address, DisplayName: "Ada", Handle: "ada", PasswordHash: "hash",
		CodeHash: hash(n), CodeExpiresAt: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour),
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	return waiting(t, db)
}

func waiting(t *testing.T, db *postgres.DB) []cruddur.PendingSignUp {
	t.Helper()
	list, err := db.WaitingSignUps(t.Context(), address, now)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// While one code of an address makes the account, a request with another code does not wait.
func TestConfirmAtOnce(t *testing.T) {
	t.Parallel()
	confirm := func(ctx context.Context, db *postgres.DB, newest cruddur.UUID) error {
		return db.ConfirmSignUp(ctx, newest, true, now, storeMember(new(cruddur.UUID)))
	}
	try := func(ctx context.Context, db *postgres.DB, _ cruddur.UUID) error {
		_, err := db.TrySignUp(ctx, address, now)
		return err
	}
	for name, test := range map[string]struct {
		later bool // a third sign-up comes after the first was taken
		other func(ctx context.Context, db *postgres.DB, newest cruddur.UUID) error
		kind  cruddur.Kind // "": no error
		code  string
		left  int
	}{
		"another code":                    {false, confirm, cruddur.KindNotFound, "not_found", 0},
		"a code that came later":          {true, confirm, cruddur.KindConflict, "email_taken", 1},
		"a try":                           {false, try, "", "", 0},
		"a try of a code that came later": {true, try, "", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			first := beginSignUp(t, db, 1)[0].UUID
			newest := beginSignUp(t, db, 2)[0].UUID
			other := make(chan error, 1)
			err := db.ConfirmSignUp(t.Context(), first, true, now, func(ctx context.Context, upsert postgres.UpsertUser, account cruddur.UUID, s cruddur.PendingSignUp) error {
				if test.later {
					newest = beginSignUp(t, db, 3)[0].UUID
				}
				go func() { other <- test.other(t.Context(), db, newest) }()
				awaitBlocked(t, db)
				return storeMember(new(cruddur.UUID))(ctx, upsert, account, s)
			})
			if err != nil {
				t.Fatalf("ConfirmSignUp() = %v", err)
			}
			switch err := <-other; {
			case test.kind != "":
				wantKind(t, err, test.kind, test.code)
			case err != nil:
				t.Errorf("the other: %v", err)
			}
			if left := waiting(t, db); len(left) != test.left {
				t.Errorf("%d sign-ups wait afterwards, want %d", len(left), test.left)
			}
		})
	}
}

// A try that is counted while a code is confirmed does not keep it from being taken.
func TestConfirmAfterATry(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	signUp := beginSignUp(t, db, 1)[0].UUID
	try := hold(t, url, "update sign_ups set tries = tries + 1")
	confirmed := make(chan error, 1)
	go func() { confirmed <- db.ConfirmSignUp(t.Context(), signUp, true, now, storeMember(new(cruddur.UUID))) }()
	awaitBlocked(t, db)
	if err := try.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-confirmed; err != nil {
		t.Errorf("ConfirmSignUp() = %v", err)
	}
}

// The sweeper of accounts holds rows of many tables: it must not wait with them in its hands.
func TestSweepAccountsDoesNotWait(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ada := account(t, db, "ada")
	if _, err := db.BeginTokens(t.Context(), ada, "hash", hash(1), now, now); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.BeginRecovery(t.Context(), "ada@example.com", hash(1), hash(2), now, now); err != nil {
		t.Fatal(err)
	}
	recovering := hold(t, url, "select from recoveries for update")
	if n, err := db.SweepAccounts(t.Context(), now, 100); err != nil || n != 1 {
		t.Errorf("SweepAccounts() = %d, %v, want the family of tokens alone", n, err)
	}
	if err := recovering.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := db.SweepAccounts(t.Context(), now, 100); err != nil || n != 1 {
		t.Errorf("SweepAccounts() = %d, %v, want the recovery", n, err)
	}
}

// A large backlog goes batch by batch.
func TestSweepAccountsInBatches(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	mustExec(t, db, `insert into token_cutoffs (key, ended_at, expires_at)
		select 'key ' || i, $1, $1 from generate_series(1, 25) i`, now)
	for _, want := range []int{10, 10, 5, 0} {
		if n, err := db.SweepAccounts(t.Context(), now, 10); err != nil || n != want {
			t.Errorf("SweepAccounts() = %d, %v, want %d", n, err, want)
		}
	}
}
