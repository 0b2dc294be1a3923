package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// All messages of a conversation are one notification, as long as one of the other member is alive. It is read with the
// conversation, or when the page was seen. Requests tell nothing until they are accepted.
func TestNotificationsOfMessages(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	send := func(from, to cruddur.User, text string, at int) cruddur.PrivateMessage {
		t.Helper()
		m, err := db.SendTo(ctx, from.UUID, to.UUID, "", text, now.Add(time.Duration(at)*time.Second))
		must(err)
		return m
	}
	first := send(bo, ana, "one", 1)
	wantTold(t, db, "a request", ana, now)
	must(db.Accept(ctx, ana.UUID, first.Conversation, now.Add(time.Second)))
	wantTold(t, db, "accepted", ana, now, "message by bo (1): one (1) *")
	wantTold(t, db, "the sender", bo, now)
	second := send(bo, ana, "two", 2)
	wantTold(t, db, "two messages", ana, now, "message by bo (1): two (2) *")
	must(db.Follow(ctx, ana.UUID, cem.UUID, true, now))
	send(cem, ana, "hi", 3)
	wantTold(t, db, "by somebody followed", ana, now, "message by cem (1): hi (1) *", "message by bo (1): two (2) *")
	see(t, db, ana, now)
	wantTold(t, db, "seen on the page", ana, now, "message by cem (1): hi (1)", "message by bo (1): two (2)")
	third := send(bo, ana, "three", 4)
	wantTold(t, db, "a third", ana, now, "message by bo (1): three (3) *", "message by cem (1): hi (1)")
	must(db.Seen(ctx, ana.UUID, first.Conversation, second.UUID, now))
	wantTold(t, db, "read in part", ana, now, "message by bo (1): three (1) *", "message by cem (1): hi (1)")
	must(db.DeleteMessage(ctx, bo.UUID, third.UUID, now))
	wantTold(t, db, "the newest is deleted", ana, now, "message by cem (1): hi (1)", "message by bo (1): two (0)")
	fourth := send(bo, ana, "four", 5)
	wantTold(t, db, "a fourth", ana, now, "message by bo (1): four (1) *", "message by cem (1): hi (1)")
	must(db.Seen(ctx, ana.UUID, first.Conversation, fourth.UUID, now))
	send(ana, bo, "an answer", 6)
	wantTold(t, db, "read and answered", ana, now, "message by bo (1): four (0)", "message by cem (1): hi (1)")
	wantTold(t, db, "the answer", bo, now, "message by ana (1): an answer (1) *")

	must(db.Mute(ctx, ana.UUID, bo.UUID, time.Time{}, now))
	wantTold(t, db, "muted", ana, now, "message by cem (1): hi (1)")
	must(db.Unmute(ctx, ana.UUID, bo.UUID))
	must(db.Suspend(ctx, bo.UUID, now))
	wantTold(t, db, "suspended", ana, now, "message by cem (1): hi (1)")
	must(db.Unsuspend(ctx, bo.UUID))
	wantTold(t, db, "mentions alone", ana, now, "message by bo (1): four (0)", "message by cem (1): hi (1)")
	list, err := db.Notifications(ctx, ana.UUID, cruddur.UUID{}, 20, true, now)
	if err != nil || len(list) != 0 {
		t.Errorf("among mentions: %v, %v", list, err)
	}
	list, err = db.Notifications(ctx, ana.UUID, cruddur.UUID{}, 20, false, now)
	must(err)
	if m := list[0].Message; m.UUID != fourth.UUID || m.Conversation != first.Conversation || m.Handle != "bo" || !m.ExpiresAt.Equal(fourth.ExpiresAt) || !m.CreatedAt.Equal(fourth.CreatedAt) {
		t.Errorf("the message = %+v, want %+v", m, fourth)
	}
	wantTold(t, db, "a moment before their end", ana, fourth.ExpiresAt.Add(-time.Microsecond), "message by bo (1): four (0)")
	wantTold(t, db, "at their end", ana, fourth.ExpiresAt)
	must(db.Block(ctx, ana.UUID, cem.UUID, true, now))
	wantTold(t, db, "blocked", ana, now, "message by bo (1): four (0)")
	must(db.DeleteConversation(ctx, bo.UUID, first.Conversation, now))
	wantTold(t, db, "deleted", ana, now)
	wantTold(t, db, "deleted by oneself", bo, now)
}

// A conversation has its place by the newest message of the other member, also if the member has answered many others
// since: the places in the index, which own messages move, do not hide it from a page.
func TestNotificationsOfManyConversations(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	var others []cruddur.User
	for i := range 45 {
		others = append(others, member(t, db, fmt.Sprintf("m%d", i)))
		if err := db.Follow(ctx, ana.UUID, others[i].UUID, true, now); err != nil {
			t.Fatal(err)
		}
	}
	at := now
	send := func(from, to cruddur.User) {
		t.Helper()
		at = at.Add(time.Second)
		if _, err := db.SendTo(ctx, from.UUID, to.UUID, "", "hello", at); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range others {
		send(m, ana)
	}
	for i := range 44 { // the last, whose message is the newest, is not answered
		send(ana, others[i])
	}
	var got []string
	before := cruddur.UUID{}
	for range 4 {
		list, err := db.Notifications(ctx, ana.UUID, before, 20, false, at)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			got = append(got, list[i].Actors[0].Handle)
			before = list[i].UUID
		}
		if len(list) < 20 {
			break
		}
	}
	var want []string
	for i := range others {
		want = append(want, fmt.Sprintf("m%d", 44-i))
	}
	if !slices.Equal(got, want) {
		t.Errorf("told of %v, want %v", got, want)
	}
}
