package rds

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// States lists the states in the order in which reports count them.
var States = []State{Fail, Warn, Unknown, Pass, NotApplicable}

// Sorted returns the findings by state, the worst first, then by severity.
func (r *Report) Sorted() []Finding {
	sorted := slices.Clone(r.Findings)
	slices.SortStableFunc(sorted, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(States, a.State), slices.Index(States, b.State)),
			cmp.Compare(slices.Index(severities, b.Severity), slices.Index(severities, a.Severity)))
	})
	return sorted
}

// Summary returns the counts in one line: "2 FAIL, 1 WARN, …".
func (r *Report) Summary() string {
	var parts []string
	for _, s := range States {
		if n := r.Counts[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ")
}

// Markdown writes the report as a page for a ticket or a wiki: failures with their remedies first.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# RDS audit\n\nAccount %s, region %s, %s. %s.\n\n", orDash(r.Account), r.Region, r.At.Format("2006-01-02 15:04 UTC"), r.Summary())
	b.WriteString("| state | severity | instance | check | observed | expected |\n|---|---|---|---|---|---|\n")
	sorted := r.Sorted()
	for _, f := range sorted {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", f.State, f.Severity, orDash(f.Instance), cell(f.Name()), cell(f.Observed), cell(f.Expected))
	}
	for _, state := range []State{Fail, Warn} {
		for _, f := range sorted {
			if f.State == state {
				fmt.Fprintf(&b, "\n## %s: %s (%s)\n\n%s: %s. %s.\n\nRemedy (downtime: %s):\n\n```\n%s\n```\n",
					f.State, f.Name(), orDash(f.Instance), f.Title, f.Observed, capital(f.Why), f.Downtime, f.Remedy)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Name returns the check's name with its aliases.
func (f Finding) Name() string {
	if len(f.Aliases) == 0 {
		return f.Check
	}
	return f.Check + " (" + strings.Join(f.Aliases, ", ") + ")"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
