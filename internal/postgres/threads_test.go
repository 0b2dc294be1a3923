package postgres_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// A reply ends with what it hangs on or before it, whatever its author chose.
func TestReplyEnds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	root := crud(t, db, ana, "root", "3-hours", now)
	for _, tt := range []struct {
		name string
		to   cruddur.Activity
		ttl  cruddur.TTL
		want time.Time
	}{
		{"with the thread", root, "", root.ExpiresAt},
		{"shorter", root, "1-hour", now.Add(time.Minute + time.Hour)},
		{"longer than the thread", root, "30-days", root.ExpiresAt},
		{"with a reply of its own end", reply(t, db, bo, root, "short", "1-hour", now), "", now.Add(time.Hour + time.Microsecond)},
	} {
		if got := reply(t, db, bo, tt.to, tt.name, tt.ttl, now.Add(time.Minute)); !got.ExpiresAt.Equal(tt.want) || got.ReplyTo != tt.to.UUID || got.Root != root.UUID {
			t.Errorf("%s: it ends at %v, want %v: %+v", tt.name, got.ExpiresAt, tt.want, got)
		}
	}
	_, err := db.Reply(t.Context(), bo.UUID, root.UUID, "", "late", "", root.ExpiresAt)
	wantKind(t, err, cruddur.KindNotFound)
	_, err = db.Reply(t.Context(), bo.UUID, root.UUID, "", strings.Repeat("x", cruddur.MaxReply+1), "", now)
	wantKind(t, err, cruddur.KindInvalid, "message_exceed_max_chars_1024")
	_, err = db.Reply(t.Context(), cruddur.UUID{9}, root.UUID, "", "nobody's", "", now)
	wantKind(t, err, cruddur.KindNotFound)
	if err := db.Suspend(t.Context(), bo.UUID, now); err != nil {
		t.Fatal(err)
	}
	_, err = db.Reply(t.Context(), bo.UUID, root.UUID, "", "suspended", "", now)
	wantKind(t, err, cruddur.KindNotFound)
	_, err = db.CreateActivity(t.Context(), bo.UUID, "suspended", "", now)
	wantKind(t, err, cruddur.KindNotFound)
}

// A reply is newer than what it answers, also when its server's clock is behind.
func TestReplyIsNewerThanItsParent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	root := crud(t, db, ana, "root", "3-hours", now)
	got := reply(t, db, ana, root, "from a slow clock", "1-hour", now.Add(-time.Minute))
	if want := now.Add(time.Microsecond); got.UUID.String() <= root.UUID.String() || !got.CreatedAt.Equal(want) || !got.ExpiresAt.Equal(want.Add(time.Hour)) {
		t.Errorf("the reply is %+v", got)
	}
}

