package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
)

// advised finds a command line of ours in a text, up to where the sentence goes on.
var advised = regexp.MustCompile(`cruddur (rds|lambda|db|user|place|invite|report|activity|service) ([a-z][a-z-]*)([^\n(;,]*)`)

// TestAdviceExists reads every string of the programs that speak of AWS and wants the commands of ours in them,
// with their flags, to exist.
func TestAdviceExists(t *testing.T) {
	t.Parallel()
	p := &program{&command.Program{Getenv: func(string) string { return "" }}}
	p.Config = command.NewConfig(p.Getenv)
	root := p.root()
	count := 0
	for _, dir := range []string{".", "command", "guard", "dbcmd", "rdscmd", "lambdacmd", "usercmd", "placecmd", "reportcmd", "servicecmd", "../httpserver", "../rds", "../lambda"} {
		for text, where := range texts(t, dir) {
			for _, m := range advised.FindAllStringSubmatch(text, -1) {
				count++
				group, _, err := root.Find([]string{m[1]})
				if err != nil {
					t.Fatal(err)
				}
				checkAdvice(t, group, where, m)
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d commands were found: does the search still see them?", count)
	}
}

func checkAdvice(t *testing.T, group *cobra.Command, where string, m []string) {
	t.Helper()
	c, _, err := group.Find(append([]string{m[2]}, strings.Fields(m[3])...))
	if err != nil || c == group {
		if m[2] != "itself" && m[2] != "command" { // a sentence, not a command
			t.Errorf("%s: %q is no command", where, m[0])
		}
		return
	}
	for _, word := range strings.Fields(m[3]) {
		name, ok := strings.CutPrefix(word, "--")
		name, _, _ = strings.Cut(strings.TrimRight(name, `"':.)`), "=")
		if ok && name != "" && name != "…" && name != "help" && c.Flags().Lookup(name) == nil && c.InheritedFlags().Lookup(name) == nil {
			t.Errorf("%s: %q: %s has no flag --%s", where, strings.TrimSpace(m[0]), c.CommandPath(), name)
		}
	}
}

// texts are the strings of a folder's programs, those that are put together as one, with X for what is not known.
func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(dir, e.Name()), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit, *ast.BinaryExpr:
				all[joined(n.(ast.Expr))] = set.Position(n.Pos()).String()
				_, whole := n.(*ast.BinaryExpr)
				return !whole
			}
			return true
		})
	}
	return all
}

func joined(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return joined(e.X) + joined(e.Y)
		}
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	}
	return "X"
}
