package postgres_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// seqScan is a scan of a whole table that grows.
var seqScan = regexp.MustCompile(`Seq Scan on (activities|likes|reposts|follows|notifications|conversations|messages)\b`)

// functionScan is a rule that the planner has not inlined.
var functionScan = regexp.MustCompile(`Function Scan on (live_|shown_|presented_|displayed_|notification_|ignored_|messages_in|reachable_)`)

// Reads are planned once, and by an index; what looks for the expired is planned for how much of it
// there is.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	pool := db.Pool()
	_, err := pool.Exec(t.Context(), `
		with authors as (
			insert into users (handle, display_name, email, cognito_user_id)
			select 'member' || i, 'Member', 'member' || i || '@example.com', 'member' || i
			from generate_series(1, 500) i
			returning uuid
		), browsers as (
			insert into sessions (user_uuid, token_hash, user_agent, address, last_used_at, created_at)
			select uuid, sha256((uuid::text || i)::bytea), '', '', at, at
			from authors, (select i, now() - i * interval '1 hour' as at from generate_series(1, 10) i) t
		), numbered as (
			select uuid, row_number() over () as n
			from authors
		)
		insert into activities (uuid, user_uuid, message, created_at, expires_at)
		select uuid_v7(at), u.uuid, 'x', at, at + interval '7 days'
		from (select i, now() - i * interval '1 second' as at from generate_series(1, 20000) i) t
		join numbered u on u.n = 1 + t.i % 500`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.Exec(t.Context(), `
		insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, root_uuid, created_at, expires_at)
		select uuid_v7(at), user_uuid, 'x', uuid, uuid, at, expires_at
		from (select *, created_at + interval '1 ms' as at from activities order by uuid limit 5000) a`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.Exec(t.Context(), `
		with l as (insert into likes (activity_uuid, user_uuid)
			select a.uuid, u.uuid from (select uuid from activities order by random() limit 10000) a, (select uuid from users limit 3) u),
		r as (insert into reposts (activity_uuid, user_uuid)
			select a.uuid, u.uuid from (select uuid from activities order by random() limit 10000) a, (select uuid from users limit 2) u)
		insert into follows (follower_uuid, followed_uuid)
		select a.uuid, b.uuid from users a, users b where a.uuid <> b.uuid and random() < 0.1`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.Exec(t.Context(), `
		with c as (insert into conversations (first_uuid, second_uuid, first_accepted, second_accepted, last_uuid, last_at, created_at, expires_at)
			select least(a.uuid, b.uuid), greatest(a.uuid, b.uuid), true, random() < 0.9, uuid_v7(), now(), now(), now() + interval '37 days'
			from users a join users b on a.uuid < b.uuid and hashtextextended(a.handle || b.handle, 0) % 60 = 0
			returning *)
		insert into messages (uuid, conversation_uuid, user_uuid, message, created_at, expires_at)
		select uuid_v7(now() - i * interval '1 minute'), c.uuid, c.first_uuid, 'x', now(), now() + interval '7 days'
		from c, generate_series(1, 6) i`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "analyze"); err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := postgres.SeedNotificationsIn(t.Context(), conn.Conn(), "member%", time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "analyze"); err != nil {
		t.Fatal(err)
	}
	var mode string
	if err := conn.QueryRow(t.Context(), "show plan_cache_mode").Scan(&mode); err != nil || mode != "force_generic_plan" {
		t.Errorf("plan_cache_mode = %s, %v", mode, err)
	}
	for name, want := range map[string]string{
		"activities/home":       "activities_home_idx",
		"activities/home_100":   "activities_home_idx",
		"activities/by_user":    "activities_user_idx",
		"activities/show":       "activities_pkey",
		"users/by_subject":      "users_cognito_user_id_key",
		"activities/export":     "activities_user_idx",
		"activities/by_user_40": "activities_user_idx",
		"sessions/list":         "sessions_user_uuid_idx",

		"activities/replies_by_user": "activities_user_idx",
		"activities/thread":          "activities_thread_idx",
		"activities/below":           "activities_replies_idx",
		"activities/count_below":     "activities_thread_idx",
		"activities/ancestors":       "activities_pkey",
		"activities/liked_by":        "likes_user_idx",
		"activities/of_viewer":       "likes_pkey",
		"activities/following_few":   "reposts_user_idx",
		"activities/following_many":  "activities_home_idx",
		"likes/members":              "likes_activity_idx",
		"reposts/members":            "reposts_activity_idx",
		"follows/followers":          "follows_followed_idx",
		"follows/following":          "follows_follower_idx",
		"follows/of_viewer":          "follows_pkey",
		"notifications/page":         "notifications_pkey",
		"notifications/page_100":     "notifications_pkey",
		"notifications/activities":   "notifications_pkey",
		"notifications/unread":       "notifications_pkey",
		"activities/those":           "activities_pkey",
		"conversations/list":         "conversations_first_idx",
		"conversations/requests":     "conversations_second_idx",
		"conversations/show":         "conversations_pkey",
		"conversations/with":         "conversations_members_key",
		"conversations/hold_pair":    "conversations_members_key",
		"conversations/hold_member":  "conversations_second_idx",
		"messages/page":              "messages_conversation_idx",
		"messages/unread":            "messages_conversation_idx",
		"messages/count":             "messages_conversation_idx",
		"messages/export":            "messages_conversation_idx",
		"messages/show":              "messages_pkey",
		"messages/delete":            "messages_pkey",
		"sessions/resume":            "sessions_token_hash_key",
		"accounts/list":              "sessions_user_uuid_idx",
	} {
		plan := generic(t, conn.Conn(), name)
		if !strings.Contains(plan, want) || seqScan.MatchString(plan) || functionScan.MatchString(plan) {
			t.Errorf("%s is not carried by %s:\n%s", name, want, plan)
		}
	}
	for _, name := range []string{"notifications/unread", "notifications/page"} {
		plan := generic(t, conn.Conn(), name)
		for _, want := range []string{"conversations_first_idx", "conversations_second_idx", "messages_conversation_idx"} {
			if !strings.Contains(plan, want) || strings.Contains(plan, "messages_user_idx") {
				t.Errorf("%s does not read messages by %s:\n%s", name, want, plan)
			}
		}
	}
	for _, name := range []string{"messages/page", "messages/page_100"} { // only the first twenty are read
		if plan := generic(t, conn.Conn(), name); strings.Contains(plan, "Sort  (") {
			t.Errorf("%s sorts:\n%s", name, plan)
		}
	}
	late := time.Now().Add(30 * 24 * time.Hour)
	var messages int64
	if err := pool.QueryRow(t.Context(), "select count(*) from messages").Scan(&messages); err != nil || messages < 5000 {
		t.Fatalf("%d messages, %v", messages, err)
	}
	if rows, _, err := db.PurgeLag(t.Context(), late); err != nil || rows != 25000+500+messages { // each member is told of followers, for thirty days
		t.Errorf("PurgeLag() = %d, %v", rows, err)
	}
	if list, err := db.Home(t.Context(), cruddur.UUID{}, 20, time.Now()); err != nil || len(list) != 20 {
		t.Errorf("Home() = %d cruds, %v", len(list), err)
	}
	var leaked int
	err = pool.QueryRow(t.Context(), "select count(*) from pg_settings where name = 'plan_cache_mode' and setting <> 'force_generic_plan'").Scan(&leaked)
	if err != nil || leaked != 0 {
		t.Errorf("a statement has left its own plan_cache_mode behind: %v", err)
	}
}

// generic is the plan of a file's statement for any arguments.
func generic(t *testing.T, conn *pgx.Conn, name string) string {
	t.Helper()
	s, ok := postgres.Statements()[name]
	if !ok {
		t.Fatalf("there is no statement %s", name)
	}
	d, err := conn.Prepare(t.Context(), "plan", s[0].(string))
	if err != nil {
		t.Fatal(err)
	}
	nulls := strings.TrimSuffix(strings.Repeat("null, ", len(d.ParamOIDs)), ", ")
	rows, err := conn.Query(t.Context(), "explain execute plan("+nulls+")", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Deallocate(t.Context(), "plan"); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
