package postgres_test

import (
	"context"
	"testing"
	"time"

	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// A deletion takes its turn before it locks the member: who likes the member's cruds holds the turn, and wants the
// member's row.
func TestDeletionWaitsForItsTurnFirst(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ada := account(t, db, "ada")
	liker := hold(t, url, "select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))")
	deleted := make(chan error, 1)
	go func() { deleted <- db.DeleteAccount(t.Context(), ada) }()
	awaitBlocked(t, db)
	if _, err := liker.Exec(t.Context(), "select from users where handle = 'ada' for key share nowait"); err != nil {
		t.Errorf("the member is locked already: %v", err)
	}
	if err := liker.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-deleted; err != nil {
		t.Error(err)
	}
}

// Somebody no longer follows a member while another's follow, of an earlier time, is not committed yet: the notification
// goes back to that one.
func TestFollowWhileAnotherEnds(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	if err := db.Follow(t.Context(), cem.UUID, ana.UUID, true, now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	other := hold(t, url, postgres.Statements()["members/hold_pair"][0].(string), [16]byte(bo.UUID), [16]byte(ana.UUID))
	values := map[string]any{"follower_uuid": [16]byte(bo.UUID), "followed_uuid": [16]byte(ana.UUID), "now": now}
	var args []any
	for _, name := range postgres.Statements()["follows/add"][1].([]string) {
		args = append(args, values[name])
	}
	if _, err := other.Exec(t.Context(), postgres.Statements()["follows/add"][0].(string), args...); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- db.Follow(t.Context(), cem.UUID, ana.UUID, false, now) }()
	awaitBlocked(t, db)
	if err := other.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	wantTold(t, db, "the one that is left", ana, now, "follow by bo (1) *")
}

// A like refers to two members, the one who likes and the author who is told, in any order. Whoever binds two members or
// parts them does not wait for it, because the like would wait for the other of the two.
func TestPairsDoNotWaitForReferences(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	hold(t, url, "select from users for key share")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for i, err := range []error{
		db.Follow(ctx, bo.UUID, ana.UUID, true, now), db.Follow(ctx, bo.UUID, ana.UUID, false, now), db.Block(ctx, ana.UUID, bo.UUID, true, now),
	} {
		if err != nil {
			t.Errorf("number %d: %v", i, err)
		}
	}
}
