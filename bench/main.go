package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

type flags struct {
	duration    time.Duration
	rounds      int
	connections int
	binary, dir string
	only        string
	talk        bool
	streams     int
	live        bool
	kill        bool
	again       bool
}

func main() {
	var f flags
	constantServer := flag.Bool("constant", false, "be the server of constant bytes (used by bench itself)")
	flag.DurationVar(&f.duration, "duration", 3*time.Second, "how long to measure each target in each round")
	flag.IntVar(&f.rounds, "rounds", 3, "the number of interleaved rounds; the median is reported")
	flag.IntVar(&f.connections, "connections", 16, "the number of connections at a time")
	flag.StringVar(&f.binary, "binary", "bin/cruddur", "the server under test")
	flag.StringVar(&f.dir, "dir", "", "where the seeded database is kept; default: the user's cache")
	flag.StringVar(&f.only, "only", "", "measure only targets whose names contain one of these, separated by commas")
	flag.BoolVar(&f.talk, "talk", false, "measure conversations: 1,000,000 live cruds, 5,000,000 likes, 500,000 follows")
	flag.IntVar(&f.streams, "streams", 0, "measure this many open streams of events, on an empty database")
	flag.BoolVar(&f.live, "live", false, "let two servers post, delete, block, suspend and end, and check what fifty streams are told; -duration says for how long")
	flag.BoolVar(&f.kill, "kill", false, "with -live: end a server, PostgreSQL and a pgbouncer with SIGKILL meanwhile")
	flag.BoolVar(&f.again, "again", false, "measure on the database that the last run has left, without the purge: short runs while you work")
	flag.Parse()
	if *constantServer {
		fmt.Fprintln(os.Stderr, constant())
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measure(ctx, f); err != nil {
		say("%v", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, f flags) error {
	if f.dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil || os.Geteuid() == 0 {
			cache = "/var/tmp" // root's PostgreSQL runs as another user, who cannot enter root's home
		}
		f.dir = filepath.Join(cache, "cruddur-bench")
	}
	db, err := startDatabase(ctx, f.dir)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := db.server.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "bench: PostgreSQL does not stop:", err)
		}
	}()
	switch {
	case f.streams > 0:
		return streams(ctx, f, db, f.streams)
	case f.live:
		return live(ctx, f, db)
	}
	script := seedSQL
	if f.talk {
		script = seedTalkSQL
	}
	if !f.again {
		if err := db.prepare(ctx, runName, script); err != nil {
			return err
		}
	}
	url := db.server.URL(runName)
	cruddur, err := startCruddur(ctx, f.binary, url)
	if err != nil {
		return err
	}
	defer cruddur.stop()
	if f.talk {
		return talk(ctx, &bench{flags: f, db: db, cruddur: cruddur}, url)
	}
	purged, err := awaitPurge(ctx, db)
	if err != nil {
		return err
	}
	idle := cruddur.memory()
	b := &bench{flags: f, db: db, cruddur: cruddur, report: report{purged: purged, idle: idle}}
	if err := b.collect(ctx, url); err != nil {
		return err
	}
	defer b.stop()
	if err := b.rounds(ctx); err != nil {
		return err
	}
	b.report.loaded = cruddur.memory()
	b.report.flags = f
	if f.again {
		b.report.print(os.Stdout)
		return nil
	}
	b.report.age, err = purgeAge(ctx, db, func(d time.Duration) result {
		return load(cruddur.address, b.connections, d, uncached(cruddur.address, "/api/activities/home?"))
	})
	if err != nil {
		return err
	}
	b.report.print(os.Stdout)
	return nil
}

const runName = "bench_run"

// awaitPurge waits until the sweeper of the server under test has deleted the seed's 800,000 expired rows,
// and returns how long that took.
func awaitPurge(ctx context.Context, db *database) (time.Duration, error) {
	begun := time.Now()
	for ctx.Err() == nil {
		left, err := db.sql(ctx, runName, "select exists (select from activities where expires_at <= now());")
		if err != nil {
			return 0, err
		}
		if left == "f" {
			took := time.Since(begun)
			_, err := db.sql(ctx, runName, "vacuum analyze activities; checkpoint;")
			return took, err
		}
		if time.Since(begun) > 5*time.Minute {
			return 0, fmt.Errorf("the sweeper has not deleted the expired rows in %v", time.Since(begun))
		}
		time.Sleep(500 * time.Millisecond)
	}
	return 0, ctx.Err()
}

// target is one line of the table.
type target struct {
	name    string
	measure func(ctx context.Context) (result, error)
	results []result
}

type bench struct {
	flags
	db      *database
	cruddur *process
	others  []*process
	targets []*target
	posts   []*target // measured after the others, which read the newest cruds: all is new then
	report  report
}

func (b *bench) stop() {
	for _, p := range b.others {
		p.stop()
	}
}

func (b *bench) add(name string, measure func(ctx context.Context) (result, error)) {
	wanted := func(part string) bool { return strings.Contains(name, part) }
	if slices.ContainsFunc(strings.Split(b.only, ","), wanted) {
		b.targets = append(b.targets, &target{name: name, measure: measure})
	}
}

// http adds a target of load; request is as in load.
func (b *bench) http(name string, p *process, request func(connection, n int) []byte) {
	b.add(name, func(context.Context) (result, error) {
		return p.measured(b.connections, b.duration, request), nil
	})
}

