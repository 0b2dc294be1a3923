package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// once posts under a key.
func once(t *testing.T, db *postgres.DB, u cruddur.User, key, message string, ttl cruddur.TTL, at time.Time) cruddur.Activity {
	t.Helper()
	a, err := db.CreateActivityOnce(t.Context(), u.UUID, key, message, ttl, at)
	if err != nil {
		t.Fatalf("CreateActivityOnce(%q, %q) = %v", key, message, err)
	}
	return a
}

// The same author and key are one crud for as long as it lives; another's key, another key and none are others.
func TestCreateActivityOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	first := once(t, db, ana, "k", "hello", "3-hours", now)
	if again := once(t, db, ana, "k", "hello", "3-hours", now.Add(time.Hour)); !cmp.Equal(again, first) {
		t.Errorf("the second attempt is %+v, want %+v", again, first)
	}
	if again := once(t, db, ana, "k", "hello", "", now.Add(time.Hour)); !cmp.Equal(again, first) {
		t.Errorf("the second attempt, which leaves the lifetime open, is %+v, want %+v", again, first)
	}
	_, err := db.CreateActivityOnce(t.Context(), ana.UUID, "k", "hullo", "3-hours", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	_, err = db.CreateActivityOnce(t.Context(), ana.UUID, "k", "hello", "1-day", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	for what, a := range map[string]cruddur.Activity{
		"another member's":                once(t, db, bo, "k", "hello", "3-hours", now),
		"another key's":                   once(t, db, ana, "K", "hello", "3-hours", now),
		"the first of two without a key":  once(t, db, ana, "", "hello", "3-hours", now),
		"the second of two without a key": once(t, db, ana, "", "hello", "3-hours", now),
	} {
		if a.UUID == first.UUID {
			t.Errorf("%s crud is the first one", what)
		}
	}
	if list, err := db.Home(t.Context(), cruddur.UUID{}, 20, now); err != nil || len(list) != 5 {
		t.Errorf("%d cruds, %v, want 5", len(list), err)
	}
	_, err = db.CreateActivityOnce(t.Context(), cruddur.UUID{1}, "k", "nobody's", "1-day", now)
	wantKind(t, err, cruddur.KindNotFound)
}

// An expired or deleted crud does not exist: its key can be used again, swept or not.
func TestAKeyEndsWithItsCrud(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	first := once(t, db, ana, "k", "hello", "1-hour", now)
	if again := once(t, db, ana, "k", "hello", "1-hour", first.ExpiresAt.Add(-time.Microsecond)); again.UUID != first.UUID {
		t.Error("a microsecond before its end the crud is another one")
	}
	second := once(t, db, ana, "k", "another", "1-hour", first.ExpiresAt)
	if second.UUID == first.UUID || second.Message != "another" || second.CreatedAt != first.ExpiresAt {
		t.Errorf("after the end of the first the crud is %+v", second)
	}
	if err := db.DeleteActivity(t.Context(), second.UUID, ana.UUID, second.CreatedAt); err != nil {
		t.Fatal(err)
	}
	if third := once(t, db, ana, "k", "a third", "1-hour", second.CreatedAt); third.UUID == second.UUID || third.Message != "a third" {
		t.Errorf("after its deletion the crud is %+v", third)
	}
}

// Attempts at the same moment, in one batch and from two servers, are one crud each, with keys or without.
func TestOnceAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	servers := []*postgres.DB{pgtest.Open(t, url), pgtest.Open(t, url)}
	ana, bo := member(t, servers[0], "ana"), member(t, servers[0], "bo")
	tx := hold(t, url, lockActivities)
	var mu sync.Mutex
	got := map[string]map[cruddur.UUID]int{}
	var wg sync.WaitGroup
	post := func(db *postgres.DB, u cruddur.User, key, message string) {
		wg.Go(func() {
			a, err := db.CreateActivityOnce(t.Context(), u.UUID, key, message, "1-day", now)
			if err != nil || a.Message != message || a.Handle != u.Handle {
				t.Errorf("%s %q %q = %+v, %v", u.Handle, key, message, a, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			name := u.Handle + " " + key
			if got[name] == nil {
				got[name] = map[cruddur.UUID]int{}
			}
			got[name][a.UUID]++
		})
	}
	for _, db := range servers {
		post(db, ana, "", "without a key")
	}
	held(t, url, "activities/create", 2) // these are away, the others will be a batch on each server
	for range 4 {
		for _, db := range servers {
			for i := range 5 {
				post(db, ana, fmt.Sprint("key-", i), fmt.Sprint("crud ", i))
				post(db, bo, fmt.Sprint("key-", i), fmt.Sprint("crud ", i))
			}
			post(db, ana, "", "without a key")
		}
	}
	held(t, url, "activities/create", 4)
	tx.Rollback(t.Context())
	wg.Wait()
	if n := len(got["ana "]); n != 10 {
		t.Errorf("%d cruds without a key, want 10", n)
	}
	for _, handle := range []string{"ana", "bo"} {
		for i := range 5 {
			if ids := got[fmt.Sprint(handle, " key-", i)]; len(ids) != 1 {
				t.Errorf("%s key-%d: eight attempts made %d cruds: %v", handle, i, len(ids), ids)
			}
		}
	}
	if list, err := servers[1].Home(t.Context(), cruddur.UUID{}, 100, now); err != nil || len(list) != 20 {
		t.Errorf("%d rows, %v, want 20", len(list), err)
	}
}
