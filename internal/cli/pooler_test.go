package cli_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdPooler starts a pgbouncer in transaction mode, with a few server connections, in front of the strict
// server, and puts its URL for $DB into $POOLER. It listens on a socket in a new folder, so that no other
// test can have the same port.
func cmdPooler(ts *testscript.TestScript, neg bool, args []string) {
	dir, err := privateDir()
	ts.Check(err)
	ts.Defer(func() { os.RemoveAll(dir) })
	sockets := filepath.Join(dir, "sockets")
	ts.Check(os.Mkdir(sockets, 0o700))
	ts.Check(os.Chmod(sockets, 0o777)) // started by root it becomes nobody
	backend, err := url.Parse(ts.Getenv("STRICT"))
	ts.Check(err)
	password, _ := backend.User.Password()
	config := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s password='%s'
[pgbouncer]
listen_addr =
listen_port = 5432
unix_socket_dir = %s
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 50
`, backend.Hostname(), backend.Port(), backend.User.Username(), password, sockets)
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
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("unix", filepath.Join(sockets, ".s.PGSQL.5432"))
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(end) {
			ts.Fatalf("pgbouncer does not listen in %s: %v", sockets, err)
		}
	}
	ts.Setenv("POOLER", "postgresql://anybody@/"+ts.Getenv("DB")+"?sslmode=disable&host="+url.QueryEscape(sockets))
}