// One key makes one reply, also when the answer was lost; with another text or parent it is refused.
func TestReplyOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	root, other := crud(t, db, ana, "root", "3-hours", now), crud(t, db, ana, "other", "3-hours", now)
	first, err := db.Reply(t.Context(), ana.UUID, root.UUID, "key", "hello", "", now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := db.Reply(t.Context(), ana.UUID, root.UUID, "key", "hello", "", now.Add(time.Second))
	if err != nil || again.UUID != first.UUID {
		t.Errorf("again: %+v, %v", again, err)
	}
	_, err = db.Reply(t.Context(), ana.UUID, root.UUID, "key", "another text", "", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	_, err = db.Reply(t.Context(), ana.UUID, other.UUID, "key", "hello", "", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	_, err = db.CreateActivityOnce(t.Context(), ana.UUID, "key", "hello", "", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	if a, err := db.Activity(t.Context(), root.UUID, now); err != nil || a.RepliesCount != 1 {
		t.Errorf("the root has %d replies, %v", a.RepliesCount, err)
	}
}

// When an end moves, what lives with the thread moves along, and an end of its own is only cut short.
func TestMoveEnd(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	root := crud(t, db, ana, "root", "1-day", now)
	with := reply(t, db, bo, root, "with", "", now)
	own := reply(t, db, bo, root, "own", "12-hours", now)
	under := reply(t, db, ana, own, "under", "", now)
	ownEnd := own.ExpiresAt
	ends := func(what string, at time.Time, want map[cruddur.UUID]time.Time) {
		t.Helper()
		for id, end := range want {
			if a, err := db.Activity(ctx, id, at); err != nil || !a.ExpiresAt.Equal(end) {
				t.Errorf("%s: %q ends at %v, want %v (%v)", what, a.Message, a.ExpiresAt, end, err)
			}
		}
	}
	later := now.Add(time.Minute)
	a, err := db.MoveEnd(ctx, root.UUID, ana.UUID, "7-days", later)
	if week := later.Add(7 * 24 * time.Hour); err != nil || !a.ExpiresAt.Equal(week) {
		t.Errorf("MoveEnd() = %+v, %v", a, err)
	} else {
		ends("extended", later, map[cruddur.UUID]time.Time{root.UUID: week, with.UUID: week, own.UUID: ownEnd, under.UUID: ownEnd})
	}
	if _, err = db.MoveEnd(ctx, root.UUID, ana.UUID, "3-hours", later); err != nil {
		t.Fatal(err)
	}
	three := later.Add(3 * time.Hour)
	ends("shortened", later, map[cruddur.UUID]time.Time{root.UUID: three, with.UUID: three, own.UUID: three, under.UUID: three})
	if _, err = db.MoveEnd(ctx, root.UUID, ana.UUID, "1-day", later); err != nil {
		t.Fatal(err)
	}
	day := later.Add(24 * time.Hour)
	ends("extended again", later, map[cruddur.UUID]time.Time{root.UUID: day, with.UUID: day, own.UUID: three, under.UUID: three})
	if _, err = db.MoveEnd(ctx, own.UUID, bo.UUID, "", later); err != nil {
		t.Fatal(err)
	}
	ends("with the thread again", later, map[cruddur.UUID]time.Time{own.UUID: day, under.UUID: day})
	if _, err = db.MoveEnd(ctx, with.UUID, bo.UUID, "30-days", later); err != nil {
		t.Fatal(err)
	}
	ends("a reply longer than its thread", later, map[cruddur.UUID]time.Time{with.UUID: day})
	if _, err = db.MoveEnd(ctx, root.UUID, ana.UUID, "30-days", later); err != nil {
		t.Fatal(err)
	}
	most := now.Add(cruddur.MaxLife)
	ends("no longer than any life", later, map[cruddur.UUID]time.Time{root.UUID: most, own.UUID: most, with.UUID: day})
	_, err = db.MoveEnd(ctx, root.UUID, bo.UUID, "1-hour", later)
	wantKind(t, err, cruddur.KindForbidden)
	_, err = db.MoveEnd(ctx, root.UUID, ana.UUID, "1-hour", most)
	wantKind(t, err, cruddur.KindNotFound)
	_, err = db.MoveEnd(ctx, with.UUID, bo.UUID, "1-hour", day)
	wantKind(t, err, cruddur.KindNotFound)
}

// A thread has what it hangs on above and every visible reply below, oldest first, a page at a time.
func TestThread(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	root := crud(t, db, ana, "root", "1-day", now)
	first := reply(t, db, bo, root, "first", "", now.Add(time.Second))
	second := reply(t, db, ana, root, "second", "1-hour", now.Add(2*time.Second))
	deep := reply(t, db, bo, first, "deep", "", now.Add(3*time.Second))
	deeper := reply(t, db, ana, deep, "deeper", "", now.Add(4*time.Second))
	reply(t, db, bo, second, "under second", "", now.Add(5*time.Second))
	at := now.Add(time.Minute)
	tree := func(id cruddur.UUID, at time.Time) (above, below []string, depths []int, total int) {
		t.Helper()
		x, err := db.Thread(ctx, id, cruddur.UUID{}, at)
		if err != nil {
			t.Fatal(err)
		}
		return messages(x.Ancestors), messages(x.Replies), x.Depths(), x.Total
	}
	for _, tt := range []struct {
		of           cruddur.Activity
		at           time.Time
		above, below string
		depths       []int
	}{
		{root, at, "", "first second deep deeper under second", []int{0, 0, 1, 2, 1}},
		{first, at, "root", "deep deeper", []int{0, 1}},
		{deeper, at, "root first deep", "", []int{}},
		{root, second.ExpiresAt, "", "first deep deeper", []int{0, 1, 2}},
	} {
		above, below, depths, total := tree(tt.of.UUID, tt.at)
		if strings.Join(above, " ") != tt.above || strings.Join(below, " ") != tt.below || !slices.Equal(depths, tt.depths) || total != len(below) {
			t.Errorf("%s: above %q, below %q at depths %v, %d in all", tt.of.Message, above, below, depths, total)
		}
	}
	if _, err := db.Thread(ctx, second.UUID, cruddur.UUID{}, second.ExpiresAt); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("the thread of an ended reply: %v", err)
	}
	for _, under := range []cruddur.Activity{root, first} { // both statements page
		mustExec(t, db, `insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, root_uuid, created_at, expires_at)
			select uuid_v7(at), $1, 'many', $2, $3, at, $4 from (select $5::timestamptz + i * interval '1 ms' as at from generate_series(1, 450) i) t`,
			[16]byte(bo.UUID), [16]byte(under.UUID), [16]byte(root.UUID), root.ExpiresAt, at)
		mustExec(t, db, "update activities set replies_count = replies_count + 450 where uuid = $1", [16]byte(under.UUID))
		seen, sizes := map[cruddur.UUID]bool{}, []int{}
		for after := (cruddur.UUID{}); ; {
			x, err := db.Thread(ctx, under.UUID, after, at)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := db.CountBelow(ctx, under.UUID, at); err != nil || x.Total != n && len(x.Replies) > 0 {
				t.Errorf("a page says %d replies, CountBelow() %d, %v", x.Total, n, err)
			}
			for _, a := range x.Replies {
				if seen[a.UUID] || !seen[a.ReplyTo] && a.ReplyTo != under.UUID {
					t.Fatalf("%v comes twice or before its parent", a.UUID)
				}
				seen[a.UUID] = true
			}
			sizes = append(sizes, len(x.Replies))
			if len(x.Replies) < cruddur.ThreadPageSize {
				break
			}
			after = x.Replies[len(x.Replies)-1].UUID
		}
		if want := map[cruddur.UUID][]int{root.UUID: {200, 200, 55}, first.UUID: {200, 200, 52}}[under.UUID]; !slices.Equal(sizes, want) {
			t.Errorf("pages of %v, want %v", sizes, want)
		}
	}
}

// A deleted activity takes what hangs on it along, and nothing else.
func TestDeleteTakesTheThread(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	root := crud(t, db, ana, "root", "1-day", now)
	first := reply(t, db, bo, root, "first", "", now)
	reply(t, db, ana, first, "under it", "", now)
	stays := reply(t, db, ana, root, "stays", "", now)
	if _, err := db.Like(ctx, ana.UUID, first.UUID, true, now); err != nil {
		t.Fatal(err)
	}
	wantKind(t, db.DeleteActivity(ctx, first.UUID, ana.UUID, now), cruddur.KindForbidden)
	if err := db.DeleteActivity(ctx, first.UUID, bo.UUID, now); err != nil {
		t.Fatal(err)
	}
	x, err := db.Thread(ctx, root.UUID, cruddur.UUID{}, now.Add(time.Second))
	wantTexts(t, "left", messages(x.Replies), err, "stays")
	if x.Activity.RepliesCount != 1 || x.Replies[0].UUID != stays.UUID {
		t.Errorf("the root counts %d", x.Activity.RepliesCount)
	}
	hidden := reply(t, db, bo, root, "hidden with what it hangs on", "", now)
	if err := db.Suspend(ctx, ana.UUID, now); err != nil {
		t.Fatal(err)
	}
	wantKind(t, db.DeleteActivity(ctx, hidden.UUID, bo.UUID, now), cruddur.KindNotFound)
	if err := db.Unsuspend(ctx, ana.UUID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Activity(ctx, hidden.UUID, now); err != nil {
		t.Errorf("what was hidden has been deleted: %v", err)
	}
}
