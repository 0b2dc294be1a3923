package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// ending is one kind of row that the sweeper of accounts deletes.
type ending struct {
	table string
	make  func(t *testing.T, db *postgres.DB, n byte, end time.Time)
}

var endings = map[string]ending{
	"a sign-up": {"sign_ups", func(t *testing.T, db *postgres.DB, n byte, end time.Time) {
		_, err := db.BeginSignUp(t.Context(), cruddur.PendingSignUp{
			Email: fmt.Sprint(n, "@example.com"), DisplayName: "A", Handle: fmt.Sprint("mem", n), PasswordHash: "hash",
			CodeHash: hash(n), CodeExpiresAt: now, ExpiresAt: end,
		}, now)
		must(t, err)
	}},
	"a code for a new password": {"recoveries", func(t *testing.T, db *postgres.DB, n byte, end time.Time) {
		_, _, err := db.BeginRecovery(t.Context(), "a@example.com", hash(n), hash(n), end, now)
		must(t, err)
	}},
	"failed attempts, quiet for 15 minutes": {"sign_in_attempts", func(t *testing.T, db *postgres.DB, n byte, end time.Time) {
		_, err := db.CountAttempt(t.Context(), hash(n), end.Add(-15*time.Minute))
		must(t, err)
	}},
	"a family of tokens": {"token_families", func(t *testing.T, db *postgres.DB, n byte, end time.Time) {
		_, err := db.BeginTokens(t.Context(), account(t, db, fmt.Sprint("mem", n)), "hash", hash(n), end, now)
		must(t, err)
	}},
	"a session, idle for 14 days": {"sessions", func(t *testing.T, db *postgres.DB, n byte, end time.Time) {
		session(t, db, member(t, db, fmt.Sprint("mem", n)), n, end.Add(-14*day))
	}},
	"a session, 90 days old": {"sessions", func(t *testing.T, db *postgres.DB, n byte, end time.Time) {
		session(t, db, member(t, db, fmt.Sprint("mem", n)), n, end.Add(-90*day))
		mustExec(t, db, "update sessions set last_used_at = $1", end.Add(-time.Hour))
	}},
	"a cutoff": {"token_cutoffs", func(t *testing.T, db *postgres.DB, n byte, end time.Time) {
		must(t, db.CutOff(t.Context(), fmt.Sprint("key ", n), now, end))
	}},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Every kind goes at its end and not before, at most a batch at a time, around what somebody holds.
func TestSweepAccountsOfEveryKind(t *testing.T) {
	t.Parallel()
	end := now.Add(24 * time.Hour)
	for name, kind := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			db := pgtest.Open(t, url)
			for n := range byte(4) {
				kind.make(t, db, n, end)
			}
			sweep := func(what string, at time.Time, want int) {
				t.Helper()
				if got, err := db.SweepAccounts(t.Context(), at, 2); err != nil || got != want {
					t.Errorf("%s: SweepAccounts() = %d, %v, want %d", what, got, err, want)
				}
			}
			sweep("before the end", end.Add(-time.Microsecond), 0)
			holder := hold(t, url, "select from "+kind.table+" limit 1 for update")
			sweep("a batch of what is free", end, 2)
			sweep("the rest of what is free", end, 1)
			sweep("only what is held", end, 0)
			must(t, holder.Rollback(t.Context()))
			sweep("what was held", end, 1)
			sweep("nothing left", end, 0)
		})
	}
}

// A signing key goes when its successor is a day old. The newest stays, however old it is.
func TestSweepSigningKeys(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	for n, at := range []time.Time{now, now.Add(time.Hour)} {
		_, err := db.EnsureSigningKey(ctx, at.Add(-time.Second), at, func() (cruddur.SigningKey, error) {
			return cruddur.SigningKey{ID: fmt.Sprint("key ", n), PrivateKey: hash(byte(n))}, nil
		})
		must(t, err)
	}
	for _, c := range []struct {
		at   time.Time
		want int
	}{{now.Add(25*time.Hour - time.Microsecond), 0}, {now.Add(25 * time.Hour), 1}, {now.Add(1000 * time.Hour), 0}} {
		if n, err := db.SweepAccounts(ctx, c.at, 10); err != nil || n != c.want {
			t.Errorf("SweepAccounts(%v) = %d, %v, want %d", c.at, n, err, c.want)
		}
	}
	if keys, err := db.SigningKeys(ctx); err != nil || len(keys) != 1 || keys[0].ID != "key 1" {
		t.Errorf("SigningKeys() = %v, %v, want the newer one", keys, err)
	}
}

// A sweep waits for no lock longer than a moment, ends itself, and its commit waits for no disk. All of it
// holds for the sweep's transaction alone.
func TestSweepSettings(t *testing.T) {
	t.Parallel()
	ctx, conn := t.Context(), connect(t, pgtest.URL(t))
	_, err := conn.Exec(ctx, "set synchronous_commit = on") // the tests' servers have it off
	must(t, err)
	const shown = `select array[current_setting('lock_timeout'), current_setting('statement_timeout'),
		current_setting('synchronous_commit'), current_setting('plan_cache_mode')]`
	tx, err := conn.Begin(ctx)
	must(t, err)
	defer tx.Rollback(ctx)
	var before, within, after []string
	must(t, tx.QueryRow(ctx, shown).Scan(&before))
	_, err = tx.Exec(ctx, postgres.Statements()["activities/sweep_settings"][0].(string))
	must(t, err)
	must(t, tx.QueryRow(ctx, shown).Scan(&within))
	if got, want := fmt.Sprint(within), "[25ms 5s off auto]"; got != want {
		t.Errorf("lock_timeout, statement_timeout, synchronous_commit, plan_cache_mode are %s, want %s", got, want)
	}
	must(t, tx.Commit(ctx))
	must(t, conn.QueryRow(ctx, shown).Scan(&after))
	if fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("after the transaction they are %s, want %s", after, before)
	}
}

// A lock that somebody holds for long fails the sweep at once, and the sweep is tried again later.
func TestSweepGivesWay(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	crud(t, db, member(t, db, "ana"), "over", "1-hour", now)
	holder := hold(t, url, lockActivities)
	if n, err := db.Sweep(t.Context(), now.Add(2*time.Hour), 10); err == nil {
		t.Errorf("Sweep() of a locked table = %d, want an error", n)
	}
	must(t, holder.Rollback(t.Context()))
	if n, err := db.Sweep(t.Context(), now.Add(2*time.Hour), 10); err != nil || n != 1 {
		t.Errorf("Sweep() afterwards = %d, %v, want 1", n, err)
	}
}
