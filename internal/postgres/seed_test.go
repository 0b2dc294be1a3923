package postgres_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

const seedUsers, seedCruds = 12, 40

func seed(t *testing.T, db *postgres.DB, at time.Time) postgres.Seeded {
	t.Helper()
	s, err := db.Seed(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A second run changes nothing; a later run inserts expired cruds again; the rules hold.
func TestSeed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if got, want := seed(t, db, now), (postgres.Seeded{UsersInserted: seedUsers, ActivitiesInserted: seedCruds}); got != want {
		t.Errorf("first: %+v, want %+v", got, want)
	}
	if got, want := seed(t, db, now), (postgres.Seeded{UsersUnchanged: seedUsers, ActivitiesUnchanged: seedCruds}); got != want {
		t.Errorf("again: %+v, want %+v", got, want)
	}
	list, err := db.Home(t.Context(), cruddur.UUID{}, 100, now)
	if err != nil || len(list) != seedCruds {
		t.Fatalf("Home() has %d, %v; want all %d", len(list), err, seedCruds)
	}
	lives, soon := map[cruddur.TTL]bool{}, 0
	for _, a := range list {
		if _, err := cruddur.CheckMessage(a.Message); err != nil {
			t.Errorf("%q: %v", a.Message, err)
		}
		if a.TTL() == "" || a.CreatedAt.After(now) {
			t.Errorf("%q lives from %v for %v", a.Message, a.CreatedAt, a.ExpiresAt.Sub(a.CreatedAt))
		}
		lives[a.TTL()] = true
		if a.ExpiresAt.Before(now.Add(time.Hour)) {
			soon++
		}
		p, err := db.Profile(t.Context(), a.Handle, now)
		if h, herr := cruddur.CheckHandle(p.Handle); err != nil || herr != nil || h != p.Handle {
			t.Errorf("%s: %v, %v", p.Handle, err, herr)
		}
	}
	if len(lives) < 6 || soon < 3 {
		t.Errorf("%d kinds of life, %d end within the hour", len(lives), soon)
	}

	later := now.Add(2 * time.Hour)
	alive, err := db.Home(t.Context(), cruddur.UUID{}, 100, later)
	if err != nil {
		t.Fatal(err)
	}
	want := postgres.Seeded{UsersUnchanged: seedUsers, ActivitiesUnchanged: int64(len(alive)), ActivitiesInserted: int64(seedCruds - len(alive))}
	if got := seed(t, db, later); got != want || len(alive) == seedCruds {
		t.Errorf("later: %+v, want %+v", got, want)
	}
	if list, err := db.Home(t.Context(), cruddur.UUID{}, 100, later); err != nil || len(list) != seedCruds {
		t.Errorf("Home() has %d later, %v", len(list), err)
	}
}

// The sample data talks: there are threads with replies to replies, likes, reposts and follows, every rule of
// conversations holds, and a second run changes nothing.
func TestSeedTalks(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	counts := func() (n [7]int) {
		t.Helper()
		err := db.Pool().QueryRow(ctx, `select count(*) filter (where reply_to_activity_uuid is not null),
			count(*) filter (where reply_to_activity_uuid <> root_uuid), (select count(*) from likes), (select count(*) from reposts), (select count(*) from follows),
			(select count(*) from conversations), (select count(*) from messages)
			from activities`).Scan(&n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	seed(t, db, now)
	first := counts()
	for i, least := range []int{18, 6, 60, 15, 40, 2, 5} {
		if first[i] < least {
			t.Errorf("there are %v replies, replies to replies, likes, reposts, follows, conversations and messages", first)
		}
	}
	seed(t, db, now)
	if again := counts(); again != first {
		t.Errorf("again there are %v, first %v", again, first)
	}
	for _, at := range []time.Time{now, now.Add(2 * time.Hour)} {
		seed(t, db, at)
		var rule, row string
		err := db.Pool().QueryRow(ctx, broken+" limit 1", at).Scan(&rule, &row)
		if !errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("%s: %s, %v", rule, row, err)
		}
	}
}

// The members of the sample data are told what the others did, as if it had been done in the product, and a later run
// adds what is new.
func TestSeedTells(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	for round, at := range []time.Time{now, now.Add(2 * time.Hour)} {
		seed(t, db, at)
		seed(t, db, at)
		rows, err := db.Pool().Query(ctx, "select uuid, handle from users")
		if err != nil {
			t.Fatal(err)
		}
		w := &noise{talk{t: t, db: db}}
		var u cruddur.User
		if _, err := pgx.ForEachRow(rows, []any{(*[16]byte)(&u.UUID), &u.Handle}, func() error { w.members = append(w.members, u); return nil }); err != nil {
			t.Fatal(err)
		}
		w.compare(round, at)
		told := map[cruddur.NotificationKind]bool{}
		for _, u := range w.members {
			list, err := db.Notifications(ctx, u.UUID, cruddur.UUID{}, 100, false, at)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range list {
				told[n.Kind] = true
			}
		}
		if len(told) != 6 {
			t.Errorf("round %d: the sample data tells %v", round, told)
		}
	}
}

// A real member who has the handle of a demo member gets nothing put into their mouth.
func TestSeedLeavesMembersAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	nour := member(t, db, "nour")
	if got := seed(t, db, now); got.UsersInserted != seedUsers-1 || got.ActivitiesInserted >= seedCruds {
		t.Errorf("%+v, want one member fewer and none of their cruds", got)
	}
	if list, err := db.ActivitiesOf(t.Context(), nour.UUID, cruddur.UUID{}, 20, now); err != nil || len(list) != 0 {
		t.Errorf("the real member has %d cruds, %v", len(list), err)
	}
}

func TestSeedTogether(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { seed(t, db, now) })
	}
	wg.Wait()
	if list, err := db.Home(t.Context(), cruddur.UUID{}, 100, now); err != nil || len(list) != seedCruds {
		t.Errorf("%d cruds, %v; want %d", len(list), err, seedCruds)
	}
}
