package postgres_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// messages are the texts of a list, in its order.
func messages(list []cruddur.Activity) (texts []string) {
	for _, a := range list {
		texts = append(texts, a.Message)
	}
	return texts
}

func wantTexts(t *testing.T, what string, got []string, err error, want ...string) {
	t.Helper()
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s: %q, %v, want %q", what, got, err, want)
	}
}

// A reply is in no feed, in no profile and in no count. Its author's export contains it, and its own address
// shows it.
func TestRepliesAreNotListed(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	first := crud(t, db, ana, "first", "1-day", now)
	answer := reply(t, db, ana, first, "a reply", "", now.Add(time.Second))
	crud(t, db, ana, "second", "1-day", now.Add(2*time.Second))
	crud(t, db, bo, "bo's", "1-day", now.Add(3*time.Second))
	crud(t, db, ana, "short", "1-hour", now.Add(4*time.Second))
	at := now.Add(time.Hour + 4*time.Second) // the end of the short one

	list, err := db.Home(ctx, cruddur.UUID{}, 20, at)
	wantTexts(t, "Home()", messages(list), err, "bo's", "second", "first")
	list, err = db.ActivitiesOf(ctx, ana.UUID, cruddur.UUID{}, 20, at)
	wantTexts(t, "ActivitiesOf()", messages(list), err, "second", "first")
	list, err = db.ActivitiesOf(ctx, ana.UUID, list[0].UUID, 20, at)
	wantTexts(t, "ActivitiesOf() before its newest", messages(list), err, "first")
	if p, err := db.Profile(ctx, "ana", at); err != nil || p.CrudsCount != 2 {
		t.Errorf("Profile() counts %d, %v, want 2", p.CrudsCount, err)
	}
	if a, err := db.Activity(ctx, answer.UUID, at); err != nil || a.ReplyTo != first.UUID {
		t.Errorf("Activity() of the reply = %+v, %v", a, err)
	}
	var rows []string
	err = db.ExportRows(ctx, "activities", ana.UUID, at, func(row []byte) error { rows = append(rows, string(row)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	export := []byte(`{"activities":[` + strings.Join(rows, ",") + `]}`)
	var file struct {
		Activities []struct {
			Message string
			ReplyTo *string `json:"reply_to_activity_uuid"`
		}
	}
	if err := json.Unmarshal(export, &file); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, a := range file.Activities {
		texts = append(texts, a.Message)
		if (a.ReplyTo != nil) != (a.Message == "a reply") {
			t.Errorf("%q is a reply to %v", a.Message, a.ReplyTo)
		}
	}
	wantTexts(t, "ExportRows()", texts, nil, "second", "a reply", "first")
}

// A member's page holds as many cruds as were asked for, the newest, each once over all pages.
func TestMemberPaging(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	var want []cruddur.UUID // newest first
	for i := range 45 {
		a := crud(t, db, ana, "x", "1-day", now.Add(time.Duration(i)*time.Second))
		want = slices.Insert(want, 0, a.UUID)
	}
	for _, limit := range []int{1, 19, 20, 21, 40, 41, 100} {
		var got []cruddur.UUID
		for before := (cruddur.UUID{}); ; {
			page, err := db.ActivitiesOf(ctx, ana.UUID, before, limit, now.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if len(page) != min(limit, 45-len(got)) {
				t.Fatalf("a page of %d after %d, limit %d", len(page), len(got), limit)
			}
			for _, a := range page {
				got = append(got, a.UUID)
			}
			if len(page) < limit {
				break
			}
			before = page[len(page)-1].UUID
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d the cruds are not the newest first, each once", limit)
		}
	}
}

// What has expired is counted from its end on, the oldest end decides the lag, and a reply counts like any
// other row.
func TestPurgeLagIsExact(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	crud(t, db, ana, "ends first", "1-hour", now)
	crud(t, db, ana, "ends second", "3-hours", now)
	for _, c := range []struct {
		after time.Duration
		rows  int64
		lag   time.Duration
	}{
		{time.Hour - time.Microsecond, 0, 0},
		{time.Hour, 1, 0},
		{3*time.Hour - time.Microsecond, 1, 2*time.Hour - time.Microsecond},
		{3 * time.Hour, 2, 2 * time.Hour},
	} {
		if rows, lag, err := db.PurgeLag(ctx, now.Add(c.after)); err != nil || rows != c.rows || lag != c.lag {
			t.Errorf("after %v PurgeLag() = %d, %v, %v, want %d, %v", c.after, rows, lag, err, c.rows, c.lag)
		}
		if n, err := db.Sweep(ctx, now.Add(c.after), 1); c.rows == 0 && (err != nil || n != 0) {
			t.Errorf("after %v Sweep() = %d, %v, want 0", c.after, n, err)
		}
		mustExec(t, db, "delete from activities")
		crud(t, db, ana, "ends first", "1-hour", now)
		crud(t, db, ana, "ends second", "3-hours", now)
	}
	if n, err := db.Sweep(ctx, now.Add(time.Hour), 10); err != nil || n != 1 {
		t.Errorf("Sweep() at the first end = %d, %v, want 1", n, err)
	}
	if next, err := db.NextExpiry(ctx); err != nil || !next.Equal(now.Add(3*time.Hour)) {
		t.Errorf("NextExpiry() = %v, %v", next, err)
	}
}

// Where a batch is too small for all, the oldest end goes first, and a reply before its root.
func TestSweepInOrder(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	ana := member(t, db, "ana")
	crud(t, db, ana, "late", "12-hours", now)
	root := crud(t, db, ana, "root", "3-hours", now)
	reply(t, db, ana, root, "reply", "", now.Add(time.Second))
	crud(t, db, ana, "early", "1-hour", now)
	for _, want := range [][]string{{"late", "reply", "root"}, {"late", "root"}, {"late"}, nil} {
		if n, err := db.Sweep(ctx, now.Add(24*time.Hour), 1); err != nil || n != 1 {
			t.Errorf("Sweep() = %d, %v, want 1", n, err)
		}
		list, err := db.Pool().Query(ctx, "select message from activities order by message")
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for list.Next() {
			var s string
			if err := list.Scan(&s); err != nil {
				t.Fatal(err)
			}
			left = append(left, s)
		}
		wantTexts(t, "left", left, list.Err(), want...)
	}
}
