package postgres_test

import (
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// wantNothing tries everything that a member could do with a conversation and a message: the answer is always that
// there is nothing.
func wantNothing(t *testing.T, db *postgres.DB, what string, viewer, other cruddur.User, m cruddur.PrivateMessage, at time.Time) {
	t.Helper()
	ctx := t.Context()
	_, show := db.Conversation(ctx, viewer.UUID, m.Conversation, at)
	_, in := db.SendIn(ctx, viewer.UUID, m.Conversation, "", "let me in", at)
	for name, err := range map[string]error{
		"Conversation()":       show,
		"SendIn()":             in,
		"Accept()":             db.Accept(ctx, viewer.UUID, m.Conversation, at),
		"SetTimer()":           db.SetTimer(ctx, viewer.UUID, m.Conversation, "1-hour", at),
		"Seen()":               db.Seen(ctx, viewer.UUID, m.Conversation, m.UUID, at),
		"DeleteMessage()":      db.DeleteMessage(ctx, viewer.UUID, m.UUID, at),
		"DeleteConversation()": db.DeleteConversation(ctx, viewer.UUID, m.Conversation, at),
	} {
		if cruddur.KindOf(err) != cruddur.KindNotFound {
			t.Errorf("%s: %s = %v, want KindNotFound", what, name, err)
		}
	}
	page, err := db.Messages(ctx, viewer.UUID, m.Conversation, cruddur.UUID{}, 20, at)
	wantTexts(t, what+": Messages()", lines(page), err)
	if n, err := db.CountMessages(ctx, viewer.UUID, m.Conversation, at); err != nil || n != 0 {
		t.Errorf("%s: CountMessages() = %d, %v", what, n, err)
	}
	if n, err := db.UnreadMessages(ctx, viewer.UUID, at); err != nil || n != 0 {
		t.Errorf("%s: UnreadMessages() = %d, %v", what, n, err)
	}
	if n, err := db.Requests(ctx, viewer.UUID, at); err != nil || n != 0 {
		t.Errorf("%s: Requests() = %d, %v", what, n, err)
	}
	for _, requests := range []bool{false, true} {
		list, err := db.Conversations(ctx, viewer.UUID, requests, cruddur.UUID{}, 20, at)
		wantTexts(t, what+": Conversations()", previews(list), err)
	}
	if other.UUID.IsZero() {
		return
	}
	_, err = db.ConversationWith(ctx, viewer.UUID, other.Handle, at)
	wantKind(t, err, cruddur.KindNotFound)
	_, err = db.SendTo(ctx, viewer.UUID, other.UUID, "", "let me in", at)
	wantKind(t, err, cruddur.KindNotFound)
}

// A third member can do nothing with what two others have.
func TestOnlyTheTwoCanRead(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	for _, m := range []cruddur.PrivateMessage{send(t, db, ana, bo, "secret", now), send(t, db, bo, ana, "secret too", now)} {
		wantNothing(t, db, "cem", cem, cruddur.User{}, m, now.Add(time.Second))
		wantNothing(t, db, "nobody", cruddur.User{}, cruddur.User{}, m, now.Add(time.Second))
		wantNothing(t, db, "oneself", cem, cem, m, now.Add(time.Second))
	}
	page, err := db.Messages(t.Context(), ana.UUID, conversation(t, db, ana, bo, now).UUID, cruddur.UUID{}, 20, now.Add(time.Second))
	wantTexts(t, "what is there", lines(page), err, "secret too", "secret")
}

// Blocked either way, suspended and deleted are one: nothing is there. A block that is taken back and a suspension
// that ends show what is still alive.
func TestUnreachableMembers(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	send(t, db, bo, ana, "hello", now)
	m := send(t, db, ana, bo, "hello", now)
	at := now.Add(time.Minute)
	shown := func(what string) {
		t.Helper()
		for _, pair := range [][2]cruddur.User{{ana, bo}, {bo, ana}} {
			c := conversation(t, db, pair[0], pair[1], at)
			page, err := db.Messages(ctx, pair[0].UUID, c.UUID, cruddur.UUID{}, 20, at)
			wantTexts(t, what, lines(page), err, "hello", "hello")
		}
	}
	for _, pair := range [][2]cruddur.User{{ana, bo}, {bo, ana}} {
		shown("before")
		block(t, db, pair[0], pair[1])
		wantNothing(t, db, pair[0].Handle+" has blocked: ana", ana, bo, m, at)
		wantNothing(t, db, pair[0].Handle+" has blocked: bo", bo, ana, m, at)
		mustExec(t, db, "delete from blocks")
	}
	if err := db.Suspend(ctx, bo.UUID, now); err != nil {
		t.Fatal(err)
	}
	wantNothing(t, db, "bo is suspended", ana, bo, m, at)
	_, err := db.SendTo(ctx, bo.UUID, ana.UUID, "", "an old token", at)
	wantKind(t, err, cruddur.KindNotFound)
	_, err = db.SendIn(ctx, bo.UUID, m.Conversation, "", "an old token", at)
	wantKind(t, err, cruddur.KindNotFound)
	if err := db.Unsuspend(ctx, bo.UUID); err != nil {
		t.Fatal(err)
	}
	shown("after the suspension")
	if err := db.DeleteUser(ctx, bo.UUID); err != nil {
		t.Fatal(err)
	}
	wantNothing(t, db, "bo is deleted", ana, bo, m, at)
	for _, table := range []string{"conversations", "messages"} {
		var n int
		if err := db.Pool().QueryRow(ctx, "select count(*) from "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s are left of a deleted member, %v", n, table, err)
		}
	}
}
