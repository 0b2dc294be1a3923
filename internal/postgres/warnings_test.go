package postgres_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// A content warning is stored with a crud and a reply, alone, with a picture and together with others, and is found by
// its words. It mentions nobody and has no tags.
func TestContentWarning(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	draft := cruddur.Draft{Message: "it is the gardener", Warning: "the end of the film, @bo #film", TTL: "1-day"}
	root, err := db.CreateWith(ctx, ana.UUID, draft, now)
	must(t, err)
	pictured := draft
	pictured.Pictures = ids(upload(t, db, ana, cruddur.CrudPicture, "a picture", now))
	look, err := db.CreateWith(ctx, ana.UUID, pictured, now.Add(time.Second))
	must(t, err)
	below, err := db.ReplyWith(ctx, ana.UUID, root.UUID, draft, now.Add(2*time.Second))
	must(t, err)
	shared := make(chan cruddur.Activity, 8)
	for range 8 {
		go func() {
			a, err := db.CreateWith(ctx, ana.UUID, draft, now.Add(3*time.Second))
			if err != nil {
				t.Error(err)
			}
			shared <- a
		}()
	}
	all := []cruddur.Activity{root, look, below}
	for range 8 {
		all = append(all, <-shared)
	}
	plain := crud(t, db, ana, "without", "1-day", now.Add(4*time.Second))
	at := now.Add(5 * time.Second)
	for i, a := range all {
		again, err := db.Activity(ctx, a.UUID, at)
		if a.Warning != draft.Warning || again.Warning != draft.Warning || err != nil {
			t.Errorf("%d: stored %q, read %q, %v", i, a.Warning, again.Warning, err)
		}
	}
	if again, err := db.Activity(ctx, plain.UUID, at); plain.Warning != "" || again.Warning != "" || err != nil {
		t.Errorf("without a warning: %q, %q, %v", plain.Warning, again.Warning, err)
	}
	for term, want := range map[string]int{"gardener": 11, `"end of the film"`: 11, "film gardener": 11, `"gardener the end"`: 0, "#film": 0, "without": 1} {
		s, err := cruddur.ParseSearch(term)
		must(t, err)
		list, err := db.Search(ctx, s, cruddur.UUID{}, 20, at)
		if err != nil || len(list) != want {
			t.Errorf("%s finds %d, %v, want %d", term, len(list), err, want)
		}
	}
	if list, err := db.Notifications(ctx, bo.UUID, cruddur.UUID{}, 20, false, at); len(list) != 0 || err != nil {
		t.Errorf("a warning mentions: %+v, %v", list, err)
	}
	mustExec(t, db, "delete from activity_search")
	_, err = db.Indexer().Index(ctx, at, 100)
	must(t, err)
	s, err := cruddur.ParseSearch(`"end of the film" gardener`)
	must(t, err)
	if list, err := db.Search(ctx, s, cruddur.UUID{}, 20, at); err != nil || len(list) != 11 {
		t.Errorf("indexed later, a search finds %d, %v", len(list), err)
	}
}

// A key stands for the warning too, of a crud and of a reply.
func TestContentWarningOnce(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	root := crud(t, db, ana, "root", "1-day", now)
	for name, post := range map[string]func(cruddur.Draft) (cruddur.Activity, error){
		"crud":  func(d cruddur.Draft) (cruddur.Activity, error) { return db.CreateWith(ctx, ana.UUID, d, now) },
		"reply": func(d cruddur.Draft) (cruddur.Activity, error) { return db.ReplyWith(ctx, ana.UUID, root.UUID, d, now) },
	} {
		first, err := post(cruddur.Draft{Message: "a", Warning: "w", TTL: "1-hour", Key: name})
		must(t, err)
		again, err := post(cruddur.Draft{Message: "a", Warning: "w", TTL: "1-hour", Key: name})
		if again.UUID != first.UUID || err != nil {
			t.Errorf("%s: again %v, %v, want %v", name, again.UUID, err, first.UUID)
		}
		for _, other := range []string{"", "x"} {
			_, err := post(cruddur.Draft{Message: "a", Warning: other, TTL: "1-hour", Key: name})
			wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
		}
	}
}

// The database keeps the limit too.
func TestContentWarningLimit(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	for n, codes := range map[int][]string{cruddur.MaxWarning: nil, cruddur.MaxWarning + 1: {"content_warning_exceed_max_chars"}} {
		_, err := db.CreateWith(ctx, ana.UUID, cruddur.Draft{Message: "a", Warning: strings.Repeat("😀", n)}, now)
		if codes == nil {
			must(t, err)
		} else if !slices.Equal(cruddur.CodesOf(err), codes) {
			t.Errorf("%d characters: %v", n, err)
		}
	}
	if _, err := db.Pool().Exec(ctx, "update activities set content_warning = ''"); err == nil {
		t.Error("an empty warning is stored; null is the one way to have none")
	}
}
