package rdscmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

// auditFlags are the flags of rds audit.
type auditFlags struct {
	failOn, lambda, pool         string
	instances, accounts, regions []string
	sarif, markdown, fix, yes    bool
	outside                      bool
	list                         bool
}

func (p *group) auditCommand(f *flags) *cobra.Command {
	a := new(auditFlags)
	c := &cobra.Command{
		Use:   "audit [CHECK|INSTANCE]…",
		Short: "Check the database's security, and print a remedy for each failure",
		Long: strings.TrimSpace(`
Check one instance, or all of the region, against the RDS controls of AWS Security Hub and CIS and some
more. Without arguments every check runs; arguments are checks (by id, RDS.2 or "CIS 2.2.3") or instances.
Replace the words in capitals in a remedy with your own values.

PASS, FAIL, WARN, N/A: does not apply. UNKNOWN: could not be read, which never counts as a pass.
The exit code is 6 if a FAIL is at or above --fail-on, and 5 if an UNKNOWN is. If the region has no
PostgreSQL instance, only the account is checked (snapshots, trails, …), and the exit code is 4 instead of 0.
Instances of other engines are refused by name; the check "coverage" lists them.`),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exclusive(cmd, "sarif", "markdown", "list", "json"); err != nil && !a.list {
				return err
			}
			return p.audit(cmd.Context(), f, a, args)
		},
	}
	flags := c.Flags()
	flags.StringVar(&a.failOn, "fail-on", "high", "the lowest severity that gives exit code 6: info, low, medium, high, critical or never")
	flags.StringSliceVar(&a.instances, "instance", nil, "an instance whose name is also the name of a check")
	flags.StringSliceVar(&a.accounts, "allow-account", nil, "accounts that may restore snapshots")
	flags.StringSliceVar(&a.regions, "allow-region", nil, "the regions where a database is allowed ($CRUDDUR_ALLOWED_REGIONS)")
	flags.StringVar(&a.lambda, "lambda", "", "also check the post-confirmation Lambda function of this name")
	flags.StringVar(&a.pool, "user-pool", "", "the only user pool that may invoke it ($AWS_COGNITO_USER_POOL_ID)")
	flags.BoolVar(&a.outside, "outside", false, "do not connect to the database ($PROD_CONNECTION_URL) to look at its roles")
	flags.BoolVar(&a.sarif, "sarif", false, "print a SARIF 2.1.0 log for code hosts")
	flags.BoolVar(&a.markdown, "markdown", false, "print a Markdown page")
	flags.BoolVar(&a.fix, "fix", false, "apply the immediate and harmless remedies, after a question for each")
	flags.BoolVar(&a.yes, "yes", false, "with --fix: do not ask")
	flags.BoolVar(&a.list, "list", false, "list the checks")
	return c
}

func (p *group) audit(ctx context.Context, f *flags, a *auditFlags, args []string) error {
	o := p.output(f)
	if a.list {
		return listChecks(o)
	}
	floor := rds.Severity("never")
	if a.failOn != "never" {
		var err error
		if floor, err = rds.ParseSeverity(a.failOn); err != nil {
			return command.Exit(command.ExitUsage, err)
		}
	}
	options, err := p.auditOptions(a, args)
	if err != nil {
		return err
	}
	client, err := p.client(ctx, f)
	if err != nil {
		return err
	}
	report, err := client.Audit(ctx, options)
	if err != nil {
		return err
	}
	if err := printReport(o, a, report, p.Version); err != nil {
		return err
	}
	if a.fix {
		if err := p.fix(ctx, o, client, report, a.yes); err != nil {
			return err
		}
	}
	return auditExit(o, report, floor)
}

func auditExit(o *terminal.Output, report *rds.Report, floor rds.Severity) error {
	unknown := 0
	for _, f := range report.Findings {
		if f.State == rds.Unknown && f.Severity.AtLeast(floor) {
			unknown++
		}
	}
	switch n := report.Failed(floor); {
	case n > 0:
		if report.NoInstance != nil {
			o.Say("%s; only the account was checked", report.NoInstance)
		}
		return command.Exit(command.ExitFindings, fmt.Errorf("findings at or above %s: %d", floor, n))
	case unknown > 0:
		return command.Exit(command.ExitPending, fmt.Errorf("the audit is incomplete: checks at or above %s that could not be made: %d", floor, unknown))
	}
	return report.NoInstance
}

func (p *group) auditOptions(a *auditFlags, args []string) (rds.AuditOptions, error) {
	o := rds.AuditOptions{Instances: a.instances, AllowedAccounts: a.accounts, AllowedRegions: a.regions, Lambda: a.lambda, UserPool: a.pool}
	for _, arg := range args {
		if rds.IsCheck(arg) {
			o.Checks = append(o.Checks, arg)
		} else {
			o.Instances = append(o.Instances, arg)
		}
	}
	if len(o.AllowedRegions) == 0 {
		regions, err := p.Config.Text("CRUDDUR_ALLOWED_REGIONS")
		if err != nil {
			return o, err
		}
		o.AllowedRegions = strings.FieldsFunc(regions, func(r rune) bool { return r == ',' || r == ' ' })
	}
	raw, err := p.Config.Text("PROD_CONNECTION_URL")
	if err != nil {
		return o, err
	}
	if raw != "" {
		target, err := rds.ParseURL(raw)
		if err != nil {
			return o, command.Exit(command.ExitUsage, fmt.Errorf("PROD_CONNECTION_URL: %w", err))
		}
		o.Connection = &rds.Connection{Host: target.Host, User: target.User, SSLMode: target.SSLMode}
		if !a.outside {
			o.Database = &insideRDS{p}
		}
	}
	return o, nil
}

