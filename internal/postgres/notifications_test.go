package postgres_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// told is what a member is told: for each notification its kind, who did it, how many they are, what it is about, and
// whether it is new. It compares the number of unread ones with the page.
func told(t *testing.T, db *postgres.DB, user cruddur.User, at time.Time) (lines []string) {
	t.Helper()
	list, err := db.Notifications(t.Context(), user.UUID, cruddur.UUID{}, 100, false, at)
	if err != nil {
		t.Fatal(err)
	}
	want := cruddur.Unread{}
	for _, n := range list {
		line := string(n.Kind) + " by " + strings.Join(handles(n.Actors), " ") + fmt.Sprintf(" (%d)", n.ActorsCount)
		if n.Activity != nil {
			line += ": " + n.Activity.Message
		}
		if n.Message != nil {
			line += fmt.Sprintf(": %s (%d)", n.Message.Message, n.MessagesCount)
		}
		if n.Unread {
			line += " *"
			want.Count++
			want.Answer = want.Answer || n.Kind == cruddur.NotifyReply || n.Kind == cruddur.NotifyMention || n.Kind == cruddur.NotifyMessage
		}
		lines = append(lines, line)
	}
	if got, err := db.Unread(t.Context(), user.UUID, at); err != nil || got != want {
		t.Errorf("Unread() of @%s = %+v, %v; the page has %+v", user.Handle, got, err, want)
	}
	return lines
}

func wantTold(t *testing.T, db *postgres.DB, what string, user cruddur.User, at time.Time, want ...string) {
	t.Helper()
	wantTexts(t, what, told(t, db, user, at), nil, want...)
}

func see(t *testing.T, db *postgres.DB, user cruddur.User, at time.Time) {
	t.Helper()
	list, err := db.Notifications(t.Context(), user.UUID, cruddur.UUID{}, 1, false, at)
	if err == nil && len(list) > 0 {
		err = db.SeeNotifications(t.Context(), user.UUID, list[0].UUID)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Likes and reposts of a crud are one notification each, which names the newest, moves up when more come, and goes back
// when they are undone.
func TestNotificationsOfMarks(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			ctx, db := t.Context(), pgtest.New(t)
			ana, bo, cem, dia, eve := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem"), member(t, db, "dia"), member(t, db, "eve")
			one, two := crud(t, db, ana, "one", "1-hour", now), crud(t, db, ana, "two", "1-hour", now)
			mark := func(u cruddur.User, a cruddur.Activity, on bool, at int) {
				t.Helper()
				if _, err := k.set(db, ctx, u.UUID, a.UUID, on, now.Add(time.Duration(at)*time.Second)); err != nil {
					t.Fatal(err)
				}
			}
			mark(ana, one, true, 1) // nobody is told of what they do themselves
			wantTold(t, db, "own", ana, now)
			mark(bo, one, true, 2)
			mark(cem, two, true, 3)
			wantTold(t, db, "two groups", ana, now, k.name+" by cem (1): two *", k.name+" by bo (1): one *")
			see(t, db, ana, now)
			wantTold(t, db, "seen", ana, now, k.name+" by cem (1): two", k.name+" by bo (1): one")
			for i, u := range []cruddur.User{cem, dia, eve} {
				mark(u, one, true, 4+i)
			}
			mark(eve, one, true, 9) // repeated
			wantTold(t, db, "more", ana, now, k.name+" by eve dia cem (4): one *", k.name+" by cem (1): two")
			for _, u := range []cruddur.User{eve, dia, cem, cem} {
				mark(u, one, false, 10)
			}
			wantTold(t, db, "undone", ana, now, k.name+" by cem (1): two", k.name+" by bo (1): one")
			mark(cem, two, false, 11)
			mark(ana, one, false, 11)
			wantTold(t, db, "the only one undone", ana, now, k.name+" by bo (1): one")
			mark(bo, one, false, 12)
			wantTold(t, db, "all undone", ana, now)
			var left int
			if err := db.Pool().QueryRow(ctx, "select count(*) from notifications").Scan(&left); err != nil || left != 0 {
				t.Errorf("%d rows are left, %v", left, err)
			}
			wantTold(t, db, "bystanders", bo, now)
		})
	}
}

