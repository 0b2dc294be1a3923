package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"cruddur"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/conninfo"
	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
)

// privateDatabase is the name of the database on the private server.
const privateDatabase = "cruddur"

// Database is the connection pool that a command works with and, if CONNECTION_URL is not set, the private
// server behind it.
type Database struct {
	*postgres.DB
	URL string // of the database in use, with its password
	Log *slog.Logger

	config pgserver.Config // of the private server
	mu     sync.Mutex
	server *pgserver.Server // nil for a foreign server
}

// Private reports whether the server is cruddur's private one.
func (d *Database) Private() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.server != nil
}

// Dir returns the folder of the private server, or "" for a foreign one.
func (d *Database) Dir() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server == nil {
		return ""
	}
	return d.server.Dir()
}

// OpenDatabase prepares a pool for CONNECTION_URL, whose server need not answer yet. Without CONNECTION_URL
// it starts the private server and creates the database on it; with existing set, only if that server was
// created before. The caller closes the Database.
func (p *Program) OpenDatabase(ctx context.Context, log *slog.Logger, existing bool) (*Database, error) {
	url, err := p.Config.Text("CONNECTION_URL")
	if err != nil {
		return nil, err
	}
	d := &Database{URL: url, Log: log}
	if url == "" {
		if err := d.startPrivate(ctx, p, existing); err != nil {
			return nil, err
		}
	}
	c, err := p.databaseConfig(d.URL)
	if err == nil {
		err = p.OnRDS(ctx, &c)
	}
	if err == nil {
		d.DB, err = postgres.Open(ctx, c)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// ReadyDatabase opens what a command that works on rows needs: the log, the database as OpenDatabase returns
// it, and the schema that this binary knows. end closes the database and writes the rest of the log.
func (p *Program) ReadyDatabase(ctx context.Context, existing bool) (d *Database, end func(), err error) {
	log, flush, err := p.Logger()
	if err != nil {
		return nil, nil, err
	}
	d, err = p.OpenDatabase(ctx, log, existing)
	if err != nil {
		flush()
		return nil, nil, err
	}
	end = func() {
		d.Close()
		flush()
	}
	if err := d.CheckSchema(ctx, false); err != nil {
		end()
		return nil, nil, err
	}
	return d, end, nil
}

func (p *Program) databaseConfig(url string) (c postgres.Config, err error) {
	c.URL = url
	conns, err := p.Config.Text("CRUDDUR_MAX_CONNS")
	if err != nil {
		return c, err
	}
	c.MaxConns, _ = strconv.Atoi(conns)
	trace, err := p.Config.Bool("CRUDDUR_TRACE_SQL")
	if trace {
		c.Trace = p.Stderr
	}
	return c, err
}

// PrivateServer returns the configuration of the private PostgreSQL: where it is and where its programs are.
func (p *Program) PrivateServer(log *slog.Logger) (c pgserver.Config, err error) {
	c.Log = log
	if c.Dir, err = p.Config.Text("CRUDDUR_DATA_DIR"); err != nil {
		return c, err
	}
	if _, source, _ := p.Config.Get("CRUDDUR_DATA_DIR"); source == "environment" && !filepath.IsAbs(c.Dir) {
		return c, Exit(ExitUsage, fmt.Errorf("CRUDDUR_DATA_DIR: %q is relative, so each working folder would get its own data: want an absolute path", c.Dir))
	}
	if c.Dir == "" {
		c.Dir = pgserver.DefaultDir(p.Getenv)
	}
	if c.Dir == "" {
		return c, Exit(ExitUsage, errors.New("there is no home directory for the data: set CRUDDUR_DATA_DIR or CONNECTION_URL"))
	}
	c.Bin, err = p.Config.Text("CRUDDUR_POSTGRES_BIN")
	return c, err
}

// PrivateError adds the exit code to an error that kept the private server from starting.
func PrivateError(ctx context.Context, err error) error {
	if _, missing := errors.AsType[*pgserver.MissingError](err); missing {
		return Exit(ExitMissing, err)
	}
	if none, ok := errors.AsType[*pgserver.NoClusterError](err); ok {
		return Exit(ExitNotFound, fmt.Errorf("%w\ncruddur serve or cruddur db prepare makes one; if it should exist already, correct CRUDDUR_DATA_DIR or set CONNECTION_URL", none))
	}
	if ctx.Err() != nil {
		return err
	}
	return Exit(ExitConnect, err)
}

func (d *Database) startPrivate(ctx context.Context, p *Program, existing bool) error {
	config, err := p.PrivateServer(d.Log)
	if err != nil {
		return err
	}
	d.config = config
	config.Existing = existing
	server, err := pgserver.Start(ctx, config)
	if err != nil {
		return PrivateError(ctx, err)
	}
	d.server = server
	d.URL = server.URL(privateDatabase)
	if err := postgres.EnsureDatabase(ctx, server.URL("postgres"), privateDatabase); err != nil {
		d.Close()
		return err
	}
	return nil
}

// Tell prints where the data is, and how to put it elsewhere.
func (d *Database) Tell(out io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server == nil {
		shown := conninfo.MaskURL(d.URL)
		if info, err := conninfo.Parse(d.URL); err == nil {
			shown = info.Masked() // it includes what a service file and the environment add
			for _, word := range info.Dropped {
				d.Log.Warn("the connection URL: " + word)
			}
		}
		fmt.Fprintf(out, "Database: %s\n", terminal.Printable(shown))
		return
	}
	how := "started"
	switch {
	case d.server.Attached():
		how = "found running"
	case d.server.Made():
		how = "made and started"
	}
	fmt.Fprintf(out, "Database: a private PostgreSQL %d, %s, with its data in %s\n"+
		"          (--data-dir moves it; CONNECTION_URL uses another server)\n", d.server.Version(), how, terminal.Printable(d.server.Dir()))
}

// Keep restarts the private server when it has stopped unexpectedly, until ctx ends. The socket's path stays
// the same, so the pool reconnects without help.
func (d *Database) Keep(ctx context.Context) error {
	if !d.Private() {
		return nil
	}
	for wait := 100 * time.Millisecond; ; {
		d.mu.Lock()
		server := d.server
		d.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-server.Done():
		}
		d.Log.Error("the private PostgreSQL has stopped unexpectedly; it is restarted", "err", server.Err())
		next, err := pgserver.Start(ctx, d.config)
		if err == nil {
			d.Log.Info("the private PostgreSQL is running again")
			d.mu.Lock()
			d.server = next
			d.mu.Unlock()
			wait = 100 * time.Millisecond
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		d.Log.Error("the private PostgreSQL does not start", "err", err, "again_in", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, 2*time.Second)
	}
}

// Close closes the pool and stops the private server, unless another process started it.
func (d *Database) Close() {
	if d.DB != nil {
		closed := make(chan struct{})
		go func() { d.DB.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			d.Log.Warn("connections of the pool are still in use; they are closed now")
		}
	}
	d.mu.Lock()
	server := d.server
	d.mu.Unlock()
	if server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		d.Log.Error("stop the private PostgreSQL", "err", err)
	}
}

// CheckSchema returns an error unless the schema is the one that this binary knows. The private database is
// always migrated; a foreign one only if the operator asks for it, because other programs may use it.
func (d *Database) CheckSchema(ctx context.Context, migrate bool) error {
	if migrate || d.Private() {
		applied, err := d.Migrate(ctx)
		for _, m := range applied {
			d.Log.Info("migrated", "file", m.Name, "took", m.Duration.Round(time.Millisecond))
		}
		return err
	}
	pending, err := d.Pending(ctx)
	if err != nil {
		return err
	}
	if pending > 0 {
		return Exit(ExitPending, fmt.Errorf("the database lacks %d migrations: run \"cruddur db migrate\", or start with --migrate", pending))
	}
	return nil
}

// AwaitSchema is CheckSchema for a server that may not answer yet: it retries every second until it does.
func (d *Database) AwaitSchema(ctx context.Context, migrate bool) error {
	for told := false; ; told = true {
		err := d.CheckSchema(ctx, migrate)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if cruddur.KindOf(err) != cruddur.KindUnavailable {
			return err
		}
		if !told {
			d.Log.Warn("the database does not answer; pages and API say so until it does", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}
