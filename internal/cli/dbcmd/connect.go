package dbcmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
	"cruddur/internal/sqlscript"
)

func (p *group) connect() action {
	var sql, file, role string
	var builtin bool
	return action{
		use: "connect", short: "Open psql on the database, or run a statement", heading: "db-connect",
		long: `Open psql on the database. psql gets the password through its environment, never through its arguments,
which everybody on the machine can read. With -c or -f it runs SQL, prints the result and ends; an error
gives a non-zero exit code. --builtin needs no psql; it knows \l, \dt, \d NAME, \x and \q. With --json the
built-in client is used and runs the SQL of -c, -f or standard input.`,
		flags: func(f *pflag.FlagSet) {
			f.StringVarP(&sql, "command", "c", "", "run this SQL and exit")
			f.StringVarP(&file, "file", "f", "", "run this SQL file in one transaction and exit; - is standard input")
			f.StringVar(&role, "role", "", "the role to act as (SET ROLE); this user must be a member of it")
			f.BoolVar(&builtin, "builtin", false, "use the built-in client")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			switch {
			case sql != "" && file != "":
				return command.Exit(command.ExitUsage, errors.New("give -c or -f"))
			case file != "":
				return r.runFile(ctx, file, role)
			case r.JSON && sql == "" && terminal.Is(r.Stdin):
				return command.Exit(command.ExitUsage, errors.New("--json: give the SQL with -c or -f"))
			case builtin || r.JSON:
				return r.console(ctx, sql, role)
			}
			return r.psql(ctx, sql, role)
		},
	}
}

// psql runs psql until it ends; psql handles Ctrl-C itself.
func (r *run) psql(ctx context.Context, sql, role string) error {
	args := []string{}
	if sql != "" {
		args = append(args, "--no-psqlrc", "--command="+sql)
	}
	cmd, err := r.admin.Psql(ctx, r.tools, role, args...)
	if missing, ok := errors.AsType[*dbadmin.MissingTool](err); ok {
		return command.Exit(command.ExitMissing, fmt.Errorf("%w\nor use the built-in client: %s", missing, r.admin.Command("connect --builtin")))
	}
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r.Stdin, r.Out, r.Err
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if ctx.Err() != nil {
			return command.Exit(command.ExitInterrupted, nil)
		}
		return command.Exit(command.ExitFailed, fmt.Errorf("psql ended with exit code %d", exit.ExitCode()))
	}
	if err == nil && ctx.Err() != nil {
		return command.Exit(command.ExitOK, nil) // Ctrl-C in psql cancels a statement; psql itself ended normally
	}
	return err
}

// runFile runs an SQL file and prints the results of its statements.
func (r *run) runFile(ctx context.Context, path, role string) error {
	name, text, err := r.readFile(ctx, path)
	if err != nil {
		return err
	}
	s := &consoleRun{run: r}
	n, err := r.admin.RunFile(ctx, name, text, dbadmin.FileRun{Role: role, Answer: func(one dbadmin.Result) error {
		if len(one.Columns) == 0 && !r.JSON {
			return nil // the final count is enough
		}
		return s.show(one)
	}})
	if err != nil {
		return err
	}
	s.noteResults()
	r.note("statements", n)
	r.did("ran %s: %d statements", name, n)
	return nil
}

