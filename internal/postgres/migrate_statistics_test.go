package postgres_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// A migration leaves no column without statistics behind. The planner would take each of its values for rare, and the
// home page of a million cruds would read them all; autovacuum would come by only after a tenth of them had changed.
func TestMigrateGathersStatistics(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), pgtest.EmptyURL(t)
	conn := connect(t, url)
	m := &postgres.Migrator{Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, url) }}
	if _, err := m.Up(ctx, 8, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.PgConn().Exec(ctx, `
		alter table activities set (autovacuum_enabled = false);
		insert into users (handle, display_name, email, cognito_user_id)
		select 'm' || n, 'm', 'm' || n || '@example.com', 'm:' || n from generate_series(1, 1000) n;
		insert into activities (user_uuid, message, expires_at)
		select u.uuid, 'crud', now() + interval '1 day' from users u, generate_series(1, 20);
		analyze`).ReadAll(); err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct {
		name string
		run  func() ([]postgres.Migration, error)
	}{
		{"up", func() ([]postgres.Migration, error) { return m.Up(ctx, 0, 0) }},
		{"down", func() ([]postgres.Migration, error) { return m.Down(ctx, 8, 0) }},
		{"up again", func() ([]postgres.Migration, error) { return m.Up(ctx, 0, 0) }},
	} {
		if _, err := way.run(); err != nil {
			t.Fatal(err)
		}
		rows, err := conn.Query(ctx, postgres.Unanalyzed, pgx.QueryExecModeExec)
		if err != nil {
			t.Fatal(err)
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(tables) > 0 {
			t.Errorf("%s: what must be analyzed: %v, %v", way.name, tables, err)
		}
	}
	home, err := os.ReadFile("sql/activities/home.sql")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("@now::timestamptz", "now()", "@before::uuid", "'ffffffff-ffff-7fff-bfff-ffffffffffff'").Replace(string(home))
	rows, err := conn.Query(ctx, "explain "+text, pgx.QueryExecModeExec)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if plan := strings.Join(lines, "\n"); err != nil || !strings.Contains(plan, "activities_home_idx") {
		t.Errorf("%v, the home page after a migration:\n%s", err, plan)
	}
}
