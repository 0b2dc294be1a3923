package postgres_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// follower reads the changes as the hub does.
type follower struct {
	t     *testing.T
	db    *postgres.DB
	floor int64
	seen  map[int64]bool
	held  bool
}

func follow(t *testing.T, db *postgres.DB) *follower {
	f := &follower{t: t, db: db, floor: math.MaxInt64}
	f.read()
	return f
}

// read returns what is new, as "kind subject".
func (f *follower) read() (list []cruddur.Change) {
	f.t.Helper()
	n, err := f.db.News(f.t.Context(), f.floor, time.Now(), time.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	seen := map[int64]bool{}
	for _, c := range n.Changes {
		if seen[c.ID] = true; !f.seen[c.ID] {
			list = append(list, c)
		}
	}
	f.floor, f.held, f.seen = n.Floor, n.Held, seen
	return list
}

func kindsOf(list []cruddur.Change) (kinds []string) {
	for _, c := range list {
		kinds = append(kinds, string(c.Kind))
	}
	slices.Sort(kinds)
	return kinds
}

// Two transactions that end in the other order than they began: neither is lost, and each is read once.
func TestChangesInAnyOrder(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f := follow(t, db)
	begin := func(subject string) pgx.Tx {
		t.Helper()
		tx, err := connect(t, url).Begin(t.Context())
		if err == nil {
			_, err = tx.Exec(t.Context(), "insert into changes (kind, subject_uuid) values ('told', $1)", subject)
		}
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	end := func(tx pgx.Tx) {
		t.Helper()
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := begin("00000000-0000-7000-8000-000000000001")
	second := begin("00000000-0000-7000-8000-000000000002")
	if got := f.read(); len(got) != 0 {
		t.Errorf("before the commits: %v", got)
	}
	end(second)
	if got := f.read(); len(got) != 1 || got[0].Subject[15] != 2 {
		t.Errorf("after the second: %v", got)
	}
	if !f.held {
		t.Error("the first is under way, and News does not say so")
	}
	// While the first is open, others come and go.
	third := begin("00000000-0000-7000-8000-000000000003")
	end(third)
	if got := f.read(); len(got) != 1 || got[0].Subject[15] != 3 {
		t.Errorf("after the third: %v", got)
	}
	end(first)
	if got := f.read(); len(got) != 1 || got[0].Subject[15] != 1 {
		t.Errorf("after the first: %v", got)
	}
	if got := f.read(); len(got) != 0 {
		t.Errorf("once more: %v", got)
	}
}

// Every write that others must learn of leaves a row in its own transaction.
func TestChanges(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	now := time.Now().UTC().Truncate(time.Microsecond)
	ada, bo, cem := member(t, db, "ada"), member(t, db, "bo"), member(t, db, "cem")
	conn := connect(t, url)
	hand := func(sql string, args ...any) func() error {
		return func() error { _, err := conn.Exec(t.Context(), sql, args...); return err }
	}
	post := func(u cruddur.User) cruddur.Activity {
		t.Helper()
		a, err := db.CreateActivity(t.Context(), u.UUID, "text", "7-days", now)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	answer := func(u cruddur.User, to cruddur.UUID) cruddur.Activity {
		t.Helper()
		a, err := db.Reply(t.Context(), u.UUID, to, "", "text", "", now)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	one, two := post(ada), post(ada)
	under := answer(bo, one.UUID)
	deep := answer(cem, under.UUID)
	post(bo)
	post(cem)
	var talk cruddur.PrivateMessage
	f := follow(t, db)
	for _, tt := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"post", func() error { post(ada); return nil }, nil},
		{"like", func() error { _, err := db.Like(t.Context(), bo.UUID, one.UUID, true, now); return err }, nil},
		{"counts", func() error { return db.TellCounts(t.Context(), []cruddur.UUID{one.UUID, two.UUID}) }, []string{"counts", "counts"}},
		{"follow", func() error { return db.Follow(t.Context(), bo.UUID, ada.UUID, true, now) }, []string{"told"}},
		{"follow again", func() error { return db.Follow(t.Context(), bo.UUID, ada.UUID, true, now) }, nil},
		{"seen", func() error { return db.SeeNotifications(t.Context(), ada.UUID, cruddur.MaxUUID) }, []string{"told"}},
		{"seen again", func() error { return db.SeeNotifications(t.Context(), ada.UUID, cruddur.MaxUUID) }, nil},
		{"message", func() (err error) {
			talk, err = db.SendTo(t.Context(), ada.UUID, bo.UUID, "", "text", now)
			return err
		}, []string{"message"}},
		{"read", func() error { return db.Seen(t.Context(), bo.UUID, talk.Conversation, talk.UUID, now) }, []string{"told"}},
		{"read again", func() error { return db.Seen(t.Context(), bo.UUID, talk.Conversation, talk.UUID, now) }, nil},
		{"timer", func() error { return db.SetTimer(t.Context(), ada.UUID, talk.Conversation, "1-hour", now) }, []string{"message"}},
		{"delete a message", func() error { return db.DeleteMessage(t.Context(), ada.UUID, talk.UUID, now) }, []string{"message"}},
		{"delete a conversation", func() error { return db.DeleteConversation(t.Context(), ada.UUID, talk.Conversation, now) }, []string{"message"}},
		{"end moved", func() error { _, err := db.MoveEnd(t.Context(), two.UUID, ada.UUID, "1-hour", now); return err }, []string{"counts"}},
		{"ended by hand", hand("update activities set expires_at = greatest(now(), created_at + interval '1 microsecond') where uuid = $1", [16]byte(two.UUID)), []string{"gone"}},
		{"swept", func() error { _, err := db.Sweep(t.Context(), time.Now(), 100); return err }, nil},
		{"delete", func() error { return db.DeleteActivity(t.Context(), one.UUID, ada.UUID, now) }, []string{"gone", "gone", "gone"}},
		{"mute", func() error { return db.Mute(t.Context(), ada.UUID, bo.UUID, time.Time{}, now) }, []string{"muted"}},
		{"block", func() error { return db.Block(t.Context(), ada.UUID, bo.UUID, true, now) }, []string{"parted"}},
		{"unblock", func() error { return db.Block(t.Context(), ada.UUID, bo.UUID, false, now) }, nil},
		{"silence", hand("update users set silenced_at = now() where handle = 'bo'"), []string{"silenced"}},
		{"session", hand("with s as (insert into sessions (user_uuid, token_hash, last_used_at, created_at) values ($1, sha256('x'), now(), now())) select", [16]byte(bo.UUID)), nil},
		{"sign out", hand("delete from sessions"), []string{"access"}},
		{"old session", hand("insert into sessions (user_uuid, token_hash, last_used_at, created_at) values ($1, sha256('y'), now() - interval '15 days', now() - interval '20 days')", [16]byte(bo.UUID)), nil},
		{"swept accounts", func() error { _, err := db.SweepAccounts(t.Context(), time.Now(), 100); return err }, nil},
		{"cut off", func() error { return db.CutOff(t.Context(), "subject-bo", now, now.Add(time.Hour)) }, []string{"access"}},
		{"cut off a family", func() error { return db.CutOff(t.Context(), "family x", now, now.Add(time.Hour)) }, []string{"access"}},
		{"suspend", func() error { return db.Suspend(t.Context(), bo.UUID, now) }, []string{"access", "hidden"}},
		{"delete what is hidden", hand("delete from activities where user_uuid = $1", [16]byte(bo.UUID)), nil},
		{"delete a member", func() error { return db.DeleteUser(t.Context(), cem.UUID) }, []string{"deleted"}},
		{"members only", hand("update place set reading = 'members'"), []string{"place"}},
		{"the name of the place", hand("update place set name = 'Here'"), nil},
	} {
		if err := tt.do(); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got := f.read()
		if !slices.Equal(kindsOf(got), tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if tt.name == "delete" {
			members := map[cruddur.UUID]int{}
			for _, c := range got {
				members[c.Subject] = len(c.Members)
			}
			if members[one.UUID] != 1 || members[under.UUID] != 2 || members[deep.UUID] != 3 {
				t.Errorf("delete: by how many the activities and what they hung on were: %v", members)
			}
		}
	}
	var left int
	if n, err := db.SweepChanges(t.Context(), time.Now(), 100); err != nil || n != 0 {
		t.Errorf("changes that are younger than a minute: %d swept, %v", n, err)
	}
	if _, err := conn.Exec(t.Context(), "update changes set at = now() - interval '61 seconds'"); err != nil {
		t.Fatal(err)
	}
	if n, err := db.SweepChanges(t.Context(), time.Now().Add(-time.Hour), 100); err != nil || n != 0 {
		t.Errorf("by a clock that is late: %d swept, %v", n, err)
	}
	if _, err := db.SweepChanges(t.Context(), time.Now(), 100); err != nil {
		t.Error(err)
	}
	if err := conn.QueryRow(t.Context(), "select count(*) from changes").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d changes are left, %v", left, err)
	}
}
