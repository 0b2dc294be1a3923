// Package guard decides whether a command may destroy its target: it finds the database, asks for consent if
// the database is protected, and has it dumped first. It must not destroy anything itself. The question, the
// dump and the target are small interfaces, so that each decision is tested without a terminal or a server.
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

// Target is the database in question: a *dbadmin.Admin.
type Target interface {
	Fingerprint(ctx context.Context) (*dbadmin.Fingerprint, error)
	HoldsRows(ctx context.Context) (bool, error)
	Database() string
	Where() string
	Command(rest string) string // a command line of cruddur db on the same database
}

// Asker asks the operator a question, as terminal.Ask does.
type Asker interface {
	Ask(ctx context.Context, question string) (answer string, err error)
}

// Dumper makes the dump before the destruction.
type Dumper interface {
	Dump(ctx context.Context) (path string, size int64, err error)
}

// Guard protects one database during one run of a command.
type Guard struct {
	Target     Target
	Asker      Asker
	Dumper     Dumper
	Out        *terminal.Output
	Prohibited func() (bool, error) // the switch that no flag overrides, CRUDDUR_PROHIBIT_DESTRUCTIVE
	Confirm    string               // the name given with --confirm, or ""
	NoBackup   bool                 // --no-backup
}

// Consent is what the guard has found and done before the command may go on.
type Consent struct {
	Fingerprint *dbadmin.Fingerprint
	Dumped      string // the file of the automatic dump, or "" if there is none
}

// ReadOnlyAdvice is the advice for a server that refuses to write.
const ReadOnlyAdvice = "name its primary; of several hosts target_session_attrs=read-write finds it"

// Destroy must be called before anything is destroyed. For a protected target it prints what the target is
// and asks for the database's name; for another it asks nothing. With dump set it has the database dumped
// first, unless --no-backup is given. verb completes "to … database NAME". After an error nothing may be
// destroyed.
func (g *Guard) Destroy(ctx context.Context, verb string, dump bool) (*Consent, error) {
	if err := g.Allowed(verb); err != nil {
		return nil, err
	}
	f, err := g.Target.Fingerprint(ctx)
	if err != nil {
		return nil, err
	}
	if dump && f.Exists && f.ReadOnly != "" { // before the question and the dump
		return nil, command.Exit(command.ExitRefused, fmt.Errorf("refused to %s database %s on %s: the server is %s\n%s", verb, f.Database, g.Target.Where(), f.ReadOnly, ReadOnlyAdvice))
	}
	if f.Unknown != "" && f.Exists {
		g.Out.Warn("%s, so it is unknown whether this is the production database", f.Unknown)
	}
	if f.Protected && f.Exists { // a database that does not exist has nothing to destroy
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

// Fill must be called before made-up rows are inserted into a protected database: nothing is destroyed, but
// afterwards the rows are hard to tell from the members' own.
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

// Allowed returns an error if the switch that no flag overrides is on.
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

// confirm requires the database's name: typed, or given with --confirm if there is no terminal.
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

// dump has a database dumped if it has rows and is small enough. On a protected target a failed dump ends the
// command; on another it is a warning.
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
		return "", fmt.Errorf("no dump could be made first, so nothing was done (--no-backup skips it): %w", err)
	}
	g.Out.Warn("no dump was made first: %v", dbadmin.Explain(err))
	return "", nil
}
