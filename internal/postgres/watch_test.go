package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// watcher records what it is told.
type watcher struct{ heard []string }

func (w *watcher) Created(a cruddur.Activity) { w.heard = append(w.heard, "created "+a.Message) }
func (w *watcher) Deleted(id cruddur.UUID)    { w.heard = append(w.heard, "deleted "+id.String()) }
func (w *watcher) Updated(a cruddur.Activity, _ uint64) {
	w.heard = append(w.heard, fmt.Sprintf("updated %s: %d replies, %d reposts, %d likes", a.Message, a.RepliesCount, a.RepostsCount, a.LikesCount))
}
func (w *watcher) Changed() { w.heard = append(w.heard, "changed") }

// Every method that changes what a feed shows reports it; a method that changes nothing does not.
func TestWatch(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	w := &watcher{}
	db.Watch(w)
	var a, answer cruddur.Activity
	name := "Ana B."
	for _, tt := range []struct {
		name string
		do   func() error
		want string
	}{
		{"create", func() (err error) { a, err = db.CreateActivity(t.Context(), ana.UUID, "one", "", now); return err }, "created one"},
		{"refused", func() error { _, err := db.CreateActivity(t.Context(), ana.UUID, "\x00", "", now); return err }, ""},
		{"not there", func() error { return db.DeleteActivity(t.Context(), cruddur.UUID{9}, ana.UUID, now) }, ""},
		{"another's", func() error { return db.DeleteActivity(t.Context(), a.UUID, bo.UUID, now) }, ""},
		{"like", func() error { _, err := db.Like(t.Context(), bo.UUID, a.UUID, true, now); return err }, "updated one: 0 replies, 0 reposts, 1 likes"},
		{"repost", func() error { _, err := db.Repost(t.Context(), bo.UUID, a.UUID, true, now); return err }, "updated one: 0 replies, 1 reposts, 1 likes"},
		{"like nothing", func() error { _, err := db.Like(t.Context(), bo.UUID, cruddur.UUID{9}, true, now); return err }, ""},
		{"reply", func() (err error) {
			answer, err = db.Reply(t.Context(), bo.UUID, a.UUID, "", "two", "", now)
			return err
		}, "updated one: 1 replies, 1 reposts, 1 likes"},
		{"move the end", func() error { _, err := db.MoveEnd(t.Context(), a.UUID, ana.UUID, "1-hour", now); return err }, "updated one: 1 replies, 1 reposts, 1 likes"},
		{"move another's", func() error { _, err := db.MoveEnd(t.Context(), a.UUID, bo.UUID, "1-hour", now); return err }, ""},
		{"suspend", func() error { return db.Suspend(t.Context(), bo.UUID, now) }, "changed"},
		{"unsuspend", func() error { return db.Unsuspend(t.Context(), bo.UUID) }, "changed"},
		{"silence", func() error { return db.Silence(t.Context(), bo.UUID, true, cruddur.Act{Actor: "@eve"}, now) }, "changed"},
		{"silence again", func() error { return db.Silence(t.Context(), bo.UUID, true, cruddur.Act{Actor: "@eve"}, now) }, ""},
		{"unsilence", func() error { return db.Silence(t.Context(), bo.UUID, false, cruddur.Act{Actor: "@eve"}, now) }, "changed"},
		{"silence nobody", func() error { return db.Silence(t.Context(), cruddur.UUID{9}, true, cruddur.Act{}, now) }, ""},
		{"delete a reply", func() error { return db.DeleteActivity(t.Context(), answer.UUID, bo.UUID, now) }, "deleted a reply"},
		{"delete", func() error { return db.DeleteActivity(t.Context(), a.UUID, ana.UUID, now) }, "deleted"},
		{"rename", func() error {
			_, err := db.UpdateProfile(t.Context(), ana.UUID, postgres.ProfileChange{DisplayName: &name}, now)
			return err
		}, "changed"},
		{"member", func() error { return db.DeleteUser(t.Context(), bo.UUID) }, "changed"},
		{"no account", func() error { return db.DeleteAccount(t.Context(), ana.UUID) }, ""},
		{"json", func() error {
			_, err := db.QueryCommitJSON(t.Context(), "users/delete", map[string]any{"uuid": [16]byte(ana.UUID)})
			return err
		}, "changed"},
		{"seed", func() error { _, err := db.Seed(t.Context(), now); return err }, "changed"},
		{"outcome unknown", func() error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := db.CreateActivity(ctx, ana.UUID, "two", "", now)
			return err
		}, "changed"},
	} {
		w.heard = nil
		err := tt.do()
		want := []string{tt.want}
		switch tt.want {
		case "deleted":
			want = []string{fmt.Sprint("deleted ", a.UUID)}
		case "deleted a reply":
			want = []string{fmt.Sprint("deleted ", answer.UUID), "updated one: 0 replies, 1 reposts, 1 likes"}
		}
		if tt.want == "" {
			want = nil
		}
		if !slices.Equal(w.heard, want) {
			t.Errorf("%s: heard %q, want %q (error %v)", tt.name, w.heard, want, err)
		}
	}
}
