package postgres

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"cruddur/internal/conninfo"
)

// Config says how to reach a database. The zero value of a field means its default.
type Config struct {
	URL              string        // a libpq URL or keyword DSN; see ParseURL for what is refused
	ApplicationName  string        // shown by pg_stat_activity; default "cruddur"
	MaxConns         int           // default the URL's pool_max_conns, else 8: more backends cost reads on a small machine
	ConnectTimeout   time.Duration // default 5 s
	StatementTimeout time.Duration // default 10 s; the server cancels what runs longer
	// Password, if set, is called for each new connection: for IAM tokens and rotated secrets.
	Password func(ctx context.Context, host string, port uint16, user string) (string, error)
	// Refused, if set, is called when the server refuses a password. If it returns nil, Password may return a
	// better one, and the connection is retried for up to 3 s.
	Refused func(ctx context.Context) error
	// Trace, if set, gets a line for every statement; Color colours it.
	Trace io.Writer
	Color bool
}

// DB is a pool of connections whose sessions run in UTC.
type DB struct {
	pool     *pool
	reads    *pipeline
	posts    *posts
	likes    *marks
	reposts  *marks
	config   Config
	watchers []Watcher
	reports  atomic.Uint64 // numbers what the watcher is told of changed activities
}

// Open prepares the pool. It does not connect, so the server may start later; Ping tests the connection.
func Open(ctx context.Context, c Config) (*DB, error) {
	pc, err := c.poolConfig()
	if err != nil {
		return nil, err
	}
	watch := &failover{}
	watch.watch(pc)
	inner, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", classify(err))
	}
	watch.mu.Lock()
	watch.pool = inner
	watch.mu.Unlock()
	p := &pool{inner, c.Refused}
	reads, posts := readLanes.to(pc.ConnConfig.Host), postLanes.to(pc.ConnConfig.Host)
	if c.Trace != nil {
		reads, posts = 0, 0 // with batches a trace could not show each statement's time
	}
	return &DB{
		pool: p, reads: newPipeline(p, reads), posts: newPosts(p, c.StatementTimeout, posts),
		likes: newMarks(p, "likes", c.StatementTimeout, posts), reposts: newMarks(p, "reposts", c.StatementTimeout, posts), config: c,
	}, nil
}

func (c *Config) poolConfig() (*pgxpool.Config, error) {
	if c.ApplicationName == "" {
		c.ApplicationName = "cruddur"
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = 10 * time.Second
	}
	info, err := conninfo.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	pc, err := info.PoolConfig()
	if err != nil {
		return nil, err
	}
	switch {
	case c.MaxConns > 0:
		pc.MaxConns = int32(c.MaxConns)
	case info.Get("pool_max_conns") == "":
		pc.MaxConns = 8
	}
	// A restarted server must be noticed within seconds; failover handles a server that has failed over.
	pc.MaxConnIdleTime = 5 * time.Minute
	pc.HealthCheckPeriod = 5 * time.Second
	pc.AfterConnect = func(_ context.Context, conn *pgx.Conn) error { inUTC(conn); return nil }
	c.tune(pc.ConnConfig)
	pc.ConnConfig.DialFunc = info.Dialer(pc.ConnConfig.ConnectTimeout).DialContext
	if c.Password != nil {
		pc.BeforeConnect = func(ctx context.Context, cc *pgx.ConnConfig) error {
			password, err := c.Password(ctx, cc.Host, cc.Port, cc.User)
			cc.Password = password
			return err
		}
	}
	return pc, nil
}

// tune sets the options that all of our connections share, unless the URL sets them.
func (c *Config) tune(cc *pgx.ConnConfig) {
	if cc.ConnectTimeout == 0 || cc.ConnectTimeout > c.ConnectTimeout {
		cc.ConnectTimeout = c.ConnectTimeout
	}
	set := func(name, value string) {
		if _, ok := cc.RuntimeParams[name]; !ok {
			cc.RuntimeParams[name] = value
		}
	}
	set("application_name", c.ApplicationName)
	set("statement_timeout", strconv.FormatInt(c.StatementTimeout.Milliseconds(), 10))
	set("idle_in_transaction_session_timeout", "60000")
	// Every statement is planned once. By default the server plans a feed's page again for each read, because
	// it treats the cursor as a filter whose value matters: 5,400 pages a second instead of 19,000. A
	// statement whose plan does depend on its arguments uses planned.
	set("plan_cache_mode", "force_generic_plan")
	cc.RuntimeParams["timezone"] = "UTC" // a timestamptz prints the session's offset
	if c.Trace != nil {
		cc.Tracer = &tracer{out: c.Trace, color: c.Color}
	}
}

// Close waits for the connections in use and closes them all.
func (d *DB) Close() { d.pool.Close() }

// Ping checks whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	return d.queryRow(ctx, "health/ping", nil, new(int))
}

// Stats returns the pool's figures for the metrics page: connections in use, idle connections, and the
// maximum.
func (d *DB) Stats() (acquired, idle, most int32) {
	s := d.pool.Stat()
	return s.AcquiredConns(), s.IdleConns(), s.MaxConns()
}

// Reset closes the idle connections now, and those in use when they are released. After a failover the pool
// resets itself.
func (d *DB) Reset() { d.pool.Reset() }

// Direct opens a connection outside the pool: for a session lock, LISTEN, or work that would occupy a pool
// connection for long. The caller closes it.
func (d *DB) Direct(ctx context.Context) (*pgx.Conn, error) {
	conn, err := d.pool.connect(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", classify(err))
	}
	inUTC(conn)
	return conn, nil
}

// inUTC makes a timestamptz scan as a time in UTC; by default pgx uses the machine's zone.
func inUTC(conn *pgx.Conn) {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
}
