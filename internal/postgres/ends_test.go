package postgres_test

import (
	"maps"
	"slices"
	"testing"

	"cruddur/internal/pgtest"
)

// outliving are the tables whose rows may outlive the member whom they are about: why, and until when. All others go with
// their member, by foreign keys. Of what members write, the copy of what was reported is the only one.
var outliving = map[string]string{
	"cases":         "what was reported: its author must not get rid of a report by deleting their account. Until a moderator closes the case, at most thirty days",
	"case_evidence": "as cases",
	"case_pictures": "as cases",
	"audit_log":     "what moderators and operators did, by the handles of that time: a year",

	"accounts":         "deleted with the member in one transaction, before them",
	"token_families":   "as accounts, or until their end",
	"refresh_tokens":   "as accounts",
	"recoveries":       "by the hash of an address, ten minutes",
	"sign_in_attempts": "by the hash of an address, a quarter of an hour of quiet",
	"sign_ups":         "there is no member yet: 24 hours",
	"token_cutoffs":    "what makes tokens worthless outlives the member, because the tokens do: until these expire",
	"picture_objects":  "the names of files that must be deleted elsewhere; each goes when its file is",

	"changes": "what open pages must be told: a minute; of a deleted member it has the handle, because their pages must learn of it",

	"place":        "about no member",
	"invitations":  "made by operators for whoever comes: until they end or are revoked",
	"issuers":      "about no member",
	"signing_keys": "about no member",
	"certificates": "about no member",
}

// The catalogue says what goes with its member. A new table fails the test: say whose its rows are, and when they end.
func TestWhatOutlivesItsMember(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t))
	rows, err := conn.Query(t.Context(), `
		with recursive gone (name) as (
			select 'users'::regclass::oid
			union
			select k.conrelid from gone g join pg_constraint k on k.confrelid = g.name and k.contype = 'f' and k.confdeltype = 'c'
		)
		select c.relname, c.oid in (select name from gone)
		from pg_class c
		where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'schema\_%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := 0
	left := maps.Clone(outliving)
	for rows.Next() {
		var name string
		var goes bool
		if err := rows.Scan(&name, &goes); err != nil {
			t.Fatal(err)
		}
		tables++
		if why := outliving[name]; goes == (why != "") {
			t.Errorf("%s goes with its member: %t, and outliving says %q", name, goes, why)
		}
		delete(left, name)
	}
	if err := rows.Err(); err != nil || tables < 35 || len(left) > 0 {
		t.Errorf("%d tables, %v; not there: %v", tables, err, slices.Sorted(maps.Keys(left)))
	}
}
