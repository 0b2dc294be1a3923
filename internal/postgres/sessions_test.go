package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

const day = 24 * time.Hour

// session opens a session of a member with the hash of n as its token's.
func session(t *testing.T, db *postgres.DB, u cruddur.User, n byte, at time.Time) {
	t.Helper()
	if err := db.BeginSession(t.Context(), u.Subject, hash(n), fmt.Sprint("browser ", n), "192.0.2.1", at); err != nil {
		t.Fatal(err)
	}
}

// browsers are the names of a member's sessions that have not ended, in the order of the list.
func browsers(t *testing.T, db *postgres.DB, u cruddur.User, at time.Time) (names []string) {
	t.Helper()
	list, err := db.SessionsOf(t.Context(), u.UUID, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		names = append(names, s.UserAgent)
	}
	return names
}

// A session ends after 14 idle days and 90 days after it began, wherever somebody looks.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		lastUsed time.Duration // after the beginning
		end      time.Duration
	}{
		{"14 idle days", 0, 14 * day},
		{"14 idle days after some use", 50 * day, 64 * day},
		{"90 days", 89 * day, 90 * day},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, db := t.Context(), pgtest.New(t)
			ana := member(t, db, "ana")
			session(t, db, ana, 1, now)
			mustExec(t, db, "update sessions set last_used_at = $1", now.Add(c.lastUsed))
			for _, before := range []time.Duration{time.Second, time.Microsecond, 0, -time.Hour} {
				at, want := now.Add(c.end-before), 0
				if before > 0 {
					want = 1
				}
				if n := len(browsers(t, db, ana, at)); n != want {
					t.Errorf("%v before the end SessionsOf() has %d, want %d", before, n, want)
				}
				if m, err := db.FindMember(ctx, "ana", at); err != nil || m.Sessions != want {
					t.Errorf("%v before the end FindMember() counts %d, %v, want %d", before, m.Sessions, err, want)
				}
				if list, err := db.Members(ctx, cruddur.UUID{}, at); err != nil || len(list) != 1 || list[0].Sessions != want {
					t.Errorf("%v before the end Members() = %+v, %v, want %d sessions", before, list, err, want)
				}
				if n, err := db.SweepAccounts(ctx, at, 100); err != nil || n != 0 && want == 1 || n != 1 && before == 0 {
					t.Errorf("%v before the end SweepAccounts() = %d, %v", before, n, err)
				}
				_, _, err := db.ResumeSession(ctx, hash(1), at)
				if want == 0 {
					wantKind(t, err, cruddur.KindNotFound)
				} else if err != nil {
					t.Errorf("%v before the end ResumeSession() = %v", before, err)
				}
				mustExec(t, db, "update sessions set last_used_at = $1", now.Add(c.lastUsed)) // it was used just now
			}
		})
	}
}

// The end is the same with and without the sweeper.
func TestSessionHasEndedBeforeTheSweep(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	session(t, db, ana, 1, now)
	for _, before := range []time.Duration{time.Second, 0} {
		at, want := now.Add(14*day-before), int(before/time.Second)
		m, err := db.FindMember(t.Context(), "ana", at)
		if n := len(browsers(t, db, ana, at)); err != nil || n != want || m.Sessions != want {
			t.Errorf("%v before its end: %d in the list, %d counted, %v", before, n, m.Sessions, err)
		}
	}
	_, _, err := db.ResumeSession(t.Context(), hash(1), now.Add(14*day))
	wantKind(t, err, cruddur.KindNotFound)
}

// The list has the last used first, and everybody ends only what is their own.
func TestSessionsOfSeveral(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	for i := range byte(3) {
		session(t, db, ana, i, now.Add(time.Duration(i)*time.Minute))
	}
	session(t, db, bo, 9, now)
	members, err := db.Members(ctx, cruddur.UUID{}, now)
	must(t, err)
	for i, want := range []int{3, 1} {
		m, err := db.FindMember(ctx, []string{"ana", "bo"}[i], now)
		if err != nil || m.Sessions != want || len(members) != 2 || members[i].Sessions != want {
			t.Errorf("FindMember() counts %d, %v, Members() %+v, want %d", m.Sessions, err, members, want)
		}
	}
	if _, _, err := db.ResumeSession(ctx, hash(0), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, want := browsers(t, db, ana, now.Add(time.Hour)), []string{"browser 0", "browser 2", "browser 1"}; !slices.Equal(got, want) {
		t.Errorf("the sessions are %v, want %v", got, want)
	}
	list, err := db.SessionsOf(ctx, ana.UUID, now)
	if err != nil || len(list) != 3 {
		t.Fatalf("SessionsOf() = %v, %v", list, err)
	}
	wantKind(t, db.EndSession(ctx, bo.UUID, list[0].UUID), cruddur.KindNotFound)
	if err := db.EndSession(ctx, ana.UUID, list[0].UUID); err != nil {
		t.Error(err)
	}
	if n, err := db.EndSessions(ctx, ana.UUID, list[1].UUID); err != nil || n != 1 {
		t.Errorf("EndSessions() but one = %d, %v, want 1", n, err)
	}
	if left := browsers(t, db, ana, now); len(left) != 1 || left[0] != list[1].UserAgent {
		t.Errorf("%v is left, want %s", left, list[1].UserAgent)
	}
	if n, err := db.EndSessions(ctx, ana.UUID, cruddur.UUID{}); err != nil || n != 1 {
		t.Errorf("EndSessions() of all = %d, %v, want 1", n, err)
	}
	if left := browsers(t, db, bo, now); len(left) != 1 {
		t.Errorf("bo has %v, want their one session", left)
	}
}

// Who is suspended has no session and gets none.
func TestSessionsOfTheSuspended(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	if err := db.Suspend(ctx, ana.UUID, now); err != nil {
		t.Fatal(err)
	}
	wantKind(t, db.BeginSession(ctx, ana.Subject, hash(1), "", "", now), cruddur.KindNotFound)
	wantKind(t, db.BeginSession(ctx, "nobody", hash(1), "", "", now), cruddur.KindNotFound)
	if err := db.Unsuspend(ctx, ana.UUID); err != nil {
		t.Fatal(err)
	}
	session(t, db, ana, 1, now)
	mustExec(t, db, "update users set suspended_at = $1", now) // without what Suspend does beside it
	_, _, err := db.ResumeSession(ctx, hash(1), now)
	wantKind(t, err, cruddur.KindNotFound)
}

// A use is noted at most once in five minutes.
func TestSessionIsNotedSeldom(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	session(t, db, ana, 1, now)
	session(t, db, bo, 2, now)
	for _, c := range []struct{ use, noted time.Duration }{
		{5*time.Minute - time.Microsecond, 0}, {5 * time.Minute, 5 * time.Minute}, {9 * time.Minute, 5 * time.Minute}, {10 * time.Minute, 10 * time.Minute},
	} {
		_, _, err := db.ResumeSession(ctx, hash(1), now.Add(c.use))
		must(t, err)
		list, err := db.SessionsOf(ctx, ana.UUID, now)
		if err != nil || len(list) != 1 || !list[0].LastUsedAt.Equal(now.Add(c.noted)) {
			t.Errorf("after a use at %v: %+v, %v, want it noted at %v", c.use, list, err, c.noted)
		}
	}
	if list, err := db.SessionsOf(ctx, bo.UUID, now); err != nil || len(list) != 1 || !list[0].LastUsedAt.Equal(now) {
		t.Errorf("another's session: %+v, %v, want it unused", list, err)
	}
}
