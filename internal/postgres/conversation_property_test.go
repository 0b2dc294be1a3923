package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/feed"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// broken finds every row that breaks a rule of conversations at $1; it knows the rules without the product's
// statements and functions.
const broken = `
with recursive chain as ( -- each stored activity with the suspended authors from it up to its root
	select a.uuid, a.uuid as of_uuid, a.reply_to_activity_uuid, a.user_uuid from activities a
	union all
	select p.uuid, c.of_uuid, p.reply_to_activity_uuid, p.user_uuid from chain c join activities p on p.uuid = c.reply_to_activity_uuid
),
suspended as (
	select c.of_uuid as uuid, count(*) filter (where u.suspended_at is not null) as n,
		(array_agg(c.uuid) filter (where c.reply_to_activity_uuid is null))[1] as root_uuid
	from chain c join users u on u.uuid = c.user_uuid group by 1
),
visible as (
	select a.* from activities a join suspended s using (uuid) where a.expires_at > $1 and s.n = 0
)
select 'replies_count' as rule, a.uuid::text || ' shows ' || s.replies_count || ', visible are ' || r.n as row
from visible a join displayed_activities($1) s using (uuid)
cross join lateral (select count(*) as n from visible r where r.reply_to_activity_uuid = a.uuid) r
where s.replies_count <> r.n
union all
select 'likes_count', a.uuid::text || ' shows ' || a.likes_count || ', visible are ' || l.n
from activities a
cross join lateral (select count(*) as n from likes l join users u on u.uuid = l.user_uuid and u.suspended_at is null where l.activity_uuid = a.uuid) l
where a.likes_count <> l.n and a.expires_at > $1
union all
select 'reposts_count', a.uuid::text || ' shows ' || a.reposts_count || ', visible are ' || l.n
from activities a
cross join lateral (select count(*) as n from reposts l join users u on u.uuid = l.user_uuid and u.suspended_at is null where l.activity_uuid = a.uuid) l
where a.reposts_count <> l.n and a.expires_at > $1
union all
select 'visible', coalesce(v.uuid, s.uuid)::text
from visible v full join displayed_activities($1) s using (uuid)
where v.uuid is null or s.uuid is null
union all
select 'hidden', a.uuid::text || ' has ' || a.hidden || ' instead of ' || s.n
from activities a join suspended s using (uuid) where a.hidden <> s.n
union all
select 'root', a.uuid::text
from activities a join suspended s using (uuid) where a.root_uuid is distinct from nullif(s.root_uuid, a.uuid)
union all
select 'end', r.uuid::text || ' ends at ' || r.expires_at || ', its parent at ' || p.expires_at
from activities r join activities p on p.uuid = r.reply_to_activity_uuid
where r.expires_at > p.expires_at or not r.own_end and r.expires_at <> p.expires_at
union all
select 'order', r.uuid::text
from activities r join activities p on p.uuid = r.reply_to_activity_uuid where r.uuid <= p.uuid or r.created_at <= p.created_at`

// Members write, answer, like, repost, follow, delete, shorten and extend from many connections at once, while
// an operator suspends some of them, time passes and the sweeper runs. Nothing fails but what may, and after
// each round every number and every end is right.
func TestConversationsAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	kept := feed.New(db).Keep()
	db.Watch(kept)
	w := &talk{t: t, db: db}
	for i := range 8 {
		w.members = append(w.members, member(t, db, fmt.Sprintf("member%d", i)))
	}
	at := now
	for round := range 12 {
		seed := uint64(round)
		w.round(at, seed)
		rows, err := db.Pool().Query(t.Context(), broken, at)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var rule, row string
			if err := rows.Scan(&rule, &row); err != nil {
				t.Fatal(err)
			}
			t.Errorf("round %d: %s: %s", round, rule, row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		fromMemory, err := kept.Home(t.Context(), cruddur.UUID{}, 20, at)
		if err != nil {
			t.Fatal(err)
		}
		fromDatabase, err := db.Home(t.Context(), cruddur.UUID{}, 20, at)
		if diff := cmp.Diff(fromDatabase, fromMemory); diff != "" || err != nil {
			t.Errorf("round %d: the kept page differs from the database: %v, -database +memory\n%s", round, err, diff)
		}
		if t.Failed() {
			return
		}
		at = at.Add(time.Duration(10+20*round) * time.Minute)
	}
	at = at.Add(31 * 24 * time.Hour)
	for {
		n, err := db.Sweep(t.Context(), at, 50)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	for _, table := range []string{"activities", "likes", "reposts"} {
		var left int
		if err := db.Pool().QueryRow(t.Context(), "select count(*) from "+table).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d %s are left at rest, %v", left, table, err)
		}
	}
}

