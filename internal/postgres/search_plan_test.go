package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// A rare word is looked up in the index of words; for a common one the newest activities are read until there are
// enough; and those of a member are read by the member. A tag's page is read from its index, whatever the tag.
func TestSearchPlans(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, sql := range []string{
		`insert into users (handle, display_name, email, cognito_user_id)
		select 'member' || i, 'Member', 'member' || i || '@example.com', 'member' || i from generate_series(1, 500) i`,
		`with authors as (select uuid, row_number() over () as n from users)
		insert into activities (uuid, user_uuid, message, created_at, expires_at)
		select uuid_v7(t.at), a.uuid, 'x', t.at, t.at + interval '20 days'
		from generate_series(1, 20000) i
		join authors a on a.n = 1 + i % 500
		cross join lateral (select now() - i * interval '1 minute' as at) t`,
		`insert into activity_search (activity_uuid, words)
		select a.uuid, (case when a.n % 2 = 0 then 'common:1' else 'other:1' end || ' w' || a.n % 100 || ':2' || case when a.n % 4000 = 0 then ' rare:3' else '' end)::tsvector
		from (select uuid, row_number() over () as n from activities) a`,
		`insert into activity_tags (tag, activity_uuid)
		select 'tag' || a.n % 50, a.uuid from (select uuid, row_number() over () as n from activities) a`,
		"analyze",
	} {
		mustExec(t, db, sql)
	}
	acquired, err := db.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer acquired.Release()
	conn := acquired.Conn()
	for _, name := range []string{"tags/activities", "tags/roots"} {
		if plan := generic(t, conn, name); !strings.Contains(plan, "activity_tags_pkey") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Sort") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
	if plan := generic(t, conn, "activities/search_newest"); !strings.Contains(plan, "Index Scan Backward using activity_search_pkey") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Sort") {
		t.Errorf("the newest that match:\n%s", plan)
	}
	for _, name := range []string{"activities/search", "search/matching"} {
		if _, err := conn.Prepare(t.Context(), name, postgres.Statements()[name][0].(string)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), "set plan_cache_mode = force_custom_plan"); err != nil {
		t.Fatal(err)
	}
	var author string
	if err := conn.QueryRow(t.Context(), "select uuid::text from users limit 1").Scan(&author); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ query, authors, want string }{
		{`''common''`, "array['" + author + "']::uuid[]", "activities_user_idx"},
		{`''rare''`, "", "Bitmap Index Scan on activity_search_words_idx"},
		{`''common'' & ''other''`, "", "Bitmap Index Scan on activity_search_words_idx"},
		{`''nothere'':*`, "", "Bitmap Index Scan on activity_search_words_idx"},
	} {
		arguments := map[string]string{
			"now": "now()", "query": "'" + tt.query + "'", "authors": tt.authors, "before": "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
		}
		name := "activities/search"
		if _, err := conn.Exec(t.Context(), "begin"); err != nil {
			t.Fatal(err)
		}
		if tt.authors == "" {
			name = "search/matching"
			if _, err := conn.Exec(t.Context(), postgres.Statements()["settings/plan_bitmap"][0].(string)); err != nil {
				t.Fatal(err)
			}
		}
		var list []string
		for _, name := range postgres.Statements()[name][1].([]string) {
			list = append(list, arguments[name])
		}
		rows, err := conn.Query(t.Context(), fmt.Sprintf("explain execute %q(%s)", name, strings.Join(list, ", ")), pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "rollback"); err != nil {
			t.Fatal(err)
		}
		if plan := strings.Join(lines, "\n"); !strings.Contains(plan, tt.want) || strings.Contains(plan, "Seq Scan on activit") {
			t.Errorf("%s of %s is not carried by %s:\n%s", tt.query, tt.authors, tt.want, plan)
		}
	}
}
