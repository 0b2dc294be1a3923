package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// readable is what each of the members sees of each conversation at $1: the number of messages, of unread ones, and
// the last text. It knows the rules without the product's statements and functions.
const readable = `
with sides as (
	select uuid, first_uuid as me, second_uuid as other, first_accepted as accepted, first_read_uuid as read, expires_at from conversations
	union all
	select uuid, second_uuid, first_uuid, second_accepted, second_read_uuid, expires_at from conversations
)
select s.me, s.uuid, o.handle,
	not s.accepted and not exists (select from follows where follower_uuid = s.me and followed_uuid = s.other) as request,
	count(m.uuid) as messages,
	case when exists (select from mutes where muter_uuid = s.me and muted_uuid = s.other and (ends_at is null or ends_at > $1)) then 0
		else count(m.uuid) filter (where m.user_uuid = s.other and m.uuid > s.read) end as unread,
	coalesce((array_agg(m.message order by m.uuid desc) filter (where m.uuid is not null))[1], '') as last
from sides s
join users o on o.uuid = s.other and o.suspended_at is null
left join messages m on m.conversation_uuid = s.uuid and m.expires_at > $1
where s.expires_at > $1
	and not exists (select from blocks where (blocker_uuid, blocked_uuid) in ((s.me, s.other), (s.other, s.me)))
group by s.me, s.uuid, o.handle, s.accepted, s.read, s.other`

// seen is what a member sees of a conversation.
type seen struct {
	me, conversation cruddur.UUID
	handle           string
	request          bool
	messages, unread int
	last             string
}

// Members send, delete, accept, decline, change timers, block, read and leave from many connections at once, while
// an operator suspends some of them, time passes and the sweeper runs. Nothing fails but what may, and after each
// round every number and every text is what the rows say.
func TestMessagesAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	w := &parley{t: t, db: pgtest.Open(t, url)}
	for i := range 6 {
		w.members = append(w.members, member(t, w.db, fmt.Sprintf("member%d", i)))
	}
	at := now
	for round := range 12 {
		w.round(at, uint64(round))
		at = at.Add(time.Second) // what was sent in this round is before
		w.compare(round, at)
		if t.Failed() {
			return
		}
		at = at.Add(time.Duration(10+20*round) * time.Minute)
	}
	at = at.Add(cruddur.MaxLife + cruddur.QuietLife)
	for n := 1; n > 0; {
		var err error
		if n, err = w.db.SweepMessages(t.Context(), at, 50); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"messages", "conversations"} {
		var left int
		if err := w.db.Pool().QueryRow(t.Context(), "select count(*) from "+table).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d %s are left at rest, %v", left, table, err)
		}
	}
}

// parley is a place in which members write to each other.
type parley struct {
	t       *testing.T
	db      *postgres.DB
	members []cruddur.User

	mu   sync.Mutex
	sent []cruddur.PrivateMessage
}

func (w *parley) round(at time.Time, seed uint64) {
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

func (w *parley) pick(r *rand.Rand) cruddur.PrivateMessage {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.sent) == 0 {
		return cruddur.PrivateMessage{}
	}
	return w.sent[max(0, len(w.sent)-1-r.IntN(30))]
}

func (w *parley) wrote(m cruddur.PrivateMessage, err error) error {
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sent = append(w.sent, m)
	}
	for _, code := range cruddur.CodesOf(err) {
		if code == "request_unanswered" {
			return nil
		}
	}
	return err
}

func (w *parley) act(ctx context.Context, r *rand.Rand, at time.Time) (string, error) {
	i := r.IntN(len(w.members))
	me, other := w.members[i], w.members[(i+1+r.IntN(len(w.members)-1))%len(w.members)]
	m := w.pick(r)
	switch n := r.IntN(100); {
	case n < 35:
		m, err := w.db.SendTo(ctx, me.UUID, other.UUID, fmt.Sprint("key ", r.IntN(500)), fmt.Sprint("text ", r.IntN(3)), at)
		for _, code := range cruddur.CodesOf(err) {
			if code == "idempotency_key_reused" {
				return "send to", nil
			}
		}
		return "send to", w.wrote(m, err)
	case n < 45:
		m, err := w.db.SendIn(ctx, me.UUID, m.Conversation, "", fmt.Sprint("text ", r.IntN(1000)), at)
		return "send in", w.wrote(m, err)
	case n < 52:
		return "delete a message", w.db.DeleteMessage(ctx, m.UserUUID, m.UUID, at)
	case n < 60:
		return "accept", w.db.Accept(ctx, me.UUID, m.Conversation, at)
	case n < 62:
		return "delete a conversation", w.db.DeleteConversation(ctx, me.UUID, m.Conversation, at)
	case n < 70:
		return "set the timer", w.db.SetTimer(ctx, me.UUID, m.Conversation, cruddur.Presets[r.IntN(len(cruddur.Presets))].TTL, at)
	case n < 80:
		return "see", w.db.Seen(ctx, me.UUID, m.Conversation, m.UUID, at)
	case n < 83:
		return "block", w.db.Block(ctx, me.UUID, other.UUID, true, at)
	case n < 88:
		return "unblock", w.db.Block(ctx, me.UUID, other.UUID, false, at)
	case n < 90:
		return "mute", w.db.Mute(ctx, me.UUID, other.UUID, at.Add(time.Hour), at)
	case n < 92:
		return "follow", w.db.Follow(ctx, me.UUID, other.UUID, r.IntN(2) == 0, at)
	case n < 94:
		return "suspend", w.db.Suspend(ctx, w.members[r.IntN(2)].UUID, at)
	case n < 96:
		return "unsuspend", w.db.Unsuspend(ctx, w.members[r.IntN(2)].UUID)
	case n < 97:
		return "leave", w.leave(ctx, r, at)
	default:
		_, err := w.db.SweepMessages(ctx, at, 1+r.IntN(20))
		if cruddur.KindOf(err) == cruddur.KindUnavailable {
			err = nil // it gave up on a lock, as it should
		}
		return "sweep", err
	}
}

