package postgres_test

import (
	"context"
	"sync/atomic"
	"testing"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// parleyActs are all that changes the row of a conversation. Each is given a message of its member.
var parleyActs = []struct {
	name string
	do   func(*postgres.DB, context.Context, cruddur.User, cruddur.PrivateMessage) error
}{
	{"send", func(db *postgres.DB, ctx context.Context, u cruddur.User, m cruddur.PrivateMessage) error {
		_, err := db.SendIn(ctx, u.UUID, m.Conversation, "", "more", now)
		return err
	}},
	{"accept", func(db *postgres.DB, ctx context.Context, u cruddur.User, m cruddur.PrivateMessage) error {
		return db.Accept(ctx, u.UUID, m.Conversation, now)
	}},
	{"set the timer", func(db *postgres.DB, ctx context.Context, u cruddur.User, m cruddur.PrivateMessage) error {
		return db.SetTimer(ctx, u.UUID, m.Conversation, "1-hour", now)
	}},
	{"see", func(db *postgres.DB, ctx context.Context, u cruddur.User, m cruddur.PrivateMessage) error {
		return db.Seen(ctx, u.UUID, m.Conversation, cruddur.UUID{}, now)
	}},
	{"delete a message", func(db *postgres.DB, ctx context.Context, u cruddur.User, m cruddur.PrivateMessage) error {
		return db.DeleteMessage(ctx, u.UUID, m.UUID, now)
	}},
	{"delete the conversation", func(db *postgres.DB, ctx context.Context, u cruddur.User, m cruddur.PrivateMessage) error {
		return db.DeleteConversation(ctx, u.UUID, m.Conversation, now)
	}},
	{"delete the member", func(db *postgres.DB, ctx context.Context, u cruddur.User, _ cruddur.PrivateMessage) error {
		return db.DeleteUser(ctx, u.UUID)
	}},
}

// As TestTwoActsWaitForOneRow, for a conversation.
func TestTwoActsWaitForOneConversation(t *testing.T) {
	t.Parallel()
	for _, first := range parleyActs {
		for _, second := range parleyActs {
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				t.Parallel()
				ctx, url := t.Context(), pgtest.URL(t)
				db := pgtest.Open(t, url)
				ana, bo := member(t, db, "ana"), member(t, db, "bo")
				own := []cruddur.PrivateMessage{send(t, db, ana, bo, "hers", now), send(t, db, bo, ana, "his", now)}
				key := hold(t, url, "select from conversations for key share")
				change := hold(t, url, "update conversations set timer = timer")
				var ended atomic.Int32
				errs := make(chan error, 2)
				for i, act := range []func(*postgres.DB, context.Context, cruddur.User, cruddur.PrivateMessage) error{first.do, second.do} {
					go func() {
						err := act(db, context.WithoutCancel(ctx), []cruddur.User{ana, bo}[i], own[i])
						ended.Add(1)
						errs <- err
					}()
					awaitWaiters(t, db, func(n int) bool { return n == i+1 })
				}
				if err := change.Commit(ctx); err != nil {
					t.Fatal(err)
				}
				awaitWaiters(t, db, func(n int) bool { return n+int(ended.Load()) >= 2 })
				if err := key.Rollback(ctx); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if err := <-errs; err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
						t.Error(err)
					}
				}
			})
		}
	}
}
