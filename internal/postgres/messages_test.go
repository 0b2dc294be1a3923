package postgres_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func send(t testing.TB, db *postgres.DB, from, to cruddur.User, message string, at time.Time) cruddur.PrivateMessage {
	t.Helper()
	m, err := db.SendTo(t.Context(), from.UUID, to.UUID, "", message, at)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func conversation(t testing.TB, db *postgres.DB, viewer, other cruddur.User, at time.Time) cruddur.Conversation {
	t.Helper()
	c, err := db.ConversationWith(t.Context(), viewer.UUID, other.Handle, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func block(t testing.TB, db *postgres.DB, blocker, blocked cruddur.User) {
	t.Helper()
	if err := db.Block(t.Context(), blocker.UUID, blocked.UUID, true, now); err != nil {
		t.Fatal(err)
	}
}

// lines are the texts of messages, and previews those of conversations with their unread numbers.
func lines(list []cruddur.PrivateMessage) (out []string) {
	for _, m := range list {
		out = append(out, m.Message)
	}
	return out
}

func previews(list []cruddur.Conversation) (out []string) {
	for _, c := range list {
		out = append(out, c.Handle+": "+c.Last.Message)
	}
	return out
}

// A conversation as both see it, from the first message to its deletion.
func TestMessages(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	none := conversation(t, db, ana, bo, now)
	if diff := cmp.Diff(cruddur.Conversation{Other: bo.UUID, Handle: "bo", DisplayName: "Name of bo", Timer: "7-days", CreatedAt: now}, none); diff != "" {
		t.Errorf("before the first message: -want +got\n%s", diff)
	}
	first := send(t, db, ana, bo, "hello", now)
	want := cruddur.PrivateMessage{
		UUID: first.UUID, Conversation: first.Conversation, UserUUID: ana.UUID, Handle: "ana", DisplayName: "Name of ana",
		Message: "hello", CreatedAt: first.CreatedAt, ExpiresAt: first.CreatedAt.Add(7 * 24 * time.Hour),
	}
	if diff := cmp.Diff(want, first); diff != "" || !first.CreatedAt.Equal(now) {
		t.Errorf("SendTo(): -want +got\n%s", diff)
	}
	second := send(t, db, bo, ana, "hello yourself", now.Add(-time.Minute)) // by a clock that is behind
	if second.Conversation != first.Conversation || !second.CreatedAt.After(first.CreatedAt) || second.UUID.String() <= first.UUID.String() {
		t.Errorf("the answer %+v is not after %+v", second, first)
	}
	third, err := db.SendIn(ctx, bo.UUID, first.Conversation, "", "and more", now.Add(time.Second))
	if err != nil || third.Conversation != first.Conversation {
		t.Fatalf("SendIn() = %+v, %v", third, err)
	}
	send(t, db, cem, ana, "from the side", now.Add(2*time.Second))
	if err := db.Follow(ctx, ana.UUID, cem.UUID, true, now); err != nil {
		t.Fatal(err)
	}
	at := now.Add(time.Minute)
	page, err := db.Messages(ctx, ana.UUID, first.Conversation, cruddur.UUID{}, 2, at)
	wantTexts(t, "Messages()", lines(page), err, "and more", "hello yourself")
	page, err = db.Messages(ctx, ana.UUID, first.Conversation, page[1].UUID, 2, at)
	wantTexts(t, "the page before", lines(page), err, "hello")
	list, err := db.Conversations(ctx, ana.UUID, false, cruddur.UUID{}, 20, at)
	wantTexts(t, "Conversations()", previews(list), err, "cem: from the side", "bo: and more")
	older, err := db.Conversations(ctx, ana.UUID, false, list[0].Place, 20, at)
	wantTexts(t, "the conversations before", previews(older), err, "bo: and more")
	unread := func(what string, viewer cruddur.User, conversation, all int) {
		t.Helper()
		c, err := db.Conversation(ctx, viewer.UUID, first.Conversation, at)
		n, uerr := db.UnreadMessages(ctx, viewer.UUID, at)
		if err != nil || uerr != nil || c.Unread != conversation || n != all {
			t.Errorf("%s: %d unread here and %d in all, want %d and %d (%v, %v)", what, c.Unread, n, conversation, all, err, uerr)
		}
	}
	unread("at first", ana, 2, 3)
	unread("one's own are read", bo, 1, 1)
	for _, step := range []struct {
		what      string
		seen      cruddur.UUID
		here, all int
	}{{"up to the second", second.UUID, 1, 2}, {"never back", first.UUID, 1, 2}, {"everything", cruddur.UUID{}, 0, 1}, {"never back", second.UUID, 0, 1}} {
		if err := db.Seen(ctx, ana.UUID, first.Conversation, step.seen, at); err != nil {
			t.Fatal(err)
		}
		unread(step.what, ana, step.here, step.all)
	}
	if err := db.Seen(ctx, bo.UUID, first.Conversation, cruddur.MaxUUID, at); err != nil {
		t.Fatal(err)
	}
	send(t, db, ana, bo, "after a mark from the future", at)
	unread("a mark is no further than the newest", bo, 1, 1)
	mustExec(t, db, "insert into mutes (muter_uuid, muted_uuid, ends_at) values ($1, $2, $3)", [16]byte(bo.UUID), [16]byte(ana.UUID), at.Add(time.Microsecond))
	unread("muted", bo, 0, 0)
	mustExec(t, db, "update mutes set ends_at = $1", at)
	unread("muted no longer", bo, 1, 1)
	if n, err := db.CountMessages(ctx, bo.UUID, first.Conversation, at); err != nil || n != 4 {
		t.Errorf("CountMessages() = %d, %v", n, err)
	}
	wantKind(t, db.DeleteMessage(ctx, ana.UUID, second.UUID, at), cruddur.KindForbidden)
	if err := db.DeleteMessage(ctx, bo.UUID, third.UUID, at); err != nil {
		t.Fatal(err)
	}
	wantKind(t, db.DeleteMessage(ctx, bo.UUID, third.UUID, at), cruddur.KindNotFound)
	page, err = db.Messages(ctx, ana.UUID, first.Conversation, cruddur.UUID{}, 20, at)
	wantTexts(t, "after a deletion", lines(page), err, "after a mark from the future", "hello yourself", "hello")
	if err := db.DeleteConversation(ctx, bo.UUID, first.Conversation, at); err != nil {
		t.Fatal(err)
	}
	for _, u := range []cruddur.User{ana, bo} {
		_, err = db.Conversation(ctx, u.UUID, first.Conversation, at)
		wantKind(t, err, cruddur.KindNotFound)
	}
	if again := send(t, db, ana, bo, "anew", at); again.Conversation == first.Conversation {
		t.Error("a deleted conversation goes on")
	}
}

// Either may change the timer. A message keeps the end that it was sent with.
func TestTimer(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	first := send(t, db, ana, bo, "a week", now)
	for i, p := range cruddur.Presets {
		at, by := now.Add(time.Duration(i+1)*time.Minute), []cruddur.User{ana, bo}[i%2]
		if err := db.SetTimer(ctx, by.UUID, first.Conversation, p.TTL, at); err != nil {
			t.Fatal(err)
		}
		m := send(t, db, ana, bo, string(p.TTL), at)
		if err := db.Accept(ctx, bo.UUID, first.Conversation, at); err != nil {
			t.Fatal(err)
		}
		if got := m.ExpiresAt.Sub(m.CreatedAt); got != p.Duration {
			t.Errorf("%s: a message lives %v", p.TTL, got)
		}
		if err := db.SetTimer(ctx, ana.UUID, first.Conversation, p.TTL, at.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		for _, u := range []cruddur.User{ana, bo} {
			if c, err := db.Conversation(ctx, u.UUID, first.Conversation, at); err != nil || c.Timer != p.TTL || c.TimerChangedBy != by.UUID || !c.TimerChangedAt.Equal(at) {
				t.Errorf("%s: Conversation() = %+v, %v", p.TTL, c, err)
			}
		}
	}
	page, err := db.Messages(ctx, bo.UUID, first.Conversation, cruddur.UUID{}, 20, now.Add(time.Hour))
	if err != nil || len(page) != 8 || !page[7].ExpiresAt.Equal(first.ExpiresAt) {
		t.Errorf("the first message changes its end: %+v, %v", page, err)
	}
}

// At its end a message is gone everywhere, swept or not, and thirty days later so is its conversation.
func TestMessagesEnd(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	stays := send(t, db, ana, bo, "stays", now)
	if err := db.SetTimer(ctx, bo.UUID, stays.Conversation, "1-hour", now); err != nil {
		t.Fatal(err)
	}
	ends := send(t, db, ana, bo, "ends", now.Add(time.Minute))
	if err := db.Accept(ctx, bo.UUID, stays.Conversation, now); err != nil {
		t.Fatal(err)
	}
	look := func(what string, at time.Time, n int, last string) {
		t.Helper()
		c, err := db.Conversation(ctx, bo.UUID, stays.Conversation, at)
		all, aerr := db.UnreadMessages(ctx, bo.UUID, at)
		count, cerr := db.CountMessages(ctx, bo.UUID, stays.Conversation, at)
		page, perr := db.Messages(ctx, bo.UUID, stays.Conversation, cruddur.UUID{}, 20, at)
		list, lerr := db.Conversations(ctx, bo.UUID, false, cruddur.UUID{}, 20, at)
		var export []byte
		eerr := db.ExportRows(ctx, "messages", bo.UUID, at, func(row []byte) error { export = append(export, row...); return nil })
		for _, err := range []error{err, aerr, cerr, perr, lerr, eerr} {
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if c.Unread != n || all != n || count != n || len(page) != n || len(list) != 1 || list[0].Unread != n || list[0].Last.Message != last ||
			strings.Count(string(export), `"message_group_uuid"`) != n {
			t.Errorf("%s: want %d, %q: %+v, %d unread, %d counted, %v, %+v, %s", what, n, last, c, all, count, lines(page), list, export)
		}
	}
	look("at the last moment", ends.ExpiresAt.Add(-time.Microsecond), 2, "ends")
	look("at the end", ends.ExpiresAt, 1, "stays")
	look("a second later", ends.ExpiresAt.Add(time.Second), 1, "stays")
	wantKind(t, db.DeleteMessage(ctx, ana.UUID, ends.UUID, ends.ExpiresAt), cruddur.KindNotFound)
	wantKind(t, db.DeleteMessage(ctx, bo.UUID, ends.UUID, ends.ExpiresAt), cruddur.KindNotFound)
	look("nothing is left", stays.ExpiresAt, 0, "")
	over := stays.ExpiresAt.Add(cruddur.QuietLife)
	look("a quiet conversation", over.Add(-time.Microsecond), 0, "")
	_, err := db.Conversation(ctx, bo.UUID, stays.Conversation, over)
	wantKind(t, err, cruddur.KindNotFound)
	_, err = db.SendIn(ctx, bo.UUID, stays.Conversation, "", "too late", over)
	wantKind(t, err, cruddur.KindNotFound)
	if m := send(t, db, bo, ana, "anew", over); m.Conversation == stays.Conversation {
		t.Error("a conversation that is over goes on")
	}
}

// A conversation goes thirty days after its last message has ended, also when that was deleted before its end.
func TestDeletedMessagesDoNotKeepAConversation(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	first, second := send(t, db, ana, bo, "a week", now), send(t, db, ana, bo, "another", now.Add(time.Hour))
	for _, tt := range []struct {
		gone cruddur.PrivateMessage
		end  time.Time
	}{{second, first.ExpiresAt}, {first, now.Add(2 * time.Hour)}} {
		if err := db.DeleteMessage(ctx, ana.UUID, tt.gone.UUID, now.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		over := tt.end.Add(cruddur.QuietLife)
		if _, err := db.Conversation(ctx, bo.UUID, first.Conversation, over.Add(-time.Microsecond)); err != nil {
			t.Errorf("the conversation ends too early: %v", err)
		}
		_, err := db.Conversation(ctx, bo.UUID, first.Conversation, over)
		wantKind(t, err, cruddur.KindNotFound)
	}
}

// Who does not follow the sender gets a request, until they answer, follow or accept. Into a request go five
// messages.
func TestRequests(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	for name, answer := range map[string]func(ana, bo cruddur.User, c cruddur.UUID) error{
		"answer": func(ana, bo cruddur.User, _ cruddur.UUID) error {
			_, err := db.SendTo(ctx, bo.UUID, ana.UUID, "", "yes", now)
			return err
		},
		"follow": func(ana, bo cruddur.User, _ cruddur.UUID) error { return db.Follow(ctx, bo.UUID, ana.UUID, true, now) },
		"accept": func(_, bo cruddur.User, c cruddur.UUID) error { return db.Accept(ctx, bo.UUID, c, now) },
	} {
		ana, bo := member(t, db, "ana_"+name), member(t, db, "bo_"+name)
		look := func(viewer cruddur.User, requests, unread int, request, waits bool) {
			t.Helper()
			other := map[cruddur.UUID]cruddur.User{ana.UUID: bo, bo.UUID: ana}[viewer.UUID]
			n, err := db.Requests(ctx, viewer.UUID, now)
			all, uerr := db.UnreadMessages(ctx, viewer.UUID, now)
			waiting, werr := db.Conversations(ctx, viewer.UUID, true, cruddur.UUID{}, 20, now)
			list, lerr := db.Conversations(ctx, viewer.UUID, false, cruddur.UUID{}, 20, now)
			if err != nil || uerr != nil || werr != nil || lerr != nil {
				t.Fatal(err, uerr, werr, lerr)
			}
			if c := conversation(t, db, viewer, other, now); c.Request != request || c.Waits != waits || n != requests || all != unread || len(waiting) != requests || len(list) != 1-requests {
				t.Errorf("%s: %s has %d requests (%d listed), %d others, %d unread: %+v", name, viewer.Handle, n, len(waiting), len(list), all, c)
			}
		}
		first := send(t, db, ana, bo, "one", now)
		look(bo, 1, 0, true, false)
		look(ana, 0, 0, false, true)
		for range cruddur.MaxUnanswered - 2 {
			send(t, db, ana, bo, "more", now)
		}
		last, err := db.SendTo(ctx, ana.UUID, bo.UUID, "key", "the last", now)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.SendTo(ctx, ana.UUID, bo.UUID, "another key", "too much", now)
		wantKind(t, err, cruddur.KindInvalid, "request_unanswered")
		if again, err := db.SendTo(ctx, ana.UUID, bo.UUID, "key", "the last", now); err != nil || again != last {
			t.Errorf("the last one again: %+v, %v", again, err)
		}
		if err := db.DeleteMessage(ctx, ana.UUID, last.UUID, now.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := db.Accept(ctx, ana.UUID, first.Conversation, now); err != nil { // who asks cannot answer for the other
			t.Fatal(err)
		}
		_, err = db.SendIn(ctx, ana.UUID, first.Conversation, "", "deleted messages count", now)
		wantKind(t, err, cruddur.KindInvalid, "request_unanswered")
		look(bo, 1, 0, true, false)
		if err := answer(ana, bo, first.Conversation); err != nil {
			t.Fatal(err)
		}
		look(bo, 0, cruddur.MaxUnanswered-1, false, false)
		send(t, db, ana, bo, "at last", now)
	}
	follower, followed := member(t, db, "follower"), member(t, db, "followed")
	if err := db.Follow(ctx, follower.UUID, followed.UUID, true, now); err != nil {
		t.Fatal(err)
	}
	for range cruddur.MaxUnanswered + 1 {
		send(t, db, followed, follower, "to one who follows me", now)
	}
	if n, err := db.UnreadMessages(ctx, follower.UUID, now); err != nil || n != cruddur.MaxUnanswered+1 {
		t.Errorf("%d are unread, %v", n, err)
	}
}

// One key sends one message, to the same member with the same text; it is free again when its message has ended.
func TestSendOnce(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	first, err := db.SendTo(ctx, ana.UUID, bo.UUID, "key", "hello", now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := db.SendIn(ctx, ana.UUID, first.Conversation, "key", "hello", now.Add(time.Second))
	if err != nil || again != first {
		t.Errorf("again: %+v, %v", again, err)
	}
	_, err = db.SendTo(ctx, ana.UUID, bo.UUID, "key", "another text", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	_, err = db.SendTo(ctx, ana.UUID, cem.UUID, "key", "hello", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	if c, err := db.Conversations(ctx, ana.UUID, false, cruddur.UUID{}, 20, now); err != nil || len(c) != 1 {
		t.Errorf("a refused message begins a conversation: %+v, %v", c, err)
	}
	if other, err := db.SendTo(ctx, bo.UUID, ana.UUID, "key", "hello", now); err != nil || other.UUID == first.UUID {
		t.Errorf("another member's key: %+v, %v", other, err)
	}
	late, err := db.SendTo(ctx, ana.UUID, bo.UUID, "key", "after its end", first.ExpiresAt)
	if err != nil || late.UUID == first.UUID {
		t.Errorf("after its end: %+v, %v", late, err)
	}
	for _, message := range []string{"", strings.Repeat("é", cruddur.MaxPrivateMessage+1)} {
		_, err = db.SendTo(ctx, ana.UUID, bo.UUID, "", message, now)
		wantKind(t, err, cruddur.KindInvalid, "message_exceed_max_chars_1024")
	}
	send(t, db, bo, ana, strings.Repeat("é", cruddur.MaxPrivateMessage), now)
}

// The export has what a member has sent and was sent, and nothing of others.
func TestExportOfMessages(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	send(t, db, ana, bo, "sent", now)
	send(t, db, bo, ana, "got", now.Add(time.Second))
	send(t, db, bo, cem, "not hers", now.Add(2*time.Second))
	type row struct{ From, With, Message string }
	var export struct{ Messages []row }
	err := db.ExportRows(ctx, "messages", ana.UUID, now.Add(time.Minute), func(b []byte) error {
		export.Messages = append(export.Messages, row{})
		return json.Unmarshal(b, &export.Messages[len(export.Messages)-1])
	})
	want := []row{{"bo", "bo", "got"}, {"ana", "bo", "sent"}}
	if diff := cmp.Diff(want, export.Messages); diff != "" || err != nil {
		t.Errorf("%v, -want +got\n%s", err, diff)
	}
}
