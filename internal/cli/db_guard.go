package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

// consent is asked before anything is destroyed. On a protected target it prints what the target is
// and wants the database's name; elsewhere it asks nothing. It dumps the database first where that
// was not declined. verb completes "to … it on HOST".
func (r *dbRun) consent(ctx context.Context, verb string, backup bool) (*dbadmin.Fingerprint, error) {
	if err := r.prohibited(verb); err != nil {
		return nil, err
	}
	f, err := r.admin.Fingerprint(ctx)
	if err != nil {
		return nil, err
	}
	r.marker = f.Marker
	if backup && f.Exists && f.ReadOnly != "" { // before it is asked about and dumped
		return nil, command.Exit(command.ExitRefused, fmt.Errorf("refused to %s database %s on %s: the server is %s\n%s", verb, f.Database, r.admin.Where(), f.ReadOnly, readOnlyAdvice))
	}
	if f.Unknown != "" && f.Exists {
		r.Warn("%s, so nobody can tell whether this is production's database", f.Unknown)
	}
	if f.Protected && f.Exists { // there is nothing to destroy in one that is not there
		r.showFingerprint(f)
		if err := r.confirm(ctx, verb, f); err != nil {
			return nil, err
		}
	} else if r.flags.confirm != "" && r.flags.confirm != f.Database {
		return nil, r.mismatch(f)
	}
	if backup && !r.flags.noBackup {
		if err := r.backup(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// readOnlyAdvice is what helps where a server refuses to write.
const readOnlyAdvice = "name its primary; of several hosts target_session_attrs=read-write finds it"

// consentToFill is asked before made-up rows are put into a protected database: nothing is destroyed, but
// they are hard to tell from the members' own afterwards.
func (r *dbRun) consentToFill(ctx context.Context) error {
	f, err := r.admin.Fingerprint(ctx)
	if err != nil || !f.Protected || !f.Exists {
		return err
	}
	const verb = "put made-up members and cruds into"
	if err := r.prohibited(verb); err != nil {
		return err
	}
	r.showFingerprint(f)
	return r.confirm(ctx, verb, f)
}

// prohibited is the switch that no flag overrides.
func (r *dbRun) prohibited(verb string) error {
	prohibited, err := r.Config.Bool("CRUDDUR_PROHIBIT_DESTRUCTIVE")
	if err != nil || !prohibited {
		return err
	}
	return command.Exit(command.ExitRefused, fmt.Errorf("refused to %s database %s on %s: CRUDDUR_PROHIBIT_DESTRUCTIVE is set, and no flag overrides it", verb, r.admin.Database(), r.admin.Where()))
}

func (r *dbRun) mismatch(f *dbadmin.Fingerprint) error {
	return command.Exit(command.ExitRefused, fmt.Errorf("refused: --confirm says %q, the database is %q; nothing was done", r.flags.confirm, f.Database))
}

// confirm wants the database's name: typed, or where there is no terminal in --confirm.
func (r *dbRun) confirm(ctx context.Context, verb string, f *dbadmin.Fingerprint) error {
	if r.flags.confirm != "" {
		if r.flags.confirm != f.Database {
			return r.mismatch(f)
		}
		return nil
	}
	question := fmt.Sprintf("Type the database's name to %s database %s on %s: ", verb, terminal.Paint(r.HeadColor, terminal.PaintBold, f.Database), r.admin.Where())
	answer, err := terminal.Ask(ctx, r.Stdin, r.program.Stderr, question)
	switch {
	case errors.Is(err, terminal.ErrNobody):
		return command.Exit(command.ExitRefused, fmt.Errorf("refused to %s database %s, which is protected, without a terminal to ask on; nothing was done\nif you mean it, add: --confirm %s", verb, f.Database, f.Database))
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case answer != f.Database:
		return command.Exit(command.ExitRefused, fmt.Errorf("not confirmed: %q is not %q; nothing was done", answer, f.Database))
	}
	return nil
}

// showFingerprint prints on stderr what is about to be destroyed.
func (r *dbRun) showFingerprint(f *dbadmin.Fingerprint) {
	r.Warn("this database is protected: %s", strings.Join(f.Reasons, "; "))
	for _, line := range fingerprintLines(f) {
		fmt.Fprintf(r.Err, "  %-15s %s\n", line[0], line[1])
	}
}

func fingerprintLines(f *dbadmin.Fingerprint) [][2]string {
	lines := [][2]string{
		{"host", f.Host},
		{"port", strconv.Itoa(f.Port)},
		{"database", f.Database},
		{"user", f.User + superuser(f.Superuser)},
		{"server", "PostgreSQL " + f.Server},
		{"tls", orNone(f.TLS)},
		{"marker", markerText(f.Marker)},
	}
	if f.ReadOnly != "" {
		lines = append(lines, [2]string{"state", f.ReadOnly})
	}
	if !f.Exists {
		return append(lines, [2]string{"state", "does not exist"})
	}
	if f.Unusable != "" {
		return append(lines, [2]string{"state", f.Unusable})
	}
	about := ""
	if f.Estimated {
		about = "about "
	}
	return append(lines,
		[2]string{"size", terminal.ByteText(f.Bytes)},
		[2]string{"users", about + countText(f.Users)},
		[2]string{"activities", about + countText(f.Activities)},
		[2]string{"sessions", strconv.Itoa(f.Sessions)},
		[2]string{"last migration", orNone(f.LastMigration)},
	)
}

func superuser(is bool) string {
	if is {
		return " (superuser)"
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func markerText(m *dbadmin.Marker) string {
	switch {
	case m == nil:
		return "none"
	case m.Protected:
		return m.Environment + ", protected"
	}
	return m.Environment
}

func countText(n int64) string {
	if n < 0 {
		return "no such table"
	}
	return terminal.NumberText(n)
}

// backup dumps a database that holds rows and is small enough. On a protected target a dump that
// fails ends the command; elsewhere it is a warning.
func (r *dbRun) backup(ctx context.Context, f *dbadmin.Fingerprint) error {
	if !f.Exists || f.Unusable != "" {
		return nil
	}
	if rows, err := r.admin.HoldsRows(ctx); err != nil || !rows {
		return err
	}
	switch {
	case f.Bytes > dbadmin.BackupLimit:
		r.Warn("%s is too large for an automatic dump (limit %s); make one yourself: %s", terminal.ByteText(f.Bytes), terminal.ByteText(dbadmin.BackupLimit), r.admin.Command("dump -o FILE"))
		return nil
	}
	dir, err := stateDir(r.Getenv)
	if err == nil {
		var path string
		var size int64
		if path, size, err = r.admin.Backup(ctx, r.tools, dir+"/backups", time.Now()); err == nil {
			r.note("backup", path)
			r.dumped = path
			r.Say("dumped first to %s (%s)", path, terminal.ByteText(size))
			return nil
		}
	}
	if ctx.Err() != nil {
		return err
	}
	if f.Protected {
		return fmt.Errorf("no dump could be made first, so nothing was done (--no-backup goes on without): %w", err)
	}
	r.Warn("no dump was made first: %v", dbadmin.Explain(err))
	return nil
}
