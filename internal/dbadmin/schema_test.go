package dbadmin

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// The committed schema.sql is what the migrations make. go test ./internal/dbadmin -update writes it.
func TestSchemaIsGenerated(t *testing.T) {
	t.Parallel()
	got, err := admin(t, pgtest.URL(t)).SchemaDump(t.Context(), Tools{})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("../postgres/schema.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(postgres.Schema(), got); diff != "" {
		t.Errorf("internal/postgres/schema.sql is not what the migrations make (-file +migrations); run: go test ./internal/dbadmin -update\n%s", diff)
	}
}
