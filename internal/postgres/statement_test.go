package postgres_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// files are the names of the files under sql/, read from the disk and not from the binary.
func files(t *testing.T) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("sql"), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimSuffix(path, ".sql"))
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("files under sql/: %v, %v", names, err)
	}
	return names
}

// Every statement is prepared on a freshly migrated server; the golden file holds what it takes and
// what it answers.
func TestSignatures(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t))
	all := postgres.Statements()
	var b strings.Builder
	for _, name := range files(t) {
		s := all[name]
		d, err := conn.Prepare(t.Context(), name, s[0].(string))
		if err != nil {
			t.Errorf("sql/%s.sql: %v", name, err)
			continue
		}
		var in, out []string
		for i, arg := range s[1].([]string) {
			in = append(in, arg+" "+typeName(t, conn, d.ParamOIDs[i]))
		}
		for _, f := range d.Fields {
			out = append(out, f.Name+" "+typeName(t, conn, f.DataTypeOID))
		}
		fmt.Fprintf(&b, "%s(%s)\n    → %s\n", name, strings.Join(in, ", "), strings.Join(out, ", "))
	}
	golden(t, "testdata/queries.golden", b.String())
}

func typeName(t *testing.T, conn *pgx.Conn, oid uint32) (name string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "select format_type($1, null)", oid).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

