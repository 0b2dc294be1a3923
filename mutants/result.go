package main

import (
	"fmt"
	"os"
	"text/tabwriter"
)

// wanted is the share of the mutants, in per cent, that the tests of each row must notice.
const wanted = 85

// result counts the outcomes of a row's mutants. Mutants known to change nothing that a test could see are counted
// only in accepted.
type result struct {
	name                                   string
	killed, survived, notCovered, accepted int
	survivors                              []string // file:line, and what was changed
}

func (r result) mutants() int { return r.killed + r.survived + r.notCovered }

// percent is the share of the mutants that were noticed. A line that no test runs counts as not noticed.
func (r result) percent() float64 {
	if r.mutants() == 0 {
		return 100
	}
	return 100 * float64(r.killed) / float64(r.mutants())
}

// printSurvivors is called after each row, so that a long run shows what it finds.
func (r result) printSurvivors() {
	fmt.Printf("%s: %d of %d killed\n", r.name, r.killed, r.mutants())
	for _, s := range r.survivors {
		fmt.Println("  survived:", s)
	}
}

// printTable reports whether every row reaches the wanted share.
func printTable(rows []result) bool {
	ok := true
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "mutants\tkilled\tsurvived\tnot covered\taccepted\tper cent\t  of\t")
	total := result{name: "all"}
	line := func(r result) {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\t%.1f\t  %s\t\n", r.mutants(), r.killed, r.survived, r.notCovered, r.accepted, r.percent(), r.name)
	}
	for _, r := range rows {
		total.killed += r.killed
		total.survived += r.survived
		total.notCovered += r.notCovered
		total.accepted += r.accepted
		line(r)
	}
	line(total)
	fmt.Println()
	w.Flush()
	for _, r := range rows {
		if r.percent() < wanted {
			ok = false
			fmt.Printf("%s: %.1f %% of the mutants are killed, want %d %%\n", r.name, r.percent(), wanted)
		}
	}
	return ok
}
