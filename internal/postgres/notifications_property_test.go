package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
)

// heard is what a member should be told at $1, by the rows of likes, reposts, follows, activities, messages, blocks and mutes; it
// knows neither the table of notifications nor the product's statements and functions.
const heard = `
with recursive chain as ( -- each stored activity with the suspended authors from it up to its root
	select a.uuid as of_uuid, a.reply_to_activity_uuid, a.user_uuid from activities a
	union all
	select c.of_uuid, p.reply_to_activity_uuid, p.user_uuid from chain c join activities p on p.uuid = c.reply_to_activity_uuid
),
visible as (
	select a.* from activities a
	where a.expires_at > $1
		and not exists (select from chain c join users u on u.uuid = c.user_uuid where c.of_uuid = a.uuid and u.suspended_at is not null)
),
ignored as (
	select blocker_uuid as viewer, blocked_uuid as other from blocks
	union select blocked_uuid, blocker_uuid from blocks
	union select muter_uuid, muted_uuid from mutes where ends_at is null or ends_at > $1
),
events as (
	select p.user_uuid as viewer, 'reply' as kind, r.uuid as about, null::date as day, r.uuid, r.user_uuid as actor
	from visible r join activities p on p.uuid = r.reply_to_activity_uuid
	union all
	select u.uuid, 'mention', a.uuid, null, a.uuid, a.user_uuid
	from visible a
	join users u on position('@' || u.handle in a.message) > 0
	left join activities p on p.uuid = a.reply_to_activity_uuid
	where p.user_uuid is distinct from u.uuid
	union all
	select a.user_uuid, 'like', a.uuid, null, l.uuid, l.user_uuid from visible a join likes l on l.activity_uuid = a.uuid
	union all
	select a.user_uuid, 'repost', a.uuid, null, r.uuid, r.user_uuid from visible a join reposts r on r.activity_uuid = a.uuid
	union all
	select f.followed_uuid, 'follow', null, t.day, f.uuid, f.follower_uuid
	from follows f
	cross join lateral (
		select (to_timestamp(('x' || left(replace(f.uuid::text, '-', ''), 12))::bit(48)::bigint / 1000.0) at time zone 'UTC')::date as day
	) t
	where ((t.day + 30)::timestamp at time zone 'UTC') > $1
	union all
	(
		select distinct on (c.uuid, v.viewer) v.viewer, 'message', m.uuid, null, m.uuid, m.user_uuid
		from conversations c
		join messages m on m.conversation_uuid = c.uuid and m.expires_at > $1
		cross join lateral (
			select case when m.user_uuid = c.first_uuid then c.second_uuid else c.first_uuid end as viewer,
				case when m.user_uuid = c.first_uuid then c.second_accepted else c.first_accepted end as accepted
		) v
		where v.accepted or exists (select from follows f where f.follower_uuid = v.viewer and f.followed_uuid = m.user_uuid)
		order by c.uuid, v.viewer, m.uuid desc
	)
)
select v.handle,
	e.kind || ' by ' || array_to_string((array_agg(u.handle order by e.uuid desc))[:3], ' ') || ' (' || count(*) || ')'
		|| coalesce(': ' || e.about, '') || case when (array_agg(e.uuid order by e.uuid desc))[1] > greatest(m.seen, t.read) then ' *' else '' end as line
from events e
join users v on v.uuid = e.viewer
join users u on u.uuid = e.actor and u.suspended_at is null
left join lateral (
	select coalesce((select m.seen from notification_marks m where m.user_uuid = e.viewer), '00000000-0000-0000-0000-000000000000') as seen
) m on true
left join lateral ( -- how far the viewer has read the conversation with the one who has written
	select coalesce((
		select case when c.first_uuid = e.viewer then c.first_read_uuid else c.second_read_uuid end
		from messages m join conversations c on c.uuid = m.conversation_uuid
		where e.kind = 'message' and m.uuid = e.about
	), '00000000-0000-0000-0000-000000000000') as read
) t on true
where e.actor <> e.viewer and not exists (select from ignored i where i.viewer = e.viewer and i.other = e.actor)
group by v.handle, e.kind, e.about, e.day, m.seen, t.read`

