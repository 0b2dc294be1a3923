package postgres_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
)

func homeArgs(at time.Time) map[string]any {
	return map[string]any{"now": at, "before": [16]byte(cruddur.MaxUUID)}
}

func TestQueryArrayJSON(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	b, err := db.QueryArrayJSON(t.Context(), "activities/home", homeArgs(now))
	if err != nil || string(b) != "[]" {
		t.Errorf("no rows: %s, %v, want []", b, err)
	}
	ana := member(t, db, "ana")
	first := crud(t, db, ana, `"quotes", <b> and é`, "1-hour", now)
	second := crud(t, db, ana, "two", "7-days", now.Add(time.Second))
	b, err = db.QueryArrayJSON(t.Context(), "activities/home", homeArgs(now.Add(time.Second)))
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0]["uuid"] != second.UUID.String() || got[1]["uuid"] != first.UUID.String() {
		t.Fatalf("got %s", b)
	}
	want := map[string]any{
		"uuid": first.UUID.String(), "user_uuid": ana.UUID.String(), "handle": "ana", "display_name": "Name of ana",
		"message": `"quotes", <b> and é`, "reply_to_activity_uuid": nil, "root_uuid": nil,
		"replies_count": 0.0, "reposts_count": 0.0, "likes_count": 0.0, "pictures_count": 0.0, "avatar_uuid": nil,
		"content_warning": nil, "silenced": false,
		"created_at": "2026-01-15T12:00:00.123456+00:00", "expires_at": "2026-01-15T13:00:00.123456+00:00",
	}
	if diff := cmp.Diff(want, got[1]); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

func TestQueryObjectJSON(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := db.QueryObjectJSON(t.Context(), "users/profile", map[string]any{"handle": "ana", "now": now})
	wantKind(t, err, cruddur.KindNotFound)
	ana := member(t, db, "ana")
	b, err := db.QueryObjectJSON(t.Context(), "users/profile", map[string]any{"handle": "ANA", "now": now})
	var got struct{ UUID, Handle string }
	if err != nil || json.Unmarshal(b, &got) != nil || got.UUID != ana.UUID.String() {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestQueryCommitJSON(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	args := map[string]any{"uuid": [16]byte(ana.UUID), "display_name": "one", "bio": nil, "default_ttl": nil, "likes_public": nil, "language": nil, "now": now}
	b, err := db.QueryCommitJSON(t.Context(), "users/update_profile", args)
	var got struct{ UUID, Handle string }
	if err != nil || json.Unmarshal(b, &got) != nil || got.UUID != ana.UUID.String() || got.Handle != "ana" {
		t.Fatalf("got %s, %v", b, err)
	}
	if u, err := db.User(t.Context(), ana.UUID); err != nil || u.DisplayName != "one" {
		t.Errorf("not committed: %v, %v", u, err)
	}
	args["uuid"] = [16]byte{1}
	b, err = db.QueryCommitJSON(t.Context(), "users/update_profile", args)
	wantKind(t, err, cruddur.KindNotFound)
	if b != nil {
		t.Errorf("got %s besides the error", b)
	}
	args["uuid"], args["display_name"] = [16]byte(ana.UUID), "nul\x00"
	_, err = db.QueryCommitJSON(t.Context(), "users/update_profile", args)
	wantKind(t, err, cruddur.KindInvalid, "invalid_text")
	if u, err := db.User(t.Context(), ana.UUID); err != nil || u.DisplayName != "one" {
		t.Errorf("%v, %v; want the name from before", u, err)
	}
}

// Rows to structs against JSON built by PostgreSQL, for pages of each size.
func BenchmarkHome(b *testing.B) {
	db := pgtest.New(b)
	ana := member(b, db, "ana")
	for i := range 100 {
		crud(b, db, ana, fmt.Sprintf("crud number %d, long enough to look like one that somebody has written", i), "7-days", now)
	}
	for _, limit := range []int{20, 100} {
		b.Run(fmt.Sprintf("rows%d", limit), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if list, err := db.Home(b.Context(), cruddur.UUID{}, limit, now); err != nil || len(list) != limit {
					b.Fatal(len(list), err)
				}
			}
		})
		name := map[int]string{20: "activities/home", 100: "activities/home_100"}[limit]
		b.Run(fmt.Sprintf("json%d", limit), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := db.QueryArrayJSON(b.Context(), name, homeArgs(now)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
