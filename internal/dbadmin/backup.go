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
)

// BackupLimit is the size in bytes up to which a database is dumped before it is destroyed.
const BackupLimit = 50 << 20

// DumpOptions choose what a dump holds; the zero value is everything, in pg_dump's custom format.
type DumpOptions struct {
	Plain      bool // SQL text
	SchemaOnly bool
	DataOnly   bool
	Tables     []string
}

// Dump writes a dump of the target to w.
func (a *Admin) Dump(ctx context.Context, tools Tools, o DumpOptions, w io.Writer) error {
	major, err := a.serverMajor(ctx)
	if err != nil {
		return err
	}
	path, err := tools.Find(ctx, "pg_dump", major)
	if err != nil {
		return err
	}
	args := []string{"--no-password", "--no-owner", "--no-privileges", "--format=custom", "--compress=6"}
	if o.Plain {
		args = []string{"--no-password", "--no-owner", "--no-privileges", "--format=plain"}
	}
	if o.SchemaOnly {
		args = append(args, "--schema-only")
	}
	if o.DataOnly {
		args = append(args, "--data-only")
	}
	for _, table := range o.Tables {
		args = append(args, "--table="+table)
	}
	var errs bytes.Buffer
	cmd := a.command(ctx, path, append(args, "--dbname="+a.Info.PublicDSN())...)
	if cmd.Err != nil {
		return cmd.Err
	}
	cmd.Stdout, cmd.Stderr = w, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fail(cruddur.KindInternal, strings.TrimSpace(errs.String()), err, "nothing was dumped")
	}
	return nil
}

var fileWords = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// Backup dumps the target into a file of dir that names host, database and time, and returns its path
// and size. Of one database the newest ten stay.
func (a *Admin) Backup(ctx context.Context, tools Tools, dir string, now time.Time) (path string, size int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", 0, err
	}
	where := a.Where()
	if a.Private {
		where = "private"
	}
	stem := strings.Trim(fileWords.ReplaceAllString(where+"-"+a.Database(), "_"), "_")
	path = filepath.Join(dir, fmt.Sprintf("%s-%s.dump", stem, now.UTC().Format("20060102T150405.000Z")))
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", 0, err
	}
	defer os.Remove(path + ".part")
	if err := a.Dump(ctx, tools, DumpOptions{}, f); err != nil {
		f.Close()
		return "", 0, err
	}
	if err := f.Sync(); err != nil {
		return "", 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if err := f.Close(); err != nil {
		return "", 0, err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return "", 0, err
	}
	old, _ := filepath.Glob(filepath.Join(dir, stem+"-*.dump"))
	slices.Sort(old)
	for len(old) > 10 && !slices.Contains(old[:1], path) {
		os.Remove(old[0])
		old = old[1:]
	}
	return path, info.Size(), nil
}
