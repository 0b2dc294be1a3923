package postgres_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func TestCreateActivity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	got := crud(t, db, ana, "hello", "3-hours", now.Add(time.Nanosecond))
	want := cruddur.Activity{
		UUID: got.UUID, UserUUID: ana.UUID, Handle: "ana", DisplayName: "Name of ana", Message: "hello",
		CreatedAt: now, ExpiresAt: now.Add(3 * time.Hour),
	}
	if diff := cmp.Diff(want, got); diff != "" || got.UUID.IsZero() {
		t.Errorf("want -, got +\n%s", diff)
	}
	shown, err := db.Activity(t.Context(), got.UUID, now)
	if diff := cmp.Diff(want, shown); diff != "" || err != nil {
		t.Errorf("Activity(): %v, want -, got +\n%s", err, diff)
	}
	for _, p := range cruddur.Presets {
		if a := crud(t, db, ana, "x", p.TTL, now); a.ExpiresAt != now.Add(p.Duration) || a.TTL() != p.TTL {
			t.Errorf("%s: expires at %v", p.TTL, a.ExpiresAt)
		}
	}
	if a := crud(t, db, ana, "x", "", now); a.TTL() != cruddur.DefaultTTL {
		t.Errorf("by default it lives %v", a.TTL())
	}
	if _, err := db.UpdateProfile(t.Context(), ana.UUID, postgres.ProfileChange{DefaultTTL: "12-hours"}, now); err != nil {
		t.Fatal(err)
	}
	if a := crud(t, db, ana, "x", "", now); a.TTL() != "12-hours" {
		t.Errorf("by the member's default it lives %v", a.TTL())
	}
}

// One microsecond before its end a crud is everywhere, at its end nowhere.
func TestExpiryIsExact(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	a := crud(t, db, ana, "hello", "1-hour", now)
	for _, tt := range []struct {
		name  string
		at    time.Time
		alive bool
	}{
		{"just before", a.ExpiresAt.Add(-time.Microsecond), true},
		{"at its end", a.ExpiresAt, false},
		{"later", a.ExpiresAt.Add(time.Hour), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			home, err := db.Home(ctx, cruddur.UUID{}, 20, tt.at)
			if err != nil || (len(home) == 1) != tt.alive {
				t.Errorf("Home() = %v, %v", home, err)
			}
			of, err := db.ActivitiesOf(ctx, ana.UUID, cruddur.UUID{}, 20, tt.at)
			if err != nil || (len(of) == 1) != tt.alive {
				t.Errorf("ActivitiesOf() = %v, %v", of, err)
			}
			p, err := db.Profile(ctx, "Ana", tt.at)
			if err != nil || (p.CrudsCount == 1) != tt.alive {
				t.Errorf("Profile() = %v, %v", p, err)
			}
			want := cruddur.KindNotFound
			if tt.alive {
				want = cruddur.KindForbidden
			}
			wantKind(t, db.DeleteActivity(ctx, a.UUID, bo.UUID, tt.at), want)
			_, err = db.Activity(ctx, a.UUID, tt.at)
			if tt.alive && err != nil || !tt.alive && cruddur.KindOf(err) != cruddur.KindNotFound {
				t.Errorf("Activity() = %v", err)
			}
			if !tt.alive {
				wantKind(t, db.DeleteActivity(ctx, a.UUID, ana.UUID, tt.at), cruddur.KindNotFound)
			}
		})
	}
	if err := db.DeleteActivity(t.Context(), a.UUID, ana.UUID, now); err != nil {
		t.Errorf("DeleteActivity() of one's own = %v", err)
	}
	wantKind(t, db.DeleteActivity(t.Context(), a.UUID, ana.UUID, now), cruddur.KindNotFound)
}

// A reader who pages while cruds expire and new ones come sees no crud twice and misses none that was
// there all the time.
func TestHomePaging(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	authors := []cruddur.User{member(t, db, "ana"), member(t, db, "bo")}
	rapid.Check(t, func(rt *rapid.T) {
		mustExec(t, db, "delete from activities")
		n := rapid.IntRange(0, 70).Draw(rt, "cruds")
		var all []cruddur.Activity
		for i := range n {
			ttl := rapid.SampledFrom([]cruddur.TTL{"1-hour", "3-hours", "7-days"}).Draw(rt, "ttl")
			all = append(all, crud(t, db, authors[i%2], "x", ttl, now.Add(time.Duration(i/3)*time.Microsecond)))
		}
		limit := rapid.SampledFrom([]int{1, 7, 20, 21, 40, 100}).Draw(rt, "limit")
		at := now.Add(time.Minute)
		var seen []cruddur.UUID
		var before cruddur.UUID
		for {
			page, err := db.Home(t.Context(), before, limit, at)
			if err != nil {
				rt.Fatal(err)
			}
			if len(page) > limit {
				rt.Fatalf("a page of %d, want at most %d", len(page), limit)
			}
			for _, a := range page {
				if slices.Contains(seen, a.UUID) || !a.Visible(at) {
					rt.Fatalf("%v comes twice or too late", a.UUID)
				}
				seen = append(seen, a.UUID)
			}
			if len(page) < limit {
				break
			}
			before = page[len(page)-1].UUID
			at = at.Add(time.Duration(rapid.IntRange(0, 100).Draw(rt, "minutes")) * time.Minute)
			if rapid.Bool().Draw(rt, "swept") {
				if _, err := db.Sweep(t.Context(), at, 1000); err != nil {
					rt.Fatal(err)
				}
			}
			if rapid.Bool().Draw(rt, "posted") {
				crud(t, db, authors[0], "new", "7-days", at)
			}
		}
		for _, a := range all {
			if a.Visible(at) && !slices.Contains(seen, a.UUID) {
				rt.Fatalf("%v was missed", a.UUID)
			}
		}
		if !slices.IsSortedFunc(seen, func(a, b cruddur.UUID) int { return strings.Compare(b.String(), a.String()) }) {
			rt.Fatal("not newest first")
		}
	})
}