// Members write, mention, answer, like, repost and follow each other, send each other messages, and undo it, from many connections at once, while
// they block and mute and read what they are told, an operator suspends some of them, one deletes the account, time passes and the sweeper runs.
// After each round everybody is told what the rows say.
func TestNotificationsAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	w := &noise{talk: talk{t: t, db: db}}
	for i := range 8 {
		w.members = append(w.members, member(t, db, fmt.Sprintf("member%d", i)))
	}
	at := now
	for round := range 12 {
		w.members = append(w.members[:8], member(t, db, fmt.Sprintf("passer%d", round))) // deleted before the round is over
		w.round(at, uint64(round))
		if err := db.DeleteUser(t.Context(), w.members[8].UUID); cruddur.KindOf(err) != cruddur.KindNotFound && err != nil {
			t.Fatal(err)
		}
		w.members = w.members[:8]
		w.compare(round, at)
		if t.Failed() {
			return
		}
		at = at.Add(time.Duration(10+20*round) * time.Minute)
		w.compare(round, at)
	}
	at = at.Add(31 * 24 * time.Hour)
	for _, sweep := range []func(context.Context, time.Time, int) (int, error){db.Sweep, db.SweepNotifications, db.SweepMessages} {
		for n := 1; n > 0; {
			var err error
			if n, err = sweep(t.Context(), at, 50); err != nil {
				t.Fatal(err)
			}
		}
	}
	var left int
	if err := db.Pool().QueryRow(t.Context(), "select count(*) from notifications").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d notifications are left at rest, %v", left, err)
	}
}

// noise is a talk whose members are told of it.
type noise struct{ talk }

