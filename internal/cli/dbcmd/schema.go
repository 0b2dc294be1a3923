package dbcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
	"cruddur/internal/postgres"
	"cruddur/internal/writefile"
)

// schemaTree returns cruddur db schema load and dump.
func (p *group) schemaTree(f *flags) *cobra.Command {
	tree := &cobra.Command{
		Use: "schema", Short: "Load the schema, or write it to a file", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	tree.AddCommand(p.sub(f, p.schemaLoad()), p.sub(f, p.schemaDump()))
	return tree
}

func (p *group) schemaLoad() action {
	return action{
		use: "load [FILE|-]", short: "Replace the schema with the built-in one, or with a file", heading: "db-schema-load", most: 1, destroys: true,
		long: "Replace everything in the database with the result of the file, in one transaction: after an error the database is as before. Extensions, owners, grants and the marker stay. For an empty database no question is asked.",
		run: func(ctx context.Context, r *run, args []string) error {
			full, err := r.admin.NotEmpty(ctx)
			if err != nil {
				return err
			}
			if full {
				if _, err := r.consent(ctx, "replace everything in", true); err != nil {
					return err
				}
			}
			file := ""
			if len(args) > 0 {
				file = args[0]
			}
			if err := r.schemaLoad(ctx, file, r.marker); err != nil {
				return err
			}
			return r.mark(ctx, r.marker)
		},
	}
}

// schemaLoad loads a file, or the built-in schema if file is "", and keeps the database's marker.
func (r *run) schemaLoad(ctx context.Context, file string, before *dbadmin.Marker) error {
	name, text := "schema.sql", postgres.Schema()
	if file != "" {
		var err error
		if name, text, err = r.readFile(ctx, file); err != nil {
			return err
		}
	}
	n, err := r.admin.SchemaLoad(ctx, name, text, before)
	if err != nil {
		return err
	}
	r.note("statements", n)
	r.did("loaded %s: %d statements", name, n)
	return nil
}

// readFile reads a file, or standard input if path is -.
func (r *run) readFile(ctx context.Context, path string) (name, text string, err error) {
	name = path
	var b []byte
	if path == "-" {
		name = "standard input"
		b, err = io.ReadAll(terminal.Interruptible(ctx, r.Stdin))
	} else {
		b, err = os.ReadFile(path)
	}
	if err == nil {
		text, err = postgres.SQLText(string(b))
	}
	if ctx.Err() != nil {
		return "", "", ctx.Err()
	}
	if err != nil {
		err = command.Exit(command.ExitUsage, fmt.Errorf("%s: %w", name, err))
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			err = command.Exit(command.ExitUsage, path)
		}
		return "", "", err
	}
	return name, text, nil
}

func (p *group) schemaDump() action {
	var out, check string
	var doCheck bool
	return action{
		use: "dump", short: "Write the schema as SQL; the same schema gives the same bytes",
		flags: func(s *pflag.FlagSet) {
			s.StringVarP(&out, "output", "o", "-", "the file to write; - is standard output")
			s.BoolVar(&doCheck, "check", false, "write nothing; exit with code 5 if the committed file differs")
			s.StringVar(&check, "file", "", "the committed file for --check (default: internal/postgres/schema.sql here or above, else the built-in one)")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			text, err := r.admin.SchemaDump(ctx, r.tools)
			if err != nil {
				return err
			}
			if doCheck {
				return r.checkSchema(text, check)
			}
			if out == "-" && r.JSON {
				r.note("schema", text)
				return nil
			}
			if out == "-" {
				_, err = io.WriteString(r.Out, text)
				return err
			}
			if err := writefile.All(out, []byte(text), 0o644); err != nil {
				return err
			}
			r.note("file", out)
			r.note("lines", strings.Count(text, "\n"))
			r.Say("wrote %s (%d lines)", out, strings.Count(text, "\n"))
			return nil
		},
	}
}

