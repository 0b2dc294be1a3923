package pgserver

import (
	"os"
	"path/filepath"
	"testing"
)

// checkServer holds what the product relies on.
func checkServer(t *testing.T, s *Server) {
	t.Helper()
	for sql, want := range map[string]string{
		"select current_user":    "cruddur",
		"show listen_addresses":  "",
		"show server_encoding":   "UTF8",
		"show data_checksums":    "on",
		"show timezone":          "UTC",
		"show log_timezone":      "UTC",
		"show max_connections":   "100",
		"show autovacuum":        "on",
		"show logging_collector": "off",
		"select lower('ÄÖ')":     "äö",
		"select 'Z' < 'a' collate \"default\" and 'a' < 'ä'":                                       "t",
		"select string_agg(distinct auth_method, ',') from pg_hba_file_rules where type = 'local'": "trust",
		"select string_agg(distinct auth_method, ',') from pg_hba_file_rules where type = 'host'":  "scram-sha-256",
	} {
		if got := psql(t, s.URL("postgres"), sql); got != want {
			t.Errorf("%s = %q, want %q", sql, got, want)
		}
	}
}

// TestEveryVersion runs each PostgreSQL of this machine, and those in the folders that
// CRUDDUR_TEST_POSTGRES_BINS lists.
func TestEveryVersion(t *testing.T) {
	t.Parallel()
	bins := map[int]string{}
	for _, dir := range append(filepath.SplitList(os.Getenv("CRUDDUR_TEST_POSTGRES_BINS")), candidates()...) {
		if major, err := versionIn(dir); err == nil && major >= oldest && bins[major] == "" {
			bins[major] = dir
		}
	}
	if len(bins) == 0 {
		t.Fatal("no PostgreSQL on this machine")
	}
	for major, bin := range bins {
		t.Run(bin, func(t *testing.T) {
			t.Parallel()
			s, err := Start(t.Context(), Config{Dir: newDir(t), Bin: bin, Settings: quick})
			if err != nil {
				t.Fatal(err)
			}
			defer stop(t, s)
			if s.Version() != major {
				t.Errorf("Version() = %d, want %d", s.Version(), major)
			}
			checkServer(t, s)
		})
	}
}
