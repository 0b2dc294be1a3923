package dbcmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

func (p *group) doctor() action {
	var fix, strict bool
	var idle time.Duration
	return action{
		use: "doctor", short: "Check the database's health and suggest fixes", heading: "db-doctor",
		long: `Check the database from the outside in: name, network, password, TLS, role, tools, migrations, settings,
indexes, expired rows, sessions. The exit code is 6 if a check failed, or 7 if the server cannot be reached.
--fix makes the safe repairs: time zone, rights on the schema public, invalid or missing indexes, and the
deletion of expired rows.`,
		flags: func(f *pflag.FlagSet) {
			f.BoolVar(&fix, "fix", false, "make the safe repairs")
			f.DurationVar(&idle, "idle-limit", time.Minute, "report a transaction that is idle for longer than this")
			f.BoolVar(&strict, "strict", false, "exit with code 6 for warnings too")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			if fix {
				r.while("earlier fixes stay; see what is left: %s", r.admin.Command("doctor"))
			}
			list, err := r.admin.Doctor(ctx, r.tools, dbadmin.DoctorOptions{Now: time.Now(), IdleLimit: idle, Fix: fix})
			if err != nil {
				return err
			}
			t := &terminal.Table{Columns: []terminal.Column{{Title: "CHECK"}, {Title: "STATUS", Paint: checkPaint}, {Title: "FOUND", Wrap: true}}}
			failed, warned, fixable := 0, 0, 0
			for _, c := range list {
				t.Add(c.Name, string(c.Status), c.Found)
				if c.Status == dbadmin.CheckFail {
					failed++
				}
				if c.Status == dbadmin.CheckWarn {
					warned++
				}
				if c.Fixable && c.Status != dbadmin.CheckFixed {
					fixable++
				}
			}
			if err := r.Print(map[string]any{"checks": list}, t); err != nil {
				return err
			}
			r.fixes(list, fixable, fix)
			if failed > 0 || strict && warned > 0 {
				return command.Exit(doctorCode(list), fmt.Errorf("%d failed, %d warnings", failed, warned))
			}
			return nil
		},
	}
}

// fixes prints the suggested fix of each finding; with a pipe the fixes are in the JSON document.
func (r *run) fixes(list []dbadmin.Check, fixable int, fixed bool) {
	if r.JSON {
		return
	}
	for _, c := range list {
		if c.Fix != "" && c.Status != dbadmin.CheckOK && c.Status != dbadmin.CheckFixed {
			r.Hint(c.Name, c.Fix)
		}
	}
	if fixable > 0 && !fixed {
		r.Say("%d of them can be fixed with: %s", fixable, r.admin.Command("doctor --fix"))
	}
}

func doctorCode(list []dbadmin.Check) int {
	if kind, unreached := dbadmin.Unreached(list); unreached {
		return command.ExitCode(context.Background(), &dbadmin.Error{Kind: kind})
	}
	return command.ExitFindings
}

func checkPaint(status string) string {
	return map[string]string{"ok": terminal.PaintGood, "fixed": terminal.PaintGood, "warn": terminal.PaintWarn, "fail": terminal.PaintBad, "skipped": terminal.PaintDim}[status]
}
