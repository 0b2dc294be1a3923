package dbadmin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"strings"

	"cruddur"
	"cruddur/internal/sqlscript"
)

// dumpSource reads a dump as SQL. If the input ends because pg_restore failed, or before pg_dump's last line,
// reading returns an error.
type dumpSource struct {
	dump bool // it was written by pg_dump, which ends with a line that says so

	in     io.Reader
	cmd    *exec.Cmd // pg_restore, or nil for an SQL dump
	errs   bytes.Buffer
	tail   []byte
	ended  bool
	failed error // why in has ended too early
}

const (
	dumpBegins = "-- PostgreSQL database dump\n"
	dumpEnds   = "-- PostgreSQL database dump complete"
)

// openDump reads the beginning of a dump, refuses a file that is not a dump, and converts the custom format
// to SQL.
func (a *Admin) openDump(ctx context.Context, tools Tools, from io.Reader) (*dumpSource, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	begin, err := in.Peek(512)
	switch {
	case len(begin) == 0 && errors.Is(err, io.EOF):
		return nil, fail(cruddur.KindInvalid, "the dump is empty; nothing was done", nil, "")
	case len(begin) == 0:
		return nil, fail(cruddur.KindInvalid, "the dump cannot be read; nothing was done", err, "")
	}
	if err := notSQL(begin); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(begin, []byte("PGDMP")) {
		text := strings.ReplaceAll(string(begin), "\r\n", "\n")
		return &dumpSource{in: in, dump: strings.Contains(text, dumpBegins)}, nil
	}
	major, err := a.serverMajor(ctx)
	if err != nil {
		return nil, err
	}
	path, err := tools.Find(ctx, "pg_restore", major)
	if err != nil {
		return nil, err
	}
	s := &dumpSource{dump: true}
	s.cmd = exec.CommandContext(ctx, path, "--no-owner", "--no-privileges", "--exit-on-error", "--file=-")
	s.cmd.Stdin, s.cmd.Stderr = in, &limited{&s.errs, 64 << 10}
	if s.in, err = s.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return s, s.cmd.Start()
}

// notSQL returns an error that names the format of a file that is neither SQL nor a dump in custom format.
func notSQL(begin []byte) error {
	const asSQL = "pg_restore --no-owner --no-privileges --file=- "
	for magic, is := range map[string][2]string{
		"\x1f\x8b":         {"compressed by gzip", "gunzip -c FILE | cruddur db restore -"},
		"\x28\xb5\x2f\xfd": {"compressed by zstd", "zstd -dc FILE | cruddur db restore -"},
		"\x04\x22\x4d\x18": {"compressed by lz4", "lz4 -dc FILE | cruddur db restore -"},
		"BZh":              {"compressed by bzip2", "bunzip2 -c FILE | cruddur db restore -"},
		"\xfd7zXZ":         {"compressed by xz", "xz -dc FILE | cruddur db restore -"},
		"PK\x03\x04":       {"a zip archive", "unzip -p FILE | cruddur db restore -"},
		"\xff\xfe":         {"in UTF-16", "save it as UTF-8"},
		"\xfe\xff":         {"in UTF-16", "save it as UTF-8"},
	} {
		if bytes.HasPrefix(begin, []byte(magic)) {
			return fail(cruddur.KindInvalid, "the file is "+is[0]+", which db restore cannot read; nothing was done", nil, is[1])
		}
	}
	switch {
	case len(begin) > 262 && string(begin[257:262]) == "ustar":
		return fail(cruddur.KindInvalid, "the file is a tar archive, which db restore cannot read; nothing was done", nil, "if pg_dump made it: "+asSQL+"FILE | cruddur db restore -")
	case bytes.Contains(begin, []byte("PostgreSQL database cluster dump")):
		return fail(cruddur.KindInvalid, "the file is a dump of a whole server, made by pg_dumpall; nothing was done", nil, dumpAgain)
	case !bytes.HasPrefix(begin, []byte("PGDMP")) && bytes.IndexByte(begin, 0) >= 0:
		return fail(cruddur.KindInvalid, "the file is neither SQL nor a dump in custom format; nothing was done", nil, dumpAgain)
	}
	return nil
}

// Read reads the SQL.
func (s *dumpSource) Read(p []byte) (int, error) {
	if s.failed != nil {
		return 0, s.failed
	}
	n, err := s.in.Read(p)
	s.tail = append(s.tail, p[max(0, n-512):n]...)
	s.tail = s.tail[max(0, len(s.tail)-512):]
	if err == nil || s.ended {
		return n, err
	}
	s.ended = true
	switch {
	case err != io.EOF:
		s.failed = err
	case s.cmd != nil && s.cmd.Wait() != nil:
		s.failed = errors.New(printable(strings.TrimSpace(s.errs.String())))
	case s.dump && !bytes.Contains(s.tail, []byte(dumpEnds)):
		s.failed = errors.New("the dump is incomplete: its last line is missing")
	default:
		return n, io.EOF
	}
	return n, s.failed
}

// stop ends a pg_restore that was not read to its end.
func (s *dumpSource) stop() {
	if s.cmd != nil && !s.ended {
		s.ended = true
		s.cmd.Process.Kill()
		s.cmd.Wait()
	}
}

