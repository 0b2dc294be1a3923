// Package pgtest gives each test its own database on a real PostgreSQL. Only _test files import it. It never
// skips: without CRUDDUR_TEST_DATABASE_URL it starts a private server for the test binary, and on a machine
// without PostgreSQL the tests fail with the command that installs it.
package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
)

// suite is the server of this test binary and the migrated template on it.
var suite struct {
	mu       sync.Mutex
	running  bool // within Main
	server   *pgserver.Server
	dir      string // the folder of the private server's data
	admin    string // URL of the maintenance database
	template string
	serial   atomic.Int64
}

// gcPercent saves a third of a test binary's processor time, which the garbage collector would take; its heap is small.
const gcPercent = 400

// Main runs a package's tests and stops the server that they have started:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
func Main(m *testing.M) int {
	suite.running = true
	debug.SetGCPercent(gcPercent)
	dir, err := makeFolder()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	suite.dir = filepath.Join(dir, "data")
	code := m.Run()
	if admin.conn != nil {
		_ = admin.conn.Close(context.Background())
	}
	if suite.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := suite.server.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			return 1
		}
	}
	return code
}

// New opens a freshly migrated database that is dropped when the test ends.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	return Open(t, URL(t))
}

// Open opens a database until the test ends.
func Open(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, ApplicationName: "cruddur test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// URL is New for a test that opens the database itself.
func URL(t testing.TB) string {
	t.Helper()
	start(t)
	return create(t, suite.template)
}

// EmptyURL returns the URL of a new database without any schema.
func EmptyURL(t testing.TB) string {
	t.Helper()
	start(t)
	return create(t, "template1")
}

// AdminURL returns the URL of the server's maintenance database, for tests that create and drop databases.
func AdminURL(t testing.TB) string {
	t.Helper()
	start(t)
	return suite.admin
}

// WithDatabase returns url with another database's name.
func WithDatabase(rawURL, name string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

func create(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), suite.serial.Add(1))
	// Copying the files is three times as quick as the usual way, by the log of changes, where nothing is synced.
	run(t, "create database "+name+" template "+template+" strategy file_copy")
	t.Cleanup(func() { run(t, "drop database if exists "+name+" with (force)") })
	return WithDatabase(suite.admin, name)
}

// admin is the connection that makes and drops databases: a new one for each would be half of the work.
var admin struct {
	mu   sync.Mutex
	conn *pgx.Conn
}

// run executes one statement of the maintenance database; it must work in a cleanup, after the test's context has
// ended.
func run(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	admin.mu.Lock()
	defer admin.mu.Unlock()
	for tried := false; ; tried = true {
		if admin.conn == nil || admin.conn.IsClosed() {
			conn, err := pgx.Connect(ctx, suite.admin)
			if err != nil {
				t.Fatalf("pgtest: %v", err)
			}
			admin.conn = conn
		}
		_, err := admin.conn.Exec(ctx, sql, pgx.QueryExecModeExec)
		if err == nil {
			return
		}
		if tried || !admin.conn.IsClosed() { // a test may have ended it
			t.Fatalf("pgtest: %s: %v", sql, err)
		}
	}
}

func start(t testing.TB) {
	t.Helper()
	suite.mu.Lock()
	defer suite.mu.Unlock()
	if suite.template != "" {
		return
	}
	if !suite.running {
		t.Fatal("pgtest: the package needs: func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }")
	}
	if external := os.Getenv("CRUDDUR_TEST_DATABASE_URL"); external != "" {
		suite.admin = external
	} else {
		startServer(t)
	}
	suite.template = makeTemplate(t)
}

func startServer(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := pgserver.Start(ctx, pgserver.Config{
		Dir: suite.dir,
		Bin: os.Getenv("CRUDDUR_POSTGRES_BIN"),
		// Nothing here outlives the test binary, so nothing must reach the disk.
		Settings: map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"},
	})
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	suite.server = server
	suite.admin = server.URL("postgres")
}

// makeTemplate migrates a database once; each test's database is a clone of it. Its name contains the hash of
// the migrations, so that on a server which outlives the tests an old template is never used.
func makeTemplate(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	name := "cruddur_template_" + migrationsHash(t)
	conn, err := pgx.Connect(ctx, suite.admin)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	defer conn.Close(ctx)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("pgtest: make the template: %v", err)
		}
	}
	// Other test binaries may do the same on the same server.
	_, err = conn.Exec(ctx, "select pg_advisory_lock(hashtextextended('cruddur_template', 0))")
	must(err)
	var exists bool
	must(conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&exists))
	if exists {
		return name
	}
	_, err = conn.Exec(ctx, "drop database if exists "+name+"_tmp")
	must(err)
	_, err = conn.Exec(ctx, "create database "+name+"_tmp")
	must(err)
	db, err := postgres.Open(ctx, postgres.Config{URL: WithDatabase(suite.admin, name+"_tmp")})
	must(err)
	_, err = db.Migrate(ctx)
	db.Close()
	must(err)
	_, err = conn.Exec(ctx, "alter database "+name+"_tmp rename to "+name)
	must(err)
	return name
}

func migrationsHash(t testing.TB) string {
	t.Helper()
	h := sha256.New()
	err := fs.WalkDir(postgres.Migrations(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(postgres.Migrations(), path)
		fmt.Fprintln(h, path, len(b))
		h.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
