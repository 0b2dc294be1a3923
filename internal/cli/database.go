package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"cruddur"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
)

// privateDatabase is the name of the database on the private server.
const privateDatabase = "cruddur"

// database is the pool that a command works on and, where no CONNECTION_URL is set, the private server
// behind it.
type database struct {
	*postgres.DB
	url string
	log *slog.Logger

	config pgserver.Config // of the private server
	mu     sync.Mutex
	server *pgserver.Server // nil: a foreign one
}

// private reports whether the server is cruddur's own.
func (d *database) private() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.server != nil
}

// dir is the folder of the private server, "" of a foreign one.
func (d *database) dir() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server == nil {
		return ""
	}
	return d.server.Dir()
}

// openDatabase prepares a pool for CONNECTION_URL, which need not answer yet, or starts the private server
// and makes the database on it; where existing is set, only a server that was made before. The caller closes
// what it gets.
func (p *program) openDatabase(ctx context.Context, log *slog.Logger, existing bool) (*database, error) {
	url, err := p.config.text("CONNECTION_URL")
	if err != nil {
		return nil, err
	}
	d := &database{url: url, log: log}
	if url == "" {
		if err := d.startPrivate(ctx, p, existing); err != nil {
			return nil, err
		}
	}
	c, err := p.databaseConfig(d.url)
	if err == nil {
		err = p.onRDS(ctx, &c)
	}
	if err == nil {
		d.DB, err = postgres.Open(ctx, c)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (p *program) databaseConfig(url string) (c postgres.Config, err error) {
	c.URL = url
	conns, err := p.config.text("CRUDDUR_MAX_CONNS")
	if err != nil {
		return c, err
	}
	c.MaxConns, _ = strconv.Atoi(conns)
	trace, err := p.config.bool("CRUDDUR_TRACE_SQL")
	if trace {
		c.Trace = p.stderr
	}
	return c, err
}

// privateServer says where the private PostgreSQL is to be found.
func (p *program) privateServer(log *slog.Logger) (c pgserver.Config, err error) {
	c.Log = log
	if c.Dir, err = p.config.text("CRUDDUR_DATA_DIR"); err != nil {
		return c, err
	}
	if _, source, _ := p.config.get("CRUDDUR_DATA_DIR"); source == "environment" && !filepath.IsAbs(c.Dir) {
		return c, exitWith(exitUsage, fmt.Errorf("CRUDDUR_DATA_DIR: %q is relative, so every folder would have data of its own: want an absolute path", c.Dir))
	}
	if c.Dir == "" {
		c.Dir = pgserver.DefaultDir(p.getenv)
	}
	if c.Dir == "" {
		return c, exitWith(exitUsage, errors.New("there is no home directory to keep data in: set CRUDDUR_DATA_DIR or CONNECTION_URL"))
	}
	c.Bin, err = p.config.text("CRUDDUR_POSTGRES_BIN")
	return c, err
}

func (d *database) startPrivate(ctx context.Context, p *program, existing bool) error {
	config, err := p.privateServer(d.log)
	if err != nil {
		return err
	}
	d.config = config
	config.Existing = existing
	server, err := pgserver.Start(ctx, config)
	if err != nil {
		return privateError(ctx, err)
	}
	d.server = server
	d.url = server.URL(privateDatabase)
	if err := postgres.EnsureDatabase(ctx, server.URL("postgres"), privateDatabase); err != nil {
		d.close()
		return err
	}
	return nil
}

// tell says where the data is, and how to have it elsewhere.
func (d *database) tell(p *program) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server == nil {
		shown := postgres.MaskURL(d.url)
		if info, err := postgres.ParseConnInfo(d.url); err == nil {
			shown = info.Masked() // what a service file and the environment add is part of it
			for _, word := range info.Dropped {
				d.log.Warn("the connection URL: " + word)
			}
		}
		fmt.Fprintf(p.stderr, "Database: %s\n", terminal.Printable(shown))
		return
	}
	how := "started"
	switch {
	case d.server.Attached():
		how = "found running"
	case d.server.Made():
		how = "made and started"
	}
	fmt.Fprintf(p.stderr, "Database: a private PostgreSQL %d, %s, with its data in %s\n"+
		"          (--data-dir moves it; CONNECTION_URL uses another server)\n", d.server.Version(), how, terminal.Printable(d.server.Dir()))
}

// keep starts the private server again when it has gone without having been told to, until ctx ends. The
// socket stays where it was, so the pool finds the new one by itself.
func (d *database) keep(ctx context.Context) error {
	if !d.private() {
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
		d.log.Error("the private PostgreSQL has gone; it is started again", "err", server.Err())
		next, err := pgserver.Start(ctx, d.config)
		if err == nil {
			d.log.Info("the private PostgreSQL runs again")
			d.mu.Lock()
			d.server = next
			d.mu.Unlock()
			wait = 100 * time.Millisecond
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		d.log.Error("the private PostgreSQL does not start", "err", err, "again_in", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, 2*time.Second)
	}
}

// close closes the pool and stops the private server, unless another process has started it.
func (d *database) close() {
	if d.DB != nil {
		closed := make(chan struct{})
		go func() { d.DB.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			d.log.Warn("connections of the pool are still in use; they are cut off")
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
		d.log.Error("stop the private PostgreSQL", "err", err)
	}
}

// checkSchema makes sure that the schema is the one this binary knows. The private database is always
// migrated; a foreign one only if the operator says so, for others may use it.
func (d *database) checkSchema(ctx context.Context, migrate bool) error {
	if migrate || d.private() {
		applied, err := d.Migrate(ctx)
		for _, m := range applied {
			d.log.Info("migrated", "file", m.Name, "took", m.Duration.Round(time.Millisecond))
		}
		return err
	}
	pending, err := d.Pending(ctx)
	if err != nil {
		return err
	}
	if pending > 0 {
		return exitWith(exitPending, fmt.Errorf("the database lacks %d migrations: run \"cruddur db migrate\", or start with --migrate", pending))
	}
	return nil
}

// awaitSchema is checkSchema for a server that may be away: it asks again every second until it answers.
func (d *database) awaitSchema(ctx context.Context, migrate bool) error {
	for told := false; ; told = true {
		err := d.checkSchema(ctx, migrate)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if cruddur.KindOf(err) != cruddur.KindUnavailable {
			return err
		}
		if !told {
			d.log.Warn("the database does not answer; pages and API say so until it does", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}
