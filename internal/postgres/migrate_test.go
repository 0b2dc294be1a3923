package postgres_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgserver"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

var dumpNoise = regexp.MustCompile(`(?m)^(--.*|\\(un)?restrict .*|SET .*|SELECT pg_catalog\.set_config.*|CREATE SCHEMA public;|COMMENT ON SCHEMA public .*)\n`)

// dump is the schema without what depends on pg_dump's version, on the hour and on chance.
func dump(t *testing.T, url string) string {
	t.Helper()
	dir, _, err := pgserver.FindBinaries(os.Getenv("CRUDDUR_POSTGRES_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "pg_dump"), "--schema-only", "--no-owner", "--no-privileges",
		"--exclude-table=schema_migrations", url)
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			t.Fatalf("pg_dump: %v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	text := dumpNoise.ReplaceAllString(string(out), "")
	return strings.TrimSpace(regexp.MustCompile(`\n{3,}`).ReplaceAllString(text, "\n\n")) + "\n"
}

// Servers that start at once migrate once.
func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	all, err := fs.Glob(postgres.Migrations(), "*.sql")
	if err != nil || len(all) == 0 {
		t.Fatalf("migrations %v, %v", all, err)
	}
	if n, err := pgtest.Open(t, url).Pending(t.Context()); err != nil || n != len(all) {
		t.Errorf("Pending() = %d, %v before, want %d", n, err, len(all))
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	applied := 0
	for range 3 {
		db := pgtest.Open(t, url)
		wg.Go(func() {
			list, err := db.Migrate(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			applied += len(list)
			mu.Unlock()
		})
	}
	wg.Wait()
	if applied != len(all) {
		t.Errorf("%d migrations applied by all together, want %d", applied, len(all))
	}
	db := pgtest.Open(t, url)
	if n, err := db.Pending(t.Context()); err != nil || n != 0 {
		t.Errorf("Pending() = %d, %v afterwards, want 0", n, err)
	}
	list, err := db.MigrationStatus(t.Context())
	if err != nil || len(list) != len(all) {
		t.Fatalf("MigrationStatus() = %v, %v", list, err)
	}
	for i, m := range list {
		if m.Name != all[i] || !m.Applied || time.Since(m.AppliedAt) > time.Hour {
			t.Errorf("MigrationStatus()[%d] = %+v, want %s applied just now", i, m, all[i])
		}
	}
}

// Down undoes everything that up has made, so that up works again and makes the same.
func TestMigrateDown(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	before := dump(t, url)
	if err := db.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := dump(t, url); strings.TrimSpace(left) != "" {
		t.Errorf("left after down:\n%s", left)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := dump(t, url); after != before {
		t.Errorf("up after down makes another schema:\n%s", after)
	}
	member(t, db, "ana")
}

// The ids of the database are in the order of their times, to the microsecond, and are version 7.
func TestUUIDs(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	var last cruddur.UUID
	for i := range 200 {
		a := crud(t, db, ana, "x", "1-hour", now.Add(time.Duration(i)*time.Microsecond))
		text := a.UUID.String()
		if strings.Compare(text, last.String()) <= 0 || text[14] != '7' || !strings.Contains("89ab", text[19:20]) {
			t.Fatalf("%s after %s", text, last)
		}
		last = a.UUID
	}
}
