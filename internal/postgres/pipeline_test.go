package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// lockActivities, held, keeps every statement on activities waiting, so that batches form behind the first.
const lockActivities = "lock table activities in access exclusive mode"

// held waits until n sessions wait for a lock with a statement.
func held(t *testing.T, url, statement string, sessions int) {
	t.Helper()
	conn := connect(t, url)
	for range 1000 {
		var n int
		err := conn.QueryRow(t.Context(), `select count(*) from pg_stat_activity
			where datname = current_database() and wait_event_type = 'Lock' and query like '%' || $1 || '%'`, statement).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if n >= sessions {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %d sessions wait with %s", sessions, statement)
}

func TestReadsAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	var cruds []cruddur.Activity
	for i := range 40 {
		cruds = append(cruds, crud(t, db, ana, fmt.Sprint(i), "1-day", now.Add(time.Duration(i)*time.Second)))
	}
	var wg sync.WaitGroup
	for i, a := range cruds {
		wg.Go(func() {
			for range 20 {
				if got, err := db.Activity(t.Context(), a.UUID, now); err != nil || !cmp.Equal(got, a) {
					t.Errorf("crud %d: %+v, %v", i, got, err)
				}
				list, err := db.Home(t.Context(), a.UUID, 100, now)
				if err != nil || len(list) != i || i > 0 && !cmp.Equal(list[0], cruds[i-1]) {
					t.Errorf("before crud %d: %d cruds, %v", i, len(list), err)
				}
				_, err = db.Activity(t.Context(), cruddur.UUID{1}, now)
				wantKind(t, err, cruddur.KindNotFound)
			}
		})
	}
	wg.Wait()
}

// A batch stores every crud as its author wrote it: with their name, and for the life that they chose or
// else for their default.
func TestBatchIsStored(t *testing.T) {
	t.Parallel()
	writeAtOnce(t, false)
}

// A failure in a batch does not affect the others, and nothing is stored twice.
func TestWritesAtOnce(t *testing.T) {
	t.Parallel()
	writeAtOnce(t, true)
}

// writeAtOnce stores 40 cruds of two authors, all but the first in a batch, which the server refuses if one
// of its texts is none.
func writeAtOnce(t *testing.T, refused bool) {
	url := pgtest.URL(t)
	// A slow machine must not give up the first crud before the others are a batch.
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, StatementTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	authors := []cruddur.User{member(t, db, "ana"), member(t, db, "bo")}
	defaults := []time.Duration{7 * day, 12 * time.Hour}
	if _, err := db.UpdateProfile(t.Context(), authors[1].UUID, postgres.ProfileChange{DefaultTTL: "12-hours"}, now); err != nil {
		t.Fatal(err)
	}
	tx := hold(t, url, lockActivities)
	var wg sync.WaitGroup
	for i := range 40 {
		if i == 1 {
			held(t, url, "activities/create", 1) // the first is away, the others will be a batch
		}
		author, life := authors[i/2%2], defaults[i/2%2]
		wg.Go(func() {
			switch {
			case i%10 == 3 && refused:
				_, err := db.CreateActivity(t.Context(), author.UUID, "a\x00b", "1-day", now)
				wantKind(t, err, cruddur.KindInvalid, "invalid_text")
			case i%10 == 7:
				_, err := db.CreateActivity(t.Context(), cruddur.UUID{1}, "nobody's", "1-day", now)
				wantKind(t, err, cruddur.KindNotFound)
			default:
				want := cruddur.Activity{
					UserUUID: author.UUID, Handle: author.Handle, DisplayName: author.DisplayName, Message: fmt.Sprintf("crud %d", i),
					CreatedAt: now.Add(time.Duration(i) * time.Second),
				}
				var ttl cruddur.TTL
				if i%2 == 0 {
					ttl, life = "3-hours", 3*time.Hour
				}
				want.ExpiresAt = want.CreatedAt.Add(life)
				got, err := db.CreateActivity(t.Context(), author.UUID, want.Message, ttl, want.CreatedAt)
				want.UUID = got.UUID
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("crud %d: %v, want -, got +\n%s", i, err, diff)
				}
				if shown, err := db.Activity(t.Context(), got.UUID, now); err != nil || !cmp.Equal(shown, got) {
					t.Errorf("crud %d is shown as %+v, %v", i, shown, err)
				}
			}
		})
	}
	// The others are a batch, or on a slow machine the second waits alone and the others after it.
	held(t, url, "activities/create", 2)
	tx.Rollback(t.Context())
	wg.Wait()
	want := 36
	if refused {
		want = 32
	}
	list, err := db.Home(t.Context(), cruddur.UUID{}, 100, now)
	stored := map[string]int{}
	for _, a := range list {
		stored[a.Message]++
	}
	if err != nil || len(list) != want || len(stored) != want {
		t.Errorf("%d rows of %d messages, want %d of %d: %v", len(list), len(stored), want, want, err)
	}
}

