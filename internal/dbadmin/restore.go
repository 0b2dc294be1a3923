package dbadmin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"

	"cruddur"
)

// Restore replaces what the schema public holds by a dump, in pg_dump's custom format or as SQL, in one
// transaction: after any failure the database is as before. The rows stream through; memory does not
// grow with the dump.
func (a *Admin) Restore(ctx context.Context, tools Tools, from io.Reader) error {
	major, err := a.serverMajor(ctx)
	if err != nil {
		return err
	}
	psql, err := tools.Find(ctx, "psql", 0)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(from, 64<<10)
	magic, err := in.Peek(5)
	if err != nil {
		return fail(cruddur.KindInvalid, "the dump is empty or cannot be read", err, "")
	}
	source := &guarded{out: in, tail: tail{dump: bytes.Equal(magic, []byte("--\n--"))}}
	if string(magic) == "PGDMP" {
		if source, err = a.unpack(ctx, tools, major, in); err != nil {
			return err
		}
	}
	if source.tail.dump {
		if source.out, err = a.knownSettings(ctx, source.out); err != nil {
			source.stop()
			return err
		}
	}
	var errs bytes.Buffer
	cmd := a.command(ctx, psql, "--no-psqlrc", "--quiet", "--no-password", "--single-transaction", "--set=ON_ERROR_STOP=1",
		"--output=/dev/null", "--command="+keepSQL+emptySQL, "--file=-", "--command="+giveBackSQL, "--dbname="+a.Info.PublicDSN())
	cmd.Stdin, cmd.Stderr = source, &limited{&errs, 64 << 10}
	err = cmd.Run()
	source.stop()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case source.failed != "":
		return fail(cruddur.KindInternal, "the restore failed; the database is as before", errors.New(source.failed), "")
	case err != nil:
		return fail(cruddur.KindInternal, "the restore failed; the database is as before", errors.New(strings.TrimSpace(errs.String())), a.whoIsInTheWay(errs.String()))
	}
	conn, err := a.Connect(ctx)
	if err != nil {
		return err
	}
	defer closing(ctx, conn)
	_, err = conn.Exec(ctx, "analyze") // a dump brings no statistics, and the planner would guess
	return err
}

// whoIsInTheWay is the advice for a lock that psql has waited for in vain.
func (a *Admin) whoIsInTheWay(said string) string {
	if strings.Contains(said, "lock timeout") {
		return "somebody uses the tables that are to be replaced; see who: " + a.Command("sessions")
	}
	return ""
}

// unpack streams a dump in custom format through pg_restore, which makes SQL of it.
func (a *Admin) unpack(ctx context.Context, tools Tools, major int, in io.Reader) (*guarded, error) {
	path, err := tools.Find(ctx, "pg_restore", major)
	if err != nil {
		return nil, err
	}
	g := &guarded{tail: tail{dump: true}}
	g.cmd = exec.CommandContext(ctx, path, "--no-owner", "--no-privileges", "--exit-on-error", "--file=-")
	g.cmd.Stdin, g.cmd.Stderr = in, &limited{&g.errs, 64 << 10}
	if g.out, err = g.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return g, g.cmd.Start()
}

// guarded is the SQL of a dump. psql commits at the end of its input, even in the middle of a table's
// rows; so an input that ends because pg_restore failed, or before pg_dump's last line, ends in an
// error of SQL instead.
type guarded struct {
	out    io.Reader
	cmd    *exec.Cmd // pg_restore, or nil
	errs   bytes.Buffer
	tail   tail
	ended  bool
	failed string
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.out.Read(p)
	if !g.ended {
		g.tail.write(p[:n])
	}
	if err == nil || g.ended {
		return n, err
	}
	g.ended = true
	if err != io.EOF {
		g.failed = err.Error()
	} else if g.cmd != nil && g.cmd.Wait() != nil {
		g.failed = strings.TrimSpace(g.errs.String())
	} else if !g.tail.complete() {
		g.failed = "the dump ends in the middle: its last line is missing"
	}
	if g.failed == "" {
		return n, io.EOF
	}
	// Within the rows of a table the first line ends them; elsewhere psql does not know it and stops.
	g.out = strings.NewReader("\n\\.\n;do $cruddur$ begin raise exception 'the dump is not whole'; end $cruddur$;\n")
	return n, nil
}

// stop ends a pg_restore that psql has not read to its end.
func (g *guarded) stop() {
	if g.cmd != nil && !g.ended {
		g.ended = true
		g.cmd.Process.Kill()
		g.cmd.Wait()
	}
}

// tail remembers the end of what passes.
type tail struct {
	dump bool // it is pg_dump's, which ends with a line that says so
	last []byte
}

func (t *tail) write(p []byte) {
	t.last = append(t.last, p[max(0, len(p)-512):]...)
	t.last = t.last[max(0, len(t.last)-512):]
}

func (t *tail) complete() bool {
	return !t.dump || bytes.Contains(t.last, []byte("-- PostgreSQL database dump complete"))
}

// limited keeps the beginning of what is written.
type limited struct {
	b    *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.b.Write(p[:n])
	l.left -= n
	return len(p), nil
}
