package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the embedded migration files, by their names.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	return sub
}

// Migration is one migration file and what has become of it.
type Migration struct {
	Version   int64
	Name      string // the file's name
	Applied   bool
	AppliedAt time.Time
	Duration  time.Duration // of a run just now
}

// Migrate applies every pending migration, each in a transaction of its own, and returns what it has
// applied. It holds a session lock on a direct connection, so that two servers which start at once
// migrate once.
func (d *DB) Migrate(ctx context.Context) (applied []Migration, err error) {
	err = d.withGoose(ctx, true, func(p *goose.Provider) error {
		results, err := p.Up(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			results = partial.Applied
		}
		for _, r := range results {
			applied = append(applied, Migration{Version: r.Source.Version, Name: r.Source.Path, Applied: true, Duration: r.Duration})
		}
		if err != nil {
			return fmt.Errorf("migrate: %w", classify(err))
		}
		return nil
	})
	return applied, err
}

// MigrationStatus lists every known migration, oldest first.
func (d *DB) MigrationStatus(ctx context.Context) (list []Migration, err error) {
	err = d.withGoose(ctx, false, func(p *goose.Provider) error {
		status, err := p.Status(ctx)
		for _, s := range status {
			list = append(list, Migration{Version: s.Source.Version, Name: s.Source.Path, Applied: s.State == goose.StateApplied, AppliedAt: s.AppliedAt})
		}
		return err
	})
	return list, err
}

// Pending counts the migrations that the database still lacks; serve refuses to start over an old
// schema unless it is told to migrate.
func (d *DB) Pending(ctx context.Context) (int, error) {
	list, err := d.MigrationStatus(ctx)
	n := 0
	for _, m := range list {
		if !m.Applied {
			n++
		}
	}
	return n, err
}

// withGoose gives fn a goose provider on a direct connection: a pooler between us and the server
// would strand a session lock.
func (d *DB) withGoose(ctx context.Context, locked bool, fn func(*goose.Provider) error) error {
	conn, err := d.Direct(ctx)
	if err != nil {
		return err
	}
	config := conn.Config()
	conn.Close(ctx)
	delete(config.RuntimeParams, "statement_timeout") // a migration may take its time
	db := stdlib.OpenDB(*config)
	defer db.Close()
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if locked {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return runGoose(db, options, fn)
}

func runGoose(db *sql.DB, options []goose.ProviderOption, fn func(*goose.Provider) error) error {
	p, err := goose.NewProvider(goose.DialectPostgres, db, Migrations(), options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return fn(p)
}
