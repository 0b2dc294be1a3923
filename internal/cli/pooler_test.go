package cli_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdPooler starts a pgbouncer in transaction mode, with a single server connection, in front of the strict
// server, and puts its URL for $DB into $POOLER.
func cmdPooler(ts *testscript.TestScript, neg bool, args []string) {
	dir, err := privateDir()
	ts.Check(err)
	backend, err := url.Parse(ts.Getenv("STRICT"))
	ts.Check(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	password, _ := backend.User.Password()
	config := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s password='%s'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 50
`, backend.Hostname(), backend.Port(), backend.User.Username(), password, port)
	ts.Check(os.WriteFile(config, []byte(text), 0o644))
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	flags := []string{config}
	if os.Geteuid() == 0 {
		flags = []string{"-u", "nobody", config}
	}
	cmd := exec.Command(program, flags...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(dir)
	})
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(end) {
			ts.Fatalf("pgbouncer does not listen on %s", address)
		}
	}
	ts.Setenv("POOLER", "postgresql://anybody@"+address+"/"+ts.Getenv("DB")+"?sslmode=disable")
}
