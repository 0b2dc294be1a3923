package dbadmin

import (
	"flag"
	"os"
	"testing"

	"cruddur/internal/pgtest"
)

var update = flag.Bool("update", false, "write the generated files anew")

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// admin is an Admin of a database by URL.
func admin(t *testing.T, url string) *Admin {
	t.Helper()
	target, err := NewTarget("", "--url", url, "")
	if err != nil {
		t.Fatal(err)
	}
	return New(target, "")
}
