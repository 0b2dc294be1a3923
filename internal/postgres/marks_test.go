package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// kinds are likes and reposts, which follow the same rules.
var kinds = []struct {
	name  string
	set   func(*postgres.DB, context.Context, cruddur.UUID, cruddur.UUID, bool, time.Time) (cruddur.Activity, error)
	count func(cruddur.Activity) (int32, bool)
	who   func(*postgres.DB, context.Context, cruddur.UUID, cruddur.UUID, int, time.Time) ([]cruddur.Person, error)
}{
	{"like", (*postgres.DB).Like, func(a cruddur.Activity) (int32, bool) { return a.LikesCount, a.Liked }, (*postgres.DB).Likers},
	{"repost", (*postgres.DB).Repost, func(a cruddur.Activity) (int32, bool) { return a.RepostsCount, a.Reposted }, (*postgres.DB).Reposters},
}

func TestMarks(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			ctx, db := t.Context(), pgtest.New(t)
			ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
			a, other := crud(t, db, ana, "a", "1-hour", now), crud(t, db, ana, "other", "1-hour", now)
			want := func(what string, x cruddur.Activity, err error, count int32, mine bool) {
				t.Helper()
				if n, own := k.count(x); err != nil || n != count || own != mine {
					t.Errorf("%s: %d, own %v, %v; want %d, own %v", what, n, own, err, count, mine)
				}
			}
			for range 2 { // repeated, it changes nothing
				x, err := k.set(db, ctx, bo.UUID, a.UUID, true, now)
				want("on", x, err, 1, true)
			}
			x, err := k.set(db, ctx, cem.UUID, a.UUID, true, now.Add(time.Second))
			want("another's", x, err, 2, true)
			list, err := db.OfViewer(ctx, bo.UUID, []cruddur.Activity{other, a})
			if err != nil || len(list) != 2 {
				t.Fatal(list, err)
			}
			want("of the viewer", list[1], nil, 0, true)
			want("not of the viewer", list[0], nil, 0, false)
			page := []cruddur.Activity{other, a}
			if list, err := db.OfViewer(ctx, ana.UUID, page); err != nil || &list[0] != &page[0] {
				t.Errorf("without a mark the list is another one, %v", err)
			}
			people, err := k.who(db, ctx, a.UUID, cruddur.UUID{}, 20, now)
			if err != nil || len(people) != 2 || people[0].Handle != "cem" || people[1].Handle != "bo" {
				t.Errorf("who: %+v, %v", people, err)
			}
			if people, err = k.who(db, ctx, a.UUID, people[0].Place, 1, now); err != nil || len(people) != 1 || people[0].Handle != "bo" {
				t.Errorf("the second page: %+v, %v", people, err)
			}
			if people, err = k.who(db, ctx, a.UUID, cruddur.UUID{}, 20, a.ExpiresAt); err != nil || len(people) != 0 {
				t.Errorf("who, after its end: %+v, %v", people, err)
			}
			for range 2 {
				x, err = k.set(db, ctx, bo.UUID, a.UUID, false, now)
				want("off", x, err, 1, false)
			}
			for _, on := range []bool{true, false} {
				_, err = k.set(db, ctx, bo.UUID, a.UUID, on, a.ExpiresAt)
				wantKind(t, err, cruddur.KindNotFound)
				_, err = k.set(db, ctx, bo.UUID, cruddur.UUID{9}, on, now)
				wantKind(t, err, cruddur.KindNotFound)
			}
			if err := db.Suspend(ctx, cem.UUID, now); err != nil {
				t.Fatal(err)
			}
			for _, on := range []bool{true, false} { // a request that was on its way
				_, err = k.set(db, ctx, cem.UUID, a.UUID, on, now)
				wantKind(t, err, cruddur.KindNotFound)
			}
			x, err = db.Activity(ctx, a.UUID, now)
			want("without the suspended", x, err, 0, false)
			if people, err = k.who(db, ctx, a.UUID, cruddur.UUID{}, 20, now); err != nil || len(people) != 0 {
				t.Errorf("who, without the suspended: %+v, %v", people, err)
			}
			if err := db.Unsuspend(ctx, cem.UUID); err != nil {
				t.Fatal(err)
			}
			x, err = db.Activity(ctx, a.UUID, now)
			want("let in again", x, err, 1, false)
			if err := db.DeleteUser(ctx, cem.UUID); err != nil {
				t.Fatal(err)
			}
			x, err = db.Activity(ctx, a.UUID, now)
			want("without the deleted", x, err, 0, false)
			if err := db.Suspend(ctx, ana.UUID, now); err != nil {
				t.Fatal(err)
			}
			for _, on := range []bool{true, false} {
				_, err = k.set(db, ctx, bo.UUID, a.UUID, on, now)
				wantKind(t, err, cruddur.KindNotFound)
			}
		})
	}
}