// Who is answered is told so, and not of being mentioned as well. A mention tells each once, never its author.
func TestNotificationsOfWords(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	a := crud(t, db, ana, "hi @Bo, @bo and @ana and @nobody, not x@cem.example", "1-hour", now)
	wantTold(t, db, "mentioned", bo, now, "mention by ana (1): "+a.Message+" *")
	wantTold(t, db, "the author", ana, now)
	wantTold(t, db, "an address", cem, now)
	see(t, db, bo, now)
	r := reply(t, db, bo, a, "well @ana, ask @cem and not me, @bo", "", now.Add(time.Second))
	wantTold(t, db, "answered", ana, now, "reply by bo (1): "+r.Message+" *")
	wantTold(t, db, "mentioned in a reply", cem, now, "mention by bo (1): "+r.Message+" *")
	wantTold(t, db, "the author of the reply", bo, now, "mention by ana (1): "+a.Message)
	reply(t, db, ana, a, "to myself", "", now.Add(2*time.Second))
	reply(t, db, cem, r, "to @bo and @ana", "", now.Add(3*time.Second))
	wantTold(t, db, "further down", ana, now, "mention by cem (1): to @bo and @ana *", "reply by bo (1): "+r.Message+" *")
	wantTold(t, db, "further down, answered", bo, now, "reply by cem (1): to @bo and @ana *", "mention by ana (1): "+a.Message)
	list, err := db.NotificationActivities(t.Context(), ana.UUID, cruddur.UUID{}, 20, now)
	wantTexts(t, "as activities", messagesOf(list), err, "to @bo and @ana", r.Message)
	list, err = db.NotificationActivities(t.Context(), ana.UUID, list[0].UUID, 20, now)
	wantTexts(t, "the second page", messagesOf(list), err, r.Message)
}

