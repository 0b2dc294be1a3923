package guard_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

// desk is a guard with a fake database, operator and dumper. It records the questions and the dumps.
type desk struct {
	guard.Guard
	print dbadmin.Fingerprint // of the database
	rows  bool                // it holds some
	said  bytes.Buffer        // on stderr

	answer   string
	askErr   error
	asked    []string
	dumpErr  error
	dumped   int
	printErr error
	rowsErr  error
}

// newDesk is a database of a megabyte with rows, on this machine. protected makes it production's.
func newDesk(protected bool) *desk {
	d := &desk{rows: true, print: dbadmin.Fingerprint{Host: "db.example.org", Port: 5432, Database: "prod", User: "ana", Exists: true, Bytes: 1 << 20}}
	if protected {
		d.print.Protected, d.print.Reasons = true, []string{"it is marked", "its name is prod"}
	}
	d.Guard = guard.Guard{
		Target: d, Asker: d, Dumper: d, Out: &terminal.Output{Out: io.Discard, Err: &d.said},
		Prohibited: func() (bool, error) { return false, nil },
	}
	return d
}

func (d *desk) Fingerprint(context.Context) (*dbadmin.Fingerprint, error) {
	return &d.print, d.printErr
}

func (d *desk) HoldsRows(context.Context) (bool, error) { return d.rows, d.rowsErr }

func (d *desk) Database() string           { return d.print.Database }
func (d *desk) Where() string              { return d.print.Host }
func (d *desk) Command(rest string) string { return "cruddur db " + rest }

func (d *desk) Ask(_ context.Context, question string) (string, error) {
	d.asked = append(d.asked, question)
	return d.answer, d.askErr
}

func (d *desk) Dump(context.Context) (string, int64, error) {
	if d.dumpErr != nil {
		return "", 0, d.dumpErr
	}
	d.dumped++
	return "/backups/prod.dump", 2048, nil
}

// goesOn requires consent, after this many questions and dumps.
func (d *desk) goesOn(t *testing.T, questions, dumps int) {
	t.Helper()
	c, err := d.Destroy(t.Context(), "drop", true)
	if err != nil {
		t.Fatalf("Destroy() = %v, want consent\n%s", err, d.said.String())
	}
	if len(d.asked) != questions || d.dumped != dumps {
		t.Errorf("%d questions and %d dumps, want %d and %d: %q", len(d.asked), d.dumped, questions, dumps, d.asked)
	}
	if want := map[bool]string{true: "/backups/prod.dump"}[dumps > 0]; c.Dumped != want || c.Fingerprint != &d.print {
		t.Errorf("Destroy() = %+v, want the dump %q", c, want)
	}
}

// refuses wants no consent, no dump, an exit code and words of the error.
func (d *desk) refuses(t *testing.T, code int, words ...string) {
	t.Helper()
	c, err := d.Destroy(t.Context(), "drop", true)
	d.refused(t, err, code, words...)
	if c != nil {
		t.Errorf("Destroy() = %+v beside its error", c)
	}
}

func (d *desk) refused(t *testing.T, err error, code int, words ...string) {
	t.Helper()
	if err == nil || command.ExitCode(t.Context(), err) != code {
		t.Fatalf("error %v, want exit code %d\n%s", err, code, d.said.String())
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q, want %q in it", err, w)
		}
	}
	if d.dumped != 0 {
		t.Errorf("%d dumps were made for nothing", d.dumped)
	}
}

func (d *desk) says(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(d.said.String(), w) {
			t.Errorf("it says %q, want %q in it", d.said.String(), w)
		}
	}
}

func TestUnprotected(t *testing.T) {
	t.Parallel()
	d := newDesk(false)
	d.goesOn(t, 0, 1)
	d.says(t, "dumped first to /backups/prod.dump (2.0 kB)")
	if strings.Contains(d.said.String(), "protected") {
		t.Errorf("an unprotected database is shown as protected: %s", d.said.String())
	}
}

func TestNoBackup(t *testing.T) {
	t.Parallel()
	d := newDesk(false)
	d.NoBackup = true
	d.goesOn(t, 0, 0)
	d = newDesk(false)
	if c, err := d.Destroy(t.Context(), "unprotect", false); err != nil || c.Dumped != "" || d.dumped != 0 {
		t.Errorf("a command that destroys no rows: %+v, %v, %d dumps", c, err, d.dumped)
	}
}

