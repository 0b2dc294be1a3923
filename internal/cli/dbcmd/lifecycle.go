package dbcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

func (p *group) create() action {
	var o dbadmin.CreateOptions
	return action{
		use: "create", short: "Create the database; an existing one is left as it is", heading: "db-create",
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&o.Owner, "owner", "", "the role that will own it")
			f.StringVar(&o.Template, "template", "", "the database to copy")
			f.StringVar(&o.Encoding, "encoding", "", "its encoding")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			_, err := r.create(ctx, o)
			return err
		},
	}
}

func (r *run) create(ctx context.Context, o dbadmin.CreateOptions) (bool, error) {
	created, err := r.admin.Create(ctx, o)
	if err != nil {
		if ctx.Err() != nil {
			r.while("%s", r.stateNow(ctx, "was not created", "is created"))
		}
		return false, err
	}
	r.note("database", r.admin.Database())
	r.note("created", created)
	if created {
		r.did("created database %s on %s", r.admin.Database(), r.admin.Where())
	} else {
		r.Say("database %s already exists on %s", r.admin.Database(), r.admin.Where())
	}
	return created, nil
}

// stateNow asks the server, after Ctrl-C, for the state of the database.
func (r *run) stateNow(ctx context.Context, gone, there string) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	is, err := r.admin.State(ctx)
	name := "database " + r.admin.Database()
	switch {
	case err != nil:
		return "the server could not be asked for the state of " + name
	case is.Invalid:
		return name + " is invalid now, because a drop cannot be rolled back\ncomplete the drop: " + r.admin.Command("drop")
	case is.Exists:
		return name + " " + there
	}
	return name + " " + gone
}

func (p *group) drop() action {
	var force bool
	return action{
		use: "drop", short: "Drop the database", heading: "db-drop", destroys: true,
		long: `Drop the database. If it does not exist, nothing is done.

If sessions are open, the command lists them and stops; --force ends them in the same step. --force is
not consent: for a protected database its name must be typed, or given with --confirm.`,
		flags: func(f *pflag.FlagSet) { f.BoolVar(&force, "force", false, "end open sessions first") },
		run: func(ctx context.Context, r *run, _ []string) error {
			if _, err := r.consent(ctx, "drop", true); err != nil {
				return err
			}
			return r.drop(ctx, force)
		},
	}
}

func (r *run) drop(ctx context.Context, force bool) error {
	dropped, err := r.admin.Drop(ctx, force)
	if err != nil {
		if ctx.Err() != nil {
			r.while("%s", r.stateNow(ctx, "is dropped", "is as before"))
		}
		return err
	}
	r.note("database", r.admin.Database())
	r.note("dropped", dropped)
	if dropped {
		r.did("dropped database %s on %s", r.admin.Database(), r.admin.Where())
	} else {
		r.Say("there is no database %s on %s: nothing to drop", r.admin.Database(), r.admin.Where())
	}
	return nil
}

// dropInvalid drops what an interrupted DROP DATABASE has left, to make room for the new database.
func (r *run) dropInvalid(ctx context.Context) error {
	is, err := r.admin.State(ctx)
	if err != nil || !is.Invalid {
		return nil // the next step reports what is wrong with the server
	}
	if err := r.guard.Allowed("drop the remains of"); err != nil {
		return err
	}
	f, err := r.admin.Fingerprint(ctx)
	if err != nil {
		return err
	}
	if f.Protected {
		return command.Exit(command.ExitRefused, errors.New(f.Unusable))
	}
	r.Say("database %s is invalid: a DROP DATABASE of it was interrupted", r.admin.Database())
	return r.drop(ctx, false)
}

func (p *group) prepare() action {
	return action{
		use: "prepare", short: "Create the database if missing, migrate it, seed it if new", heading: "db-prepare",
		long: "Create the database if it is missing, apply pending migrations, and seed it if it was created just now and is not production. It is safe to run at any time, any number of times.",
		run: func(ctx context.Context, r *run, _ []string) error {
			if err := r.dropInvalid(ctx); err != nil {
				return err
			}
			created, err := r.create(ctx, dbadmin.CreateOptions{})
			if err != nil {
				return err
			}
			if err := r.migrateUp(ctx, &migrateFlags{}); err != nil || !created {
				return err
			}
			if r.admin.Environment == "production" {
				r.Say("not seeded: a production database starts empty")
				return nil
			}
			return r.seed(ctx, seedFlags{})
		},
	}
}