// talk is a place in which many things happen at once.
type talk struct {
	t       *testing.T
	db      *postgres.DB
	members []cruddur.User

	mu    sync.Mutex
	cruds []cruddur.Activity
}

// round lets eight workers act at once, as of one moment.
func (w *talk) round(at time.Time, seed uint64) {
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(worker)))
			for range 60 {
				name, err := w.act(w.t.Context(), r, at)
				switch kind := cruddur.KindOf(err); {
				case err == nil, kind == cruddur.KindNotFound, kind == cruddur.KindForbidden:
				default:
					w.t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	wg.Wait()
}

func (w *talk) pick(r *rand.Rand) cruddur.Activity {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.cruds) == 0 {
		return cruddur.Activity{UUID: cruddur.UUID{1}}
	}
	if r.IntN(2) == 0 { // the newest are where everybody is
		return w.cruds[len(w.cruds)-1-r.IntN(min(6, len(w.cruds)))]
	}
	return w.cruds[r.IntN(len(w.cruds))]
}

func (w *talk) wrote(a cruddur.Activity, err error) error {
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.cruds = append(w.cruds, a)
	}
	return err
}

var lives = []cruddur.TTL{"", "1-hour", "3-hours", "12-hours", "1-day", "30-days"}

func (w *talk) act(ctx context.Context, r *rand.Rand, at time.Time) (string, error) {
	me, a, ttl := w.members[r.IntN(len(w.members))], w.pick(r), lives[r.IntN(len(lives))]
	on := r.IntN(3) > 0
	switch n := r.IntN(100); {
	case n < 12:
		a, err := w.db.CreateActivity(ctx, me.UUID, "a crud", ttl, at)
		return "create", w.wrote(a, err)
	case n < 37:
		reply, err := w.db.Reply(ctx, me.UUID, a.UUID, "", "a reply", ttl, at)
		return "reply", w.wrote(reply, err)
	case n < 60:
		_, err := w.db.Like(ctx, me.UUID, a.UUID, on, at)
		return "like", err
	case n < 72:
		_, err := w.db.Repost(ctx, me.UUID, a.UUID, on, at)
		return "repost", err
	case n < 76:
		err := w.db.Follow(ctx, me.UUID, a.UserUUID, on, at)
		if me.UUID == a.UserUUID {
			err = nil // nobody follows oneself
		}
		return "follow", err
	case n < 82:
		return "delete", w.db.DeleteActivity(ctx, a.UUID, a.UserUUID, at)
	case n < 91:
		_, err := w.db.MoveEnd(ctx, a.UUID, a.UserUUID, ttl, at)
		return "move the end", err
	case n < 92:
		_, err := w.db.DeleteEverything(ctx, w.members[3+r.IntN(3)].UUID, at)
		return "delete everything", err
	case n < 94:
		return "suspend", w.db.Suspend(ctx, w.members[r.IntN(3)].UUID, at)
	case n < 96:
		return "unsuspend", w.db.Unsuspend(ctx, w.members[r.IntN(3)].UUID)
	case n < 98:
		_, err := w.db.Sweep(ctx, at, 1+r.IntN(20))
		if cruddur.KindOf(err) == cruddur.KindUnavailable {
			err = nil // it gave up on a lock, as it should
		}
		return "sweep", err
	default:
		_, err := w.db.FollowingFeed(ctx, me.UUID, cruddur.UUID{}, cruddur.UUID{}, 20, at)
		return "following", err
	}
}