// A repeated attempt tells nobody twice, and one whose key belongs to another parent tells nobody.
func TestNotificationsOnce(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	for range 2 {
		once(t, db, ana, "k", "hi @bo", "1-hour", now)
	}
	wantTold(t, db, "a crud", bo, now, "mention by ana (1): hi @bo *")
	var wg sync.WaitGroup
	for i := range 30 { // in batches too
		wg.Go(func() {
			once(t, db, ana, "many", "hi all @bo @cem", "1-hour", now.Add(time.Second))
			crud(t, db, cem, fmt.Sprintf("number %d", i), "1-hour", now)
		})
	}
	wg.Wait()
	wantTold(t, db, "at once", cem, now, "mention by ana (1): hi all @bo @cem *")
	see(t, db, bo, now)
	first, second := crud(t, db, bo, "first", "1-hour", now), crud(t, db, cem, "second", "1-hour", now)
	for range 2 {
		if _, err := db.Reply(ctx, ana.UUID, first.UUID, "r", "hello @bo", "", now.Add(2*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := db.Reply(ctx, ana.UUID, second.UUID, "r", "hello @bo", "", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	_, err = db.CreateActivityOnce(ctx, ana.UUID, "r", "hello @bo", "", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	_, err = db.Reply(ctx, ana.UUID, second.UUID, "k", "hi @bo", "", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	wantTold(t, db, "a reply", bo, now, "reply by ana (1): hello @bo *", "mention by ana (1): hi all @bo @cem", "mention by ana (1): hi @bo")
	wantTold(t, db, "the author of another parent", cem, now, "mention by ana (1): hi all @bo @cem *")
}

// Cruds that are posted together tell each whom they mention of their own.
func TestNotificationsOfManyCruds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			crud(t, db, ana, fmt.Sprintf("number %d for %s", i, []string{"@bo", "@bo and @bo", "nobody"}[i%3]), "1-hour", now)
		})
	}
	wg.Wait()
	lines := told(t, db, bo, now)
	if len(lines) != 40 {
		t.Errorf("bo is told of %d cruds, want 40:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	for _, line := range lines {
		if !strings.Contains(line, "@bo") {
			t.Errorf("bo is told of %s", line)
		}
	}
}

// The followers of a day are one notification, which ends thirty days after that day began.
func TestNotificationsOfFollowers(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem, dia := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem"), member(t, db, "dia")
	midnight := time.Date(2026, 1, 16, 0, 0, 0, 0, time.UTC)
	follow := func(u cruddur.User, on bool, at time.Time) {
		t.Helper()
		if err := db.Follow(ctx, u.UUID, ana.UUID, on, at); err != nil {
			t.Fatal(err)
		}
	}
	follow(bo, true, midnight.Add(-24*time.Hour))
	follow(bo, true, midnight) // repeated
	follow(cem, true, midnight.Add(-time.Microsecond))
	follow(dia, true, midnight)
	wantTold(t, db, "two days", ana, midnight, "follow by dia (1) *", "follow by cem bo (2) *")
	see(t, db, ana, midnight)
	wantTold(t, db, "seen", ana, midnight, "follow by dia (1)", "follow by cem bo (2)")
	follow(cem, false, midnight.Add(time.Hour))
	wantTold(t, db, "no longer followed", ana, midnight, "follow by dia (1)", "follow by bo (1)")
	follow(cem, true, midnight.Add(time.Hour))
	wantTold(t, db, "followed again", ana, midnight, "follow by cem dia (2) *", "follow by bo (1)")
	follow(cem, false, midnight.Add(time.Hour))
	end := midnight.Add(29 * 24 * time.Hour)
	wantTold(t, db, "before the end", ana, end.Add(-time.Microsecond), "follow by dia (1)", "follow by bo (1)")
	wantTold(t, db, "at the end", ana, end, "follow by dia (1)")
	rows, lag, err := db.PurgeLag(ctx, end.Add(time.Second))
	if err != nil || rows != 1 || lag != time.Second {
		t.Errorf("PurgeLag() = %d, %v, %v", rows, lag, err)
	}
	if n, err := db.SweepNotifications(ctx, end.Add(-time.Microsecond), 10); err != nil || n != 0 {
		t.Errorf("before the end %d rows are swept, %v", n, err)
	}
	if n, err := db.SweepNotifications(ctx, end, 10); err != nil || n != 1 {
		t.Errorf("at the end %d rows are swept, %v", n, err)
	}
	wantTold(t, db, "swept", ana, midnight, "follow by dia (1)")
	follow(dia, false, midnight.Add(time.Hour))
	follow(bo, false, midnight.Add(time.Hour))
	wantTold(t, db, "followed by nobody", ana, midnight)
	var left int
	if err := db.Pool().QueryRow(ctx, "select count(*) from notifications").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

// What has ended is neither told nor counted, and neither is what somebody did who may not be seen. When a suspension,
// block or mute is lifted, it is told again.
func TestNotificationsOfTheUnseen(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	a := crud(t, db, ana, "a crud", "3-hours", now)
	marks := func(u cruddur.User, at time.Time) {
		t.Helper()
		for i, k := range kinds {
			if _, err := k.set(db, ctx, u.UUID, a.UUID, true, at.Add(time.Duration(i)*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Follow(ctx, u.UUID, ana.UUID, true, at.Add(2*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	marks(cem, now)
	see(t, db, ana, now)
	marks(bo, now.Add(time.Second))
	r := reply(t, db, bo, a, "a reply", "1-hour", now.Add(2*time.Second))
	crud(t, db, bo, "for @ana", "12-hours", now.Add(3*time.Second))
	all := []string{
		"mention by bo (1): for @ana *", "reply by bo (1): a reply *", "follow by bo cem (2) *", "repost by bo cem (2): a crud *", "like by bo cem (2): a crud *",
	}
	rest := []string{"follow by cem (1)", "repost by cem (1): a crud", "like by cem (1): a crud"}
	wantTold(t, db, "all", ana, now, all...)
	wantTold(t, db, "before the reply is over", ana, r.ExpiresAt.Add(-time.Microsecond), all...)
	wantTold(t, db, "the reply is over", ana, r.ExpiresAt, append([]string{all[0]}, all[2:]...)...)
	wantTold(t, db, "the crud is over", ana, a.ExpiresAt, all[0], all[2])
	ignored := []struct{ name, begin, end string }{
		{"blocked", "insert into blocks (blocker_uuid, blocked_uuid) values ($1, $2)", "delete from blocks"},
		{"blocking", "insert into blocks (blocked_uuid, blocker_uuid) values ($1, $2)", "delete from blocks"},
		{"muted", "insert into mutes (muter_uuid, muted_uuid) values ($1, $2)", "delete from mutes"},
		{
			"blocked and muted", "with b as (insert into blocks (blocker_uuid, blocked_uuid) values ($1, $2)) insert into mutes (muter_uuid, muted_uuid) values ($1, $2)",
			"with b as (delete from blocks) delete from mutes",
		},
	}
	for _, way := range ignored {
		mustExec(t, db, way.begin, [16]byte(ana.UUID), [16]byte(bo.UUID))
		wantTold(t, db, way.name, ana, now, rest...)
		mustExec(t, db, way.end)
		wantTold(t, db, "no longer "+way.name, ana, now, all...)
	}
	mustExec(t, db, "insert into mutes (muter_uuid, muted_uuid, ends_at) values ($1, $2, $3)", [16]byte(ana.UUID), [16]byte(bo.UUID), now.Add(time.Minute))
	wantTold(t, db, "before the mute ends", ana, now.Add(time.Minute-time.Microsecond), rest...)
	wantTold(t, db, "when the mute ends", ana, now.Add(time.Minute), all...)
	mustExec(t, db, "delete from mutes")
	if err := db.Suspend(ctx, bo.UUID, now); err != nil {
		t.Fatal(err)
	}
	wantTold(t, db, "suspended", ana, now, rest...)
	if err := db.Unsuspend(ctx, bo.UUID); err != nil {
		t.Fatal(err)
	}
	wantTold(t, db, "no longer suspended", ana, now, all...)
	if err := db.DeleteUser(ctx, bo.UUID); err != nil {
		t.Fatal(err)
	}
	wantTold(t, db, "deleted", ana, now, rest...)
	if err := db.DeleteActivity(ctx, a.UUID, ana.UUID, now); err != nil {
		t.Fatal(err)
	}
	wantTold(t, db, "without the crud", ana, now, rest[0])
}

// The mark of what was seen only moves forward, and a count stops at its limit.
func TestUnread(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	for i := range cruddur.MostUnread + 2 {
		crud(t, db, bo, fmt.Sprintf("number %d for @ana", i), "1-day", now.Add(time.Duration(i)*time.Second))
	}
	list, err := db.Notifications(ctx, ana.UUID, cruddur.UUID{}, 100, true, now)
	if err != nil || len(list) != 100 {
		t.Fatalf("%d notifications, %v", len(list), err)
	}
	want := func(what string, count int) {
		t.Helper()
		if u, err := db.Unread(ctx, ana.UUID, now); err != nil || u.Count != count || u.Answer != (count > 0) {
			t.Errorf("%s: Unread() = %+v, %v, want %d", what, u, err, count)
		}
	}
	want("nothing seen", cruddur.MostUnread)
	for _, step := range []struct{ seen, left int }{{99, 99}, {10, 10}, {50, 10}, {1, 1}, {0, 0}} {
		if err := db.SeeNotifications(ctx, ana.UUID, list[step.seen].UUID); err != nil {
			t.Fatal(err)
		}
		want(fmt.Sprintf("seen number %d", step.seen), step.left)
	}
	older, err := db.Notifications(ctx, ana.UUID, list[99].UUID, 20, true, now)
	if err != nil || len(older) != 2 || older[0].Unread || older[1].Activity.Message != "number 0 for @ana" {
		t.Errorf("the second page: %+v, %v", older, err)
	}
	if err := db.SeeNotifications(ctx, cruddur.UUID{9}, list[0].UUID); err != nil {
		t.Errorf("a member who is gone: %v", err)
	}
}
