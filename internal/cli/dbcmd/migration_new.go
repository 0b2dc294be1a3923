package dbcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"cruddur/internal/cli/command"
)

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

func (p *group) migrationNew() action {
	m := &migrateFlags{}
	return action{
		use: "new NAME", short: "Write an empty migration with the next number", least: 1, most: 1, offline: true,
		flags: m.folder,
		run: func(_ context.Context, r *run, args []string) error {
			dir := m.dir
			if dir == "" {
				var err error
				if dir, err = findUp("internal/postgres/migrations"); err != nil {
					return command.Exit(command.ExitUsage, fmt.Errorf("no folder internal/postgres/migrations here or above; name one with --dir"))
				}
			}
			name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(args[0]), "_"), "_")
			if name == "" {
				return command.Exit(command.ExitUsage, fmt.Errorf("%q contains no letter or digit for the migration's name", args[0]))
			}
			next, err := nextVersion(dir)
			if err != nil {
				return err
			}
			path := filepath.Join(dir, fmt.Sprintf("%05d_%s.sql", next, name))
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
			if err != nil {
				return err
			}
			_, err = f.WriteString("-- +goose Up\n\n-- +goose Down\n")
			if err = errors.Join(err, f.Close()); err != nil {
				os.Remove(path)
				return err
			}
			if r.JSON {
				r.note("file", path)
				r.note("version", next)
				return nil
			}
			_, err = fmt.Fprintln(r.Out, path)
			return err
		},
	}
}

// findUp looks for path in the working folder and in each folder above it.
func findUp(path string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
			return filepath.Join(dir, path), nil
		}
		if filepath.Dir(dir) == dir {
			return "", fs.ErrNotExist
		}
		dir = filepath.Dir(dir)
	}
}

func nextVersion(dir string) (int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, command.Exit(command.ExitUsage, fmt.Errorf("--dir: %w", err))
	}
	newest := int64(0)
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil && strings.HasSuffix(e.Name(), ".sql") {
			newest = max(newest, n)
		}
	}
	return newest + 1, nil
}