// A protected database is shown, and its name must be typed, to the letter.
func TestTypedName(t *testing.T) {
	t.Parallel()
	d := newDesk(true)
	d.answer = "prod"
	d.goesOn(t, 1, 1)
	if want := "Type the database's name to drop database prod on db.example.org: "; d.asked[0] != want {
		t.Errorf("it asks %q, want %q", d.asked[0], want)
	}
	d.says(t, "this database is protected: it is marked; its name is prod", "host            db.example.org\n", "database        prod\n", "user            ana\n")
	for _, answer := range []string{"", "y", "yes", "no", "Prod", "prod ", "prod2", "pro"} {
		d := newDesk(true)
		d.answer = answer
		d.refuses(t, command.ExitRefused, "not confirmed", `is not "prod"`, "nothing was done")
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	d := newDesk(true)
	d.askErr = terminal.ErrNobody
	d.refuses(t, command.ExitRefused, "without a terminal to ask on", "nothing was done", "--confirm prod")
	d = newDesk(true)
	d.askErr = io.EOF // Ctrl-D
	d.refuses(t, command.ExitRefused, `not confirmed: "" is not "prod"`)
	d = newDesk(true)
	d.answer, d.askErr = "prod", errors.New("the terminal is gone") // what came before the error counts for nothing
	d.refuses(t, command.ExitFailed, "the terminal is gone")
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	d := newDesk(true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.answer, d.askErr = "prod", ctx.Err()
	if c, err := d.Destroy(ctx, "drop", true); c != nil || command.ExitCode(ctx, err) != command.ExitInterrupted || d.dumped != 0 {
		t.Errorf("Destroy() after Ctrl-C = %+v, %v, %d dumps", c, err, d.dumped)
	}
}

// --confirm is the name in writing. Another name refuses on any target: it was meant for another database.
func TestConfirm(t *testing.T) {
	t.Parallel()
	for _, protected := range []bool{true, false} {
		d := newDesk(protected)
		d.Confirm = "prod"
		d.goesOn(t, 0, 1)
		for _, name := range []string{"staging", "PROD", "prod "} {
			d := newDesk(protected)
			d.Confirm, d.answer = name, "prod"
			d.refuses(t, command.ExitRefused, "--confirm says", `the database is "prod"`, "nothing was done")
			if len(d.asked) != 0 {
				t.Errorf("--confirm %q on a protected %v: asked %q", name, protected, d.asked)
			}
		}
	}
}

func TestProhibited(t *testing.T) {
	t.Parallel()
	for _, protected := range []bool{true, false} {
		d := newDesk(protected)
		d.Prohibited = func() (bool, error) { return true, nil }
		d.Confirm, d.answer, d.NoBackup = "prod", "prod", true // no flag overrides it
		d.refuses(t, command.ExitRefused, "refused to drop database prod on db.example.org", "CRUDDUR_PROHIBIT_DESTRUCTIVE")
		if len(d.asked) != 0 {
			t.Errorf("it asks %q", d.asked)
		}
	}
	d := newDesk(false)
	d.Prohibited = func() (bool, error) {
		return false, command.Exit(command.ExitUsage, errors.New("want true or false"))
	}
	d.refuses(t, command.ExitUsage, "want true or false")
}

// Where the target cannot be looked at, nothing may be done to it.
func TestUnknownTarget(t *testing.T) {
	t.Parallel()
	d := newDesk(true)
	d.printErr = errors.New("no connection")
	d.refuses(t, command.ExitFailed, "no connection")
	d = newDesk(false)
	d.rowsErr = errors.New("rows cannot be counted")
	d.refuses(t, command.ExitFailed, "rows cannot be counted")
	d = newDesk(false)
	d.print.Unknown = "production does not answer"
	d.goesOn(t, 0, 1)
	d.says(t, "warning: production does not answer, so it is unknown whether this is the production database")
}

func TestMissingDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(true)
	d.print.Exists, d.print.ReadOnly, d.print.Unknown = false, "a standby", "production does not answer"
	d.goesOn(t, 0, 0) // there is nothing to destroy or to dump
	if d.said.Len() > 0 {
		t.Errorf("of a database that does not exist it says %q", d.said.String())
	}
	d = newDesk(true)
	d.print.Exists, d.Confirm = false, "staging"
	d.refuses(t, command.ExitRefused, `--confirm says "staging"`)
}

func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	d := newDesk(true)
	d.print.ReadOnly, d.answer = "a standby", "prod"
	d.refuses(t, command.ExitRefused, "refused to drop database prod on db.example.org: the server is a standby", "name its primary")
	if len(d.asked) != 0 {
		t.Errorf("it asks before it refuses: %q", d.asked)
	}
	d = newDesk(false)
	d.print.ReadOnly = "a standby"
	if _, err := d.Destroy(t.Context(), "end every other session of", false); err != nil {
		t.Errorf("what writes no rows is refused on a standby: %v", err)
	}
}