// console is the built-in client: it reads input up to the semicolon of a statement.
func (r *run) console(ctx context.Context, sql, role string) error {
	c, err := r.admin.Console(ctx, role)
	if err != nil {
		return err
	}
	defer func() { c.Close(ctx) }()
	r.while("the running statement was told to stop; earlier statements stay unless they were in an open transaction")
	s := &consoleRun{run: r, c: c, talks: terminal.Is(r.Stdin)}
	if sql != "" {
		defer s.noteResults()
		if strings.HasPrefix(strings.TrimSpace(sql), `\`) {
			_, err := s.line(ctx, sql)
			return err
		}
		return s.execute(ctx, sql)
	}
	defer s.noteResults()
	if s.talks {
		r.Say(`database %s on %s; end a statement with ; and leave with \q`, r.admin.Database(), r.admin.Where())
	}
	in := bufio.NewReader(terminal.Interruptible(ctx, r.Stdin))
	for first := true; ; first = false {
		s.prompt()
		line, err := in.ReadString('\n')
		if first {
			line = sqlscript.TrimMark(line)
		}
		if stop, stepErr := s.line(ctx, line); stop || stepErr != nil {
			return stepErr
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, io.EOF) {
			if s.talks {
				fmt.Fprintln(r.Err)
			}
			if strings.TrimSpace(s.pending) != "" {
				return s.execute(ctx, s.pending)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

type consoleRun struct {
	*run
	c        *dbadmin.Console
	talks    bool
	pending  string
	expanded bool
	answers  []map[string]any // for --json
}

// noteResults makes one document of the results of all statements. For a single statement its rows stand at
// the top level too.
func (s *consoleRun) noteResults() {
	if !s.JSON || s.answers == nil {
		return
	}
	s.note("results", s.answers)
	if len(s.answers) == 1 && s.answers[0]["rows"] != nil {
		s.note("rows", s.answers[0]["rows"])
	}
}

func (s *consoleRun) prompt() {
	if !s.talks {
		return
	}
	sign := map[byte]string{'I': "", 'T': "*", 'E': "!"}[s.c.Transaction()]
	if s.pending != "" {
		sign += "-"
	}
	fmt.Fprintf(s.Err, "%s%s> ", s.admin.Database(), sign)
}

// line handles one line of input. An error ends a script; at a terminal the error is printed and the session
// goes on.
func (s *consoleRun) line(ctx context.Context, line string) (stop bool, err error) {
	trimmed := strings.TrimSpace(line)
	if s.pending == "" && strings.HasPrefix(trimmed, `\`) {
		switch {
		case trimmed == `\q`:
			return true, nil
		case trimmed == `\x`:
			s.expanded = !s.expanded
			s.Say("expanded display is %s", map[bool]string{true: "on", false: "off"}[s.expanded])
			return false, nil
		}
		sql, ok := dbadmin.Describe(trimmed)
		if !ok {
			return false, s.failed(fmt.Errorf(`unknown command %s; known are \l, \dt, \d NAME, \x and \q`, trimmed))
		}
		return false, s.failed(s.execute(ctx, sql))
	}
	s.pending += line
	if !strings.HasSuffix(trimmed, ";") {
		return false, nil
	}
	sql := s.pending
	s.pending = ""
	return false, s.failed(s.execute(ctx, sql))
}

func (s *consoleRun) failed(err error) error {
	if err != nil && s.talks {
		fmt.Fprintln(s.Err, terminal.Paint(s.HeadColor, terminal.PaintBad, "error: ")+dbadmin.Explain(err))
		return nil
	}
	return err
}

func (s *consoleRun) execute(ctx context.Context, sql string) error {
	results, err := s.c.Run(ctx, sql)
	for _, one := range results {
		if err := s.show(one); err != nil {
			return err
		}
	}
	if at := dbadmin.ErrorPosition(err); at > 0 {
		return fmt.Errorf("%w\n%s", err, sqlscript.Locate(sql, sqlscript.ByteOffset(sql, at)).Caret())
	}
	return err
}

func (s *consoleRun) show(result dbadmin.Result) error {
	switch {
	case s.JSON && len(result.Columns) == 0:
		s.answers = append(s.answers, map[string]any{"command": result.Tag})
		return nil
	case len(result.Columns) == 0:
		s.Say("%s", result.Tag)
		return nil
	case s.JSON:
		rows := []map[string]any{}
		for i, row := range result.Rows {
			one := map[string]any{}
			for j, name := range result.Columns {
				one[name] = row[j]
				if result.Null[i][j] {
					one[name] = nil
				}
			}
			rows = append(rows, one)
		}
		s.answers = append(s.answers, map[string]any{"command": result.Tag, "columns": result.Columns, "rows": rows})
		return nil
	case s.expanded:
		for i, row := range result.Rows {
			fmt.Fprintf(s.Out, "-- %d\n", i+1)
			for j, name := range result.Columns {
				fmt.Fprintf(s.Out, "%s: %s\n", name, terminal.Clean(row[j]))
			}
		}
		return nil
	}
	t := &terminal.Table{}
	for _, name := range result.Columns {
		t.Columns = append(t.Columns, terminal.Column{Title: name, Least: 10})
	}
	for _, row := range result.Rows {
		t.Add(row...)
	}
	return t.Write(s.Output)
}
