package dbcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/postgres"
)

// migrateFlags are the flags of the migrate commands.
type migrateFlags struct {
	dir         string
	to          int64
	steps       int
	outOfOrder  bool
	dryRun      bool
	lockTimeout time.Duration
	applied     bool
	missing     bool
}

func (m *migrateFlags) folder(f *pflag.FlagSet) {
	f.StringVar(&m.dir, "dir", "", "read migrations from this folder instead of the built-in ones")
}

func (m *migrateFlags) lock(f *pflag.FlagSet) {
	f.DurationVar(&m.lockTimeout, "lock-timeout", 10*time.Second, "how long to wait for a lock before reporting who holds it")
	f.BoolVar(&m.dryRun, "dry-run", false, "print the SQL and run nothing")
}

func (m *migrateFlags) migrator(r *run) (*postgres.Migrator, error) {
	migrator := r.admin.Migrator()
	migrator.LockTimeout, migrator.AllowOutOfOrder = m.lockTimeout, m.outOfOrder
	if m.dir != "" {
		if info, err := os.Stat(m.dir); err != nil {
			return nil, command.Exit(command.ExitUsage, fmt.Errorf("--dir: %w", err))
		} else if !info.IsDir() {
			return nil, command.Exit(command.ExitUsage, fmt.Errorf("--dir %s is not a folder", m.dir))
		}
		migrator.Files = os.DirFS(m.dir)
	}
	migrator.Done = func(one postgres.Migration, up bool) {
		what := "applied"
		if !up {
			what = "rolled back"
		}
		r.did("%s %s (%s)", what, one.Name, one.Duration.Round(time.Millisecond))
		r.while("the running migration was rolled back")
	}
	migrator.Waits = func(h postgres.Holder) {
		r.Say("waiting for a lock held by pid %d (user %s, application %q, %s)", h.PID, h.User, h.Application, h.State)
	}
	return migrator, nil
}

// migrateTree returns cruddur db migrate with its sub-commands.
func (p *group) migrateTree(f *flags) *cobra.Command {
	m := &migrateFlags{}
	up := action{
		use: "migrate", short: "Apply pending migrations", heading: "db-migrate",
		long: "Apply pending migrations, each together with its record in one transaction. Files that were edited after they were applied, and pending files older than the newest applied one, are listed as errors.",
		flags: func(s *pflag.FlagSet) {
			m.folder(s)
			m.lock(s)
			s.Int64Var(&m.to, "to", 0, "stop after this version")
			s.IntVar(&m.steps, "steps", 0, "apply at most this many")
			s.BoolVar(&m.outOfOrder, "allow-out-of-order", false, "also apply pending migrations older than the newest applied one")
		},
		run: func(ctx context.Context, r *run, _ []string) error { return r.migrateUp(ctx, m) },
	}
	tree := p.sub(f, up)
	again := up
	again.use, again.short = "up", "The same as migrate"
	tree.AddCommand(p.sub(f, again))
	for _, spec := range []action{p.rollback(), p.redo(), p.migrationNew(), p.verify(), p.repair()} {
		tree.AddCommand(p.sub(f, spec))
	}
	return tree
}

func (r *run) migrateUp(ctx context.Context, m *migrateFlags) error {
	migrator, err := m.migrator(r)
	if err != nil {
		return err
	}
	if m.dryRun {
		list, err := migrator.Status(ctx)
		if err != nil {
			return err
		}
		plan, err := migrator.Plan(list, m.to, m.steps)
		if err != nil {
			return drifted(err)
		}
		return r.dryRun(migrator, plan, true)
	}
	applied, err := migrator.Up(ctx, m.to, m.steps)
	if err != nil {
		if len(applied) > 0 {
			r.Say("%d applied before the failure", len(applied))
		}
		return drifted(err)
	}
	r.meanwhile = ""
	r.note("applied", migrationNames(applied))
	if len(applied) == 0 {
		r.Say("nothing to migrate")
	}
	return r.mark(ctx, r.marker)
}

func migrationNames(list []postgres.Migration) []string {
	names := []string{}
	for _, m := range list {
		names = append(names, m.Name)
	}
	return names
}

// drifted gives a list of wrong migrations its exit code.
func drifted(err error) error {
	if _, ok := errors.AsType[*postgres.MigrationsError](err); ok {
		return command.Exit(command.ExitPending, err)
	}
	return err
}

// dryRun prints the SQL that would be run.
func (r *run) dryRun(migrator *postgres.Migrator, plan []postgres.Migration, up bool) error {
	r.note("would_run", migrationNames(plan))
	for _, one := range plan {
		sql, err := migrator.SQL(one.Version, up)
		if err != nil {
			return err
		}
		if !r.JSON {
			fmt.Fprintf(r.Out, "-- %s\n%s\n", one.Name, strings.TrimSpace(sql))
		}
	}
	r.Say("%d migrations would run; nothing was changed", len(plan))
	return nil
}

func (p *group) rollback() action {
	m := &migrateFlags{}
	return action{
		use: "rollback", short: "Roll back the newest applied migrations", heading: "db-migrate-rollback", destroys: true,
		flags: func(s *pflag.FlagSet) {
			m.folder(s)
			m.lock(s)
			s.IntVar(&m.steps, "steps", 1, "how many migrations to roll back")
			s.Int64Var(&m.to, "to", 0, "roll back everything newer than this version")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			if r.cmd.Flags().Changed("to") {
				m.steps = 0
			} else if m.steps < 1 {
				return command.Exit(command.ExitUsage, fmt.Errorf("--steps %d: want 1 or more", m.steps))
			}
			_, err := r.rollback(ctx, m)
			return err
		},
	}
}

