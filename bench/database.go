package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cruddur/internal/pgserver"
	"cruddur/internal/postgres"
)

//go:embed seed.sql
var seedSQL string

//go:embed seed_talk.sql
var seedTalkSQL string

// templates are the names of the databases that are kept between runs.
func templates() []string {
	return []string{"seed_" + fingerprint(seedSQL), "seed_" + fingerprint(seedTalkSQL)}
}

// database is the private server of the benchmark, with its programs.
type database struct {
	server *pgserver.Server
	bin    string
}

// settings suit a small machine of its own; all others are PostgreSQL's defaults, including fsync.
var settings = map[string]string{
	"shared_buffers": "512MB", "effective_cache_size": "2GB", "max_wal_size": "4GB", "checkpoint_timeout": "15min",
	"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "100",
}

func startDatabase(ctx context.Context, dir string) (*database, error) {
	bin, _, err := pgserver.FindBinaries(os.Getenv("CRUDDUR_POSTGRES_BIN"))
	if err != nil {
		return nil, err
	}
	server, err := pgserver.Start(ctx, pgserver.Config{Dir: dir, Bin: bin, Settings: settings})
	if err != nil {
		return nil, err
	}
	return &database{server, bin}, nil
}

// run runs one of PostgreSQL's programs on a database and returns what it printed.
func (d *database) run(ctx context.Context, program, name, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(d.bin, program), args...)
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c plan_cache_mode=force_generic_plan", "PGAPPNAME=bench")
	if program != "pgbench" {
		cmd.Args = append(cmd.Args, d.server.URL(name))
	}
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// sql runs a script and returns its rows, unaligned.
func (d *database) sql(ctx context.Context, name, script string) (string, error) {
	return d.run(ctx, "psql", name, script, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d")
}

// prepare creates the database run as a copy of the seeded one. The seeded one is kept between runs, and
// created again when the migrations or the seed have changed, and after two days, because its live cruds
// expire.
func (d *database) prepare(ctx context.Context, run, script string) error {
	template := "seed_" + fingerprint(script)
	old, err := d.sql(ctx, "postgres", "select datname from pg_database where datname like 'seed_%' or datname = '"+run+"';")
	if err != nil {
		return err
	}
	seeded := false
	for name := range strings.FieldsSeq(old) {
		if name == template {
			age, err := d.sql(ctx, name, "select now() - max(created_at) < interval '2 days' from activities;")
			seeded = err == nil && age == "t"
		}
		if name == template && !seeded || name == run || !slices.Contains(templates(), name) {
			if _, err := d.sql(ctx, "postgres", "drop database "+name+" with (force);"); err != nil {
				return err
			}
		}
	}
	if !seeded {
		say("seeding 10,000 members and 1,000,000 cruds, once")
		if err := d.seed(ctx, template, script); err != nil {
			return err
		}
	}
	_, err = d.sql(ctx, "postgres", "create database "+run+" template "+template+" strategy file_copy;")
	return err
}

func (d *database) seed(ctx context.Context, name, script string) error {
	half := name + "_half"
	if _, err := d.sql(ctx, "postgres", "create database "+half+";"); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: d.server.URL(half)})
	if err != nil {
		return err
	}
	_, err = db.Migrate(ctx)
	db.Close()
	if err != nil {
		return err
	}
	if _, err := d.sql(ctx, half, script); err != nil {
		return err
	}
	_, err = d.sql(ctx, "postgres", "alter database "+half+" rename to "+name+";")
	return err
}

// null is the argument that is SQL's null; pgbench's variables cannot be.
const null = "\x00"

// bench runs a statement of internal/postgres with pgbench, prepared, over the Unix socket: it shows what the
// database alone can do. The arguments replace the @names in the order in which they stand in the file.
func (d *database) bench(ctx context.Context, name, statement string, limit, connections int, duration time.Duration, args map[string]string) (result, error) {
	b, err := os.ReadFile(filepath.Join("internal", "postgres", "sql", statement+".sql"))
	if err != nil {
		return result{}, err
	}
	text := regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(string(b), "")
	for k, v := range args {
		if v == null {
			text = strings.ReplaceAll(text, "@"+k+"::", "null::")
		}
	}
	text = regexp.MustCompile(`@([a-z_]+)`).ReplaceAllString(text, ":$1")
	text = strings.ReplaceAll(strings.TrimSpace(text), "limit 20", "limit "+strconv.Itoa(limit))
	return d.script(ctx, name, text+";\n", connections, duration, args)
}

// script runs a script of pgbench's, prepared.
func (d *database) script(ctx context.Context, name, text string, connections int, duration time.Duration, args map[string]string) (result, error) {
	dir, err := os.MkdirTemp("", "cruddur-bench-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "script.sql")
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		return result{}, err
	}
	flags := []string{
		"-n", "-M", "prepared", "-c", strconv.Itoa(connections), "-j", "2", "-T", strconv.Itoa(int(max(duration.Seconds(), 2))),
		"-l", "--log-prefix", filepath.Join(dir, "log"), "-f", script,
	}
	for k, v := range args {
		if v != null {
			flags = append(flags, "-D", k+"="+v)
		}
	}
	out, err := d.run(ctx, "pgbench", "", "", append(flags, d.server.URL(name))...)
	if err != nil {
		return result{}, err
	}
	m := regexp.MustCompile(`tps = ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		return result{}, errors.New("pgbench printed no tps: " + out)
	}
	r := result{}
	r.perSecond, _ = strconv.ParseFloat(m[1], 64)
	r.latencies, err = readLatencies(dir)
	return r, err
}

// readLatencies reads pgbench's log of transactions: the third field is microseconds.
func readLatencies(dir string) (list []time.Duration, err error) {
	logs, _ := filepath.Glob(filepath.Join(dir, "log.*"))
	for _, log := range logs {
		b, err := os.ReadFile(log)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			if len(f) < 3 {
				continue
			}
			us, err := strconv.Atoi(f[2])
			if err != nil {
				return nil, fmt.Errorf("pgbench's log: %q", line)
			}
			list = append(list, time.Duration(us)*time.Microsecond)
		}
	}
	slices.Sort(list)
	return list, nil
}
