package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

func handles(list []cruddur.Person) (out []string) {
	for _, p := range list {
		out = append(out, p.Handle)
	}
	return out
}

func TestFollows(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo, cem, dia := member(t, db, "ana"), member(t, db, "bo"), member(t, db, "cem"), member(t, db, "dia")
	for i, f := range [][2]cruddur.User{{ana, bo}, {ana, cem}, {ana, cem}, {bo, ana}, {cem, dia}} {
		if err := db.Follow(ctx, f[0].UUID, f[1].UUID, true, now.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, db.Follow(ctx, ana.UUID, ana.UUID, true, now), cruddur.KindInvalid, "follow_oneself")
	wantKind(t, db.Follow(ctx, ana.UUID, cruddur.UUID{9}, true, now), cruddur.KindNotFound)
	list, err := db.Following(ctx, ana.UUID, cruddur.UUID{}, 20)
	wantTexts(t, "Following()", handles(list), err, "cem", "bo")
	older, err := db.Following(ctx, ana.UUID, list[0].Place, 20)
	wantTexts(t, "the second page", handles(older), err, "bo")
	followers, err := db.Followers(ctx, ana.UUID, cruddur.UUID{}, 20)
	wantTexts(t, "Followers()", handles(followers), err, "bo")
	if err := db.Ties(ctx, ana.UUID, list); err != nil || !list[0].Following || list[0].FollowedBy || !list[1].Following || !list[1].FollowedBy {
		t.Errorf("Ties() = %+v, %v", list, err)
	}
	suggested, err := db.Suggested(ctx, ana.UUID, 20, now)
	wantTexts(t, "Suggested()", handles(suggested), err, "dia")
	if p, err := db.Profile(ctx, "ana", now); err != nil || p.FollowersCount != 1 || p.FollowingCount != 2 {
		t.Errorf("Profile() = %+v, %v", p, err)
	}
	if err := db.Suspend(ctx, bo.UUID, now); err != nil {
		t.Fatal(err)
	}
	list, err = db.Following(ctx, ana.UUID, cruddur.UUID{}, 20)
	wantTexts(t, "without the suspended", handles(list), err, "cem")
	followers, err = db.Followers(ctx, ana.UUID, cruddur.UUID{}, 20)
	wantTexts(t, "without the suspended", handles(followers), err)
	if p, err := db.Profile(ctx, "ana", now); err != nil || p.FollowersCount != 0 || p.FollowingCount != 1 {
		t.Errorf("Profile() without the suspended = %+v, %v", p, err)
	}
	_, err = db.Profile(ctx, "bo", now)
	wantKind(t, err, cruddur.KindNotFound)
	wantKind(t, db.Follow(ctx, cem.UUID, bo.UUID, true, now), cruddur.KindNotFound)
	wantKind(t, db.Follow(ctx, bo.UUID, cem.UUID, true, now), cruddur.KindNotFound)
	for range 2 {
		if err := db.Follow(ctx, ana.UUID, cem.UUID, false, now); err != nil {
			t.Error(err)
		}
	}
	list, err = db.Following(ctx, ana.UUID, cruddur.UUID{}, 20)
	wantTexts(t, "after the end", handles(list), err)
}

// The feed of those whom I follow has each crud once, for its newest reason, in both ways of reading it.
func TestFollowingFeed(t *testing.T) {
	t.Parallel()
	for _, crowd := range []int{0, 120} { // few and many
		t.Run(fmt.Sprint(crowd), func(t *testing.T) {
			t.Parallel()
			ctx, db := t.Context(), pgtest.New(t)
			me, bo, cem, stranger := member(t, db, "me"), member(t, db, "bo"), member(t, db, "cem"), member(t, db, "stranger")
			for _, u := range []cruddur.User{bo, cem} {
				if err := db.Follow(ctx, me.UUID, u.UUID, true, now); err != nil {
					t.Fatal(err)
				}
			}
			for i := range crowd {
				if err := db.Follow(ctx, me.UUID, member(t, db, fmt.Sprintf("crowd%d", i)).UUID, true, now); err != nil {
					t.Fatal(err)
				}
			}
			second := func(n int) time.Time { return now.Add(time.Duration(n) * time.Second) }
			read := func(before, since cruddur.UUID, limit int, at time.Time) (texts []string, list []cruddur.Activity) {
				t.Helper()
				list, err := db.FollowingFeed(ctx, me.UUID, before, since, limit, at)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range list {
					text := a.Message
					if a.RepostedBy != "" {
						text += " by " + a.RepostedBy
					}
					texts = append(texts, text)
				}
				return texts, list
			}
			repost := func(u cruddur.User, a cruddur.Activity, n int) {
				t.Helper()
				if _, err := db.Repost(ctx, u.UUID, a.UUID, true, second(n)); err != nil {
					t.Fatal(err)
				}
			}
			one := crud(t, db, bo, "one", "1-hour", second(1))
			two := crud(t, db, stranger, "two", "1-hour", second(2))
			crud(t, db, me, "mine", "1-hour", second(3))
			answer := reply(t, db, bo, two, "a reply", "", second(4))
			four := crud(t, db, cem, "four", "3-hours", second(5))
			at := second(60)
			texts, _ := read(cruddur.UUID{}, cruddur.UUID{}, 20, at)
			wantTexts(t, "cruds", texts, nil, "four", "mine", "one")
			repost(bo, two, 6)
			repost(cem, one, 7)
			repost(stranger, four, 8) // whom I do not follow
			texts, list := read(cruddur.UUID{}, cruddur.UUID{}, 20, at)
			wantTexts(t, "reposts", texts, nil, "one by cem", "two by bo", "four", "mine")
			repost(cem, two, 9)
			repost(bo, answer, 10)
			texts, _ = read(cruddur.UUID{}, cruddur.UUID{}, 20, at)
			wantTexts(t, "the newest reason", texts, nil, "a reply by bo", "two by cem", "one by cem", "four", "mine")
			// Who opened the feed before second 9 and pages on misses nothing.
			texts, _ = read(list[0].Cursor(), cruddur.UUIDAfter(second(8)), 20, at)
			wantTexts(t, "paging on", texts, nil, "two by bo", "four", "mine")
			var paged []string
			var before cruddur.UUID
			for {
				texts, list := read(before, cruddur.UUID{}, 2, at)
				paged = append(paged, texts...)
				if len(list) < 2 {
					break
				}
				before = list[1].Cursor()
			}
			wantTexts(t, "in pages of two", paged, nil, "a reply by bo", "two by cem", "one by cem", "four", "mine")
			if err := db.Suspend(ctx, cem.UUID, at); err != nil {
				t.Fatal(err)
			}
			texts, _ = read(cruddur.UUID{}, cruddur.UUID{}, 20, at)
			wantTexts(t, "without the suspended", texts, nil, "a reply by bo", "two by bo", "mine", "one")
			texts, _ = read(cruddur.UUID{}, cruddur.UUID{}, 20, two.ExpiresAt)
			if slices.Contains(texts, "two by bo") || slices.Contains(texts, "a reply by bo") || slices.Contains(texts, "one") {
				t.Errorf("after the end: %q", texts)
			}
		})
	}
}

func TestLikedBy(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	for i, text := range []string{"one", "two", "three"} {
		ttl := cruddur.TTL("1-day")
		if text == "two" {
			ttl = "1-hour"
		}
		a := crud(t, db, ana, text, ttl, now)
		if _, err := db.Like(ctx, bo.UUID, a.UUID, true, now.Add(time.Duration(10-i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	at := now.Add(time.Minute)
	list, err := db.LikedBy(ctx, bo.UUID, cruddur.UUID{}, 2, at)
	wantTexts(t, "LikedBy()", messages(list), err, "one", "two")
	list, err = db.LikedBy(ctx, bo.UUID, list[1].Cursor(), 2, at)
	wantTexts(t, "the second page", messages(list), err, "three")
	list, err = db.LikedBy(ctx, bo.UUID, cruddur.UUID{}, 20, now.Add(time.Hour))
	wantTexts(t, "after an end", messages(list), err, "one", "three")
	list, err = db.LikedBy(ctx, ana.UUID, cruddur.UUID{}, 20, at)
	wantTexts(t, "of another", messages(list), err)
}
