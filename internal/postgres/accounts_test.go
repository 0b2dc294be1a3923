package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgtest"
)

// CVE-2026-23963, CVE-2026-23962 (Mastodon): some texts had no limit of length.
//
// Every column whose length a client could choose has a named limit in the schema.
func TestAdvisoryUnboundedText(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	rows, err := conn.Query(t.Context(), `
		select c.table_name || '.' || c.column_name
		from information_schema.columns c
		where c.table_schema = 'public'
			and c.data_type in ('text', 'bytea', 'character varying', 'ARRAY', 'json', 'jsonb')
			and c.table_name not in ('schema_information', 'schema_migrations')
			and not exists (
				select
				from pg_constraint k
				where k.conrelid = (quote_ident(c.table_schema) || '.' || quote_ident(c.table_name))::regclass
					and k.contype = 'c'
					and k.conname like c.table_name || '\_' || c.column_name || '%'
					and pg_get_constraintdef(k.oid) ~ '(length|~|= ANY)'
			)`)
	if err != nil {
		t.Fatal(err)
	}
	without, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range without {
		t.Errorf("%s has no length limit", name)
	}
}
