package dbadmin

import (
	"testing"
	"time"

	"cruddur/internal/pgtest"
)

// Many made-up rows keep the rules of conversations, and there is something of everything in them.
func TestSeedManyTalks(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	now := time.Now().UTC()
	var last int64
	r, err := admin(t, url).SeedMany(t.Context(), 50, 997, now, func(done, _ int64) { last = done })
	if err != nil || r.UsersInserted != 50 || r.ActivitiesInserted != 997 || last != 1047 {
		t.Fatalf("SeedMany() = %+v, %v, told of %d", r, err, last)
	}
	conn, err := admin(t, url).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for what, wrong := range map[string]string{
		"replies that are not counted": "select count(*) from activities a where replies_count <> (select count(*) from activities r where r.reply_to_activity_uuid = a.uuid)",
		"likes that are not counted":   "select count(*) from activities a where likes_count <> (select count(*) from likes l where l.activity_uuid = a.uuid)",
		"replies that outlive or precede what they answer, or have another root": `select count(*) from activities r join activities p on p.uuid = r.reply_to_activity_uuid
			where r.expires_at > p.expires_at or r.uuid <= p.uuid or r.root_uuid <> coalesce(p.root_uuid, p.uuid)`,
		"rows from the future": "select count(*) from activities where created_at > $1::timestamptz",
		"what is missing": `select 5 - (count(*) > 0)::int - (count(*) filter (where reply_to_activity_uuid <> root_uuid) > 50)::int - (max(likes_count) > 1)::int
			- (count(*) filter (where message like '%#many') > 50)::int - (select (count(*) > 100)::int from follows) from activities`,
	} {
		args := []any{}
		if what == "rows from the future" {
			args = append(args, now)
		}
		var n int
		if err := conn.QueryRow(t.Context(), wrong, args...).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", what, n, err)
		}
	}
}
