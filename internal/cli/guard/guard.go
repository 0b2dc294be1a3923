// Package guard decides whether a command may destroy what it was given: it finds the database that is meant,
// asks where that is protected, and has it dumped first. It must not destroy anything itself, and what it asks,
// dumps and looks at are small interfaces, so each of its answers is tested without a terminal or a server.
package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

// Target is the database that is asked about: a *dbadmin.Admin.
type Target interface {
	Fingerprint(ctx context.Context) (*dbadmin.Fingerprint, error)
	HoldsRows(ctx context.Context) (bool, error)
	Database() string
	Where() string
	Command(rest string) string // a command line of cruddur db on the same database
}

// Asker puts a question to the operator, as terminal.Ask does.
type Asker interface {
	Ask(ctx context.Context, question string) (answer string, err error)
}

// Dumper makes the dump before the destruction.
type Dumper interface {
	Dump(ctx context.Context) (path string, size int64, err error)
}

// Guard stands before one run of a command on one database.
type Guard struct {
	Target     Target
	Asker      Asker
	Dumper     Dumper
	Out        *terminal.Output
	Prohibited func() (bool, error) // the switch that no flag overrides, CRUDDUR_PROHIBIT_DESTRUCTIVE
	Confirm    string               // the name given with --confirm, or ""
	NoBackup   bool                 // --no-backup
}

// Consent is what the guard has found and done before it lets a command go on.
type Consent struct {
	Fingerprint *dbadmin.Fingerprint
	Dumped      string // the file of the automatic dump, or ""
}

// ReadOnlyAdvice is what helps where a server refuses to write.
const ReadOnlyAdvice = "name its primary; of several hosts target_session_attrs=read-write finds it"

// Destroy is asked before anything is destroyed. On a protected target it prints what the target is
// and wants the database's name; elsewhere it asks nothing. With dump it has the database dumped first, unless
// that was declined. verb completes "to … database NAME". An error means that nothing may be done.
func (g *Guard) Destroy(ctx context.Context, verb string, dump bool) (*Consent, error) {
	if err := g.Allowed(verb); err != nil {
		return nil, err
	}
	f, err := g.Target.Fingerprint(ctx)
	if err != nil {
		return nil, err
	}
	if dump && f.Exists && f.ReadOnly != "" { // before it is asked about and dumped
		return nil, command.Exit(command.ExitRefused, fmt.Errorf("refused to %s database %s on %s: the server is %s\n%s", verb, f.Database, g.Target.Where(), f.ReadOnly, ReadOnlyAdvice))
	}
	if f.Unknown != "" && f.Exists {
		g.Out.Warn("%s, so nobody can tell whether this is production's database", f.Unknown)
	}
	if f.Protected && f.Exists { // there is nothing to destroy in one that is not there
		g.show(f)
		if err := g.confirm(ctx, verb, f); err != nil {
			return nil, err
		}
	} else if g.Confirm != "" && g.Confirm != f.Database {
		return nil, g.mismatch(f)
	}
	c := &Consent{Fingerprint: f}
	if dump && !g.NoBackup {
		if c.Dumped, err = g.dump(ctx, f); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Fill is asked before made-up rows are put into a protected database: nothing is destroyed, but
// they are hard to tell from the members' own afterwards.
func (g *Guard) Fill(ctx context.Context) error {
	f, err := g.Target.Fingerprint(ctx)
	if err != nil || !f.Protected || !f.Exists {
		return err
	}
	const verb = "put made-up members and cruds into"
	if err := g.Allowed(verb); err != nil {
		return err
	}
	g.show(f)
	return g.confirm(ctx, verb, f)
}

// Allowed is nil unless the switch that no flag overrides is on.
func (g *Guard) Allowed(verb string) error {
	prohibited, err := g.Prohibited()
	if err != nil || !prohibited {
		return err
	}
	return command.Exit(command.ExitRefused, fmt.Errorf("refused to %s database %s on %s: CRUDDUR_PROHIBIT_DESTRUCTIVE is set, and no flag overrides it", verb, g.Target.Database(), g.Target.Where()))
}

func (g *Guard) mismatch(f *dbadmin.Fingerprint) error {
	return command.Exit(command.ExitRefused, fmt.Errorf("refused: --confirm says %q, the database is %q; nothing was done", g.Confirm, f.Database))
}

// confirm wants the database's name: typed, or where there is no terminal in --confirm.
func (g *Guard) confirm(ctx context.Context, verb string, f *dbadmin.Fingerprint) error {
	if g.Confirm != "" {
		if g.Confirm != f.Database {
			return g.mismatch(f)
		}
		return nil
	}
	answer, err := g.Asker.Ask(ctx, fmt.Sprintf("Type the database's name to %s database %s on %s: ", verb, terminal.Paint(g.Out.HeadColor, terminal.PaintBold, f.Database), g.Target.Where()))
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

// show prints on stderr what is about to be destroyed.
func (g *Guard) show(f *dbadmin.Fingerprint) {
	g.Out.Warn("this database is protected: %s", strings.Join(f.Reasons, "; "))
	for _, line := range Lines(f) {
		fmt.Fprintf(g.Out.Err, "  %-15s %s\n", line[0], line[1])
	}
}

// dump has a database dumped that holds rows and is small enough. On a protected target a dump that
// fails ends the command; elsewhere it is a warning.
func (g *Guard) dump(ctx context.Context, f *dbadmin.Fingerprint) (string, error) {
	if !f.Exists || f.Unusable != "" {
		return "", nil
	}
	if rows, err := g.Target.HoldsRows(ctx); err != nil || !rows {
		return "", err
	}
	if f.Bytes > dbadmin.BackupLimit {
		g.Out.Warn("%s is too large for an automatic dump (limit %s); make one yourself: %s", terminal.ByteText(f.Bytes), terminal.ByteText(dbadmin.BackupLimit), g.Target.Command("dump -o FILE"))
		return "", nil
	}
	path, size, err := g.Dumper.Dump(ctx)
	switch {
	case err == nil:
		g.Out.Say("dumped first to %s (%s)", path, terminal.ByteText(size))
		return path, nil
	case ctx.Err() != nil:
		return "", err
	case f.Protected:
		return "", fmt.Errorf("no dump could be made first, so nothing was done (--no-backup goes on without): %w", err)
	}
	g.Out.Warn("no dump was made first: %v", dbadmin.Explain(err))
	return "", nil
}