// A lost connection fails a write, which may have been committed, and only delays a read.
func TestBatchLosesItsConnection(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana := member(t, db, "ana")
	a := crud(t, db, ana, "there", "1-day", now)
	db.SetReadTimeout(time.Minute) // or a slow machine reads alone before the connection is lost
	tx := hold(t, url, lockActivities)
	var wg sync.WaitGroup
	var stored atomic.Int32
	for range 10 {
		wg.Go(func() {
			if _, err := db.CreateActivity(t.Context(), ana.UUID, "lost", "1-day", now); err == nil {
				stored.Add(1) // it came after the loss
			} else {
				wantKind(t, err, cruddur.KindUnavailable)
			}
		})
		wg.Go(func() {
			if got, err := db.Activity(t.Context(), a.UUID, now); err != nil || !cmp.Equal(got, a) {
				t.Errorf("read: %+v, %v", got, err)
			}
		})
	}
	held(t, url, "activities/create", 1)
	held(t, url, "activities/show", 1)
	_, err := connect(t, url).Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and wait_event_type = 'Lock'`)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // no write may try again, which would end well now
	tx.Rollback(t.Context())
	wg.Wait()
	list, err := db.Home(t.Context(), cruddur.UUID{}, 20, now)
	if n := int(stored.Load()); err != nil || len(list) != 1+n || n == 10 {
		t.Errorf("%d writes have succeeded and %d cruds are stored: %v", n, len(list)-1, err)
	}
}

// Who waits behind a batch that a lock holds up gets a lane of their own.
func TestBatchHeldUp(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	tx := hold(t, url, "select from users where uuid = $1 for update", [16]byte(ana.UUID))
	done := make(chan error, 1)
	go func() {
		_, err := db.CreateActivity(t.Context(), ana.UUID, "waits", "1-day", now)
		done <- err
	}()
	held(t, url, "activities", 1)
	time.Sleep(postgres.Patience) // nobody is behind it when it becomes late
	for range 3 {
		crud(t, db, bo, "does not wait", "1-day", now)
	}
	select {
	case err := <-done:
		t.Errorf("ana's crud did not wait: %v", err)
	default:
	}
	tx.Rollback(t.Context())
	if err := <-done; err != nil {
		t.Errorf("ana's crud: %v", err)
	}
}

func TestBatchGivenUp(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana := member(t, db, "ana")
	tx := hold(t, url, lockActivities)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := db.Home(ctx, cruddur.UUID{}, 20, now); !errors.Is(err, context.Canceled) {
				t.Errorf("Home() = %v", err)
			}
		})
	}
	held(t, url, "activities", 1)
	cancel()
	wg.Wait() // although the lock is still held
	tx.Rollback(t.Context())
	crud(t, db, ana, "afterwards", "1-day", now)
	if list, err := db.Home(t.Context(), cruddur.UUID{}, 20, now); err != nil || len(list) != 1 {
		t.Errorf("Home() = %v, %v", list, err)
	}
}