// baseReaders are the only statements that may name a table whose rows end; every other statement uses the
// function that contains the rule: live_activities or displayed_activities, live_conversations, live_messages or
// messages_in, live_pictures, live_cases, live_sessions. Likes and reposts end
// with their activity: who reads them joins it, or answers a member about their own.
var baseReaders = map[string]map[string]string{
	"activities": {
		"activities/create":           "inserts",
		"activities/create_many":      "inserts",
		"activities/reply":            "inserts; its parent comes from live_activities, and is checked again under its lock",
		"activities/delete":           "its target comes from live_activities",
		"activities/hold":             "locks, and answers nothing",
		"activities/hold_counted":     "locks, and answers nothing",
		"activities/hold_root":        "locks, and answers nothing",
		"activities/hold_thread":      "locks, and answers nothing",
		"activities/hold_whole":       "locks, and answers nothing",
		"activities/own_threads":      "tells a deletion of everything, also what is hidden, because it would be shown again",
		"activities/delete_own":       "deletes, as activities/own_threads",
		"activities/move_end":         "its target comes from live_activities",
		"activities/sweep":            "deletes what is no longer visible",
		"activities/sweep_marks":      "deletes what hangs on what is no longer visible",
		"activities/purge_lag":        "counts what is no longer visible, and shows none of it",
		"activities/export":           "applies the rule itself: a suspended member's own is still theirs",
		"activities/forget_key":       "changes what has expired, and answers nothing",
		"activities/next_expiry":      "answers a time, to the sweeper alone",
		"likes/add":                   "applies the rule itself, because it locks: expires_at and hidden are checked again under the lock",
		"likes/remove":                "as likes/add",
		"reposts/add":                 "as likes/add",
		"reposts/remove":              "as likes/add",
		"members/hide":                "changes what a suspended member has written, and answers nothing",
		"members/count_likes":         "changes counters, and answers nothing",
		"members/count_reposts":       "changes counters, and answers nothing",
		"search/missing":              "answers the indexer alone",
		"search/add":                  "inserts what belongs to them, and shows nothing",
		"pictures/attach":             "counts the pictures of what was stored just before, and answers nothing",
		"pictures/of_member":          "tells a member about their own, suspended or not",
		"pictures/export":             "as activities/export",
		"activities/moderated":        "finds for a moderator what a suspension hides too",
		"activities/delete_moderated": "deletes",
	},
	"activity_tags": {
		"activities/create":      "inserts",
		"activities/create_many": "inserts",
		"activities/reply":       "inserts",
		"search/add":             "inserts",
		"tags/activities":        "joins displayed_activities",
		"tags/authors":           "joins live_activities",
		"tags/roots":             "joins displayed_activities",
		"tags/starting":          "joins live_activities",
		"tags/trending":          "joins live_activities",
	},
	"activity_search": {
		"activities/create":        "inserts",
		"activities/create_many":   "inserts",
		"activities/reply":         "inserts",
		"activities/search":        "joins displayed_activities",
		"activities/search_newest": "joins displayed_activities",
		"search/matching":          "answers UUIDs to the search alone, which reads them by activities/those",
		"search/add":               "inserts",
		"search/missing":           "answers the indexer alone",
	},
	"likes": {
		"ignored/counts":         "counts those of members whom the reader does not see, to take them out of a number",
		"likes/add":              "inserts",
		"likes/remove":           "deletes",
		"likes/members":          "joins live_activities",
		"likes/export":           "joins displayed_activities",
		"activities/liked_by":    "joins displayed_activities",
		"activities/of_viewer":   "tells a member about their own likes",
		"notifications/page":     "counts those of the ignored, of what live_notifications has shown",
		"activities/sweep":       "deletes no activity that has many",
		"activities/sweep_marks": "deletes",
		"members/count_likes":    "counts, and answers nothing",
	},
	"reposts": {
		"ignored/counts":            "counts those of members whom the reader does not see, to take them out of a number",
		"reposts/add":               "inserts",
		"reposts/remove":            "deletes",
		"reposts/members":           "joins live_activities",
		"reposts/export":            "joins displayed_activities",
		"activities/following_few":  "joins live_activities",
		"activities/following_many": "joins live_activities",
		"activities/of_viewer":      "tells a member about their own reposts",
		"notifications/page":        "as likes",
		"activities/sweep":          "deletes no activity that has many",
		"activities/sweep_marks":    "deletes",
		"members/count_reposts":     "counts, and answers nothing",
	},
	"notifications": {
		"activities/create":      "inserts",
		"activities/create_many": "inserts",
		"activities/reply":       "inserts",
		"likes/add":              "inserts",
		"likes/remove":           "changes a place, and answers nothing",
		"reposts/add":            "inserts",
		"reposts/remove":         "changes a place, and answers nothing",
		"follows/add":            "inserts",
		"follows/remove":         "changes a place, and answers nothing",
		"notifications/sweep":    "deletes what has ended",
		"changes/told":           "answers the hub of streams whom to count for again, by live_notifications",
		"activities/purge_lag":   "counts what is no longer visible, and shows none of it",
	},
	"conversations": {
		"conversations/accept":      "its target comes from live_conversations",
		"conversations/begin":       "inserts",
		"conversations/delete":      "its target comes from live_conversations",
		"conversations/forget":      "deletes what is no longer visible",
		"conversations/hold":        "locks, and answers nothing",
		"conversations/hold_member": "locks, and answers nothing",
		"conversations/hold_pair":   "locks, and answers nothing",
		"conversations/seen":        "its target comes from live_conversations",
		"conversations/set_timer":   "its target comes from live_conversations",
		"conversations/sweep":       "deletes what is no longer visible",
		"activities/next_expiry":    "answers a time, to the sweeper alone",
		"activities/purge_lag":      "counts what is no longer visible, and shows none of it",
		"messages/delete":           "moves the end of one that comes from live_messages",
		"messages/send":             "its target comes from live_conversations",
	},
	"messages": {
		"activities/next_expiry": "answers a time, to the sweeper alone",
		"activities/purge_lag":   "counts what is no longer visible, and shows none of it",
		"conversations/hold":     "locks, and answers nothing",
		"messages/delete":        "its target comes from live_messages",
		"messages/forget_key":    "changes what has expired, and answers nothing",
		"messages/send":          "inserts",
		"messages/sweep":         "deletes what is no longer visible",
	},
	"pictures": {
		"pictures/add":           "inserts",
		"pictures/attach":        "changes, and answers nothing",
		"pictures/describe":      "asks live_pictures, or changes what only its owner sees",
		"pictures/export":        "tells a member about their own",
		"pictures/drop_faces":    "deletes",
		"pictures/hold":          "locks a member's own",
		"pictures/next_expiry":   "answers a time, to the sweeper alone",
		"pictures/of_activities": "asks live_pictures",
		"pictures/of_member":     "tells a member about their own",
		"pictures/purge_lag":     "counts what is no longer visible, and shows none of it",
		"pictures/remove":        "deletes",
		"pictures/set_face":      "changes, and answers nothing",
		"pictures/show":          "asks live_pictures, or answers the owner of what is not used",
		"pictures/sweep":         "deletes",
	},
	"picture_bytes": {
		"pictures/get":          "called after pictures/show alone",
		"pictures/put":          "inserts",
		"pictures/remove_bytes": "deletes",
	},
	"audit_log": {
		"audit_log/add":       "inserts",
		"audit_log/page":      "applies the rule itself",
		"audit_log/of_member": "applies the rule itself",
		"accounts/sweep":      "deletes what has ended",
	},
	"cases": {
		"cases/open_activity": "inserts",
		"cases/open_message":  "inserts",
		"cases/open_member":   "inserts",
		"cases/forget":        "deletes what has ended",
		"cases/hold":          "locks, and answers nothing",
		"cases/hold_target":   "locks, and answers nothing",
		"cases/close":         "its target comes from live_cases",
		"cases/sweep":         "deletes what has ended",
		"cases/next_expiry":   "answers a time, to the sweeper alone",
		"cases/purge_lag":     "counts what has ended, and shows none of it",
		"reports/add":         "finds the open case of what its reporter sees, and shows nothing of it",
		"reports/export":      "tells members what they have reported themselves, and applies the rule itself",
	},
	// The copy of what was reported is the one thing that outlives what a member wrote: moderators must be able to judge
	// what its author deletes, and what ends meanwhile. It ends when its case is closed, after thirty days at the latest;
	// TestEvidence follows it to its end.
	"case_evidence": {
		"cases/open_activity": "inserts",
		"cases/open_message":  "inserts",
		"cases/open_member":   "inserts",
		"cases/page":          "joins live_cases",
		"cases/show":          "joins live_cases",
	},
	"case_pictures": {
		"cases/open_activity": "inserts",
		"cases/open_member":   "inserts",
		"cases/pictures":      "joins live_cases",
		"cases/picture":       "joins live_cases",
	},
	"reports": {
		"reports/add":     "inserts",
		"reports/of_case": "joins live_cases",
		"reports/export":  "tells members what they have reported themselves",
		"cases/page":      "counts those of what comes from live_cases",
		"cases/show":      "counts those of what comes from live_cases",
	},
	"invitations": {
		"accounts/sweep":     "deletes what has ended",
		"invitations/add":    "inserts",
		"invitations/remove": "deletes",
		"invitations/use":    "counts what a sign-up has found by live_invitations",
	},
	"sessions": {
		"sessions/begin":       "inserts",
		"sessions/use":         "notes the use of what comes from live_sessions",
		"sessions/end":         "deletes",
		"sessions/end_all":     "deletes",
		"sessions/end_subject": "deletes",
		"accounts/sweep":       "deletes what has ended by session_ended",
	},
}

