package cli_test

import (
	"net/url"
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"cruddur/internal/pgtest"
)

// cmdPooler starts a pgbouncer in front of the strict server, and puts its URL for $DB into $POOLER.
func cmdPooler(ts *testscript.TestScript, neg bool, args []string) {
	dir, err := privateDir()
	ts.Check(err)
	ts.Defer(func() { os.RemoveAll(dir) })
	backend, err := url.Parse(ts.Getenv("STRICT"))
	ts.Check(err)
	sockets, stop, err := pgtest.Pooler(backend, dir, "")
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("POOLER", "postgresql://anybody@/"+ts.Getenv("DB")+"?sslmode=disable&host="+url.QueryEscape(sockets))
}
