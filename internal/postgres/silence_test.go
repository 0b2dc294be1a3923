package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/feed"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// places is where something by ana, who is silenced later, is shown or counted.
func places(t *testing.T, db *postgres.DB, ana, bo, cem cruddur.User, root cruddur.Activity, at time.Time) map[string]any {
	t.Helper()
	texts := func(list []cruddur.Activity, err error) []string {
		t.Helper()
		must(t, err)
		return messagesOf(list)
	}
	search := func(term string, limit int) []string {
		t.Helper()
		s, err := cruddur.ParseSearch(term)
		must(t, err)
		return texts(db.Search(t.Context(), s, cruddur.UUID{}, limit, at))
	}
	term, err := cruddur.ParseSearch("trend")
	must(t, err)
	tags, err := db.SearchTags(t.Context(), term, at)
	must(t, err)
	trends, err := db.TrendingTags(t.Context(), at)
	must(t, err)
	authors, err := db.TagAuthors(t.Context(), []string{"trend"}, at)
	must(t, err)
	suggested, err := db.Suggested(t.Context(), bo.UUID, 20, at)
	must(t, err)
	thread, err := db.Thread(t.Context(), root.UUID, cruddur.UUID{}, at)
	must(t, err)
	profile, err := db.Profile(t.Context(), "ana", at)
	must(t, err)
	found, err := db.SearchMembers(t.Context(), cruddur.Search{Start: "ana"})
	must(t, err)
	names := []string{}
	for _, p := range append(suggested, found...) {
		names = append(names, p.Handle)
	}
	return map[string]any{
		"home":        texts(db.Home(t.Context(), cruddur.UUID{}, 20, at)),
		"first two":   texts(db.Home(t.Context(), cruddur.UUID{}, 2, at)),
		"tag":         texts(db.Tagged(t.Context(), "trend", cruddur.UUID{}, 20, at)),
		"word":        search("word", 20),
		"two words":   search("word", 2), // a page that the newest fill
		"#tag":        search("#trend", 20),
		"from":        search("word from:ana", 20),
		"from both":   search("word from:ana from:bo", 20),
		"tags":        tags,
		"trends":      trends,
		"authors":     len(authors[0]),
		"people":      names,
		"following":   texts(db.FollowingFeed(t.Context(), cem.UUID, cruddur.UUID{}, cruddur.UUIDAfter(at), 20, at)),
		"own":         texts(db.FollowingFeed(t.Context(), ana.UUID, cruddur.UUID{}, cruddur.UUIDAfter(at), 20, at)),
		"profile":     texts(db.ActivitiesOf(t.Context(), ana.UUID, cruddur.UUID{}, 20, at)),
		"replies":     texts(db.RepliesOf(t.Context(), ana.UUID, cruddur.UUID{}, 20, at)),
		"cruds":       profile.CrudsCount,
		"thread":      append(messagesOf(thread.Replies), thread.Activity.Message),
		"reply count": thread.Activity.RepliesCount,
	}
}

