package postgres_test

import (
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// passwordOf is the hash that an address can be signed in with.
func passwordOf(t *testing.T, db *postgres.DB, email string) string {
	t.Helper()
	c, err := db.Credentials(t.Context(), email, now)
	must(t, err)
	return c.PasswordHash
}

// A password changes only if it is still the one that was checked: a reset that came in between wins.
func TestOvertakenPasswordChange(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ada, bea := account(t, db, "ada"), account(t, db, "bea")
	begin := func(of cruddur.UUID, password string, n byte) cruddur.TokenFamily {
		t.Helper()
		f, err := db.BeginTokens(ctx, of, password, hash(n), now.Add(time.Hour), now)
		must(t, err)
		return f
	}
	alive := func(f cruddur.TokenFamily) bool {
		_, err := db.TokenMember(ctx, f.UUID, f.Account.String(), now)
		return err == nil
	}
	mine, other := begin(ada, "hash", 1), begin(bea, "hash", 2)

	wantKind(t, db.ChangePassword(ctx, ada, "an older hash", "overtaken", now), cruddur.KindNotFound)
	must(t, db.Rehash(ctx, ada, "an older hash", "overtaken"))
	if got := passwordOf(t, db, "ada@example.com"); got != "hash" || !alive(mine) {
		t.Errorf("after changes that were overtaken the hash is %q, the token alive: %v", got, alive(mine))
	}
	must(t, db.Rehash(ctx, ada, "hash", "rehashed"))
	if got := passwordOf(t, db, "ada@example.com"); got != "rehashed" || !alive(mine) {
		t.Errorf("after Rehash() the hash is %q, the token alive: %v", got, alive(mine))
	}
	must(t, db.ChangePassword(ctx, ada, "rehashed", "changed", now))
	if got := passwordOf(t, db, "ada@example.com"); got != "changed" || alive(mine) {
		t.Errorf("after ChangePassword() the hash is %q, the token alive: %v", got, alive(mine))
	}
	if got := passwordOf(t, db, "bea@example.com"); got != "hash" || !alive(other) {
		t.Errorf("another member's hash is %q, their token alive: %v", got, alive(other))
	}
	_, err := db.BeginTokens(ctx, ada, "rehashed", hash(3), now.Add(time.Hour), now)
	wantKind(t, err, cruddur.KindNotFound)
}

// A sign-in that meets a change of password waits for it, and finds that its password is no longer right.
func TestSignInDuringAChange(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ada := account(t, db, "ada")
	change := hold(t, url, "update accounts set password_hash = 'changed' where uuid = $1", [16]byte(ada))
	signedIn := make(chan error, 1)
	go func() {
		_, err := db.BeginTokens(t.Context(), ada, "hash", hash(1), now.Add(time.Hour), now)
		signedIn <- err
	}()
	awaitBlocked(t, db)
	must(t, change.Commit(t.Context()))
	wantKind(t, <-signedIn, cruddur.KindNotFound)
}

// A code for a new password is valid for five attempts and a limited time. A new code starts again.
func TestRecoveryTries(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ada := account(t, db, "ada")
	end := now.Add(15 * time.Minute)
	begin := func(code byte) {
		t.Helper()
		id, email, err := db.BeginRecovery(ctx, "ADA@example.com", hash(1), hash(code), end, now)
		if err != nil || id != ada || email != "ada@example.com" {
			t.Errorf("BeginRecovery() = %v, %q, %v", id, email, err)
		}
	}
	try := func(what string, at time.Time, code byte, alive bool) {
		t.Helper()
		r, err := db.TryRecovery(ctx, hash(1), at)
		if err != nil || r.Account != ada || string(r.CodeHash) != string(hash(code)) || r.Alive != alive {
			t.Errorf("%s: TryRecovery() = %+v, %v, want alive: %v", what, r, err, alive)
		}
	}
	_, err := db.TryRecovery(ctx, hash(1), now)
	wantKind(t, err, cruddur.KindNotFound)
	for _, code := range []byte{7, 8} {
		begin(code)
		for range 5 {
			try("one of five tries", end.Add(-time.Microsecond), code, true)
		}
		for range 3 {
			try("a try too many", now, code, false)
		}
	}
	begin(9)
	try("at its end", end, 9, false)
	must(t, err2(db.BeginRecovery(ctx, "nobody@example.com", hash(2), hash(9), end, now)))
	if r, err := db.TryRecovery(ctx, hash(2), now); err != nil || !r.Account.IsZero() {
		t.Errorf("TryRecovery() of nobody = %+v, %v", r, err)
	}
}

func err2[A, B any](_ A, _ B, err error) error { return err }

// A code sets one password once, and ends that member's tokens, sessions and lockout, but no other member's.
func TestRecover(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	var members []cruddur.User
	for i, handle := range []string{"ada", "bea"} {
		n := byte(i + 1)
		id := account(t, db, handle)
		u, err := db.UserBySubject(ctx, id.String())
		must(t, err)
		members = append(members, u)
		session(t, db, u, n, now)
		_, err = db.BeginTokens(ctx, id, "hash", hash(n), now.Add(time.Hour), now)
		must(t, err)
		for range 5 {
			_, err := db.CountAttempt(ctx, hash(n), now)
			must(t, err)
		}
		must(t, err2(db.BeginRecovery(ctx, u.Email, hash(n), hash(50+n), now.Add(time.Hour), now)))
	}
	_, err := db.Recover(ctx, hash(1), hash(52), "new", now)
	wantKind(t, err, cruddur.KindNotFound)
	if email, err := db.Recover(ctx, hash(1), hash(51), "new", now); err != nil || email != "ada@example.com" {
		t.Errorf("Recover() = %q, %v", email, err)
	}
	_, err = db.Recover(ctx, hash(1), hash(51), "again", now)
	wantKind(t, err, cruddur.KindNotFound)
	for i, left := range []bool{false, true} {
		n := byte(i + 1)
		if got, want := passwordOf(t, db, members[i].Email), map[bool]string{true: "hash", false: "new"}[left]; got != want {
			t.Errorf("the hash of %s is %q, want %q", members[i].Handle, got, want)
		}
		if _, _, err := db.ResumeSession(ctx, hash(n), now); (err == nil) != left {
			t.Errorf("the session of %s: %v, want it left: %v", members[i].Handle, err, left)
		}
		if _, err := db.RotateToken(ctx, hash(n), hash(20+n), now); (err == nil) != left {
			t.Errorf("the token of %s: %v, want it left: %v", members[i].Handle, err, left)
		}
		if locked, err := db.CountAttempt(ctx, hash(n), now); err != nil || (locked > 0) != left {
			t.Errorf("%s is locked for %v, %v, want so: %v", members[i].Handle, locked, err, left)
		}
	}
}

// From the fifth failure on an address is locked, each time for twice as long up to a quarter of an hour,
// and to the microsecond. A quiet quarter of an hour forgets all.
func TestAttempts(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	at := now
	count := func() time.Duration {
		t.Helper()
		locked, err := db.CountAttempt(ctx, hash(1), at)
		must(t, err)
		return locked
	}
	for range 4 {
		if locked := count(); locked != 0 {
			t.Fatalf("locked for %v before the fifth failure", locked)
		}
		at = at.Add(15*time.Minute - time.Microsecond) // not quite quiet
	}
	for _, seconds := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
		if locked := count(); locked != 0 {
			t.Fatalf("the attempt before the lock of %d s met a lock of %v", seconds, locked)
		}
		if locked := count(); locked != time.Duration(seconds)*time.Second {
			t.Errorf("locked for %v, want %d s", locked, seconds)
		}
		at = at.Add(time.Duration(seconds)*time.Second - time.Microsecond)
		if locked := count(); locked == 0 {
			t.Errorf("the lock of %d s ended early", seconds)
		}
		at = at.Add(time.Microsecond)
	}
	count()
	at = at.Add(900*time.Second + 15*time.Minute)
	for range 4 {
		count()
	}
	if locked := count(); locked != 0 {
		t.Errorf("the fifth failure after a quiet time meets a lock of %v", locked)
	}
	must(t, db.ClearAttempts(ctx, hash(2)))
	if locked := count(); locked == 0 {
		t.Error("another address's success has ended the lock")
	}
	must(t, db.ClearAttempts(ctx, hash(1)))
	if locked := count(); locked != 0 {
		t.Errorf("after a success the lock is %v", locked)
	}
}

// A new code takes the place of the old one with all that belongs to it, also when the address has got its
// account in between.
func TestRecoveryBeginsAnew(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	begin := func(email string, address, code byte, end time.Time) {
		t.Helper()
		must(t, err2(db.BeginRecovery(ctx, email, hash(address), hash(code), end, now)))
	}
	begin("ada@example.com", 1, 11, now.Add(time.Minute))
	begin("bea@example.com", 2, 12, now.Add(time.Minute))
	ada := account(t, db, "ada")
	begin("ada@example.com", 1, 13, now.Add(time.Hour))
	for range 5 {
		if r, err := db.TryRecovery(ctx, hash(1), now.Add(30*time.Minute)); err != nil || r.Account != ada || !r.Alive {
			t.Errorf("TryRecovery() of the new code = %+v, %v", r, err)
		}
	}
	if r, err := db.TryRecovery(ctx, hash(2), now); err != nil || !r.Account.IsZero() || !r.Alive {
		t.Errorf("TryRecovery() of another address = %+v, %v", r, err)
	}
}
