package pgtest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgserver"
)

// Strict is a server as production has one: over TCP, with a password. It has prepared transactions, logical slots
// and pg_stat_statements too.
type Strict struct {
	Socket  string // the URL of its maintenance database, by its socket and without a password
	Address string // host:port of its TCP
}

// StrictPassword is that of the role postgres of a strict server. A URL wants parts of it escaped.
const StrictPassword = "p@ss/w:rd%20"

// URL is that of a database, over TCP and with the password.
func (s *Strict) URL(user, database string) string {
	u := url.URL{Scheme: "postgresql", User: url.UserPassword(user, StrictPassword), Host: s.Address, Path: "/" + database}
	return u.String()
}

// StartStrict starts such a server for the time of a test.
func StartStrict(t testing.TB) *Strict {
	t.Helper()
	dir, err := os.MkdirTemp("", "cruddur-strict-")
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(dir, 0o711) // as root the server runs as another user, who must get through
	t.Cleanup(func() { os.RemoveAll(dir) })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	address := LoopbackAddress(t)
	server, err := pgserver.Start(ctx, pgserver.Config{Dir: filepath.Join(dir, "data"), Bin: os.Getenv("CRUDDUR_POSTGRES_BIN"), Settings: map[string]string{
		"listen_addresses": address, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "80",
		"max_prepared_transactions": "5", "wal_level": "logical", "max_replication_slots": "4", "shared_preload_libraries": "pg_stat_statements",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), "create role postgres superuser login password '"+StrictPassword+"'"); err != nil {
		t.Fatal(err)
	}
	return &Strict{Socket: server.URL("postgres"), Address: address + ":" + pgserver.Port}
}

var addresses atomic.Int64

// LoopbackAddress is a loopback address of the test's own, where nobody listens on PostgreSQL's port.
func LoopbackAddress(t testing.TB) string {
	t.Helper()
	for range 200 {
		address := fmt.Sprintf("127.%d.%d.1", 80+addresses.Add(1)%100, 1+os.Getpid()%200)
		l, err := net.Listen("tcp", address+":"+pgserver.Port)
		if err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no loopback address is free for a server")
	return ""
}
