package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func tagged(t testing.TB, db *postgres.DB, tag string, at time.Time) []string {
	t.Helper()
	list, err := db.Tagged(t.Context(), tag, cruddur.UUID{}, 20, at)
	if err != nil {
		t.Fatal(err)
	}
	return messagesOf(list)
}

// hidden is each way in which a crud is over; it returns the time at which it is looked for.
var hiddenWays = map[string]func(t *testing.T, db *postgres.DB, a cruddur.Activity, author cruddur.User) time.Time{
	"expired": func(_ *testing.T, _ *postgres.DB, a cruddur.Activity, _ cruddur.User) time.Time { return a.ExpiresAt },
	"deleted": func(t *testing.T, db *postgres.DB, a cruddur.Activity, _ cruddur.User) time.Time {
		if err := db.DeleteActivity(t.Context(), a.UUID, a.UserUUID, now); err != nil {
			t.Fatal(err)
		}
		return now
	},
	"suspended": func(t *testing.T, db *postgres.DB, _ cruddur.Activity, author cruddur.User) time.Time {
		if err := db.Suspend(t.Context(), author.UUID, now); err != nil {
			t.Fatal(err)
		}
		return now
	},
}

func TestWhatIsOverIsNotFound(t *testing.T) {
	t.Parallel()
	for name, way := range hiddenWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			var first cruddur.Activity
			authors := []cruddur.User{}
			for _, handle := range []string{"ana", "bob", "cyd"} {
				u := member(t, db, handle)
				authors = append(authors, u)
				a := crud(t, db, u, "word #tag by "+handle, "1-hour", now)
				if handle == "ana" {
					first = a
				}
			}
			answer := reply(t, db, authors[1], first, "word #tag in a reply", "", now)
			checkAll(t, db, now, 4, []string{"tag"}, 3)
			at := way(t, db, first, authors[0])
			switch name {
			case "expired":
				if first.ExpiresAt != answer.ExpiresAt {
					t.Fatalf("the reply ends at %v", answer.ExpiresAt)
				}
				checkAll(t, db, at.Add(-time.Microsecond), 4, []string{"tag"}, 3)
				checkAll(t, db, at, 0, []string{}, 0)
			default:
				checkAll(t, db, at, 2, []string{}, 2)
			}
		})
	}
}

// checkAll compares what search, tag page, tags and trends show.
func checkAll(t *testing.T, db *postgres.DB, at time.Time, cruds int, trends []string, authors int) {
	t.Helper()
	if got := found(t, db, "word", at); len(got) != cruds {
		t.Errorf("search: %q, want %d", got, cruds)
	}
	if got := tagged(t, db, "tag", at); len(got) != cruds {
		t.Errorf("tag page: %q, want %d", got, cruds)
	}
	got, err := db.TrendingTags(t.Context(), at)
	if diff := cmp.Diff(trends, got); diff != "" || err != nil {
		t.Errorf("trends: %v, want -, got +\n%s", err, diff)
	}
	until, err := db.TagAuthors(t.Context(), []string{"other", "tag"}, at)
	if err != nil || len(until[0]) != 0 || len(until[1]) != authors {
		t.Errorf("authors: %v, %v, want %d", until, err, authors)
	}
	tags, err := db.SearchTags(t.Context(), cruddur.Search{Tag: "ta"}, at)
	if want := min(authors, 1); err != nil || len(tags) != want || want > 0 && tags[0] != (cruddur.Trend{Tag: "tag", Authors: authors}) {
		t.Errorf("tags: %v, %v", tags, err)
	}
}

