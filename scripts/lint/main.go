// Command lint checks what go vet checks, and what neither it nor staticcheck does: errors that nobody looks at, and
// bodies, rows and statements that nobody closes. It is a tool of go vet (go vet -vettool), which keeps its results per
// package, and has go vet's own checks so that every dependency is read once.
// It is a module of its own, so that its dependencies are none of cruddur's.
//
// unchecked.txt lists the functions whose errors need no look. A single place is excepted as golangci-lint does it:
// //nolint:rowserrcheck // and the reason.
package main

import (
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/jingyugao/rowserrcheck/passes/rowserr"
	"github.com/kisielk/errcheck/errcheck"
	"github.com/ryanrolds/sqlclosecheck/pkg/analyzer"
	"github.com/timakin/bodyclose/passes/bodyclose"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/suite/vet"
	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() {
	unitchecker.Main(append(slices.Clone(vet.Suite),
		product(errcheck.Analyzer),
		product(bodyclose.Analyzer),
		product(analyzer.NewAnalyzer()),
		product(rowserr.NewAnalyzer("github.com/jackc/pgx/v5")),
	)...)
}

var nolint = regexp.MustCompile(`//nolint:(\S+) // \S`)

// product keeps an analyzer out of tests, and out of the lines that say why they are an exception. In tests a
// forgotten error or body fails the next line or ends with the test, and helpers that close what they hand on look
// like leaks.
func product(a *analysis.Analyzer) *analysis.Analyzer {
	run := a.Run
	a.Run = func(pass *analysis.Pass) (any, error) {
		type line struct {
			file string
			line int
		}
		excepted := map[line]bool{}
		at := func(p token.Pos) line {
			position := pass.Fset.Position(p)
			return line{position.Filename, position.Line}
		}
		for _, f := range pass.Files {
			for _, group := range f.Comments {
				for _, c := range group.List {
					if m := nolint.FindStringSubmatch(c.Text); m != nil && strings.Contains(","+m[1]+",", ","+a.Name+",") {
						excepted[at(c.Pos())] = true
					}
				}
			}
		}
		report := pass.Report
		pass.Report = func(d analysis.Diagnostic) {
			if l := at(d.Pos); !strings.HasSuffix(l.file, "_test.go") && !excepted[l] {
				d.Message = a.Name + ": " + d.Message
				report(d)
			}
		}
		return run(pass)
	}
	return a
}