func (r *run) rollback(ctx context.Context, m *migrateFlags) ([]postgres.Migration, error) {
	migrator, err := m.migrator(r)
	if err != nil {
		return nil, err
	}
	if m.dryRun {
		list, err := migrator.Status(ctx)
		if err != nil {
			return nil, err
		}
		return nil, r.dryRun(migrator, migrator.PlanDown(list, m.to, m.steps), false)
	}
	if _, err := r.consent(ctx, "roll back migrations of", true); err != nil {
		return nil, err
	}
	back, err := migrator.Down(ctx, m.to, m.steps)
	r.note("rolled_back", migrationNames(back))
	if err == nil && len(back) == 0 {
		r.Say("nothing to roll back")
	}
	return back, err
}

func (p *group) redo() action {
	m := &migrateFlags{}
	return action{
		use: "redo", short: "Roll back the newest migration and apply it again", heading: "db-migrate-redo", destroys: true,
		flags: func(s *pflag.FlagSet) {
			m.folder(s)
			m.lock(s)
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			m.steps, m.to = 1, 0
			back, err := r.rollback(ctx, m)
			if err != nil || len(back) == 0 {
				return err
			}
			m.steps, m.to = 0, back[0].Version
			return r.migrateUp(ctx, m)
		},
	}
}

func (p *group) verify() action {
	m := &migrateFlags{}
	return action{
		use: "verify", short: "Compare the files with what was applied; exit code 5 if they differ", heading: "db-migrate-verify",
		flags: m.folder,
		run: func(ctx context.Context, r *run, _ []string) error {
			return r.status(ctx, m, func(s postgres.MigrationState) bool {
				return s == postgres.MigrationEdited || s == postgres.MigrationUnknown || s == postgres.MigrationOutOfOrder
			})
		},
	}
}

func (p *group) status() action {
	m := &migrateFlags{}
	var exitCode bool
	return action{
		use: "status", short: "Every migration: pending, applied or changed",
		flags: func(s *pflag.FlagSet) {
			m.folder(s)
			s.BoolVar(&exitCode, "exit-code", false, "exit with code 5 if a migration is pending or has drifted")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			return r.status(ctx, m, func(s postgres.MigrationState) bool { return exitCode && s != postgres.MigrationApplied })
		},
	}
}

// status prints the list, and ends with exit code 5 if wrong reports true for one migration.
func (r *run) status(ctx context.Context, m *migrateFlags, wrong func(postgres.MigrationState) bool) error {
	migrator, err := m.migrator(r)
	if err != nil {
		return err
	}
	list, err := migrator.Status(ctx)
	if err != nil {
		return err
	}
	t := &terminal.Table{Empty: "there are no migrations", Columns: []terminal.Column{
		{Title: "VERSION", Right: true}, {Title: "NAME", Least: 20}, {Title: "STATE", Paint: statePaint}, {Title: "APPLIED AT"}, {Title: "MS", Right: true, Drop: 1},
	}}
	documents, bad := []map[string]any{}, 0
	for _, one := range list {
		at, ms := "", ""
		var atJSON any
		if one.Applied {
			at, ms = one.AppliedAt.Format(time.DateTime), fmt.Sprint(one.Duration.Milliseconds())
			atJSON = one.AppliedAt
		}
		t.Add(fmt.Sprint(one.Version), strings.TrimSuffix(one.Name, ".sql"), string(one.State), at, ms)
		documents = append(documents, map[string]any{"version": one.Version, "name": one.Name, "state": one.State, "applied_at": atJSON, "ms": one.Duration.Milliseconds(), "checksum": one.Checksum})
		if wrong(one.State) {
			bad++
		}
	}
	if err := r.Print(map[string]any{"migrations": documents}, t); err != nil {
		return err
	}
	if bad > 0 {
		return command.Exit(command.ExitPending, fmt.Errorf("%d of %d migrations are not as they should be", bad, len(list)))
	}
	return nil
}

func statePaint(state string) string {
	switch postgres.MigrationState(state) {
	case postgres.MigrationApplied:
		return terminal.PaintGood
	case postgres.MigrationPending:
		return terminal.PaintWarn
	}
	return terminal.PaintBad
}

func (p *group) repair() action {
	m := &migrateFlags{}
	return action{
		use: "repair VERSION", short: "Correct the record of one migration, without running it", heading: "db-migrate-repair", least: 1, most: 1,
		long: "Correct the record of one migration: --applied records it as applied, with the checksum of the current file; --missing records it as not applied. Nothing is run.",
		flags: func(s *pflag.FlagSet) {
			m.folder(s)
			s.BoolVar(&m.applied, "applied", false, "record it as applied: the database is as after this file")
			s.BoolVar(&m.missing, "missing", false, "record it as not applied: the database is as before this file")
		},
		run: func(ctx context.Context, r *run, args []string) error {
			version, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || version < 1 {
				return command.Exit(command.ExitUsage, fmt.Errorf("%q is not a version", args[0]))
			}
			if m.applied == m.missing {
				return command.Exit(command.ExitUsage, fmt.Errorf("give --applied or --missing"))
			}
			migrator, err := m.migrator(r)
			if err != nil {
				return err
			}
			if err := migrator.Repair(ctx, version, m.applied); err != nil {
				return err
			}
			r.note("version", version)
			r.note("applied", m.applied)
			r.Say("migration %d is recorded as %s", version, map[bool]string{true: "applied", false: "not applied"}[m.applied])
			return nil
		},
	}
}