// leave deletes a member who has just joined and whom others write to.
func (w *parley) leave(ctx context.Context, r *rand.Rand, at time.Time) error {
	handle := fmt.Sprintf("guest%d", r.Uint64()%1e9)
	guest, err := w.db.UpsertUser(ctx, cruddur.User{Handle: handle, DisplayName: handle, Email: handle + "@example.com", Subject: handle}, at)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, other := range w.members[2:] {
		wg.Go(func() {
			m, err := w.db.SendTo(ctx, other.UUID, guest.UUID, "", "welcome", at)
			if err := w.wrote(m, err); err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
				w.t.Errorf("welcome: %v", err)
			}
			if _, err := w.db.SendIn(ctx, guest.UUID, m.Conversation, "", "thank you", at); err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
				w.t.Errorf("thank you: %v", err)
			}
			if err := w.db.DeleteMessage(ctx, other.UUID, m.UUID, at); err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
				w.t.Errorf("take back: %v", err)
			}
		})
	}
	err = w.db.DeleteUser(ctx, guest.UUID)
	wg.Wait()
	return err
}

// compare holds what the product shows each member against what the rows say.
func (w *parley) compare(round int, at time.Time) {
	w.t.Helper()
	ctx := w.t.Context()
	rows, err := w.db.Pool().Query(ctx, readable, at)
	if err != nil {
		w.t.Fatal(err)
	}
	want, unread, requests := map[seen]int{}, map[cruddur.UUID]int{}, map[cruddur.UUID]int{}
	for rows.Next() {
		var s seen
		if err := rows.Scan((*[16]byte)(&s.me), (*[16]byte)(&s.conversation), &s.handle, &s.request, &s.messages, &s.unread, &s.last); err != nil {
			w.t.Fatal(err)
		}
		want[s]++
		if s.request {
			requests[s.me]++
		} else {
			unread[s.me] += s.unread
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, u := range w.members {
		all, err := w.db.UnreadMessages(ctx, u.UUID, at)
		waiting, rerr := w.db.Requests(ctx, u.UUID, at)
		if err != nil || rerr != nil || all != min(unread[u.UUID], cruddur.MostUnread) || waiting != requests[u.UUID] {
			w.t.Errorf("round %d: %s has %d unread and %d requests, the rows say %d and %d (%v, %v)",
				round, u.Handle, all, waiting, unread[u.UUID], requests[u.UUID], err, rerr)
		}
		for _, request := range []bool{false, true} {
			list, err := w.db.Conversations(ctx, u.UUID, request, cruddur.UUID{}, 100, at)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, c := range list {
				count, err := w.db.CountMessages(ctx, u.UUID, c.UUID, at)
				if err != nil {
					w.t.Fatal(err)
				}
				s := seen{u.UUID, c.UUID, c.Handle, c.Request, count, c.Unread, c.Last.Message}
				if want[s] != 1 || c.Request != request {
					w.t.Errorf("round %d: %s sees %+v, which the rows do not say", round, u.Handle, s)
				}
				n++
			}
		}
	}
	for s := range want {
		if handle := s.handle; len(handle) > 5 && handle[:5] == "guest" {
			n++ // a guest who stays is nobody whom this test asks; those who left have no rows
			w.t.Errorf("round %d: a guest has stayed: %+v", round, s)
		}
	}
	if n != len(want) {
		w.t.Errorf("round %d: %d conversations are shown, the rows have %d", round, n, len(want))
	}
}
