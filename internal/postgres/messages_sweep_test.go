package postgres_test

import (
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// Messages go at their end and conversations thirty days after it, at most a batch at a time, around what somebody
// holds; the alarm and the next end know of both.
func TestSweepMessages(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana := member(t, db, "ana")
	var ends []time.Time
	for i, handle := range []string{"bo", "cem", "dia", "eli"} {
		m := send(t, db, ana, member(t, db, handle), "hello", now.Add(time.Duration(i)*time.Minute))
		ends = append(ends, m.ExpiresAt)
	}
	sweep := func(what string, at time.Time, want int) {
		t.Helper()
		if n, err := db.SweepMessages(ctx, at, 2); err != nil || n != want {
			t.Errorf("%s: SweepMessages() = %d, %v, want %d", what, n, err, want)
		}
	}
	waits := func(what string, next, at time.Time, rows int64, lag time.Duration) {
		t.Helper()
		got, err := db.NextExpiry(ctx)
		n, since, lerr := db.PurgeLag(ctx, at)
		if err != nil || lerr != nil || !got.Equal(next) || n != rows || since != lag {
			t.Errorf("%s: the next end is %v, %d wait since %v, want %v, %d, %v (%v, %v)", what, got, n, since, next, rows, lag, err, lerr)
		}
	}
	waits("before", ends[0], ends[0].Add(-time.Microsecond), 0, 0)
	waits("at the end", ends[0], ends[0], 1, 0)
	waits("two minutes later", ends[0], ends[0].Add(2*time.Minute), 3, 2*time.Minute)
	sweep("before the end", ends[0].Add(-time.Microsecond), 0)
	sweep("the first", ends[0], 1)
	holder := hold(t, url, "select from messages where expires_at = $1 for update", ends[2])
	sweep("what is free", ends[3], 2)
	sweep("only what is held", ends[3], 0)
	if err := holder.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	sweep("the rest", ends[3], 1)
	waits("conversations", ends[0].Add(cruddur.QuietLife), ends[1].Add(cruddur.QuietLife), 2, ends[1].Sub(ends[0]))
	sweep("before the end of a conversation", ends[0].Add(cruddur.QuietLife-time.Microsecond), 0)
	holder = hold(t, url, "select from conversations where expires_at = $1 for update", ends[0].Add(cruddur.QuietLife))
	sweep("a batch of conversations that are free", ends[3].Add(cruddur.QuietLife), 2)
	sweep("the last that is free", ends[3].Add(cruddur.QuietLife), 1)
	if err := holder.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	sweep("the last", ends[3].Add(cruddur.QuietLife), 1)
	waits("nothing", time.Time{}, ends[3].Add(cruddur.QuietLife), 0, 0)
}

// A clock that is ahead hides messages, and destroys none.
func TestSweepMessagesByTwoClocks(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	m := send(t, db, ana, bo, "hello", time.Now())
	if n, err := db.SweepMessages(t.Context(), m.ExpiresAt.Add(2*cruddur.QuietLife), 10); err != nil || n != 0 {
		t.Errorf("SweepMessages() = %d, %v", n, err)
	}
}
