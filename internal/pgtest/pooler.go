package pgtest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Pooler starts a pgbouncer in transaction mode, with a few server connections, in front of a server with passwords. It
// listens on a socket in the folder that is returned, so that no other test can have the same port. dir belongs to it; settings are more lines of its configuration.
func Pooler(backend *url.URL, dir, settings string) (sockets string, stop func(), err error) {
	sockets = filepath.Join(dir, "sockets")
	if err := os.Mkdir(sockets, 0o700); err != nil {
		return "", nil, err
	}
	if err := os.Chmod(sockets, 0o777); err != nil { // started by root it becomes nobody
		return "", nil, err
	}
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
%s`, backend.Hostname(), backend.Port(), backend.User.Username(), password, sockets, settings)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return "", nil, err
	}
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
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("unix", filepath.Join(sockets, ".s.PGSQL.5432"))
		if err == nil {
			return sockets, stop, c.Close()
		}
		if time.Now().After(end) {
			stop()
			return "", nil, fmt.Errorf("pgbouncer does not listen in %s: %w", sockets, err)
		}
	}
}
