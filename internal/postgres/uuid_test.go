package postgres_test

import (
	"bytes"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// UUIDAfter lies between the UUIDs of an instant and those of the next microsecond.
func TestUUIDAfter(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t))
	for _, at := range []time.Time{
		now, now.Add(time.Microsecond), now.Add(999 * time.Microsecond), now.Truncate(time.Millisecond),
		now.Truncate(time.Hour), time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		after := cruddur.UUIDAfter(at.Add(999 * time.Nanosecond))
		for range 20 {
			var of, next [16]byte
			if err := conn.QueryRow(t.Context(), "select uuid_v7($1), uuid_v7($1 + interval '1 microsecond')", at).Scan(&of, &next); err != nil {
				t.Fatal(err)
			}
			if bytes.Compare(of[:], after[:]) >= 0 || bytes.Compare(next[:], after[:]) <= 0 {
				t.Errorf("UUIDAfter(%v) = %v, want it between %v and %v", at, after, cruddur.UUID(of), cruddur.UUID(next))
			}
		}
	}
}