// Many who like the same and different cruds at once are each counted once, and those that cannot fail alone.
func TestMarksAtOnce(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	cruds := []cruddur.Activity{crud(t, db, ana, "one", "1-hour", now), crud(t, db, ana, "two", "1-hour", now), {UUID: cruddur.UUID{9}}}
	var wg sync.WaitGroup
	for i := range 40 {
		m := member(t, db, fmt.Sprintf("m%d", i))
		for at, a := range cruds {
			for range 2 {
				wg.Go(func() {
					_, err := db.Like(ctx, m.UUID, a.UUID, true, now)
					if at == 2 {
						wantKind(t, err, cruddur.KindNotFound)
					} else if err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
	wg.Wait()
	for _, a := range cruds[:2] {
		if x, err := db.Activity(ctx, a.UUID, now); err != nil || x.LikesCount != 40 {
			t.Errorf("%d likes, %v, want 40", x.LikesCount, err)
		}
	}
}

// A heavy crud is deleted in parts: its likes first, a batch at a time, and then the crud.
func TestSweepHeavy(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	heavy, light := crud(t, db, ana, "heavy", "1-hour", now), crud(t, db, ana, "light", "1-hour", now)
	mustExec(t, db, `with crowd as (
			insert into users (handle, display_name, email, cognito_user_id)
			select 'crowd' || i, 'C', 'crowd' || i || '@example.com', 'crowd' || i from generate_series(1, 260) i
			returning uuid
		), l as (insert into likes (activity_uuid, user_uuid) select $1, uuid from crowd)
		insert into reposts (activity_uuid, user_uuid) select $1, uuid from crowd limit 130`, [16]byte(heavy.UUID))
	mustExec(t, db, "update activities set likes_count = 260, reposts_count = 130 where uuid = $1", [16]byte(heavy.UUID))
	if _, err := db.Like(ctx, ana.UUID, light.UUID, true, now); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Sweep(ctx, now, 100); err != nil || n != 0 {
		t.Errorf("before the end Sweep() = %d, %v", n, err)
	}
	var got []int
	for {
		n, err := db.Sweep(ctx, heavy.ExpiresAt, 100)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		got = append(got, n)
		var wrong int
		if err := db.Pool().QueryRow(ctx, "select count(*) from activities a where likes_count <> (select count(*) from likes where activity_uuid = a.uuid) or reposts_count <> (select count(*) from reposts where activity_uuid = a.uuid)").Scan(&wrong); err != nil || wrong != 0 {
			t.Errorf("%d counters are wrong meanwhile, %v", wrong, err)
		}
	}
	// 100 likes and 100 reposts; 100 likes, and the crud that is light; 60 likes of which 50 need no batch of their own.
	if sum := 0; true {
		for _, n := range got {
			sum += n
		}
		if len(got) < 3 || slices.Max(got) > 201 || sum < 2+210+80 {
			t.Errorf("batches of %v", got)
		}
	}
	var left int
	if err := db.Pool().QueryRow(ctx, "select (select count(*) from activities) + (select count(*) from likes) + (select count(*) from reposts)").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

// A page says whose authors its reader follows.
func TestOfViewerFollowing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	page := []cruddur.Activity{crud(t, db, ana, "a", "1-hour", now), crud(t, db, bo, "b", "1-hour", now), crud(t, db, ana, "c", "1-hour", now)}
	if err := db.Follow(t.Context(), cem.UUID, ana.UUID, true, now); err != nil {
		t.Fatal(err)
	}
	for viewer, want := range map[cruddur.UUID][3]bool{cem.UUID: {true, false, true}, ana.UUID: {}, bo.UUID: {}} {
		list, err := db.OfViewer(t.Context(), viewer, page)
		if err != nil || [3]bool{list[0].Following, list[1].Following, list[2].Following} != want {
			t.Errorf("OfViewer() = %+v, %v, want %v", list, err, want)
		}
	}
}
