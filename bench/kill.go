package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// never is the moment from which something is surely hidden whose request has failed: whether it was done is unknown.
const never = 1000 * time.Hour

// unsure is h, or if the request has failed what may have been hidden from its beginning.
func unsure(h *hiding, err error) *hiding {
	if err != nil {
		h.from = h.asked.Add(never)
	}
	return h
}

// end ends a hiding; if the request has failed, it may go on.
func (h *hiding) end(asked time.Time, err error) {
	h.until, h.over = asked, time.Now()
	if err != nil {
		h.over = asked.Add(never)
	}
}

// kills ends one after the other with SIGKILL, lets things happen while it is away, starts it again, and lets things
// happen again, until the duration is over.
func (c *checker) kills(ctx context.Context, duration time.Duration, acts func(time.Duration) error, db *database, pool *pooler, urls [2]string) error {
	begun := time.Now()
	for n := 0; time.Since(begun) < duration && ctx.Err() == nil; n++ {
		if err := acts(5 * time.Second); err != nil {
			return err
		}
		what, again := "", func() error { return nil }
		switch n % 4 {
		case 0, 2: // the server that asks PostgreSQL itself, the one behind pgbouncer
			i := n % 4 / 2
			p := c.servers[i]
			what = fmt.Sprint("server ", i+1)
			p.cmd.Process.Kill()
			p.cmd.Wait()
			again = func() (err error) {
				next, err := startCruddurAt(ctx, p.address, c.binary, urls[i])
				if err == nil {
					c.servers[i] = next
				}
				return err
			}
		case 1:
			what = "PostgreSQL"
			if err := killPostmaster(db.server.Dir()); err != nil {
				return err
			}
			again = func() error {
				stop, cancel := context.WithTimeout(ctx, 30*time.Second)
				defer cancel()
				_ = db.server.Stop(stop) // it is gone already: this frees its folder
				next, err := startDatabase(ctx, db.server.Dir())
				if err == nil {
					db.server = next.server
				}
				return err
			}
		case 3:
			what = "pgbouncer"
			pool.stop()
			again = pool.start
		}
		say("%s has ended", what)
		c.note(what+" killed", func() {})
		if err := acts(2 * time.Second); err != nil {
			return err
		}
		if err := again(); err != nil {
			return fmt.Errorf("%s does not start again: %w", what, err)
		}
	}
	return nil
}

// killPostmaster ends PostgreSQL's first process, as a machine without memory does.
func killPostmaster(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// pooler is a pgbouncer in transaction mode, on a socket.
type pooler struct {
	dir, url string
	cmd      *exec.Cmd
}

func startPooler(database string) (*pooler, error) {
	dir, err := os.MkdirTemp("", "cruddur-bench-pooler-")
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(database)
	if err != nil {
		return nil, err
	}
	q := to.Query()
	config := fmt.Sprintf("[databases]\n* = host=%s port=%s user=%s\n[pgbouncer]\nlisten_addr =\nlisten_port = 5432\nunix_socket_dir = %s\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 100\nignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout,plan_cache_mode\n",
		q.Get("host"), q.Get("port"), q.Get("user"), dir)
	if err := os.WriteFile(filepath.Join(dir, "pgbouncer.ini"), []byte(config), 0o644); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o777); err != nil { // started by root it becomes another
		return nil, err
	}
	q.Set("host", dir)
	q.Set("port", "5432")
	to.RawQuery = q.Encode()
	p := &pooler{dir: dir, url: to.String()}
	return p, p.start()
}

func (p *pooler) start() error {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	args := []string{filepath.Join(p.dir, "pgbouncer.ini")}
	if os.Geteuid() == 0 {
		args = append([]string{"-u", "postgres"}, args...)
	}
	p.cmd = exec.Command(program, args...)
	if err := p.cmd.Start(); err != nil {
		return err
	}
	for range 500 {
		conn, err := net.Dial("unix", filepath.Join(p.dir, ".s.PGSQL.5432"))
		if err == nil {
			return conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("pgbouncer does not listen in %s", p.dir)
}

// stop ends it as the kernel would.
func (p *pooler) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = os.Remove(filepath.Join(p.dir, ".s.PGSQL.5432"))
}
