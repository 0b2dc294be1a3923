package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"cruddur"
)

// Migrator applies and rolls back migrations. A migration and its record are one transaction, so that nothing
// is ever half done. The lock belongs to that transaction too, so that no pooler between us and the server
// can leave it behind, and two servers that start at once migrate once.
type Migrator struct {
	Connect         func(context.Context) (*pgx.Conn, error)
	Files           fs.FS                           // nil: the embedded ones
	LockTimeout     time.Duration                   // for our own lock and the locks of the statements; 0 is 10 s
	AllowOutOfOrder bool                            // apply pending migrations that are older than the newest applied one
	Done            func(m Migration, applied bool) // if not nil, called for each migration
	Waits           func(Holder)                    // if not nil, called for each holder of a lock that a migration waits for
}

// Migrate applies every pending migration and returns those that it has applied. It waits for another server
// that does the same.
func (d *DB) Migrate(ctx context.Context) ([]Migration, error) {
	m := d.Migrator()
	m.LockTimeout = time.Minute
	applied, err := m.Up(ctx, 0, 0)
	if err != nil {
		err = fmt.Errorf("migrate: %w", classify(err))
	}
	return applied, err
}

// MigrationStatus lists every known migration, oldest first.
func (d *DB) MigrationStatus(ctx context.Context) ([]Migration, error) {
	list, err := d.Migrator().Status(ctx)
	return list, classify(err)
}

// Pending returns how many migrations the database lacks; serve refuses to start with an old schema unless it
// is told to migrate.
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

// Migrator returns the migrator of this database.
func (d *DB) Migrator() *Migrator {
	return &Migrator{Connect: func(ctx context.Context) (*pgx.Conn, error) {
		conn, err := d.pool.connect(ctx, ForOperator)
		if err != nil {
			return nil, fmt.Errorf("connect: %w", classify(err))
		}
		return conn, nil
	}}
}

// ForOperator prepares a connection for an operator's work: without a time limit, cancelled on the server as
// soon as its context ends, and without prepared statements and start parameters that a transaction pooler
// would refuse.
func ForOperator(cc *pgx.ConnConfig) {
	delete(cc.RuntimeParams, "statement_timeout")
	delete(cc.RuntimeParams, "idle_in_transaction_session_timeout")
	delete(cc.RuntimeParams, "plan_cache_mode")
	cc.DefaultQueryExecMode = pgx.QueryExecModeExec
	cc.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: 3 * time.Second}
	}
}

// Status lists every migration of the files and of the database, oldest first. In a database without the
// table of migrations none is applied.
func (m *Migrator) Status(ctx context.Context) ([]Migration, error) {
	files, err := m.files()
	if err != nil {
		return nil, err
	}
	conn, err := m.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return m.status(ctx, conn, files)
}

// Repair changes the record of one migration without running anything: to applied, with the checksum of the
// current file, or to not applied.
func (m *Migrator) Repair(ctx context.Context, version int64, applied bool) error {
	files, err := m.files()
	if err != nil {
		return err
	}
	file, known := find(files, version)
	if applied && !known {
		return cruddur.Errorf(cruddur.KindNotFound, "there is no migration %d", version)
	}
	return m.once(ctx, func(conn *pgx.Conn) error {
		if applied {
			return record(ctx, conn, file, 0)
		}
		tag, err := conn.Exec(ctx, "delete from public.schema_migrations where version = $1", version)
		if err == nil && tag.RowsAffected() == 0 {
			err = cruddur.Errorf(cruddur.KindNotFound, "migration %d is not recorded as applied", version)
		}
		return err
	})
}

// RecordAll records every file as applied, after a schema that contains them all was loaded.
func (m *Migrator) RecordAll(ctx context.Context) error {
	files, err := m.files()
	if err != nil {
		return err
	}
	return m.once(ctx, func(conn *pgx.Conn) error {
		for _, file := range files {
			if err := record(ctx, conn, file, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *Migrator) files() ([]migrationFile, error) {
	files := m.Files
	if files == nil {
		files = Migrations()
	}
	return readMigrations(files)
}

func find(files []migrationFile, version int64) (migrationFile, bool) {
	for _, f := range files {
		if f.version == version {
			return f, true
		}
	}
	return migrationFile{}, false
}

func (m *Migrator) status(ctx context.Context, conn *pgx.Conn, files []migrationFile) ([]Migration, error) {
	recorded, err := recordedMigrations(ctx, conn)
	if err != nil {
		return nil, err
	}
	return compare(files, recorded), nil
}

// recordedMigrations returns the migrations that the database records, by version.
func recordedMigrations(ctx context.Context, conn *pgx.Conn) (map[int64]Migration, error) {
	all := map[int64]Migration{}
	var exists bool
	if err := conn.QueryRow(ctx, "select to_regclass('public.schema_migrations') is not null").Scan(&exists); err != nil || !exists {
		return all, err
	}
	rows, err := conn.Query(ctx, "select version, name, checksum, applied_at, milliseconds from public.schema_migrations") //nolint:rowserrcheck // ForEachRow does
	if err != nil {
		return nil, err
	}
	var r Migration
	var milliseconds int64
	_, err = pgx.ForEachRow(rows, []any{&r.Version, &r.Name, &r.Checksum, &r.AppliedAt, &milliseconds}, func() error {
		r.Applied, r.Duration, r.AppliedAt = true, time.Duration(milliseconds)*time.Millisecond, r.AppliedAt.UTC()
		all[r.Version] = r
		return nil
	})
	return all, err
}

// SQL returns the text of one direction of a migration.
func (m *Migrator) SQL(version int64, up bool) (string, error) {
	files, err := m.files()
	if err != nil {
		return "", err
	}
	file, ok := find(files, version)
	if !ok {
		return "", cruddur.Errorf(cruddur.KindNotFound, "there is no migration %d", version)
	}
	part := file.up
	if !up {
		part = file.down
	}
	return file.text[part[0]:part[1]], nil
}
