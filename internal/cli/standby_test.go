package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur/internal/pgserver"
)

// node is one PostgreSQL of a pair that replicates.
type node struct {
	t      *testing.T
	dir    string // of pgserver
	server *pgserver.Server
}

func startNode(t *testing.T, dir string) *node {
	t.Helper()
	n := &node{t: t, dir: dir}
	n.start()
	t.Cleanup(n.stop)
	return n
}

func (n *node) start() {
	n.t.Helper()
	server, err := pgserver.Start(n.t.Context(), pgserver.Config{Dir: n.dir, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		n.t.Fatal(err)
	}
	n.server = server
}

// stop is a fast shutdown: a primary sends its standby everything first.
func (n *node) stop() {
	if err := n.server.Stop(context.Background()); err != nil {
		n.t.Error(err)
	}
}

func (n *node) url() string { return n.server.URL("cruddur") }

// socket is the address of the node's Unix socket.
func (n *node) socket() string {
	u, err := url.Parse(n.url())
	if err != nil {
		n.t.Fatal(err)
	}
	return filepath.Join(u.Query().Get("host"), ".s.PGSQL."+pgserver.Port)
}

// query runs one statement in the database postgres and returns its only value, which is text.
func (n *node) query(sql string) string { n.t.Helper(); return n.queryIn("postgres", sql) }

func (n *node) queryIn(database, sql string) (answer string) {
	n.t.Helper()
	ctx, conn, done := n.connect(database)
	defer done()
	if err := conn.QueryRow(ctx, sql).Scan(&answer); err != nil {
		n.t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func (n *node) connect(database string) (context.Context, *pgx.Conn, func()) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	conn, err := pgx.Connect(ctx, n.server.URL(database))
	if err != nil {
		cancel()
		n.t.Fatal(err)
	}
	return ctx, conn, func() { conn.Close(ctx); cancel() }
}

func (n *node) exec(sql string) {
	n.t.Helper()
	ctx, conn, done := n.connect("postgres")
	defer done()
	if _, err := conn.Exec(ctx, sql); err != nil {
		n.t.Fatalf("%s: %v", sql, err)
	}
}

// until asks until the answer is the one that is wanted.
func (n *node) until(sql, want string) {
	n.t.Helper()
	for range 1200 {
		if n.query(sql) == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	n.t.Fatalf("%s is never %s", sql, want)
}

// follow is the connection string by which another node follows this one.
func (n *node) follow() string {
	u, err := url.Parse(n.url())
	if err != nil {
		n.t.Fatal(err)
	}
	return fmt.Sprintf("host=%s port=%s user=%s", u.Query().Get("host"), pgserver.Port, n.query("select session_user"))
}

// standby copies a node into a folder and starts the copy as its hot standby.
func (n *node) standby(dir string) *node {
	n.t.Helper()
	// The folder is made like that of a first start, which decides who must own it.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		n.t.Fatal(err)
	}
	owner := ownerOf(n.t, filepath.Join(n.dir, "data"))
	must := func(err error) {
		n.t.Helper()
		if err != nil {
			n.t.Fatal(err)
		}
	}
	must(os.Chmod(dir, 0o711))
	must(os.WriteFile(filepath.Join(dir, "cruddur.lock"), nil, 0o600))
	if os.Getuid() == 0 {
		must(os.Chown(dir, int(owner.Uid), int(owner.Gid)))
		must(os.Chown(filepath.Join(dir, "cruddur.lock"), int(owner.Uid), int(owner.Gid)))
	}
	bin, _, err := pgserver.FindBinaries(os.Getenv("CRUDDUR_POSTGRES_BIN"))
	must(err)
	cmd := exec.Command(filepath.Join(bin, "pg_basebackup"), "--pgdata="+filepath.Join(dir, "data"), "--write-recovery-conf",
		"--checkpoint=fast", "--no-sync", "--dbname="+n.follow())
	cmd.Dir = dir
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	return startNode(n.t, dir)
}

// demote makes a stopped node a standby of another.
func (n *node) demote(primary *node) {
	n.t.Helper()
	data := filepath.Join(n.dir, "data")
	owner := ownerOf(n.t, data)
	signal := filepath.Join(data, "standby.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		n.t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(signal, int(owner.Uid), int(owner.Gid)); err != nil {
			n.t.Fatal(err)
		}
	}
	f, err := os.OpenFile(filepath.Join(data, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		n.t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintf(f, "primary_conninfo = '%s'\n", primary.follow())
	n.start()
}

func ownerOf(t *testing.T, path string) *syscall.Stat_t {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t)
}

// address is a TCP address that leads to one node now and to another later, as a name in DNS or a load
// balancer does. What is connected stays connected.
type address struct {
	mu     sync.Mutex
	socket string
	url    string
	frozen chan struct{} // closed: what is connected until now hears nothing any more
}

func newAddress(t *testing.T, to *node) *address {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	a := &address{url: fmt.Sprintf("postgresql://%s@%s/cruddur?sslmode=disable", to.query("select session_user"), l.Addr()), frozen: make(chan struct{})}
	a.lead(to)
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			a.mu.Lock()
			socket, frozen := a.socket, a.frozen
			a.mu.Unlock()
			far, err := net.Dial("unix", socket)
			if err != nil {
				near.Close()
				continue
			}
			go func() { io.Copy(far, near); far.Close() }()
			go func() { io.Copy(until{near, frozen}, far); near.Close() }()
		}
	}()
	return a
}

// until writes until something is closed, and then waits for ever.
type until struct {
	io.Writer
	end chan struct{}
}

func (u until) Write(p []byte) (int, error) {
	select {
	case <-u.end:
		select {}
	default:
		return u.Writer.Write(p)
	}
}

// freeze silences every existing connection without closing it, as a network does when the machine at the
// other end has lost its power. New connections work.
func (a *address) freeze() {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.frozen)
	a.frozen = make(chan struct{})
}

func (a *address) lead(to *node) {
	socket := to.socket()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.socket = socket
}

// waitMetric waits until /metrics says a line.
func (s *serving) waitMetric(line string) {
	s.t.Helper()
	for range 1200 {
		if strings.Contains(s.metrics(), line+"\n") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("/metrics never says %s:\n%s", line, s.stderr)
}
