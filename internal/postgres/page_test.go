package postgres_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// A page is the same in whatever way the protocol brings it.
func TestPageInEveryFormat(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	ana, bo := member(t, db, "ana"), member(t, db, "bo")
	root := crud(t, db, ana, "root ✨ 'quoted' \\ and\nmore", "1-hour", now)
	reply := reply(t, db, bo, root, "a reply", "", now)
	mustExec(t, db, "update users set silenced_at = now() where uuid = $1", [16]byte(bo.UUID))
	mustExec(t, db, "update activities set content_warning = 'loud', replies_count = 1, reposts_count = 2, likes_count = 2147483647 where uuid = $1", [16]byte(root.UUID))
	root.RepliesCount, root.RepostsCount, root.LikesCount, root.Warning, reply.Silenced = 1, 2, 2147483647, "loud", true
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec"} {
		t.Run(mode, func(t *testing.T) {
			separator := "?"
			if strings.Contains(url, "?") {
				separator = "&"
			}
			db := pgtest.Open(t, url+separator+"default_query_exec_mode="+mode)
			home, err := db.Home(t.Context(), cruddur.UUID{}, 20, now)
			if diff := cmp.Diff([]cruddur.Activity{root}, home); diff != "" || err != nil {
				t.Errorf("Home(): %v, want -, got +\n%s", err, diff)
			}
		})
	}
	for name, format := range map[string]int16{"text": pgx.TextFormatCode, "binary": pgx.BinaryFormatCode} {
		t.Run(name, func(t *testing.T) {
			for statement, want := range map[string]struct {
				last any
				row  cruddur.Activity
			}{
				"activities/home": {[16]byte(cruddur.MaxUUID), root},
				"activities/show": {[16]byte(reply.UUID), reply},
			} {
				rows, err := db.Pool().Query(t.Context(), postgres.Statements()[statement][0].(string), pgx.QueryResultFormats{format}, now, want.last)
				if err != nil {
					t.Fatal(err)
				}
				if got := postgres.IsBinary(rows.FieldDescriptions()); got != (name == "binary") {
					t.Errorf("%s is read as binary: %t", statement, got)
				}
				var list []cruddur.Activity
				err = postgres.ScanActivities(rows, &list)
				rows.Close()
				if diff := cmp.Diff([]cruddur.Activity{want.row}, list); diff != "" || err != nil {
					t.Errorf("%s: %v, want -, got +\n%s", statement, err, diff)
				}
			}
		})
	}
}
