package dbadmin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/writefile"
)

// BackupLimit is the size in bytes up to which a database is dumped automatically before it is destroyed.
const BackupLimit = 50 << 20

// DumpOptions choose the content of a dump; the zero value is everything, in pg_dump's custom format.
type DumpOptions struct {
	Plain      bool // SQL text
	SchemaOnly bool
	DataOnly   bool
	Tables     []string
}

// Part says, for a dump of less than everything, what it can be used for; "" means that [Admin.Restore]
// accepts the dump.
func (o DumpOptions) Part() string {
	const load = "db restore refuses it; to load it into an existing database: "
	how := "pg_restore --single-transaction --no-owner --no-privileges --dbname=URL FILE"
	if o.Plain {
		how = "psql --single-transaction --file=FILE URL"
	}
	switch {
	case o.DataOnly:
		return "this dump contains rows but no tables; " + load + how
	case len(o.Tables) > 0:
		return "this dump contains only a part of the database; " + load + how
	}
	return ""
}

// Dump writes a dump of the target to w. It leaves out the rows of the table certificates: they are the private keys
// of one domain, and a server without them gets new ones. It leaves out those of changes too, which name transactions of
// this database. The keys that sign access tokens are in it.
func (a *Admin) Dump(ctx context.Context, tools Tools, o DumpOptions, w io.Writer) error {
	major, err := a.serverMajor(ctx)
	if err != nil {
		return err
	}
	path, err := tools.Find(ctx, "pg_dump", major)
	if err != nil {
		return err
	}
	args, err := a.dumpArgs(ctx, o)
	if err != nil {
		return err
	}
	var errs bytes.Buffer
	kept := &keepsError{w: w}
	cmd := a.command(ctx, path, append(args, "--dbname="+a.Info.PublicDSN())...)
	if cmd.Err != nil {
		return cmd.Err
	}
	cmd.Stdout, cmd.Stderr = kept, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if kept.err != nil { // pg_dump knows only that its output could not be written
			return fail(cruddur.KindInternal, "the dump could not be written", kept.err, "")
		}
		return fail(cruddur.KindInternal, strings.TrimSpace(errs.String()), err, "nothing was dumped")
	}
	return nil
}

// keepsError keeps the first error of its writes.
type keepsError struct {
	w   io.Writer
	err error
}

func (k *keepsError) Write(p []byte) (int, error) {
	n, err := k.w.Write(p)
	if err != nil && k.err == nil {
		k.err = err
	}
	return n, err
}

func (a *Admin) dumpArgs(ctx context.Context, o DumpOptions) ([]string, error) {
	args := []string{"--no-password", "--no-owner", "--no-privileges"}
	if o.Plain {
		args = append(args, "--format=plain")
	} else {
		args = append(args, "--format=custom", "--compress=6")
	}
	for _, table := range o.Tables {
		args = append(args, "--table="+table)
	}
	if len(o.Tables) == 0 {
		args = append(args, "--exclude-table-data=public.certificates", "--exclude-table-data=public.changes")
	}
	switch {
	case o.DataOnly:
		return append(args, "--data-only"), nil
	case !o.SchemaOnly:
		return args, nil
	case len(o.Tables) > 0:
		return append(args, "--schema-only"), nil
	}
	// A schema without the record of its migrations would make the next migration fail. So the record is
	// dumped, and the rows of all other tables are excluded by name; -B excludes large objects in every
	// version of pg_dump.
	rows, err := a.relationsBut(ctx, "schema_migrations")
	for _, name := range rows {
		args = append(args, "--exclude-table-data="+name)
	}
	return append(args, "--inserts", "-B"), err
}

// relationsBut returns all relations that may have rows, except one of the schema public, as patterns for
// pg_dump.
func (a *Admin) relationsBut(ctx context.Context, but string) ([]string, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	return names(ctx, conn, `
		select format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""'))
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p', 'S', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
			and not (n.nspname = 'public' and c.relname = $1)`, but)
}

var fileWords = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// Backup dumps the target into a file in dir that is named after host, database and time, and returns its
// path and its size in bytes. It deletes the oldest files of that database in dir until keep of them are left.
func (a *Admin) Backup(ctx context.Context, tools Tools, dir string, keep int, now time.Time) (path string, size int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", 0, err
	}
	where := a.Where()
	if a.Private {
		where = "private"
	}
	stem := strings.Trim(fileWords.ReplaceAllString(where+"-"+a.Database(), "_"), "_")
	path = filepath.Join(dir, fmt.Sprintf("%s-%s.dump", stem, now.UTC().Format("20060102T150405.000Z")))
	f, err := writefile.Open(ctx, path, 0o600)
	if err != nil {
		return "", 0, err
	}
	defer f.Discard()
	if err := a.Dump(ctx, tools, DumpOptions{}, f); err != nil {
		return "", 0, err
	}
	if err := f.Commit(); err != nil {
		return "", 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, err
	}
	old, _ := filepath.Glob(filepath.Join(dir, stem+"-*.dump"))
	slices.Sort(old)
	for len(old) > keep && !slices.Contains(old[:1], path) {
		os.Remove(old[0])
		old = old[1:]
	}
	return path, info.Size(), nil
}