// mark writes the marker of a database that has none: the marker of its predecessor, or the target's.
func (r *run) mark(ctx context.Context, before *dbadmin.Marker) error {
	wrote, err := r.admin.Mark(ctx, before)
	if err == nil && wrote != nil {
		r.note("marker", wrote)
		r.did("marked as %s", guard.MarkerText(wrote))
	}
	return err
}

func (p *group) wait() action {
	return action{
		use: "wait", short: "Wait until the server answers", heading: "db-wait",
		long: "Wait until the server answers, at most --timeout (60s); for scripts that start a server. That the database is missing counts as an answer.",
		run: func(ctx context.Context, r *run, _ []string) error {
			limit := r.flags.timeout
			if limit == 0 {
				limit = time.Minute
			}
			waiting, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			begun := time.Now()
			r.while("%s has not answered", r.admin.Where())
			err := r.admin.Wait(waiting, func(ctx context.Context) error {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(250 * time.Millisecond):
					return nil
				}
			})
			if err != nil && ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return command.Exit(command.ExitTimeout, fmt.Errorf("%s did not answer within %s\n%s", r.admin.Where(), limit, dbadmin.Explain(err)))
			}
			if err != nil {
				return err
			}
			r.note("waited_ms", time.Since(begun).Milliseconds())
			r.Say("%s answers after %s", r.admin.Where(), time.Since(begun).Round(time.Millisecond))
			return nil
		},
	}
}

func (p *group) info() action {
	return action{
		use: "info", short: "Facts about the database: version, size, rows, protection",
		run: func(ctx context.Context, r *run, _ []string) error {
			f, err := r.admin.Fingerprint(ctx)
			if err != nil {
				return err
			}
			t := &terminal.Table{Columns: []terminal.Column{{Title: "WHAT"}, {Title: "VALUE", Wrap: true}}}
			t.Add("url", f.URL)
			for _, line := range guard.Lines(f) {
				t.Add(line[0], line[1])
			}
			if f.Exists {
				t.Add("pending", fmt.Sprint(f.Pending))
			}
			why := "no"
			if f.Protected {
				why = strings.Join(f.Reasons, "; ")
			}
			t.Add("protected", why)
			return r.Print(map[string]any{"info": f}, t)
		},
	}
}

func (p *group) url() action {
	var shell bool
	return action{
		use: "url", short: "Print the connection URL with the password masked",
		long: "Print the connection URL as cruddur reads it: every part encoded, the password masked. With --shell print the environment variables that psql and other libpq programs read, without any secret.",
		flags: func(f *pflag.FlagSet) {
			f.BoolVar(&shell, "shell", false, `print lines for eval "$(cruddur db url --shell)": libpq's variables, without any secret`)
		},
		run: func(_ context.Context, r *run, _ []string) error {
			config, err := r.admin.Info.Config()
			if err != nil {
				return err
			}
			if r.JSON {
				return r.Document(map[string]any{"url": r.admin.Info.Masked(), "host": config.Host, "port": config.Port, "user": config.User, "database": config.Database, "source": r.admin.Source})
			}
			if !shell {
				_, err := fmt.Fprintln(r.Out, r.admin.Info.Masked())
				return err
			}
			variables, rest := r.admin.Info.Environment()
			for _, v := range variables {
				fmt.Fprintf(r.Out, "export %s='%s'\n", v[0], strings.ReplaceAll(v[1], "'", `'\''`))
			}
			for _, keyword := range rest {
				r.Warn("%s has no environment variable, so psql will not get it", keyword)
			}
			return nil
		},
	}
}

func (p *group) protect(protect bool) action {
	spec := action{use: "protect", short: "Mark the database as protected: destructive commands will ask", heading: "db-protect"}
	if !protect {
		spec = action{use: "unprotect", short: "Remove the protection from the database's marker", heading: "db-unprotect", destroys: true}
	}
	spec.run = func(ctx context.Context, r *run, _ []string) error {
		if !protect {
			if _, err := r.consent(ctx, "unprotect", false); err != nil {
				return err
			}
		}
		m, err := r.admin.Protect(ctx, protect)
		if err != nil {
			return err
		}
		r.note("marker", m)
		r.Say("database %s is marked: %s", r.admin.Database(), guard.MarkerText(m))
		f, err := r.admin.Fingerprint(ctx)
		if err == nil && !protect && f.Protected {
			r.Warn("it stays protected: %s", strings.Join(f.Reasons, "; "))
		}
		return err
	}
	return spec
}