// Who is silenced is in nothing that shows strangers to each other, and counts nowhere there; who follows or names them
// sees everything. Afterwards all is as before.
func TestSilence(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem")
	must(t, db.Follow(ctx, cem.UUID, ana.UUID, true, now))
	root := crud(t, db, bo, "word of bo #trend", "7-days", now)
	crud(t, db, cem, "word of cem #trend", "7-days", now.Add(time.Second))
	said := crud(t, db, ana, "word of ana #trend", "7-days", now.Add(2*time.Second))
	reply(t, db, ana, root, "word of ana in a reply", "", now.Add(3*time.Second))
	_, err := db.Repost(ctx, ana.UUID, root.UUID, true, now.Add(4*time.Second))
	must(t, err)
	at := now.Add(time.Minute)
	before := places(t, db, ana, bo, cem, root, at)

	must(t, db.Silence(ctx, ana.UUID, true, cruddur.Act{Actor: "@eve", Target: "@ana", Note: "why"}, at))
	want := map[string]any{}
	for place, was := range before {
		want[place] = was
	}
	want["home"] = []string{"word of cem #trend", "word of bo #trend"}
	want["first two"] = want["home"]
	want["tag"] = want["home"]
	want["word"] = want["home"]
	want["two words"] = want["home"]
	want["#tag"] = want["home"]
	want["tags"] = []cruddur.Trend{{Tag: "trend", Authors: 2}}
	want["trends"] = []string{}
	want["authors"] = 2
	want["people"] = []string{"cem", "ana"}
	if diff := cmp.Diff(want, places(t, db, ana, bo, cem, root, at)); diff != "" {
		t.Errorf("silenced (-want +got):\n%s", diff)
	}
	if before["authors"] != 3 || !slices.Equal(before["people"].([]string), []string{"ana", "cem", "ana"}) || len(before["trends"].([]string)) != 1 {
		t.Errorf("before, there were %v authors, %v, %v", before["authors"], before["people"], before["trends"])
	}
	if got, err := db.Activity(ctx, said.UUID, at); err != nil || !got.Silenced {
		t.Errorf("by its address: %+v, %v", got, err)
	}
	if m, err := db.FindMember(ctx, "ana", at); err != nil || !m.SilencedAt.Equal(at) {
		t.Errorf("FindMember() = %+v, %v", m, err)
	}

	must(t, db.Silence(ctx, ana.UUID, true, cruddur.Act{Actor: "@eve", Target: "@ana"}, at.Add(time.Second)))
	if m, err := db.FindMember(ctx, "ana", at); err != nil || !m.SilencedAt.Equal(at) {
		t.Errorf("silenced again: FindMember() = %+v, %v", m, err)
	}
	must(t, db.Silence(ctx, ana.UUID, false, cruddur.Act{Actor: "@eve", Target: "@ana"}, at.Add(2*time.Second)))
	must(t, db.Silence(ctx, ana.UUID, false, cruddur.Act{Actor: "@eve", Target: "@ana"}, at.Add(3*time.Second)))
	if diff := cmp.Diff(before, places(t, db, ana, bo, cem, root, at)); diff != "" {
		t.Errorf("not silenced any more (-before +after):\n%s", diff)
	}
	wantKind(t, db.Silence(ctx, cruddur.UUID{1}, true, cruddur.Act{Actor: "@eve"}, at), cruddur.KindNotFound)
	acts, err := db.Acts(ctx, cruddur.UUID{}, 10, at.Add(time.Minute))
	if err != nil || len(acts) != 2 || acts[0].Act != "unsilence" || acts[1].Act != "silence" || acts[1].Actor != "@eve" || acts[1].Target != "@ana" || acts[1].Note != "why" {
		t.Errorf("the log says %+v, %v", acts, err)
	}
}

// A silence that cannot be recorded is none.
func TestSilenceUnrecorded(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	if err := db.Silence(t.Context(), ana.UUID, true, cruddur.Act{}, now); err == nil {
		t.Error("a silence by nobody is recorded")
	}
	if m, err := db.FindMember(t.Context(), "ana", now); err != nil || !m.SilencedAt.IsZero() {
		t.Errorf("FindMember() = %+v, %v", m, err)
	}
}

// The kept feed of the server that silences follows at once, and what is posted afterwards does not come into it: alone,
// with a picture, or together with others.
func TestSilenceAndTheKeptFeed(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	kept := feed.New(db).Keep()
	db.Watch(kept)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	act := cruddur.Act{Actor: "@eve", Target: "@ana"}
	at := now.Add(time.Second)
	home := func() []string {
		t.Helper()
		list, err := kept.Home(ctx, cruddur.UUID{}, 20, at)
		must(t, err)
		return messagesOf(list)
	}
	crud(t, db, bo, "of bo", "7-days", now)
	crud(t, db, ana, "of ana", "7-days", now.Add(time.Millisecond))
	want := []string{"of ana", "of bo"}
	for _, step := range []struct {
		do   func() error
		want []string
	}{
		{func() error { return nil }, want},
		{func() error { return db.Silence(ctx, ana.UUID, true, act, at) }, want[1:]},
		{func() error { _, err := db.CreateActivity(ctx, ana.UUID, "later", "7-days", at); return err }, want[1:]},
		{func() error {
			picture := upload(t, db, ana, cruddur.CrudPicture, "a picture", at)
			_, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "look", TTL: "7-days", Pictures: ids(picture)}, at)
			return err
		}, want[1:]},
		{func() error { return atOnce(t, db, at, ana, 8) }, want[1:]},
		{func() error { return db.Silence(ctx, ana.UUID, false, act, at) }, nil},
	} {
		must(t, step.do())
		if got := home(); step.want != nil && !slices.Equal(got, step.want) || step.want == nil && len(got) != 12 {
			t.Errorf("the feed has %q, want %q", got, step.want)
		}
	}
}

// atOnce posts n cruds of a member at once, so that they are stored together.
func atOnce(t *testing.T, db *postgres.DB, at time.Time, u cruddur.User, n int) error {
	errs := make(chan error, n)
	for range n {
		go func() {
			_, err := db.CreateActivity(t.Context(), u.UUID, "at once", "7-days", at)
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}
