package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutation is one mutant in gremlins' report.
type mutation struct {
	Type, Status string
	Line, Column int
}

// swaps are gremlins' changes: for each type, the original operator and its replacement.
var swaps = map[string]map[string]string{
	"ARITHMETIC_BASE":         {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"},
	"CONDITIONALS_BOUNDARY":   {">=": ">", ">": ">=", "<=": "<", "<": "<="},
	"CONDITIONALS_NEGATION":   {"==": "!=", "!=": "==", ">=": "<", ">": "<=", "<=": ">", "<": ">="},
	"INCREMENT_DECREMENT":     {"++": "--", "--": "++"},
	"INVERT_ASSIGNMENTS":      {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*="},
	"INVERT_LOGICAL":          {"&&": "||", "||": "&&"},
	"INVERT_LOOPCTRL":         {"break": "continue", "continue": "break"},
	"INVERT_NEGATIVES":        {"-": "+"},
	"REMOVE_SELF_ASSIGNMENTS": {"+=": "=", "-=": "=", "*=": "=", "/=": "=", "%=": "=", "&=": "=", "|=": "=", "^=": "=", "<<=": "=", ">>=": "=", "&^=": "="},
}

// apply returns the text of the file with the mutant in it.
func (m mutation) apply(file string, lines []string) ([]byte, error) {
	line := lines[m.Line-1]
	before, after := line[:m.Column-1], line[m.Column-1:]
	from := ""
	for f := range swaps[m.Type] {
		if strings.HasPrefix(after, f) && len(f) > len(from) {
			from = f
		}
	}
	if from == "" {
		return nil, fmt.Errorf("gremlins says %s at %s:%d:%d, where %q stands", m.Type, file, m.Line, m.Column, after)
	}
	changed := slices.Clone(lines)
	changed[m.Line-1] = before + swaps[m.Type][from] + after[len(from):]
	return []byte(strings.Join(changed, "\n")), nil
}

// errNotGo is the error of test if the mutant does not compile.
var errNotGo = errors.New("it does not compile")

// check corrects what gremlins cannot know, and returns the mutant's true status. Empty means that it is not valid Go
// and does not count.
func (m mutation) check(ctx context.Context, w *workshop, src, file string, lines []string) (string, error) {
	joins := m.Type == "ARITHMETIC_BASE" || m.Type == "INVERT_LOOPCTRL" || m.Type == "INVERT_ASSIGNMENTS"
	blind := m.Status == "NOT COVERED" && outsideCoverage(filepath.Join(src, file), m.Line, m.Column)
	if !blind && !(m.Status == "KILLED" && joins) {
		return m.Status, nil
	}
	text, err := m.apply(file, lines)
	if err != nil {
		return "", err
	}
	overlay, err := w.overlay(src, file, text)
	if err != nil {
		return "", err
	}
	if !blind {
		build := w.command(ctx, src, "go", "build", "-overlay", overlay, "./"+filepath.Dir(file))
		if build.Run() != nil {
			return "", ctx.Err()
		}
		return m.Status, nil
	}
	switch noticed, err := w.test(ctx, src, overlay, "./"+filepath.Dir(file)); {
	case errors.Is(err, errNotGo):
		return "", nil
	case err != nil:
		return "", err
	case noticed:
		return "KILLED", nil
	}
	return "LIVED", nil
}

// outsideCoverage reports whether Go's coverage omits a place although it may be run: the condition after a case, and
// code outside functions.
func outsideCoverage(path string, line, column int) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	pos := set.File(file.Pos()).LineStart(line) + token.Pos(column-1)
	outside := true
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil || pos < n.Pos() || pos >= n.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			outside = false
		case *ast.CaseClause:
			outside = pos < n.Colon
		}
		return true
	})
	return outside
}
