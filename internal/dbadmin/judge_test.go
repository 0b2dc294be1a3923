package dbadmin

import (
	"errors"
	"strings"
	"testing"

	"cruddur/internal/sqlscript"
)

// sql is one statement without its semicolon, as the splitter gives it.
func sql(text string) sqlscript.Piece { return sqlscript.Piece{Text: text} }

// How each statement of a dump is handled, alone and after other statements.
func TestJudge(t *testing.T) {
	t.Parallel()
	const refused verdict = -1
	for _, tt := range []struct {
		name   string
		dump   bool
		before []string
		piece  sqlscript.Piece
		want   verdict
	}{
		{"nothing", true, nil, sql("-- a comment"), leaveOut},
		{"a table", true, nil, sql("CREATE TABLE public.a (b int)"), run},
		{"a setting of the preamble", true, nil, sql("SET transaction_timeout = 0"), ask},
		{"a setting after another", true, []string{"SET a = 1", "SELECT pg_catalog.set_config('search_path', '', false)"}, sql("SET transaction_timeout = 0"), ask},
		{"a setting after the preamble", true, []string{"CREATE TABLE a ()"}, sql("SET transaction_timeout = 0"), run},
		{"the tablespace, anywhere", true, []string{"CREATE TABLE a ()"}, sql("SET default_tablespace = 'fast'"), ask},
		{"a schema", true, nil, sql("CREATE SCHEMA public"), ask},
		{"a schema in quotes", true, nil, sql(`CREATE SCHEMA "A ""b"""`), ask},
		{"a schema with an owner", true, nil, sql("CREATE SCHEMA a AUTHORIZATION b"), run},
		{"a drop of --clean", true, nil, sql("DROP TABLE public.a"), leaveOut},
		{"a drop after something was made", true, []string{"CREATE TABLE a ()"}, sql("DROP TABLE public.a"), run},
		{"a drop after a comment", true, []string{"COMMENT ON TABLE a IS 'b'"}, sql("DROP TABLE public.a"), leaveOut},
		{"a database", true, nil, sql("CREATE DATABASE a"), refused},
		{"a database that is altered", true, nil, sql("ALTER DATABASE a SET b = c"), refused},
		{"a subscription", true, nil, sql("CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c"), leaveOut},
		{"a subscription that is altered", true, nil, sql("ALTER SUBSCRIPTION a OWNER TO b"), leaveOut},
		{"an event trigger", true, nil, sql("CREATE EVENT TRIGGER a ON ddl_command_end EXECUTE FUNCTION b()"), runLate},
		{"an event trigger that is altered", true, nil, sql("ALTER EVENT TRIGGER a DISABLE"), runLate},
		{"a comment on an event trigger", true, nil, sql("COMMENT ON EVENT TRIGGER a IS 'b'"), runLate},
		{"a comment on an extension", true, nil, sql("COMMENT ON EXTENSION a IS 'b'"), leaveOut},
		{"a comment on a subscription", true, nil, sql("COMMENT ON SUBSCRIPTION a IS 'b'"), leaveOut},
		{"a comment on a table", true, nil, sql("COMMENT ON TABLE a IS 'b'"), run},
		{"an owner", true, nil, sql("ALTER TABLE public.a OWNER TO b"), leaveOut},
		{"another change of a table", true, []string{"CREATE TABLE a ()"}, sql("ALTER TABLE public.a ADD b int"), run},
		{"a grant", true, nil, sql("GRANT SELECT ON a TO b"), leaveOut},
		{"a revoke", true, nil, sql("REVOKE ALL ON a FROM b"), leaveOut},
		{"default privileges", true, nil, sql("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO b"), leaveOut},
		{"a session's authorization", true, []string{"CREATE TABLE a ()"}, sql("SET SESSION AUTHORIZATION 'b'"), leaveOut},
		{"its reset", true, nil, sql("RESET SESSION AUTHORIZATION"), leaveOut},
		{"a session's characteristics", true, []string{"CREATE TABLE a ()"}, sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"), run},
		{"one word", true, []string{"CREATE TABLE a ()"}, sql("analyze"), run},
		{"rows", true, nil, sqlscript.Piece{Text: "COPY a FROM stdin", Copy: true}, run},
		{"a file of the server", true, nil, sql("COPY a FROM '/etc/passwd'"), refused},
		{"a file of the server, of other SQL", false, nil, sql("COPY a FROM '/etc/passwd'"), refused},
		{"a transaction around large objects", true, nil, sql("BEGIN"), leaveOut},
		{"a large object in it", true, []string{"BEGIN"}, sql("SELECT pg_catalog.lo_open('1', 131072)"), run},
		{"a table in it", true, []string{"BEGIN"}, sql("CREATE TABLE a ()"), refused},
		{"its end", true, []string{"BEGIN"}, sql("COMMIT"), leaveOut},
		{"a table after it", true, []string{"BEGIN", "COMMIT"}, sql("CREATE TABLE a ()"), run},
		{"a transaction in it", true, []string{"BEGIN"}, sql("BEGIN"), refused},
		{"an end without a beginning", true, nil, sql("COMMIT"), refused},
		{"a rollback", true, []string{"BEGIN"}, sql("ROLLBACK"), refused},
		{"a transaction of other SQL", false, nil, sql("BEGIN"), refused},
		{"a grant of other SQL", false, nil, sql("GRANT SELECT ON a TO b"), run},
		{"a database of other SQL", false, nil, sql("CREATE DATABASE a"), run},
		{"pg_dump's lock", true, nil, sqlscript.Piece{Text: `\restrict key`, Meta: true}, leaveOut},
		{"its end", true, nil, sqlscript.Piece{Text: `\unrestrict key`, Meta: true}, leaveOut},
		{"another database", true, nil, sqlscript.Piece{Text: `\connect other`, Meta: true}, refused},
		{"another database, in short", true, nil, sqlscript.Piece{Text: `\c other`, Meta: true}, refused},
		{"the end of no rows", true, nil, sqlscript.Piece{Text: `\.`, Meta: true}, refused},
		{"a command of the shell", true, nil, sqlscript.Piece{Text: `\! rm`, Meta: true}, refused},
	} {
		j := &judge{dump: tt.dump}
		for _, text := range tt.before {
			if _, err := j.of(sql(text)); err != nil {
				t.Fatalf("%s: before it, %s: %v", tt.name, text, err)
			}
		}
		got, err := j.of(tt.piece)
		if err != nil {
			got = refused
			if e, ok := errors.AsType[*notRestorable](err); !ok || e.Error() == "" {
				t.Errorf("%s: %v is no refusal", tt.name, err)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q is judged %d, %v, want %d", tt.name, tt.piece.Text, got, err, tt.want)
		}
	}
}

// What is not restored is told, where somebody may miss it.
func TestWhyNotRestored(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c": "subscriptions; the copy would",
		"ALTER SUBSCRIPTION a ENABLE":                        "",
		"SET default_tablespace = fast":                      "does not have (fast)",
		"GRANT SELECT ON a TO b":                             "owners and grants",
		"ALTER TABLE a OWNER TO b":                           "owners and grants",
		"DROP TABLE a":                                       "",
		"analyze":                                            "",
	} {
		if got := new(judge).why(sql(text)); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("why(%q) = %q, want %q", text, got, want)
		}
	}
	if got := (&judge{blobs: true}).why(sql("GRANT SELECT ON a TO b")); got != "" {
		t.Errorf("within large objects: %q", got)
	}
}

// What depends on the database is asked of it.
func TestQuestions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ part, name string }{
		"SET default_tablespace = 'it''s'":    {"pg_tablespace", "it's"},
		`SET default_tablespace = "a""b"`:     {"pg_tablespace", `a"b`},
		"SET default_tablespace = ''":         {"pg_tablespace", ""},
		"SET default_tablespace = a":          {"pg_tablespace", "a"},
		`CREATE SCHEMA "A"`:                   {"pg_namespace", "A"},
		"CREATE SCHEMA a":                     {"pg_namespace", "a"},
		"SET transaction_timeout = 0":         {"pg_settings", "transaction_timeout"},
		"SET default_table_access_method = h": {"pg_settings", "default_table_access_method"},
	} {
		if q, name := new(judge).question(sql(text)); !strings.Contains(q, want.part) || name != want.name {
			t.Errorf("question(%q) = %q, %q, want one of %s about %q", text, q, name, want.part, want.name)
		}
	}
}
