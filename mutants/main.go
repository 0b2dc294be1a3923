// Command mutants makes small changes to the code, one at a time, and runs the tests that should notice. A change
// that no test notices is a rule without a test. `make mutants` runs it; CI does not, because it takes hours.
//
// The changes come from two places. Gremlins swaps operators (< for <=, && for ||, == for !=, + for -) in
// the packages of packages.go. The lists of replacements (replace_*.go) change what operators do not
// reach: the statements of internal/postgres/sql, and lines of Go that could be dropped.
//
// Nothing here writes into the working tree: gremlins works in a copy, a line of Go is given to the compiler
// by `go test -overlay`, and SQL is written into the test binary.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
)

func main() {
	only := flag.String("only", "", "a regular expression: run only the rows whose names match")
	list := flag.Bool("list", false, "print the names of the rows, and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, *only, *list)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

// run runs the rows whose names match and prints the table. It reports whether every row reaches the wanted share.
func run(ctx context.Context, only string, list bool) (bool, error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return false, fmt.Errorf("-only: %w", err)
	}
	root, err := filepath.Abs(".")
	if err != nil {
		return false, err
	}
	if _, err := os.Stat(filepath.Join(root, "mutants.mod")); err != nil {
		return false, fmt.Errorf("run it at the top of the repository: %w", err)
	}
	rows := allRows()
	if list {
		for _, r := range rows {
			fmt.Println(r.name)
		}
		return true, nil
	}
	w, err := newWorkshop(ctx, root)
	if err != nil {
		return false, err
	}
	defer w.close()
	var done []result
	for _, r := range rows {
		if !match.MatchString(r.name) {
			continue
		}
		res, err := r.run(ctx, w)
		if err != nil {
			return false, fmt.Errorf("%s: %w", r.name, err)
		}
		res.name = r.name
		res.printSurvivors()
		done = append(done, res)
	}
	return printTable(done), nil
}

// row is one line of the table: one package under gremlins, or one list of replacements.
type row struct {
	name string
	run  func(context.Context, *workshop) (result, error)
}

func allRows() []row {
	var rows []row
	for _, p := range packages {
		rows = append(rows, row{name: p.name(), run: p.run})
	}
	for _, l := range replacements {
		rows = append(rows, row{name: l.name, run: l.run})
	}
	return rows
}