// Sweep deletes what has expired by both clocks, in batches, oldest expiry first, and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	for i := range 25 {
		crud(t, db, ana, "over", "1-hour", now.Add(time.Duration(i)*time.Second))
	}
	alive := crud(t, db, ana, "alive", "7-days", now)
	ahead := crud(t, db, ana, "a caller's clock is ahead", "1-hour", time.Now())
	at := now.Add(3 * time.Hour)
	rows, lag, err := db.PurgeLag(t.Context(), at)
	if err != nil || rows != 25 || lag != 2*time.Hour {
		t.Errorf("PurgeLag() = %d, %v, %v; want 25, 2h", rows, lag, err)
	}
	if next, err := db.NextExpiry(t.Context()); err != nil || !next.Equal(now.Add(time.Hour)) {
		t.Errorf("NextExpiry() = %v, %v", next, err)
	}
	for _, want := range []int{10, 10, 5, 0} {
		if n, err := db.Sweep(t.Context(), at, 10); err != nil || n != want {
			t.Errorf("Sweep() = %d, %v; want %d", n, err, want)
		}
	}
	rows, lag, err = db.PurgeLag(t.Context(), at)
	if err != nil || rows != 0 || lag != 0 {
		t.Errorf("PurgeLag() = %d, %v, %v afterwards", rows, lag, err)
	}
	if n, err := db.Sweep(t.Context(), ahead.ExpiresAt.Add(time.Hour), 10); err != nil || n != 1 {
		t.Errorf("Sweep() ahead of the server's clock = %d, %v; want only the one that is over there too", n, err)
	}
	_, err = db.Activity(t.Context(), ahead.UUID, time.Now())
	if err != nil {
		t.Errorf("a crud that the server's clock holds alive is gone: %v", err)
	}
	_, err = db.Activity(t.Context(), alive.UUID, now)
	wantKind(t, err, cruddur.KindNotFound) // it was over in the year of that last sweep
	mustExec(t, db, "delete from activities")
	if next, err := db.NextExpiry(t.Context()); err != nil || !next.IsZero() {
		t.Errorf("NextExpiry() of nothing = %v, %v", next, err)
	}
}

// The sweeper skips locked rows, and roots with locked replies: it waits for no lock.
func TestSweepWaitsForNobody(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana := member(t, db, "ana")
	held := crud(t, db, ana, "held", "1-hour", now)
	root := crud(t, db, ana, "root of a held reply", "1-hour", now)
	reply := reply(t, db, ana, root, "held reply", "", now)
	crud(t, db, ana, "free", "1-hour", now)
	holder := connect(t, url)
	tx, err := holder.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "update activities set likes_count = 1 where uuid in ($1, $2)", [16]byte(held.UUID), [16]byte(reply.UUID)); err != nil {
		t.Fatal(err)
	}
	at := now.Add(2 * time.Hour)
	if n, err := db.Sweep(t.Context(), at, 100); err != nil || n != 1 {
		t.Errorf("Sweep() beside a holder = %d, %v; want the free one", n, err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Sweep(t.Context(), at, 100); err != nil || n != 3 {
		t.Errorf("Sweep() afterwards = %d, %v; want all 3", n, err)
	}
}

// A member may read, post and delete their account while a batch holds its locks: only the account's
// deletion waits, and the batch gives way instead of waiting for it in turn.
func TestSweepBlocksNobody(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana := member(t, db, "ana")
	crud(t, db, ana, "over", "1-hour", now)
	alive := crud(t, db, ana, "alive", "7-days", now)
	at := now.Add(2 * time.Hour)
	sweeper := connect(t, url)
	tx, err := sweeper.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	sweep := postgres.Statements()["activities/sweep"][0].(string)
	var n int
	if err := tx.QueryRow(t.Context(), sweep, at, 100).Scan(&n); err != nil || n != 1 {
		t.Fatalf("sweep: %d, %v", n, err)
	}
	// The batch is open and stays so. Whatever would wait for it runs into this timeout.
	patient := pgtest.Open(t, withParam(url, "lock_timeout=1"))
	ctx := t.Context()
	if _, err := patient.Home(ctx, cruddur.UUID{}, 20, at); err != nil {
		t.Errorf("Home() = %v", err)
	}
	if _, err := patient.CreateActivity(ctx, ana.UUID, "new", "1-hour", at); err != nil {
		t.Errorf("CreateActivity() = %v", err)
	}
	if _, err := patient.UpdateProfile(ctx, ana.UUID, postgres.ProfileChange{DefaultTTL: "1-hour"}, at); err != nil {
		t.Errorf("UpdateProfile() = %v", err)
	}
	if err := patient.DeleteActivity(ctx, alive.UUID, ana.UUID, at); err != nil {
		t.Errorf("DeleteActivity() = %v", err)
	}
	if n, err := patient.Sweep(ctx, at, 100); err != nil || n != 0 {
		t.Errorf("a second Sweep() = %d, %v; want it to skip what the first holds", n, err)
	}
}

func withParam(url, param string) string {
	if strings.Contains(url, "?") {
		return url + "&" + param
	}
	return url + "?" + param
}