func (r *run) checkSchema(dumped, file string) error {
	name, committed := "the built-in schema", postgres.Schema()
	if file == "" {
		if found, err := findUp("internal/postgres/schema.sql"); err == nil {
			file = found
		}
	}
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return command.Exit(command.ExitUsage, err)
		}
		name, committed = file, string(b)
	}
	difference := dbadmin.FirstDifference(committed, dumped)
	r.note("file", name)
	r.note("same", difference == "")
	r.note("difference", difference)
	if difference == "" {
		r.Say("%s matches the database", name)
		return nil
	}
	if r.JSON {
		if err := r.Document(r.notes); err != nil {
			return err
		}
	}
	next := "write it again: " + r.admin.Command("schema dump -o "+name)
	if file == "" {
		next = "the database is not as this program's migrations make it; see: " + r.admin.Command("migrate verify")
	}
	return command.Exit(command.ExitPending, fmt.Errorf("%s differs from the database (-file +database), first in %s\n%s", name, difference, next))
}

// seedFlags are the flags of cruddur db seed.
type seedFlags struct {
	file              string
	replant           bool
	users, activities int64
}

func (p *group) seed() action {
	s := &seedFlags{}
	return action{
		use: "seed", short: "Fill the database with sample data; running it again changes nothing", heading: "db-seed", destroys: true,
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&s.file, "file", "", "run this SQL file instead")
			f.BoolVar(&s.replant, "replant", false, "empty every table first")
			f.Int64Var(&s.users, "users", 0, "add made-up members until there are this many; existing rows are not counted")
			f.Int64Var(&s.activities, "activities", 0, "add made-up cruds until there are this many; existing rows are not counted")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			if s.users < 0 || s.activities < 0 {
				return command.Exit(command.ExitUsage, errors.New("--users and --activities: want 0 or more"))
			}
			if s.replant {
				if _, err := r.consent(ctx, "empty every table of", true); err != nil {
					return err
				}
				if err := r.admin.Replant(ctx); err != nil {
					return err
				}
				r.did("emptied every table")
			} else if err := r.guard.Fill(ctx); err != nil {
				return err
			}
			return r.seed(ctx, *s)
		},
	}
}

func (r *run) seed(ctx context.Context, s seedFlags) error {
	if s.file != "" {
		return r.seedFile(ctx, s.file)
	}
	if err := r.admin.RequireSchema(ctx); err != nil {
		return err
	}
	var result dbadmin.SeedResult
	var err error
	if s.users == 0 && s.activities == 0 {
		result, err = r.admin.SeedFirst(ctx, time.Now())
	} else {
		bar := r.Progress("seeding")
		result, err = r.admin.SeedMany(ctx, s.users, s.activities, time.Now(), bar.Set)
		bar.End()
		if err != nil { // each batch is a transaction
			r.while("at least %d users and %d activities were inserted and stay; run it again for the rest", result.UsersInserted, result.ActivitiesInserted)
		}
	}
	if err != nil {
		return err
	}
	r.note("seed", result)
	r.Say("users: %d inserted, %d unchanged", result.UsersInserted, result.UsersUnchanged)
	r.Say("activities: %d inserted, %d unchanged", result.ActivitiesInserted, result.ActivitiesUnchanged)
	return nil
}

func (r *run) seedFile(ctx context.Context, path string) error {
	name, text, err := r.readFile(ctx, path)
	if err != nil {
		return err
	}
	bar, rows := r.Progress("seeding"), int64(0)
	n, err := r.admin.RunFile(ctx, name, text, dbadmin.FileRun{Done: func(bytes int, affected int64) {
		rows += affected
		bar.Set(int64(bytes), int64(len(text)))
	}})
	bar.End()
	if err != nil {
		return err
	}
	r.note("statements", n)
	r.note("rows", rows)
	r.Say("ran %s: %d statements, %d rows", name, n, rows)
	return nil
}
