package dbcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/guard"
	"cruddur/internal/dbadmin"
)

const inPlace = `
If the role may not create databases, or the server cannot create one at the moment, this is found out
before anything is dropped: then the database is emptied and filled again in one transaction. Owners,
grants, default privileges and the marker stay in both cases.`

func (p *group) setup() action {
	var force bool
	return action{
		use: "setup", short: "Drop, create, load the schema and seed; stops at the first failure", heading: "db-setup", destroys: true,
		long:  "Drop, create, load the schema and seed; stops at the first failure.\n" + inPlace,
		flags: func(f *pflag.FlagSet) { f.BoolVar(&force, "force", false, "end open sessions first") },
		run: func(ctx context.Context, r *run, _ []string) error {
			load := func(before *dbadmin.Marker) error {
				r.Heading("db-schema-load")
				return r.schemaLoad(ctx, "", before)
			}
			return r.rebuild(ctx, rebuilding{"drop and set up", force, func() error { return load(nil) }, func() error { return load(r.marker) }})
		},
	}
}

func (p *group) reset() action {
	var force bool
	return action{
		use: "reset", short: "Like setup, with the migrations instead of the schema file", heading: "db-reset", destroys: true,
		long:  "Drop, create, migrate and seed; stops at the first failure.\n" + inPlace,
		flags: func(f *pflag.FlagSet) { f.BoolVar(&force, "force", false, "end open sessions first") },
		run: func(ctx context.Context, r *run, _ []string) error {
			migrate := func() error {
				r.Heading("db-migrate")
				return r.migrateUp(ctx, &migrateFlags{})
			}
			return r.rebuild(ctx, rebuilding{"drop and rebuild", force, migrate, func() error {
				r.Heading("db-migrate")
				applied, err := r.admin.Rebuild(ctx, r.marker)
				if err == nil {
					r.did("emptied database %s and applied %d migrations, in one transaction", r.admin.Database(), applied)
				}
				return err
			}})
		},
	}
}

// rebuilding describes how a database is rebuilt.
type rebuilding struct {
	verb  string
	force bool
	fill  func() error // for a database that was created just now
	again func() error // the same for the existing database
}

// rebuild drops, creates, fills and seeds the database. If the database could not be created again, it is
// emptied and filled instead. All steps work on the same target.
func (r *run) rebuild(ctx context.Context, how rebuilding) error {
	f, err := r.consent(ctx, how.verb, true)
	if err != nil {
		return err
	}
	why := ""
	if f.Exists {
		if why, err = r.admin.CannotCreate(ctx); err != nil {
			return err
		}
	}
	switch {
	case why == "":
		if err := r.dropAndFill(ctx, how, f.Exists && f.Unusable == ""); err != nil {
			return r.half(ctx, err)
		}
	case f.Unusable != "":
		return command.Exit(command.ExitFailed, fmt.Errorf("%s\nafter dropping it, it could not be created again: %s; nothing was done", f.Unusable, why))
	default:
		r.Say("the database is emptied instead of dropped: %s", why)
		if how.force {
			if err := r.endOthers(ctx); err != nil {
				return err
			}
		}
		if err := how.again(); err != nil {
			return err
		}
		if r.marker != nil {
			r.Say("marked as %s", guard.MarkerText(r.marker))
		}
	}
	if err := r.mark(ctx, r.marker); err != nil {
		return r.half(ctx, err)
	}
	r.Heading("db-seed")
	return r.seed(ctx, seedFlags{})
}

func (r *run) dropAndFill(ctx context.Context, how rebuilding, keep bool) (err error) {
	var kept dbadmin.Kept
	if keep {
		if kept, err = r.admin.Keep(ctx); err != nil {
			return err
		}
	}
	r.Heading("db-drop")
	if err := r.drop(ctx, how.force); err != nil {
		return err
	}
	r.Heading("db-create")
	if _, err := r.create(ctx, dbadmin.CreateOptions{}); err != nil {
		return err
	}
	if err := how.fill(); err != nil || !keep {
		return err
	}
	if err := r.admin.GiveBack(ctx, kept); err != nil {
		return fmt.Errorf("owners and grants could not be restored (see: %s)\n%w", r.admin.Command("roles grant"), err)
	}
	return nil
}

// half says what is left when the dropped database could not be created again.
func (r *run) half(ctx context.Context, err error) error {
	if len(r.steps) == 0 || ctx.Err() != nil {
		return err
	}
	text := dbadmin.Explain(err) + "\ndone before, and not undone: " + strings.Join(r.steps, "; ")
	if r.dumped != "" {
		text += "\nthe database's former content is in " + r.dumped + "; restore it: " + r.admin.Command("create") + " && " + r.admin.Command("restore "+r.dumped)
	}
	return command.Exit(command.ExitFailed, errors.New(text))
}

// endOthers ends the other sessions of the database, as far as our role may.
func (r *run) endOthers(ctx context.Context) error {
	list, err := r.admin.Sessions(ctx, dbadmin.SessionFilter{})
	if err != nil || len(list) == 0 {
		return err
	}
	r.while("some of the other sessions may have been ended; nothing else was changed")
	results, err := r.admin.End(ctx, list, true)
	for _, one := range results {
		if one.Done {
			r.did("ended session %d of %s", one.PID, one.User)
		} else {
			r.Warn("session %d of %s was not ended: %s", one.PID, one.User, one.Error)
		}
	}
	return err
}