func TestTagged(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	a := crud(t, db, ana, "one #Café", "", now)
	crud(t, db, ana, "two #CAFÉ and #cafe\u0301 again", "", now.Add(time.Second))
	reply(t, db, ana, a, "three #ｃａｆé", "", now.Add(2*time.Second))
	crud(t, db, ana, "four #cafeteria", "", now.Add(3*time.Second))
	want := []string{"three #ｃａｆé", "two #CAFÉ and #cafe\u0301 again", "one #Café"}
	if diff := cmp.Diff(want, tagged(t, db, "café", now.Add(time.Minute))); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// A repeated attempt stores neither words nor tags twice, and one that is refused adds nothing to the crud that
// is there.
func TestTagsOfRepeatedAttempts(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	root := crud(t, db, ana, "root", "", now)
	for range 2 {
		if _, err := db.CreateActivityOnce(t.Context(), ana.UUID, "k", "hello #one", "", now); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Reply(t.Context(), ana.UUID, root.UUID, "r", "hello #two", "", now); err != nil {
			t.Fatal(err)
		}
	}
	_, err := db.CreateActivityOnce(t.Context(), ana.UUID, "k", "other #three", "", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	_, err = db.Reply(t.Context(), ana.UUID, root.UUID, "r", "other #three", "", now)
	wantKind(t, err, cruddur.KindInvalid, "idempotency_key_reused")
	for tag, want := range map[string]int{"one": 1, "two": 1, "three": 0} {
		if got := tagged(t, db, tag, now); len(got) != want {
			t.Errorf("#%s: %q, want %d", tag, got, want)
		}
	}
	if got := found(t, db, "hello", now); len(got) != 2 {
		t.Errorf("found %q", got)
	}
	if got := found(t, db, "other", now); len(got) != 0 {
		t.Errorf("found %q", got)
	}
}

// Cruds that are stored together each get their own words and tags. No tag is in two of them: a second row of the same
// tag and crud would be refused, and each crud stored alone.
func TestTagsOfABatch(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	done := make(chan error)
	const many = 100
	for i := range many {
		go func() {
			key := fmt.Sprint("key", i/2) // two attempts each
			_, err := db.CreateActivityOnce(context.Background(), ana.UUID, key, fmt.Sprintf("word%d #tag%d", i/2, i/2), "", now)
			done <- err
		}()
	}
	for range many {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for i := range many / 2 {
		want := []string{fmt.Sprintf("word%d #tag%d", i, i)}
		if got := tagged(t, db, fmt.Sprint("tag", i), now); !slices.Equal(got, want) {
			t.Errorf("#tag%d: %q", i, got)
		}
		if got := found(t, db, fmt.Sprintf(`"word%d"`, i), now); !slices.Equal(got, want) {
			t.Errorf("word%d: %q", i, got)
		}
	}
}

func TestTrends(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	users := []cruddur.User{}
	for i := range 5 {
		users = append(users, member(t, db, fmt.Sprint("member", i)))
	}
	post := func(by, times int, tag string, ago time.Duration) {
		for range times {
			crud(t, db, users[by], "#"+tag, "7-days", now.Add(-ago))
		}
	}
	for by := range 2 {
		post(by, 30, "two_authors", 0)
	}
	for by := range 3 {
		post(by, 20, "three_loud", 0)
	}
	for by := range 5 {
		post(by, 1, "five", 0)
	}
	for by := range 5 {
		post(by, 20, "old", 24*time.Hour)
	}
	for by := range 3 {
		post(by, 1, "three_older", 5*time.Hour)
	}
	for by := range 3 {
		post(by, 1, "three", 0)
	}
	got, err := db.TrendingTags(t.Context(), now)
	if diff := cmp.Diff([]string{"five", "three_loud", "three", "three_older", "old"}, got); diff != "" || err != nil {
		t.Errorf("%v: want -, got +\n%s", err, diff)
	}
}

func TestSearchTags(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bob := member(t, db, "ana"), member(t, db, "bob")
	crud(t, db, ana, "#cat #catalan #ca #dog #猫カフェ #猫", "", now)
	crud(t, db, bob, "#catalan #CAT_food #cb", "", now)
	for term, want := range map[string][]string{
		"ca": {"ca", "catalan", "cat", "cat_food"}, "#cat": {"cat", "catalan", "cat_food"}, "CATA": {"catalan"}, "猫": {"猫", "猫カフェ"},
		"x": nil, "cat dog": nil, "_": nil, "%": nil,
	} {
		s, err := cruddur.ParseSearch(term)
		if err != nil {
			t.Fatal(err)
		}
		list, err := db.SearchTags(t.Context(), s, now)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range list {
			got = append(got, x.Tag)
		}
		if !slices.Equal(got, want) {
			t.Errorf("tags like %q: %v, want %v", term, got, want)
		}
	}
}