func listChecks(o *terminal.Output) error {
	t := &terminal.Table{Columns: []terminal.Column{{Title: "CHECK"}, {Title: "ALIASES", Least: 8}, {Title: "SEVERITY"}, {Title: "TITLE", Least: 20}}}
	list := []map[string]any{}
	for _, k := range rds.Checks() {
		t.Add(k.ID, strings.Join(k.Aliases, ", "), string(k.Severity), k.Title)
		list = append(list, map[string]any{"id": k.ID, "aliases": k.Aliases, "severity": k.Severity, "title": k.Title, "expected": k.Expected})
	}
	return o.Print(map[string]any{"checks": list}, t)
}

func printReport(o *terminal.Output, a *auditFlags, report *rds.Report, version string) error {
	switch {
	case a.sarif:
		return writeJSON(o, report.SARIF(version))
	case a.markdown:
		return report.Markdown(o.Out)
	case o.JSON:
		return writeJSON(o, report)
	}
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "STATE", Paint: paintState}, {Title: "SEVERITY"}, {Title: "CHECK"}, {Title: "INSTANCE", Drop: 1}, {Title: "OBSERVED", Least: 30},
	}}
	if !o.Terminal {
		t.Columns = append(t.Columns, terminal.Column{Title: "EXPECTED"}, terminal.Column{Title: "REMEDY"}, terminal.Column{Title: "DOWNTIME"})
	}
	for _, f := range report.Sorted() {
		cells := []string{string(f.State), string(f.Severity), f.Check, f.Instance, f.Observed}
		if !o.Terminal {
			cells = append(cells, f.Expected, f.Remedy, f.Downtime)
		}
		t.Add(cells...)
	}
	if err := t.Write(o); err != nil {
		return err
	}
	if o.Terminal {
		remedies(o, report)
	}
	o.Say("%s", report.Summary())
	return nil
}

// remedies prints below the table, for each failure, why it matters and what to type, and which checks could
// not read everything.
func remedies(o *terminal.Output, report *rds.Report) {
	for _, f := range report.Sorted() {
		if f.State == rds.Unknown {
			fmt.Fprintf(o.Out, "\n%s: %s\n  %s\n", terminal.Paint(o.Color, terminal.PaintWarn, f.Name()), f.Title, f.Observed)
		}
		if f.State != rds.Fail {
			continue
		}
		fmt.Fprintf(o.Out, "\n%s: %s\n  why:      %s\n  remedy:   %s\n  downtime: %s\n",
			terminal.Paint(o.Color, paintState(string(f.State)), f.Name()), f.Title, f.Why, f.Remedy, f.Downtime)
	}
	fmt.Fprintln(o.Out)
}

func paintState(s string) string {
	switch rds.State(s) {
	case rds.Pass:
		return terminal.PaintGood
	case rds.Fail:
		return terminal.PaintBad
	case rds.Warn, rds.Unknown:
		return terminal.PaintWarn
	}
	return terminal.PaintDim
}

func writeJSON(o *terminal.Output, v any) error {
	e := json.NewEncoder(o.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// fix applies the harmless remedies one by one; without a terminal and without --yes it does nothing.
func (p *group) fix(ctx context.Context, o *terminal.Output, client *rds.Client, report *rds.Report, yes bool) error {
	fixed := 0
	for i, f := range report.Findings {
		if !f.Fixable {
			continue
		}
		if !yes {
			line, err := guard.Answer(ctx, guard.Operator{In: p.Stdin, Out: p.Stderr}, fmt.Sprintf("%s of %s: %s\n  %s\n  downtime: %s. Apply? [y/N] ", f.Check, f.Instance, f.Observed, f.Remedy, f.Downtime))
			if errors.Is(err, terminal.ErrNobody) {
				return command.Exit(command.ExitRefused, errors.New("--fix asks before each remedy, but there is no terminal to answer on; nothing was changed\n  next: add --yes"))
			}
			if err != nil {
				return err
			}
			if !strings.EqualFold(line, "y") && !strings.EqualFold(line, "yes") {
				o.Say("left as it is")
				continue
			}
		}
		if err := client.Fix(ctx, f); err != nil {
			return err
		}
		report.Findings[i].State = rds.Pass
		fixed++
		o.Say("%s of %s: done", f.Check, f.Instance)
	}
	if fixed == 0 {
		o.Say("nothing was changed: the other remedies need a decision or an interruption, see above")
	}
	return nil
}