func (w *noise) round(at time.Time, seed uint64) {
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(worker)))
			for i := range 60 {
				if worker == 7 && i == 40 {
					if err := w.db.DeleteUser(w.t.Context(), w.members[8].UUID); err != nil {
						w.t.Errorf("delete the member: %v", err)
					}
				}
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

func (w *noise) act(ctx context.Context, r *rand.Rand, at time.Time) (string, error) {
	me, you, a, ttl := w.members[r.IntN(len(w.members))], w.members[r.IntN(len(w.members))], w.pick(r), lives[r.IntN(len(lives))]
	message := fmt.Sprintf("to @%s and @%s", you.Handle, w.members[r.IntN(len(w.members))].Handle)
	on := r.IntN(3) > 0
	moment := at.Add(-time.Duration(r.IntN(2000)) * time.Millisecond) // the clocks of two servers differ
	pair := [2]cruddur.UUID{me.UUID, you.UUID}
	switch n := r.IntN(100); {
	case n < 10:
		a, err := w.db.CreateActivity(ctx, me.UUID, message, ttl, moment)
		return "create", w.wrote(a, err)
	case n < 22:
		reply, err := w.db.Reply(ctx, me.UUID, a.UUID, "", message, ttl, moment)
		return "reply", w.wrote(reply, err)
	case n < 38:
		_, err := w.db.Like(ctx, me.UUID, a.UUID, on, moment)
		return "like", err
	case n < 48:
		_, err := w.db.Repost(ctx, me.UUID, a.UUID, on, moment)
		return "repost", err
	case n < 63:
		if me == you {
			return "follow", nil
		}
		return "follow", w.db.Follow(ctx, me.UUID, you.UUID, r.IntN(2) == 0, moment)
	case n < 67:
		return "delete", w.db.DeleteActivity(ctx, a.UUID, a.UserUUID, at)
	case n < 70:
		_, err := w.db.MoveEnd(ctx, a.UUID, a.UserUUID, ttl, at)
		return "move the end", err
	case n < 80:
		return w.whisper(ctx, r, me, you, at, moment)
	case n < 87:
		list, err := w.db.Notifications(ctx, me.UUID, cruddur.UUID{}, 3, on, at)
		if err == nil && len(list) > 0 {
			err = w.db.SeeNotifications(ctx, me.UUID, list[len(list)-1].UUID)
		}
		return "see", err
	case n < 92:
		return "ignore", w.ignore(ctx, pair, r.IntN(4), at)
	case n < 93:
		return "suspend", w.db.Suspend(ctx, w.members[r.IntN(3)].UUID, at)
	case n < 95:
		return "unsuspend", w.db.Unsuspend(ctx, w.members[r.IntN(3)].UUID)
	default:
		sweep := []func(context.Context, time.Time, int) (int, error){w.db.Sweep, w.db.SweepNotifications, w.db.SweepMessages}[r.IntN(3)]
		_, err := sweep(ctx, at, 1+r.IntN(20))
		if cruddur.KindOf(err) == cruddur.KindUnavailable {
			err = nil // it gave up on a lock, as it should
		}
		return "sweep", err
	}
}

// whisper does something with the private messages of two members.
func (w *noise) whisper(ctx context.Context, r *rand.Rand, me, you cruddur.User, at, moment time.Time) (string, error) {
	how := r.IntN(12)
	if me == you || how < 6 {
		_, err := w.db.SendTo(ctx, me.UUID, you.UUID, "", "psst", moment)
		return "send", err
	}
	list, err := w.db.Conversations(ctx, me.UUID, how == 6, cruddur.UUID{}, 20, at)
	if err != nil || len(list) == 0 {
		return "conversations", err
	}
	c := list[r.IntN(len(list))]
	switch how {
	case 6, 7:
		return "accept", w.db.Accept(ctx, me.UUID, c.UUID, at)
	case 8, 9:
		return "see messages", w.db.Seen(ctx, me.UUID, c.UUID, c.Last.UUID, at)
	case 10:
		return "set the timer", w.db.SetTimer(ctx, me.UUID, c.UUID, cruddur.Presets[r.IntN(len(cruddur.Presets))].TTL, at)
	default:
		if r.IntN(3) == 0 {
			return "delete the conversation", w.db.DeleteConversation(ctx, me.UUID, c.UUID, at)
		}
		return "delete a message", w.db.DeleteMessage(ctx, me.UUID, c.Last.UUID, at)
	}
}

// ignore blocks or mutes, or ends it.
func (w *noise) ignore(ctx context.Context, pair [2]cruddur.UUID, how int, at time.Time) error {
	switch {
	case pair[0] == pair[1]:
		return nil
	case how < 2:
		return w.db.Block(ctx, pair[0], pair[1], how == 0, at)
	case how == 2:
		return w.db.Mute(ctx, pair[0], pair[1], at.Add(30*time.Minute), at)
	default:
		return w.db.Unmute(ctx, pair[0], pair[1])
	}
}

// compare compares what everybody is told at an instant with what the rows say.
func (w *noise) compare(round int, at time.Time) {
	w.t.Helper()
	rows, err := w.db.Pool().Query(w.t.Context(), heard, at)
	if err != nil {
		w.t.Fatal(err)
	}
	want := map[string][]string{}
	var handle, line string
	_, err = pgx.ForEachRow(rows, []any{&handle, &line}, func() error { want[handle] = append(want[handle], line); return nil })
	if err != nil {
		w.t.Fatal(err)
	}
	for _, u := range w.members {
		got, unread := w.told(u, at)
		slices.Sort(got)
		slices.Sort(want[u.Handle])
		if diff := cmp.Diff(want[u.Handle], got); diff != "" {
			w.t.Errorf("round %d, at %v: what @%s is told: want -, got +\n%s", round, at, u.Handle, diff)
		}
		marked := 0
		for _, line := range want[u.Handle] {
			if strings.HasSuffix(line, " *") {
				marked++
			}
		}
		if min(marked, cruddur.MostUnread) != unread.Count {
			w.t.Errorf("round %d, at %v: @%s has %d unread, want %d", round, at, u.Handle, unread.Count, marked)
		}
	}
}

// told reads all that a member is told, in small pages.
func (w *noise) told(u cruddur.User, at time.Time) (lines []string, unread cruddur.Unread) {
	w.t.Helper()
	before := cruddur.UUID{}
	for {
		list, err := w.db.Notifications(w.t.Context(), u.UUID, before, 7, false, at)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, n := range list {
			if !before.IsZero() && string(n.UUID[:]) >= string(before[:]) {
				w.t.Errorf("@%s: the list is out of order", u.Handle)
			}
			before = n.UUID
			line := fmt.Sprintf("%s by %s (%d)", n.Kind, strings.Join(handles(n.Actors), " "), n.ActorsCount)
			if n.Activity != nil {
				line += ": " + n.Activity.UUID.String()
			}
			if n.Message != nil {
				line += ": " + n.Message.UUID.String()
			}
			if n.Unread {
				line += " *"
			}
			lines = append(lines, line)
		}
		if len(list) < 7 {
			break
		}
	}
	unread, err := w.db.Unread(w.t.Context(), u.UUID, at)
	if err != nil {
		w.t.Fatal(err)
	}
	return lines, unread
}
