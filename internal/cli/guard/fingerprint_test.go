package guard_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur/internal/cli/guard"
	"cruddur/internal/dbadmin"
)

func TestLines(t *testing.T) {
	t.Parallel()
	f := dbadmin.Fingerprint{
		Host: "db", Port: 5432, Database: "prod", User: "ana", Server: "17.2", Exists: true, Bytes: 1 << 20,
		Users: 1234, Activities: 5, Sessions: 2, Superuser: true, TLS: "TLSv1.3", LastMigration: "00001_first.sql",
	}
	lines := func(change func(*dbadmin.Fingerprint)) string {
		of := f
		change(&of)
		var b strings.Builder
		for _, line := range guard.Lines(&of) {
			b.WriteString(line[0] + ": " + line[1] + "\n")
		}
		return b.String()
	}
	head := "host: db\nport: 5432\ndatabase: prod\n"
	for name, c := range map[string]struct {
		change func(*dbadmin.Fingerprint)
		want   string
	}{
		"whole": {func(*dbadmin.Fingerprint) {}, head + "user: ana (superuser)\nserver: PostgreSQL 17.2\ntls: TLSv1.3\nmarker: none\nsize: 1.0 MB\nusers: 1,234\nactivities: 5\nsessions: 2\nlast migration: 00001_first.sql\n"},
		"estimated, marked, on a standby": {func(f *dbadmin.Fingerprint) {
			f.Estimated, f.Superuser, f.TLS, f.LastMigration = true, false, "", ""
			f.ReadOnly, f.Marker = "a standby", &dbadmin.Marker{Environment: "production", Protected: true}
		}, head + "user: ana\nserver: PostgreSQL 17.2\ntls: none\nmarker: production, protected\nstate: a standby\nsize: 1.0 MB\nusers: about 1,234\nactivities: about 5\nsessions: 2\nlast migration: none\n"},
		"another application's": {func(f *dbadmin.Fingerprint) { f.Users, f.Activities = -1, -1 }, head + "user: ana (superuser)\nserver: PostgreSQL 17.2\ntls: TLSv1.3\nmarker: none\nsize: 1.0 MB\nusers: no such table\nactivities: no such table\nsessions: 2\nlast migration: 00001_first.sql\n"},
		"empty":                 {func(f *dbadmin.Fingerprint) { f.Users, f.Activities = 0, 0 }, head + "user: ana (superuser)\nserver: PostgreSQL 17.2\ntls: TLSv1.3\nmarker: none\nsize: 1.0 MB\nusers: 0\nactivities: 0\nsessions: 2\nlast migration: 00001_first.sql\n"},
		"missing":               {func(f *dbadmin.Fingerprint) { f.Exists = false }, head + "user: ana (superuser)\nserver: PostgreSQL 17.2\ntls: TLSv1.3\nmarker: none\nstate: does not exist\n"},
		"unusable":              {func(f *dbadmin.Fingerprint) { f.Unusable = "it is invalid" }, head + "user: ana (superuser)\nserver: PostgreSQL 17.2\ntls: TLSv1.3\nmarker: none\nstate: it is invalid\n"},
	} {
		if diff := cmp.Diff(c.want, lines(c.change)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := guard.MarkerText(&dbadmin.Marker{Environment: "staging"}); got != "staging" {
		t.Errorf("MarkerText() = %q, want staging", got)
	}
}
