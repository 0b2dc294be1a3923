package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/pgtest"
)

// allReasons reads a whole feed in the simplest way: everything, each crud once for its newest reason.
const allReasons = `
	with followed as (select followed_uuid as uuid from follows where follower_uuid = $1 union select $1)
	select a.message || coalesce(' by ' || u.handle, '')
	from (
		select distinct on (uuid) uuid, place, by_uuid
		from (
			select uuid, uuid as place, null::uuid as by_uuid from activities
			where user_uuid in (table followed) and reply_to_activity_uuid is null
			union all
			select activity_uuid, uuid, user_uuid from reposts where user_uuid in (table followed)
		) r
		order by uuid, place desc
	) r
	join live_activities($2) a on a.uuid = r.uuid
	left join users u on u.uuid = r.by_uuid
	order by r.place desc`

// However many a member follows, and whether these write much or little, paging through the feed shows what a
// simple reading of everything shows. Each of the ways in which pages are read stops early somewhere here.
func TestFollowingFeedIsComplete(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, sql := range []string{
		`insert into users (handle, display_name, email, cognito_user_id)
		select 'm' || i, 'Member', 'm' || i || '@example.com', 'm' || i from generate_series(1, 400) i`,
		// Members with small numbers write much more, and those with great ones have written nothing lately. Every
		// ninth crud has a reply, and every seventh has expired.
		`insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, root_uuid, reposts_count, created_at, expires_at)
		select uuid_v7(t.at), u.uuid, 'c' || i, null, null, 1, t.at, case when i % 7 = 0 then t.at + interval '1 second' else t.at + interval '20 days' end
		from (select i, '2026-01-01 12:00Z'::timestamptz - i * interval '1 minute' as at from generate_series(1, 4000) i) t
		join users u on u.handle = 'm' || 1 + (case when i < 2000 then 0.5 else 1 end * (t.i * 7919 % 400) * (t.i * 104729 % 400) / 400)::int % 400`,
		`insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, root_uuid, reposts_count, created_at, expires_at)
		select uuid_v7(created_at + interval '1 ms'), user_uuid, 'r' || message, uuid, uuid, 1, created_at, expires_at
		from activities where substr(message, 2)::int % 9 = 0`,
		`insert into reposts (uuid, activity_uuid, user_uuid)
		select uuid_v7(a.created_at + (1 + u.n % 7) * interval '17 minutes'), a.uuid, u.uuid
		from activities a
		join (select uuid, substr(handle, 2)::int as n from users) u on (hashtext(a.message) & 65535) % 400 = u.n
			or n < 220 and (hashtext(a.message) & 65535) % 97 = u.n % 97 and u.n % 4 = 1
		where hashtext(a.message) % 10 = 0
		on conflict do nothing`,
		"analyze",
	} {
		mustExec(t, db, sql)
	}
	at := time.Date(2026, 1, 12, 12, 0, 0, 0, time.UTC)
	for i, tt := range []struct {
		name, whom string
	}{
		{"few", "handle in ('m1', 'm200', 'm399')"},
		{"some", "number % 6 = 0"},
		{"some who write little", "number between 300 and 380"},
		{"many", "number % 3 <> 0"},
		{"many who write little", "number > 220"},
		{"nobody", "false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			me := member(t, db, fmt.Sprint("reader", i))
			mustExec(t, db, "insert into follows (follower_uuid, followed_uuid) select $1, uuid from (select uuid, handle, substr(handle, 2)::int as number from users where handle ~ '^m[0-9]+$') u where "+tt.whom, [16]byte(me.UUID))
			crud(t, db, me, "mine", "7-days", at.Add(-time.Hour))
			var want []string
			rows, err := db.Pool().Query(t.Context(), allReasons, [16]byte(me.UUID), at)
			for err == nil && rows.Next() {
				var text string
				err = rows.Scan(&text)
				want = append(want, text)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, limit := range []int{7, 20, 40, 100} {
				var got []string
				var before cruddur.UUID
				for {
					list, err := db.FollowingFeed(t.Context(), me.UUID, before, cruddur.UUID{}, limit, at)
					if err != nil {
						t.Fatal(err)
					}
					for _, a := range list {
						text := a.Message
						if a.RepostedBy != "" {
							text += " by " + a.RepostedBy
						}
						got = append(got, text)
					}
					if len(list) < limit {
						break
					}
					before = list[limit-1].Cursor()
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("in pages of %d: %d, want %d; want -, got +\n%.2000s", limit, len(got), len(want), diff)
				}
			}
		})
	}
}