// collect reads what the requests need and makes the list of targets.
func (b *bench) collect(ctx context.Context, url string) error {
	host := b.cruddur.address
	writer := "writer"
	if b.again {
		writer += strconv.FormatInt(time.Now().Unix()%1_000_000, 10)
	}
	token, err := signIn(ctx, b.binary, url, host, writer)
	if err != nil {
		return err
	}
	newest, err := fetch(http.MethodGet, "http://"+host+"/api/activities/home", "")
	if err != nil {
		return err
	}
	var cruds []struct{ UUID, Handle string }
	if err := json.Unmarshal(newest, &cruds); err != nil || len(cruds) < 20 {
		return fmt.Errorf("the home feed has %d cruds: %w", len(cruds), err)
	}
	author, err := b.db.sql(ctx, runName, "select uuid from users where handle = '"+writer+"';")
	if err != nil {
		return err
	}
	b.constants(ctx, newest)
	if err := b.browsers(ctx, host, token); err != nil {
		return err
	}
	b.pages(host, token, cruds[7].Handle, cruds[7].UUID)
	b.database(author)
	b.flask(ctx, url, author)
	return nil
}

func fixed(request []byte) func(int, int) []byte {
	return func(int, int) []byte { return request }
}

// pages are the targets of the server under test.
func (b *bench) pages(host, token, handle, uuid string) {
	b.http("home20", b.cruddur, fixed(get(host, "/api/activities/home")))
	b.http("home100", b.cruddur, fixed(get(host, "/api/activities/home?limit=100")))
	b.http("home20 uncached", b.cruddur, uncached(host, "/api/activities/home?"))
	b.http("home100 uncached", b.cruddur, uncached(host, "/api/activities/home?limit=100&"))
	b.http("home20 uncached HTML", b.cruddur, uncached(host, "/?"))
	b.http("home20 HTML", b.cruddur, fixed(get(host, "/")))
	b.http("crud", b.cruddur, fixed(get(host, "/api/activities/"+uuid)))
	b.http("crud HTML", b.cruddur, fixed(get(host, "/@"+handle+"/status/"+uuid)))
	b.http("create", b.cruddur, func(c, n int) []byte {
		return post(host, "/api/activities", token, fmt.Sprintf(`{"message":"Crud %d of connection %d, as long as one that somebody writes.","ttl":"7-days"}`, n, c))
	})
}

// uncached requests the newest page with a cursor beyond every crud that no other request uses at the moment:
// the rows are the same as pgbench's and the peer's, and neither the memory cache nor a shared query can
// answer.
func uncached(host, path string) func(int, int) []byte {
	requests := make([][]byte, 4096)
	for i := range requests {
		requests[i] = get(host, fmt.Sprintf("%sbefore=ffffffff-ffff-7fff-bfff-%012x", path, i))
	}
	return func(int, int) []byte { return requests[rand.N(len(requests))] }
}

func (b *bench) constants(ctx context.Context, body []byte) {
	p, err := startConstant(ctx, []constantAnswer{{Path: "/", Type: "application/json", Body: body}})
	if err != nil {
		say("no constant handler: %v", err)
		return
	}
	b.others = append(b.others, p)
	b.http("constant bytes", p, fixed(get(p.address, "/")))
}

func (b *bench) database(author string) {
	pgbench := func(name, statement string, limit int, args map[string]string) {
		b.add(name, func(ctx context.Context) (result, error) {
			args["now"] = time.Now().UTC().Format(time.RFC3339Nano)
			return b.db.bench(ctx, runName, statement, limit, b.connections, b.duration, args)
		})
	}
	before := map[string]string{"before": "ffffffff-ffff-ffff-ffff-ffffffffffff"}
	pgbench("pgbench home20", "activities/home", 20, before)
	pgbench("pgbench home100", "activities/home", 100, before)
	pgbench("pgbench create", "activities/create", 20, map[string]string{
		"user_uuid": author, "message": "A crud of the bench, as long as one that somebody writes.", "ttl": "7 days", "idempotency_key": null,
		"tags": "{}", "words": "'a':1 'crud':2 'of':3 'the':4 'bench':5 'as':6 'long':7 'that':8 'somebody':9 'writes':10",
	})
}

func (b *bench) flask(ctx context.Context, url, author string) {
	p, err := startFlask(ctx, url, author)
	if err != nil {
		say("no Flask peer here: %v", err)
		return
	}
	b.others = append(b.others, p)
	b.report.flask = p
	b.http("flask home20", p, fixed(get(p.address, "/api/activities/home")))
	b.http("flask home100", p, fixed(get(p.address, "/api/activities/home?limit=100")))
	b.http("flask create", p, fixed(post(p.address, "/api/activities", "", `{"message":"A crud of the bench, as long as one that somebody writes.","ttl":"7-days"}`)))
}

// rounds measures every target once per round, in another order each time, after a short round to warm up.
func (b *bench) rounds(ctx context.Context) error {
	say("%d targets, %d rounds of %v each, %d connections, %d processors", len(b.targets), b.flags.rounds, b.duration, b.connections, runtime.NumCPU())
	long := b.duration
	b.duration = min(long, time.Second)
	for round := range b.flags.rounds + 1 {
		for _, i := range rand.Perm(len(b.targets)) {
			t := b.targets[i]
			r, err := t.measure(ctx)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			if round > 0 {
				t.results = append(t.results, r)
			}
		}
		b.duration = long
	}
	for _, t := range b.targets {
		b.report.add(t)
	}
	slices.SortFunc(b.report.lines, func(a, c line) int { return a.order - c.order })
	return nil
}