// limited keeps the beginning of what is written to it.
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

// Dumps that must not replace a database with more content.
var (
	partOfDatabase = &notRestorable{
		"the dump contains only a part of a database: the table schema_migrations is not in it, and the rest of this database would be lost",
		loadPart,
	}
	onlyRows = &notRestorable{
		"the dump contains rows but no tables (pg_dump --data-only)", loadPart,
	}
	withoutRecord = &notRestorable{
		"the dump has no record of its migrations (pg_dump --schema-only), so the next migration would fail",
		"make it with: cruddur db dump --schema-only; or make the schema with: cruddur db migrate",
	}
)

const loadPart = "to load it into an existing database: pg_restore --single-transaction --no-owner --no-privileges --dbname=URL FILE, or psql --single-transaction --file=FILE URL for SQL"

// CheckDump searches a dump for content that cannot be restored over the target, without any work for the
// server: for the custom format it reads the table of contents, for SQL the whole text. What shows only at
// run time, such as a failing statement, is left to [Admin.Restore].
func (a *Admin) CheckDump(ctx context.Context, tools Tools, from io.Reader) error {
	const what = "the dump cannot be restored; nothing was done"
	in := bufio.NewReaderSize(from, 64<<10)
	var seen contents
	if magic, _ := in.Peek(5); string(magic) == "PGDMP" {
		if err := a.listed(ctx, tools, in, &seen); err != nil {
			return err
		}
	} else {
		source, err := a.openDump(ctx, tools, in)
		if err != nil {
			return err
		}
		seen.judge.dump = source.dump
		sql := sqlscript.NewReader(source)
		for {
			piece, err := sql.Next()
			if err != nil {
				break // Restore reports it
			}
			if err := seen.add(piece, sql); err != nil {
				return fail(cruddur.KindInvalid, what, (&restoring{source: source}).place(piece, err), err.next)
			}
		}
		if source.failed != nil || !source.dump {
			return ctx.Err()
		}
	}
	had, err := a.hasMigrationsTable(ctx)
	if err != nil {
		return err
	}
	if refused := seen.refused(had); refused != nil {
		return fail(cruddur.KindInvalid, what, refused, refused.next)
	}
	return nil
}

// listed reads the table of contents of a dump in custom format.
func (a *Admin) listed(ctx context.Context, tools Tools, in io.Reader, seen *contents) error {
	major, err := a.serverMajor(ctx)
	if err != nil {
		return err
	}
	path, err := tools.Find(ctx, "pg_restore", major)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, "--list")
	cmd.Stdin = in
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		return ctx.Err() // Restore reports it
	}
	for line := range strings.Lines(string(out)) {
		m := entryRule.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := m[2] + "." + m[3]
		if m[1] == "TABLE DATA" {
			seen.rows++
			seen.noted = seen.noted || name == "public.schema_migrations"
		} else {
			seen.table(name)
		}
	}
	return nil
}

// entryRule matches a table or its rows in pg_restore's list.
var entryRule = regexp.MustCompile(`^[0-9]+; [0-9]+ [0-9]+ (TABLE DATA|TABLE) (\S+) (\S+) `)

// contents is what a dump creates, as far as it matters here.
type contents struct {
	judge                    judge
	tables, rows             int
	migrations, users, noted bool
}

var (
	tableRule  = regexp.MustCompile(`^CREATE (?:UNLOGGED |FOREIGN )?TABLE (\S+)`)
	insertRule = regexp.MustCompile(`^INSERT INTO (\S+)`)
	copyRule   = regexp.MustCompile(`^COPY (\S+)`)
)

func (c *contents) add(piece sqlscript.Piece, in *sqlscript.Reader) *notRestorable {
	if _, err := c.judge.of(piece); err != nil {
		refused, _ := errors.AsType[*notRestorable](err)
		return refused
	}
	if m := tableRule.FindStringSubmatch(piece.Text); m != nil {
		c.table(m[1])
	}
	if m := insertRule.FindStringSubmatch(piece.Text); m != nil {
		c.rows++
		c.noted = c.noted || m[1] == "public.schema_migrations"
	}
	if piece.Copy {
		n, _ := io.Copy(io.Discard, in.Rows())
		m := copyRule.FindStringSubmatch(piece.Text)
		c.rows++
		c.noted = c.noted || n > 0 && m != nil && m[1] == "public.schema_migrations"
	}
	return nil
}

func (c *contents) table(name string) {
	c.tables++
	c.migrations = c.migrations || name == "public.schema_migrations"
	c.users = c.users || name == "public.users"
}

// refused returns why the dump must not replace the database, or nil; had says that the database has a table
// of migrations.
func (c *contents) refused(had bool) *notRestorable {
	switch {
	case c.rows > 0 && c.tables == 0:
		return onlyRows
	case had && !c.migrations:
		return partOfDatabase
	case c.migrations && c.users && !c.noted:
		return withoutRecord
	}
	return nil
}

func (a *Admin) hasMigrationsTable(ctx context.Context) (has bool, err error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return false, err
	}
	defer closing(ctx, conn)
	err = conn.QueryRow(ctx, "select to_regclass('public.schema_migrations') is not null").Scan(&has)
	return has, err
}
