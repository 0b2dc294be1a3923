package cli_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cruddur/internal/pgserver"
)

// strictServer is a server with passwords, prepared transactions, for what the plain one
// cannot show.
type strictServer struct {
	socket  string
	address string // host:port of its TCP
}

const strictPassword = "p@ss/w:rd%20"

func (s *strictServer) url(user, database string) string {
	u := url.URL{Scheme: "postgresql", User: url.UserPassword(user, strictPassword), Host: s.address, Path: "/" + database}
	return u.String()
}

func startStrict(t *testing.T) *strictServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "cruddur-strict-")
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o711)
	t.Cleanup(func() { os.RemoveAll(dir) })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	address := freeAddress(t)
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
		server.Stop(ctx)
	})
	psql(t, server.URL("postgres"), "create role postgres superuser login password '"+strictPassword+"'")
	return &strictServer{socket: server.URL("postgres"), address: address + ":" + pgserver.Port}
}

func psql(t *testing.T, url, sql string) string {
	t.Helper()
	out, err := exec.Command("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", url, "-c", sql).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", sql, err, out)
	}
	return strings.TrimSpace(string(out))
}

// freeAddress is a loopback address of our own, where nobody listens on PostgreSQL's port.
func freeAddress(t *testing.T) string {
	t.Helper()
	for i := range 200 {
		address := fmt.Sprintf("127.%d.%d.1", 80+i%100, 1+os.Getpid()%200)
		l, err := net.Listen("tcp", address+":"+pgserver.Port)
		if err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no loopback address is free for a server")
	return ""
}