// Without its dump a protected database stays; elsewhere a warning is enough.
func TestDumpFails(t *testing.T) {
	t.Parallel()
	d := newDesk(true)
	d.answer, d.dumpErr = "prod", errors.New("the disk is full")
	c, err := d.Destroy(t.Context(), "drop", true)
	if c != nil {
		t.Errorf("Destroy() = %+v beside its error", c)
	}
	d.refused(t, err, command.ExitFailed, "no dump could be made first, so nothing was done", "--no-backup", "the disk is full")
	if !errors.Is(err, d.dumpErr) {
		t.Errorf("the cause is lost: %v", err)
	}
	d = newDesk(true)
	d.Confirm, d.dumpErr = "prod", errors.New("the disk is full")
	d.refuses(t, command.ExitFailed, "nothing was done")
	d = newDesk(false)
	d.dumpErr = errors.New("the disk is full")
	d.goesOn(t, 0, 0)
	d.says(t, "warning: no dump was made first: the disk is full")
	d = newDesk(false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.dumpErr = ctx.Err()
	if c, err := d.Destroy(ctx, "drop", true); c != nil || command.ExitCode(ctx, err) != command.ExitInterrupted {
		t.Errorf("Destroy() with a dump that Ctrl-C has ended = %+v, %v", c, err)
	}
}

// Up to the limit a database is dumped; above it is said who has to do it, and how.
func TestBackupLimit(t *testing.T) {
	t.Parallel()
	d := newDesk(false)
	d.print.Bytes = dbadmin.BackupLimit
	d.goesOn(t, 0, 1)
	for _, protected := range []bool{true, false} {
		d := newDesk(protected)
		d.print.Bytes, d.Confirm = dbadmin.BackupLimit+1, "prod"
		d.goesOn(t, 0, 0)
		d.says(t, "warning: 50.0 MB is too large for an automatic dump (limit 50.0 MB); make one yourself: cruddur db dump -o FILE")
	}
}

func TestNothingToDump(t *testing.T) {
	t.Parallel()
	d := newDesk(false)
	d.rows = false
	d.goesOn(t, 0, 0)
	d = newDesk(false)
	d.print.Unusable = "it is invalid"
	d.goesOn(t, 0, 0)
}

// Made-up rows are put into any database but a protected one, for which consent is the same.
func TestFill(t *testing.T) {
	t.Parallel()
	prohibited := func() (bool, error) { return true, nil }
	d := newDesk(false)
	d.Prohibited = prohibited // nothing is destroyed
	if err := d.Fill(t.Context()); err != nil || len(d.asked) != 0 {
		t.Errorf("Fill() of an unprotected database = %v, asked %q", err, d.asked)
	}
	d = newDesk(true)
	d.print.Exists, d.Prohibited = false, prohibited
	if err := d.Fill(t.Context()); err != nil || len(d.asked) != 0 {
		t.Errorf("Fill() of a database that is not there = %v, asked %q", err, d.asked)
	}
	d = newDesk(true)
	d.Prohibited, d.Confirm, d.answer = prohibited, "prod", "prod"
	d.refused(t, d.Fill(t.Context()), command.ExitRefused, "put made-up members and cruds into database prod", "CRUDDUR_PROHIBIT_DESTRUCTIVE")
	if len(d.asked) != 0 {
		t.Errorf("a prohibited Fill() asks %q", d.asked)
	}
	d = newDesk(true)
	d.answer = "prod"
	if err := d.Fill(t.Context()); err != nil || len(d.asked) != 1 || !strings.Contains(d.asked[0], "put made-up members and cruds into database prod") || d.dumped != 0 {
		t.Errorf("Fill() with the name typed = %v, asked %q, %d dumps", err, d.asked, d.dumped)
	}
	d.says(t, "this database is protected", "database        prod\n")
	d = newDesk(true)
	d.answer = "yes"
	d.refused(t, d.Fill(t.Context()), command.ExitRefused, "not confirmed")
	d = newDesk(true)
	d.askErr = terminal.ErrNobody
	d.refused(t, d.Fill(t.Context()), command.ExitRefused, "--confirm prod")
	d = newDesk(true)
	d.Confirm = "staging"
	d.refused(t, d.Fill(t.Context()), command.ExitRefused, "--confirm says")
	d = newDesk(true)
	d.printErr = errors.New("no connection")
	d.refused(t, d.Fill(t.Context()), command.ExitFailed, "no connection")
}

// A colour belongs to the question on a terminal that wants it, and not to the name that is compared.
func TestQuestionInColour(t *testing.T) {
	t.Parallel()
	d := newDesk(true)
	d.Out.HeadColor, d.answer = true, "prod"
	d.goesOn(t, 1, 1)
	if !strings.Contains(d.asked[0], "\x1b[1mprod\x1b[0m") {
		t.Errorf("it asks %q", d.asked[0])
	}
}
