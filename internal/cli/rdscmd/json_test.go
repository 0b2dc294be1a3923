package rdscmd_test

import (
	"encoding/json"
	"testing"
)

// TestRDSJSON wants one document with schema_version from every command that has --json.
func TestRDSJSON(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	for _, args := range [][]string{
		{"create", "--dry-run"},
		{"create"},
		{"status"},
		{"url"},
		{"allow-ip"},
		{"revoke-expired"},
		{"policy"},
		{"audit", "--list"},
		{"audit", "not-public"},
		{"modify", "cruddur", "--allocated-storage", "50", "--dry-run"},
		{"snapshot"},
		{"start"},
		{"stop"},
		{"stop"},
		{"delete", "cruddur", "--disable-deletion-protection", "--confirm", "cruddur", "--skip-final-snapshot"},
	} {
		if args[0] == "delete" {
			a.Must("start", "--json")
		}
		out := a.Must(append(args, "--json")...)
		var doc map[string]any
		if err := json.Unmarshal([]byte(out), &doc); err != nil || doc["schema_version"] != 1.0 {
			t.Errorf("rds %v --json: %v\n%s", args, err, out)
		}
	}
}
