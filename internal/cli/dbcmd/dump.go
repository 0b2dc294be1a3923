package dbcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
	"cruddur/internal/writefile"
)

func (p *group) dump() action {
	var out, into, format string
	var keep int
	var o dbadmin.DumpOptions
	return action{
		use: "dump", short: "Write all data to a file or a pipe", heading: "db-dump",
		long: `Write schema and data with pg_dump. The file appears under its name only when it is complete; a device
or a FIFO is written to directly. db restore takes a full dump, or one made with --schema-only (the schema
and the record of its migrations); --data-only and --table make files for pg_restore and psql.

With --into the file gets a name of its own in a folder, and the oldest ones there are deleted: for a timer.
The certificate of the domain and its private key (the rows of the table certificates) are not in a dump.`,
		flags: func(f *pflag.FlagSet) {
			f.StringVarP(&out, "output", "o", "-", "the file to write; - is standard output")
			f.StringVar(&into, "into", "", "a folder to write a file into that is named after the database and the time")
			f.IntVar(&keep, "keep", 14, "with --into, how many files of the database to keep")
			f.StringVar(&format, "format", "custom", "custom (compressed) or plain (SQL)")
			f.BoolVar(&o.SchemaOnly, "schema-only", false, "no rows except the record of the migrations")
			f.BoolVar(&o.DataOnly, "data-only", false, "only rows")
			f.StringSliceVar(&o.Tables, "table", nil, "dump only this table; may be repeated")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			switch {
			case format != "custom" && format != "plain":
				return command.Exit(command.ExitUsage, fmt.Errorf("--format %s: want custom or plain", format))
			case o.SchemaOnly && o.DataOnly:
				return command.Exit(command.ExitUsage, errors.New("--schema-only and --data-only leave nothing"))
			case into == "" && out == "-" && r.JSON:
				return command.Exit(command.ExitUsage, errors.New("--json: the dump itself goes to standard output; give -o FILE"))
			case into == "" && out == "-" && format == "custom" && r.Terminal:
				return command.Exit(command.ExitUsage, errors.New("a dump in custom format is binary and cannot go to a terminal; give -o FILE, or --format plain"))
			}
			if into != "" {
				return r.dumpInto(ctx, into, keep, out != "-" || format != "custom" || o.SchemaOnly || o.DataOnly || len(o.Tables) > 0)
			}
			o.Plain = format == "plain"
			if err := r.dump(ctx, o, out); err != nil {
				return err
			}
			if part := o.Part(); part != "" {
				r.note("part", true)
				r.Warn("%s", part)
			}
			return nil
		},
	}
}

// dumpInto writes a whole dump into a folder and deletes the oldest ones. other says that other flags ask for less.
func (r *run) dumpInto(ctx context.Context, dir string, keep int, other bool) error {
	if other || keep < 1 {
		return command.Exit(command.ExitUsage, errors.New("--into writes a whole dump, and keeps at least one: leave out -o, --format, --schema-only, --data-only and --table"))
	}
	r.while("no dump was written into %s", dir)
	path, size, err := r.admin.Backup(ctx, r.tools, dir, keep, time.Now())
	if err != nil {
		return err
	}
	r.note("file", path)
	r.note("bytes", size)
	r.Say("dumped database %s to %s (%s)", r.admin.Database(), path, terminal.ByteText(size))
	return nil
}

func (r *run) dump(ctx context.Context, o dbadmin.DumpOptions, path string) (err error) {
	if path == "-" {
		r.while("the dump on standard output is incomplete")
	} else {
		r.while("no dump was written to %s", path)
	}
	size, err := r.admin.Size(ctx)
	if err != nil {
		return err
	}
	bar := r.Progress("dumping")
	bar.Bytes = true
	count := &counter{each: func(n int64) { bar.Set(n, 0) }}
	if path == "-" {
		count.w = r.Out
		err = r.admin.Dump(ctx, r.tools, o, count)
		bar.End()
		return err
	}
	f, err := writefile.Open(ctx, path, 0o600)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return command.Exit(command.ExitUsage, err)
	}
	defer f.Discard()
	count.w = f
	err = r.admin.Dump(ctx, r.tools, o, count)
	bar.End()
	if err == nil {
		err = f.Commit()
	}
	if err != nil {
		return err
	}
	r.note("file", path)
	r.note("bytes", count.n)
	r.Say("dumped database %s (%s) to %s (%s)", r.admin.Database(), terminal.ByteText(size), path, terminal.ByteText(count.n))
	return nil
}

// counter counts the bytes that pass through it.
type counter struct {
	w    io.Writer
	r    io.Reader
	n    int64
	each func(int64)
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.each(c.n)
	return n, err
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.each(c.n)
	return n, err
}

func (p *group) restore() action {
	var o dbadmin.RestoreOptions
	return action{
		use: "restore FILE", short: "Replace the database's content with a dump", heading: "db-restore", least: 1, most: 1, destroys: true,
		long: `Replace everything in the database with a dump: every schema, large objects, publications and event
triggers. Extensions stay. The dump is in pg_dump's custom format or SQL; - is standard input. The restore
is one transaction: after a failure, also of a dump that is cut off, the database is as before. The
database keeps its marker, its owners and its grants. A partial dump (--data-only, --table) is refused.`,
		flags: func(f *pflag.FlagSet) {
			f.DurationVar(&o.LockTimeout, "lock-timeout", 10*time.Second, "how long to wait for a lock before reporting who holds it")
		},
		run: func(ctx context.Context, r *run, args []string) error {
			in, size, err := r.openDump(ctx, args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			full, err := r.admin.NotEmpty(ctx)
			if err != nil {
				return err
			}
			if full {
				if _, err := r.consent(ctx, "replace everything in", true); err != nil {
					return err
				}
			}
			o.Marker = r.marker
			bar := r.Progress("restoring")
			bar.Bytes = true
			count := &counter{r: in, each: func(n int64) { bar.Set(n, size) }}
			err = r.admin.Restore(ctx, r.tools, count, o)
			bar.End()
			if err != nil {
				return err
			}
			r.note("bytes", count.n)
			r.did("restored %s into database %s", terminal.ByteText(count.n), r.admin.Database())
			return nil
		},
	}
}

// openDump opens a dump. If it can be read twice, it is first searched for content that cannot be restored.
func (r *run) openDump(ctx context.Context, path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(terminal.Interruptible(ctx, r.Stdin)), 0, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, command.Exit(command.ExitUsage, err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("%s is a folder, not a dump; nothing was done", path)
		if _, tocErr := os.Stat(filepath.Join(path, "toc.dat")); tocErr == nil {
			err = fmt.Errorf("%s is a dump in pg_dump's directory format, which db restore cannot read; nothing was done\nconvert it to SQL: pg_restore --no-owner --no-privileges --file=- %s | cruddur db restore -", path, path)
		}
	case !info.Mode().IsRegular():
		return f, 0, nil
	default:
		if err = r.admin.CheckDump(ctx, r.tools, f); err == nil {
			_, err = f.Seek(0, io.SeekStart)
		}
		if err == nil {
			return f, info.Size(), nil
		}
		f.Close()
		return nil, 0, err
	}
	f.Close()
	return nil, 0, command.Exit(command.ExitUsage, err)
}