func TestVisibilityRule(t *testing.T) {
	t.Parallel()
	for table, allowed := range baseReaders {
		name := regexp.MustCompile(`(?i)(^|[^@])\b` + table + `\b`) // no argument of that name
		var named []string
		for _, file := range files(t) {
			b, err := os.ReadFile(filepath.Join("sql", file+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			sql := regexp.MustCompile(`(?m)--.*$`).ReplaceAllString(string(b), "")
			if name.MatchString(sql) {
				named = append(named, file)
			}
		}
		if want := slices.Sorted(maps.Keys(allowed)); !slices.Equal(named, want) {
			t.Errorf("statements that name the base table: %v\nallowed: %v", named, want)
		}
	}
}

// Every file says first what it answers and who calls it.
func TestFilesAreCommented(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		b, err := os.ReadFile(filepath.Join("sql", name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(b), "-- ") {
			t.Errorf("sql/%s.sql does not begin with a comment", name)
		}
	}
}

func TestArgumentsAreStrict(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, tt := range []struct {
		name string
		args map[string]any
		want string
	}{
		{"missing", nil, "argument @handle is missing"},
		{"superfluous", map[string]any{"handle": "a", "hanlde": "b"}, "there is no argument @hanlde"},
		{"misspelt", map[string]any{"hanlde": "b"}, "argument @handle is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := db.QueryObjectJSON(context.Background(), "users/handle_exists", tt.args)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}
