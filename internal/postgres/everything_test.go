package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// All that a member has written goes, with what hangs on it and nothing else; what is hidden goes too, and what is
// not visible is not counted.
func TestDeleteEverything(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo, cy := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cy")
	var kept, gone []cruddur.Activity
	for i := range 103 { // more threads than are deleted at once
		gone = append(gone, crud(t, db, ana, fmt.Sprintf("crud %d", i), "1-day", now))
	}
	gone = append(gone, crud(t, db, ana, "over", "1-hour", now.Add(-time.Hour)))
	below := reply(t, db, bo, gone[0], "on ana's", "", now)
	gone = append(gone, below, reply(t, db, ana, below, "her own below", "", now), reply(t, db, cy, below, "another", "", now))
	other := crud(t, db, bo, "bo's", "1-day", now)
	mine := reply(t, db, ana, other, "ana on bo's", "", now)
	gone = append(gone, mine, reply(t, db, bo, mine, "below it", "", now))
	kept = append(kept, other, reply(t, db, cy, other, "beside it", "", now))
	hidden := crud(t, db, cy, "cy's", "1-day", now)
	gone = append(gone, reply(t, db, ana, hidden, "ana on cy's", "", now))
	if err := db.Suspend(t.Context(), cy.UUID, now); err != nil {
		t.Fatal(err)
	}

	want := cruddur.Everything{Cruds: 103, Replies: 2, Others: 2}
	if got, err := db.CountEverything(t.Context(), ana.UUID, now); err != nil || got != want {
		t.Errorf("CountEverything() = %+v, %v, want %+v", got, err, want)
	}
	// 103 cruds, her own reply below one of them, and those on bo's and cy's.
	for _, want := range []int{103 + 3, 0} {
		if n, err := db.DeleteEverything(t.Context(), ana.UUID, now); err != nil || n != want {
			t.Errorf("DeleteEverything() = %d, %v, want %d", n, err, want)
		}
	}
	if err := db.Unsuspend(t.Context(), cy.UUID); err != nil {
		t.Fatal(err)
	}
	for _, a := range gone {
		_, err := db.Activity(t.Context(), a.UUID, now)
		wantKind(t, err, cruddur.KindNotFound)
	}
	for _, a := range append(kept, hidden) {
		if got, err := db.Activity(t.Context(), a.UUID, now); err != nil || got.Message != a.Message {
			t.Errorf("%q is gone too: %v", a.Message, err)
		}
	}
	if got, err := db.CountEverything(t.Context(), ana.UUID, now); err != nil || got != (cruddur.Everything{}) {
		t.Errorf("after it: %+v, %v", got, err)
	}
	if got, err := db.Activity(t.Context(), other.UUID, now); err != nil || got.RepliesCount != 1 {
		t.Errorf("bo's crud has %d replies, %v, want 1", got.RepliesCount, err)
	}
}

// A handle is told only of what is visible.
func TestAuthors(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	a, b := crud(t, db, ana, "a", "3-hours", now), crud(t, db, bo, "b", "1-hour", now)
	ids := []cruddur.UUID{b.UUID, {1}, a.UUID}
	got, err := db.Authors(t.Context(), ids, now)
	if err != nil || len(got) != 2 || got[a.UUID] != "ana" || got[b.UUID] != "bo" {
		t.Errorf("Authors() = %v, %v", got, err)
	}
	if got, err := db.Authors(t.Context(), ids, b.ExpiresAt); err != nil || len(got) != 1 || got[a.UUID] != "ana" {
		t.Errorf("after the end of one: %v, %v", got, err)
	}
}
