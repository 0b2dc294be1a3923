package dbadmin_test

import (
	"flag"
	"os"
	"testing"

	"cruddur/internal/dbadmin"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

var update = flag.Bool("update", false, "write internal/postgres/schema.sql")

// schema.sql is what the migrations make: db setup loads it, and people read it.
func TestSchemaIsWhatTheMigrationsMake(t *testing.T) {
	t.Parallel()
	target, err := dbadmin.NewTarget("", "the test", pgtest.URL(t), "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := dbadmin.New(target, "").SchemaDump(t.Context(), dbadmin.Tools{Bin: os.Getenv("CRUDDUR_POSTGRES_BIN")})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("../postgres/schema.sql", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if difference := dbadmin.FirstDifference(postgres.Schema(), text); difference != "" {
		t.Errorf("schema.sql is not what the migrations make (go test ./internal/dbadmin -update writes it), first in %s", difference)
	}
}
